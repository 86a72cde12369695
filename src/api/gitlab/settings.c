/* settings.c - whether error tracking is on in a project, and where its errors come from.
 *
 * Errors that come from this server have, in GitLab's words, an integrated backend. It has the
 * addresses of a Sentry all the same, since this server speaks Sentry's API.
 *
 * Source: GitLab's REST API documentation, "Error Tracking settings".
 */
#include "api/gitlab/answer.h"
#include "api/gitlab/handlers.h"
#include "api/gitlab/parameters.h"
#include "source/connect.h"

#include "base/banned.h"

enum { FAULTS_LIMIT = 200 };

/* A project where it is kept: here, or in the connected Sentry, where none may be chosen yet. */
struct place {
  struct slice url, organization, project, name;
};

/* The URL with "organization/project" behind `prefix`; empty when none is chosen. */
static struct slice address_of(struct arena *arena, const struct place *place, const char *prefix,
                               const char *suffix) {
  if (!place->project.len) return SLICE_EMPTY;
  return arena_printf(arena, "%.*s/%s%.*s/%.*s%s", SLICE_ARGS(place->url), prefix,
                      SLICE_ARGS(place->organization), SLICE_ARGS(place->project), suffix);
}

static struct place place_of(struct http_request *request, const struct project *project,
                             const struct connection *connection) {
  if (connection->kind == SOURCE_LOCAL)
    return (struct place){api_application(request)->public_url, project->organization_slug,
                          project->slug, project->name};
  return (struct place){connection->url, connection->organization_slug, connection->project_slug,
                        connection->project_name};
}

static void answer(struct http_request *request, struct http_response *response,
                   const struct project *project) {
  struct connection connection;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  connection_get(tx, request->arena, project->id, &connection);
  store_end_read(tx);
  const struct place place = place_of(request, project, &connection);
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_bool(&writer, "active", connection.is_active);
  api_write_text(&writer, "project_name", place.name);
  api_write_text(&writer, "sentry_external_url", address_of(request->arena, &place, "", ""));
  api_write_text(&writer, "api_url", address_of(request->arena, &place, "api/0/projects/", "/"));
  api_write_bool(&writer, "integrated", connection.kind == SOURCE_LOCAL);
  json_write_object_end(&writer);
}

void gitlab_settings_get(struct http_request *request, struct http_response *response) {
  struct project project;
  if (gitlab_find_project(request, response, &project) == STATUS_OK)
    answer(request, response, &project);
}

static enum status read_switch(struct http_request *request, bool needs_integrated,
                               struct connect_switch *change, struct problem *problem) {
  struct parameters parameters;
  struct parameter_bool active = {.name = "active", .is_required = true};
  struct parameter_bool integrated = {.name = "integrated", .is_required = needs_integrated};
  enum status status = parameters_read(request, &parameters, problem);
  if (status) return status;
  struct buffer faults = buffer_make(FAULTS_LIMIT);
  parameter_read_bool(&parameters, &active, &faults);
  parameter_read_bool(&parameters, &integrated, &faults);
  if (faults.len)
    status = problem_set_field(problem, STATUS_BAD_INPUT, "parameters", "%.*s",
                               SLICE_ARGS(buffer_slice(&faults)));
  buffer_free(&faults);
  *change = (struct connect_switch){.has_active = active.is_given,
                                    .is_active = active.value,
                                    .has_kind = integrated.is_given,
                                    .kind = integrated.value ? SOURCE_LOCAL : SOURCE_SENTRY};
  return status;
}

static void change(struct http_request *request, struct http_response *response,
                   bool needs_integrated) {
  struct project project;
  struct problem problem = {0};
  struct connect_switch wanted;
  if (gitlab_find_project(request, response, &project)) return;
  const struct settings_target target = {api_actor(request), &project};
  enum status status = read_switch(request, needs_integrated, &wanted, &problem);
  if (!status) status = connect_switch(api_application(request)->store, &target, &wanted, &problem);
  if (status)
    gitlab_fail(response, &problem);
  else
    answer(request, response, &project);
}

void gitlab_settings_patch(struct http_request *request, struct http_response *response) {
  change(request, response, false);
}

void gitlab_settings_put(struct http_request *request, struct http_response *response) {
  change(request, response, true);
}
