/* answer.h - how the API's handlers begin and end: who asks, what went wrong, where the next page
 * is. */
#ifndef CULPRIT_API_SENTRY_ANSWER_H
#define CULPRIT_API_SENTRY_ANSWER_H

#include "base/clock.h"
#include "http/http.h"
#include "ingest/application.h"
#include "json/json.h"
#include "tracker/tracker.h"

/* --- what a route asks for ------------------------------------------------------- */

/* `access` of a route: the role in the project, and the token's scope. */
#define API_ACCESS(role, scope) ((unsigned)(role) << 8 | (unsigned)(scope))
#define API_ACCESS_ANYBODY (1u << 31) /* even without a token */

/* The actor that api_before() found. */
const struct actor *api_actor(const struct http_request *request);
const struct application *api_application(const struct http_request *request);
/* The token of "Authorization: Bearer TOKEN"; false when there is no such header. */
bool api_bearer_token(const struct http_request *request, struct slice *token);
/* The actor of a token; false when there is none. */
bool api_find_actor(struct http_request *request, struct slice token, struct actor *actor);

/* The project of the path parameters "organization" and "project", or the group of "issue" (an id
 * or a short id, within "organization" when the path has it), checked with the route's access. On
 * failure the response is filled. */
enum status api_find_project(struct http_request *request, struct http_response *response,
                             struct transaction *tx, struct project *project) MUST_CHECK;
/* Projects of the path's "organization" (a slug or an id) in which the actor has the route's role,
 * narrowed to those that the repeated parameter `project` names by id or slug; -1 stands for all.
 * `is_member` says whether there are any before that: an organization without is not there for the
 * actor. */
struct api_projects {
  struct visible_project *projects;
  size_t count;
  bool is_member;
};
struct api_projects api_find_projects(struct http_request *request, struct transaction *tx);

struct api_group {
  struct project project;
  struct group group;
};
enum status api_find_group(struct http_request *request, struct http_response *response,
                           struct transaction *tx, struct api_group *found) MUST_CHECK;

/* --- answers ------------------------------------------------------------------------ */

/* A writer on the body, with the headers of a JSON answer set. */
struct json_writer api_begin_json(struct http_response *response);
/* {"detail": "..."} in Sentry's words for 401, 403 and 404, else with the problem's message, and
 * {"FIELD": ["..."]} beside it when the problem names a field. */
void api_fail(struct http_response *response, const struct problem *problem);
/* api_fail() with 404. */
void api_not_found(struct http_response *response);

/* The 404 and 403 texts that clients compare. */
#define API_DETAIL_NOT_FOUND "The requested resource does not exist"
#define API_DETAIL_FORBIDDEN "You do not have permission to perform this action."
#define API_DETAIL_NO_CREDENTIALS "Authentication credentials were not provided."
#define API_DETAIL_INVALID_TOKEN "Invalid token"

/* --- pages --------------------------------------------------------------------------- */

#define API_PAGE_DEFAULT 25
#define API_PAGE_MAX 100

struct api_page {
  size_t limit;
  struct cursor cursor;
};
/* The parameters `limit` (or `per_page`) and `cursor`. On failure the response is filled. */
enum status api_read_page(struct http_request *request, struct http_response *response,
                          struct api_page *page) MUST_CHECK;

struct api_links {
  bool has_previous, has_next;
  struct cursor previous, next;
};
/* The Link header, in the one form that GitLab's client reads. */
void api_set_links(struct http_request *request, struct http_response *response,
                   const struct api_links *links);

/* --- common values --------------------------------------------------------------------- */

/* ["event:read", …] */
void api_write_scopes(struct json_writer *writer, struct arena *arena, uint32_t scopes);
/* Null when `text` is empty. */
void api_write_text_or_null(struct json_writer *writer, const char *name, struct slice text);
void api_write_text(struct json_writer *writer, const char *name, struct slice text);
/* "42": ids and counts are strings. */
void api_write_digits(struct json_writer *writer, const char *name, int64_t value);
void api_write_integer(struct json_writer *writer, const char *name, int64_t value);
void api_write_bool(struct json_writer *writer, const char *name, bool value);
void api_write_null(struct json_writer *writer, const char *name);
/* ISO 8601; null for 0. */
void api_write_time(struct json_writer *writer, const char *name, int64_t time_ms);

#endif
