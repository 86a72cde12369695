/* base_test.c - slices, maps, time, bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/map.h"

static void test_slices_are_searched(void **state) {
  (void)state;
  struct slice text = SLICE("one two one");
  assert_int_equal(slice_find(text, SLICE("one")), 0);
  assert_int_equal(slice_find(text, SLICE("two")), 4);
  assert_int_equal(slice_find(text, SLICE("e t")), 2);
  assert_int_equal(slice_find(text, SLICE("onet")), text.len);
  assert_int_equal(slice_find(text, SLICE("one two one and more")), text.len);
  assert_int_equal(slice_find(text, SLICE("")), 0);
  assert_int_equal(slice_find(SLICE_EMPTY, SLICE("a")), 0);
  assert_int_equal(slice_find(SLICE("aab"), SLICE("ab")), 1);
  assert_int_equal(slice_find_last_byte(text, 'o'), 8);
}

static void test_slices_are_cut_between_characters(void **state) {
  (void)state;
  struct slice text = SLICE("a\xc3\xa9\xe2\x82\xac");
  assert_int_equal(slice_cut_utf8(text, 2).len, 1);
  assert_int_equal(slice_cut_utf8(text, 3).len, 3);
  assert_int_equal(slice_cut_utf8(text, 5).len, 3);
  assert_int_equal(slice_cut_characters(text, 2).len, 3);
  assert_int_equal(slice_cut_characters(text, 9).len, 6);
}

static void test_numbers_are_digits_only(void **state) {
  (void)state;
  uint64_t number;
  assert_true(slice_to_u64(SLICE("18446744073709551615"), &number));
  assert_true(number == UINT64_MAX);
  assert_false(slice_to_u64(SLICE("18446744073709551616"), &number));
  assert_false(slice_to_u64(SLICE("+3"), &number));
  assert_false(slice_to_u64(SLICE(" 3"), &number));
  assert_false(slice_to_u64(SLICE("0x3"), &number));
  assert_false(slice_to_u64(SLICE(""), &number));
}

static void test_slices_split(void **state) {
  (void)state;
  struct slice rest = SLICE("a,,b");
  assert_true(slice_equal(slice_split(&rest, ','), SLICE("a")));
  assert_true(slice_is_empty(slice_split(&rest, ',')));
  assert_true(slice_equal(slice_split(&rest, ','), SLICE("b")));
  assert_true(slice_is_empty(rest));
  assert_true(slice_equal(slice_trim(SLICE(" \t x y\r\n")), SLICE("x y")));
}

static void test_a_buffer_keeps_its_limit(void **state) {
  (void)state;
  struct buffer buffer = buffer_make(10);
  buffer_append(&buffer, "12345678", 8);
  buffer_append_u64(&buffer, 12);
  assert_false(buffer.is_overflown);
  buffer_append_byte(&buffer, 'x');
  assert_true(buffer.is_overflown);
  assert_int_equal(buffer.len, 10);
  buffer_clear(&buffer);
  buffer_append_i64(&buffer, -70);
  assert_true(slice_equal(buffer_slice(&buffer), SLICE("-70")));
  buffer_free(&buffer);
}

static void test_a_map_keeps_and_removes(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  static char keys[COUNT][8];
  struct map map = {0};
  for (int i = 0; i < COUNT; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    map_put(&map, slice_of_string(keys[i]), keys[i]);
  }
  for (int i = 0; i < COUNT; i += 3)
    assert_ptr_equal(map_remove(&map, slice_of_string(keys[i])), keys[i]);
  for (int i = 0; i < COUNT; i++)
    assert_ptr_equal(map_get(&map, slice_of_string(keys[i])), i % 3 ? keys[i] : NULL);
  size_t at = 0, count = 0;
  while (map_next(&map, &at)) count++;
  assert_int_equal(count, map.count);
  assert_null(map_remove(&map, SLICE("k0")));
  map_free(&map);
}

static void test_an_arena_takes_any_size(void **state) {
  (void)state;
  struct arena arena = {0};
  char *small = arena_alloc(&arena, 1), *large = arena_alloc(&arena, 100000),
       *after = arena_alloc(&arena, 1);
  assert_true((uintptr_t)small % 16 == 0 && (uintptr_t)large % 16 == 0);
  assert_true(after > small && after < small + 16 * 1024);
  memset(large, 1, 100000);
  arena_reset(&arena);
  assert_true(arena.total_bytes <= 16 * 1024);
  assert_true(slice_equal(arena_printf(&arena, "%d-%s", 7, "x"), SLICE("7-x")));
  arena_free(&arena);
}

static void test_time_is_read_and_written(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t time_ms;
  } good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-22T09:38:00.123456Z", 1795340280123},
      {"2026-11-22 09:38:00", 1795340280000},
      {"2026-11-22T11:38:00+02:00", 1795340280000},
      {"2026-11-22", 1795305600000},
      {"2000-02-29T23:59:60Z", 951868800000},
      {"1969-12-31T23:59:59.999Z", -1},
  };
  static const char *const bad[] = {"",
                                    "2026",
                                    "2026-13-01",
                                    "2026-11-22T25:00:00Z",
                                    "2026-11-22T09:38:00.Z",
                                    "2026-11-22T09:38:00Zx",
                                    "22.11.2026",
                                    "2026-11-22T09:38:00+25:00"};
  int64_t time_ms;
  char text[TIME_ISO_BYTES];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(time_parse_iso(slice_of_string(good[i].text), &time_ms));
    assert_true(time_ms == good[i].time_ms);
    time_format_iso(time_ms, text);
    assert_true(time_parse_iso(slice_of_string(text), &time_ms));
    assert_true(time_ms == good[i].time_ms);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(time_parse_iso(slice_of_string(bad[i]), &time_ms));
  time_format_iso(1795340280123, text);
  assert_string_equal(text, "2026-11-22T09:38:00.123Z");
  time_format_iso(INT64_MAX, text);
  assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void test_utf8_is_repaired(void **state) {
  (void)state;
  struct arena arena = {0};
  static const struct {
    const char *text, *repaired;
  } cases[] = {
      {"plain text, long enough", "plain text, long enough"},
      {"\xff", "\xef\xbf\xbd"},
      {"a\xc3", "a\xef\xbf\xbd"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xf0\x9f\x98\x80!", "\xf0\x9f\x98\x80!"},
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct slice repaired = utf8_repair(&arena, slice_of_string(cases[i].text));
    assert_true(slice_equal_string(repaired, cases[i].repaired));
    assert_true(utf8_is_valid(repaired));
  }
  arena_free(&arena);
}

static void test_event_ids_have_two_forms(void **state) {
  (void)state;
  struct arena arena = {0};
  struct event_id id, dashed;
  assert_true(event_id_parse(SLICE("0123456789ABCDEF0123456789abcdef"), &id));
  assert_true(event_id_parse(SLICE("01234567-89ab-cdef-0123-456789abcdef"), &dashed));
  assert_memory_equal(id.bytes, dashed.bytes, EVENT_ID_BYTES);
  assert_true(slice_equal(event_id_hex(&arena, &id), SLICE("0123456789abcdef0123456789abcdef")));
  assert_false(event_id_parse(SLICE("00000000000000000000000000000000"), &id));
  assert_false(event_id_parse(SLICE("0123456789abcdef0123456789abcdeg"), &id));
  assert_false(event_id_parse(SLICE("01234567+89ab-cdef-0123-456789abcdef"), &id));
  assert_false(event_id_parse(SLICE("0123"), &id));
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_slices_are_searched),
      cmocka_unit_test(test_slices_are_cut_between_characters),
      cmocka_unit_test(test_numbers_are_digits_only),
      cmocka_unit_test(test_slices_split),
      cmocka_unit_test(test_a_buffer_keeps_its_limit),
      cmocka_unit_test(test_a_map_keeps_and_removes),
      cmocka_unit_test(test_an_arena_takes_any_size),
      cmocka_unit_test(test_time_is_read_and_written),
      cmocka_unit_test(test_utf8_is_repaired),
      cmocka_unit_test(test_event_ids_have_two_forms),
  };
  return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
