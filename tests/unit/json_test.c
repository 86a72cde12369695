/* json_test.c - reading with repairs, numbers as text, copying under limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/json.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static struct slice copy_with(struct slice text, struct json_limits limits) {
  yyjson_val *root = NULL;
  struct problem problem = {0};
  enum status status = json_read(&arena, text, &root, &problem);
  if (status) return slice_of_string(arena_string(&arena, slice_of_string(problem.message)));
  struct buffer out = buffer_make(1 << 24);
  struct json_writer writer = {.out = &out};
  json_write_value(&writer, root, &limits);
  struct slice copy = arena_copy(&arena, buffer_slice(&out));
  buffer_free(&out);
  return copy;
}

static void expect_copy(const char *text, const char *wanted) {
  struct slice copy = copy_with(slice_of_string(text), JSON_NO_LIMITS);
  assert_string_equal(arena_string(&arena, copy), wanted);
}

static void copies_exactly(void **state) {
  (void)state;
  expect_copy("{\"a\": [1, -2.50e3, true, null], \"b\": {}, \"c\": []}",
              "{\"a\":[1,-2.50e3,true,null],\"b\":{},\"c\":[]}");
  expect_copy("12345678901234567890123", "12345678901234567890123");
  expect_copy("\"quote \\\" slash \\\\ line \\n tab \\t bell \\u0007 \\u00e9\"",
              "\"quote \\\" slash \\\\ line \\n tab \\t bell \\u0007 \xc3\xa9\"");
}

static void repairs_what_senders_send(void **state) {
  (void)state;
  expect_copy("\xef\xbb\xbf{\"a\":1}", "{\"a\":1}");
  expect_copy("[NaN, -Infinity, Infinity]", "[null,null,null]");
  expect_copy("\"a\\u0000b\"",
              "\"a\xef\xbf\xbd"
              "b\"");
  expect_copy("\"\\\\u0000\"", "\"\\\\u0000\"");
  expect_copy("\"x\\ud800y\"", "\"x\xef\xbf\xbdy\"");
  expect_copy("\"\\udc00\\ud83d\\ude00\\ud83d\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\"");
  expect_copy("\"\xff\xc3(\"", "\"\xef\xbf\xbd\xef\xbf\xbd(\"");
}

static void refuses_what_is_not_json(void **state) {
  (void)state;
  static const char *const bad[] = {"",    "{",     "[1,]",  "{\"a\":}",
                                    "nul", "\"abc", "{} {}", "\"a\nb\""};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    yyjson_val *root;
    struct problem problem = {0};
    assert_int_equal(json_read(&arena, slice_of_string(bad[i]), &root, &problem), STATUS_BAD_INPUT);
    assert_true(strlen(problem.message) > 10);
  }
}

static void reads_numbers(void **state) {
  (void)state;
  yyjson_val *root;
  int64_t integer;
  double number;
  assert_int_equal(json_read(&arena, SLICE("[42,-7,1.9,1e3,NaN,\"5\",1e400]"), &root, NULL),
                   STATUS_OK);
  const int64_t wanted[] = {42, -7, 1, 1000};
  for (size_t i = 0; i < 4; i++) {
    assert_true(json_integer(yyjson_arr_get(root, i), &integer));
    assert_int_equal(integer, wanted[i]);
  }
  for (size_t i = 4; i < 7; i++) {
    assert_false(json_integer(yyjson_arr_get(root, i), &integer));
    assert_false(json_number(yyjson_arr_get(root, i), &number));
  }
  assert_true(json_number(yyjson_arr_get(root, 2), &number) && number > 1.89 && number < 1.91);
}

static void limits_depth_size_and_text(void **state) {
  (void)state;
  static const struct {
    const char *text, *wanted;
    struct json_limits limits;
  } cases[] = {
      {"[[[1]],{}]", "[[\"[…]\"],{}]", {2, 1000, 1000}},
      {"[1,2,3,4]", "[1,2]", {2, 4, 1000}},
      {"[\"abcdefghij\"]", "[\"abcde...\"]", {2, 1000, 8}},
      {"[\"ééééééééé\"]", "[\"ééééé...\"]", {2, 1000, 8}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice once = copy_with(slice_of_string(cases[i].text), cases[i].limits);
    assert_string_equal(arena_string(&arena, once), cases[i].wanted);
    struct slice twice = copy_with(once, cases[i].limits);
    assert_true(slice_equal(once, twice));
  }
}

static void depth_is_harmless(void **state) {
  (void)state;
  enum { DEPTH = 100000 };
  char *text = malloc(2 * DEPTH);
  memset(text, '[', DEPTH);
  memset(text + DEPTH, ']', DEPTH);
  struct slice copy = copy_with(slice_of(text, 2 * DEPTH), JSON_NO_LIMITS);
  assert_int_equal(copy.len, 2 * 64 + strlen("\"[…]\""));
  free(text);
}

static void bounds_memory(void **state) {
  (void)state;
  size_t size = 4 * 1024 * 1024;
  char *text = malloc(size);
  for (size_t i = 0; i < size; i += 2) memcpy(text + i, "1,", 2);
  text[0] = '[';
  text[size - 1] = ']';
  struct problem problem;
  yyjson_val *root;
  text[size - 2] = '1';
  text[1] = '1';
  assert_int_equal(json_read(&arena, slice_of(text, size), &root, &problem), STATUS_TOO_LARGE);
  free(text);
}

static void builds_objects(void **state) {
  (void)state;
  yyjson_val *root;
  assert_int_equal(json_read(&arena, SLICE("{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":3}"), &root, NULL),
                   STATUS_OK);
  struct json_pair members[2];
  size_t index, max, count = 0;
  yyjson_val *key, *value;
  yyjson_obj_foreach(root, index, max, key, value) members[count++] =
      (struct json_pair){key, value};
  yyjson_val *object = json_object_of(&arena, members, count);
  struct buffer out = buffer_make(1000);
  struct json_writer writer = {.out = &out};
  json_write_array(&writer);
  json_write_value(&writer, object, &JSON_NO_LIMITS);
  json_write_bool(&writer, true);
  json_write_array_end(&writer);
  assert_true(
      slice_equal(buffer_slice(&out), SLICE("[{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":3},true]")));
  buffer_free(&out);
}

static void splits_lists(void **state) {
  static const struct {
    const char *text, *items[4], *message; /* null: it ends well */
  } cases[] = {
      {"[]", {NULL}, NULL},
      {" [ ] ", {NULL}, NULL},
      {"[1, \"a,]\\\"\" ,{\"b\":[1,{}]}]", {"1", "\"a,]\\\"\"", "{\"b\":[1,{}]}"}, NULL},
      {"[[],[1]]", {"[]", "[1]"}, NULL},
      {"[1]x", {"1"}, NULL},
      {"{}", {NULL}, "The JSON is not a list."},
      {"", {NULL}, "The JSON is not a list."},
      {"[", {NULL}, "The JSON ends within a list."},
      {"[1,", {"1"}, "The JSON ends within a list."},
      {"[1,]", {"1"}, "The JSON has an empty place in a list."},
      {"[{\"a\":1},{\"b\":[1}", {"{\"a\":1}"}, "The JSON ends within a list."},
      {"[\"a\\", {NULL}, "The JSON ends within a list."},
      {"[}", {NULL}, "The JSON ends within a list."},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct json_items items = {.rest = slice_of_string(cases[i].text)};
    struct problem problem = {0};
    struct slice item;
    enum status status;
    size_t count = 0;
    while ((status = json_next_item(&items, &item, &problem)) == STATUS_OK) {
      assert_non_null(cases[i].items[count]);
      assert_true(slice_equal_string(item, cases[i].items[count]));
      count++;
    }
    assert_null(cases[i].items[count]);
    assert_int_equal(status, cases[i].message ? STATUS_BAD_INPUT : STATUS_END);
    assert_string_equal(problem.message, cases[i].message ? cases[i].message : "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_exactly),
      cmocka_unit_test(repairs_what_senders_send),
      cmocka_unit_test(refuses_what_is_not_json),
      cmocka_unit_test(reads_numbers),
      cmocka_unit_test(limits_depth_size_and_text),
      cmocka_unit_test(depth_is_harmless),
      cmocka_unit_test(bounds_memory),
      cmocka_unit_test(builds_objects),
      cmocka_unit_test(splits_lists),
  };
  return cmocka_run_group_tests_name("json", tests, NULL, tear_down);
}
