/* repositories.c - the GitLab projects that errors belong to, and the issues there that they are
 * linked to.
 *
 * GET  /api/0/organizations/{organization}/repos/
 * PUT  /api/0/groups/{issue}/integrations/{integration}/  {"externalIssue": "139#5"}
 * POST /api/0/issues/{issue}/plugins/gitlab/link/         {"issue_id": 5}
 *
 * A GitLab that made an issue from an error writes the link back: it looks for its own project
 * among the repositories, and uses the integration that is named there, or else the plug-in of old.
 * A repository has the id of the first project that names it, and so has its integration.
 */
#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"
#include "base/map.h"
#include "forge/gitlab_project.h"
#include "tracker/builtin.h"

#include "base/banned.h"

/* --- repositories ------------------------------------------------------------------------------
 */

/* GitLab looks for its project by `externalSlug`, which has to be a number, as Sentry's GitLab
 * integration has it. Without the number we do not know that it is a GitLab at all, only the
 * address; then these are Sentry's words for that. */
static void write_provider(struct json_writer *writer, const struct gitlab_project *gitlab) {
  json_write_key(writer, "provider");
  json_write_object(writer);
  api_write_text(writer, "id", gitlab->id ? SLICE("integrations:gitlab") : SLICE("unknown"));
  api_write_text(writer, "name", gitlab->id ? SLICE("GitLab") : SLICE("Unknown Provider"));
  json_write_object_end(writer);
  if (gitlab->id) {
    api_write_integer(writer, "externalSlug", gitlab->id);
    api_write_digits(writer, "externalId", gitlab->id);
  } else {
    api_write_null(writer, "externalSlug");
    api_write_null(writer, "externalId");
  }
}

static void write_repository(struct json_writer *writer, const struct project *project,
                             const struct gitlab_project *gitlab) {
  json_write_object(writer);
  api_write_digits(writer, "id", project->id);
  api_write_text(writer, "name", gitlab->path);
  api_write_text(writer, "url", gitlab->url);
  api_write_text(writer, "status", SLICE("active"));
  write_provider(writer, gitlab);
  api_write_digits(writer, "integrationId", project->id);
  api_write_time(writer, "dateCreated", project->created_ms);
  json_write_object_end(writer);
}

/* Each once, however many projects belong to it. */
static void write_repositories(struct transaction *tx, struct http_request *request,
                               struct http_response *response,
                               const struct api_projects *projects) {
  struct map seen = {0};
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < projects->count; i++) {
    struct project *project = &projects->projects[i].project;
    struct gitlab_project gitlab;
    if (!gitlab_project_of(tx, request->arena, project, &gitlab) || map_get(&seen, gitlab.url))
      continue;
    map_put(&seen, gitlab.url, project);
    write_repository(&writer, project, &gitlab);
  }
  json_write_array_end(&writer);
  map_free(&seen);
  api_set_links(request, response, &(struct api_links){0});
}

void api_repository_list(struct http_request *request, struct http_response *response) {
  struct transaction *tx = store_begin_read(api_application(request)->store);
  struct api_projects projects = api_find_projects(request, tx);
  if (projects.is_member)
    write_repositories(tx, request, response, &projects);
  else
    api_not_found(response);
  store_end_read(tx);
}

/* --- links --------------------------------------------------------------------------------- */

/* What is linked to what. */
struct linking {
  struct api_group found;
  struct gitlab_project gitlab;
  int64_t integration_id; /* 0 for the plug-in, which has none */
  int64_t number;
};

/* The integration of a repository has the id of a project that names it, maybe another one than
 * the group's. */
static enum status check_integration(struct http_request *request, struct transaction *tx,
                                     struct linking *linking, struct problem *problem) {
  struct slice text = http_parameter(request, "integration");
  struct project project;
  struct gitlab_project gitlab;
  if (text.len == 0 || (slice_to_i64(text, &linking->integration_id) &&
                        project_get(tx, request->arena, linking->integration_id, &project) &&
                        access_role(tx, api_actor(request), &project) != ROLE_NONE &&
                        gitlab_project_of(tx, request->arena, &project, &gitlab) &&
                        slice_equal(gitlab.url, linking->gitlab.url)))
    return STATUS_OK;
  return problem_set(problem, STATUS_NOT_FOUND, API_DETAIL_NOT_FOUND);
}

/* The group of the path and the GitLab project it belongs to. On failure the response is filled. */
static enum status find_linked(struct http_request *request, struct http_response *response,
                               struct linking *linking) {
  struct problem problem;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  enum status status = api_find_group(request, response, tx, &linking->found);
  if (!status) {
    if (gitlab_project_of(tx, request->arena, &linking->found.project, &linking->gitlab))
      status = check_integration(request, tx, linking, &problem);
    else
      status = problem_set(&problem, STATUS_BAD_INPUT,
                           "The project belongs to no GitLab project, so nobody knows where its "
                           "issues are. Link it, or give the https URL of its repository, in the "
                           "project's settings.");
    if (status) api_fail(response, &problem);
  }
  store_end_read(tx);
  return status;
}

/* "139#5" or "team/app#5": GitLab's number of the project or its path, and the issue's number. */
static enum status read_external_issue(yyjson_val *body, struct linking *linking,
                                       struct problem *problem) {
  int64_t project_id;
  struct slice text = json_text(json_member(body, "externalIssue"));
  size_t mark = slice_find_last_byte(text, '#');
  struct slice project = slice_upto(text, mark);
  if (!slice_to_i64(slice_from(text, mark + 1), &linking->number) || linking->number < 1)
    return problem_set_field(problem, STATUS_BAD_INPUT, "externalIssue",
                             "Name the issue as PROJECT#NUMBER, with the id or the path of its "
                             "GitLab project.");
  bool is_number = slice_to_i64(project, &project_id);
  if (is_number ? !linking->gitlab.id || project_id == linking->gitlab.id
                : slice_equal(project, linking->gitlab.path))
    return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "externalIssue",
                           "The issue is of another GitLab project than the one that this project "
                           "belongs to.");
}

static enum status read_issue_id(yyjson_val *body, struct linking *linking,
                                 struct problem *problem) {
  struct slice digits;
  if (json_scalar_text(json_member(body, "issue_id"), &digits) &&
      slice_to_i64(digits, &linking->number) && linking->number > 0)
    return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "issue_id",
                           "Give the number of the issue in its GitLab project.");
}

static enum status read_link(struct http_request *request, struct linking *linking,
                             struct problem *problem) {
  yyjson_val *body;
  enum status status = json_read(request->arena, request->body, &body, problem);
  if (status) return status;
  return linking->integration_id ? read_external_issue(body, linking, problem)
                                 : read_issue_id(body, linking, problem);
}

static struct slice linked_url(struct http_request *request, const struct linking *linking) {
  return gitlab_issue_url(request->arena, &linking->gitlab, linking->number);
}

/* Does what the path and the body say. On failure the response is filled. */
static enum status link_issue(struct http_request *request, struct http_response *response,
                              struct linking *linking) {
  struct problem problem;
  *linking = (struct linking){0};
  enum status status = find_linked(request, response, linking);
  if (status) return status;
  status = read_link(request, linking, &problem);
  if (!status) {
    const struct link_request wanted = {.actor = api_actor(request),
                                        .link = {.group_id = linking->found.group.id,
                                                 .forge = FORGE_NAME_GITLAB,
                                                 .number = linking->number,
                                                 .url = linked_url(request, linking)}};
    status = tracker_link_issue(api_application(request)->store, &wanted, &problem);
  }
  if (status) api_fail(response, &problem);
  return status;
}

void api_integration_link(struct http_request *request, struct http_response *response) {
  struct linking linking;
  if (link_issue(request, response, &linking)) return;
  struct slice name = arena_printf(request->arena, "%.*s#%lld", SLICE_ARGS(linking.gitlab.path),
                                   (long long)linking.number);
  struct json_writer writer = api_begin_json(response);
  response->status = 201;
  json_write_object(&writer);
  api_write_integer(&writer, "id", linking.found.group.id);
  api_write_text(&writer, "key", name);
  api_write_text(&writer, "url", linked_url(request, &linking));
  api_write_integer(&writer, "integrationId", linking.integration_id);
  api_write_text(&writer, "displayName", name);
  json_write_object_end(&writer);
}

void api_plugin_link(struct http_request *request, struct http_response *response) {
  struct linking linking;
  if (link_issue(request, response, &linking)) return;
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  api_write_text(&writer, "message", SLICE("Successfully linked issue."));
  json_write_object_end(&writer);
}
