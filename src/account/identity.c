/* identity.c - see identity.h. All of it is one write, so that two sign-ins at once cannot make two
 * users of one person. */
#include "account/identity.h"

#include "account/account.h"
#include "account/grant.h"
#include "base/bytes.h"
#include "base/clock.h"

#include "base/banned.h"

/* Names have 64 bytes here; some are left for a number behind. */
enum { USERNAME_BYTES = 60, NAME_BYTES = 200, NUMBERS = 1000 };

/* --- new users -------------------------------------------------------------------------- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct slice identity_username(struct arena *arena, const struct oidc_person *person) {
  struct slice given = person->username;
  if (!given.len) given = slice_upto(person->email, slice_find_byte(person->email, '@'));
  char *name = arena_alloc(arena, USERNAME_BYTES + sizeof "user-");
  size_t len = 0;
  bool has_letter = false;
  for (size_t i = 0; i < given.len && len < USERNAME_BYTES; i++) {
    char c = given.ptr[i];
    bool is_allowed = is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    if (!len && !is_letter(c) && !is_digit(c)) continue;
    name[len++] = is_allowed ? c : '-';
    if (!is_digit(c)) has_letter = true;
  }
  struct slice made = slice_of(name, len);
  return has_letter ? made : arena_concat(arena, SLICE("user-"), made);
}

/* The name, or with a number behind it when somebody has it. */
static struct slice free_username(struct transaction *tx, struct arena *arena,
                                  struct slice wanted) {
  struct user user;
  struct slice name = wanted;
  for (int number = 2; number < NUMBERS && user_find(tx, arena, name, &user); number++)
    name = arena_printf(arena, "%.*s-%d", SLICE_ARGS(wanted), number);
  return name;
}

static struct slice name_of(struct arena *arena, const struct oidc_person *person) {
  struct slice name = slice_cut_utf8(utf8_repair(arena, person->name), NAME_BYTES);
  char *copy = arena_string(arena, name);
  for (size_t i = 0; i < name.len; i++) {
    if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f) copy[i] = ' ';
  }
  return slice_of(copy, name.len);
}

static enum status create_user(struct transaction *tx, struct arena *arena,
                               const struct oidc_person *person, int64_t *user_id,
                               struct problem *problem) {
  struct user user = {
      .username = free_username(tx, arena, identity_username(arena, person)),
      .name = name_of(arena, person),
      .email = person->email,
      .is_active = true,
  };
  enum status status = account_check_user(&user, problem);
  return status ? status : user_create(tx, &user, user_id, problem);
}

/* --- whose identity it is ------------------------------------------------------------------ */

static enum status refuse(struct problem *problem, const struct arrival *arrival, const char *why) {
  return problem_set(problem, STATUS_FORBIDDEN, "%.*s knows you, but %s.",
                     SLICE_ARGS(arrival->server->name), why);
}

/* Whether nobody has ever been this user, so that nothing can be taken over. */
static bool is_untouched(struct transaction *tx, struct arena *arena, const struct user *user) {
  struct api_token *tokens;
  struct forge_identity *identities;
  return !user->password_hash.len && !user->last_seen_ms && !user->is_admin &&
         api_token_list(tx, arena, user->id, &tokens) == 0 &&
         forge_identity_list(tx, arena, 0, user->id, &identities) == 0;
}

static enum status find_stranger(struct transaction *tx, struct arena *arena,
                                 const struct arrival *arrival, int64_t *user_id,
                                 struct problem *problem) {
  const struct oidc_person *person = arrival->person;
  struct user user;
  /* Before anything else, so that an address that is not theirs tells them nothing. */
  if (!person->email.len || !person->is_email_verified)
    return refuse(problem, arrival,
                  "has no confirmed e-mail address of yours. Confirm it there, or sign in here in "
                  "another way and link the account on your account page");
  if (user_find(tx, arena, person->email, &user)) {
    if (!is_untouched(tx, arena, &user))
      return refuse(problem, arrival,
                    "a user here has your e-mail address. If it is you, sign in in another way and "
                    "link the account on your account page");
    *user_id = user.id;
    return STATUS_OK;
  }
  if (!arrival->server->may_create_users)
    return refuse(problem, arrival, "you are no user here. Ask an administrator to make you one");
  return create_user(tx, arena, person, user_id, problem);
}

static enum status check_active(struct transaction *tx, struct arena *arena, int64_t user_id,
                                struct problem *problem) {
  struct user user;
  if (user_get(tx, arena, user_id, &user) && user.is_active) return STATUS_OK;
  return problem_set(problem, STATUS_FORBIDDEN,
                     "This user may not sign in any more. Ask an administrator.");
}

struct admit {
  const struct arrival *arrival;
  int64_t user_id;
};

static enum status admit(struct transaction *tx, struct arena *arena, struct admit *admit,
                         struct problem *problem) {
  const struct arrival *arrival = admit->arrival;
  struct forge_identity identity = {.forge_id = arrival->server->id,
                                    .linked_ms = clock_now_ms(),
                                    .subject = arrival->person->subject,
                                    .username = arrival->person->username};
  struct forge_identity known;
  enum status status = STATUS_OK;
  if (arrival->user_id)
    identity.user_id = arrival->user_id;
  else if (forge_identity_find(tx, arena, identity.forge_id, identity.subject, &known))
    identity.user_id = known.user_id;
  else
    status = find_stranger(tx, arena, arrival, &identity.user_id, problem);
  if (!status) status = check_active(tx, arena, identity.user_id, problem);
  if (!status) status = forge_identity_set(tx, &identity, problem);
  if (!status) grant_keep(tx, arrival->server, identity.user_id, arrival->tokens);
  admit->user_id = identity.user_id;
  return status;
}

static enum status admit_run(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = admit(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status identity_admit(struct store *store, const struct arrival *arrival, int64_t *user_id,
                           struct problem *problem) {
  struct admit admit = {.arrival = arrival};
  enum status status = store_write(store, admit_run, &admit, problem);
  *user_id = status ? 0 : admit.user_id;
  return status;
}

/* --- unlinking -------------------------------------------------------------------------------- */

struct unlinking {
  int64_t forge_id, user_id;
};

static enum status unlink_run(struct transaction *tx, void *context, struct problem *problem) {
  const struct unlinking *unlinking = context;
  struct arena arena = {0};
  struct forge_identity *identities, linked;
  struct user user;
  bool is_user = user_get(tx, &arena, unlinking->user_id, &user);
  size_t count = forge_identity_list(tx, &arena, 0, unlinking->user_id, &identities);
  enum status status = STATUS_OK;
  if (!is_user ||
      !forge_identity_of_user(tx, &arena, unlinking->forge_id, unlinking->user_id, &linked))
    status = problem_set(problem, STATUS_NOT_FOUND, "There is no such linked account.");
  else if (!user.password_hash.len && count == 1)
    status = problem_set(problem, STATUS_CONFLICT,
                         "This is your only way to sign in. Set a password first.");
  else
    forge_identity_delete(tx, unlinking->forge_id, unlinking->user_id);
  arena_free(&arena);
  return status;
}

enum status identity_unlink(struct store *store, int64_t forge_id, int64_t user_id,
                            struct problem *problem) {
  struct unlinking unlinking = {forge_id, user_id};
  return store_write(store, unlink_run, &unlinking, problem);
}
