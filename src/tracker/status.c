/* status.c - people resolve, ignore and take back; what that does to the linked issue.
 *
 * Everything happens in one write, so that a status, its activity and the closing of the issue are
 * there together or not at all; of an issue at a forge, the task to close it (forge_task.h). Asking
 * for the status that a group already has changes nothing and writes no activity.
 */
#include "base/clock.h"
#include "tracker/builtin.h"
#include "tracker/forge_task.h"
#include "tracker/regress.h"
#include "tracker/tracker.h"

#include "base/banned.h"

static enum activity_kind activity_of_status(enum group_status status) {
  switch (status) {
    case GROUP_RESOLVED: return ACTIVITY_RESOLVED;
    case GROUP_IGNORED: return ACTIVITY_IGNORED;
    case GROUP_UNRESOLVED: break;
  }
  return ACTIVITY_UNRESOLVED;
}

/* The built-in issue that the group is linked to; false when there is none. */
static bool builtin_issue_of_group(struct transaction *tx, struct arena *arena,
                                   const struct group *group, struct issue *issue) {
  struct issue_link link;
  return issue_link_find(tx, arena, group->id, &link) &&
         slice_equal(link.forge, FORGE_NAME_BUILTIN) &&
         issue_find(tx, arena, group->project_id, link.number, issue);
}

/* The link of a group to an issue at a forge; false when there is none. */
static bool forge_link_of_group(struct transaction *tx, struct arena *arena, int64_t group_id,
                                struct issue_link *link) {
  return issue_link_find(tx, arena, group_id, link) && link->url.len > 0;
}

/* Closes the group's open built-in issue, or sees to it that one at a forge is closed. Returns the
 * number of the first, or 0 when there was none to close. */
static int64_t close_linked_issue(struct transaction *tx, struct arena *arena,
                                  const struct group *group, const struct actor *actor) {
  struct issue issue;
  struct forge_task task = {.user_id = actor->user_id};
  if (forge_link_of_group(tx, arena, group->id, &task.link)) forge_task_close(tx, &task);
  if (!builtin_issue_of_group(tx, arena, group, &issue) || issue.closed_ms) return 0;
  int64_t now_ms = clock_now_ms();
  note_add(tx, &(struct note){.issue_id = issue.id,
                              .author_id = actor->user_id,
                              .created_ms = now_ms,
                              .kind = NOTE_RESOLVED});
  activity_add(tx,
               &(struct activity){.group_id = group->id,
                                  .time_ms = now_ms,
                                  .kind = ACTIVITY_ISSUE_CLOSED,
                                  .user_id = actor->user_id,
                                  .data = arena_printf(arena, "%lld", (long long)issue.number)});
  return issue.number;
}

struct status_write {
  const struct status_change *change;
  struct status_result result;
};

static enum status apply_status(struct transaction *tx, struct arena *arena,
                                struct status_write *write, struct problem *problem) {
  const struct status_change *change = write->change;
  struct access_request access = {
      .actor = change->actor, .role = ROLE_TO_ACT, .scope = SCOPE_EVENT_WRITE};
  struct project project;
  struct group group;
  enum status status =
      access_group(tx, arena, &access, change->group_id, &project, &group, problem);
  if (status || group.status == change->status) return status;

  int64_t now_ms = clock_now_ms();
  group_set_status(tx, group.id, change->status, false, now_ms);
  activity_add(tx, &(struct activity){.group_id = group.id,
                                      .time_ms = now_ms,
                                      .kind = activity_of_status(change->status),
                                      .user_id = change->actor->user_id});
  write->result.is_changed = true;
  if (change->status == GROUP_RESOLVED)
    write->result.closed_issue_number = close_linked_issue(tx, arena, &group, change->actor);
  struct issue_link link;
  if (group.status == GROUP_RESOLVED && forge_link_of_group(tx, arena, group.id, &link))
    forge_task_keep_open(tx, &link);
  return STATUS_OK;
}

enum status tracker_set_status_now(struct transaction *tx, const struct status_change *change,
                                   struct status_result *result, struct problem *problem) {
  struct status_write write = {.change = change};
  struct arena arena = {0};
  enum status status = apply_status(tx, &arena, &write, problem);
  *result = write.result;
  arena_free(&arena);
  return status;
}

static enum status run_status_write(struct transaction *tx, void *context,
                                    struct problem *problem) {
  struct status_write *write = context;
  return tracker_set_status_now(tx, write->change, &write->result, problem);
}

enum status tracker_set_status(struct store *store, const struct status_change *change,
                               struct status_result *result, struct problem *problem) {
  struct status_write write = {.change = change};
  enum status status = store_write(store, run_status_write, &write, problem);
  *result = status ? (struct status_result){0} : write.result;
  return status;
}

void tracker_follow_issue(struct transaction *tx, const struct issue_link *link, bool is_open) {
  struct arena arena = {0};
  struct group group;
  int64_t now_ms = clock_now_ms();
  enum group_status from = is_open ? GROUP_RESOLVED : GROUP_UNRESOLVED;
  enum group_status to = is_open ? GROUP_UNRESOLVED : GROUP_RESOLVED;
  if (group_get(tx, &arena, link->group_id, &group)) {
    struct activity activity = {.group_id = group.id,
                                .time_ms = now_ms,
                                .kind = is_open ? ACTIVITY_ISSUE_REOPENED : ACTIVITY_ISSUE_CLOSED,
                                .data = link->url};
    activity_add(tx, &activity);
    if (group.status == from) {
      group_set_status(tx, group.id, to, false, now_ms);
      activity.kind = activity_of_status(to);
      activity.data = SLICE_EMPTY;
      activity_add(tx, &activity);
    }
  }
  arena_free(&arena);
}

void tracker_note_regress(struct transaction *tx, const struct group *group,
                          const struct digest *digest) {
  struct arena arena = {0};
  struct issue issue;
  struct forge_task task = {.event = event_id_hex(&arena, &digest->id), .release = digest->release};
  if (forge_link_of_group(tx, &arena, group->id, &task.link)) forge_task_regress(tx, &task);
  if (builtin_issue_of_group(tx, &arena, group, &issue)) {
    struct slice id = task.event;
    bool has_release = digest->release.len > 0;
    struct slice body = arena_printf(&arena,
                                     "The error happened again after it had been resolved: event "
                                     "%.*s%s%.*s.",
                                     SLICE_ARGS(id), has_release ? " in release " : "",
                                     SLICE_ARGS(digest->release));
    note_add(tx, &(struct note){.issue_id = issue.id,
                                .created_ms = digest->received_ms,
                                .kind = NOTE_REGRESSED,
                                .body = body});
  }
  arena_free(&arena);
}

void tracker_note_remote_regress(struct transaction *tx, const struct issue_link *link) {
  struct arena arena = {0};
  struct issue issue;
  const struct forge_task task = {.link = *link, .is_remote = true};
  if (link->url.len)
    forge_task_regress(tx, &task);
  else if (issue_find(tx, &arena, link->project_id, link->number, &issue))
    note_add(tx,
             &(struct note){.issue_id = issue.id,
                            .created_ms = clock_now_ms(),
                            .kind = NOTE_REGRESSED,
                            .body = SLICE("The error happened again after it had been resolved.")});
  arena_free(&arena);
}
