/* ingest_test.c - rate limits by window, allowed origins, and settings as they are kept in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/config.h"
#include "store/option.h"

static struct rate_limits *parse(struct arena *arena, const char *text) {
  struct rate_limits *limits;
  struct problem problem = {0};
  assert_int_equal(rate_limits_parse(arena, slice_of_string(text), &limits, &problem), STATUS_OK);
  return limits;
}

/* How many of `tries` are let in. */
static int take(struct rate_limits *key, struct rate_limits *project, enum category category,
                int64_t now_s, int tries) {
  const struct rate_owners owners = {key, project};
  struct rate_hits hits = {0};
  int taken = 0;
  for (int i = 0; i < tries; i++) taken += rate_limits_take(&owners, category, now_s, &hits);
  return taken;
}

static void test_windows(void **state) {
  (void)state;
  struct arena arena = {0};
  struct rate_limits *limits = parse(&arena, "error 3/10s");
  assert_int_equal(take(NULL, limits, CATEGORY_ERROR, 1000, 5), 3);
  assert_int_equal(take(NULL, limits, CATEGORY_ERROR, 1009, 5), 0);
  assert_int_equal(take(NULL, limits, CATEGORY_ERROR, 1010, 5), 3);
  assert_int_equal(take(NULL, limits, CATEGORY_SECURITY, 1020, 2), 2); /* counts as error */
  assert_int_equal(take(NULL, limits, CATEGORY_ERROR, 1020, 5), 1);
  assert_int_equal(take(NULL, limits, CATEGORY_SESSION, 1020, 100), 100);
  assert_int_equal(take(NULL, limits, CATEGORY_ERROR, 500, 5), 3); /* a clock that is set back */
  arena_free(&arena);
}

static void test_what_is_refused_takes_nothing(void **state) {
  (void)state;
  struct arena arena = {0};
  struct rate_limits *key = rate_limits_of_errors(&arena, 100, 60);
  struct rate_limits *project = parse(&arena, "all 50/minute\nerror 5/minute");
  assert_int_equal(take(key, project, CATEGORY_ERROR, 60, 20), 5);
  assert_int_equal(take(NULL, project, CATEGORY_SESSION, 60, 100), 45); /* of all, 5 are gone */
  assert_int_equal(take(key, NULL, CATEGORY_ERROR, 60, 200), 95);
  arena_free(&arena);
}

static void test_what_senders_are_told(void **state) {
  (void)state;
  struct arena arena = {0};
  struct rate_hits hits = {0};
  const struct rate_owners owners = {rate_limits_of_errors(&arena, 0, 60),
                                     parse(&arena, "all 0/hour\nattachment 0")};
  assert_false(rate_limits_take(&owners, CATEGORY_ERROR, 100, &hits));
  assert_false(rate_limits_take(&owners, CATEGORY_ERROR, 100, &hits)); /* told once */
  assert_false(rate_limits_take(&owners, CATEGORY_SESSION, 100, &hits));
  struct slice header = rate_hits_header(&arena, &hits);
  assert_true(slice_equal_string(header,
                                 "20:default;error;security:key:key_quota, "
                                 "3500::project:project_quota"));
  assert_int_equal(rate_hits_retry_after_s(&hits), 3500);
  assert_true(slice_equal_string(rate_hits_reason(&hits), "project_quota"));
  arena_free(&arena);
}

enum { THREADS = 8, TRIES = 20000, ALLOWED = 12345 };

static void *take_many(void *limits) {
  return (void *)(intptr_t)take(NULL, limits, CATEGORY_ERROR, 86400, TRIES);
}

static void test_threads_take_exactly_what_is_allowed(void **state) {
  (void)state;
  struct arena arena = {0};
  struct rate_limits *limits = rate_limits_of_errors(&arena, ALLOWED, 86400);
  pthread_t threads[THREADS];
  intptr_t total = 0;
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, take_many, limits);
  for (int i = 0; i < THREADS; i++) {
    void *taken;
    pthread_join(threads[i], &taken);
    total += (intptr_t)taken;
  }
  assert_int_equal(total, ALLOWED);
  arena_free(&arena);
}

static void test_origins(void **state) {
  (void)state;
  static const struct {
    const char *patterns, *origin;
    bool is_allowed;
  } cases[] = {
      {"", "https://a.example", true},
      {"*", "null", true},
      {"none", "https://a.example", false},
      {"none", "", true},
      {"a.example", "ftp://A.example:99", true},
      {"a.example", "https://b.a.example", false},
      {"*.a.example", "https://b.a.example", true},
      {"*.a.example", "https://a.example", true},
      {"*.a.example", "https://xa.example", false},
      {"https://a.example", "https://a.example:8443", true},
      {"https://a.example", "http://a.example", false},
      {"https://*.a.example:8443", "https://x.a.example:8443", true},
      {"https://*.a.example:8443", "https://x.a.example", false},
      {"a.example:443", "https://a.example", true},
      {"a.example:443", "http://a.example", false},
      {"[::1]:80", "http://[::1]", true},
      {"[::1]", "http://[::1]:9000", true},
      {"file://", "file://", true},
      {"null", "file://", false},
      {"a.example\r\nb.example\r\n", "https://b.example", true},
      {"a.example", "a.example.evil.example", false},
      {"*://a.example:*", "http://a.example:1", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct arena arena = {0};
    const struct origins *origins;
    struct problem problem = {0};
    assert_int_equal(
        origins_compile(&arena, slice_of_string(cases[i].patterns), &origins, &problem), STATUS_OK);
    if (origins_allow(origins, slice_of_string(cases[i].origin)) != cases[i].is_allowed)
      fail_msg("%s against %s", cases[i].origin, cases[i].patterns);
    arena_free(&arena);
  }
}

/* --- settings in memory --------------------------------------------------------------------- */

struct projects {
  int64_t ids[2];
};

static enum status add_projects(struct transaction *tx, void *context, struct problem *problem) {
  struct projects *projects = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  const struct project_draft one = {organization, SLICE("one"), SLICE("One"), SLICE("")};
  const struct project_draft two = {organization, SLICE("two"), SLICE("Two"), SLICE("")};
  if (!status) status = project_create(tx, &one, &projects->ids[0], problem);
  return status ? status : project_create(tx, &two, &projects->ids[1], problem);
}

static enum status set_limit(struct transaction *tx, void *context, struct problem *problem) {
  const struct projects *projects = context;
  (void)problem;
  option_set(tx, projects->ids[0], SLICE(OPTION_RATE_LIMIT), SLICE("error 1/day"));
  option_set(tx, projects->ids[0], SLICE(OPTION_ORIGINS), SLICE("not an origin"));
  return STATUS_OK;
}

static void test_snapshots(void **state) {
  (void)state;
  char directory[] = "/tmp/culprit-ingest-XXXXXX", command[100];
  struct store *store;
  struct problem problem = {0};
  struct projects projects;
  assert_non_null(mkdtemp(directory));
  assert_int_equal(store_open(directory, &store, &problem), STATUS_OK);
  assert_int_equal(store_write(store, add_projects, &projects, &problem), STATUS_OK);
  struct config *config = config_open(store);
  struct config_snapshot *before = config_acquire(config);
  const struct project_config *one = config_project(before, projects.ids[0]);
  const struct project_config *two = config_project(before, projects.ids[1]);
  assert_null(one->limits);
  assert_non_null(one->scrubber);
  assert_null(config_project(before, 99));
  assert_null(config_key(before, SLICE("no such key")));
  assert_int_equal(store_write(store, set_limit, &projects, &problem), STATUS_OK);
  struct config_snapshot *after = config_acquire(config);
  assert_ptr_not_equal(before, after);
  assert_null(one->limits); /* what is in use stays as it is */
  assert_non_null(config_project(after, projects.ids[0])->limits);
  /* A setting that cannot be read counts as its default. */
  assert_null(config_project(after, projects.ids[0])->origins);
  assert_ptr_equal(config_project(after, projects.ids[1]), two); /* not compiled again */
  config_release(before);
  assert_int_equal(two->project_id, projects.ids[1]);
  config_release(after);
  config_close(config);
  store_close(store);
  snprintf(command, sizeof command, "rm -rf %s", directory);
  assert_int_equal(system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_windows),
      cmocka_unit_test(test_what_is_refused_takes_nothing),
      cmocka_unit_test(test_what_senders_are_told),
      cmocka_unit_test(test_threads_take_exactly_what_is_allowed),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_snapshots),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
