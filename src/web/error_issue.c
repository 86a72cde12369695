/* error_issue.c - making an issue from an error.
 *
 * Title and description are composed here, from a snapshot; what is made of them is decided where
 * it is written.
 */
#include "web/error_issue.h"

#include "store/event.h"
#include "tracker/description.h"
#include "tracker/tracker.h"
#include "web/error_actions.h"

#include "base/banned.h"

/* The error and its latest event, read in one snapshot. */
struct issue_error {
  struct group group;
  struct slice payload; /* empty: there is none any more */
};

static bool read_error(struct web *web, struct issue_error *error) {
  struct transaction *tx = store_begin_read(web->application->store);
  struct event_row row;
  bool is_found = error_find(web, tx, http_parameter(web->request, "id"), &error->group);
  error->payload = SLICE_EMPTY;
  if (is_found && event_row_at(tx, error->group.id, EVENT_LATEST, &row) &&
      !event_payload(tx, web->arena, &row, &error->payload))
    error->payload = SLICE_EMPTY;
  store_end_read(tx);
  return is_found;
}

static struct slice describe(struct web *web, const struct issue_error *error) {
  struct slice path = error_details_address(web, error->group.id);
  struct description description = {
      .group = &error->group,
      .short_id = group_short_id(web->arena, &web->project, &error->group),
      .url = arena_concat(web->arena, web->application->public_url, path),
      .event = error->payload.len ? event_read(web->arena, error->payload) : NULL};
  return describe_error(web->arena, &description);
}

void error_create_issue(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct issue_error error;
  if (!read_error(web, &error)) {
    web_not_found(web, "This error");
    return;
  }
  struct issue_request wanted = {.actor = &web->actor,
                                 .project_id = web->project.id,
                                 .error_id = error.group.id,
                                 .title = error.group.title,
                                 .description = describe(web, &error)};
  struct issue_link link = {0};
  bool is_new = false;
  struct problem problem = {0};
  if (tracker_create_issue(web->application->store, web->arena, &wanted, &link, &is_new,
                           &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return;
  }
  web_flash(web, is_new ? MESSAGE_SUCCESS : MESSAGE_INFO,
            arena_printf(web->arena,
                         is_new ? "Issue #%lld was made from this error."
                                : "Issue #%lld was made from this error already.",
                         (long long)link.number));
  http_redirect(response, link.url.len ? error_details_address(web, error.group.id)
                                       : issue_link_address(web, &link));
}
