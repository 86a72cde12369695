/* error_issue.c - making an issue from an error.
 *
 * Title and description are composed here, of the error and its latest event; what is made of them
 * is decided where it is written.
 */
#include "web/error_issue.h"

#include "source/source.h"
#include "tracker/description.h"
#include "tracker/tracker.h"
#include "web/error_actions.h"

#include "base/banned.h"

static struct slice describe(struct web *web, const struct source_details *found) {
  const struct source_error *error = &found->error;
  struct slice path = error_details_address(web, error->group.id);
  struct description description = {
      .group = &error->group,
      .short_id = error->short_id,
      .url = arena_concat(web->arena, web->application->public_url, path),
      .event = found->payload.len ? event_read(web->arena, found->payload) : NULL};
  return describe_error(web->arena, &description);
}

/* The error with its latest event. False: the answer is there, or will be later. */
static bool read_error(struct web *web, struct source *source, struct source_details *found) {
  const struct source_event_choice latest = {.is_latest = true};
  struct problem problem = {0};
  int64_t id;
  source_open(source, web->application->sources, web->arena, &web->project);
  if (!slice_to_i64(http_parameter(web->request, "id"), &id)) {
    web_not_found(web, "This error");
    return false;
  }
  enum status status = source_details(source, id, &latest, found, &problem);
  if (status == STATUS_PENDING)
    source_wait(source, web->request);
  else if (status == STATUS_NOT_FOUND)
    web_not_found(web, "This error");
  else if (status)
    web_problem(web, &problem);
  return status == STATUS_OK;
}

void error_create_issue(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct source source;
  struct source_details found;
  if (!read_error(web, &source, &found)) return;
  const struct group *group = &found.error.group;
  struct issue_request wanted = {.actor = &web->actor,
                                 .project_id = web->project.id,
                                 .error_id = group->id,
                                 .is_remote = !source_is_local(&source),
                                 .title = group->title,
                                 .description = describe(web, &found)};
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
  http_redirect(response, link.url.len ? error_details_address(web, group->id)
                                       : issue_link_address(web, &link));
}
