/* account.h - who acts: sign-in, sessions, API tokens, and what they may do.
 *
 * A request is made by an actor: a person with a session, a person's API token (never more than its
 * scopes), an operator on this machine (the control socket), or nobody. Permission questions are
 * asked in tracker/access.h with the actor and the project in hand.
 */
#ifndef CULPRIT_ACCOUNT_ACCOUNT_H
#define CULPRIT_ACCOUNT_ACCOUNT_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "store/account.h"
#include "store/store.h"

/* Bits. A write scope includes its read scope. Names as in Sentry: "event:read". */
enum scope {
  SCOPE_EVENT_READ = 1u << 0,
  SCOPE_EVENT_WRITE = 1u << 1,
  SCOPE_PROJECT_READ = 1u << 2,
  SCOPE_PROJECT_WRITE = 1u << 3,
  SCOPE_ORGANIZATION_READ = 1u << 4,
  SCOPE_ALL = 0xffffffffu,
};
/* "event:read,project:read" (commas or blanks); problem names the unknown one. */
enum status scopes_parse(struct slice text, uint32_t *scopes, struct problem *problem) MUST_CHECK;
struct slice scopes_format(struct arena *arena, uint32_t scopes);
bool scopes_allow(uint32_t scopes, enum scope needed);

struct actor {
  int64_t user_id; /* 0: nobody */
  struct slice username, name;
  bool is_admin;    /* sees and may do everything */
  uint32_t scopes;  /* SCOPE_ALL for sessions */
  int64_t token_id; /* of the API token that was used; 0 for sessions */
};

#define SESSION_COOKIE "culprit_session"
#define PASSWORD_MIN_CHARACTERS 10
#define PASSWORD_MAX_BYTES 1024
#define API_TOKEN_PREFIX "sntryu_" /* as Sentry's, which scanners for leaked secrets know */

/* Signs in with username or e-mail and password. The answer takes the same time whether the user
 * exists or not. After several failures for one login or address: STATUS_BUSY with the time to wait
 * in the message. `session` is the cookie's value, from the arena. Hashing takes about 50 ms: not
 * for network threads. */
struct sign_in {
  struct slice login, password, client_address;
};
enum status account_sign_in(struct store *store, struct arena *arena, const struct sign_in *attempt,
                            struct slice *session, struct problem *problem) MUST_CHECK;
/* With a one-time link's secret. */
enum status account_sign_in_by_link(struct store *store, struct arena *arena, struct slice secret,
                                    struct slice *session, struct problem *problem) MUST_CHECK;
/* A session for a user who has proved who they are in another way. */
enum status account_start_session(struct store *store, struct arena *arena, int64_t user_id,
                                  struct slice *session, struct problem *problem) MUST_CHECK;
void account_sign_out(struct store *store, struct slice session);

/* The actor of a session cookie or of a bearer token; false when it is unknown, expired, or the
 * user is not active. */
bool account_by_session(struct transaction *tx, struct arena *arena, struct slice session,
                        struct actor *actor);
bool account_by_token(struct transaction *tx, struct arena *arena, struct slice token,
                      struct actor *actor);
/* Remembers that the actor's token was used just now, to within ten minutes. Never blocks. */
void account_note_use(struct store *store, const struct actor *actor);

/* The CSRF token of a session: a keyed hash of it, so that nothing need be kept. Check compares in
 * constant time. */
struct slice account_csrf_token(struct arena *arena, struct slice session);
bool account_csrf_check(struct slice session, struct slice token);

/* Makes a one-time sign-in link's secret, valid for `valid_ms`. */
enum status account_create_link(struct store *store, struct arena *arena, int64_t user_id,
                                int64_t valid_ms, struct slice *secret,
                                struct problem *problem) MUST_CHECK;

struct new_user {
  struct slice username, name, email, password; /* password may be empty: none */
  bool is_admin;
};
enum status account_create_user(struct store *store, const struct new_user *draft, int64_t *id,
                                struct problem *problem) MUST_CHECK;
/* Whether username, e-mail address and name of a user are allowed; names the field that is not. */
enum status account_check_user(const struct user *user, struct problem *problem) MUST_CHECK;
/* Ends all sessions of the user; the caller may start a new one. */
enum status account_set_password(struct store *store, int64_t user_id, struct slice password,
                                 struct problem *problem) MUST_CHECK;
/* True when `password` is the user's. Takes as long as a sign-in. */
bool account_check_password(const struct user *user, struct slice password);

/* `token` is shown once and never again. */
struct new_token {
  int64_t user_id;
  struct slice name;
  uint32_t scopes;
};
enum status account_create_token(struct store *store, struct arena *arena,
                                 const struct new_token *draft, struct slice *token,
                                 struct problem *problem) MUST_CHECK;

#endif
