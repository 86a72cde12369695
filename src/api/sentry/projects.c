/* projects.c - what the API says about itself, its caller and the projects. */
#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"

#include "base/banned.h"

static void write_scopes(struct json_writer *writer, struct arena *arena, uint32_t scopes) {
  struct slice names = scopes_format(arena, scopes);
  json_write_array(writer);
  while (names.len) json_write_text(writer, slice_split(&names, ','));
  json_write_array_end(writer);
}

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
    write_scopes(&writer, request->arena, actor->scopes);
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

static void write_status(struct json_writer *writer) {
  json_write_key(writer, "status");
  json_write_object(writer);
  api_write_text(writer, "id", SLICE("active"));
  api_write_text(writer, "name", SLICE("active"));
  json_write_object_end(writer);
}

static void write_project(struct json_writer *writer, const struct project *project) {
  json_write_object(writer);
  api_write_digits(writer, "id", project->id);
  api_write_text(writer, "slug", project->slug);
  api_write_text(writer, "name", project->name);
  api_write_text_or_null(writer, "platform", project->platform);
  api_write_text(writer, "status", SLICE("active"));
  api_write_time(writer, "dateCreated", project->created_ms);
  api_write_time(writer, "firstEvent", project->first_event_ms);
  api_write_bool(writer, "hasAccess", true);
  json_write_key(writer, "organization");
  json_write_object(writer);
  api_write_digits(writer, "id", project->organization_id);
  api_write_text(writer, "slug", project->organization_slug);
  api_write_text(writer, "name", project->organization_name);
  write_status(writer);
  json_write_object_end(writer);
  json_write_object_end(writer);
}

void api_project_list(struct http_request *request, struct http_response *response) {
  struct visible_project *projects;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  size_t count = access_projects(tx, request->arena, api_actor(request), &projects);
  store_end_read(tx);
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < count; i++) write_project(&writer, &projects[i].project);
  json_write_array_end(&writer);
  api_set_links(request, response, &(struct api_links){0});
}

void api_project_get(struct http_request *request, struct http_response *response) {
  struct project project;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  enum status status = api_find_project(request, response, tx, &project);
  store_end_read(tx);
  if (status) return;
  struct json_writer writer = api_begin_json(response);
  write_project(&writer, &project);
}
