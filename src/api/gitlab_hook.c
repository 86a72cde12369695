/* gitlab_hook.c - where GitLab's webhooks arrive; see forge/hook.h for what they do.
 *
 * GitLab turns a webhook off that is refused again and again, so that whatever comes with the right
 * secret is taken with 200, also when it is about something else. A stranger is told nothing: an
 * unknown project, one that is not linked and a wrong secret are the same.
 */
#include "api/gitlab_hook.h"

#include "forge/hook.h"
#include "ingest/application.h"

#include "base/banned.h"

static const struct {
  int status;
  const char *text;
} answers[] = {
    [HOOK_DENIED] = {401, "This is not the secret of a linked project's webhook."},
    [HOOK_UNREADABLE] = {400, "The body is not JSON."},
    [HOOK_IGNORED] = {200, "Nothing follows from this."},
    [HOOK_DONE] = {200, "Taken."},
    [HOOK_FAILED] = {503, "This cannot be written at the moment. Send it again."},
};

void gitlab_hook_receive(struct http_request *request, struct http_response *response) {
  struct application *application = request->application;
  struct hook hook = {.token = http_header(request, "X-Gitlab-Token"), .body = request->body};
  if (!slice_to_i64(http_parameter(request, "project"), &hook.project_id)) hook.project_id = 0;
  enum hook_result result = forge_hook(application->forge, request->arena, &hook);
  response->status = answers[result].status;
  http_set_header(response, "Content-Type", SLICE("application/json"));
  buffer_printf(&response->body, "{\"detail\":\"%s\"}\n", answers[result].text);
}
