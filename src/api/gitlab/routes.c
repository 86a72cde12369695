/* routes.c - the addresses of GitLab's API, who may call them, and what callers hear who may not.
 *
 * SDKs that were set up for GitLab's own error tracking post to a collector:
 *
 *   DSN     https://KEY@host/api/v4/error_tracking/collector/PROJECT
 *   they    POST https://host/api/v4/error_tracking/collector/api/PROJECT/envelope/
 *
 * They keep their DSN but for the host, so PROJECT is an id of the GitLab they come from: the key,
 * which is the credential, says which project it is. Everything else is as on our own endpoints.
 */
#include "api/gitlab/answer.h"
#include "api/gitlab/gitlab.h"
#include "api/gitlab/handlers.h"
#include "ingest/ingest.h"

#include "base/banned.h"

enum { BODY_LIMIT = 64 * 1024 };

#define READ_SETTINGS GITLAB_ACCESS(ROLE_TO_CONFIGURE, SCOPE_PROJECT_READ)
#define CHANGE_SETTINGS GITLAB_ACCESS(ROLE_TO_CONFIGURE, SCOPE_PROJECT_WRITE)

#define SETTINGS "/api/v4/projects/{id}/error_tracking/settings"
#define KEYS "/api/v4/projects/{id}/error_tracking/client_keys"

#define GRAPHQL "/api/graphql"

/* Of GitLab 14, and of its rewrite. */
#define COLLECTOR "/api/v4/error_tracking/collector/api/{id}/"
#define NEWER_PREFIX "/errortracking/api/v1/projects/"
#define NEWER_COLLECTOR NEWER_PREFIX "api/{id}/"

#define COLLECTOR_ROUTES(prefix)                                                                 \
  {"POST", prefix "envelope", ingest_envelope, ROUTE_INLINE, GITLAB_SENDERS, INGEST_BODY_LIMIT}, \
      {"POST", prefix "store", ingest_store, ROUTE_INLINE, GITLAB_SENDERS, INGEST_BODY_LIMIT},   \
      {"OPTIONS", prefix "envelope", ingest_preflight, ROUTE_INLINE, GITLAB_SENDERS, 0}, {       \
    "OPTIONS", prefix "store", ingest_preflight, ROUTE_INLINE, GITLAB_SENDERS, 0                 \
  }

const struct http_route gitlab_routes[] = {
    COLLECTOR_ROUTES(COLLECTOR),
    COLLECTOR_ROUTES(NEWER_COLLECTOR),
    {"GET", SETTINGS, gitlab_settings_get, ROUTE_WORKER, READ_SETTINGS, 0},
    {"PATCH", SETTINGS, gitlab_settings_patch, ROUTE_WORKER, CHANGE_SETTINGS, BODY_LIMIT},
    {"PUT", SETTINGS, gitlab_settings_put, ROUTE_WORKER, CHANGE_SETTINGS, BODY_LIMIT},
    {"GET", KEYS, gitlab_key_list, ROUTE_WORKER, READ_SETTINGS, 0},
    {"POST", KEYS, gitlab_key_create, ROUTE_WORKER, CHANGE_SETTINGS, BODY_LIMIT},
    {"DELETE", KEYS "/{key_id}", gitlab_key_delete, ROUTE_WORKER, CHANGE_SETTINGS, BODY_LIMIT},
    {"POST", GRAPHQL, gitlab_graphql, ROUTE_WORKER, GITLAB_GRAPHQL, BODY_LIMIT},
    {0},
};

/* --- who asks ---------------------------------------------------------------------------- */

static bool refuse(struct http_request *request, struct http_response *response,
                   const char *message) {
  struct problem problem = {0};
  bool is_graphql = request->route->access == GITLAB_GRAPHQL;
  problem_set(&problem, STATUS_UNAUTHENTICATED, "%s",
              is_graphql && !*message ? "Invalid token" : message);
  if (is_graphql)
    gitlab_graphql_fail(response, &problem);
  else
    gitlab_fail(response, &problem);
  return false;
}

/* An address is written into logs, histories and Referer headers. */
static bool has_token_in_address(const struct http_request *request) {
  static const char *const names[] = {"private_token", "access_token"};
  struct slice value;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (http_query(request, names[i], &value)) return true;
  return false;
}

bool gitlab_before(struct http_request *request, struct http_response *response) {
  unsigned access = request->route->access;
  struct actor *actor = ARENA_NEW(request->arena, struct actor);
  request->user = actor;
  if (access == GITLAB_SENDERS) return true;
  if (has_token_in_address(request))
    return refuse(request, response,
                  "A token in the address is not taken, since addresses end up in logs. Send it in "
                  "the header PRIVATE-TOKEN, and make a new one: this one may have leaked.");
  struct slice token = slice_trim(http_header(request, "PRIVATE-TOKEN"));
  if (!token.len && !api_bearer_token(request, &token)) return refuse(request, response, "");
  if (!api_find_actor(request, token, actor)) return refuse(request, response, "");
  if (access == GITLAB_GRAPHQL) return true;
  enum scope scope = (enum scope)(access & 0xff);
  if (scopes_allow(actor->scopes, scope)) return true;
  gitlab_fail_scope(request, response, scope);
  return false;
}

/* --- what never reached a handler ---------------------------------------------------------- */

static bool is_collector(struct slice path) {
  return slice_starts_with(path, SLICE("/api/v4/error_tracking/collector/")) ||
         slice_starts_with(path, SLICE(NEWER_PREFIX));
}

static bool is_graphql(struct slice path) {
  return slice_equal_string(path, GRAPHQL) || slice_equal_string(path, GRAPHQL "/");
}

bool gitlab_is_path(struct slice path) {
  return slice_starts_with(path, SLICE("/api/v4/")) || is_graphql(path) || is_collector(path);
}

void gitlab_on_problem(struct http_request *request, struct http_response *response,
                       const struct problem *problem) {
  int status = response->status;
  struct problem answer = *problem;
  if (is_collector(request->path)) ingest_allow_origin(request, response);
  /* Of this status the message is answered as it is. */
  if (status == 404) problem_set(&answer, STATUS_NOT_FOUND, "404 Not Found");
  if (status == 405) problem_set(&answer, STATUS_NOT_FOUND, "405 Method Not Allowed");
  if (is_graphql(request->path))
    gitlab_graphql_fail(response, &answer);
  else
    gitlab_fail(response, &answer);
  if (status >= 400) response->status = status;
}
