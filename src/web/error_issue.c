/* error_issue.c - making an issue from an error.
 *
 * Title and description are composed here, of the error and its latest event; what is made of them
 * is decided where it is written.
 */
#include "web/error_issue.h"

#include "forge/issue.h"
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
      .remote_url = error->url,
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

/* Back to the error's page, or to the issue when it is here. */
static void lead_on(struct web *web, int64_t error_id, const struct forge_issue_answer *answer) {
  web_flash(web, answer->is_new ? MESSAGE_SUCCESS : MESSAGE_INFO,
            arena_printf(web->arena,
                         answer->is_new ? "Issue #%lld was made from this error."
                                        : "Issue #%lld was made from this error already.",
                         (long long)answer->link.number));
  http_redirect(web->response, answer->link.url.len ? error_details_address(web, error_id)
                                                    : issue_link_address(web, &answer->link));
}

/* What GitLab has not done yet, or will not do. */
static void lead_back(struct web *web, int64_t error_id, enum status status,
                      const struct problem *problem) {
  bool is_pending = status == STATUS_PENDING;
  struct slice text =
      is_pending && !problem->message[0]
          ? SLICE("GitLab has not answered yet. The issue is linked here as soon as it is made.")
          : slice_of_string(problem->message);
  web_flash(web, is_pending ? MESSAGE_WARNING : MESSAGE_DANGER, text);
  http_redirect(web->response, error_details_address(web, error_id));
}

/* The request has waited for GitLab. */
static void go_on(struct web *web, int64_t error_id, int64_t task_id) {
  struct forge_issue_answer answer;
  struct problem problem = {0};
  enum status status =
      forge_issue_result(web->application->forge, web->arena, task_id, &answer, &problem);
  if (status)
    lead_back(web, error_id, status, &problem);
  else
    lead_on(web, error_id, &answer);
}

static void wait_for(struct web *web, int64_t task_id) {
  int64_t *pending = ARENA_NEW(web->arena, int64_t);
  *pending = task_id;
  web->pending = pending;
  forge_wait_for_issue(web->application->forge, web->request, task_id);
}

static void cancel(struct web *web, struct source *source, int64_t error_id) {
  struct problem problem = {0};
  const struct forge_issue_cancel wanted = {.actor = &web->actor,
                                            .project_id = web->project.id,
                                            .error_id = error_id,
                                            .is_remote = !source_is_local(source)};
  if (forge_cancel_issue(web->application->forge, &wanted, &problem))
    web_flash(web, MESSAGE_DANGER, slice_of_string(problem.message));
  else
    web_flash(web, MESSAGE_SUCCESS, SLICE("No issue will be created."));
  http_redirect(web->response, error_details_address(web, error_id));
}

void error_create_issue(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct source source;
  struct source_details found;
  (void)response;
  if (!read_error(web, &source, &found)) return;
  const struct group *group = &found.error.group;
  struct issue_request wanted = {.actor = &web->actor,
                                 .project_id = web->project.id,
                                 .error_id = group->id,
                                 .is_remote = !source_is_local(&source),
                                 .title = group->title};
  struct forge_issue_answer answer = {0};
  struct problem problem = {0};
  if (web->pending) {
    go_on(web, group->id, *(const int64_t *)web->pending);
    return;
  }
  if (http_form_value(request, "cancel").len) {
    cancel(web, &source, group->id);
    return;
  }
  wanted.description = describe(web, &found);
  enum status status =
      forge_create_issue(web->application->forge, web->arena, &wanted, &answer, &problem);
  if (status == STATUS_PENDING)
    wait_for(web, answer.task_id);
  else if (status)
    web_problem(web, &problem);
  else
    lead_on(web, group->id, &answer);
}
