/* grouping_message_test.c - variables out of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grouping/parts.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static void takes_variables_out_of_messages(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"nothing to see", "nothing to see"},
      {"user 17 not found", "user <int> not found"},
      {"temperature is -4, then 3.75, not 3-4",
       "temperature is <int>, then <float>, not <int>-<int>"},
      {"file2 and v1x stay", "file2 and v1x stay"},
      {"mail to jane.doe+x@example.co.uk failed", "mail to <email> failed"},
      {"key=a@b, a@, @b", "<email>, a@, @b"},
      {"GET https://example.org/a?b=1 failed", "GET <url> failed"},
      {"GET https:///x ftp://", "GET https:///x ftp://"},
      {"connect to 10.0.0.1:5432 refused", "connect to <ip>:<int> refused"},
      {"from 2001:db8::ff00:42:8329.", "from <ip>."},
      {"on ::1 or fe80::1", "on <ip> or <ip>"},
      {"std::dead::beef a::b", "std::dead::beef a::b"},
      {"job 9ec79c33-ec99-42ab-8353-589fcb2e04dc", "job <uuid>"},
      {"commit da39a3ee5e6b4b0d3255bfef95601890afd80709", "commit <sha1>"},
      {"sum d41d8cd98f00b204e9800998ecf8427e", "sum <md5>"},
      {"at 0x7fff5fbff8c0 of 1f3a9c", "at <hex> of <hex>"},
      {"words decade and deadbeef, 1A2b, 1f3a9c7, 123456789",
       "words decade and deadbeef, 1A2b, 1f3a9c7, <int>"},
      {"tx0123456789abcdef01234-0123456789 gone", "<swift_txn_id> gone"},
      {"on 2026-11-22T09:38:00.123Z it broke", "on <date> it broke"},
      {"on 2026-11-22T09:38:00+01:00 it broke", "on <date> it broke"},
      {"on 2026-11-22 09:38:00 it broke", "on <date> <date> it broke"},
      {"on 2026-11-22, at 09:38:00", "on <date>, at <date>"},
      {"x2026-11-22 at 3:04 PM", "x<date> at <date>"},
      {"Sun, 22 Nov 2026 09:38:00 GMT expired", "<date> expired"},
      {"Sun, 22 Nov 26 09:38 +0100 expired", "<date> expired"},
      {"Sunday, 22-Nov-26 09:38:00 UTC expired", "<date>C expired"},
      {"Sun Nov 22 2026 09:38:00 GMT+0100 (CET) x", "<date> x"},
      {"Sun Nov 22 09:38:00 2026", "<date>"},
      {"Nov 22, 2026; 22 Nov 2026 09:38 EST; Nov 3", "<date>; <date>; Nov <int>"},
      {"at datetime.datetime(2023, 5, 2, tzinfo=x) and datetime.datetime(2023, 5",
       "at <date> and datetime.datetime(<int>, <int>"},
      {"took 15ms, or 1.5s", "took <duration>, or <duration>"},
      {"name='O Brien' ok=true", "name=<quoted_str> ok=<bool>"},
      {"name=\"a\" b='c", "name=<quoted_str> b='c"},
      {"Cannot read 'price' of null", "Cannot read 'price' of null"},
      {"1.2.3.4.5", "<float>.<float>.<int>"},
      {"first\n\n second 2 \nthird", "first\n second <int> ..."},
      {"one\n", "one..."},
      {"one\r\ntwo", "one\ntwo..."},
      {"one\ntwo", "one\ntwo"},
      {" ", "..."},
      {"ключ 5 é1", "ключ <int> é1"},
      {"“17” → 5", "“<int>” → <int>"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice out = message_parameterize(&arena, slice_of_string(cases[i][0]));
    assert_string_equal(arena_string(&arena, out), cases[i][1]);
  }
}

/* Messages made to be slow: each takes milliseconds at most, or the test would not end. */
static void is_linear(void **state) {
  (void)state;
  static const char *const pieces[] = {"a.",
                                       "1",
                                       "1.",
                                       "a@",
                                       "='",
                                       "::",
                                       "f:",
                                       "-",
                                       "a-1@",
                                       "0x",
                                       "-.",
                                       "%%+-.",
                                       "https://",
                                       "datetime.datetime(",
                                       "12:34",
                                       "a@b.",
                                       "Sun Nov ",
                                       "Nov  ",
                                       "2026-11-22T00:00:00.",
                                       "(",
                                       "\n",
                                       "'\n",
                                       "=\"x",
                                       "1 Jan",
                                       "x=true",
                                       "\xe2\x80\xa8",
                                       "\xd0\xb0",
                                       "tx0"};
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    /* As long as an event's may be, and one of a megabyte, which is left as it is. */
    struct buffer text = buffer_make(1 << 20);
    while (text.len < 32700) buffer_append_slice(&text, slice_of_string(pieces[i]));
    for (int round = 0; round < 50; round++) message_parameterize(&arena, buffer_slice(&text));
    while (text.len < 1000000) buffer_append_slice(&text, slice_of_string(pieces[i]));
    for (int round = 0; round < 5; round++) message_parameterize(&arena, buffer_slice(&text));
    arena_reset(&arena);
    buffer_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_variables_out_of_messages),
      cmocka_unit_test(is_linear),
  };
  return cmocka_run_group_tests_name("grouping of messages", tests, NULL, tear_down);
}
