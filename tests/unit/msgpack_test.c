/* msgpack_test.c - MessagePack as JSON: every type, and what is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/msgpack.h"

static void check(const char *bytes, size_t size, const char *expected) {
  struct slice rest = slice_of(bytes, size);
  struct buffer out = buffer_make(1 << 16);
  bool is_read = msgpack_to_json(&rest, &out);
  buffer_append_byte(&out, '\0');
  if (expected)
    assert_string_equal(out.data, expected);
  else if (is_read)
    fail_msg("read as %s", out.data);
  assert_int_equal(is_read, expected != NULL);
  if (expected) assert_int_equal(rest.len, 0);
  buffer_free(&out);
}
#define CHECK(bytes, expected) check(bytes, sizeof(bytes) - 1, expected)

static void converts(void **state) {
  (void)state;
  CHECK("\xc0", "null");
  CHECK("\xc2", "false");
  CHECK("\xc3", "true");
  CHECK("\x00", "0");
  CHECK("\x7f", "127");
  CHECK("\xff", "-1");
  CHECK("\xe0", "-32");
  CHECK("\xcc\xff", "255");
  CHECK("\xcd\x01\x00", "256");
  CHECK("\xce\xff\xff\xff\xff", "4294967295");
  CHECK("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
  CHECK("\xd0\x80", "-128");
  CHECK("\xd1\xff\xfe", "-2");
  CHECK("\xd2\x80\x00\x00\x00", "-2147483648");
  CHECK("\xd3\xff\xff\xff\xff\xff\xff\xff\xff", "-1");
  CHECK("\xca\x3f\xc0\x00\x00", "1.5");
  CHECK("\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18", "3.1415926535897931");
  CHECK("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "null");
  CHECK("\xa2hi", "\"hi\"");
  CHECK("\xd9\x02hi", "\"hi\"");
  CHECK("\xda\x00\x01\"", "\"\\\"\"");
  CHECK("\xdb\x00\x00\x00\x00", "\"\"");
  CHECK("\xc4\x02\x01\x02", "null");
  CHECK("\x93\x01\xa1x\xc0", "[1,\"x\",null]");
  CHECK("\xdc\x00\x01\x01", "[1]");
  CHECK("\xdd\x00\x00\x00\x00", "[]");
  CHECK("\x82\xa1\x61\x01\xa1\x62\x90", "{\"a\":1,\"b\":[]}");
  CHECK("\xde\x00\x01\xd9\x01k\x80", "{\"k\":{}}");
  CHECK("\xd6\xff\x65\x00\x00\x00", "1694498816");
  CHECK("\xd7\xff\x77\x35\x94\x00\x65\x00\x00\x00", "1694498816.5");
  CHECK("\xc7\x0c\xff\x1d\xcd\x65\x00\x00\x00\x00\x00\x65\x00\x00\x00", "1694498816.5");
  CHECK("\xd4\x05x", "null");
}

static void refuses(void **state) {
  (void)state;
  char deep[200];
  CHECK("", NULL);
  CHECK("\xc1", NULL);
  CHECK("\xcd\x01", NULL);
  CHECK("\xa5hi", NULL);
  CHECK("\xdb\xff\xff\xff\xff", NULL);
  CHECK("\xdd\xff\xff\xff\xff\x01", NULL);
  CHECK("\xdf\xff\xff\xff\xff", NULL);
  CHECK("\x81\x01\x01", NULL); /* keys are texts */
  CHECK("\x81\xa1k", NULL);
  CHECK("\xc7\x05\x01x", NULL);
  memset(deep, '\x91', sizeof deep);
  check(deep, sizeof deep, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(converts), cmocka_unit_test(refuses)};
  return cmocka_run_group_tests_name("MessagePack", tests, NULL, NULL);
}
