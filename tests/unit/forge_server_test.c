/* forge_server_test.c - servers, identities, grants, linked projects and the roles taken from them,
 * as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/account.h"
#include "store/forge_server.h"
#include "store/limits.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t organization_id, project_id, other_project_id, ann, bob, forge_id, other_forge_id;
};

#define ASSERT_TEXT(slice, text) assert_true(slice_equal_string((slice), (text)))

static int64_t add_user(struct transaction *tx, const char *name) {
  char email[64];
  int64_t id;
  struct problem problem;
  snprintf(email, sizeof email, "%s@example.org", name);
  const struct user draft = {.username = slice_of_string(name),
                             .name = slice_of_string(name),
                             .email = slice_of_string(email),
                             .is_active = true};
  assert_int_equal(user_create(tx, &draft, &id, &problem), STATUS_OK);
  return id;
}

static int64_t add_forge(struct transaction *tx, const char *name, const char *url) {
  struct problem problem;
  int64_t id;
  const struct forge_server draft = {.name = slice_of_string(name),
                                     .url = slice_of_string(url),
                                     .client_id = SLICE("client"),
                                     .client_secret = SLICE("sealed secret"),
                                     .token = SLICE("sealed token"),
                                     .is_sign_in = true};
  assert_int_equal(forge_server_create(tx, &draft, &id, &problem), STATUS_OK);
  return id;
}

static void link_project(struct transaction *tx, int64_t project_id, int64_t forge_id,
                         bool takes_roles) {
  const struct project_forge link = {.project_id = project_id,
                                     .forge_id = forge_id,
                                     .remote_id = 7,
                                     .path = SLICE("group/app"),
                                     .token = SLICE("sealed project token"),
                                     .webhook_secret = SLICE("sealed webhook secret"),
                                     .takes_roles = takes_roles};
  project_forge_set(tx, &link);
}

static void add_identity(struct transaction *tx, int64_t forge_id, const char *subject,
                         int64_t user_id) {
  struct problem problem;
  const struct forge_identity identity = {.forge_id = forge_id,
                                          .user_id = user_id,
                                          .linked_ms = NOW_MS,
                                          .subject = slice_of_string(subject),
                                          .username = slice_of_string(subject)};
  const struct forge_grant grant = {.forge_id = forge_id,
                                    .user_id = user_id,
                                    .access_token = SLICE("sealed access"),
                                    .expires_ms = NOW_MS,
                                    .scopes = SLICE("openid api")};
  assert_int_equal(forge_identity_set(tx, &identity, &problem), STATUS_OK);
  forge_grant_set(tx, &grant);
}

static enum status add_all(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &f->organization_id, problem);
  struct project_draft draft = {f->organization_id, SLICE("app"), SLICE("App"), SLICE("python")};
  if (!status) status = project_create(tx, &draft, &f->project_id, problem);
  draft.slug = SLICE("other");
  if (!status) status = project_create(tx, &draft, &f->other_project_id, problem);
  f->ann = add_user(tx, "ann");
  f->bob = add_user(tx, "bob");
  f->forge_id = add_forge(tx, "GitLab", "https://gitlab.example.org");
  f->other_forge_id = add_forge(tx, "Other", "https://example.com/gitlab");
  link_project(tx, f->project_id, f->forge_id, true);
  add_identity(tx, f->forge_id, "1", f->ann);
  add_identity(tx, f->other_forge_id, "1", f->bob);
  return status;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-forges-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, add_all, f, &problem), STATUS_OK);
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
  return 0;
}

/* Runs `step` in a writing transaction, which has to succeed. */
static void write_all(struct fixture *f, store_write_fn *step) {
  struct problem problem = {0};
  assert_int_equal(store_write(f->store, step, f, &problem), STATUS_OK);
}

/* --- servers ---------------------------------------------------------------------------- */

static enum status names_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t id;
  struct forge_server server = {.name = SLICE("gitLAB"), .url = SLICE("https://third.example.org")};
  assert_int_equal(forge_server_create(tx, &server, &id, problem), STATUS_CONFLICT);
  assert_string_equal(problem->field, "name");
  server = (struct forge_server){.name = SLICE("New"), .url = SLICE("https://example.com/gitlab")};
  assert_int_equal(forge_server_create(tx, &server, &id, problem), STATUS_CONFLICT);
  assert_string_equal(problem->field, "url");
  assert_true(forge_server_get(tx, &f->arena, f->forge_id, &server));
  server.name = SLICE("other");
  assert_int_equal(forge_server_update(tx, &server, false, problem), STATUS_CONFLICT);
  server.name = SLICE("gitlab");
  assert_int_equal(forge_server_update(tx, &server, false, problem), STATUS_OK);
  assert_true(forge_server_find(tx, &f->arena, SLICE("GITLAB"), &server));
  assert_int_equal(server.id, f->forge_id);
  ASSERT_TEXT(server.client_secret, "sealed secret");
  return STATUS_OK;
}

static void test_names_and_urls_are_unique(void **state) { write_all(*state, names_step); }

static size_t identity_count(struct fixture *f, struct transaction *tx, int64_t forge_id) {
  struct forge_identity *identities;
  return forge_identity_list(tx, &f->arena, forge_id, 0, &identities);
}

static enum status moved_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_server server;
  struct forge_grant grant;
  struct project_forge link;
  assert_true(forge_server_get(tx, &f->arena, f->forge_id, &server));
  server.url = SLICE("https://git.example.org");
  assert_int_equal(forge_server_update(tx, &server, true, problem), STATUS_OK);
  assert_int_equal(identity_count(f, tx, f->forge_id), 1);
  assert_false(forge_grant_get(tx, &f->arena, f->forge_id, f->ann, &grant));
  assert_true(project_forge_get(tx, &f->arena, f->project_id, &link));
  assert_int_equal(link.token.len, 0);
  assert_int_equal(link.webhook_secret.len, 0);
  assert_int_equal(link.remote_id, 7);
  return STATUS_OK;
}

static void test_a_moved_server_keeps_people_but_no_secrets(void **state) {
  write_all(*state, moved_step);
}

static enum status another_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_server server;
  struct forge_grant grant;
  struct project_forge link;
  struct forge_role given = {f->project_id, f->ann, NOW_MS, ROLE_DEVELOPER};
  forge_role_set(tx, &given);
  assert_true(forge_server_get(tx, &f->arena, f->forge_id, &server));
  server.url = SLICE("https://git.example.org");
  assert_int_equal(forge_server_update(tx, &server, false, problem), STATUS_OK);
  assert_int_equal(identity_count(f, tx, f->forge_id), 0);
  assert_false(forge_grant_get(tx, &f->arena, f->forge_id, f->ann, &grant));
  assert_false(project_forge_get(tx, &f->arena, f->project_id, &link));
  assert_int_equal(member_role(tx, f->project_id, f->ann), ROLE_NONE);
  assert_int_equal(identity_count(f, tx, f->other_forge_id), 1);
  return STATUS_OK;
}

static void test_another_url_is_another_server(void **state) { write_all(*state, another_step); }

static enum status removed_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct project_forge *links;
  assert_int_equal(forge_server_delete(tx, f->forge_id, problem), STATUS_OK);
  assert_int_equal(forge_server_delete(tx, f->forge_id, problem), STATUS_NOT_FOUND);
  assert_int_equal(project_forge_list(tx, &f->arena, 0, &links), 0);
  assert_int_equal(identity_count(f, tx, 0), 1);
  return STATUS_OK;
}

static void test_removing_a_server_takes_what_hangs_on_it(void **state) {
  write_all(*state, removed_step);
}

/* --- people ----------------------------------------------------------------------------- */

static enum status identities_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_identity found, identity = {.forge_id = f->forge_id,
                                           .user_id = f->bob,
                                           .subject = SLICE("1"),
                                           .username = SLICE("mallory")};
  /* Subject 1 is Ann at the one server and Bob at the other. */
  assert_true(forge_identity_find(tx, &f->arena, f->forge_id, SLICE("1"), &found));
  assert_int_equal(found.user_id, f->ann);
  assert_true(forge_identity_find(tx, &f->arena, f->other_forge_id, SLICE("1"), &found));
  assert_int_equal(found.user_id, f->bob);
  assert_int_equal(forge_identity_set(tx, &identity, problem), STATUS_CONFLICT);
  identity.user_id = f->ann;
  identity.subject = SLICE("2");
  assert_int_equal(forge_identity_set(tx, &identity, problem), STATUS_CONFLICT);
  identity.subject = SLICE("1");
  identity.username = SLICE("ann.new");
  assert_int_equal(forge_identity_set(tx, &identity, problem), STATUS_OK);
  assert_true(forge_identity_of_user(tx, &f->arena, f->forge_id, f->ann, &found));
  ASSERT_TEXT(found.username, "ann.new");
  assert_int_equal(found.linked_ms, NOW_MS);
  return STATUS_OK;
}

static void test_an_identity_belongs_to_one_user(void **state) {
  write_all(*state, identities_step);
}

static enum status unlink_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_grant grant;
  struct forge_role given = {f->project_id, f->ann, NOW_MS, ROLE_DEVELOPER};
  (void)problem;
  forge_role_set(tx, &given);
  assert_int_equal(member_role(tx, f->project_id, f->ann), ROLE_DEVELOPER);
  forge_identity_delete(tx, f->forge_id, f->ann);
  assert_false(forge_grant_get(tx, &f->arena, f->forge_id, f->ann, &grant));
  assert_int_equal(member_role(tx, f->project_id, f->ann), ROLE_NONE);
  return STATUS_OK;
}

static void test_unlinking_takes_grant_and_roles(void **state) { write_all(*state, unlink_step); }

/* --- roles -------------------------------------------------------------------------------- */

static enum status roles_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct membership own = {.project_id = f->project_id, .user_id = f->ann, .role = ROLE_MAINTAINER};
  struct forge_role both[] = {{0, f->ann, NOW_MS, ROLE_DEVELOPER},
                              {0, f->bob, NOW_MS, ROLE_REPORTER}};
  struct member *members;
  forge_role_replace(tx, f->project_id, both, 2);
  assert_int_equal(member_set(tx, &own, problem), STATUS_OK);
  assert_int_equal(member_role(tx, f->project_id, f->ann), ROLE_MAINTAINER);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_REPORTER);
  assert_int_equal(member_role(tx, f->other_project_id, f->bob), ROLE_NONE);
  assert_int_equal(member_list(tx, &f->arena, f->project_id, &members), 2);
  assert_int_equal(members[0].project_role, ROLE_MAINTAINER);
  assert_int_equal(members[0].forge_role, ROLE_DEVELOPER);
  assert_int_equal(members[1].project_role, ROLE_NONE);
  assert_int_equal(members[1].forge_role, ROLE_REPORTER);
  forge_role_replace(tx, f->project_id, both, 1);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  assert_int_equal(member_list(tx, &f->arena, f->project_id, &members), 1);
  return STATUS_OK;
}

static void test_the_best_role_counts(void **state) { write_all(*state, roles_step); }

static enum status age_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_role role = {f->project_id, f->bob, NOW_MS, ROLE_REPORTER};
  struct member *members;
  (void)problem;
  forge_role_set(tx, &role);
  clock_set_ms(NOW_MS + STORE_FORGE_ROLE_VALID_MS - 1);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_REPORTER);
  clock_set_ms(NOW_MS + STORE_FORGE_ROLE_VALID_MS);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  assert_int_equal(member_list(tx, &f->arena, f->project_id, &members), 0);
  return STATUS_OK;
}

static void test_roles_end_when_they_are_not_seen_again(void **state) {
  write_all(*state, age_step);
}

static enum status unlinked_step(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct forge_role role = {f->project_id, f->bob, NOW_MS, ROLE_REPORTER};
  struct project_forge link;
  (void)problem;
  forge_role_set(tx, &role);
  project_forge_note_roles(tx, f->project_id, NOW_MS, SLICE("no answer"));
  /* Written again with the same project there, roles stay. */
  link_project(tx, f->project_id, f->forge_id, true);
  assert_true(project_forge_get(tx, &f->arena, f->project_id, &link));
  ASSERT_TEXT(link.roles_problem, "no answer");
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_REPORTER);
  link_project(tx, f->project_id, f->forge_id, false);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  link_project(tx, f->project_id, f->forge_id, true);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  forge_role_set(tx, &role);
  link_project(tx, f->project_id, f->other_forge_id, true);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  forge_role_set(tx, &role);
  project_forge_delete(tx, f->project_id);
  assert_int_equal(member_role(tx, f->project_id, f->bob), ROLE_NONE);
  return STATUS_OK;
}

static void test_roles_go_with_the_link(void **state) { write_all(*state, unlinked_step); }

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_names_and_urls_are_unique, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_moved_server_keeps_people_but_no_secrets, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_another_url_is_another_server, setup, teardown),
      cmocka_unit_test_setup_teardown(test_removing_a_server_takes_what_hangs_on_it, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_an_identity_belongs_to_one_user, setup, teardown),
      cmocka_unit_test_setup_teardown(test_unlinking_takes_grant_and_roles, setup, teardown),
      cmocka_unit_test_setup_teardown(test_the_best_role_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_roles_end_when_they_are_not_seen_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_roles_go_with_the_link, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
