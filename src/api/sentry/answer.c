/* answer.c - how the API's handlers begin and end. See answer.h. */
#include "api/sentry/answer.h"

#include <string.h>

#include "api/sentry/api.h"

#include "base/banned.h"

const struct actor *api_actor(const struct http_request *request) { return request->user; }

const struct application *api_application(const struct http_request *request) {
  return request->application;
}

/* --- answers ------------------------------------------------------------------------- */

struct json_writer api_begin_json(struct http_response *response) {
  buffer_clear(&response->body);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  http_set_header(response, "Cache-Control", SLICE("no-store"));
  http_set_header(response, "X-Content-Type-Options", SLICE("nosniff"));
  return (struct json_writer){.out = &response->body};
}

static struct slice detail_of(const struct problem *problem) {
  switch (problem->status) {
    case STATUS_NOT_FOUND: return SLICE(API_DETAIL_NOT_FOUND);
    case STATUS_FORBIDDEN: return SLICE(API_DETAIL_FORBIDDEN);
    default: return slice_of_string(problem->message);
  }
}

void api_fail(struct http_response *response, const struct problem *problem) {
  struct json_writer writer = api_begin_json(response);
  struct slice detail = detail_of(problem);
  response->status = status_http_code(problem->status);
  if (problem->status == STATUS_UNAVAILABLE || problem->status == STATUS_BUSY)
    http_set_header(response, "Retry-After", SLICE("5"));
  if (problem->status == STATUS_UNAUTHENTICATED)
    http_set_header(response, "WWW-Authenticate", SLICE("Bearer realm=\"api\""));
  json_write_object(&writer);
  api_write_text(&writer, "detail", detail);
  if (problem->field[0]) {
    json_write_key(&writer, problem->field);
    json_write_array(&writer);
    json_write_text(&writer, detail);
    json_write_array_end(&writer);
  }
  json_write_object_end(&writer);
}

void api_not_found(struct http_response *response) {
  struct problem problem;
  problem_set(&problem, STATUS_NOT_FOUND, API_DETAIL_NOT_FOUND);
  api_fail(response, &problem);
}

/* --- what a route asks for -------------------------------------------------------------- */

static struct access_request access_of(const struct http_request *request) {
  unsigned access = request->route->access;
  return (struct access_request){.actor = api_actor(request),
                                 .organization = http_parameter(request, "organization"),
                                 .project = http_parameter(request, "project"),
                                 .role = (enum role)(access >> 8 & 0xff),
                                 .scope = (enum scope)(access & 0xff)};
}

enum status api_find_project(struct http_request *request, struct http_response *response,
                             struct transaction *tx, struct project *project) {
  struct problem problem;
  struct access_request access = access_of(request);
  enum status status = access_project(tx, request->arena, &access, project, &problem);
  if (status) api_fail(response, &problem);
  return status;
}

static bool is_of_organization(const struct project *project, struct slice organization) {
  int64_t id;
  return slice_equal(project->organization_slug, organization) ||
         (slice_to_i64(organization, &id) && id == project->organization_id);
}

static bool is_project_wanted(const struct http_request *request, const struct project *project) {
  struct slice rest = request->query;
  bool has_any = false;
  while (rest.len) {
    struct slice value = slice_split(&rest, '&');
    if (!slice_equal(slice_split(&value, '='), SLICE("project")) || !value.len) continue;
    int64_t id;
    has_any = true;
    value = url_decode(request->arena, value, true);
    if (slice_equal(value, SLICE("-1"))) return true;
    if (slice_to_i64(value, &id) ? id == project->id : slice_equal(value, project->slug))
      return true;
  }
  return !has_any;
}

struct api_projects api_find_projects(struct http_request *request, struct transaction *tx) {
  struct api_projects found = {0};
  struct access_request access = access_of(request);
  size_t all = access_projects(tx, request->arena, access.actor, &found.projects);
  for (size_t i = 0; i < all; i++) {
    struct visible_project project = found.projects[i];
    if (project.role < access.role || !is_of_organization(&project.project, access.organization))
      continue;
    found.is_member = true;
    if (is_project_wanted(request, &project.project)) found.projects[found.count++] = project;
  }
  return found;
}

/* The group of a short id, among the projects that the actor sees (in `organization` when given);
 * 0 when there is none or more than one. */
static int64_t group_of_short_id(struct transaction *tx, struct http_request *request,
                                 const struct access_request *access, struct slice text) {
  int64_t number, found = 0;
  struct visible_project *projects;
  if (!group_short_id_parse(text, &number)) return 0;
  struct slice slug = slice_upto(text, slice_find_last_byte(text, '-'));
  size_t count = access_projects(tx, request->arena, access->actor, &projects);
  for (size_t i = 0; i < count; i++) {
    const struct project *project = &projects[i].project;
    struct group group;
    bool is_wanted =
        access->organization.len == 0 || is_of_organization(project, access->organization);
    if (!is_wanted || !slice_equal_ignore_case(project->slug, slug) ||
        !group_find_by_number(tx, request->arena, project->id, number, &group))
      continue;
    if (found) return 0;
    found = group.id;
  }
  return found;
}

enum status api_find_group(struct http_request *request, struct http_response *response,
                           struct transaction *tx, struct api_group *found) {
  struct problem problem;
  struct access_request access = access_of(request);
  struct slice text = http_parameter(request, "issue");
  int64_t id = 0;
  if (!slice_to_i64(text, &id)) id = group_of_short_id(tx, request, &access, text);
  enum status status =
      access_group(tx, request->arena, &access, id, &found->project, &found->group, &problem);
  bool is_elsewhere = !status && access.organization.len &&
                      !is_of_organization(&found->project, access.organization);
  if (is_elsewhere)
    status = problem_set(&problem, STATUS_NOT_FOUND, "The error is of another organization.");
  if (status) api_fail(response, &problem);
  return status;
}

/* --- pages ---------------------------------------------------------------------------- */

static enum status bad_page(struct http_response *response, const char *message) {
  struct problem problem;
  enum status status = problem_set(&problem, STATUS_BAD_INPUT, "%s", message);
  api_fail(response, &problem);
  return status;
}

enum status api_read_page(struct http_request *request, struct http_response *response,
                          struct api_page *page) {
  struct slice text;
  uint64_t limit = API_PAGE_DEFAULT;
  *page = (struct api_page){0};
  bool has_limit = http_query(request, "limit", &text) || http_query(request, "per_page", &text);
  if (has_limit && text.len && (!slice_to_u64(text, &limit) || limit < 1))
    return bad_page(response, "Invalid limit. It must be a number from 1 to 100.");
  page->limit = limit < API_PAGE_MAX ? (size_t)limit : API_PAGE_MAX;
  if (http_query(request, "cursor", &text) && text.len && !cursor_parse(text, &page->cursor))
    return bad_page(response, "Invalid cursor parameter.");
  /* What Sentry calls the first page. */
  if (!page->cursor.value && !page->cursor.id) page->cursor.is_set = false;
  return STATUS_OK;
}

/* Whether the byte may stand as it is in an address within the Link header. */
static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr("-._~/%&=+:!*()[]@$", c));
}

static void append_plain(struct buffer *out, struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    if (is_plain(text.ptr[i]))
      buffer_append_byte(out, text.ptr[i]);
    else
      buffer_printf(out, "%%%02X", (unsigned char)text.ptr[i]);
  }
}

/* The address of this request without its cursor; ends in '?' or '&'. */
static void append_address(struct buffer *out, const struct http_request *request) {
  struct slice query = request->query;
  buffer_append_slice(out, api_application(request)->public_url);
  append_plain(out, request->path);
  buffer_append_byte(out, '?');
  while (query.len) {
    struct slice pair = slice_split(&query, '&');
    if (pair.len == 0 || slice_starts_with(pair, SLICE("cursor="))) continue;
    append_plain(out, pair);
    buffer_append_byte(out, '&');
  }
}

struct link {
  const char *name;
  bool has_results;
  struct cursor cursor;
};

static void append_link(struct buffer *out, const struct http_request *request,
                        const struct link *link) {
  struct slice cursor = cursor_format(request->arena, link->cursor);
  if (out->len) BUFFER_APPEND_LITERAL(out, ", ");
  buffer_append_byte(out, '<');
  append_address(out, request);
  buffer_printf(out, "cursor=%.*s>; rel=\"%s\"; results=\"%s\"; cursor=\"%.*s\"",
                SLICE_ARGS(cursor), link->name, link->has_results ? "true" : "false",
                SLICE_ARGS(cursor));
}

void api_set_links(struct http_request *request, struct http_response *response,
                   const struct api_links *links) {
  /* Percent-encoding at most triples what fitted the request's head. */
  struct buffer header = buffer_make(256 * 1024);
  struct link previous = {"previous", links->has_previous, links->previous};
  struct link next = {"next", links->has_next, links->next};
  if (!links->has_previous) previous.cursor = (struct cursor){.is_before = true};
  if (!links->has_next) next.cursor = (struct cursor){0};
  append_link(&header, request, &previous);
  append_link(&header, request, &next);
  http_set_header(response, "Link", buffer_slice(&header));
  buffer_free(&header);
}

/* --- common values ---------------------------------------------------------------------- */

void api_write_text(struct json_writer *writer, const char *name, struct slice text) {
  json_write_key(writer, name);
  json_write_text(writer, text);
}

void api_write_null(struct json_writer *writer, const char *name) {
  json_write_key(writer, name);
  json_write_null(writer);
}

void api_write_text_or_null(struct json_writer *writer, const char *name, struct slice text) {
  if (text.len)
    api_write_text(writer, name, text);
  else
    api_write_null(writer, name);
}

void api_write_integer(struct json_writer *writer, const char *name, int64_t value) {
  json_write_key(writer, name);
  json_write_integer(writer, value);
}

void api_write_digits(struct json_writer *writer, const char *name, int64_t value) {
  struct buffer digits = buffer_make(32);
  buffer_append_i64(&digits, value);
  api_write_text(writer, name, buffer_slice(&digits));
  buffer_free(&digits);
}

void api_write_bool(struct json_writer *writer, const char *name, bool value) {
  json_write_key(writer, name);
  json_write_bool(writer, value);
}

void api_write_time(struct json_writer *writer, const char *name, int64_t time_ms) {
  char text[TIME_ISO_BYTES];
  if (time_ms == 0) {
    api_write_null(writer, name);
    return;
  }
  time_format_iso(time_ms, text);
  api_write_text(writer, name, slice_of_string(text));
}

void api_write_scopes(struct json_writer *writer, struct arena *arena, uint32_t scopes) {
  struct slice names = scopes_format(arena, scopes);
  json_write_array(writer);
  while (names.len) json_write_text(writer, slice_split(&names, ','));
  json_write_array_end(writer);
}
