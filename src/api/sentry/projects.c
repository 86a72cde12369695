/* projects.c - what the API says about itself, its caller and the projects. */
#include "api/sentry/answer.h"
#include "api/sentry/gitlab_memory.h"
#include "api/sentry/handlers.h"
#include "api/sentry/project_json.h"

#include "base/banned.h"

/* GET /api/0/: clients ask this to try their token. */
void api_index(struct http_request *request, struct http_response *response) {
  const struct actor *actor = api_actor(request);
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_text(&writer, "version", SLICE("0"));
  if (actor->user_id) {
    json_write_key(&writer, "auth");
    json_write_object(&writer);
    json_write_key(&writer, "scopes");
    api_write_scopes(&writer, request->arena, actor->scopes);
    json_write_object_end(&writer);
    json_write_key(&writer, "user");
    json_write_object(&writer);
    api_write_digits(&writer, "id", actor->user_id);
    api_write_text(&writer, "username", actor->username);
    api_write_text(&writer, "name", actor->name);
    json_write_object_end(&writer);
  } else {
    api_write_null(&writer, "auth");
    api_write_null(&writer, "user");
  }
  json_write_object_end(&writer);
}

/* --- projects ------------------------------------------------------------------------------- */

/* The place of the project behind the one that the cursor names; that of the first without one. */
static size_t first_of_page(const struct visible_project *projects, size_t count,
                            const struct cursor *cursor) {
  for (size_t i = 0; cursor->is_set && i < count; i++)
    if (projects[i].project.id == cursor->id) return i + 1;
  return cursor->is_set ? count : 0;
}

/* GitLab's client reads one page alone, so one holds as many as it can read, unless less is asked
 * for. */
static size_t write_page(struct http_response *response, const struct visible_project *projects,
                         size_t count) {
  struct json_writer writer = api_begin_json(response);
  size_t written = 0, memory = 0, start = 0;
  json_write_array(&writer);
  while (written < count) {
    api_write_project_row(&writer, &projects[written].project);
    memory += gitlab_memory_of(slice_from(buffer_slice(&response->body), start));
    bool is_read = response->body.len < GITLAB_ANSWER_BYTES && memory < GITLAB_MEMORY_BYTES;
    if (!is_read && written > 0) {
      response->body.len = start;
      break;
    }
    start = response->body.len;
    written++;
  }
  json_write_array_end(&writer);
  return written;
}

void api_project_list(struct http_request *request, struct http_response *response) {
  struct visible_project *projects;
  struct api_page page;
  struct slice value;
  if (api_read_page(request, response, &page)) return;
  bool has_limit = http_query(request, "limit", &value) || http_query(request, "per_page", &value);
  struct transaction *tx = store_begin_read(api_application(request)->store);
  size_t count = access_projects(tx, request->arena, api_actor(request), &projects);
  store_end_read(tx);
  size_t first = first_of_page(projects, count, &page.cursor);
  size_t wanted = count - first;
  if (has_limit && page.limit < wanted) wanted = page.limit;
  size_t written = write_page(response, projects + first, wanted);
  struct api_links links = {.has_next = written > 0 && first + written < count};
  if (links.has_next) {
    int64_t id = projects[first + written - 1].project.id;
    links.next = (struct cursor){id, id, .is_set = true};
  }
  api_set_links(request, response, &links);
}

void api_project_get(struct http_request *request, struct http_response *response) {
  struct project project;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_project(request, response, tx, &project) == STATUS_OK) {
    struct json_writer writer = api_begin_json(response);
    api_write_project_details(&writer, request, tx, &project);
  }
  store_end_read(tx);
}
