/* gitlab_memory_test.c - sizes of values in Ruby, as ObjectSpace.memsize_of of CRuby 3.1 told them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "api/sentry/gitlab_memory.h"
#include "base/buffer.h"
#include "json/json.h"

static size_t size_of(const char *json) { return gitlab_memory_of(slice_of_string(json)); }

/* A list or an object of so many numbers; keys are short. */
static size_t size_of_many(bool is_object, size_t count) {
  struct buffer text = buffer_make(4 * 1024 * 1024);
  struct json_writer writer = {.out = &text};
  (is_object ? json_write_object : json_write_array)(&writer);
  for (size_t i = 0; i < count; i++) {
    char key[8] = {'k', (char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676), 0};
    if (is_object) json_write_key(&writer, key);
    json_write_integer(&writer, 1);
  }
  (is_object ? json_write_object_end : json_write_array_end)(&writer);
  size_t size = gitlab_memory_of(buffer_slice(&text));
  buffer_free(&text);
  return size;
}

static void test_values(void **state) {
  (void)state;
  assert_int_equal(size_of("1"), 0);
  assert_int_equal(size_of("null"), 0);
  assert_int_equal(size_of("[]"), 40);
  assert_int_equal(size_of("{}"), 40);
  assert_int_equal(size_of("[1,2,3]"), 40);
  assert_int_equal(size_of("[1,2,3,4]"), 200);
  assert_int_equal(size_of("[[],[]]"), 3 * 40);
  assert_int_equal(size_of("[[1],[[2]]]"), 4 * 40);
  assert_int_equal(size_of("\"\""), 40);
  assert_int_equal(size_of("\"12345678901234567890123\""), 40);
  assert_int_equal(size_of("\"123456789012345678901234\""), 65);
  assert_int_equal(size_of("\"a,b]}\\\"{[\""), 40);
  assert_int_equal(size_of("{\"a\":1}"), 168 + 40);
  assert_int_equal(size_of("{\"a\":{\"b\":null}}"), 2 * (168 + 40));
  assert_int_equal(size_of("{\"a\":\"b\",\"c\":[1.5]}"), 168 + 3 * 40 + 40 + 40);
}

static void test_many(void **state) {
  static const struct {
    size_t count, hash;
  } cases[] = {{8, 168},    {9, 928},     {32, 928},     {33, 1760},    {65, 3424},
               {129, 7264}, {257, 14432}, {1000, 28768}, {5000, 229472}};
  static const struct {
    size_t count, list;
  } lists[] = {{4, 200}, {17, 200}, {24, 336}, {50, 488}, {100, 1064}, {1000, 11840}};
  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    assert_int_equal(size_of_many(true, cases[i].count) - cases[i].count * 40, cases[i].hash);
  /* Room to grow is not the same for each length; never much less is counted. */
  for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
    size_t size = size_of_many(false, lists[i].count);
    assert_true(size * 10 >= lists[i].list * 9);
    assert_true(size <= lists[i].list * 2);
  }
}

static void test_limits(void **state) {
  (void)state;
  struct buffer text = buffer_make(4 * 1024 * 1024);
  buffer_append_byte(&text, '[');
  while (text.len < 400 * 1024) buffer_append(&text, "{\"\":0},", 7);
  buffer_append(&text, "1]", 2);
  assert_false(gitlab_reads(buffer_slice(&text)));
  buffer_clear(&text);
  buffer_append_byte(&text, '"');
  while (text.len < 900 * 1024) buffer_append_byte(&text, 'x');
  buffer_append_byte(&text, '"');
  assert_true(gitlab_reads(buffer_slice(&text)));
  while (text.len < 1025 * 1024) buffer_append_byte(&text, ' ');
  assert_false(gitlab_reads(buffer_slice(&text)));
  buffer_free(&text);
}

static void test_depth(void **state) {
  (void)state;
  struct buffer text = buffer_make(4 * 1024 * 1024);
  for (int i = 0; i < 100000; i++) buffer_append_byte(&text, '[');
  for (int i = 0; i < 100000; i++) buffer_append_byte(&text, ']');
  assert_true(gitlab_memory_of(buffer_slice(&text)) >= 100000 * 40);
  buffer_free(&text);
  /* What is cut off is no reason to read further. */
  assert_int_equal(size_of("[\"abc\\"), 40);
  assert_int_equal(size_of("]]}"), 120);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_many),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
