/* monitor_test.c - check-ins, and their absence: states, errors made and resolved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tracker/monitor.h"
#include "tracker/tracker.h"

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id;
};

static int64_t at(const char *text) {
  int64_t time_ms = 0;
  assert_true(time_parse_iso(slice_of_string(text), &time_ms));
  return time_ms;
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
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-monitor-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(at("2026-11-24T00:00:00Z"));
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
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

/* --- steps ---------------------------------------------------------------------------------- */

struct taking {
  struct check_in_report report;
  enum check_in_outcome outcome;
};

static enum status run_take(struct transaction *tx, void *context, struct problem *problem) {
  struct taking *taking = context;
  (void)problem;
  taking->outcome = monitor_take(tx, &taking->report);
  return STATUS_OK;
}

static enum status run_check(struct transaction *tx, void *context, struct problem *problem) {
  (void)context;
  (void)problem;
  monitor_check(tx, clock_now_ms());
  return STATUS_OK;
}

/* Every five minutes, a minute of margin, ten of run time, two failures make an error. */
static struct check_in_report report_of(struct fixture *f, const char *time,
                                        enum check_in_status status) {
  clock_set_ms(at(time));
  return (struct check_in_report){
      .project_id = f->project_id,
      .received_ms = clock_now_ms(),
      .slug = SLICE("rates"),
      .is_latest = true,
      .status = status,
      .duration_ms = -1,
      .has_settings = true,
      .settings = {.schedule_kind = SCHEDULE_CRONTAB,
                   .schedule = SLICE("*/5 * * * *"),
                   .margin_minutes = 1,
                   .max_runtime_minutes = 10,
                   .failure_threshold = 2,
                   .recovery_threshold = 2},
  };
}

static enum check_in_outcome take(struct fixture *f, struct check_in_report report) {
  struct taking taking = {.report = report};
  struct problem problem = {0};
  assert_int_equal(store_write(f->store, run_take, &taking, &problem), STATUS_OK);
  return taking.outcome;
}

static void check_in(struct fixture *f, const char *time, enum check_in_status status) {
  assert_int_equal(take(f, report_of(f, time, status)), CHECK_IN_TAKEN);
}

static void pass_time(struct fixture *f, const char *time) {
  struct problem problem = {0};
  clock_set_ms(at(time));
  assert_int_equal(store_write(f->store, run_check, NULL, &problem), STATUS_OK);
}

static struct monitor monitor_of(struct fixture *f) {
  struct monitor monitor = {0};
  struct transaction *tx = store_begin_read(f->store);
  assert_true(monitor_find(tx, &f->arena, f->project_id, SLICE("rates"), &monitor));
  store_end_read(tx);
  return monitor;
}

static struct monitor_environment environment_of(struct fixture *f, const char *name) {
  struct monitor_environment environment = {0};
  struct monitor monitor = monitor_of(f);
  struct transaction *tx = store_begin_read(f->store);
  assert_true(
      monitor_environment_find(tx, &f->arena, monitor.id, slice_of_string(name), &environment));
  store_end_read(tx);
  return environment;
}

/* Statuses of all check-ins, oldest first: "ok missed timeout". */
static void check_history(struct fixture *f, const char *wanted) {
  struct check_in *all;
  struct buffer text = buffer_make(4096);
  const struct check_in_query query = {.monitor_id = monitor_of(f).id, .limit = 100};
  struct transaction *tx = store_begin_read(f->store);
  for (size_t i = check_in_list(tx, &f->arena, &query, &all); i-- > 0;) {
    if (text.len) buffer_append_byte(&text, ' ');
    buffer_append_slice(&text, slice_of_string(check_in_status_name(all[i].status)));
  }
  store_end_read(tx);
  if (!slice_equal_string(buffer_slice(&text), wanted))
    fail_msg("got \"%.*s\", wanted \"%s\"", SLICE_ARGS(buffer_slice(&text)), wanted);
  buffer_free(&text);
}

/* The only error of the project; false when there is none. */
static bool find_error(struct fixture *f, struct group *group) {
  struct group_page page;
  const struct group_query query = {.project_id = f->project_id, .status = -1, .limit = 10};
  struct transaction *tx = store_begin_read(f->store);
  group_list(tx, &f->arena, &query, &page);
  store_end_read(tx);
  assert_true(page.count <= 1);
  if (page.count) *group = page.groups[0];
  return page.count == 1;
}

static void check_error(struct fixture *f, int64_t events, enum group_status status,
                        const char *title) {
  struct group group;
  assert_true(find_error(f, &group));
  assert_int_equal(group.event_count, events);
  assert_int_equal(group.status, status);
  if (!slice_equal_string(group.title, title)) fail_msg("%.*s", SLICE_ARGS(group.title));
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_check_ins_in_time_make_no_error(void **state) {
  struct fixture *f = *state;
  struct group group;
  check_in(f, "2026-11-24T12:00:10Z", CHECK_IN_IN_PROGRESS);
  assert_int_equal(environment_of(f, "production").status, CHECK_IN_IN_PROGRESS);
  assert_int_equal(environment_of(f, "production").expected_ms, at("2026-11-24T12:05:00Z"));
  assert_int_equal(environment_of(f, "production").due_ms, at("2026-11-24T12:06:00Z"));
  check_in(f, "2026-11-24T12:01:00Z", CHECK_IN_OK);
  pass_time(f, "2026-11-24T12:05:59Z");
  check_in(f, "2026-11-24T12:05:59Z", CHECK_IN_OK);
  /* A little early is in time: the next one is expected at 12:15. */
  check_in(f, "2026-11-24T12:09:45Z", CHECK_IN_OK);
  assert_int_equal(environment_of(f, "production").expected_ms, at("2026-11-24T12:15:00Z"));
  check_history(f, "ok ok ok");
  assert_false(find_error(f, &group));
}

static void test_failures_make_an_error_and_successes_resolve_it(void **state) {
  struct fixture *f = *state;
  struct group group;
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_ERROR);
  assert_false(find_error(f, &group));
  check_in(f, "2026-11-24T12:05:00Z", CHECK_IN_ERROR);
  check_error(f, 1, GROUP_UNRESOLVED, "Failed check-in: rates (production)");
  check_in(f, "2026-11-24T12:10:00Z", CHECK_IN_ERROR);
  check_error(f, 2, GROUP_UNRESOLVED, "Failed check-in: rates (production)");
  assert_true(environment_of(f, "production").is_failing);
  check_in(f, "2026-11-24T12:15:00Z", CHECK_IN_OK);
  check_error(f, 2, GROUP_UNRESOLVED, "Failed check-in: rates (production)");
  check_in(f, "2026-11-24T12:20:00Z", CHECK_IN_OK);
  check_error(f, 2, GROUP_RESOLVED, "Failed check-in: rates (production)");
  assert_false(environment_of(f, "production").is_failing);
  /* It comes back as the same error. */
  check_in(f, "2026-11-24T12:25:00Z", CHECK_IN_ERROR);
  check_in(f, "2026-11-24T12:30:00Z", CHECK_IN_ERROR);
  assert_true(find_error(f, &group));
  assert_true(group.is_regressed);
  assert_int_equal(group.event_count, 3);
}

static void test_missed_once_each_time(void **state) {
  struct fixture *f = *state;
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  pass_time(f, "2026-11-24T12:05:59Z");
  check_history(f, "ok");
  pass_time(f, "2026-11-24T12:06:00Z");
  check_history(f, "ok missed");
  pass_time(f, "2026-11-24T12:10:59Z");
  check_history(f, "ok missed");
  pass_time(f, "2026-11-24T12:11:00Z");
  check_history(f, "ok missed missed");
  check_error(f, 1, GROUP_UNRESOLVED, "Missed check-in: rates (production)");
  assert_int_equal(environment_of(f, "production").status, CHECK_IN_MISSED);
}

static void test_what_was_missed_during_a_long_sleep_is_missed_once(void **state) {
  struct fixture *f = *state;
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  pass_time(f, "2026-12-24T12:03:00Z");
  check_history(f, "ok missed");
  assert_int_equal(environment_of(f, "production").expected_ms, at("2026-12-24T12:05:00Z"));
  pass_time(f, "2026-12-24T12:06:00Z");
  check_history(f, "ok missed missed");
}

static void test_too_long_is_a_timeout(void **state) {
  struct fixture *f = *state;
  struct check_in_report report = report_of(f, "2026-11-24T12:00:00Z", CHECK_IN_IN_PROGRESS);
  report.settings.schedule = SLICE("0 12 * * *");
  report.settings.failure_threshold = 1;
  report.is_latest = false;
  report.guid = event_id_random();
  assert_int_equal(take(f, report), CHECK_IN_TAKEN);
  pass_time(f, "2026-11-24T12:09:59Z");
  check_history(f, "in_progress");
  pass_time(f, "2026-11-24T12:10:00Z");
  check_history(f, "timeout");
  check_error(f, 1, GROUP_UNRESOLVED, "Check-in timed out: rates (production)");
  pass_time(f, "2026-11-24T13:00:00Z");
  check_history(f, "timeout");
  /* It ends at last, which changes nothing but what we know of its length. */
  report.received_ms = at("2026-11-24T13:00:00Z");
  report.status = CHECK_IN_OK;
  assert_int_equal(take(f, report), CHECK_IN_FINISHED);
  check_history(f, "timeout");
}

static void test_a_sign_of_life_extends_the_time(void **state) {
  struct fixture *f = *state;
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_IN_PROGRESS);
  check_in(f, "2026-11-24T12:04:00Z", CHECK_IN_IN_PROGRESS);
  pass_time(f, "2026-11-24T12:05:00Z");
  struct check_in *all;
  const struct check_in_query query = {.monitor_id = monitor_of(f).id, .limit = 10};
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(check_in_list(tx, &f->arena, &query, &all), 1);
  store_end_read(tx);
  assert_int_equal(all[0].timeout_ms, at("2026-11-24T12:14:00Z"));
}

static void test_without_a_schedule_nothing_is_missed(void **state) {
  struct fixture *f = *state;
  struct check_in_report report = report_of(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  report.has_settings = false;
  assert_int_equal(take(f, report), CHECK_IN_TAKEN);
  pass_time(f, "2027-01-24T12:00:00Z"); /* within retention */
  check_history(f, "ok");
  assert_int_equal(environment_of(f, "production").due_ms, 0);
}

static void test_environments_are_apart(void **state) {
  struct fixture *f = *state;
  struct check_in_report report = report_of(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  assert_int_equal(take(f, report), CHECK_IN_TAKEN);
  report.environment = SLICE("staging");
  assert_int_equal(take(f, report), CHECK_IN_TAKEN);
  check_in(f, "2026-11-24T12:05:00Z", CHECK_IN_OK);
  pass_time(f, "2026-11-24T12:06:00Z");
  assert_int_equal(environment_of(f, "production").status, CHECK_IN_OK);
  assert_int_equal(environment_of(f, "staging").status, CHECK_IN_MISSED);
}

static void test_many_check_ins_a_minute_are_limited(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < CHECK_INS_PER_MINUTE; i++) check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  assert_int_equal(take(f, report_of(f, "2026-11-24T12:00:59Z", CHECK_IN_OK)), CHECK_IN_LIMITED);
  check_in(f, "2026-11-24T12:01:00Z", CHECK_IN_OK);
  check_history(f, "ok ok ok ok ok ok ok");
}

static void test_a_limited_check_in_changes_no_settings(void **state) {
  struct fixture *f = *state;
  struct check_in_report report = report_of(f, "2026-11-24T12:00:59Z", CHECK_IN_OK);
  for (int i = 0; i < CHECK_INS_PER_MINUTE; i++) check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  report.settings.time_zone = SLICE("Nowhere/Town");
  assert_int_equal(take(f, report), CHECK_IN_LIMITED);
  assert_int_equal(monitor_of(f).problem.len, 0);
}

static void test_wrong_settings_are_not_taken_and_say_why(void **state) {
  struct fixture *f = *state;
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  struct check_in_report report = report_of(f, "2026-11-24T12:05:00Z", CHECK_IN_OK);
  report.settings.time_zone = SLICE("Nowhere/Town");
  assert_int_equal(take(f, report), CHECK_IN_TAKEN);
  struct monitor monitor = monitor_of(f);
  assert_int_equal(monitor.settings.time_zone.len, 0);
  assert_true(slice_find(monitor.problem, SLICE("Nowhere/Town")) < monitor.problem.len);
  check_in(f, "2026-11-24T12:10:00Z", CHECK_IN_OK);
  assert_int_equal(monitor_of(f).problem.len, 0);
}

static void test_a_paused_monitor_is_quiet(void **state) {
  struct fixture *f = *state;
  struct group group;
  struct problem problem = {0};
  const struct actor admin = {.user_id = 1, .is_admin = true, .scopes = SCOPE_ALL};
  const struct actor stranger = {.user_id = 2, .scopes = SCOPE_ALL};
  struct monitor_act act = {&stranger, f->project_id, SLICE("rates"), MONITOR_PAUSE};
  check_in(f, "2026-11-24T12:00:00Z", CHECK_IN_OK);
  assert_int_equal(monitor_act(f->store, &act, &problem), STATUS_NOT_FOUND);
  act.actor = &admin;
  assert_int_equal(monitor_act(f->store, &act, &problem), STATUS_OK);
  pass_time(f, "2026-11-24T13:00:00Z");
  check_in(f, "2026-11-24T13:01:00Z", CHECK_IN_ERROR);
  check_in(f, "2026-11-24T13:02:00Z", CHECK_IN_ERROR);
  check_in(f, "2026-11-24T13:03:00Z", CHECK_IN_ERROR);
  check_history(f, "ok error error error");
  assert_false(find_error(f, &group));
  act.action = MONITOR_RESUME;
  assert_int_equal(monitor_act(f->store, &act, &problem), STATUS_OK);
  assert_int_equal(environment_of(f, "production").expected_ms, at("2026-11-24T13:05:00Z"));
  act.action = MONITOR_DELETE;
  assert_int_equal(monitor_act(f->store, &act, &problem), STATUS_OK);
  assert_int_equal(monitor_act(f->store, &act, &problem), STATUS_NOT_FOUND);
}

static void test_slugs(void **state) {
  struct fixture *f = *state;
  static const char *const slugs[][2] = {{"nightly-rates", "nightly-rates"},
                                         {"Nightly Rates!", "nightly-rates"},
                                         {"  a__b--c ", "a__b-c"},
                                         {"\xc3\xa4", ""},
                                         {"12345678901234567890123456789012345678901234567890xyz",
                                          "12345678901234567890123456789012345678901234567890"}};
  for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++) {
    struct slice slug = monitor_slug(&f->arena, slice_of_string(slugs[i][0]));
    if (!slice_equal_string(slug, slugs[i][1])) fail_msg("%.*s", SLICE_ARGS(slug));
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_check_ins_in_time_make_no_error),
      TEST(test_failures_make_an_error_and_successes_resolve_it),
      TEST(test_missed_once_each_time),
      TEST(test_what_was_missed_during_a_long_sleep_is_missed_once),
      TEST(test_too_long_is_a_timeout),
      TEST(test_a_sign_of_life_extends_the_time),
      TEST(test_without_a_schedule_nothing_is_missed),
      TEST(test_environments_are_apart),
      TEST(test_many_check_ins_a_minute_are_limited),
      TEST(test_a_limited_check_in_changes_no_settings),
      TEST(test_wrong_settings_are_not_taken_and_say_why),
      TEST(test_a_paused_monitor_is_quiet),
      TEST(test_slugs),
  };
  return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
