/* release_health_test.c - sessions counted, kept, listed and expired; users told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/limits.h"
#include "store/project.h"
#include "store/release_health.h"
#include "store/sketch.h"

#define NOW_MS INT64_C(1795000000000)

/* --- sketches --------------------------------------------------------------------------------- */

/* Numbers that look like hashes. */
static uint64_t mixed(uint64_t number) {
  number += UINT64_C(0x9e3779b97f4a7c15);
  number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
  return number ^ (number >> 31);
}

static void test_sketches_count_few_exactly_and_many_nearly(void **state) {
  (void)state;
  static const int64_t sizes[] = {0, 1, 100, 192, 193, 1000, 5000, 10000, 100000, 1000000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct sketch sketch = {0};
    for (int64_t n = 0; n < sizes[i]; n++) sketch_add(&sketch, mixed((uint64_t)n));
    for (int64_t n = 0; n < sizes[i] && n < 500; n++) sketch_add(&sketch, mixed((uint64_t)n));
    int64_t estimate = sketch_estimate(&sketch);
    int64_t allowed = sizes[i] <= SKETCH_EXACT_LIMIT ? 0 : sizes[i] * 7 / 100;
    if (llabs(estimate - sizes[i]) > allowed)
      fail_msg("%lld users: %lld", (long long)sizes[i], (long long)estimate);
  }
}

static void check_merged(int64_t first, int64_t second, int64_t shared) {
  struct sketch a = {0}, b = {0}, read;
  struct buffer bytes = buffer_make(4096);
  for (int64_t n = 0; n < first; n++) sketch_add(&a, mixed((uint64_t)n));
  for (int64_t n = first - shared; n < first - shared + second; n++)
    sketch_add(&b, mixed((uint64_t)n));
  sketch_write(&b, &bytes);
  assert_true(sketch_read(&read, buffer_slice(&bytes)));
  sketch_merge(&a, &read);
  int64_t wanted = first + second - shared;
  assert_in_range(sketch_estimate(&a), wanted * 93 / 100, wanted * 107 / 100);
  buffer_free(&bytes);
}

static void test_sketches_merge(void **state) {
  (void)state;
  check_merged(50, 60, 10);
  check_merged(150, 150, 50);
  check_merged(10, 5000, 5);
  check_merged(5000, 10, 5);
  check_merged(20000, 30000, 10000);
}

static void test_broken_sketches_are_refused(void **state) {
  (void)state;
  struct sketch sketch;
  assert_false(sketch_read(&sketch, SLICE("\x01too odd")));
  assert_false(sketch_read(&sketch, SLICE("\x02short")));
  assert_false(sketch_read(&sketch, SLICE("\x09")));
  assert_false(sketch_read(&sketch, SLICE("\x01zzzzzzzzaaaaaaaa")));
  assert_true(sketch_read(&sketch, SLICE_EMPTY));
  assert_int_equal(sketch_estimate(&sketch), 0);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id;
};

static void open_store(struct fixture *f) {
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
}

/* Everything counted so far is on disk afterwards. */
static void restart(struct fixture *f) {
  store_close(f->store);
  open_store(f);
}

static enum status add_project(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  if (status != STATUS_OK) return status;
  const struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  return project_create(tx, &draft, &f->project_id, problem);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-health-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  open_store(f);
  assert_int_equal(store_write(f->store, add_project, f, &problem), STATUS_OK);
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

static struct session_origin origin_of(struct fixture *f, const char *release, const char *user) {
  return (struct session_origin){.project_id = f->project_id,
                                 .started_ms = NOW_MS,
                                 .release = slice_of_string(release),
                                 .environment = SLICE("production"),
                                 .user = slice_of_string(user)};
}

static void update(struct fixture *f, const char *id, bool is_init, enum session_status status,
                   bool has_errors) {
  struct session_origin origin = origin_of(f, "app@1", id);
  const struct session_update session = {slice_of_string(id), is_init, status, has_errors};
  assert_true(session_count(f->store, &origin, &session));
}

static struct release_query last_day(const struct fixture *f) {
  return (struct release_query){.project_id = f->project_id,
                                .from_hour = NOW_MS / HOUR_MS - 23,
                                .to_hour = NOW_MS / HOUR_MS,
                                .limit = 10};
}

static struct release_health health_of(struct fixture *f, const char *version,
                                       const char *environment) {
  struct release_health health = {0};
  struct release release;
  struct release_query query = last_day(f);
  query.environment = slice_of_string(environment);
  struct transaction *tx = store_begin_read(f->store);
  if (release_find(tx, &f->arena, f->project_id, slice_of_string(version), &release))
    release_health_of(tx, &release, &query, &health);
  store_end_read(tx);
  return health;
}

static void check_counts(struct session_counts counts, int64_t total, int64_t errored,
                         int64_t crashed, int64_t abnormal) {
  assert_int_equal(counts.total, total);
  assert_int_equal(counts.errored, errored);
  assert_int_equal(counts.crashed, crashed);
  assert_int_equal(counts.abnormal, abnormal);
}

static void test_updates_count_once(void **state) {
  struct fixture *f = *state;
  /* healthy */
  update(f, "a", true, SESSION_OK, false);
  update(f, "a", false, SESSION_OK, false);
  update(f, "a", false, SESSION_EXITED, false);
  /* errors twice, then it ends well */
  update(f, "b", true, SESSION_OK, true);
  update(f, "b", true, SESSION_OK, true);
  update(f, "b", false, SESSION_EXITED, true);
  /* an error, then a crash, then what comes too late */
  update(f, "c", true, SESSION_OK, true);
  update(f, "c", false, SESSION_CRASHED, true);
  update(f, "c", false, SESSION_CRASHED, true);
  update(f, "c", false, SESSION_OK, true);
  update(f, "c", false, SESSION_ABNORMAL, true);
  /* abnormal without a word of errors */
  update(f, "d", true, SESSION_ABNORMAL, false);
  /* the end comes before the beginning */
  update(f, "e", false, SESSION_CRASHED, true);
  update(f, "e", true, SESSION_OK, false);
  restart(f);
  struct release_health health = health_of(f, "app@1", "");
  check_counts(health.sessions, 5, 4, 2, 1);
  assert_int_equal(health.users, 5);
  assert_int_equal(health.crashed_users, 2);
  assert_int_equal(health_of(f, "app@1", "production").sessions.total, 5);
  assert_int_equal(health_of(f, "app@1", "staging").sessions.total, 0);
}

static void test_a_tick_writes_without_a_restart(void **state) {
  struct fixture *f = *state;
  struct release_health health = {0};
  update(f, "a", true, SESSION_OK, false);
  for (int waited_ms = 0; !health.sessions.total && waited_ms < 5000; waited_ms += 20) {
    usleep(20000);
    health = health_of(f, "app@1", "");
  }
  assert_int_equal(health.sessions.total, 1);
  update(f, "a", false, SESSION_CRASHED, false);
  restart(f);
  check_counts(health_of(f, "app@1", "").sessions, 1, 1, 1, 0);
}

static void test_counted_by_the_sdk(void **state) {
  struct fixture *f = *state;
  struct session_origin origin = origin_of(f, "app@2", "");
  const struct session_counts counts = {.total = 100, .errored = 7, .crashed = 2, .abnormal = 1};
  for (int i = 0; i < 3; i++) assert_true(session_count_many(f->store, &origin, &counts));
  origin.environment = SLICE_EMPTY;
  origin.started_ms -= 2 * HOUR_MS;
  assert_true(session_count_many(f->store, &origin, &counts));
  restart(f);
  check_counts(health_of(f, "app@2", "").sessions, 400, 28, 8, 4);
  check_counts(health_of(f, "app@2", "production").sessions, 300, 21, 6, 3);

  struct session_counts hours[24];
  struct release release;
  struct release_query query = last_day(f);
  struct transaction *tx = store_begin_read(f->store);
  assert_true(release_find(tx, &f->arena, f->project_id, SLICE("app@2"), &release));
  release_hours(tx, release.id, &query, hours);
  store_end_read(tx);
  check_counts(hours[23], 300, 21, 6, 3);
  check_counts(hours[22], 0, 0, 0, 0);
  check_counts(hours[21], 100, 7, 2, 1);
}

/* Network threads count while the writer writes. */
enum { COUNTING_THREADS = 4, SESSIONS_A_THREAD = 20000 };

static void *count_many(void *context) {
  struct fixture *f = context;
  for (int i = 0; i < SESSIONS_A_THREAD; i++) {
    char name[40];
    snprintf(name, sizeof name, "%p/%d", (void *)&name, i);
    struct session_origin origin = origin_of(f, i % 2 ? "app@1" : "app@2", name);
    const struct session_update session = {slice_of_string(name), true, SESSION_CRASHED, true};
    if (!session_count(f->store, &origin, &session)) abort();
  }
  return NULL;
}

static void test_threads_lose_nothing(void **state) {
  struct fixture *f = *state;
  pthread_t threads[COUNTING_THREADS];
  for (int i = 0; i < COUNTING_THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, count_many, f), 0);
  for (int i = 0; i < COUNTING_THREADS; i++) pthread_join(threads[i], NULL);
  restart(f);
  const int64_t each = COUNTING_THREADS * SESSIONS_A_THREAD / 2;
  check_counts(health_of(f, "app@1", "").sessions, each, each, each, 0);
  check_counts(health_of(f, "app@2", "").sessions, each, each, each, 0);
  assert_in_range(health_of(f, "app@1", "").users, each * 93 / 100, each * 107 / 100);
}

static void test_pages_of_releases(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < 25; i++) {
    char name[20];
    snprintf(name, sizeof name, "app@%d", i);
    struct session_origin origin = origin_of(f, name, "u");
    const struct session_counts counts = {.total = 1};
    clock_set_ms(NOW_MS + i);
    assert_true(session_count_many(f->store, &origin, &counts));
    restart(f);
  }
  struct release_query query = last_day(f);
  struct release_page page;
  size_t seen = 0;
  struct transaction *tx = store_begin_read(f->store);
  do {
    release_list(tx, &f->arena, &query, &page);
    for (size_t i = 0; i < page.count; i++, seen++) {
      struct slice wanted = arena_printf(&f->arena, "app@%zu", 24 - seen);
      assert_true(slice_equal(page.releases[i].release.version, wanted));
      assert_int_equal(page.releases[i].sessions.total, 1);
    }
    query.cursor = page.next;
  } while (page.has_next && page.count);
  assert_int_equal(seen, 25);
  query.cursor = page.previous;
  release_list(tx, &f->arena, &query, &page);
  assert_int_equal(page.count, 10);
  assert_true(page.has_previous && page.has_next);
  assert_true(slice_equal(page.releases[9].release.version, SLICE("app@5")));
  store_end_read(tx);
}

static void test_too_many_releases_share_a_name(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < STORE_RELEASES_PER_HOUR + 50; i++) {
    char name[20];
    snprintf(name, sizeof name, "app@%d", i);
    struct session_origin origin = origin_of(f, name, "u");
    const struct session_counts counts = {.total = 2, .errored = 1};
    assert_true(session_count_many(f->store, &origin, &counts));
  }
  restart(f);
  struct release_health other = health_of(f, RELEASE_OTHER, "");
  check_counts(other.sessions, 100, 50, 0, 0);
  assert_int_equal(other.users, 1);
}

static enum status do_nothing(struct transaction *tx, void *context, struct problem *problem) {
  (void)tx, (void)context, (void)problem;
  return STATUS_OK;
}

/* The second write waits until the first one's tidying is over. */
static void let_day_pass(struct fixture *f, int64_t now_ms) {
  clock_set_ms(now_ms);
  for (int i = 0; i < 2; i++)
    assert_int_equal(store_write(f->store, do_nothing, NULL, NULL), STATUS_OK);
}

static bool has_release(struct fixture *f) {
  struct release release;
  struct transaction *tx = store_begin_read(f->store);
  bool is_there = release_find(tx, &f->arena, f->project_id, SLICE("app@1"), &release);
  store_end_read(tx);
  return is_there;
}

static void test_old_sessions_and_releases_expire(void **state) {
  struct fixture *f = *state;
  update(f, "a", true, SESSION_OK, false);
  restart(f);
  assert_int_equal(health_of(f, "app@1", "").sessions.total, 1);
  let_day_pass(f, NOW_MS + DAY_MS);
  let_day_pass(f, NOW_MS + (STORE_RETENTION_DAYS + 2) * DAY_MS);
  assert_true(has_release(f)); /* a clock that jumps ahead drops nothing */
  let_day_pass(f, NOW_MS + (STORE_RETENTION_DAYS + 3) * DAY_MS);
  assert_false(has_release(f));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sketches_count_few_exactly_and_many_nearly),
      cmocka_unit_test(test_sketches_merge),
      cmocka_unit_test(test_broken_sketches_are_refused),
      TEST(test_updates_count_once),
      TEST(test_a_tick_writes_without_a_restart),
      TEST(test_counted_by_the_sdk),
      TEST(test_threads_lose_nothing),
      TEST(test_pages_of_releases),
      TEST(test_too_many_releases_share_a_name),
      TEST(test_old_sessions_and_releases_expire),
  };
  return cmocka_run_group_tests_name("release health", tests, NULL, NULL);
}
