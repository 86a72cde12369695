/* schedule_test.c - crontabs, intervals and time zones: when the next check-in is expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tracker/schedule.h"

static int64_t at(const char *text) {
  int64_t time_ms = 0;
  assert_true(time_parse_iso(slice_of_string(text), &time_ms));
  return time_ms;
}

static void check_next(const struct schedule *schedule, const struct time_zone *zone,
                       const char *after, const char *expected) {
  int64_t next_ms;
  char text[TIME_ISO_BYTES];
  assert_true(schedule_next(schedule, zone, at(after), &next_ms));
  time_format_iso(next_ms, text);
  if (next_ms != at(expected)) fail_msg("after %s: got %s, wanted %s", after, text, expected);
}

static void check_crontab(const char *crontab, const char *after, const char *expected) {
  struct schedule schedule;
  struct problem problem = {0};
  if (schedule_parse_crontab(slice_of_string(crontab), &schedule, &problem))
    fail_msg("%s: %s", crontab, problem.message);
  check_next(&schedule, NULL, after, expected);
}

static void test_crontabs(void **state) {
  (void)state;
  check_crontab("* * * * *", "2026-11-24T12:00:30Z", "2026-11-24T12:01:00Z");
  check_crontab("*/5 * * * *", "2026-11-24T12:56:00Z", "2026-11-24T13:00:00Z");
  check_crontab("30 4 * * *", "2026-11-24T04:30:00Z", "2026-11-25T04:30:00Z");
  check_crontab("0 9-17/4 * * *", "2026-11-24T13:30:00Z", "2026-11-24T17:00:00Z");
  check_crontab("15,45 22 * * mon-fri", "2026-11-27T22:45:00Z", "2026-11-30T22:15:00Z");
  check_crontab("0 0 1 jan,JUL *", "2026-11-24T00:00:00Z", "2027-01-01T00:00:00Z");
  check_crontab("0 0 29 2 *", "2026-11-24T00:00:00Z", "2028-02-29T00:00:00Z");
  check_crontab("0 0 31 * *", "2026-11-24T00:00:00Z", "2026-12-31T00:00:00Z");
  check_crontab("0 12 * * 7", "2026-11-24T00:00:00Z", "2026-11-29T12:00:00Z");
  check_crontab("0 12 * * fri-sun", "2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z");
  check_crontab("0 12 * * 5-7", "2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z");
  check_crontab("5/20 * * * *", "2026-11-24T12:00:00Z", "2026-11-24T12:05:00Z");
  check_crontab("5/20 * * * *", "2026-11-24T12:05:00Z", "2026-11-24T12:25:00Z");
  /* Both days restricted: either is enough. */
  check_crontab("0 0 13 * fri", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z");
  check_crontab("0 0 13 * fri", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z");
  check_crontab("  0\t0   1 1 *  ", "2026-11-24T00:00:00Z", "2027-01-01T00:00:00Z");
}

static void test_shorthands(void **state) {
  (void)state;
  check_crontab("@hourly", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00Z");
  check_crontab("@daily", "2026-11-24T12:00:00Z", "2026-11-25T00:00:00Z");
  check_crontab("@midnight", "2026-11-24T12:00:00Z", "2026-11-25T00:00:00Z");
  check_crontab("@weekly", "2026-11-24T12:00:00Z", "2026-11-29T00:00:00Z");
  check_crontab("@Monthly", "2026-11-24T12:00:00Z", "2026-12-01T00:00:00Z");
  check_crontab("@yearly", "2026-11-24T12:00:00Z", "2027-01-01T00:00:00Z");
}

static void test_wrong_crontabs_say_why(void **state) {
  (void)state;
  static const char *const wrong[][2] = {
      {"", "five fields"},
      {"* * * *", "five fields"},
      {"0 * * * * *", "five fields"},
      {"@reboot", "five fields"},
      {"60 * * * *", "minute"},
      {"* 24 * * *", "hour"},
      {"* * 0 * *", "day of month"},
      {"* * * 13 *", "month"},
      {"* * * * 8", "day of week"},
      {"5-1 * * * *", "minute"},
      {"*/0 * * * *", "minute"},
      {"1,,2 * * * *", "minute"},
      {"1, * * * *", "minute"},
      {"a * * * *", "minute"},
      {"* * L * *", "day of month"},
      {"* * * * 5#2", "day of week"},
      {"-1 * * * *", "minute"},
      {"1- * * * *", "minute"},
      {"* * * janu *", "month"},
      {"0 0 30 2 *", "never comes"},
      {"0 0 31 apr,jun *", "never"},
      {"*/5/2 * * * *", "minute"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct schedule schedule;
    struct problem problem = {0};
    enum status status = schedule_parse_crontab(slice_of_string(wrong[i][0]), &schedule, &problem);
    if (status != STATUS_BAD_INPUT || !strstr(problem.message, wrong[i][1]))
      fail_msg("\"%s\": %d %s", wrong[i][0], status, problem.message);
  }
}

static void check_interval(const char *interval, const char *after, const char *expected) {
  struct schedule schedule;
  struct problem problem = {0};
  assert_int_equal(schedule_parse_interval(slice_of_string(interval), &schedule, &problem), 0);
  check_next(&schedule, NULL, after, expected);
}

static void test_intervals(void **state) {
  (void)state;
  check_interval("5 minute", "2026-11-24T12:00:59Z", "2026-11-24T12:05:00Z");
  check_interval("36 hour", "2026-11-24T12:00:00Z", "2026-11-26T00:00:00Z");
  check_interval("1 day", "2026-11-30T12:00:00Z", "2026-12-01T12:00:00Z");
  check_interval("2 week", "2026-11-24T12:00:00Z", "2026-12-08T12:00:00Z");
  check_interval("1 month", "2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z");
  check_interval("1 month", "2026-12-15T12:00:00Z", "2027-01-15T12:00:00Z");
  check_interval("1 year", "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z");
  static const char *const wrong[] = {"",          "5",  "0 day", "-1 day", "1 fortnight",
                                      "10001 day", "day"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct schedule schedule;
    assert_int_equal(schedule_parse_interval(slice_of_string(wrong[i]), &schedule, NULL),
                     STATUS_BAD_INPUT);
  }
}

/* --- time zones ------------------------------------------------------------------------------- */

static const struct time_zone *load(struct arena *arena, const char *name) {
  const struct time_zone *zone;
  struct problem problem = {0};
  if (access(TIME_ZONE_DIRECTORY "/Europe/Berlin", R_OK)) {
    print_message("# no time zone files on this machine\n");
    skip();
  }
  if (time_zone_load(arena, slice_of_string(name), &zone, &problem))
    fail_msg("%s: %s", name, problem.message);
  return zone;
}

static void check_offset(const char *name, const char *time, int64_t offset_s) {
  struct arena arena = {0};
  const struct time_zone *zone = load(&arena, name);
  int64_t got = time_zone_offset_s(zone, at(time) / SECOND_MS);
  if (got != offset_s) fail_msg("%s at %s: %lld", name, time, (long long)got);
  arena_free(&arena);
}

static void test_offsets(void **state) {
  (void)state;
  check_offset("UTC", "2026-07-01T00:00:00Z", 0);
  check_offset("Europe/Berlin", "2026-07-01T00:00:00Z", 7200);
  check_offset("Europe/Berlin", "2026-12-01T00:00:00Z", 3600);
  check_offset("Europe/Berlin", "2026-03-29T00:59:59Z", 3600);
  check_offset("Europe/Berlin", "2026-03-29T01:00:00Z", 7200);
  check_offset("Europe/Berlin", "2026-10-25T00:59:59Z", 7200);
  check_offset("Europe/Berlin", "2026-10-25T01:00:00Z", 3600);
  /* Beyond the table of transitions the file's rule holds. */
  check_offset("Europe/Berlin", "2061-07-01T00:00:00Z", 7200);
  check_offset("Europe/Berlin", "2061-12-01T00:00:00Z", 3600);
  check_offset("Australia/Sydney", "2061-01-01T00:00:00Z", 39600);
  check_offset("Australia/Sydney", "2061-07-01T00:00:00Z", 36000);
  check_offset("America/New_York", "2061-03-13T06:59:59Z", -18000);
  check_offset("America/New_York", "2061-03-13T07:00:00Z", -14400);
  check_offset("Asia/Kathmandu", "2026-07-01T00:00:00Z", 20700);
  check_offset("America/St_Johns", "2026-07-01T00:00:00Z", -9000);
  check_offset("Asia/Tehran", "2061-07-01T00:00:00Z", 12600);
}

static void test_zones_that_are_none(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "Nowhere/Town", "../../etc/passwd", "/etc/passwd", "Europe/", "Europe//Berlin",
      "Europe",       "tzdata.zi",        "a b",         "."};
  struct arena arena = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const struct time_zone *zone;
    struct problem problem = {0};
    assert_int_equal(time_zone_load(&arena, slice_of_string(wrong[i]), &zone, &problem),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(problem.message, "Europe/Berlin"));
  }
  arena_free(&arena);
}

static void check_local(const char *crontab, const char *zone_name, const char *after,
                        const char *expected) {
  struct arena arena = {0};
  struct schedule schedule;
  const struct time_zone *zone = load(&arena, zone_name);
  assert_int_equal(schedule_parse_crontab(slice_of_string(crontab), &schedule, NULL), STATUS_OK);
  check_next(&schedule, zone, after, expected);
  arena_free(&arena);
}

static void test_local_time(void **state) {
  (void)state;
  check_local("0 4 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", "2026-07-01T02:00:00Z");
  check_local("0 4 * * *", "Europe/Berlin", "2026-12-01T00:00:00Z", "2026-12-01T03:00:00Z");
  check_local("0 0 * * mon", "America/New_York", "2026-11-24T00:00:00Z", "2026-11-30T05:00:00Z");
  /* 02:30 does not exist on the 29th of March. */
  check_local("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z");
  check_local("30 2 * * *", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z");
  /* It exists twice on the 25th of October, and counts once. */
  check_local("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
  check_local("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
  check_local("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z");
  /* What runs in every hour runs in both. */
  check_local("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
  check_local("*/5 * * * *", "Europe/Berlin", "2026-10-25T00:55:00Z", "2026-10-25T01:00:00Z");
  check_local("*/5 * * * *", "Europe/Berlin", "2026-03-29T00:55:00Z", "2026-03-29T01:00:00Z");
}

static void test_an_interval_of_days_keeps_the_time_of_the_clock(void **state) {
  (void)state;
  struct arena arena = {0};
  struct schedule schedule;
  const struct time_zone *zone = load(&arena, "Europe/Berlin");
  assert_int_equal(schedule_parse_interval(SLICE("1 day"), &schedule, NULL), STATUS_OK);
  check_next(&schedule, zone, "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z");
  assert_int_equal(schedule_parse_interval(SLICE("24 hour"), &schedule, NULL), STATUS_OK);
  check_next(&schedule, zone, "2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z");
  arena_free(&arena);
}

/* However odd the crontab, each step goes forward. */
static void test_time_goes_on(void **state) {
  (void)state;
  struct arena arena = {0};
  static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
  static const char *const crontabs[] = {"* * * * *", "*/7 */3 * * *", "59 23 31 12 *",
                                         "30 2 * * *"};
  for (size_t i = 0; i < 12; i++) {
    struct schedule schedule;
    const struct time_zone *zone = load(&arena, zones[i % 3]);
    int64_t now_ms = at("2026-03-01T00:00:00Z");
    assert_int_equal(schedule_parse_crontab(slice_of_string(crontabs[i / 3]), &schedule, NULL),
                     STATUS_OK);
    for (int step = 0; step < 3000; step++) {
      int64_t next_ms;
      assert_true(schedule_next(&schedule, zone, now_ms, &next_ms));
      assert_true(next_ms > now_ms);
      now_ms = next_ms;
    }
  }
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_crontabs),
      cmocka_unit_test(test_shorthands),
      cmocka_unit_test(test_wrong_crontabs_say_why),
      cmocka_unit_test(test_intervals),
      cmocka_unit_test(test_offsets),
      cmocka_unit_test(test_zones_that_are_none),
      cmocka_unit_test(test_local_time),
      cmocka_unit_test(test_an_interval_of_days_keeps_the_time_of_the_clock),
      cmocka_unit_test(test_time_goes_on),
  };
  return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
