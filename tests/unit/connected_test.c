/* What is asked of a connected Sentry, which answers are taken, and how they are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "source/remote_check.h"
#include "source/remote_notice.h"
#include "source/sentry_call.h"
#include "source/sentry_parts.h"
#include "source/sentry_question.h"

static struct arena arena;
static const struct connection connection = {
    .project_id = 7,
    .url = {.ptr = "https://sentry.example.org", .len = 26},
    .organization_slug = {.ptr = "acme", .len = 4},
    .project_slug = {.ptr = "shop", .len = 4},
};

#define EXPECT_TEXT(slice, text) assert_string_equal(arena_string(&arena, (slice)), (text))

/* --- questions ------------------------------------------------------------------------- */

static struct source_query query_of(int status, const char *text, enum group_sort sort) {
  return (struct source_query){
      .status = status, .text = slice_of_string(text), .sort = sort, .limit = 20};
}

static void test_lists(void **state) {
  (void)state;
  struct source_query query = query_of(GROUP_UNRESOLVED, "", SORT_LAST_SEEN);
  EXPECT_TEXT(sentry_list_path(&arena, &connection, &query),
              "/api/0/projects/acme/shop/issues/?query=is%3Aunresolved&limit=20");
  query = query_of(GROUP_IGNORED, "level:error a&b", SORT_FREQUENCY);
  query.cursor = SLICE("0:20:0");
  EXPECT_TEXT(sentry_list_path(&arena, &connection, &query),
              "/api/0/projects/acme/shop/issues/"
              "?query=is%3Aignored%20level%3Aerror%20a%26b&limit=20&sort=freq&cursor=0%3A20%3A0");
  query = query_of(-1, "x", SORT_FIRST_SEEN);
  EXPECT_TEXT(sentry_list_path(&arena, &connection, &query),
              "/api/0/projects/acme/shop/issues/?query=x&limit=20&sort=new");
}

static void test_events(void **state) {
  (void)state;
  struct source_event_choice choice = {.is_latest = true};
  EXPECT_TEXT(sentry_event_path(&arena, &connection, 42, &choice),
              "/api/0/organizations/acme/issues/42/events/latest/");
  choice = (struct source_event_choice){.is_oldest = true};
  EXPECT_TEXT(sentry_event_path(&arena, &connection, 42, &choice),
              "/api/0/organizations/acme/issues/42/events/oldest/");
  choice = (struct source_event_choice){0};
  assert_true(event_id_parse(SLICE("0123456789abcdef0123456789abcdef"), &choice.id));
  EXPECT_TEXT(sentry_event_path(&arena, &connection, 42, &choice),
              "/api/0/projects/acme/shop/events/0123456789abcdef0123456789abcdef/");
  EXPECT_TEXT(sentry_short_id_path(&arena, &connection, SLICE("SHOP-1A/../..")),
              "/api/0/organizations/acme/issues/SHOP-1A%2F..%2F../");
}

/* --- answers ------------------------------------------------------------------------------ */

static struct http_call answer_of(int status, const char *body) {
  return (struct http_call){.method = "GET", .status = status, .answer = slice_of_string(body)};
}

static enum status check(int status, const char *body, enum remote_kind kind,
                         struct problem *problem) {
  struct http_call call = answer_of(status, body);
  struct remote_answer answer;
  *problem = (struct problem){0};
  return remote_check(&call, kind, &answer, problem);
}

#define ISSUE                                                                                  \
  "{\"id\": \"5\", \"title\": \"Boom\", \"status\": \"unresolved\", \"shortId\": \"SHOP-1\", " \
  "\"count\": \"3\", \"firstSeen\": \"2026-11-01T00:00:00Z\", \"lastSeen\": "                  \
  "\"2026-11-02T00:00:00Z\"}"

static void test_answers(void **state) {
  (void)state;
  struct problem problem;
  assert_int_equal(check(200, "[]", REMOTE_ISSUES, &problem), STATUS_OK);
  assert_int_equal(check(200, "[" ISSUE "]", REMOTE_ISSUES, &problem), STATUS_OK);
  assert_int_equal(check(200, ISSUE, REMOTE_ISSUE, &problem), STATUS_OK);
  assert_int_equal(check(200, ISSUE, REMOTE_ISSUES, &problem), STATUS_UNAVAILABLE);
  assert_int_equal(check(200, "[{\"id\": \"5\"}]", REMOTE_ISSUES, &problem), STATUS_UNAVAILABLE);
  assert_non_null(strstr(problem.message, "title"));
  assert_int_equal(check(200, "<html>", REMOTE_ISSUES, &problem), STATUS_UNAVAILABLE);
  assert_int_equal(check(200, "", REMOTE_ISSUE, &problem), STATUS_UNAVAILABLE);
  assert_int_equal(check(200, "[]", REMOTE_EVENT, &problem), STATUS_UNAVAILABLE);
}

static void test_refusals(void **state) {
  (void)state;
  struct problem problem;
  assert_int_equal(check(400, "{\"detail\": \"Invalid date\"}", REMOTE_ISSUES, &problem),
                   STATUS_BAD_INPUT);
  assert_string_equal(problem.message, "Sentry does not understand this search: Invalid date");
  assert_int_equal(check(404, "{}", REMOTE_ISSUE, &problem), STATUS_NOT_FOUND);
  /* A list that is not there is a project that is not there: to be said, not to be hidden. */
  assert_int_equal(check(404, "{}", REMOTE_ISSUES, &problem), STATUS_UNAVAILABLE);
  static const int statuses[] = {301, 401, 403, 429, 500, 502};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    assert_int_equal(check(statuses[i], "{}", REMOTE_ISSUES, &problem), STATUS_UNAVAILABLE);
    assert_int_equal(problem.status, STATUS_UNAVAILABLE);
    assert_true(strlen(problem.message) > 20);
  }
}

static void test_sights(void **state) {
  (void)state;
  struct remote_sights sights;
  remote_sights_read(&arena, REMOTE_ISSUES, SLICE("[" ISSUE "]"), &sights);
  assert_int_equal(sights.count, 1);
  assert_int_equal(sights.sights[0].error_id, 5);
  assert_false(sights.sights[0].is_resolved);
  remote_sights_read(&arena, REMOTE_EVENT, SLICE(ISSUE), &sights);
  assert_int_equal(sights.count, 0);
}

/* --- showing ------------------------------------------------------------------------------- */

static void test_hours_move(void **state) {
  (void)state;
  struct sentry_issue issue = {.hours_end_ms = 100 * HOUR_MS, .days_end_ms = 10 * DAY_MS};
  int64_t hours[SOURCE_HOURS], days[SOURCE_DAYS];
  for (int i = 0; i < SENTRY_HOURS; i++) issue.hours[i] = i;
  for (int i = 0; i < SENTRY_DAYS; i++) issue.days[i] = i;
  sentry_fill_hours(&issue, 100 * HOUR_MS + 5, hours);
  assert_int_equal(hours[SOURCE_HOURS - 1], SENTRY_HOURS - 1);
  /* The answer is two hours old. */
  sentry_fill_hours(&issue, 102 * HOUR_MS, hours);
  assert_int_equal(hours[SOURCE_HOURS - 1], 0);
  assert_int_equal(hours[SOURCE_HOURS - 3], SENTRY_HOURS - 1);
  assert_int_equal(hours[0], 2);
  /* Long ago, or in the future. */
  sentry_fill_hours(&issue, 100000 * HOUR_MS, hours);
  for (int i = 0; i < SOURCE_HOURS; i++) assert_int_equal(hours[i], 0);
  sentry_fill_hours(&issue, 99 * HOUR_MS, hours);
  assert_int_equal(hours[0], 0);
  assert_int_equal(hours[1], 0);
  assert_int_equal(hours[2], 1);
  sentry_fill_days(&issue, 11 * DAY_MS, days);
  assert_int_equal(days[SOURCE_DAYS - 2], SENTRY_DAYS - 1);
}

static void test_activities(void **state) {
  (void)state;
  static const char json[] =
      "{\"id\": \"5\", \"title\": \"Boom\", \"status\": \"unresolved\", \"activity\": ["
      "{\"id\": \"3\", \"type\": \"set_regression\", \"dateCreated\": \"2026-11-03T00:00:00Z\", "
      "\"user\": null, \"data\": {\"event_id\": \"0123456789abcdef0123456789abcdef\", \"version\": "
      "\"2.0\"}},"
      "{\"id\": \"2\", \"type\": \"set_resolved\", \"dateCreated\": \"2026-11-02T00:00:00Z\", "
      "\"user\": {\"id\": \"1\", \"name\": \"Ann\", \"email\": \"a@example.org\"}, \"data\": {}},"
      "{\"id\": \"1\", \"type\": \"something_new\", \"dateCreated\": \"2026-11-01T00:00:00Z\"}]}";
  struct sentry_issue issue;
  struct problem problem;
  struct activity *activities;
  assert_int_equal(sentry_issue_read(&arena, slice_of_string(json), &issue, &problem), STATUS_OK);
  assert_int_equal(sentry_fill_activities(&arena, &issue, &activities), 2);
  assert_int_equal(activities[0].kind, ACTIVITY_REGRESSED);
  EXPECT_TEXT(activities[0].data, "0123456789abcdef0123456789abcdef");
  EXPECT_TEXT(activities[0].release, "2.0");
  assert_int_equal(activities[1].kind, ACTIVITY_RESOLVED);
  EXPECT_TEXT(activities[1].user_name, "Ann");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lists),      cmocka_unit_test(test_events),
      cmocka_unit_test(test_answers),    cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_sights),     cmocka_unit_test(test_hours_move),
      cmocka_unit_test(test_activities),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_free(&arena);
  return failed;
}
