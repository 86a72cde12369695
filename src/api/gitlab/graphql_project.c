/* graphql_project.c - who asks, and the projects that they see. */
#include "api/gitlab/answer.h"
#include "api/gitlab/graphql_schema.h"

#include "base/banned.h"

/* --- shared --------------------------------------------------------------------------------------
 */

struct slice gitlab_text_or_null(struct slice text) {
  return text.len ? text : SLICE_EMPTY;
}

struct slice gitlab_text(struct slice text) {
  return text.len ? text : SLICE("");
}

struct slice gitlab_time(struct arena *arena, int64_t time_ms) {
  char text[TIME_ISO_BYTES];
  time_format_iso(time_ms, text);
  return arena_copy(arena, slice_of_string(text));
}

struct slice gitlab_digits(struct arena *arena, int64_t number) {
  return arena_printf(arena, "%lld", (long long)number);
}

void gitlab_set_object(struct graphql_result *result, const void *object) {
  result->kind = RESULT_OBJECT;
  result->object = object;
}

void gitlab_set_list(struct arena *arena, struct graphql_result *result, size_t count) {
  result->kind = RESULT_LIST;
  result->count = count;
  result->items = ARENA_ARRAY(arena, count, struct graphql_result);
}

static struct http_request *request_of(const struct graphql_call *call) {
  const struct gitlab_asker *asker = call->context;
  return asker->request;
}

/* --- who and what
 * ----------------------------------------------------------------------------------- */

enum status gitlab_resolve_user(const struct graphql_call *call, struct graphql_result *result,
                                struct problem *problem) {
  const struct actor *actor = api_actor(request_of(call));
  struct user_view *user = ARENA_NEW(call->arena, struct user_view);
  (void)problem;
  user->id = arena_printf(call->arena, "gid://gitlab/User/%lld", (long long)actor->user_id);
  user->username = gitlab_text(actor->username);
  user->name = gitlab_text(actor->name);
  gitlab_set_object(result, user);
  return STATUS_OK;
}

enum status gitlab_resolve_metadata(const struct graphql_call *call, struct graphql_result *result,
                                    struct problem *problem) {
  static const struct metadata_view metadata = {
      .version = {CULPRIT_VERSION, sizeof CULPRIT_VERSION - 1}};
  (void)call;
  (void)problem;
  gitlab_set_object(result, &metadata);
  return STATUS_OK;
}

/* --- projects
 * ------------------------------------------------------------------------------------------ */

/* Where people look at the project's errors. */
static struct slice external_url(const struct graphql_call *call, const struct project_view *view) {
  const struct connection *connection = &view->source.connection;
  if (source_is_local(&view->source))
    return arena_printf(call->arena, "%.*s/-/error_tracking", SLICE_ARGS(view->web_url));
  return arena_printf(call->arena, "%.*s/%.*s/%.*s", SLICE_ARGS(connection->url),
                      SLICE_ARGS(connection->organization_slug),
                      SLICE_ARGS(connection->project_slug));
}

static void fill_view(const struct graphql_call *call, struct project_view *view) {
  const struct project *project = &view->project;
  struct slice url = api_application(request_of(call))->public_url;
  view->id = arena_printf(call->arena, "gid://gitlab/Project/%lld", (long long)project->id);
  view->full_path = arena_printf(call->arena, "%.*s/%.*s", SLICE_ARGS(project->organization_slug),
                                 SLICE_ARGS(project->slug));
  view->name_with_namespace =
      arena_printf(call->arena, "%.*s / %.*s", SLICE_ARGS(project->organization_name),
                   SLICE_ARGS(project->name));
  view->web_url =
      arena_printf(call->arena, "%.*s/%.*s", SLICE_ARGS(url), SLICE_ARGS(view->full_path));
  view->created_at = gitlab_time(call->arena, project->created_ms);
  view->external_url = external_url(call, view);
}

/* A token that reads errors reads of which project they are. */
static enum scope scope_to_see(const struct actor *actor) {
  return scopes_allow(actor->scopes, SCOPE_EVENT_READ) ? SCOPE_EVENT_READ : SCOPE_PROJECT_READ;
}

enum status gitlab_resolve_project(const struct graphql_call *call, struct graphql_result *result,
                                   struct problem *problem) {
  struct http_request *request = request_of(call);
  const struct actor *actor = api_actor(request);
  const struct application *application = api_application(request);
  struct slice path = graphql_argument_of(call, "fullPath")->text;
  const struct access_request access = {
      .actor = actor, .role = ROLE_GUEST, .scope = scope_to_see(actor)};
  struct project_view *view = ARENA_NEW(call->arena, struct project_view);
  if (slice_find_byte(path, '/') == path.len) return STATUS_OK;
  struct transaction *tx = store_begin_read(application->store);
  bool is_seen =
      gitlab_access_project(tx, call->arena, &access, path, &view->project, problem) == STATUS_OK;
  enum role role = is_seen ? access_role(tx, actor, &view->project) : ROLE_NONE;
  store_end_read(tx);
  if (!is_seen) return STATUS_OK;
  source_open(&view->source, application->sources, call->arena, &view->project);
  view->sees_errors = role >= ROLE_TO_SEE_ERRORS && scopes_allow(actor->scopes, SCOPE_EVENT_READ) &&
                      view->source.connection.is_active;
  fill_view(call, view);
  gitlab_set_object(result, view);
  return STATUS_OK;
}

enum status gitlab_resolve_sentry_errors(const struct graphql_call *call,
                                         struct graphql_result *result, struct problem *problem) {
  const struct project_view *project = call->parent;
  (void)problem;
  if (project->sees_errors) gitlab_set_object(result, project);
  return STATUS_OK;
}
