/* account.h - users, sessions, sign-in links and API tokens, as rows. The rules (passwords,
 * throttling, scopes) live in src/account/. Sessions, links and tokens are kept as SHA-256 hashes;
 * nothing here can give the secret back. */
#ifndef CULPRIT_STORE_ACCOUNT_H
#define CULPRIT_STORE_ACCOUNT_H

#include "store/store.h"

struct user {
  int64_t id, created_ms, last_seen_ms;
  struct slice username, name, email;
  struct slice password_hash; /* argon2id, sodium's text form; empty: no password sign-in */
  bool is_admin, is_active;
};

enum status user_create(struct transaction *tx, const struct user *draft, int64_t *id,
                        struct problem *problem) MUST_CHECK;
bool user_get(struct transaction *tx, struct arena *arena, int64_t id, struct user *user);
/* By username or e-mail address, any case. */
bool user_find(struct transaction *tx, struct arena *arena, struct slice login, struct user *user);
size_t user_list(struct transaction *tx, struct arena *arena, struct user **users);
/* Writes name, email, password_hash, is_admin and is_active of user->id. */
enum status user_update(struct transaction *tx, const struct user *user,
                        struct problem *problem) MUST_CHECK;
/* Sets last_seen_ms: the latest sign-in. */
void user_touch(struct transaction *tx, int64_t id, int64_t now_ms);

#define SECRET_HASH_BYTES 32
struct secret_hash {
  unsigned char bytes[SECRET_HASH_BYTES];
};

struct session {
  int64_t user_id, created_ms, expires_ms;
};
void session_create(struct transaction *tx, const struct secret_hash *hash,
                    const struct session *session);
bool session_find(struct transaction *tx, const struct secret_hash *hash, struct session *session);
void session_delete(struct transaction *tx, const struct secret_hash *hash);
void session_delete_of_user(struct transaction *tx, int64_t user_id);
void session_delete_expired(struct transaction *tx, int64_t now_ms);

/* One-time sign-in links. Taking one deletes it. */
void sign_in_link_create(struct transaction *tx, const struct secret_hash *hash, int64_t user_id,
                         int64_t expires_ms);
bool sign_in_link_take(struct transaction *tx, const struct secret_hash *hash, int64_t now_ms,
                       int64_t *user_id);

struct api_token {
  int64_t id, user_id, created_ms, last_used_ms;
  struct slice name;
  struct slice last_characters; /* the last 4, to tell tokens apart */
  uint32_t scopes;              /* bits of enum scope */
};
int64_t api_token_create(struct transaction *tx, const struct secret_hash *hash,
                         const struct api_token *draft);
bool api_token_find(struct transaction *tx, struct arena *arena, const struct secret_hash *hash,
                    struct api_token *token);
size_t api_token_list(struct transaction *tx, struct arena *arena, int64_t user_id,
                      struct api_token **tokens);
enum status api_token_delete(struct transaction *tx, int64_t user_id, int64_t id,
                             struct problem *problem) MUST_CHECK;
void api_token_touch(struct transaction *tx, int64_t id, int64_t now_ms);

#endif
