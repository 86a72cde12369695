/* routes.c - the API's addresses, who may call them, and what callers hear who may not. */
#include "api/sentry/answer.h"
#include "api/sentry/api.h"
#include "api/sentry/handlers.h"

#include "base/banned.h"

enum { BODY_LIMIT = 64 * 1024 };

#define SEE_PROJECTS API_ACCESS(ROLE_GUEST, SCOPE_PROJECT_READ)
#define SEE_ERRORS API_ACCESS(ROLE_TO_SEE_ERRORS, SCOPE_EVENT_READ)
#define ACT_ON_ERRORS API_ACCESS(ROLE_TO_ACT, SCOPE_EVENT_WRITE)

#define ACT_ON_MONITORS API_ACCESS(ROLE_TO_ACT, SCOPE_PROJECT_WRITE)
#define SEE_HEALTH API_ACCESS(ROLE_TO_SEE_ERRORS, SCOPE_PROJECT_READ)
#define REPORT API_ACCESS(ROLE_REPORTER, SCOPE_EVENT_WRITE)

#define MONITOR "/api/0/organizations/{organization}/monitors/{monitor}"
#define PROJECT "/api/0/projects/{organization}/{project}"

/* Sentry knows a group by three addresses. */
#define ISSUE_ROUTES(prefix)                                                                         \
  {"GET", prefix "/{issue}", api_issue_get, ROUTE_WORKER, SEE_ERRORS, 0},                            \
      {"PUT", prefix "/{issue}", api_issue_put, ROUTE_WORKER, ACT_ON_ERRORS, BODY_LIMIT},            \
      {"GET", prefix "/{issue}/hashes", api_issue_hashes, ROUTE_WORKER, SEE_ERRORS, 0},              \
      {"DELETE", prefix "/{issue}/hashes", api_issue_hashes_delete, ROUTE_WORKER, ACT_ON_ERRORS, 0}, \
      {"PUT",                                                                                        \
       prefix "/{issue}/integrations/{integration}",                                                 \
       api_integration_link,                                                                         \
       ROUTE_WORKER,                                                                                 \
       ACT_ON_ERRORS,                                                                                \
       BODY_LIMIT},                                                                                  \
      {"POST",          prefix "/{issue}/plugins/gitlab/link",                                       \
       api_plugin_link, ROUTE_WORKER,                                                                \
       ACT_ON_ERRORS,   BODY_LIMIT},                                                                 \
      {"GET", prefix "/{issue}/events", api_issue_events, ROUTE_WORKER, SEE_ERRORS, 0}, {            \
    "GET", prefix "/{issue}/events/{event}", api_issue_event, ROUTE_WORKER, SEE_ERRORS, 0            \
  }

const struct http_route api_routes[] = {
    {"GET", "/api/0/", api_index, ROUTE_WORKER, API_ACCESS_ANYBODY, 0},
    {"GET", "/api/0/projects", api_project_list, ROUTE_WORKER, SEE_PROJECTS, 0},
    {"GET", PROJECT, api_project_get, ROUTE_WORKER, SEE_PROJECTS, 0},
    {"GET", PROJECT "/issues", api_issue_list, ROUTE_WORKER, SEE_ERRORS, 0},
    {"PUT", PROJECT "/issues", api_issue_put_many, ROUTE_WORKER, ACT_ON_ERRORS, BODY_LIMIT},
    {"GET", PROJECT "/events/{event}", api_project_event, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", PROJECT "/events/{event}/json", api_project_event_json, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", PROJECT "/stats", api_project_stats, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", "/api/0/organizations/{organization}/stats_v2", api_organization_stats, ROUTE_WORKER,
     SEE_ERRORS, 0},
    {"GET", PROJECT "/events/{event}/attachments", api_event_attachments, ROUTE_WORKER, SEE_ERRORS,
     0},
    {"GET", PROJECT "/events/{event}/attachments/{attachment}", api_event_attachment, ROUTE_WORKER,
     SEE_ERRORS, 0},
    {"GET", PROJECT "/releases", api_release_list, ROUTE_WORKER, SEE_HEALTH, 0},
    {"GET", "/api/0/organizations/{organization}/repos", api_repository_list, ROUTE_WORKER,
     SEE_HEALTH, 0},
    {"GET", "/api/0/organizations/{organization}/sessions", api_sessions, ROUTE_WORKER, SEE_HEALTH,
     0},
    {"GET", "/api/0/organizations/{organization}/monitors", api_monitor_list, ROUTE_WORKER,
     SEE_HEALTH, 0},
    {"GET", MONITOR, api_monitor_get, ROUTE_WORKER, SEE_HEALTH, 0},
    {"PUT", MONITOR, api_monitor_put, ROUTE_WORKER, ACT_ON_MONITORS, BODY_LIMIT},
    {"DELETE", MONITOR, api_monitor_delete, ROUTE_WORKER, ACT_ON_MONITORS, 0},
    {"GET", MONITOR "/checkins", api_check_in_list, ROUTE_WORKER, SEE_HEALTH, 0},
    {"GET", PROJECT "/user-feedback", api_feedback_list, ROUTE_WORKER, SEE_ERRORS, 0},
    {"POST", PROJECT "/user-feedback", api_feedback_post, ROUTE_WORKER, REPORT, BODY_LIMIT},
    ISSUE_ROUTES("/api/0/issues"),
    ISSUE_ROUTES("/api/0/groups"),
    ISSUE_ROUTES("/api/0/organizations/{organization}/issues"),
    {0},
};

static bool refuse(struct http_response *response, enum status status, const char *detail) {
  struct problem problem;
  problem_set(&problem, status, "%s", detail);
  api_fail(response, &problem);
  return false;
}

bool api_bearer_token(const struct http_request *request, struct slice *token) {
  struct slice value = http_header(request, "Authorization");
  struct slice scheme = slice_split(&value, ' ');
  *token = slice_trim(value);
  return slice_equal_ignore_case(scheme, SLICE("Bearer")) && token->len > 0;
}

bool api_find_actor(struct http_request *request, struct slice token, struct actor *actor) {
  struct store *store = api_application(request)->store;
  struct transaction *tx = store_begin_read(store);
  bool is_found = account_by_token(tx, request->arena, token, actor);
  store_end_read(tx);
  if (is_found) account_note_use(store, actor);
  return is_found;
}

bool api_before(struct http_request *request, struct http_response *response) {
  struct slice token;
  unsigned access = request->route->access;
  struct actor *actor = ARENA_NEW(request->arena, struct actor);
  request->user = actor;
  if (!api_bearer_token(request, &token))
    return access == API_ACCESS_ANYBODY ||
           refuse(response, STATUS_UNAUTHENTICATED, API_DETAIL_NO_CREDENTIALS);
  if (!api_find_actor(request, token, actor))
    return refuse(response, STATUS_UNAUTHENTICATED, API_DETAIL_INVALID_TOKEN);
  if (access == API_ACCESS_ANYBODY) return true;
  unsigned scope = access & 0xff;
  return (scope && scopes_allow(actor->scopes, (enum scope)scope)) ||
         refuse(response, STATUS_FORBIDDEN, API_DETAIL_FORBIDDEN);
}

void api_on_problem(struct http_request *request, struct http_response *response,
                    const struct problem *problem) {
  int status = response->status;
  (void)request;
  api_fail(response, problem);
  if (status >= 400) response->status = status;
}
