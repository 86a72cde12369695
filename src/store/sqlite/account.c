/* account.c - rows of users, sessions, sign-in links and API tokens. */
#include "base/clock.h"
#include "store/account.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* --- users -------------------------------------------------------------------- */

#define USER_COLUMNS                                                                      \
  "SELECT id, created_ms, last_seen_ms, username, name, email, password_hash, is_admin, " \
  "is_active FROM user "

static struct user user_read(const struct query *query, struct arena *arena) {
  return (struct user){.id = query_int(query, 0),
                       .created_ms = query_int(query, 1),
                       .last_seen_ms = query_int(query, 2),
                       .username = query_text(query, 3, arena),
                       .name = query_text(query, 4, arena),
                       .email = query_text(query, 5, arena),
                       .password_hash = query_text(query, 6, arena),
                       .is_admin = query_int(query, 7) != 0,
                       .is_active = query_int(query, 8) != 0};
}

/* Whether another user than `except_id` has the value; `sql` compares it with ?1 and the id with
 * ?2. */
static bool is_taken(struct transaction *tx, const char *sql, struct slice value,
                     int64_t except_id) {
  struct query query = query_begin(tx, sql);
  query_bind_text(&query, 1, value);
  query_bind_int(&query, 2, except_id);
  bool is_found = query_next(&query);
  query_end(&query);
  return is_found;
}

static enum status email_check_free(struct transaction *tx, struct slice email, int64_t except_id,
                                    struct problem *problem) {
  if (is_taken(tx, "SELECT 1 FROM user WHERE email = ?1 AND id <> ?2", email, except_id))
    return problem_set_field(problem, STATUS_CONFLICT, "email",
                             "There is a user with the e-mail address \"%.*s\" already.",
                             SLICE_ARGS(email));
  return STATUS_OK;
}

enum status user_create(struct transaction *tx, const struct user *draft, int64_t *id,
                        struct problem *problem) {
  if (is_taken(tx, "SELECT 1 FROM user WHERE username = ?1 AND id <> ?2", draft->username, 0))
    return problem_set_field(problem, STATUS_CONFLICT, "username",
                             "There is a user \"%.*s\" already.", SLICE_ARGS(draft->username));
  enum status status = email_check_free(tx, draft->email, 0, problem);
  if (status) return status;
  struct query query = query_begin(tx,
                                   "INSERT INTO user(username, email, name, password_hash, "
                                   "is_admin, is_active, created_ms) "
                                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  query_bind_text(&query, 1, draft->username);
  query_bind_text(&query, 2, draft->email);
  query_bind_text(&query, 3, draft->name);
  query_bind_text(&query, 4, draft->password_hash);
  query_bind_int(&query, 5, draft->is_admin);
  query_bind_int(&query, 6, draft->is_active);
  query_bind_int(&query, 7, clock_now_ms());
  query_run(&query);
  *id = database_last_id(tx);
  return STATUS_OK;
}

static bool user_read_one(struct query *query, struct arena *arena, struct user *user) {
  bool is_found = query_next(query);
  if (is_found) *user = user_read(query, arena);
  query_end(query);
  return is_found;
}

bool user_get(struct transaction *tx, struct arena *arena, int64_t id, struct user *user) {
  struct query query = query_begin(tx, USER_COLUMNS "WHERE id = ?1");
  query_bind_int(&query, 1, id);
  return user_read_one(&query, arena, user);
}

/* Names hold no '@' and addresses one, so both cannot match at once. */
bool user_find(struct transaction *tx, struct arena *arena, struct slice login, struct user *user) {
  struct query query = query_begin(tx, USER_COLUMNS "WHERE username = ?1 OR email = ?1");
  query_bind_text(&query, 1, login);
  return user_read_one(&query, arena, user);
}

size_t user_list(struct transaction *tx, struct arena *arena, struct user **users) {
  struct rows rows = ROWS_OF(struct user);
  struct query query = query_begin(tx, USER_COLUMNS "ORDER BY username");
  while (query_next(&query)) *(struct user *)rows_add(&rows, arena) = user_read(&query, arena);
  query_end(&query);
  *users = rows.items;
  return rows.count;
}

enum status user_update(struct transaction *tx, const struct user *user, struct problem *problem) {
  enum status status = email_check_free(tx, user->email, user->id, problem);
  if (status) return status;
  struct query query = query_begin(tx,
                                   "UPDATE user SET name = ?2, email = ?3, password_hash = ?4, "
                                   "is_admin = ?5, is_active = ?6 WHERE id = ?1");
  query_bind_int(&query, 1, user->id);
  query_bind_text(&query, 2, user->name);
  query_bind_text(&query, 3, user->email);
  query_bind_text(&query, 4, user->password_hash);
  query_bind_int(&query, 5, user->is_admin);
  query_bind_int(&query, 6, user->is_active);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such user.");
  return STATUS_OK;
}

void user_touch(struct transaction *tx, int64_t id, int64_t now_ms) {
  struct query query = query_begin(tx, "UPDATE user SET last_seen_ms = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, id);
  query_bind_int(&query, 2, now_ms);
  query_run(&query);
}

/* --- sessions ----------------------------------------------------------------- */

void session_create(struct transaction *tx, const struct secret_hash *hash,
                    const struct session *session) {
  struct query query = query_begin(
      tx, "INSERT INTO session(hash, user_id, created_ms, expires_ms) VALUES(?1, ?2, ?3, ?4)");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  query_bind_int(&query, 2, session->user_id);
  query_bind_int(&query, 3, session->created_ms);
  query_bind_int(&query, 4, session->expires_ms);
  query_run(&query);
}

bool session_find(struct transaction *tx, const struct secret_hash *hash, struct session *session) {
  struct query query =
      query_begin(tx, "SELECT user_id, created_ms, expires_ms FROM session WHERE hash = ?1");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  bool is_found = query_next(&query);
  if (is_found)
    *session = (struct session){.user_id = query_int(&query, 0),
                                .created_ms = query_int(&query, 1),
                                .expires_ms = query_int(&query, 2)};
  query_end(&query);
  return is_found;
}

void session_delete(struct transaction *tx, const struct secret_hash *hash) {
  struct query query = query_begin(tx, "DELETE FROM session WHERE hash = ?1");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  query_run(&query);
}

void session_delete_of_user(struct transaction *tx, int64_t user_id) {
  struct query query = query_begin(tx, "DELETE FROM session WHERE user_id = ?1");
  query_bind_int(&query, 1, user_id);
  query_run(&query);
}

void session_delete_expired(struct transaction *tx, int64_t now_ms) {
  struct query query = query_begin(tx, "DELETE FROM session WHERE expires_ms <= ?1");
  query_bind_int(&query, 1, now_ms);
  query_run(&query);
}

/* --- one-time sign-in links ----------------------------------------------------- */

void sign_in_link_create(struct transaction *tx, const struct secret_hash *hash, int64_t user_id,
                         int64_t expires_ms) {
  struct query query = query_begin(tx, "DELETE FROM sign_in_link WHERE expires_ms <= ?1");
  query_bind_int(&query, 1, clock_now_ms());
  query_run(&query);
  query = query_begin(tx, "INSERT INTO sign_in_link(hash, user_id, expires_ms) VALUES(?1, ?2, ?3)");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  query_bind_int(&query, 2, user_id);
  query_bind_int(&query, 3, expires_ms);
  query_run(&query);
}

bool sign_in_link_take(struct transaction *tx, const struct secret_hash *hash, int64_t now_ms,
                       int64_t *user_id) {
  int64_t expires_ms = 0;
  struct query query =
      query_begin(tx, "SELECT user_id, expires_ms FROM sign_in_link WHERE hash = ?1");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  bool is_found = query_next(&query);
  if (is_found) {
    *user_id = query_int(&query, 0);
    expires_ms = query_int(&query, 1);
  }
  query_end(&query);
  if (!is_found) return false;
  query = query_begin(tx, "DELETE FROM sign_in_link WHERE hash = ?1");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  query_run(&query);
  return expires_ms > now_ms;
}

/* --- API tokens ----------------------------------------------------------------- */

#define TOKEN_COLUMNS \
  "SELECT id, user_id, created_ms, last_used_ms, name, last_characters, scopes FROM api_token "

static struct api_token api_token_read(const struct query *query, struct arena *arena) {
  return (struct api_token){.id = query_int(query, 0),
                            .user_id = query_int(query, 1),
                            .created_ms = query_int(query, 2),
                            .last_used_ms = query_int(query, 3),
                            .name = query_text(query, 4, arena),
                            .last_characters = query_text(query, 5, arena),
                            .scopes = (uint32_t)query_int(query, 6)};
}

int64_t api_token_create(struct transaction *tx, const struct secret_hash *hash,
                         const struct api_token *draft) {
  struct query query = query_begin(tx,
                                   "INSERT INTO api_token(hash, user_id, name, last_characters, "
                                   "scopes, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  query_bind_int(&query, 2, draft->user_id);
  query_bind_text(&query, 3, draft->name);
  query_bind_text(&query, 4, draft->last_characters);
  query_bind_int(&query, 5, draft->scopes);
  query_bind_int(&query, 6, draft->created_ms);
  query_run(&query);
  return database_last_id(tx);
}

bool api_token_find(struct transaction *tx, struct arena *arena, const struct secret_hash *hash,
                    struct api_token *token) {
  struct query query = query_begin(tx, TOKEN_COLUMNS "WHERE hash = ?1");
  query_bind_blob(&query, 1, hash->bytes, sizeof hash->bytes);
  bool is_found = query_next(&query);
  if (is_found) *token = api_token_read(&query, arena);
  query_end(&query);
  return is_found;
}

size_t api_token_list(struct transaction *tx, struct arena *arena, int64_t user_id,
                      struct api_token **tokens) {
  struct rows rows = ROWS_OF(struct api_token);
  struct query query = query_begin(tx, TOKEN_COLUMNS "WHERE user_id = ?1 ORDER BY id");
  query_bind_int(&query, 1, user_id);
  while (query_next(&query))
    *(struct api_token *)rows_add(&rows, arena) = api_token_read(&query, arena);
  query_end(&query);
  *tokens = rows.items;
  return rows.count;
}

enum status api_token_delete(struct transaction *tx, int64_t user_id, int64_t id,
                             struct problem *problem) {
  struct query query = query_begin(tx, "DELETE FROM api_token WHERE id = ?1 AND user_id = ?2");
  query_bind_int(&query, 1, id);
  query_bind_int(&query, 2, user_id);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such token.");
  return STATUS_OK;
}

void api_token_touch(struct transaction *tx, int64_t id, int64_t now_ms) {
  struct query query = query_begin(tx, "UPDATE api_token SET last_used_ms = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, id);
  query_bind_int(&query, 2, now_ms);
  query_run(&query);
}
