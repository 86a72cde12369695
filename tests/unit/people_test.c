/* Users, sessions, links, tokens, members and access, on a store. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/account.h"
#include "account/throttle.h"
#include "base/clock.h"
#include "tracker/tracker.h"

static const int64_t now_ms = INT64_C(1795000000000);

/*   main ─┬─ app       ann: administrator      bob: reporter in main, developer in main/app
 *         └─ web       cid: guest in main/web  dan: nothing
 *   other ── app       eve: owner of other
 */
struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t main, other, main_app, main_web, other_app;
  int64_t ann, bob, cid, dan, eve;
};

static enum status add_projects(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  const struct {
    int64_t *organization, *id;
    const char *slug;
  } projects[] = {{&f->main, &f->main_app, "app"},
                  {&f->main, &f->main_web, "web"},
                  {&f->other, &f->other_app, "app"}};
  enum status status = organization_create(tx, SLICE("main"), SLICE_EMPTY, &f->main, problem);
  if (!status) status = organization_create(tx, SLICE("other"), SLICE("Other"), &f->other, problem);
  for (size_t i = 0; !status && i < 3; i++) {
    struct project_draft draft = {.organization_id = *projects[i].organization,
                                  .slug = slice_of_string(projects[i].slug)};
    status = project_create(tx, &draft, projects[i].id, problem);
  }
  return status;
}

static enum status add_members(struct transaction *tx, void *context, struct problem *problem) {
  const struct fixture *f = context;
  const struct membership memberships[] = {{f->main, 0, f->bob, ROLE_REPORTER},
                                           {0, f->main_app, f->bob, ROLE_DEVELOPER},
                                           {0, f->main_web, f->cid, ROLE_GUEST},
                                           {f->other, 0, f->eve, ROLE_OWNER}};
  enum status status = STATUS_OK;
  for (size_t i = 0; !status && i < 4; i++) status = member_set(tx, &memberships[i], problem);
  return status;
}

static int64_t add_user(struct fixture *f, const char *name, bool is_admin) {
  struct problem problem = {0};
  int64_t id = 0;
  struct slice username = slice_of_string(name);
  struct new_user draft = {.username = username,
                           .email = arena_concat(&f->arena, username, SLICE("@example.org")),
                           .is_admin = is_admin};
  assert_int_equal(account_create_user(f->store, &draft, &id, &problem), STATUS_OK);
  return id;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-people-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(now_ms);
  throttle_reset();
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, add_projects, f, &problem), STATUS_OK);
  f->ann = add_user(f, "ann", true);
  f->bob = add_user(f, "bob", false);
  f->cid = add_user(f, "cid", false);
  f->dan = add_user(f, "dan", false);
  f->eve = add_user(f, "eve", false);
  assert_int_equal(store_write(f->store, add_members, f, &problem), STATUS_OK);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  store_close(f->store);
  snprintf(command, sizeof command, "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  clock_set_ms(0);
  return 0;
}

/* --- users -------------------------------------------------------------------------------------
 */

static void test_create_user(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *username, *email, *password, *field;
    enum status status;
  } cases[] = {
      {"fay", "fay@example.org", "", "", STATUS_OK},
      {"FAY", "fay2@example.org", "", "username", STATUS_CONFLICT},
      {"gus", "Fay@Example.org", "", "email", STATUS_CONFLICT},
      {"", "x@example.org", "", "username", STATUS_BAD_INPUT},
      {"a b", "x@example.org", "", "username", STATUS_BAD_INPUT},
      {"123", "x@example.org", "", "username", STATUS_BAD_INPUT},
      {"a@b", "x@example.org", "", "username", STATUS_BAD_INPUT},
      {"gus", "nobody", "", "email", STATUS_BAD_INPUT},
      {"gus", "a@b@c", "", "email", STATUS_BAD_INPUT},
      {"gus", "a b@c", "", "email", STATUS_BAD_INPUT},
      {"gus", "@c", "", "email", STATUS_BAD_INPUT},
      {"gus", "gus@example.org", "short", "password", STATUS_BAD_INPUT},
      {"gus", "gus@example.org", "long enough", "", STATUS_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct new_user draft = {.username = slice_of_string(cases[i].username),
                             .email = slice_of_string(cases[i].email),
                             .password = slice_of_string(cases[i].password)};
    struct problem problem = {0};
    int64_t id;
    assert_int_equal(account_create_user(f->store, &draft, &id, &problem), cases[i].status);
    assert_string_equal(problem.field, cases[i].field);
  }
  struct user *users;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(user_list(tx, &f->arena, &users), 7);
  assert_true(slice_equal(users[0].username, SLICE("ann")));
  struct user user;
  assert_true(user_find(tx, &f->arena, SLICE("FAY@example.org"), &user));
  assert_true(slice_equal(user.name, SLICE("fay")));
  assert_false(user_find(tx, &f->arena, SLICE("nobody"), &user));
  store_end_read(tx);
}

static bool is_session(struct fixture *f, struct slice session, struct actor *actor) {
  struct transaction *tx = store_begin_read(f->store);
  bool is_known = account_by_session(tx, &f->arena, session, actor);
  store_end_read(tx);
  return is_known;
}

static void test_sign_in(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct slice session;
  struct actor actor;
  struct slice password = SLICE("correct horse");
  assert_int_equal(account_set_password(f->store, f->bob, password, &problem), STATUS_OK);
  struct sign_in right = {SLICE("BOB@example.org"), password, SLICE("192.0.2.1")};
  assert_int_equal(account_sign_in(f->store, &f->arena, &right, &session, &problem), STATUS_OK);
  assert_true(is_session(f, session, &actor));
  assert_int_equal(actor.user_id, f->bob);
  assert_int_equal(actor.scopes, SCOPE_ALL);
  assert_false(actor.is_admin);

  const struct sign_in wrong[] = {{SLICE("bob"), SLICE("wrong horse"), SLICE("192.0.2.1")},
                                  {SLICE("ann"), SLICE(""), SLICE("192.0.2.1")},
                                  {SLICE("nobody"), password, SLICE("192.0.2.1")}};
  for (size_t i = 0; i < 3; i++) {
    struct slice none = SLICE_EMPTY;
    assert_int_equal(account_sign_in(f->store, &f->arena, &wrong[i], &none, &problem),
                     STATUS_UNAUTHENTICATED);
    assert_string_equal(problem.message, "The name or the password is wrong.");
    assert_true(slice_is_empty(none));
  }
  /* A changed password ends what was open. */
  assert_int_equal(account_set_password(f->store, f->bob, SLICE("another horse"), &problem),
                   STATUS_OK);
  assert_false(is_session(f, session, &actor));
  assert_int_equal(account_sign_in(f->store, &f->arena, &right, &session, &problem),
                   STATUS_UNAUTHENTICATED);
}

static void test_sign_in_is_throttled(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct slice session;
  struct sign_in attempt = {SLICE("nobody"), SLICE("x"), SLICE("192.0.2.1")};
  for (int i = 0; i < 5; i++)
    assert_int_equal(account_sign_in(f->store, &f->arena, &attempt, &session, &problem),
                     STATUS_UNAUTHENTICATED);
  assert_int_equal(account_sign_in(f->store, &f->arena, &attempt, &session, &problem), STATUS_BUSY);
  assert_non_null(strstr(problem.message, "in 1 seconds"));
}

static void test_session_ends(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct slice first, second;
  struct actor actor;
  assert_int_equal(account_start_session(f->store, &f->arena, f->cid, &first, &problem), STATUS_OK);
  assert_int_equal(account_start_session(f->store, &f->arena, f->cid, &second, &problem),
                   STATUS_OK);
  account_sign_out(f->store, first);
  assert_false(is_session(f, first, &actor));
  assert_true(is_session(f, second, &actor));
  assert_false(is_session(f, SLICE_EMPTY, &actor));
  clock_set_ms(now_ms + 30 * DAY_MS);
  assert_false(is_session(f, second, &actor));
}

static void test_link(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct slice secret, old, session;
  struct actor actor;
  assert_int_equal(account_create_link(f->store, &f->arena, f->ann, HOUR_MS, &secret, &problem),
                   STATUS_OK);
  assert_int_equal(account_create_link(f->store, &f->arena, f->ann, HOUR_MS, &old, &problem),
                   STATUS_OK);
  assert_int_equal(account_sign_in_by_link(f->store, &f->arena, secret, &session, &problem),
                   STATUS_OK);
  assert_true(is_session(f, session, &actor));
  assert_true(actor.is_admin);
  assert_int_equal(account_sign_in_by_link(f->store, &f->arena, secret, &session, &problem),
                   STATUS_UNAUTHENTICATED);
  clock_set_ms(now_ms + HOUR_MS);
  assert_int_equal(account_sign_in_by_link(f->store, &f->arena, old, &session, &problem),
                   STATUS_UNAUTHENTICATED);
  assert_int_equal(account_sign_in_by_link(f->store, &f->arena, SLICE_EMPTY, &session, &problem),
                   STATUS_UNAUTHENTICATED);
}

struct user_change {
  int64_t id;
  bool is_active;
};

static enum status set_active(struct transaction *tx, void *context, struct problem *problem) {
  const struct user_change *change = context;
  struct arena arena = {0};
  struct user user;
  assert_true(user_get(tx, &arena, change->id, &user));
  user.is_active = change->is_active;
  enum status status = user_update(tx, &user, problem);
  arena_free(&arena);
  return status;
}

static bool is_token(struct fixture *f, struct slice token, struct actor *actor) {
  struct transaction *tx = store_begin_read(f->store);
  bool is_known = account_by_token(tx, &f->arena, token, actor);
  store_end_read(tx);
  return is_known;
}

static void test_token(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct slice token;
  struct actor actor;
  struct new_token draft = {f->bob, SLICE("script"), SCOPE_EVENT_READ};
  assert_int_equal(account_create_token(f->store, &f->arena, &draft, &token, &problem), STATUS_OK);
  assert_true(is_token(f, token, &actor));
  assert_int_equal(actor.user_id, f->bob);
  assert_int_equal(actor.scopes, SCOPE_EVENT_READ);
  assert_true(actor.token_id != 0);
  assert_false(is_token(f, slice_upto(token, token.len - 1), &actor));
  assert_false(is_token(f, SLICE_EMPTY, &actor));

  account_note_use(f->store, &actor);
  struct user_change off = {f->bob, false};
  assert_int_equal(store_write(f->store, set_active, &off, &problem), STATUS_OK);
  assert_false(is_token(f, token, &actor));

  struct api_token *tokens;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(api_token_list(tx, &f->arena, f->bob, &tokens), 1);
  assert_true(slice_equal(tokens[0].last_characters, slice_from(token, token.len - 4)));
  assert_int_equal(tokens[0].last_used_ms, now_ms);
  assert_int_equal(api_token_list(tx, &f->arena, f->ann, &tokens), 0);
  store_end_read(tx);
  draft = (struct new_token){.user_id = 999, .scopes = SCOPE_EVENT_READ};
  assert_int_equal(account_create_token(f->store, &f->arena, &draft, &token, &problem),
                   STATUS_NOT_FOUND);
}

/* --- access ------------------------------------------------------------------------------------
 */

static enum status ask(struct fixture *f, const struct actor *actor, const char *path,
                       enum role role) {
  struct project project;
  struct problem problem;
  struct access_request request = {.actor = actor, .role = role, .scope = SCOPE_EVENT_READ};
  request.project = slice_of_string(path);
  request.organization = slice_split(&request.project, '/');
  struct transaction *tx = store_begin_read(f->store);
  enum status status = access_project(tx, &f->arena, &request, &project, &problem);
  store_end_read(tx);
  return status;
}

static void test_access(void **state) {
  struct fixture *f = *state;
  const struct {
    int64_t user_id;
    const char *path;
    enum role role;
    enum status status;
  } cases[] = {
      {f->bob, "main/app", ROLE_DEVELOPER, STATUS_OK},
      {f->bob, "main/app", ROLE_MAINTAINER, STATUS_FORBIDDEN},
      {f->bob, "main/web", ROLE_REPORTER, STATUS_OK},
      {f->bob, "main/web", ROLE_DEVELOPER, STATUS_FORBIDDEN},
      {f->bob, "other/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "main/none", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "none/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "/", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->cid, "main/web", ROLE_GUEST, STATUS_OK},
      {f->cid, "main/web", ROLE_REPORTER, STATUS_FORBIDDEN},
      {f->cid, "main/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->dan, "main/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->eve, "other/app", ROLE_OWNER, STATUS_OK},
      {f->eve, "main/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {0, "main/app", ROLE_GUEST, STATUS_NOT_FOUND},
      /* By numbers: main is 1, other is 2; main/app is 1, main/web 2, other/app 3. */
      {f->bob, "1/1", ROLE_DEVELOPER, STATUS_OK},
      {f->bob, "main/1", ROLE_DEVELOPER, STATUS_OK},
      {f->bob, "1/app", ROLE_DEVELOPER, STATUS_OK},
      {f->eve, "2/app", ROLE_OWNER, STATUS_OK},
      {f->bob, "2/1", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "other/1", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "main/3", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "0/app", ROLE_GUEST, STATUS_NOT_FOUND},
      {f->bob, "99999999999999999999/app", ROLE_GUEST, STATUS_NOT_FOUND},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct actor actor = {.user_id = cases[i].user_id, .scopes = SCOPE_ALL};
    assert_int_equal(ask(f, &actor, cases[i].path, cases[i].role), cases[i].status);
  }
  struct actor admin = {.user_id = f->ann, .is_admin = true, .scopes = SCOPE_ALL};
  assert_int_equal(ask(f, &admin, "other/app", ROLE_OWNER), STATUS_OK);
  /* A token never allows more than its scopes, an administrator's neither. */
  admin.scopes = SCOPE_PROJECT_READ;
  assert_int_equal(ask(f, &admin, "other/app", ROLE_GUEST), STATUS_FORBIDDEN);
  struct actor stranger = {.user_id = f->dan, .scopes = SCOPE_PROJECT_READ};
  assert_int_equal(ask(f, &stranger, "other/app", ROLE_GUEST), STATUS_NOT_FOUND);
}

static void test_visible_projects(void **state) {
  struct fixture *f = *state;
  struct visible_project *projects;
  struct actor bob = {.user_id = f->bob, .scopes = SCOPE_ALL};
  struct actor dan = {.user_id = f->dan, .scopes = SCOPE_ALL};
  struct actor ann = {.user_id = f->ann, .is_admin = true, .scopes = SCOPE_ALL};
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(access_projects(tx, &f->arena, &bob, &projects), 2);
  assert_int_equal(projects[0].project.id, f->main_app);
  assert_int_equal(projects[0].role, ROLE_DEVELOPER);
  assert_int_equal(projects[1].role, ROLE_REPORTER);
  assert_int_equal(access_projects(tx, &f->arena, &dan, &projects), 0);
  assert_int_equal(access_projects(tx, &f->arena, &ann, &projects), 3);
  store_end_read(tx);
}

static enum status remove_bob(struct transaction *tx, void *context, struct problem *problem) {
  const struct fixture *f = context;
  const struct membership gone = {0, f->main_app, f->bob, ROLE_NONE};
  return member_set(tx, &gone, problem);
}

static void test_members(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct member *members;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(member_list(tx, &f->arena, f->main_app, &members), 1);
  assert_true(slice_equal(members[0].username, SLICE("bob")));
  assert_int_equal(members[0].project_role, ROLE_DEVELOPER);
  assert_int_equal(members[0].organization_role, ROLE_REPORTER);
  assert_int_equal(member_list(tx, &f->arena, f->main_web, &members), 2);
  store_end_read(tx);
  assert_int_equal(store_write(f->store, remove_bob, f, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, remove_bob, f, &problem), STATUS_NOT_FOUND);
  tx = store_begin_read(f->store);
  assert_int_equal(member_role(tx, f->main_app, f->bob), ROLE_REPORTER);
  store_end_read(tx);
}

/* --- slugs, roles and DSNs
 * ------------------------------------------------------------------------ */

static void test_slugs(void **state) {
  (void)state;
  static const char *const good[] = {"a", "app", "my-app_2.0", "2048-game", "0a"};
  static const char *const bad[] = {"",    "-app", ".app", "_a",    "App", "a b",
                                    "a/b", "1234", "api",  "users", "ä",   "a\n"};
  struct problem problem;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_int_equal(slug_check(slice_of_string(good[i]), &problem), STATUS_OK);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(slug_check(slice_of_string(bad[i]), &problem), STATUS_BAD_INPUT);
    assert_string_equal(problem.field, "slug");
  }
  char longest[65];
  memset(longest, 'a', sizeof longest);
  assert_int_equal(slug_check(slice_of(longest, 64), &problem), STATUS_OK);
  assert_int_equal(slug_check(slice_of(longest, 65), &problem), STATUS_BAD_INPUT);
}

static void test_roles(void **state) {
  (void)state;
  enum role role;
  for (int value = ROLE_NONE; value <= ROLE_OWNER; value += 10) {
    assert_true(role_parse(slice_of_string(role_name((enum role)value)), &role));
    assert_int_equal(role, value);
  }
  assert_false(role_parse(SLICE("boss"), &role));
  assert_string_equal(role_name((enum role)35), "none");
}

static void test_keys(void **state) {
  struct fixture *f = *state;
  struct client_key *keys;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(client_key_list(tx, &f->arena, f->main_web, &keys), 1);
  assert_int_equal(keys[0].public_key.len, 32);
  assert_true(keys[0].is_active);
  struct slice dsn = client_key_dsn(&f->arena, SLICE("https://example.org/errors"), &keys[0]);
  assert_true(slice_starts_with(dsn, SLICE("https://")));
  assert_true(slice_ends_with(dsn, SLICE("@example.org/errors/2")));
  assert_int_equal(client_key_list_all(tx, &f->arena, &keys), 3);
  store_end_read(tx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_create_user, setup, teardown),
      cmocka_unit_test_setup_teardown(test_sign_in, setup, teardown),
      cmocka_unit_test_setup_teardown(test_sign_in_is_throttled, setup, teardown),
      cmocka_unit_test_setup_teardown(test_session_ends, setup, teardown),
      cmocka_unit_test_setup_teardown(test_link, setup, teardown),
      cmocka_unit_test_setup_teardown(test_token, setup, teardown),
      cmocka_unit_test_setup_teardown(test_access, setup, teardown),
      cmocka_unit_test_setup_teardown(test_visible_projects, setup, teardown),
      cmocka_unit_test_setup_teardown(test_members, setup, teardown),
      cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
      cmocka_unit_test(test_slugs),
      cmocka_unit_test(test_roles),
  };
  return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
