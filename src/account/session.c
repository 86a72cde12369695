/* session.c - signing in and out, sessions, one-time links.
 *
 * A session's cookie is 32 random bytes in hexadecimal; the store keeps its SHA-256. The CSRF token
 * of a session is derived from the cookie by a keyed hash, so that it outlives a restart and nobody
 * without the cookie can make it.
 */
#include <assert.h>
#include <sodium.h>

#include "account/account.h"
#include "account/password.h"
#include "account/secret.h"
#include "account/throttle.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

#include "base/banned.h"

static const int64_t session_ms = 30 * DAY_MS;
enum { CSRF_BYTES = 32 };

/* --- starting and ending sessions ------------------------------------------------ */

struct session_start {
  struct secret_hash session, link;
  bool is_by_link;
  int64_t user_id;
};

static void session_start_row(struct transaction *tx, const struct session_start *start) {
  int64_t now_ms = clock_now_ms();
  struct session row = {start->user_id, now_ms, now_ms + session_ms};
  session_delete_expired(tx, now_ms);
  session_create(tx, &start->session, &row);
  user_touch(tx, start->user_id, now_ms);
}

static enum status session_start_write(struct transaction *tx, void *context,
                                       struct problem *problem) {
  struct session_start *start = context;
  struct arena arena = {0};
  struct user user;
  if (start->is_by_link && !sign_in_link_take(tx, &start->link, clock_now_ms(), &start->user_id))
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "This sign-in link was used already or has expired. Ask an administrator "
                       "for a new one.");
  bool is_active = user_get(tx, &arena, start->user_id, &user) && user.is_active;
  arena_free(&arena);
  if (!is_active)
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "This user may not sign in any more. Ask an administrator.");
  session_start_row(tx, start);
  return STATUS_OK;
}

static enum status start(struct store *store, struct arena *arena, struct session_start *start,
                         struct slice *session, struct problem *problem) {
  struct slice secret = secret_make(arena, SLICE_EMPTY);
  start->session = secret_hash(secret);
  enum status status = store_write(store, session_start_write, start, problem);
  if (!status) *session = secret;
  return status;
}

enum status account_start_session(struct store *store, struct arena *arena, int64_t user_id,
                                  struct slice *session, struct problem *problem) {
  struct session_start plain = {.user_id = user_id};
  return start(store, arena, &plain, session, problem);
}

enum status account_sign_in(struct store *store, struct arena *arena, const struct sign_in *attempt,
                            struct slice *session, struct problem *problem) {
  struct user user = {0};
  char quoted[LOG_QUOTED_BYTES];
  int64_t wait_ms = throttle_attempt(attempt->login, attempt->client_address);
  if (wait_ms) {
    log_write(LOG_WARNING, "sign-in throttled", "client=%s wait_ms=%lld",
              log_quote(quoted, attempt->client_address), (long long)wait_ms);
    return problem_set(problem, STATUS_BUSY,
                       "Too many sign-ins have failed. Try again in %lld seconds.",
                       (long long)((wait_ms + SECOND_MS - 1) / SECOND_MS));
  }
  struct transaction *tx = store_begin_read(store);
  if (!user_find(tx, arena, attempt->login, &user) || !user.is_active) user = (struct user){0};
  store_end_read(tx);
  enum status status = password_verify(user.password_hash, attempt->password, problem);
  if (status) return status;
  throttle_forgive(attempt->login, attempt->client_address);
  return account_start_session(store, arena, user.id, session, problem);
}

enum status account_sign_in_by_link(struct store *store, struct arena *arena, struct slice secret,
                                    struct slice *session, struct problem *problem) {
  struct session_start by_link = {.is_by_link = true, .link = secret_hash(secret)};
  return start(store, arena, &by_link, session, problem);
}

static enum status sign_out_write(struct transaction *tx, void *context, struct problem *problem) {
  (void)problem;
  session_delete(tx, context);
  return STATUS_OK;
}

void account_sign_out(struct store *store, struct slice session) {
  struct secret_hash hash = secret_hash(session);
  struct problem problem;
  if (store_write(store, sign_out_write, &hash, &problem)) {
    char quoted[LOG_QUOTED_BYTES];
    log_write(LOG_WARNING, "session not ended", "error=%s",
              log_quote(quoted, slice_of_string(problem.message)));
  }
}

/* --- the actor of a request -------------------------------------------------------- */

static bool actor_of_user(struct transaction *tx, struct arena *arena, int64_t user_id,
                          struct actor *actor) {
  struct user user;
  if (!user_get(tx, arena, user_id, &user) || !user.is_active) return false;
  *actor = (struct actor){.user_id = user.id,
                          .username = user.username,
                          .name = user.name,
                          .is_admin = user.is_admin,
                          .scopes = SCOPE_ALL};
  return true;
}

bool account_by_session(struct transaction *tx, struct arena *arena, struct slice session,
                        struct actor *actor) {
  struct session row;
  if (session.len != SECRET_DIGITS) return false;
  struct secret_hash hash = secret_hash(session);
  return session_find(tx, &hash, &row) && row.expires_ms > clock_now_ms() &&
         actor_of_user(tx, arena, row.user_id, actor);
}

bool account_by_token(struct transaction *tx, struct arena *arena, struct slice token,
                      struct actor *actor) {
  struct api_token row;
  if (token.len != sizeof API_TOKEN_PREFIX - 1 + SECRET_DIGITS) return false;
  struct secret_hash hash = secret_hash(token);
  if (!api_token_find(tx, arena, &hash, &row) || !actor_of_user(tx, arena, row.user_id, actor))
    return false;
  actor->scopes = row.scopes;
  actor->token_id = row.id;
  return true;
}

/* --- CSRF -------------------------------------------------------------------------- */

static void csrf_bytes(struct slice session, unsigned char bytes[CSRF_BYTES]) {
  static const unsigned char purpose[] = "culprit csrf token";
  static_assert(SECRET_DIGITS <= crypto_generichash_KEYBYTES_MAX, "a session is a key");
  crypto_generichash(bytes, CSRF_BYTES, purpose, sizeof purpose - 1,
                     (const unsigned char *)session.ptr, session.len);
}

struct slice account_csrf_token(struct arena *arena, struct slice session) {
  unsigned char bytes[CSRF_BYTES];
  if (session.len != SECRET_DIGITS) return SLICE_EMPTY;
  csrf_bytes(session, bytes);
  char *digits = arena_alloc_raw(arena, 2 * sizeof bytes);
  hex_encode(bytes, sizeof bytes, digits);
  return slice_of(digits, 2 * sizeof bytes);
}

bool account_csrf_check(struct slice session, struct slice token) {
  unsigned char expected[CSRF_BYTES], given[CSRF_BYTES];
  if (session.len != SECRET_DIGITS || !hex_decode(token, given, sizeof given)) return false;
  csrf_bytes(session, expected);
  return sodium_memcmp(expected, given, sizeof given) == 0;
}

/* --- one-time links ------------------------------------------------------------------ */

struct link_write {
  struct secret_hash hash;
  int64_t user_id, expires_ms;
};

static enum status link_create_write(struct transaction *tx, void *context,
                                     struct problem *problem) {
  const struct link_write *link = context;
  (void)problem;
  sign_in_link_create(tx, &link->hash, link->user_id, link->expires_ms);
  return STATUS_OK;
}

enum status account_create_link(struct store *store, struct arena *arena, int64_t user_id,
                                int64_t valid_ms, struct slice *secret, struct problem *problem) {
  struct slice made = secret_make(arena, SLICE_EMPTY);
  struct link_write link = {secret_hash(made), user_id, clock_now_ms() + valid_ms};
  enum status status = store_write(store, link_create_write, &link, problem);
  if (!status) *secret = made;
  return status;
}
