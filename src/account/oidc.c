/* oidc.c - see oidc.h.
 *
 * Remembered answers are held as texts, per URL, and read again each time: sign-ins are rare, and a
 * text can be copied out under the lock, so that nobody waits for another server while holding it.
 */
#include "account/oidc.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "account/jwt.h"
#include "account/limits.h"
#include "base/clock.h"
#include "base/map.h"
#include "http/client_problem.h"

#include "base/banned.h"

struct oidc {
  struct http_client *client;
  pthread_mutex_t mutex;
  struct map answers; /* URL -> struct remembered; under the lock */
};

struct remembered {
  char *url, *text;
  size_t text_len;
  int64_t fetched_ms;
};

struct oidc *oidc_open(struct http_client *client) {
  struct oidc *oidc = memory_alloc(sizeof *oidc);
  *oidc = (struct oidc){.client = client};
  pthread_mutex_init(&oidc->mutex, NULL);
  return oidc;
}

void oidc_close(struct oidc *oidc) {
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&oidc->answers, &at)) != NULL;) {
    struct remembered *answer = entry->value;
    free(answer->url);
    free(answer->text);
    free(answer);
  }
  map_free(&oidc->answers);
  pthread_mutex_destroy(&oidc->mutex);
  free(oidc);
}

/* --- asking -------------------------------------------------------------------------------- */

struct question {
  const char *method;
  const char *peer; /* for messages */
  struct slice url, body, authorization;
  size_t limit;
};

/* Fills `call`, which the caller frees whatever happens. */
static void ask(struct oidc *oidc, struct arena *arena, const struct question *question,
                struct http_call *call) {
  struct http_header *headers = ARENA_ARRAY(arena, 3, struct http_header);
  size_t count = 0;
  headers[count++] = (struct http_header){SLICE("Accept"), SLICE("application/json")};
  if (question->body.len)
    headers[count++] =
        (struct http_header){SLICE("Content-Type"), SLICE("application/x-www-form-urlencoded")};
  if (question->authorization.len)
    headers[count++] = (struct http_header){SLICE("Authorization"), question->authorization};
  *call = (struct http_call){.method = question->method,
                             .url = question->url,
                             .headers = headers,
                             .header_count = count,
                             .body = question->body,
                             .timeout_ms = OIDC_TIMEOUT_MS,
                             .body_limit = OIDC_ANSWER_BYTES};
  http_client_perform(oidc->client, call);
}

/* The body of a success, copied; it need not be JSON yet. */
static enum status fetch(struct oidc *oidc, struct arena *arena, const struct question *question,
                         struct slice *text, struct problem *problem) {
  struct http_call call;
  ask(oidc, arena, question, &call);
  enum status status = http_call_problem(&call, question->peer, clock_now_ms(), problem);
  if (!status) *text = arena_copy(arena, call.answer);
  http_call_free(&call);
  return status;
}

/* --- remembering ----------------------------------------------------------------------------- */

/* A copy of what is remembered, not older than `age_ms`. */
static bool recall(struct oidc *oidc, struct arena *arena, const struct question *question,
                   int64_t age_ms, struct slice *text) {
  pthread_mutex_lock(&oidc->mutex);
  struct remembered *answer = map_get(&oidc->answers, question->url);
  int64_t age = answer ? clock_now_ms() - answer->fetched_ms : 0;
  bool is_known = answer && age >= 0 && age < age_ms;
  if (is_known) *text = arena_copy(arena, slice_of(answer->text, answer->text_len));
  pthread_mutex_unlock(&oidc->mutex);
  return is_known;
}

static char *copy_of(struct slice s) {
  char *copy = memory_alloc(s.len + 1);
  if (s.len) memcpy(copy, s.ptr, s.len);
  copy[s.len] = 0;
  return copy;
}

/* There are as many answers as forges have, two each. */
static void remember(struct oidc *oidc, struct slice url, struct slice text) {
  pthread_mutex_lock(&oidc->mutex);
  struct remembered *answer = map_get(&oidc->answers, url);
  if (!answer) {
    answer = memory_alloc(sizeof *answer);
    *answer = (struct remembered){.url = copy_of(url)};
    map_put(&oidc->answers, slice_of(answer->url, url.len), answer);
  }
  free(answer->text);
  answer->text = copy_of(text);
  answer->text_len = text.len;
  answer->fetched_ms = clock_now_ms();
  pthread_mutex_unlock(&oidc->mutex);
}

static enum status no_json(const struct question *question, struct problem *problem) {
  return problem_set(problem, STATUS_FAILED,
                     "The answer of %s at %.*s cannot be understood. Check the URL.",
                     question->peer, SLICE_ARGS(slice_cut_utf8(question->url, 160)));
}

/* --- discovery ----------------------------------------------------------------------------------
 */

static bool is_url(struct slice url, struct slice issuer) {
  for (size_t i = 0; i < url.len; i++) {
    if (url.ptr[i] <= 0x20 || url.ptr[i] >= 0x7f || strchr("\"'<>\\", url.ptr[i])) return false;
  }
  bool is_safe = slice_starts_with(url, SLICE("https://"));
  /* A provider with TLS leads to no endpoint without. */
  return is_safe ||
         (slice_starts_with(url, SLICE("http://")) && slice_starts_with(issuer, SLICE("http://")));
}

static bool lists(yyjson_val *list, const char *wanted) {
  size_t at, count;
  yyjson_val *item;
  yyjson_arr_foreach(list, at, count, item) {
    if (slice_equal_string(json_text(item), wanted)) return true;
  }
  return false;
}

static enum status read_methods(yyjson_val *root, struct oidc_provider *provider,
                                struct problem *problem) {
  yyjson_val *methods = json_member(root, "token_endpoint_auth_methods_supported");
  yyjson_val *challenges = json_member(root, "code_challenge_methods_supported");
  /* Basic is what a provider takes that says nothing. */
  provider->takes_secret_in_header = !methods || lists(methods, "client_secret_basic");
  if (!provider->takes_secret_in_header && !lists(methods, "client_secret_post"))
    return problem_set(problem, STATUS_FAILED, "%.*s does not let applications use a secret.",
                       SLICE_ARGS(provider->name));
  if (challenges && !lists(challenges, "S256"))
    return problem_set(problem, STATUS_FAILED, "%.*s does not know PKCE with S256.",
                       SLICE_ARGS(provider->name));
  return STATUS_OK;
}

static enum status read_provider(yyjson_val *root, const struct oidc_issuer *issuer,
                                 struct oidc_provider *provider, struct problem *problem) {
  struct slice says = json_text(json_member(root, "issuer"));
  if (!slice_equal(says, issuer->url))
    return problem_set_field(problem, STATUS_FAILED, "url",
                             "The server at %.*s says that it is \"%.*s\". Enter its URL as it "
                             "stands there.",
                             SLICE_ARGS(slice_cut_utf8(issuer->url, 120)),
                             SLICE_ARGS(slice_cut_utf8(says, 120)));
  *provider = (struct oidc_provider){
      .name = issuer->name,
      .issuer = issuer->url,
      .authorization_url = json_text(json_member(root, "authorization_endpoint")),
      .token_url = json_text(json_member(root, "token_endpoint")),
      .keys_url = json_text(json_member(root, "jwks_uri")),
      .user_url = json_text(json_member(root, "userinfo_endpoint")),
      .revocation_url = json_text(json_member(root, "revocation_endpoint")),
      .names_itself =
          yyjson_is_true(json_member(root, "authorization_response_iss_parameter_supported")),
  };
  if (!is_url(provider->user_url, issuer->url)) provider->user_url = SLICE_EMPTY;
  if (!is_url(provider->revocation_url, issuer->url)) provider->revocation_url = SLICE_EMPTY;
  if (!is_url(provider->authorization_url, issuer->url) ||
      !is_url(provider->token_url, issuer->url) || !is_url(provider->keys_url, issuer->url))
    return problem_set(problem, STATUS_FAILED,
                       "%.*s does not say where people sign in: an endpoint of its OpenID "
                       "configuration is missing or not safe.",
                       SLICE_ARGS(issuer->name));
  return read_methods(root, provider, problem);
}

enum status oidc_discover(struct oidc *oidc, struct arena *arena, const struct oidc_issuer *issuer,
                          struct oidc_provider *provider, struct problem *problem) {
  struct question question = {
      .method = "GET",
      .peer = arena_string(arena, issuer->name),
      .url = arena_concat(arena, issuer->url, SLICE("/.well-known/openid-configuration"))};
  struct slice text;
  yyjson_val *root;
  bool is_known = recall(oidc, arena, &question, OIDC_REMEMBER_MS, &text);
  enum status status = is_known ? STATUS_OK : fetch(oidc, arena, &question, &text, problem);
  if (!status && (json_read(arena, text, &root, problem) || !yyjson_is_obj(root)))
    status = no_json(&question, problem);
  if (!status) status = read_provider(root, issuer, provider, problem);
  if (!status && !is_known) remember(oidc, question.url, text);
  return status;
}

/* --- tokens -------------------------------------------------------------------------------------
 */

/* RFC 6749, 2.3.1: both are encoded as in a form before they are joined. */
static struct slice basic_authorization(struct arena *arena, const struct oidc_client *client) {
  struct slice pair = arena_printf(arena, "%.*s:%.*s", SLICE_ARGS(url_encode(arena, client->id)),
                                   SLICE_ARGS(url_encode(arena, client->secret)));
  size_t room = sodium_base64_encoded_len(pair.len, sodium_base64_VARIANT_ORIGINAL);
  char *text = arena_alloc_raw(arena, room);
  sodium_bin2base64(text, room, (const unsigned char *)pair.ptr, pair.len,
                    sodium_base64_VARIANT_ORIGINAL);
  return arena_printf(arena, "Basic %s", text);
}

/* The form with the client's part; by the header or in the body, as the provider wants it. */
static struct question client_question(struct arena *arena, const struct oidc_client *client,
                                       struct slice url, struct slice form) {
  struct question question = {
      .method = "POST", .peer = arena_string(arena, client->provider->name), .url = url};
  if (client->provider->takes_secret_in_header) {
    question.authorization = basic_authorization(arena, client);
    question.body = form;
  } else {
    question.body = arena_printf(arena, "%.*s&client_id=%.*s&client_secret=%.*s", SLICE_ARGS(form),
                                 SLICE_ARGS(url_encode(arena, client->id)),
                                 SLICE_ARGS(url_encode(arena, client->secret)));
  }
  return question;
}

/* RFC 6749, 5.2. */
static enum status token_problem(struct arena *arena, const struct http_call *call,
                                 const struct question *question, struct problem *problem) {
  yyjson_val *root = NULL;
  struct problem ignored;
  bool is_refusal = !call->failure && (call->status == 400 || call->status == 401);
  struct slice error = SLICE_EMPTY;
  if (is_refusal && !json_read(arena, call->answer, &root, &ignored))
    error = json_text(json_member(root, "error"));
  if (slice_equal_string(error, "invalid_grant"))
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "%s does not take this sign-in (any more). Sign in again.", question->peer);
  if (slice_equal_string(error, "invalid_client") ||
      slice_equal_string(error, "unauthorized_client"))
    return problem_set(problem, STATUS_FORBIDDEN,
                       "%s does not know this application, or its secret is wrong. An "
                       "administrator has to enter them again.",
                       question->peer);
  if (error.len)
    return problem_set(problem, STATUS_FAILED, "%s refused to give tokens: %.*s.", question->peer,
                       SLICE_ARGS(slice_cut_utf8(error, 80)));
  enum status status = http_call_problem(call, question->peer, clock_now_ms(), problem);
  return status ? status : no_json(question, problem);
}

/* Tokens go into headers, so they hold nothing but visible ASCII. */
static bool is_token(struct slice token) {
  if (token.len > OIDC_TOKEN_BYTES_LIMIT) return false;
  for (size_t i = 0; i < token.len; i++) {
    if (token.ptr[i] <= 0x20 || token.ptr[i] >= 0x7f) return false;
  }
  return true;
}

static enum status read_tokens(struct arena *arena, struct slice text, struct oidc_tokens *tokens) {
  yyjson_val *root;
  struct problem ignored;
  int64_t lasts_s = 0;
  if (json_read(arena, text, &root, &ignored)) return STATUS_FAILED;
  *tokens = (struct oidc_tokens){
      .access_token = json_text(json_member(root, "access_token")),
      .refresh_token = json_text(json_member(root, "refresh_token")),
      .identity_token = json_text(json_member(root, "id_token")),
      .scopes = json_text(json_member(root, "scope")),
  };
  if (json_integer(json_member(root, "expires_in"), &lasts_s) && lasts_s > 0 && lasts_s < INT32_MAX)
    tokens->expires_ms = clock_now_ms() + lasts_s * 1000;
  bool is_bearer =
      slice_equal_ignore_case(json_text(json_member(root, "token_type")), SLICE("bearer"));
  return is_bearer && tokens->access_token.len && is_token(tokens->access_token) &&
                 is_token(tokens->refresh_token)
             ? STATUS_OK
             : STATUS_FAILED;
}

enum status oidc_ask_tokens(struct oidc *oidc, struct arena *arena,
                            const struct oidc_client *client, struct slice form,
                            struct oidc_tokens *tokens, struct problem *problem) {
  struct question question = client_question(arena, client, client->provider->token_url, form);
  struct http_call call;
  ask(oidc, arena, &question, &call);
  bool is_success = !call.failure && call.status == 200;
  enum status status = is_success ? read_tokens(arena, call.answer, tokens) : STATUS_FAILED;
  if (status) status = token_problem(arena, &call, &question, problem);
  http_call_free(&call);
  return status;
}

void oidc_revoke(struct oidc *oidc, const struct oidc_client *client, struct slice token) {
  struct arena arena = {0};
  struct http_call call;
  if (client->provider->revocation_url.len && token.len) {
    struct slice form = arena_printf(&arena, "token=%.*s", SLICE_ARGS(url_encode(&arena, token)));
    struct question question =
        client_question(&arena, client, client->provider->revocation_url, form);
    ask(oidc, &arena, &question, &call);
    http_call_free(&call);
  }
  arena_free(&arena);
}

/* --- who it is
 * ------------------------------------------------------------------------------------ */

/* The provider's keys, not older than `age_ms`. */
static enum status verify_with_keys(struct oidc *oidc, struct arena *arena,
                                    const struct oidc_provider *provider, const struct jwt *jwt,
                                    struct problem *problem) {
  struct question question = {
      .method = "GET", .peer = arena_string(arena, provider->name), .url = provider->keys_url};
  int64_t age_ms = OIDC_REMEMBER_MS;
  enum status status = STATUS_NOT_FOUND;
  /* With what is remembered first. An unknown key may be new. */
  for (int tries = 0; tries < 2 && status == STATUS_NOT_FOUND; tries++) {
    struct slice text;
    struct jwk *keys;
    size_t count;
    bool is_known = recall(oidc, arena, &question, age_ms, &text);
    if (!is_known) {
      status = fetch(oidc, arena, &question, &text, problem);
      if (status) return status == STATUS_NOT_FOUND ? STATUS_FAILED : status;
    }
    if (jwks_read(arena, text, &keys, &count, problem)) return no_json(&question, problem);
    if (!is_known) remember(oidc, question.url, text);
    status = jwt_verify(jwt, keys, count, problem);
    if (!is_known) break;
    age_ms = OIDC_KEYS_PAUSE_MS;
  }
  return status == STATUS_NOT_FOUND ? STATUS_UNAUTHENTICATED : status;
}

/* A boolean; some providers write it as text. */
static bool is_true(yyjson_val *value) {
  return yyjson_is_true(value) || slice_equal_string(json_text(value), "true");
}

static void read_person(yyjson_val *claims, struct oidc_person *person) {
  struct slice preferred = json_text(json_member(claims, "preferred_username"));
  struct slice nickname = json_text(json_member(claims, "nickname"));
  if (!person->username.len) person->username = preferred.len ? preferred : nickname;
  if (!person->name.len) person->name = json_text(json_member(claims, "name"));
  if (!person->email.len) {
    person->email = json_text(json_member(claims, "email"));
    person->is_email_verified = person->email.len && is_true(json_member(claims, "email_verified"));
  }
}

/* Core, 5.3.2: an answer about somebody else than the token is no answer. */
static enum status ask_about_person(struct oidc *oidc, struct arena *arena,
                                    const struct oidc_sign_in *sign_in, struct oidc_person *person,
                                    struct problem *problem) {
  const struct oidc_provider *provider = sign_in->client->provider;
  struct question question = {.method = "GET",
                              .peer = arena_string(arena, provider->name),
                              .url = provider->user_url,
                              .authorization = arena_printf(
                                  arena, "Bearer %.*s", SLICE_ARGS(sign_in->tokens->access_token))};
  struct slice text;
  yyjson_val *root;
  enum status status = fetch(oidc, arena, &question, &text, problem);
  if (status) return status;
  if (json_read(arena, text, &root, problem)) return no_json(&question, problem);
  if (!slice_equal(json_text(json_member(root, "sub")), person->subject))
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "%s answered about another person than the one who signs in.",
                       question.peer);
  read_person(root, person);
  return STATUS_OK;
}

enum status oidc_identify(struct oidc *oidc, struct arena *arena,
                          const struct oidc_sign_in *sign_in, struct oidc_person *person,
                          struct problem *problem) {
  const struct oidc_client *client = sign_in->client;
  const struct jwt_expectation expected = {.issuer = client->provider->issuer,
                                           .client_id = client->id,
                                           .nonce = sign_in->nonce,
                                           .now_ms = clock_now_ms()};
  struct jwt jwt;
  enum status status = jwt_read(arena, sign_in->tokens->identity_token, &jwt, problem);
  if (!status) status = verify_with_keys(oidc, arena, client->provider, &jwt, problem);
  if (!status) status = jwt_check(&jwt, &expected, problem);
  if (!status && !jwt_is_for_access_token(&jwt, sign_in->tokens->access_token))
    status = problem_set(problem, STATUS_UNAUTHENTICATED,
                         "The identity token belongs to another access token.");
  if (status) return status;
  *person = (struct oidc_person){.subject = jwt_claim(&jwt, "sub")};
  read_person(jwt.claims, person);
  if (!person->email.len && client->provider->user_url.len)
    status = ask_about_person(oidc, arena, sign_in, person, problem);
  return status;
}
