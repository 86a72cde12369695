/* settings.c - whether error tracking is on in a project, and where its errors come from.
 *
 * Source: GitLab's REST API documentation, "Error Tracking settings".
 */
#include "api/gitlab/answer.h"
#include "api/gitlab/handlers.h"
#include "api/gitlab/parameters.h"

#include "base/banned.h"

enum { FAULTS_LIMIT = 200 };

static void answer(struct http_request *request, struct http_response *response,
                   const struct project *project) {
  struct arena *arena = request->arena;
  struct slice url = api_application(request)->public_url;
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_bool(&writer, "active", true);
  api_write_text(&writer, "project_name", project->name);
  api_write_text(&writer, "sentry_external_url",
                 arena_printf(arena, "%.*s/%.*s/%.*s", SLICE_ARGS(url),
                              SLICE_ARGS(project->organization_slug), SLICE_ARGS(project->slug)));
  api_write_text(&writer, "api_url",
                 arena_printf(arena, "%.*s/api/0/projects/%.*s/%.*s/", SLICE_ARGS(url),
                              SLICE_ARGS(project->organization_slug), SLICE_ARGS(project->slug)));
  api_write_bool(&writer, "integrated", true);
  json_write_object_end(&writer);
}

void gitlab_settings_get(struct http_request *request, struct http_response *response) {
  struct project project;
  if (gitlab_find_project(request, response, &project) == STATUS_OK)
    answer(request, response, &project);
}

static enum status read_change(struct http_request *request, struct parameter_bool *active,
                               struct parameter_bool *integrated, struct problem *problem) {
  struct parameters parameters;
  enum status status = parameters_read(request, &parameters, problem);
  if (status) return status;
  struct buffer faults = buffer_make(FAULTS_LIMIT);
  parameter_read_bool(&parameters, active, &faults);
  parameter_read_bool(&parameters, integrated, &faults);
  if (faults.len)
    status = problem_set_field(problem, STATUS_BAD_INPUT, "parameters", "%.*s",
                               SLICE_ARGS(buffer_slice(&faults)));
  buffer_free(&faults);
  return status;
}

static void change(struct http_request *request, struct http_response *response,
                   bool needs_integrated) {
  struct project project;
  struct problem problem = {0};
  struct parameter_bool active = {.name = "active", .is_required = true};
  struct parameter_bool integrated = {.name = "integrated", .is_required = needs_integrated};
  if (gitlab_find_project(request, response, &project)) return;
  enum status status = read_change(request, &active, &integrated, &problem);
  if (!status && (!active.value || (integrated.is_given && !integrated.value)))
    status = problem_set(&problem, STATUS_BAD_INPUT, "Errors of this project are always taken.");
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
