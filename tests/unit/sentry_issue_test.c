/* sentry_issue_test.c - issues and repositories as Sentry's Web API answers: by
 * hand, and the answers among the shared fixtures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "source/sentry_issue.h"
#include "source/sentry_repository.h"

#define ASSERT_TEXT(slice_value, text)                             \
  assert_true(slice_equal((slice_value), slice_of_string(text)) || \
              (print_error("\"%.*s\"\n", SLICE_ARGS(slice_value)), false))

static int64_t time_of(const char *text) {
  int64_t time_ms;
  assert_true(time_parse_iso(slice_of_string(text), &time_ms));
  return time_ms;
}

static struct sentry_issue read_issue(struct arena *arena, const char *json) {
  struct sentry_issue issue;
  struct problem problem = {0};
  if (sentry_issue_read(arena, slice_of_string(json), &issue, &problem))
    fail_msg("%s", problem.message);
  return issue;
}

/* --- by hand -------------------------------------------------------------------------- */

static void reads_an_issue(void **state) {
  struct arena arena = {0};
  struct sentry_issue issue = read_issue(
      &arena,
      "{\"id\":\"503504\",\"title\":\"A: b\",\"status\":\"unresolved\",\"substatus\":\"regressed\","
      "\"level\":\"warning\",\"culprit\":\"c\",\"shortId\":\"SHOP-1\",\"platform\":\"node\","
      "\"logger\":null,\"type\":\"error\",\"isUnhandled\":true,\"count\":\"21\",\"userCount\":3,"
      "\"firstSeen\":\"2026-11-01T10:00:00Z\",\"lastSeen\":\"2026-11-02T10:00:00.5Z\","
      "\"metadata\":{\"type\":\"A\",\"value\":\"b\",\"filename\":\"a.js\"},\"numComments\":2,"
      "\"permalink\":\"https://s.example/issues/503504/\","
      "\"project\":{\"id\":2,\"name\":\"Shop\",\"slug\":\"shop\"},"
      "\"firstRelease\":{\"version\":\"shop@1.0\",\"shortVersion\":\"1.0\",\"lastCommit\":"
      "{\"id\":\"f00\"}},\"lastRelease\":null,"
      "\"assignedTo\":{\"type\":\"user\",\"id\":\"7\",\"name\":\"Ann\",\"email\":\"ann@example."
      "org\"},"
      "\"tags\":[{\"key\":\"browser\",\"name\":\"Browser\",\"totalValues\":10,\"uniqueValues\":2,"
      "\"topValues\":[{\"value\":\"Firefox\",\"count\":6,\"lastSeen\":\"2026-11-02T10:00:00Z\"}]},"
      "{\"key\":\"os\",\"totalValues\":4}],"
      "\"activity\":[{\"id\":\"9\",\"type\":\"note\",\"dateCreated\":\"2026-11-01T11:00:00Z\","
      "\"user\":{\"name\":\"Ann\",\"email\":\"ann@example.org\"},\"data\":{\"text\":\"Look.\"}},"
      "{\"id\":\"0\",\"type\":\"first_seen\",\"dateCreated\":\"2026-11-01T10:00:00Z\",\"user\":"
      "null}]}");
  (void)state;
  assert_int_equal(issue.group.id, 503504);
  assert_int_equal(issue.group.status, GROUP_UNRESOLVED);
  assert_true(issue.group.is_regressed && issue.group.is_unhandled);
  assert_int_equal(issue.group.level, LEVEL_WARNING);
  ASSERT_TEXT(issue.group.error_type, "A");
  ASSERT_TEXT(issue.group.error_value, "b");
  ASSERT_TEXT(issue.group.location, "a.js");
  ASSERT_TEXT(issue.group.platform, "node");
  assert_int_equal(issue.group.event_count, 21);
  assert_int_equal(issue.group.user_count, 3);
  assert_int_equal(issue.group.first_seen_ms, time_of("2026-11-01T10:00:00Z"));
  assert_int_equal(issue.group.last_seen_ms, time_of("2026-11-02T10:00:00.5Z"));
  ASSERT_TEXT(issue.group.first_release, "shop@1.0");
  ASSERT_TEXT(issue.group.last_release, "");
  ASSERT_TEXT(issue.short_id, "SHOP-1");
  assert_int_equal(issue.project.id, 2);
  ASSERT_TEXT(issue.project.slug, "shop");
  ASSERT_TEXT(issue.first_release.short_version, "1.0");
  ASSERT_TEXT(issue.first_release.commit_id, "f00");
  ASSERT_TEXT(issue.assignee.email, "ann@example.org");
  assert_false(issue.is_assigned_to_team);
  assert_int_equal(issue.tag_count, 2);
  assert_int_equal(issue.tags[0].total, 10);
  assert_int_equal(issue.tags[0].other, 4);
  ASSERT_TEXT(issue.tags[0].values[0].value, "Firefox");
  assert_int_equal(issue.activity_count, 2);
  ASSERT_TEXT(issue.activities[0].kind, "note");
  ASSERT_TEXT(issue.activities[0].text, "Look.");
  ASSERT_TEXT(issue.activities[0].person.email, "ann@example.org");
  assert_int_equal(issue.activities[1].id, 0);
  assert_int_equal(issue.comment_count, 2);
  arena_free(&arena);
}

static void reads_statuses(void **state) {
  static const struct {
    const char *name;
    enum group_status status;
  } cases[] = {
      {"unresolved", GROUP_UNRESOLVED},
      {"resolved", GROUP_RESOLVED},
      {"resolvedInNextRelease", GROUP_RESOLVED},
      {"ignored", GROUP_IGNORED},
      {"archived", GROUP_IGNORED},
      {"muted", GROUP_IGNORED},
      {"pending_deletion", GROUP_UNRESOLVED},
      {"reprocessing", GROUP_UNRESOLVED},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(sentry_status(slice_of_string(cases[i].name)), cases[i].status);
}

static void takes_numbers_of_every_kind(void **state) {
  static const struct {
    const char *count;
    int64_t number;
  } cases[] = {{"\"17283712\"", 17283712},
               {"17", 17},
               {"17.0", 17},
               {"null", 0},
               {"\"many\"", 0},
               {"\"-3\"", 0},
               {"-3", 0},
               {"1e3", 1000},
               {"true", 0},
               {"\"1e3\"", 0},
               {"1e300", 0},
               {"[1]", 0}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct arena arena = {0};
    struct slice json = arena_printf(
        &arena, "{\"id\":12,\"title\":\"\",\"status\":\"muted\",\"count\":%s}", cases[i].count);
    struct sentry_issue issue = read_issue(&arena, arena_string(&arena, json));
    assert_int_equal(issue.group.id, 12);
    assert_int_equal(issue.group.event_count, cases[i].number);
    arena_free(&arena);
  }
}

static void refuses_what_is_no_issue(void **state) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"7", "Sentry's answer is not an issue."},
      {"{}",
       "Sentry's answer is missing keys: id, title, status. Check that the URL leads to a Sentry."},
      {"{\"id\":\"1\",\"status\":\"resolved\"}",
       "Sentry's answer is missing keys: title. Check that the URL leads to a Sentry."},
      {"{\"id\":\"SHOP-1\",\"title\":\"\",\"status\":\"\"}",
       "Sentry's answer has \"SHOP-1\" as an issue's id, which should be digits."},
      {"{\"id\":1.5,\"title\":\"\",\"status\":\"\"}",
       "Sentry's answer has \"1.5\" as an issue's id, which should be digits."},
      {"{\"id\":\"99999999999999999999\",\"title\":\"\",\"status\":\"\"}",
       "Sentry's answer has \"99999999999999999999\" as an issue's id, which should be digits."},
      {"{\"id\":1,\"title\":\"\",\"status\":\"\",\"project\":{\"id\":\"x\"}}",
       "Sentry's answer has \"x\" as a project's id, which should be digits."},
      {"{\"id\":", "Invalid JSON at byte 6: unexpected end of data."},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct arena arena = {0};
    struct sentry_issue issue;
    struct problem problem = {0};
    assert_int_equal(sentry_issue_read(&arena, slice_of_string(cases[i].json), &issue, &problem),
                     STATUS_BAD_INPUT);
    assert_string_equal(problem.message, cases[i].message);
    arena_free(&arena);
  }
}

static void finds_links(void **state) {
  struct arena arena = {0};
  struct sentry_issue issue = read_issue(
      &arena,
      "{\"id\":1,\"title\":\"\",\"status\":\"\",\"annotations\":["
      "\"<a href=\\\"https://g.example/a/b/issues/1?x=1&amp;y=2\\\">a/b#1 &lt;x&gt;</a>\","
      "\"<span><a class='x' href='https://g.example/2' rel=nofollow>two</a></span>\","
      "\"<a href=https://g.example/3>three</a>\",\"no link\",\"\",null,"
      "{\"url\":\"https://g.example/4\",\"displayName\":\"four\"},{\"displayName\":\"five\"},"
      "\"<a href=\\\"\"],"
      "\"pluginIssues\":[{\"id\":\"gitlab\",\"issue\":{\"issue_id\":5,"
      "\"url\":\"https://g.example/5\"}},{\"slug\":\"jira\",\"issue\":null},null]}");
  (void)state;
  assert_int_equal(issue.annotation_count, 4);
  ASSERT_TEXT(issue.annotations[0].url, "https://g.example/a/b/issues/1?x=1&y=2");
  ASSERT_TEXT(issue.annotations[0].label, "a/b#1 <x>");
  ASSERT_TEXT(issue.annotations[1].url, "https://g.example/2");
  ASSERT_TEXT(issue.annotations[1].label, "two");
  ASSERT_TEXT(issue.annotations[2].url, "https://g.example/3");
  ASSERT_TEXT(issue.annotations[3].label, "four");
  assert_int_equal(issue.plugin_issue_count, 1);
  ASSERT_TEXT(issue.plugin_issues[0].plugin, "gitlab");
  ASSERT_TEXT(issue.plugin_issues[0].issue, "5");
  ASSERT_TEXT(issue.plugin_issues[0].url, "https://g.example/5");
  arena_free(&arena);
}

static void reads_figures(void **state) {
  struct arena arena = {0};
  struct sentry_issue issue = read_issue(
      &arena,
      "{\"id\":1,\"title\":\"\",\"status\":\"\",\"stats\":{\"24h\":[[3600,5],[7200.0,7]],\"30d\":["
      "[86400,1],[172800,2],[259200,3],[345600,4],[432000,5],[518400,6],[604800,7],[691200,8],"
      "[777600,9],[864000,10],[950400,11],[1036800,12],[1123200,13],[1209600,14],[1296000,15],"
      "[1382400,16],[1468800,17],[1555200,18],[1641600,19],[1728000,20],[1814400,21],[1900800,22],"
      "[1987200,23],[2073600,24],[2160000,25],[2246400,26],[2332800,27],[2419200,28],[2505600,29],"
      "[2592000,30],[2678400,31],[2764800,32]]}}");
  (void)state;
  assert_int_equal(issue.hours[21], 0);
  assert_int_equal(issue.hours[22], 5);
  assert_int_equal(issue.hours[23], 7);
  assert_int_equal(issue.hours_end_ms, 7200 * SECOND_MS);
  assert_int_equal(issue.days[0], 3);
  assert_int_equal(issue.days[29], 32);
  assert_int_equal(issue.days_end_ms, 2764800 * SECOND_MS);
  arena_free(&arena);
}

static void reads_teams_and_old_assignees(void **state) {
  struct arena arena = {0};
  struct sentry_issue issue =
      read_issue(&arena,
                 "{\"id\":1,\"title\":\"\",\"status\":\"\",\"assignedTo\":{\"type\":\"team\","
                 "\"id\":\"4\",\"name\":\"payments\"}}");
  (void)state;
  assert_true(issue.is_assigned_to_team);
  ASSERT_TEXT(issue.assignee.name, "payments");
  issue = read_issue(
      &arena, "{\"id\":1,\"title\":\"\",\"status\":\"\",\"assignedTo\":\"ann@example.org\"}");
  ASSERT_TEXT(issue.assignee.name, "ann@example.org");
  arena_free(&arena);
}

/* --- repositories --------------------------------------------------- */

static void checks_repositories(void **state) {
  struct arena arena = {0};
  struct sentry_repositories repositories;
  struct problem problem;
  (void)state;
  assert_int_equal(
      sentry_repositories_read(&arena, SLICE("{\"detail\":\"x\"}"), &repositories, &problem),
      STATUS_BAD_INPUT);
  assert_string_equal(problem.message, "Sentry's answer is not a list.");
  assert_int_equal(
      sentry_repositories_read(&arena, SLICE("[{\"status\":\"active\"}]"), &repositories, &problem),
      STATUS_BAD_INPUT);
  assert_string_equal(problem.message,
                      "Sentry's answer is missing keys: integrationId, externalSlug. Check that "
                      "the URL leads to a Sentry.");
  arena_free(&arena);
}

/* --- answers of a real server ------------------------------------------------------------- */

/* Empty when there are no fixtures. */
static struct slice answer(struct arena *arena, const char *name) {
  char path[4096];
  const char *base = getenv("CULPRIT_SHARED");
  if (!base) base = access("../shared", R_OK) == 0 ? "../shared" : "../../shared";
  snprintf(path, sizeof path, "%s/data/gitlab/sentry/%s", base, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    /* cmocka's skip() prints "not ok". */
    print_message("# skipped: the directory of shared fixtures is not there\n");
    return SLICE_EMPTY;
  }
  char *bytes = arena_alloc_raw(arena, 1 << 20);
  size_t length = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return slice_of(bytes, length);
}

static void reads_answers_of_sentry(void **state) {
  struct arena arena = {0};
  struct sentry_issues issues;
  struct problem problem = {0};
  struct slice json = answer(&arena, "issues_sample_response.json");
  (void)state;
  if (slice_is_empty(json)) return;
  assert_int_equal(sentry_issues_read(&arena, json, &issues, &problem), STATUS_OK);
  assert_int_equal(issues.count > 1, true);
  assert_int_equal(issues.issues[0].group.id, 11);
  assert_int_equal(issues.issues[1].group.event_count, 17283712);
  struct sentry_issue issue;
  json = answer(&arena, "issue_sample_response.json");
  assert_int_equal(sentry_issue_read(&arena, json, &issue, &problem), STATUS_OK);
  assert_int_equal(issue.group.id, 503504);
  assert_int_equal(issue.hours[23], 943);
  assert_int_equal(issue.days[0] > 0, true);
  ASSERT_TEXT(issue.plugin_issues[0].url, "https://gitlab.com/gitlab-org/gitlab/issues/1");
  ASSERT_TEXT(issue.first_release.version, "17642328ead24b51867165985996d04b29310337");
  ASSERT_TEXT(issue.first_release.short_version, "1764232");
  assert_int_equal(issue.activity_count, 1);
  arena_free(&arena);
}

static void reads_repositories_of_sentry(void **state) {
  struct arena arena = {0};
  struct sentry_repositories repositories;
  struct problem problem = {0};
  struct slice json = answer(&arena, "repos_sample_response.json");
  (void)state;
  if (slice_is_empty(json)) return;
  assert_int_equal(sentry_repositories_read(&arena, json, &repositories, &problem), STATUS_OK);
  assert_int_equal(repositories.count, 1);
  ASSERT_TEXT(repositories.repositories[0].integration_id, "48066");
  ASSERT_TEXT(repositories.repositories[0].external_slug, "139");
  ASSERT_TEXT(repositories.repositories[0].provider, "integrations:gitlab");
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_an_issue),
      cmocka_unit_test(reads_statuses),
      cmocka_unit_test(takes_numbers_of_every_kind),
      cmocka_unit_test(refuses_what_is_no_issue),
      cmocka_unit_test(finds_links),
      cmocka_unit_test(reads_figures),
      cmocka_unit_test(reads_teams_and_old_assignees),
      cmocka_unit_test(checks_repositories),
      cmocka_unit_test(reads_answers_of_sentry),
      cmocka_unit_test(reads_repositories_of_sentry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
