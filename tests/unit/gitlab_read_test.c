/* gitlab_read_test.c - what GitLab's answers and webhooks say, and which addresses are issues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "forge/gitlab.h"
#include "forge/limits.h"

#define ASSERT_TEXT(slice, text) assert_true(slice_equal_string((slice), (text)))
#define SHA "0123456789abcdef0123456789abcdef01234567"

static struct arena arena;

static yyjson_val *json_of(const char *text) {
  yyjson_val *json;
  struct problem problem;
  assert_int_equal(json_read(&arena, slice_of_string(text), &json, &problem), STATUS_OK);
  return json;
}

static void test_issue(void **state) {
  struct gitlab_issue issue;
  (void)state;
  assert_true(gitlab_issue_read(
      json_of("{\"iid\":3,\"state\":\"opened\",\"title\":\"T\",\"description\":null,\"web_url\":"
              "\"https://g.example/a/b/-/issues/3\",\"updated_at\":\"2026-11-22T09:38:00.123Z\","
              "\"moved_to_id\":null}"),
      &issue));
  assert_int_equal(issue.number, 3);
  assert_true(issue.is_open && !issue.is_moved);
  assert_int_equal(issue.updated_ms % 1000, 123);
  assert_true(gitlab_issue_read(
      json_of("{\"iid\":3,\"state\":\"closed\",\"web_url\":\"http://g/1\",\"moved_to_id\":7}"),
      &issue));
  assert_true(!issue.is_open && issue.is_moved);
  assert_false(gitlab_issue_read(json_of("{\"iid\":3,\"state\":\"half\",\"web_url\":\"http://g\"}"),
                                 &issue));
  assert_false(gitlab_issue_read(
      json_of("{\"iid\":0,\"state\":\"opened\",\"web_url\":\"http://g\"}"), &issue));
  /* What would be a script in a page is no address. */
  assert_false(gitlab_issue_read(
      json_of("{\"iid\":3,\"state\":\"opened\",\"web_url\":\"javascript:alert(1)\"}"), &issue));
  assert_false(gitlab_issue_read(json_of("[]"), &issue));
  assert_false(gitlab_issue_read(NULL, &issue));
}

static void test_project(void **state) {
  struct gitlab_project_info project;
  (void)state;
  static const struct {
    const char *more;
    bool has_issues;
  } cases[] = {{"", true},
               {",\"issues_enabled\":true,\"issues_access_level\":\"private\"", true},
               {",\"issues_access_level\":\"disabled\"", false},
               {",\"issues_enabled\":false", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct slice json = arena_printf(&arena,
                                     "{\"id\":5,\"path_with_namespace\":\"a/b\",\"web_url\":"
                                     "\"https://g/a/b\"%s}",
                                     cases[i].more);
    assert_true(gitlab_project_read(json_of(arena_string(&arena, json)), &project));
    assert_int_equal(project.has_issues, cases[i].has_issues);
  }
  assert_false(gitlab_project_read(json_of("{\"id\":5}"), &project));
}

static void test_commit(void **state) {
  struct commit commit;
  struct gitlab_merge_request request;
  (void)state;
  assert_true(gitlab_commit_read(
      &arena,
      json_of("{\"id\":\"" SHA
              "\",\"title\":\"T\",\"message\":\"T\\n\\nmore\",\"author_name\":\"A\","
              "\"authored_date\":\"2021-09-20T11:50:22.000+03:00\",\"web_url\":\"ftp://g\"}"),
      &commit));
  ASSERT_TEXT(commit.sha, SHA);
  assert_int_equal(commit.url.len, 0);
  assert_int_equal(commit.author_time_ms, 1632127822000);
  assert_false(gitlab_commit_read(&arena, json_of("{\"id\":\"abc\"}"), &commit));
  assert_false(gitlab_commit_read(&arena, json_of("{\"id\":\"../../..\"}"), &commit));
  assert_true(gitlab_merge_request_read(
      json_of("[{\"iid\":1,\"state\":\"closed\",\"web_url\":\"http://g/1\"},{\"iid\":2,\"state\":"
              "\"merged\",\"web_url\":\"http://g/2\"},{\"iid\":3,\"state\":\"merged\",\"web_url\":"
              "\"http://g/3\"}]"),
      &request));
  assert_int_equal(request.number, 2);
  assert_false(gitlab_merge_request_read(json_of("[]"), &request));
  assert_false(gitlab_merge_request_read(json_of("[{\"iid\":1}, 7, null]"), &request));
}

static void test_changes(void **state) {
  struct commit_details details = {0};
  (void)state;
  gitlab_changes_read(
      &arena,
      json_of(
          "[{\"old_path\":\"a\",\"new_path\":\"b\",\"renamed_file\":true,\"diff\":\"@@ -1 +1,2 "
          "@@\\n-x\\n+y\\n+z\"},{\"new_path\":\"c\",\"new_file\":true,\"diff\":\"\",\"too_large\":"
          "true},{}]"),
      &details);
  assert_int_equal(details.file_count, 3);
  assert_int_equal(details.files[0].change, 'R');
  assert_int_equal(details.files[0].added, 2);
  assert_int_equal(details.files[0].deleted, 1);
  assert_int_equal(details.files[1].change, 'A');
  assert_true(details.is_patch_cut);
  assert_true(slice_starts_with(details.patch, SLICE("diff --git a/a b/b\n@@ -1 +1,2 @@\n-x\n")));

  /* More files than are shown, and a patch beyond its limit. */
  struct buffer text = buffer_make(16 * 1024 * 1024);
  BUFFER_APPEND_LITERAL(&text, "[");
  for (int i = 0; i < COMMIT_FILES_LIMIT + 5; i++)
    buffer_printf(&text, "%s{\"new_path\":\"%d\",\"diff\":\"+%0500d\\n\"}", i ? "," : "", i, i);
  BUFFER_APPEND_LITERAL(&text, "]");
  yyjson_val *json;
  struct problem problem;
  assert_int_equal(json_read(&arena, buffer_slice(&text), &json, &problem), STATUS_OK);
  details = (struct commit_details){0};
  gitlab_changes_read(&arena, json, &details);
  assert_int_equal(details.file_count, COMMIT_FILES_LIMIT);
  assert_true(details.is_patch_cut);
  assert_true(details.patch.len <= COMMIT_PATCH_BYTES);
  buffer_free(&text);
}

static void test_tree(void **state) {
  struct buffer names = buffer_make(64);
  (void)state;
  assert_true(gitlab_tree_read(
      json_of(
          "[{\"type\":\"tree\",\"path\":\"lib\"},{\"type\":\"blob\",\"path\":\"lib/a.c\"},"
          "{\"type\":\"blob\",\"path\":\"two\\nlines\"},{\"type\":\"commit\",\"path\":\"sub\"}]"),
      &names));
  ASSERT_TEXT(buffer_slice(&names), "lib/a.c\n");
  assert_false(gitlab_tree_read(json_of("{}"), &names));
  buffer_free(&names);
}

static void test_message(void **state) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{\"message\":\"404 Not found\"}", "404 Not found"},
      {"{\"message\":{\"title\":[\"is too long\"],\"base\":[\"no\"]}}",
       "title is too long, base no"},
      {"{\"message\":[\"one\",\"two\"]}", "one"},
      {"{\"error\":\"title is missing\"}", "title is missing"},
      {"{\"error\":\"insufficient_scope\",\"error_description\":\"More\\nis\\u0007needed\"}",
       "More is needed"},
      {"{}", ""},
      {"[1]", ""},
      {"{\"message\":{\"a\":{}}}", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ASSERT_TEXT(gitlab_message(&arena, json_of(cases[i].json)), cases[i].message);
}

static void test_hook(void **state) {
  struct gitlab_hook hook;
  (void)state;
  const char *text =
      "{\"object_kind\":\"issue\",\"project\":{\"id\":5},\"object_attributes\":{\"iid\":9,"
      "\"action\":"
      "\"close\",\"updated_at\":\"2017-09-15 16:50:55 UTC\"}}";
  assert_true(gitlab_hook_read(json_of(text), &hook));
  assert_true(hook.is_closed && !hook.is_reopened);
  assert_int_equal(hook.updated_ms, 1505494255000);
  assert_false(gitlab_hook_read(json_of("{\"object_kind\":\"push\"}"), &hook));
  assert_false(gitlab_hook_read(json_of("[]"), &hook));
  assert_false(gitlab_hook_read(
      json_of("{\"object_kind\":\"issue\",\"object_attributes\":{\"iid\":9}}"), &hook));
}

static void test_issue_of_url(void **state) {
  static const struct {
    const char *url;
    int64_t number; /* 0: it is none */
  } cases[] = {
      {"https://g.example/a/b/-/issues/12", 12},
      {"https://g.example/a/b/issues/12", 12},
      {"https://g.example/a/b/-/work_items/12", 12},
      {"https://g.example/a/b/-/issues/12#note_7", 12},
      {"https://g.example/a/b/-/issues/12?x=1", 12},
      {"https://g.example/a/b/-/issues/12/designs", 0},
      {"https://g.example/a/b/-/issues/", 0},
      {"https://g.example/a/b/-/issues/0", 0},
      {"https://g.example/a/b/-/merge_requests/12", 0},
      {"https://g.example/a/bc/-/issues/12", 0},
      {"https://g.example/a/b2/-/issues/12", 0},
      {"https://evil.example/a/b/-/issues/12", 0},
      {"", 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t number = 0;
    bool is_issue = gitlab_issue_of_url(slice_of_string(cases[i].url),
                                        SLICE("https://g.example/a/b/"), &number);
    if (is_issue != (cases[i].number != 0)) print_message("%s\n", cases[i].url);
    assert_int_equal(is_issue, cases[i].number != 0);
    if (is_issue) assert_int_equal(number, cases[i].number);
  }
  int64_t number;
  assert_false(gitlab_issue_of_url(SLICE("/-/issues/1"), SLICE_EMPTY, &number));
}

static int empty_arena(void **state) {
  (void)state;
  arena_free(&arena);
  arena = (struct arena){0};
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_issue, empty_arena),
      cmocka_unit_test_teardown(test_project, empty_arena),
      cmocka_unit_test_teardown(test_commit, empty_arena),
      cmocka_unit_test_teardown(test_changes, empty_arena),
      cmocka_unit_test_teardown(test_tree, empty_arena),
      cmocka_unit_test_teardown(test_message, empty_arena),
      cmocka_unit_test_teardown(test_hook, empty_arena),
      cmocka_unit_test_teardown(test_issue_of_url, empty_arena),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
