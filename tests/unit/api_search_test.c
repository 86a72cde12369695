/* api_search_test.c - the query of the issue list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "api/sentry/search.h"
#include "store/group.h"

static const struct {
  const char *query;
  int status; /* -1: all; -2: refused */
  const char *text;
} cases[] = {
    {"", -1, ""},
    {"   ", -1, ""},
    {"is:unresolved", GROUP_UNRESOLVED, ""},
    {"is:resolved", GROUP_RESOLVED, ""},
    {"is:ignored", GROUP_IGNORED, ""},
    {"is:archived boom", GROUP_IGNORED, "boom"},
    {"is:unresolved  time   out ", GROUP_UNRESOLVED, "time out"},
    {"out is:unresolved time", GROUP_UNRESOLVED, "out time"},
    {"\"is:resolved\"", -1, "is:resolved"},
    {"\"a  b\" c", -1, "a  b c"},
    {"\"open", -1, "open"},
    {"ValueError: bad input", -1, "ValueError: bad input"},
    {"http://example.org/x", -1, "http://example.org/x"},
    {"Foo::bar", -1, "Foo::bar"},
    {":x 12:30", -1, ":x 12:30"},
    {"!", -1, "!"},
    {"is:resolved is:resolved", GROUP_RESOLVED, ""},
    {"is:resolved is:ignored", -2, NULL},
    {"is:gone", -2, NULL},
    {"!is:resolved", -2, NULL},
    {"level:error", -2, NULL},
    {"!level:error", -2, NULL},
    {"user.email:a@b", -2, NULL},
    {"has:user", -2, NULL},
};

static void test_queries(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct arena arena = {0};
    struct search search;
    struct problem problem = {0};
    enum status status = search_parse(&arena, slice_of_string(cases[i].query), &search, &problem);
    print_message("# %s\n", cases[i].query);
    if (cases[i].status == -2) {
      assert_int_equal(status, STATUS_BAD_INPUT);
      assert_true(problem.message[0] != 0);
    } else {
      assert_int_equal(status, STATUS_OK);
      assert_int_equal(search.status, cases[i].status);
      assert_true(slice_equal_string(search.text, cases[i].text));
    }
    arena_free(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_queries)};
  return cmocka_run_group_tests_name("search of the API", tests, NULL, NULL);
}
