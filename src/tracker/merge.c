/* merge.c - people merge errors, split them, and take that back.
 *
 * Each is one write: permissions are checked again in it, and the change, its activities and what
 * happens to a linked issue are there together or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/regroup.h"
#include "tracker/tracker.h"

#include "base/banned.h"

static enum status find_group(struct transaction *tx, struct arena *arena,
                              const struct actor *actor, int64_t id, struct project *project,
                              struct group *group, struct problem *problem) {
  const struct access_request access = {
      .actor = actor, .role = ROLE_TO_ACT, .scope = SCOPE_EVENT_WRITE};
  return access_group(tx, arena, &access, id, project, group, problem);
}

/* Strands are not moved while a regrouping moves them. */
static enum status check_idle(struct transaction *tx, int64_t project_id, struct problem *problem) {
  struct regroup_run run;
  if (!regroup_unfinished(tx, project_id, &run)) return STATUS_OK;
  return problem_set(
      problem, STATUS_CONFLICT,
      "The errors of this project are being regrouped. Try again when that is done.");
}

static void add_activity(struct transaction *tx, const struct group_change *change,
                         int64_t group_id, enum activity_kind kind, struct slice data) {
  activity_add(tx, &(struct activity){.group_id = group_id,
                                      .time_ms = change->time_ms,
                                      .kind = kind,
                                      .user_id = change->user_id,
                                      .data = data});
}

/* "APP-1, APP-2" */
static struct slice short_ids(struct arena *arena, const struct project *project,
                              const struct group *groups, size_t count) {
  struct slice text = SLICE_EMPTY;
  for (size_t i = 0; i < count; i++) {
    if (i) text = arena_concat(arena, text, SLICE(", "));
    text = arena_concat(arena, text, group_short_id(arena, project, &groups[i]));
  }
  return text;
}

/* --- merging -------------------------------------------------------------------------- */

struct merge_write {
  const struct merge_request *request;
  struct merge_result *result;
  struct project project;
  struct group groups[MERGE_GROUPS_LIMIT];
  size_t count;
};

static bool has_group(const struct merge_write *write, int64_t id) {
  for (size_t i = 0; i < write->count; i++)
    if (write->groups[i].id == id) return true;
  return false;
}

static enum status find_groups(struct transaction *tx, struct arena *arena,
                               struct merge_write *write, struct problem *problem) {
  const struct merge_request *request = write->request;
  write->count = 0;
  for (size_t i = 0; i < request->count; i++) {
    struct group group;
    struct project project;
    enum status status =
        find_group(tx, arena, request->actor, request->ids[i], &project, &group, problem);
    if (status) return status;
    if (write->count && project.id != write->project.id)
      return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                               "Only errors of one project can be merged.");
    write->project = project;
    if (!has_group(write, group.id)) write->groups[write->count++] = group;
  }
  if (write->count >= 2) return check_idle(tx, write->project.id, problem);
  return problem_set_field(problem, STATUS_BAD_INPUT, "merge",
                           "Choose at least two errors to merge.");
}

/* Puts the parent first. */
static void choose_parent(struct merge_write *write) {
  size_t best = 0;
  for (size_t i = 1; i < write->count; i++) {
    const struct group *group = &write->groups[i], *so_far = &write->groups[best];
    if (group->event_count > so_far->event_count ||
        (group->event_count == so_far->event_count && group->id < so_far->id))
      best = i;
  }
  struct group parent = write->groups[best];
  write->groups[best] = write->groups[0];
  write->groups[0] = parent;
}

static enum status apply_merge(struct transaction *tx, struct arena *arena,
                               struct merge_write *write, struct problem *problem) {
  struct merge_result *result = write->result;
  enum status status = find_groups(tx, arena, write, problem);
  if (status) return status;
  choose_parent(write);
  *result = (struct merge_result){.parent = write->groups[0].id, .child_count = write->count - 1};
  for (size_t i = 1; i < write->count; i++) result->children[i - 1] = write->groups[i].id;
  const struct merge merge = {.parent = result->parent,
                              .user_id = write->request->actor->user_id,
                              .now_ms = clock_now_ms(),
                              .children = result->children,
                              .child_count = result->child_count};
  struct group_change change = {0};
  change_merge(tx, &merge, &change);
  result->change_id = change.id;
  add_activity(tx, &change, result->parent, ACTIVITY_MERGED,
               short_ids(arena, &write->project, write->groups + 1, write->count - 1));
  return STATUS_OK;
}

static enum status run_merge(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = apply_merge(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status tracker_merge(struct store *store, const struct merge_request *request,
                          struct merge_result *result, struct problem *problem) {
  if (request->count > MERGE_GROUPS_LIMIT)
    return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                             "At most %d errors can be merged at once.", MERGE_GROUPS_LIMIT);
  struct merge_write *write = memory_alloc(sizeof *write);
  *write = (struct merge_write){.request = request, .result = result};
  enum status status = store_write(store, run_merge, write, problem);
  free(write);
  return status;
}

/* --- splitting ------------------------------------------------------------------------- */

struct split_write {
  const struct split_request *request;
  int64_t new_group_id;
};

static bool is_wanted(const struct split_request *request, const struct group_hash *hash) {
  for (size_t i = 0; i < request->hash_count; i++)
    if (memcmp(request->hashes[i].bytes, hash->bytes, sizeof hash->bytes) == 0) return true;
  return false;
}

static enum status apply_split(struct transaction *tx, struct arena *arena,
                               struct split_write *write, struct problem *problem) {
  const struct split_request *request = write->request;
  struct project project;
  struct group group, made;
  struct strand *strands;
  enum status status =
      find_group(tx, arena, request->actor, request->group_id, &project, &group, problem);
  if (!status) status = check_idle(tx, project.id, problem);
  if (status) return status;
  size_t count = strand_list(tx, arena, group.id, &strands), chosen = 0;
  int64_t *ids = ARENA_ARRAY(arena, count, int64_t);
  for (size_t i = 0; i < count; i++)
    if (is_wanted(request, &strands[i].hash)) ids[chosen++] = strands[i].id;
  if (!chosen)
    return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                             "Choose at least one of the error's hashes.");
  if (chosen == count)
    return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                             "At least one hash has to stay with the error.");
  const struct split split = {.group_id = group.id,
                              .user_id = request->actor->user_id,
                              .now_ms = clock_now_ms(),
                              .strands = ids,
                              .strand_count = chosen};
  struct group_change change = {0};
  change_split(tx, &split, &change);
  write->new_group_id = change.other_id;
  if (!group_get(tx, arena, change.other_id, &made)) return STATUS_OK; /* the database failed */
  add_activity(tx, &change, group.id, ACTIVITY_SPLIT_OFF, short_ids(arena, &project, &made, 1));
  add_activity(tx, &change, made.id, ACTIVITY_SPLIT_FROM, short_ids(arena, &project, &group, 1));
  return STATUS_OK;
}

static enum status run_split(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = apply_split(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status tracker_split(struct store *store, const struct split_request *request,
                          int64_t *new_group_id, struct problem *problem) {
  struct split_write write = {.request = request};
  enum status status = store_write(store, run_split, &write, problem);
  *new_group_id = write.new_group_id;
  return status;
}

/* --- undoing ------------------------------------------------------------------------------ */

struct undo_write {
  const struct undo_request *request;
  int64_t group_id;
};

static enum status unknown_change(struct problem *problem) {
  return problem_set(problem, STATUS_NOT_FOUND, "There is no such merge or split to take back.");
}

static void note_undo(struct transaction *tx, struct arena *arena, const struct project *project,
                      const struct group_change *undone, const struct group_change *now) {
  struct group *groups, other;
  if (undone->kind == CHANGE_MERGE) {
    size_t count = change_children(tx, arena, undone, &groups);
    add_activity(tx, now, undone->group_id, ACTIVITY_MERGE_UNDONE,
                 short_ids(arena, project, groups, count));
  } else if (group_get(tx, arena, undone->other_id, &other)) {
    add_activity(tx, now, undone->group_id, ACTIVITY_SPLIT_UNDONE,
                 short_ids(arena, project, &other, 1));
  }
}

static enum status apply_undo(struct transaction *tx, struct arena *arena, struct undo_write *write,
                              struct problem *problem) {
  const struct undo_request *request = write->request;
  struct group_change change;
  struct project project;
  struct group group;
  if (!change_get(tx, arena, request->change_id, &change) || change.kind == CHANGE_REGROUP)
    return unknown_change(problem);
  enum status status =
      find_group(tx, arena, request->actor, change.group_id, &project, &group, problem);
  if (status == STATUS_NOT_FOUND) return unknown_change(problem);
  if (!status) status = check_idle(tx, project.id, problem);
  if (status) return status;
  if (change.undone_ms)
    return problem_set(problem, STATUS_CONFLICT, "This was taken back already.");
  if (!change_is_undoable(tx, &change))
    return problem_set(problem, STATUS_CONFLICT,
                       "This cannot be taken back, because the errors were merged, split or "
                       "regrouped again since. Take back what came later first.");
  const struct group_change now = {.user_id = request->actor->user_id, .time_ms = clock_now_ms()};
  note_undo(tx, arena, &project, &change, &now);
  change_undo(tx, &change, now.time_ms);
  write->group_id = change.group_id;
  return STATUS_OK;
}

static enum status run_undo(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = apply_undo(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status tracker_undo(struct store *store, const struct undo_request *request, int64_t *group_id,
                         struct problem *problem) {
  struct undo_write write = {.request = request};
  enum status status = store_write(store, run_undo, &write, problem);
  *group_id = write.group_id;
  return status;
}
