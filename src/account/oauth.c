/* oauth.c - see oauth.h.
 *
 * What an answer has to pass, in this order, before its code is worth asking about: a state that
 * was given out and not used yet; the cookie of the browser that it was given to; the forge whose
 * address it came to, with the URL it had then; the person who was signed in then. Only then the
 * code is exchanged, with the verifier that only this server knows.
 */
#include "account/oauth.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "account/jwt.h"
#include "account/limits.h"
#include "account/oauth_flows.h"
#include "base/jobs.h"
#include "base/log.h"
#include "base/map.h"

#include "base/banned.h"

struct oauth {
  struct store *store;
  struct http_client *client;
  struct oidc *oidc;
  struct grants *grants;
  struct forge_roles *roles;
  struct jobs *jobs;
  struct oauth_flows *flows;
};

struct oauth *oauth_open(struct store *store, struct http_client *client) {
  struct oauth *oauth = memory_alloc(sizeof *oauth);
  *oauth = (struct oauth){.store = store,
                          .client = client,
                          .oidc = oidc_open(client),
                          .jobs = jobs_open(OAUTH_JOBS_LIMIT),
                          .flows = oauth_flows_open()};
  oauth->grants = grants_open(store, oauth->oidc);
  oauth->roles = forge_roles_open(store, client, oauth->grants);
  return oauth;
}

void oauth_close(struct oauth *oauth) {
  jobs_close(oauth->jobs);
  forge_roles_close(oauth->roles);
  oauth_flows_close(oauth->flows);
  grants_close(oauth->grants);
  oidc_close(oauth->oidc);
  free(oauth);
}

struct store *oauth_store(struct oauth *oauth) {
  return oauth->store;
}
struct http_client *oauth_http_client(struct oauth *oauth) {
  return oauth->client;
}
struct oidc *oauth_oidc(struct oauth *oauth) {
  return oauth->oidc;
}
struct grants *oauth_grants(struct oauth *oauth) {
  return oauth->grants;
}
struct forge_roles *oauth_roles(struct oauth *oauth) {
  return oauth->roles;
}

bool oauth_run(struct oauth *oauth, void (*run)(void *context), void *context) {
  return jobs_start(oauth->jobs, run, context);
}

struct slice oauth_redirect_url(struct arena *arena, struct slice public_url, int64_t forge_id) {
  return arena_printf(arena, "%.*s" OAUTH_CALLBACK_PATH, SLICE_ARGS(public_url),
                      (long long)forge_id);
}

/* A forge with which people may sign in. */
static enum status find_server(struct oauth *oauth, struct arena *arena, int64_t forge_id,
                               struct forge_server *server, struct problem *problem) {
  struct transaction *tx = store_begin_read(oauth->store);
  bool is_found = forge_server_get(tx, arena, forge_id, server) && server->is_sign_in;
  store_end_read(tx);
  if (is_found) return STATUS_OK;
  return problem_set(problem, STATUS_NOT_FOUND, "Nobody can sign in with this server (any more).");
}

/* --- beginning ------------------------------------------------------------------------------ */

static void copy_digits(char out[SECRET_DIGITS + 1], struct slice secret) {
  memcpy(out, secret.ptr, SECRET_DIGITS);
  out[SECRET_DIGITS] = 0;
}

/* RFC 7636, 4.2. */
static struct slice challenge_of(struct arena *arena, const char *verifier) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)verifier, SECRET_DIGITS);
  return base64url_encode(arena, hash, sizeof hash);
}

static struct slice authorization_url(struct arena *arena, const struct oidc_client *client,
                                      const struct oauth_flow *flow, struct slice state,
                                      struct slice redirect_url) {
  struct slice endpoint = client->provider->authorization_url;
  struct slice challenge = challenge_of(arena, flow->verifier);
  bool has_query = slice_find_byte(endpoint, '?') < endpoint.len;
  return arena_printf(
      arena,
      "%.*s%sresponse_type=code&client_id=%.*s&redirect_uri=%.*s&scope=%.*s&state=%.*s"
      "&nonce=%s&code_challenge=%.*s&code_challenge_method=S256",
      SLICE_ARGS(endpoint), has_query ? "&" : "?", SLICE_ARGS(url_encode(arena, client->id)),
      SLICE_ARGS(url_encode(arena, redirect_url)),
      SLICE_ARGS(url_encode(arena, SLICE(OAUTH_SCOPES))), SLICE_ARGS(state), flow->nonce,
      SLICE_ARGS(challenge));
}

enum status oauth_begin(struct oauth *oauth, struct arena *arena, const struct oauth_start *start,
                        struct oauth_way *way, struct problem *problem) {
  struct forge_server server;
  struct oidc_client client;
  enum status status = find_server(oauth, arena, start->forge_id, &server, problem);
  if (!status)
    status = forge_oidc_client(oauth->store, oauth->oidc, arena, &server, &client, problem);
  if (status) return status;
  /* Several sign-ins may be under way in the tabs of one browser. */
  bool is_known = start->browser.len == SECRET_DIGITS;
  struct slice state = secret_make(arena, SLICE_EMPTY);
  *way = (struct oauth_way){.browser = is_known ? start->browser : secret_make(arena, SLICE_EMPTY),
                            .name = server.name};
  struct oauth_flow flow = {
      .state = secret_hash(state),
      .browser = secret_hash(way->browser),
      .forge_id = server.id,
      .user_id = start->user_id,
      .address = hash_bytes(start->client_address),
      .issuer = arena_string(arena, server.url),
      .return_to = arena_string(
          arena, start->return_to.len <= OAUTH_RETURN_BYTES ? start->return_to : SLICE_EMPTY)};
  copy_digits(flow.verifier, secret_make(arena, SLICE_EMPTY));
  copy_digits(flow.nonce, secret_make(arena, SLICE_EMPTY));
  oauth_flows_add(oauth->flows, &flow);
  struct slice redirect_url = oauth_redirect_url(arena, start->public_url, server.id);
  way->url = authorization_url(arena, &client, &flow, state, redirect_url);
  return STATUS_OK;
}

/* --- finishing ---------------------------------------------------------------------------------
 */

static enum status unknown_flow(struct problem *problem) {
  return problem_set(problem, STATUS_BAD_INPUT,
                     "This sign-in was not begun in this browser, took longer than ten minutes, or "
                     "was used already. Sign in again.");
}

static enum status check_flow(const struct oauth_flow *flow, const struct oauth_callback *callback,
                              struct problem *problem) {
  struct secret_hash browser = secret_hash(callback->browser);
  if (!callback->browser.len || sodium_memcmp(&browser, &flow->browser, sizeof browser) != 0 ||
      flow->forge_id != callback->forge_id)
    return unknown_flow(problem);
  if (flow->user_id && flow->user_id != callback->user_id)
    return problem_set(problem, STATUS_BAD_INPUT,
                       "Somebody else is signed in now than when this was begun. Nothing was "
                       "linked.");
  return STATUS_OK;
}

/* RFC 6749, 4.1.2.1. The text that comes with it is the other server's and not shown. */
static enum status refusal(const struct forge_server *server, struct slice error,
                           struct problem *problem) {
  struct slice name = server->name;
  if (slice_equal_string(error, "access_denied"))
    return problem_set(problem, STATUS_FORBIDDEN, "You refused it in %.*s. Nothing was changed.",
                       SLICE_ARGS(name));
  if (slice_equal_string(error, "invalid_scope"))
    return problem_set(problem, STATUS_FORBIDDEN,
                       "The application in %.*s lacks a scope. An administrator has to tick these "
                       "there: " OAUTH_SCOPES ".",
                       SLICE_ARGS(name));
  return problem_set(problem, STATUS_FORBIDDEN, "%.*s refused the sign-in: %.*s.", SLICE_ARGS(name),
                     SLICE_ARGS(slice_cut_utf8(error, 80)));
}

static enum status check_answer(const struct oauth_flow *flow, const struct forge_server *server,
                                const struct oauth_callback *callback, struct problem *problem) {
  if (!slice_equal_string(server->url, flow->issuer))
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The server was set up anew meanwhile. Sign in again.");
  if (callback->error.len) return refusal(server, callback->error, problem);
  if (!callback->code.len || callback->code.len > OAUTH_CODE_BYTES)
    return problem_set(problem, STATUS_BAD_INPUT,
                       "%.*s sent you back without what is needed to sign in. Sign in again.",
                       SLICE_ARGS(server->name));
  return STATUS_OK;
}

/* RFC 9207: who answered is who was asked. */
static enum status check_issuer(const struct oidc_provider *provider, struct slice issuer,
                                struct problem *problem) {
  bool is_wrong = issuer.len ? !slice_equal(issuer, provider->issuer) : provider->names_itself;
  if (!is_wrong) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The answer came from another server than %.*s. Nobody was signed in.",
                     SLICE_ARGS(provider->name));
}

static enum status exchange(struct oauth *oauth, struct arena *arena, const struct oauth_flow *flow,
                            const struct oauth_callback *callback, struct arrival *arrival,
                            struct problem *problem) {
  struct oidc_tokens *tokens = ARENA_NEW(arena, struct oidc_tokens);
  struct oidc_person *person = ARENA_NEW(arena, struct oidc_person);
  struct oidc_client client;
  enum status status =
      forge_oidc_client(oauth->store, oauth->oidc, arena, arrival->server, &client, problem);
  if (!status) status = check_issuer(client.provider, callback->issuer, problem);
  if (status) return status;
  struct slice redirect_url = oauth_redirect_url(arena, callback->public_url, flow->forge_id);
  struct slice form = arena_printf(
      arena, "grant_type=authorization_code&code=%.*s&redirect_uri=%.*s&code_verifier=%s",
      SLICE_ARGS(url_encode(arena, callback->code)), SLICE_ARGS(url_encode(arena, redirect_url)),
      flow->verifier);
  status = oidc_ask_tokens(oauth->oidc, arena, &client, form, tokens, problem);
  if (status) return status;
  if (!tokens->scopes.len) tokens->scopes = SLICE(OAUTH_SCOPES);
  const struct oidc_sign_in sign_in = {&client, tokens, slice_of_string(flow->nonce)};
  status = oidc_identify(oauth->oidc, arena, &sign_in, person, problem);
  arrival->tokens = tokens;
  arrival->person = person;
  return status;
}

static enum status finish(struct oauth *oauth, struct arena *arena, const struct oauth_flow *flow,
                          const struct oauth_callback *callback, struct oauth_result *result,
                          struct problem *problem) {
  struct forge_server server;
  struct arrival arrival = {.server = &server, .user_id = flow->user_id};
  enum status status = check_flow(flow, callback, problem);
  if (status) return status;
  /* From here on it is the person's own sign-in that fails, so they may go on where they were. */
  result->return_to = arena_copy(arena, slice_of_string(flow->return_to));
  result->is_link = flow->user_id != 0;
  status = find_server(oauth, arena, flow->forge_id, &server, problem);
  if (!status) status = check_answer(flow, &server, callback, problem);
  if (!status) status = exchange(oauth, arena, flow, callback, &arrival, problem);
  if (!status) status = identity_admit(oauth->store, &arrival, &result->user_id, problem);
  if (!status)
    forge_roles_of_person(oauth->roles, &server, result->user_id, arrival.tokens->access_token);
  return status;
}

enum status oauth_finish(struct oauth *oauth, struct arena *arena,
                         const struct oauth_callback *callback, struct oauth_result *result,
                         struct problem *problem) {
  char quoted[LOG_QUOTED_BYTES];
  struct oauth_flow *flow = oauth_flows_take(oauth->flows, callback->state);
  *result = (struct oauth_result){.forge_id = callback->forge_id};
  enum status status =
      flow ? finish(oauth, arena, flow, callback, result, problem) : unknown_flow(problem);
  oauth_flow_free(flow);
  if (status)
    log_write(LOG_WARNING, "sign-in elsewhere failed", "forge=%lld reason=%s",
              (long long)callback->forge_id, log_quote(quoted, slice_of_string(problem->message)));
  return status;
}
