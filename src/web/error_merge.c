/* error_merge.c - see error_merge.h. What may be merged, split and taken back is decided by the
 * tracker; here forms are read and words are found. */
#include "web/error_merge.h"

#include "tracker/tracker.h"
#include "web/error_actions.h"

#include "base/banned.h"

/* --- many errors at once ------------------------------------------------------------------- */

/* Calls for each value of the form's fields with that name. Their values are plain: decimal ids and
 * hexadecimal digits. */
static bool next_choice(struct slice *fields, struct slice name, struct slice *value) {
  while (fields->len) {
    *value = slice_split(fields, '&');
    if (slice_equal(slice_split(value, '='), name)) return true;
  }
  return false;
}

static bool read_ids(struct web *web, int64_t ids[ERROR_CHOICES_LIMIT], size_t *count) {
  struct slice fields = web->request->body, value;
  *count = 0;
  while (*count < ERROR_CHOICES_LIMIT && next_choice(&fields, SLICE("id"), &value))
    if (slice_to_i64(value, &ids[*count])) ++*count;
  if (!*count) web_refuse(web, "Tick the errors first that this should be done with.");
  return *count > 0;
}

/* Leaves out what is not of the project. */
static size_t keep_own(struct web *web, int64_t *ids, size_t count) {
  size_t kept = 0;
  struct group group;
  struct transaction *tx = store_begin_read(web->application->store);
  for (size_t i = 0; i < count; i++)
    if (group_get(tx, web->arena, ids[i], &group) && group.project_id == web->project.id)
      ids[kept++] = group.id;
  store_end_read(tx);
  return kept;
}

static bool merge(struct web *web, int64_t *ids, size_t count) {
  const struct merge_request request = {&web->actor, ids, keep_own(web, ids, count)};
  struct merge_result result;
  struct problem problem = {0};
  struct group parent = {0};
  if (tracker_merge(web->application->store, &request, &result, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return false;
  }
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = group_get(tx, web->arena, result.parent, &parent);
  store_end_read(tx);
  if (is_found)
    web_flash(web, MESSAGE_SUCCESS,
              arena_printf(web->arena, "%zu errors are merged into %.*s, where it can be undone.",
                           result.child_count + 1,
                           SLICE_ARGS(group_short_id(web->arena, &web->project, &parent))));
  return true;
}

bool error_act_on_many(struct web *web, const struct source_page *shown) {
  static const char *const names[GROUP_STATUS_COUNT] = {
      [GROUP_UNRESOLVED] = "unresolve", [GROUP_RESOLVED] = "resolve", [GROUP_IGNORED] = "ignore"};
  struct slice action = http_form_value(web->request, "bulk");
  int64_t ids[ERROR_CHOICES_LIMIT];
  size_t count;
  if (!read_ids(web, ids, &count)) return false;
  if (slice_equal(action, SLICE("merge"))) return merge(web, ids, count);
  for (size_t i = 0; i < GROUP_STATUS_COUNT; i++)
    if (slice_equal_string(action, names[i])) {
      const struct error_choice choice = {ids, count, (enum group_status)i};
      return error_set_status(web, &choice, shown);
    }
  web_refuse(web, "The form did not say whether to resolve, ignore, unresolve or merge.");
  return false;
}

/* --- the part of the details page --------------------------------------------------------------
 */

static struct slice hash_text(struct arena *arena, const struct group_hash *hash) {
  char digits[2 * GROUPING_HASH_BYTES];
  hex_encode(hash->bytes, GROUPING_HASH_BYTES, digits);
  return arena_copy(arena, slice_of(digits, sizeof digits));
}

static struct slice names_of(struct web *web, const struct group *groups, size_t count) {
  struct slice text = SLICE_EMPTY;
  for (size_t i = 0; i < count; i++) {
    if (i) text = arena_concat(web->arena, text, SLICE(", "));
    text = arena_concat(web->arena, text, group_short_id(web->arena, &web->project, &groups[i]));
  }
  return text;
}

static struct change_view view_of(struct web *web, struct transaction *tx,
                                  const struct group_change *change, int64_t group_id) {
  struct group *children, other = {0};
  bool is_merge = change->kind == CHANGE_MERGE, is_source = change->group_id == group_id;
  struct change_view view = {
      .id = change->id,
      .text = is_merge    ? "Merged"
              : is_source ? "Split off"
                          : "Split from",
      .who = change->user_name.len ? change->user_name : change->username,
      .time_ms = change->time_ms,
      .is_undoable = change_is_undoable(tx, change),
  };
  if (is_merge) {
    size_t count = change_children(tx, web->arena, change, &children);
    view.what = names_of(web, children, count);
  } else if (group_get(tx, web->arena, is_source ? change->other_id : change->group_id, &other)) {
    view.what = names_of(web, &other, 1);
  }
  return view;
}

void error_hashes_read(struct web *web, struct transaction *tx, const struct group *group,
                       struct hashes_view *view) {
  struct strand *strands;
  struct group_change *changes;
  *view = (struct hashes_view){.address =
                                   arena_printf(web->arena, "%.*s/%lld/hashes",
                                                SLICE_ARGS(error_base(web)), (long long)group->id)};
  if (group->strand_count != 1) {
    size_t count = strand_list(tx, web->arena, group->id, &strands);
    view->hash_count = count < HASHES_SHOWN ? count : HASHES_SHOWN;
    view->hashes = ARENA_ARRAY(web->arena, view->hash_count, struct hash_view);
    for (size_t i = 0; i < view->hash_count; i++)
      view->hashes[i] =
          (struct hash_view){hash_text(web->arena, &strands[i].hash), strands[i].own.title,
                             strands[i].own.event_count, strands[i].own.last_seen_ms};
  }
  view->change_count = change_list(tx, web->arena, group->id, CHANGES_SHOWN, &changes);
  view->changes = ARENA_ARRAY(web->arena, view->change_count, struct change_view);
  for (size_t i = 0; i < view->change_count; i++)
    view->changes[i] = view_of(web, tx, &changes[i], group->id);
}

/* --- its forms -----------------------------------------------------------------------------------
 */

static void finish(struct web *web, int64_t group_id, const char *message) {
  web_flash(web, MESSAGE_SUCCESS, slice_of_string(message));
  http_redirect(web->response, error_details_address(web, group_id));
}

static void split(struct web *web, const struct group *group) {
  struct slice fields = web->request->body, value;
  struct group_hash hashes[HASHES_SHOWN];
  struct split_request request = {.actor = &web->actor, .group_id = group->id, .hashes = hashes};
  struct problem problem = {0};
  int64_t made;
  while (request.hash_count < HASHES_SHOWN && next_choice(&fields, SLICE("hash"), &value)) {
    if (value.len == 2 * GROUPING_HASH_BYTES &&
        hex_decode(value, hashes[request.hash_count].bytes, GROUPING_HASH_BYTES))
      request.hash_count++;
  }
  if (tracker_split(web->application->store, &request, &made, &problem) != STATUS_OK)
    web_problem(web, &problem);
  else
    finish(web, made, "These events are an error of their own now.");
}

/* The change has to be one that this error took part in. */
static void undo(struct web *web, const struct group *group, struct slice text) {
  struct undo_request request = {.actor = &web->actor};
  struct problem problem = {0};
  struct group_change *changes;
  int64_t group_id;
  bool is_own = false;
  if (slice_to_i64(text, &request.change_id)) {
    struct transaction *tx = store_begin_read(web->application->store);
    size_t count = change_list(tx, web->arena, group->id, CHANGES_SHOWN, &changes);
    for (size_t i = 0; i < count; i++) is_own |= changes[i].id == request.change_id;
    store_end_read(tx);
  }
  if (!is_own)
    web_refuse(web, "There is nothing of that kind to take back. It may have been done already.");
  else if (tracker_undo(web->application->store, &request, &group_id, &problem) != STATUS_OK)
    web_problem(web, &problem);
  else
    finish(web, group_id, "Taken back.");
}

void error_hashes_act(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct group group;
  (void)response;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = error_find(web, tx, http_parameter(request, "id"), &group);
  store_end_read(tx);
  struct slice change = http_form_value(request, "undo");
  if (!is_found)
    web_not_found(web, "This error");
  else if (change.len)
    undo(web, &group, change);
  else
    split(web, &group);
}
