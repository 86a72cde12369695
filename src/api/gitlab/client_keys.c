/* client_keys.c - the keys that SDKs send with: listed, made, deleted.
 *
 * Source: GitLab's REST API documentation, "Error Tracking settings", and "Pagination".
 */
#include "api/gitlab/answer.h"
#include "api/gitlab/handlers.h"
#include "api/gitlab/parameters.h"

#include "base/banned.h"

enum { PAGE_DEFAULT = 20, PAGE_LIMIT = 100 };

/* "https://KEY@host/api/v4/error_tracking/collector/3": SDKs make the collector's address of it. */
static struct slice collector_dsn(struct http_request *request, const struct client_key *key) {
  struct arena *arena = request->arena;
  struct slice url = api_application(request)->public_url;
  struct slice base = arena_printf(arena, "%.*s/api/v4/error_tracking/collector", SLICE_ARGS(url));
  return client_key_dsn(arena, base, key);
}

static void write_key(struct json_writer *writer, struct http_request *request,
                      const struct client_key *key) {
  json_write_object(writer);
  api_write_integer(writer, "id", key->id);
  api_write_bool(writer, "active", key->is_active);
  api_write_text(writer, "public_key", key->public_key);
  api_write_text(writer, "sentry_dsn", collector_dsn(request, key));
  json_write_object_end(writer);
}

/* --- list ------------------------------------------------------------------------------ */

struct key_page {
  int64_t page, per_page, total, last_page;
};

static void set_number(struct http_response *response, const char *name, int64_t number) {
  http_set_header(response, name, arena_printf(response->arena, "%lld", (long long)number));
}

/* Empty for 0: there is no such page. */
static void set_page(struct http_response *response, const char *name, int64_t page) {
  if (page)
    set_number(response, name, page);
  else
    http_set_header(response, name, SLICE_EMPTY);
}

static void append_link(struct buffer *out, struct http_request *request, int64_t page,
                        const struct key_page *pages, const char *name) {
  buffer_printf(out, "%s<%.*s%.*s?page=%lld&per_page=%lld>; rel=\"%s\"", out->len ? ", " : "",
                SLICE_ARGS(api_application(request)->public_url), SLICE_ARGS(request->path),
                (long long)page, (long long)pages->per_page, name);
}

static void set_page_headers(struct http_request *request, struct http_response *response,
                             const struct key_page *pages) {
  struct buffer links = buffer_make(4 * (request->path.len + 4096));
  bool has_previous = pages->page > 1, has_next = pages->page < pages->last_page;
  if (has_previous) append_link(&links, request, pages->page - 1, pages, "prev");
  if (has_next) append_link(&links, request, pages->page + 1, pages, "next");
  append_link(&links, request, 1, pages, "first");
  append_link(&links, request, pages->last_page, pages, "last");
  http_set_header(response, "Link", buffer_slice(&links));
  buffer_free(&links);
  set_number(response, "X-Page", pages->page);
  set_number(response, "X-Per-Page", pages->per_page);
  set_number(response, "X-Total", pages->total);
  set_number(response, "X-Total-Pages", pages->last_page);
  set_page(response, "X-Prev-Page", has_previous ? pages->page - 1 : 0);
  set_page(response, "X-Next-Page", has_next ? pages->page + 1 : 0);
}

static enum status read_page(struct http_request *request, struct http_response *response,
                             struct key_page *pages) {
  struct problem problem = {0};
  *pages = (struct key_page){.page = 1, .per_page = PAGE_DEFAULT};
  enum status status = parameter_read_count(request, "page", &pages->page, &problem);
  if (!status) status = parameter_read_count(request, "per_page", &pages->per_page, &problem);
  if (status) gitlab_fail(response, &problem);
  if (pages->per_page > PAGE_LIMIT) pages->per_page = PAGE_LIMIT;
  return status;
}

void gitlab_key_list(struct http_request *request, struct http_response *response) {
  struct project project;
  struct key_page pages;
  struct client_key *keys;
  if (gitlab_find_project(request, response, &project)) return;
  if (read_page(request, response, &pages)) return;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  pages.total = (int64_t)client_key_list(tx, request->arena, project.id, &keys);
  store_end_read(tx);
  pages.last_page = pages.total ? (pages.total - 1) / pages.per_page + 1 : 1;
  int64_t skipped = pages.page > pages.last_page ? pages.total : (pages.page - 1) * pages.per_page;
  struct json_writer writer = api_begin_json(response);
  set_page_headers(request, response, &pages);
  json_write_array(&writer);
  for (int64_t i = skipped; i < pages.total && i < skipped + pages.per_page; i++) {
    write_key(&writer, request, &keys[i]);
  }
  json_write_array_end(&writer);
}

/* --- changes ----------------------------------------------------------------------------- */

void gitlab_key_create(struct http_request *request, struct http_response *response) {
  struct project project;
  struct problem problem = {0};
  struct client_key key = {0};
  struct store *store = api_application(request)->store;
  if (gitlab_find_project(request, response, &project)) return;
  const struct settings_target target = {api_actor(request), &project};
  if (settings_create_key(store, &target, &key, &problem)) {
    gitlab_fail(response, &problem);
    return;
  }
  struct transaction *tx = store_begin_read(store);
  bool is_there = client_key_find(tx, request->arena, project.id, key.id, &key);
  store_end_read(tx);
  if (!is_there) { /* deleted since */
    problem_set(&problem, STATUS_NOT_FOUND, "404 Not found");
    gitlab_fail(response, &problem);
    return;
  }
  response->status = 201;
  struct json_writer writer = api_begin_json(response);
  write_key(&writer, request, &key);
}

void gitlab_key_delete(struct http_request *request, struct http_response *response) {
  struct project project;
  struct problem problem = {0};
  int64_t id;
  if (gitlab_find_project(request, response, &project)) return;
  const struct settings_target target = {api_actor(request), &project};
  enum status status;
  if (!slice_to_i64(http_parameter(request, "key_id"), &id))
    status = problem_set_field(&problem, STATUS_BAD_INPUT, "key_id", "key_id is invalid");
  else
    status = settings_delete_key(api_application(request)->store, &target, id, &problem);
  if (status == STATUS_NOT_FOUND) problem_set(&problem, status, "404 Not found");
  if (status)
    gitlab_fail(response, &problem);
  else
    response->status = 204;
}
