/* graphql_error.c - one error. */
#include "api/gitlab/answer.h"
#include "api/gitlab/graphql_schema.h"
#include "api/sentry/release_json.h"
#include "forge/forge.h"

#include "base/banned.h"

/* --- ids and sources
 * --------------------------------------------------------------------------------- */

enum status gitlab_error_id(const struct graphql_call *call, int64_t *id, struct problem *problem) {
  struct slice text = graphql_argument_of(call, "id")->text;
  struct slice prefix = SLICE(GITLAB_ERROR_ID);
  if (slice_starts_with(text, prefix) && slice_to_i64(slice_from(text, prefix.len), id))
    return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "\"%.*s\" is not the id of an error. Ids look like " GITLAB_ERROR_ID "42.",
                     SLICE_ARGS(slice_cut_utf8(text, 100)));
}

enum status gitlab_source_status(const struct graphql_call *call, struct source *source,
                                 enum status status) {
  struct gitlab_asker *asker = call->context;
  if (status == STATUS_PENDING) asker->waits_for = source;
  return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* --- the error as texts
 * ---------------------------------------------------------------------------------- */

static struct slice status_name(enum group_status status) {
  switch (status) {
    case GROUP_UNRESOLVED: break;
    case GROUP_RESOLVED: return SLICE("RESOLVED");
    case GROUP_IGNORED: return SLICE("IGNORED");
  }
  return SLICE("UNRESOLVED");
}

/* Who keeps the error: its project there, and where people look at it. */
static void fill_origin(const struct graphql_call *call, struct error_view *view) {
  struct arena *arena = call->arena;
  const struct project_view *project = view->project;
  const struct connection *connection = &project->source.connection;
  view->is_local = source_is_local(&project->source);
  view->external_url = arena_printf(arena, "%.*s/-/error_tracking/%lld/details",
                                    SLICE_ARGS(project->web_url), (long long)view->error.group.id);
  if (view->is_local) {
    view->external_base_url = project->web_url;
    view->project_id = gitlab_digits(arena, project->project.id);
    view->project_name = gitlab_text(project->project.name);
    view->project_slug = gitlab_text(project->project.slug);
    return;
  }
  if (view->error.url.len) view->external_url = view->error.url;
  view->external_base_url = project->external_url;
  view->project_id = gitlab_digits(arena, connection->remote_project_id);
  view->project_name = gitlab_text(connection->project_name);
  view->project_slug = gitlab_text(connection->project_slug);
}

static void fill_releases(struct error_view *view) {
  const struct group *group = &view->error.group;
  view->first_release = gitlab_text_or_null(group->first_release);
  view->last_release = gitlab_text_or_null(group->last_release);
  view->first_release_short = gitlab_text_or_null(release_short_version(group->first_release));
  view->last_release_short = gitlab_text_or_null(release_short_version(group->last_release));
}

static struct slice issue_url(const struct graphql_call *call, const struct error_view *view) {
  const struct issue_link *link = &view->error.link;
  if (!view->error.has_link) return SLICE_EMPTY;
  if (link->url.len) return link->url;
  return arena_printf(call->arena, "%.*s/-/issues/%lld", SLICE_ARGS(view->project->web_url),
                      (long long)link->number);
}

struct error_view *gitlab_error_view(const struct graphql_call *call, struct project_view *project,
                                     const struct source_error *error) {
  struct arena *arena = call->arena;
  const struct group *group = &error->group;
  struct error_view *view = ARENA_NEW(arena, struct error_view);
  *view = (struct error_view){
      .project = project,
      .error = *error,
      .id = arena_printf(arena, GITLAB_ERROR_ID "%lld", (long long)group->id),
      .sentry_id = gitlab_digits(arena, group->id),
      .title = gitlab_text(group->title),
      .type = group->error_type.len ? SLICE("error") : SLICE("default"),
      .message = gitlab_text_or_null(group->error_value),
      .culprit = gitlab_text(group->culprit),
      .status = status_name(group->status),
      .short_id = gitlab_text(error->short_id),
      .first_seen = gitlab_time(arena, group->first_seen_ms),
      .last_seen = gitlab_time(arena, group->last_seen_ms),
      .count = group->event_count,
      .user_count = group->user_count,
      .level = slice_of_string(level_name(group->level)),
      .logger = gitlab_text_or_null(group->logger),
  };
  fill_origin(call, view);
  fill_releases(view);
  view->issue_url = issue_url(call, view);
  return view;
}

/* --- fields
 * --------------------------------------------------------------------------------------------- */

/* Of the collection and of the project alike: both are a project_view. */
enum status gitlab_resolve_detailed_error(const struct graphql_call *call,
                                          struct graphql_result *result, struct problem *problem) {
  struct project_view *project = (struct project_view *)call->parent;
  struct source_error error;
  int64_t id;
  enum status status = gitlab_error_id(call, &id, problem);
  if (status || !project->sees_errors) return status;
  status = source_find(&project->source, id, &error, problem);
  if (status) return gitlab_source_status(call, &project->source, status);
  gitlab_set_object(result, gitlab_error_view(call, project, &error));
  return STATUS_OK;
}

enum status gitlab_resolve_frequency(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem) {
  const struct error_view *view = call->parent;
  int64_t this_hour = view->project->source.now_ms / HOUR_MS;
  (void)problem;
  gitlab_set_list(call->arena, result, SOURCE_HOURS);
  for (int64_t i = 0; i < SOURCE_HOURS; i++) {
    struct frequency_view *hour = ARENA_NEW(call->arena, struct frequency_view);
    hour->time = gitlab_time(call->arena, (this_hour - SOURCE_HOURS + 1 + i) * HOUR_MS);
    hour->count = view->error.hours[i];
    gitlab_set_object(&result->items[i], hour);
  }
  return STATUS_OK;
}

enum status gitlab_resolve_tags(const struct graphql_call *call, struct graphql_result *result,
                                struct problem *problem) {
  (void)problem;
  gitlab_set_object(result, call->parent);
  return STATUS_OK;
}

/* --- commits
 * -------------------------------------------------------------------------------------------- */

/* The commit that a connected Sentry knows of the first release. */
static enum status remote_commit(const struct graphql_call *call, struct slice *sha,
                                 struct problem *problem) {
  const struct error_view *view = call->parent;
  const struct source_event_choice latest = {.is_latest = true};
  struct source_details details;
  struct source *source = &view->project->source;
  enum status status = source_details(source, view->error.group.id, &latest, &details, problem);
  *sha = status ? SLICE_EMPTY : details.first_release_commit;
  return status ? gitlab_source_status(call, source, status) : STATUS_OK;
}

/* In the project's repository; empty when it is not there. */
static struct slice commit_of(const struct graphql_call *call, struct slice release) {
  const struct gitlab_asker *asker = call->context;
  const struct error_view *view = call->parent;
  struct commit commit;
  struct forge *forge = api_application(asker->request)->forge;
  bool is_found = release.len && forge_commit_of_release(forge, call->arena,
                                                         &view->project->project, release, &commit);
  return is_found ? commit.sha : SLICE_EMPTY;
}

static void set_text(struct graphql_result *result, struct slice text) {
  if (!text.len) return;
  result->kind = RESULT_TEXT;
  result->text = text;
}

enum status gitlab_resolve_release_commit(const struct graphql_call *call,
                                          struct graphql_result *result, struct problem *problem) {
  const struct error_view *view = call->parent;
  bool is_first = call->field->member == OF_FIRST_RELEASE;
  const struct group *group = &view->error.group;
  struct slice sha = SLICE_EMPTY;
  if (is_first && !view->is_local) {
    enum status status = remote_commit(call, &sha, problem);
    if (status) return status;
  }
  if (!sha.len) sha = commit_of(call, is_first ? group->first_release : group->last_release);
  set_text(result, sha);
  return STATUS_OK;
}

enum status gitlab_resolve_commit(const struct graphql_call *call, struct graphql_result *result,
                                  struct problem *problem) {
  const struct error_view *view = call->parent;
  struct slice known = SLICE_EMPTY;
  if (!view->is_local) {
    enum status status = remote_commit(call, &known, problem);
    if (status) return status;
  }
  struct slice sha = commit_of(call, known.len ? known : view->error.group.first_release);
  bool is_path = sha.len && call->field->member == COMMIT_PATH;
  set_text(result, is_path ? arena_printf(call->arena, "/%.*s/-/commit/%.*s",
                                          SLICE_ARGS(view->project->full_path), SLICE_ARGS(sha))
                           : sha);
  return STATUS_OK;
}
