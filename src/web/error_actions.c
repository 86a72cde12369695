/* error_actions.c - what people do with an error: resolve, ignore, take back.
 *
 * All are forms that answer with 303, so that reloading a page repeats nothing. The tracker checks
 * again what the route has checked; here we make sure that the error belongs to the project whose
 * address was used.
 */
#include "web/error_actions.h"

#include "tracker/tracker.h"

#include "base/banned.h"

struct slice error_base(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/error_tracking"));
}

struct slice error_details_address(const struct web *web, int64_t group_id) {
  return arena_printf(web->arena, "%.*s/%lld/details", SLICE_ARGS(error_base(web)),
                      (long long)group_id);
}

struct slice issue_link_address(const struct web *web, const struct issue_link *link) {
  if (link->url.len) {
    return link->url;
  }
  return arena_printf(web->arena, "%.*s/-/issues/%lld", SLICE_ARGS(web_project_path(web)),
                      (long long)link->number);
}

bool error_find(struct web *web, struct transaction *tx, struct slice id, struct group *group) {
  int64_t number;
  return slice_to_i64(id, &number) && group_get(tx, web->arena, number, group) &&
         group->project_id == web->project.id;
}

bool error_find_by_short_id(struct web *web, struct transaction *tx, struct slice text,
                            struct group *group) {
  size_t dash = slice_find_last_byte(text, '-');
  int64_t number;
  return dash < text.len && slice_equal_ignore_case(slice_upto(text, dash), web->project.slug) &&
         group_short_id_parse(text, &number) &&
         group_find_by_number(tx, web->arena, web->project.id, number, group);
}

/* Reads the error and closes the snapshot before anything is written. */
static bool find_now(struct web *web, struct slice id, struct group *group) {
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = error_find(web, tx, id, group);
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This error");
  }
  return is_found;
}

static void flash_status(struct web *web, const struct group *group, enum group_status status,
                         const struct status_result *result) {
  if (result->closed_issue_number) {
    web_flash(web, MESSAGE_INFO,
              arena_printf(web->arena,
                           "The associated issue #%lld has been closed as the error is now "
                           "resolved.",
                           (long long)result->closed_issue_number));
    return;
  }
  static const char *const done[GROUP_STATUS_COUNT] = {
      [GROUP_UNRESOLVED] = "is unresolved again",
      [GROUP_RESOLVED] = "is resolved",
      [GROUP_IGNORED] = "is ignored",
  };
  web_flash(
      web, MESSAGE_SUCCESS,
      arena_printf(web->arena, "%.*s %s.",
                   SLICE_ARGS(group_short_id(web->arena, &web->project, group)), done[status]));
}

static bool set_status(struct web *web, struct slice id, enum group_status status) {
  struct group group;
  if (!find_now(web, id, &group)) {
    return false;
  }
  struct status_change change = {.actor = &web->actor, .group_id = group.id, .status = status};
  struct status_result result = {0};
  struct problem problem = {0};
  if (tracker_set_status(web->application->store, &change, &result, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return false;
  }
  flash_status(web, &group, status, &result);
  return true;
}

bool error_act(struct web *web) {
  static const char *const buttons[GROUP_STATUS_COUNT] = {
      [GROUP_UNRESOLVED] = "unresolve", [GROUP_RESOLVED] = "resolve", [GROUP_IGNORED] = "ignore"};
  for (size_t i = 0; i < GROUP_STATUS_COUNT; i++) {
    struct slice id = http_form_value(web->request, buttons[i]);
    if (id.len) {
      return set_status(web, id, (enum group_status)i);
    }
  }
  web_refuse(web, "The form did not say whether to resolve, ignore or unresolve, and what.");
  return false;
}

void error_details_act(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  if (error_act(web)) {
    http_redirect(response, request->target);
  }
}

void error_jump(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct slice id = http_parameter(request, "id");
  struct group group;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = error_find(web, tx, id, &group) || error_find_by_short_id(web, tx, id, &group);
  store_end_read(tx);
  if (is_found) {
    http_redirect(response, error_details_address(web, group.id));
  } else {
    web_not_found(web, "This error");
  }
}
