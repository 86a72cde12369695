/* user.c - making users, their passwords and their API tokens. */
#include <stdatomic.h>
#include <stdlib.h>

#include "account/account.h"
#include "account/password.h"
#include "account/secret.h"
#include "base/bytes.h"
#include "base/clock.h"

#include "base/banned.h"

enum { USERNAME_MAX_BYTES = 64, EMAIL_MAX_BYTES = 254, NAME_MAX_BYTES = 200 };

/* --- checks -------------------------------------------------------------------------- */

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static enum status username_check(struct slice username, struct problem *problem) {
  bool is_right =
      username.len > 0 && username.len <= USERNAME_MAX_BYTES && is_letter_or_digit(username.ptr[0]);
  bool has_other_than_digits = false;
  for (size_t i = 0; i < username.len; i++) {
    char c = username.ptr[i];
    if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.') is_right = false;
    if (c < '0' || c > '9') has_other_than_digits = true;
  }
  if (is_right && has_other_than_digits) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "username",
                           "A user name has 1 to %d letters, digits, '-', '_' or '.', starts with "
                           "a letter or digit, and is not only digits.",
                           USERNAME_MAX_BYTES);
}

static bool has_blank_or_control(struct slice text, unsigned char lowest) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < lowest || c == 0x7f) return true;
  }
  return false;
}

/* One '@' with something on both sides; whether it works only a mail can tell. */
static enum status email_check(struct slice email, struct problem *problem) {
  size_t at = slice_find_byte(email, '@');
  if (at > 0 && at + 1 < email.len && email.len <= EMAIL_MAX_BYTES &&
      at == slice_find_last_byte(email, '@') && !has_blank_or_control(email, 0x21) &&
      utf8_is_valid(email))
    return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "email",
                           "An e-mail address looks like name@example.org and has at most %d "
                           "bytes.",
                           EMAIL_MAX_BYTES);
}

static enum status name_check(struct slice name, struct problem *problem) {
  if (name.len <= NAME_MAX_BYTES && utf8_is_valid(name) && !has_blank_or_control(name, 0x20))
    return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "name",
                           "A name has at most %d bytes and no control characters.",
                           NAME_MAX_BYTES);
}

/* --- users --------------------------------------------------------------------------- */

enum status account_check_user(const struct user *user, struct problem *problem) {
  enum status status = username_check(user->username, problem);
  if (!status) status = email_check(user->email, problem);
  if (!status) status = name_check(user->name, problem);
  return status;
}

struct user_write {
  struct user user;
  int64_t id;
};

static enum status user_create_write(struct transaction *tx, void *context,
                                     struct problem *problem) {
  struct user_write *write = context;
  return user_create(tx, &write->user, &write->id, problem);
}

enum status account_create_user(struct store *store, const struct new_user *draft, int64_t *id,
                                struct problem *problem) {
  char hash[PASSWORD_HASH_BYTES] = "";
  struct user_write write = {.user = {.username = draft->username,
                                      .email = draft->email,
                                      .name = draft->name.len ? draft->name : draft->username,
                                      .is_admin = draft->is_admin,
                                      .is_active = true}};
  enum status status = account_check_user(&write.user, problem);
  if (!status && draft->password.len) {
    status = password_check(draft->password, problem);
    if (!status) status = password_hash(draft->password, hash, problem);
  }
  if (status) return status;
  write.user.password_hash = slice_of_string(hash);
  status = store_write(store, user_create_write, &write, problem);
  *id = write.id;
  return status;
}

struct password_write {
  int64_t user_id;
  struct slice hash;
};

static enum status password_set_write(struct transaction *tx, void *context,
                                      struct problem *problem) {
  const struct password_write *write = context;
  struct arena arena = {0};
  struct user user;
  enum status status = problem_set(problem, STATUS_NOT_FOUND, "There is no such user any more.");
  if (user_get(tx, &arena, write->user_id, &user)) {
    user.password_hash = write->hash;
    status = user_update(tx, &user, problem);
    session_delete_of_user(tx, write->user_id);
  }
  arena_free(&arena);
  return status;
}

enum status account_set_password(struct store *store, int64_t user_id, struct slice password,
                                 struct problem *problem) {
  char hash[PASSWORD_HASH_BYTES];
  enum status status = password_check(password, problem);
  if (!status) status = password_hash(password, hash, problem);
  if (status) return status;
  struct password_write write = {user_id, slice_of_string(hash)};
  return store_write(store, password_set_write, &write, problem);
}

bool account_check_password(const struct user *user, struct slice password) {
  struct problem problem;
  return password_verify(user->password_hash, password, &problem) == STATUS_OK;
}

/* --- API tokens ------------------------------------------------------------------------ */

struct token_write {
  struct secret_hash hash;
  struct api_token token;
};

static enum status token_create_write(struct transaction *tx, void *context,
                                      struct problem *problem) {
  const struct token_write *write = context;
  struct arena arena = {0};
  struct user user;
  bool is_known = user_get(tx, &arena, write->token.user_id, &user);
  arena_free(&arena);
  if (!is_known) return problem_set(problem, STATUS_NOT_FOUND, "There is no such user.");
  api_token_create(tx, &write->hash, &write->token);
  return STATUS_OK;
}

enum status account_create_token(struct store *store, struct arena *arena,
                                 const struct new_token *draft, struct slice *token,
                                 struct problem *problem) {
  enum status status = name_check(draft->name, problem);
  if (status) return status;
  if (!draft->scopes)
    return problem_set_field(problem, STATUS_BAD_INPUT, "scope", "A token needs a scope.");
  struct slice made = secret_make(arena, SLICE(API_TOKEN_PREFIX));
  struct token_write write = {secret_hash(made),
                              {.user_id = draft->user_id,
                               .created_ms = clock_now_ms(),
                               .name = draft->name.len ? draft->name : SLICE("Token"),
                               .last_characters = slice_from(made, made.len - 4),
                               .scopes = draft->scopes}};
  status = store_write(store, token_create_write, &write, problem);
  if (!status) *token = made;
  return status;
}

/* When each token's use was noted last, so that a busy script costs a write now and then. Tokens
 * that share a place take turns, which costs more writes but no more. */
enum { NOTED_PLACES = 256 };
static const int64_t note_every_ms = 10 * MINUTE_MS;
static struct { _Atomic int64_t token_id, noted_ms; } noted[NOTED_PLACES];

struct use_note {
  struct store_write write;
  int64_t token_id, now_ms;
};

static enum status use_note_run(struct transaction *tx, struct store_write *write) {
  const struct use_note *note = (const struct use_note *)write;
  api_token_touch(tx, note->token_id, note->now_ms);
  return STATUS_OK;
}

static void use_note_done(struct store_write *write) { free(write); }

void account_note_use(struct store *store, const struct actor *actor) {
  int64_t now_ms = clock_now_ms();
  size_t at = (size_t)actor->token_id % NOTED_PLACES;
  if (!actor->token_id) return;
  if (atomic_load(&noted[at].token_id) == actor->token_id &&
      now_ms - atomic_load(&noted[at].noted_ms) < note_every_ms)
    return;
  atomic_store(&noted[at].token_id, actor->token_id);
  atomic_store(&noted[at].noted_ms, now_ms);
  struct use_note *note = memory_alloc(sizeof *note);
  *note = (struct use_note){.write = {.run = use_note_run, .done = use_note_done},
                            .token_id = actor->token_id,
                            .now_ms = now_ms};
  /* A full queue has better things to do. */
  if (store_submit(store, &note->write)) free(note);
}
