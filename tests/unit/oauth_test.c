/* oauth_test.c - sign-ins under way, names of new users, members of GitLab projects, threads that
 * wait: what needs no other server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "account/gitlab_members.h"
#include "account/identity.h"
#include "account/limits.h"
#include "account/oauth_flows.h"
#include "base/clock.h"
#include "base/jobs.h"

#define NOW_MS INT64_C(1795000000000)

static struct arena arena;

/* --- sign-ins under way ------------------------------------------------------------------- */

static struct slice state_of(int number) { return arena_printf(&arena, "state %d", number); }

static void begin(struct oauth_flows *flows, int number, uint64_t address) {
  char issuer[] = "https://gitlab.example.org", return_to[] = "/main/app";
  const struct oauth_flow flow = {.state = secret_hash(state_of(number)),
                                  .forge_id = number,
                                  .address = address,
                                  .issuer = issuer,
                                  .return_to = return_to};
  oauth_flows_add(flows, &flow);
}

/* Whether the flow was there; it is gone afterwards. */
static bool take(struct oauth_flows *flows, int number) {
  struct oauth_flow *flow = oauth_flows_take(flows, state_of(number));
  bool is_found = flow != NULL;
  if (flow) {
    assert_int_equal(flow->forge_id, number);
    assert_string_equal(flow->return_to, "/main/app");
  }
  oauth_flow_free(flow);
  return is_found;
}

static void test_flows_are_used_once(void **state) {
  struct oauth_flows *flows = oauth_flows_open();
  (void)state;
  clock_set_ms(NOW_MS);
  for (int i = 1; i <= 3; i++) begin(flows, i, 1);
  assert_true(take(flows, 3));
  assert_true(take(flows, 1));
  assert_false(take(flows, 1));
  begin(flows, 4, 1);
  assert_true(take(flows, 2));
  assert_true(take(flows, 4));
  assert_false(take(flows, 4));
  assert_null(oauth_flows_take(flows, SLICE_EMPTY));
  oauth_flows_close(flows);
}

static void test_flows_end_after_ten_minutes(void **state) {
  struct oauth_flows *flows = oauth_flows_open();
  (void)state;
  clock_set_ms(NOW_MS);
  begin(flows, 1, 1);
  begin(flows, 2, 1);
  clock_set_ms(NOW_MS + OAUTH_FLOW_MS - 1);
  assert_true(take(flows, 1));
  clock_set_ms(NOW_MS + OAUTH_FLOW_MS);
  assert_false(take(flows, 2));
  oauth_flows_close(flows);
}

static void test_one_address_pushes_out_its_own(void **state) {
  struct oauth_flows *flows = oauth_flows_open();
  (void)state;
  clock_set_ms(NOW_MS);
  begin(flows, 1, 7);
  for (int i = 0; i <= OAUTH_FLOWS_OF_ADDRESS; i++) begin(flows, 100 + i, 8);
  assert_true(take(flows, 1));
  assert_false(take(flows, 100));
  assert_true(take(flows, 101));
  assert_true(take(flows, 100 + OAUTH_FLOWS_OF_ADDRESS));
  oauth_flows_close(flows);
}

static void test_the_oldest_gives_way(void **state) {
  struct oauth_flows *flows = oauth_flows_open();
  (void)state;
  clock_set_ms(NOW_MS);
  for (int i = 0; i <= OAUTH_FLOWS_LIMIT; i++) begin(flows, 1 + i, (uint64_t)i);
  assert_false(take(flows, 1));
  assert_true(take(flows, 2));
  assert_true(take(flows, 1 + OAUTH_FLOWS_LIMIT));
  oauth_flows_close(flows);
}

/* --- names -------------------------------------------------------------------------------- */

static void test_names_of_new_users(void **state) {
  static const struct {
    const char *username, *email, *name;
  } cases[] = {
      {"ann.lee", "", "ann.lee"},     {"_ann", "", "ann"},      {"-.ann", "", "ann"},
      {"ann lee/x", "", "ann-lee-x"}, {"\xc3\xa4nn", "", "nn"}, {"7", "", "user-7"},
      {"", "bob@example.org", "bob"}, {"", "", "user-"},        {"///", "", "user-"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct oidc_person person = {.username = slice_of_string(cases[i].username),
                                       .email = slice_of_string(cases[i].email)};
    struct slice name = identity_username(&arena, &person);
    if (!slice_equal_string(name, cases[i].name)) fail_msg("%.*s", SLICE_ARGS(name));
  }
  char long_name[300];
  memset(long_name, 'a', sizeof long_name);
  const struct oidc_person person = {.username = slice_of(long_name, sizeof long_name)};
  struct user user = {.username = identity_username(&arena, &person), .email = SLICE("a@b.c")};
  struct problem problem;
  /* With the longest number behind it. */
  user.username = arena_concat(&arena, user.username, SLICE("-999"));
  assert_int_equal(account_check_user(&user, &problem), STATUS_OK);
}

/* --- members ------------------------------------------------------------------------------ */

static void test_levels(void **state) {
  static const struct {
    int64_t level;
    enum role role;
  } cases[] = {{0, ROLE_NONE},       {5, ROLE_NONE},        {10, ROLE_GUEST},
               {15, ROLE_GUEST},     {20, ROLE_REPORTER},   {25, ROLE_REPORTER},
               {30, ROLE_DEVELOPER}, {40, ROLE_MAINTAINER}, {50, ROLE_OWNER},
               {60, ROLE_OWNER},     {-1, ROLE_NONE}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(gitlab_role(cases[i].level), cases[i].role);
}

static void test_members(void **state) {
  static const struct {
    const char *json;
    enum role role;
  } cases[] = {
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30}", ROLE_DEVELOPER},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"membership_state\":\"active\"}",
       ROLE_DEVELOPER},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"membership_state\":\"awaiting\"}",
       ROLE_NONE},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":\"30\"}", ROLE_DEVELOPER},
      {"{\"id\":42,\"state\":\"blocked\",\"access_level\":50}", ROLE_NONE},
      {"{\"id\":42,\"state\":\"deactivated\",\"access_level\":50}", ROLE_NONE},
      {"{\"id\":42,\"access_level\":50}", ROLE_NONE},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"expires_at\":null}", ROLE_DEVELOPER},
      /* NOW_MS is in 2026-11-18. */
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"expires_at\":\"2026-11-19\"}",
       ROLE_DEVELOPER},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"expires_at\":\"2026-11-18\"}",
       ROLE_NONE},
      {"{\"id\":42,\"state\":\"active\",\"access_level\":30,\"expires_at\":\"2020-01-01\"}",
       ROLE_NONE},
  };
  static const char *const wrong[] = {
      "{}",
      "[]",
      "{\"id\":\"42\",\"state\":\"active\",\"access_level\":30}",
      "{\"id\":0,\"state\":\"active\",\"access_level\":30}",
      "{\"id\":-42,\"state\":\"active\",\"access_level\":30}",
      "{\"id\":42,\"state\":\"active\"}",
      "{\"id\":42,\"state\":\"active\",\"access_level\":\"high\"}",
      "{\"id\":42,\"state\":\"active\",\"access_level\":-30}",
      "42",
  };
  struct gitlab_member member;
  struct problem problem;
  yyjson_val *json;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(json_read(&arena, slice_of_string(cases[i].json), &json, &problem), STATUS_OK);
    assert_true(gitlab_member_read(&arena, json, NOW_MS, &member));
    assert_true(slice_equal_string(member.subject, "42"));
    assert_int_equal(member.role, cases[i].role);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(json_read(&arena, slice_of_string(wrong[i]), &json, &problem), STATUS_OK);
    assert_false(gitlab_member_read(&arena, json, NOW_MS, &member));
  }
}

/* --- jobs --------------------------------------------------------------------------------- */

struct gate {
  pthread_mutex_t mutex;
  pthread_cond_t opened;
  bool is_open;
  int passed;
};

static void pass(void *context) {
  struct gate *gate = context;
  pthread_mutex_lock(&gate->mutex);
  while (!gate->is_open) pthread_cond_wait(&gate->opened, &gate->mutex);
  gate->passed++;
  pthread_mutex_unlock(&gate->mutex);
}

static void *open_later(void *context) {
  struct gate *gate = context;
  pthread_mutex_lock(&gate->mutex);
  gate->is_open = true;
  pthread_cond_broadcast(&gate->opened);
  pthread_mutex_unlock(&gate->mutex);
  return NULL;
}

static void test_jobs_are_limited_and_waited_for(void **state) {
  struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
  struct jobs *jobs = jobs_open(3);
  pthread_t opener;
  (void)state;
  for (int i = 0; i < 3; i++) assert_true(jobs_start(jobs, pass, &gate));
  assert_false(jobs_start(jobs, pass, &gate));
  assert_int_equal(pthread_create(&opener, NULL, open_later, &gate), 0);
  jobs_close(jobs);
  assert_int_equal(gate.passed, 3);
  pthread_join(opener, NULL);
}

static int teardown(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_flows_are_used_once),
      cmocka_unit_test(test_flows_end_after_ten_minutes),
      cmocka_unit_test(test_one_address_pushes_out_its_own),
      cmocka_unit_test(test_the_oldest_gives_way),
      cmocka_unit_test(test_names_of_new_users),
      cmocka_unit_test(test_levels),
      cmocka_unit_test(test_members),
      cmocka_unit_test(test_jobs_are_limited_and_waited_for),
  };
  return cmocka_run_group_tests_name("oauth", tests, NULL, teardown);
}
