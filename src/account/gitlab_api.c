/* gitlab_api.c - see gitlab_api.h. */
#include "account/gitlab_api.h"

#include "account/limits.h"
#include "base/clock.h"
#include "http/client_problem.h"

#include "base/banned.h"

/* Everything that GitLab says is an object with a message; a page is of something before it. */
static bool is_gitlabs_refusal(yyjson_val *root) {
  return yyjson_is_obj(root) && (json_member(root, "message") || json_member(root, "error"));
}

static enum status judge(struct gitlab_api *api, struct arena *arena, const struct http_call *call,
                         yyjson_val **root, struct problem *problem) {
  const char *peer = arena_string(arena, api->server->name);
  struct problem ignored;
  api->is_stopped = call->failure == HTTP_FAILURE_STOPPED;
  bool is_json = !call->failure && !json_read(arena, call->answer, root, &ignored);
  enum status status = http_call_problem(call, peer, clock_now_ms(), problem);
  if (!http_call_not_before(call, clock_now_ms(), &api->not_before_ms)) api->not_before_ms = 0;
  if (status == STATUS_NOT_FOUND && !(is_json && is_gitlabs_refusal(*root)))
    return http_call_not_json(call, peer, problem);
  if (!status && !is_json) return http_call_not_json(call, peer, problem);
  return status;
}

enum status gitlab_get(struct gitlab_api *api, struct arena *arena, struct slice path,
                       yyjson_val **root, struct problem *problem) {
  struct http_header headers[] = {
      {SLICE("Accept"), SLICE("application/json")},
      /* Takes tokens of people (OAuth) and access tokens alike. */
      {SLICE("Authorization"), arena_printf(arena, "Bearer %.*s", SLICE_ARGS(api->token))}};
  struct http_call call = {
      .method = "GET",
      .url = arena_printf(arena, "%.*s/api/v4%.*s", SLICE_ARGS(api->server->url), SLICE_ARGS(path)),
      .headers = headers,
      .header_count = sizeof headers / sizeof *headers,
      .timeout_ms = api->timeout_ms ? api->timeout_ms : GITLAB_TIMEOUT_MS,
      .body_limit = GITLAB_ANSWER_BYTES};
  *root = NULL;
  http_client_perform(api->client, &call);
  enum status status = judge(api, arena, &call, root, problem);
  http_call_free(&call);
  return status;
}
