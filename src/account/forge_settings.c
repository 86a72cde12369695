/* forge_settings.c - see forge_settings.h. */
#include "account/forge_settings.h"

#include <string.h>

#include "account/gitlab_api.h"
#include "account/limits.h"
#include "base/bytes.h"
#include "store/vault.h"

#include "base/banned.h"

/* --- checks -------------------------------------------------------------------------------- */

static bool is_visible(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f) return false;
  }
  return true;
}

static enum status check_name(struct slice name, struct problem *problem) {
  bool is_right = name.len && name.len <= FORGE_NAME_BYTES && utf8_is_valid(name);
  for (size_t i = 0; i < name.len; i++) {
    if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f) is_right = false;
  }
  if (is_right) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "name",
                           "A forge needs a name of at most %d bytes, such as GitLab.",
                           FORGE_NAME_BYTES);
}

/* Without what would make one server look like two: slashes at the end. */
static struct slice url_trim(struct slice url) {
  url = slice_trim(url);
  while (url.len && url.ptr[url.len - 1] == '/') url.len--;
  return url;
}

static enum status check_url(struct slice url, struct problem *problem) {
  struct slice rest = slice_starts_with(url, SLICE("https://"))  ? slice_from(url, 8)
                      : slice_starts_with(url, SLICE("http://")) ? slice_from(url, 7)
                                                                 : SLICE_EMPTY;
  bool is_right = rest.len && rest.ptr[0] != '/' && url.len <= FORGE_URL_BYTES && is_visible(url);
  for (size_t i = 0; is_right && i < rest.len; i++) is_right = !strchr("?#@\"<>\\%", rest.ptr[i]);
  if (is_right) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                           "The URL is that of GitLab's first page, such as "
                           "https://gitlab.example.org, without user name and password.");
}

static enum status check_secret(struct slice secret, const char *field, struct problem *problem) {
  if (secret.len <= FORGE_SECRET_BYTES && is_visible(secret)) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, field,
                           "That cannot be an id, secret or token of GitLab: it holds a blank or "
                           "another character that they never have, or is too long.");
}

static enum status check_texts(const struct forge_draft *draft, struct problem *problem) {
  enum status status = check_name(draft->name, problem);
  if (!status) status = check_url(draft->url, problem);
  if (!status) status = check_secret(draft->client_id, "client_id", problem);
  if (!status) status = check_secret(draft->client_secret, "client_secret", problem);
  if (!status) status = check_secret(draft->token, "token", problem);
  return status;
}

/* --- keeping -----------------------------------------------------------------------------------
 */

struct save {
  const struct forge_draft *draft;
  int64_t id;
};

/* A new secret sealed, or the one that is kept where that is allowed. */
static struct slice secret_of(struct store *store, struct arena *arena, struct slice purpose,
                              struct slice entered, struct slice kept) {
  return entered.len ? vault_seal(store, arena, purpose, entered) : kept;
}

static enum status check_application(const struct forge_server *server, struct problem *problem) {
  bool has_id = server->client_id.len > 0, has_secret = server->client_secret.len > 0;
  if (has_id && !has_secret)
    return problem_set_field(problem, STATUS_BAD_INPUT, "client_secret",
                             "Enter the application's secret too.");
  if (has_secret && !has_id)
    return problem_set_field(problem, STATUS_BAD_INPUT, "client_id",
                             "Enter the application's id too.");
  if (server->is_sign_in && !has_id)
    return problem_set_field(problem, STATUS_BAD_INPUT, "client_id",
                             "To sign in with it, an application in GitLab is needed: enter its id "
                             "and secret.");
  return STATUS_OK;
}

static enum status save(struct transaction *tx, struct arena *arena, struct save *save,
                        struct problem *problem) {
  const struct forge_draft *draft = save->draft;
  struct store *store = transaction_store(tx);
  struct forge_server before = {0};
  struct forge_server server = {.id = draft->id,
                                .name = draft->name,
                                .url = draft->url,
                                .client_id = draft->client_id,
                                .is_sign_in = draft->is_sign_in,
                                .may_create_users = draft->may_create_users};
  if (draft->id && !forge_server_get(tx, arena, draft->id, &before))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such forge any more.");
  bool is_same_url = slice_equal(before.url, server.url);
  bool is_same_client = is_same_url && slice_equal(before.client_id, server.client_id);
  server.client_secret =
      secret_of(store, arena, forge_server_secret_purpose(arena, &server), draft->client_secret,
                is_same_client ? before.client_secret : SLICE_EMPTY);
  server.token = secret_of(store, arena, forge_server_token_purpose(arena, &server), draft->token,
                           is_same_url && !draft->forgets_token ? before.token : SLICE_EMPTY);
  enum status status = check_application(&server, problem);
  if (status) return status;
  save->id = draft->id;
  return draft->id ? forge_server_update(tx, &server, draft->is_moved, problem)
                   : forge_server_create(tx, &server, &save->id, problem);
}

static enum status save_run(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = save(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status forge_save(struct store *store, const struct forge_draft *draft, int64_t *id,
                       struct problem *problem) {
  struct forge_draft trimmed = *draft;
  struct save write = {.draft = &trimmed};
  trimmed.name = slice_trim(draft->name);
  trimmed.url = url_trim(draft->url);
  trimmed.client_id = slice_trim(draft->client_id);
  trimmed.client_secret = slice_trim(draft->client_secret);
  trimmed.token = slice_trim(draft->token);
  enum status status = check_texts(&trimmed, problem);
  if (!status) status = store_write(store, save_run, &write, problem);
  *id = write.id;
  return status;
}

static enum status remove_run(struct transaction *tx, void *context, struct problem *problem) {
  return forge_server_delete(tx, *(const int64_t *)context, problem);
}

enum status forge_remove(struct store *store, int64_t id, struct problem *problem) {
  return store_write(store, remove_run, &id, problem);
}

/* --- checking ------------------------------------------------------------------------------------
 */

static void check_token(struct oauth *oauth, struct arena *arena, const struct forge_server *server,
                        struct forge_report *report) {
  struct gitlab_api api = {.client = oauth_http_client(oauth), .server = server};
  yyjson_val *root = NULL;
  if (!vault_open(oauth_store(oauth), arena, forge_server_token_purpose(arena, server),
                  server->token, &api.token)) {
    report->token.status = problem_set(&report->token, STATUS_FAILED,
                                       "The token cannot be read any more. Enter it again.");
    return;
  }
  report->token.status = gitlab_get(&api, arena, SLICE("/version"), &root, &report->token);
  if (!report->token.status) report->version = json_text(json_member(root, "version"));
}

/* A code that nobody was given tells whether the application is known: GitLab looks at who asks
 * before it looks at what. */
static void check_sign_in(struct oauth *oauth, struct arena *arena,
                          const struct forge_server *server, struct forge_report *report) {
  struct problem *problem = &report->application;
  struct oidc_client client;
  struct oidc_tokens tokens;
  problem->status =
      forge_oidc_client(oauth_store(oauth), oauth_oidc(oauth), arena, server, &client, problem);
  if (problem->status) return;
  struct slice form = SLICE(
      "grant_type=authorization_code&code=none&redirect_uri="
      "https%3A%2F%2Fexample.invalid%2F&code_verifier="
      "0123456789012345678901234567890123456789012");
  enum status status = oidc_ask_tokens(oauth_oidc(oauth), arena, &client, form, &tokens, problem);
  if (status == STATUS_UNAUTHENTICATED) *problem = (struct problem){0};
}

void forge_check(struct oauth *oauth, struct arena *arena, const struct forge_server *server,
                 struct forge_report *report) {
  *report = (struct forge_report){.has_token = server->token.len > 0,
                                  .has_application = server->client_id.len > 0};
  if (report->has_token) check_token(oauth, arena, server, report);
  if (report->has_application) check_sign_in(oauth, arena, server, report);
}
