/* Rules of the pages that need no server: routes, addresses to return to, snippets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "web/sign_in.h"
#include "web/snippets.h"
#include "web/web.h"

static void test_every_route_names_its_access(void **state) {
  (void)state;
  size_t count = 0;
  for (const struct http_route *route = web_routes; route->pattern; route++, count++) {
    if (!(route->access & WEB_ROUTE) || route->access == WEB_ROUTE) {
      fail_msg("%s %s names no access", route->method, route->pattern);
    }
    bool is_get = strcmp(route->method, "GET") == 0;
    if (!is_get && strcmp(route->method, "POST") != 0)
      fail_msg("%s is no form's method", route->method);
    if (!is_get && route->access == WEB_STATIC) fail_msg("%s is no file", route->pattern);
    bool names_project = strstr(route->pattern, "{organization}/{project}") != NULL;
    bool asks_role = (route->access & ~(0xffu | WEB_ERRORS)) == WEB_PROJECT(0);
    if (names_project != asks_role)
      fail_msg("%s has to ask for a role in its project", route->pattern);
    if (asks_role && (route->access & 0xff) < ROLE_GUEST)
      fail_msg("%s asks for no role", route->pattern);
  }
  assert_true(count > 30);
}

static void test_return_paths(void **state) {
  (void)state;
  assert_true(slice_equal_string(safe_return_path(SLICE("/a?b=c")), "/a?b=c"));
  static const char *const bad[] = {"",     "a",   "//a", "/\\a", "http://a", "javascript:a",
                                    "/a b", "/\na"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_true(slice_equal_string(safe_return_path(slice_of_string(bad[i])), "/"));
  }
}

static void test_snippets(void **state) {
  (void)state;
  struct arena arena = {0};
  for (size_t i = 0; i < snippet_count; i++) {
    struct slice text = snippet_text(&arena, &snippets[i], SLICE("DSN"));
    assert_true(slice_find(text, SLICE("DSN")) < text.len);
    assert_true(slice_find(text, SLICE(SNIPPET_DSN)) == text.len);
  }
  assert_ptr_equal(snippet_find(SLICE("go"), SLICE("python")),
                   snippet_find(SLICE("go"), SLICE_EMPTY));
  assert_string_equal(snippet_find(SLICE("x"), SLICE("ruby-rails"))->id, "ruby");
  assert_ptr_equal(snippet_find(SLICE("x"), SLICE("y")), &snippets[0]);
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_route_names_its_access),
      cmocka_unit_test(test_return_paths),
      cmocka_unit_test(test_snippets),
  };
  return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
