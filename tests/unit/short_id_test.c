/* short_id_test.c - "APP-1A": written, and read forgivingly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tracker/tracker.h"

static void check(const char *slug, int64_t number, const char *expected) {
  struct arena arena = {0};
  struct project project = {.slug = slice_of_string(slug)};
  struct group group = {.number = number};
  struct slice id = group_short_id(&arena, &project, &group);
  int64_t back = 0;
  assert_int_equal(id.len, slice_of_string(expected).len);
  assert_memory_equal(id.ptr, expected, id.len);
  assert_true(group_short_id_parse(id, &back));
  assert_int_equal(back, number);
  arena_free(&arena);
}

static void test_round_trip(void **state) {
  (void)state;
  check("app", 1, "APP-1");
  check("app", 42, "APP-1A");
  check("pump-station", 31, "PUMP-STATION-Z");
  check("a.b_c", 32, "A.B_C-10");
  check("x", INT64_C(1) << 59, "X-G00000000000");
}

static void test_forgiving(void **state) {
  (void)state;
  int64_t number;
  assert_true(group_short_id_parse(SLICE("app-1a"), &number));
  assert_int_equal(number, 42);
  assert_true(group_short_id_parse(SLICE("APP-IO"), &number));
  assert_int_equal(number, 32);
  assert_true(group_short_id_parse(SLICE("APP-l"), &number));
  assert_int_equal(number, 1);
}

static void test_refused(void **state) {
  static const char *const texts[] = {"",         "-",     "APP",   "APP-",   "-1",
                                      "42",       "APP-U", "APP-0", "APP-1 ", "APP-ZZZZZZZZZZZZZ",
                                      "APP-1\xff"};
  (void)state;
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    int64_t number;
    assert_false(group_short_id_parse(slice_of_string(texts[i]), &number));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_forgiving),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests_name("short ids", tests, NULL, NULL);
}
