/* answer.c - how handlers of GitLab's API begin and end. See answer.h.
 *
 * Source: GitLab's REST API documentation, "Status codes".
 */
#include "api/gitlab/answer.h"

#include "base/banned.h"

/* --- answers ------------------------------------------------------------------------- */

static void write_message(struct http_response *response, const char *name, struct slice text) {
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_text(&writer, name, text);
  json_write_object_end(&writer);
}

/* What stands before the message, or all of it where GitLab tells no more. */
static const char *title_of(enum status status) {
  switch (status) {
    case STATUS_BAD_INPUT: return "400 Bad request";
    case STATUS_UNAUTHENTICATED: return "401 Unauthorized";
    case STATUS_FORBIDDEN: return "403 Forbidden";
    case STATUS_CONFLICT: return "409 Conflict";
    case STATUS_TOO_LARGE: return "413 Request Entity Too Large";
    case STATUS_BUSY: return "429 Too Many Requests";
    case STATUS_UNAVAILABLE: return "503 Service Unavailable";
    default: return "500 Internal Server Error";
  }
}

static struct slice message_of(struct arena *arena, const struct problem *problem) {
  if (problem->status == STATUS_NOT_FOUND) return slice_of_string(problem->message);
  if (problem->status == STATUS_FORBIDDEN || !problem->message[0])
    return slice_of_string(title_of(problem->status));
  return arena_printf(arena, "%s - %s", title_of(problem->status), problem->message);
}

void gitlab_fail(struct http_response *response, const struct problem *problem) {
  response->status = status_http_code(problem->status);
  if (problem->field[0])
    write_message(response, "error", slice_of_string(problem->message));
  else
    write_message(response, "message", message_of(response->arena, problem));
  if (problem->status == STATUS_UNAVAILABLE || problem->status == STATUS_BUSY)
    http_set_header(response, "Retry-After", SLICE("5"));
  if (problem->status == STATUS_UNAUTHENTICATED)
    http_set_header(response, "WWW-Authenticate", SLICE("Bearer realm=\"api\""));
}

void gitlab_fail_scope(struct http_request *request, struct http_response *response,
                       enum scope needed) {
  response->status = 403;
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_text(&writer, "error", SLICE("insufficient_scope"));
  api_write_text(
      &writer, "error_description",
      SLICE("The request requires higher privileges than provided by the access token."));
  api_write_text(&writer, "scope", scopes_format(request->arena, needed));
  json_write_object_end(&writer);
}

/* --- projects ------------------------------------------------------------------------ */

enum status gitlab_access_project(struct transaction *tx, struct arena *arena,
                                  const struct access_request *request, struct slice id,
                                  struct project *project, struct problem *problem) {
  int64_t number;
  struct access_request access = *request;
  if (slice_to_i64(id, &number)) {
    if (project_get(tx, arena, number, project)) access.organization = project->organization_slug;
    access.project = id;
  } else {
    size_t slash = slice_find_last_byte(id, '/');
    access.organization = slice_upto(id, slash);
    access.project = slice_from(id, slash + 1);
  }
  enum status status = access_project(tx, arena, &access, project, problem);
  if (status == STATUS_NOT_FOUND) return problem_set(problem, status, "404 Project Not Found");
  return status;
}

enum status gitlab_find_project(struct http_request *request, struct http_response *response,
                                struct project *project) {
  struct problem problem = {0};
  unsigned access = request->route->access;
  const struct access_request wanted = {.actor = api_actor(request),
                                        .role = (enum role)(access >> 8 & 0xff),
                                        .scope = (enum scope)(access & 0xff)};
  struct transaction *tx = store_begin_read(api_application(request)->store);
  enum status status = gitlab_access_project(tx, request->arena, &wanted,
                                             http_parameter(request, "id"), project, &problem);
  store_end_read(tx);
  if (status) gitlab_fail(response, &problem);
  return status;
}
