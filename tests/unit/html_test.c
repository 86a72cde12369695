/* Escaping and formatting of values in pages. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "web/format.h"
#include "web/html.h"

/* Runs `code`, which writes to `out`, and compares. */
#define EXPECT(expected, code)                                 \
  do {                                                         \
    struct buffer buffer = buffer_make(10000), *out = &buffer; \
    code;                                                      \
    buffer_append_byte(out, 0);                                \
    assert_string_equal(buffer.data, expected);                \
    buffer_free(out);                                          \
  } while (0)

static void test_text(void **state) {
  (void)state;
  EXPECT("", html_text(out, SLICE_EMPTY));
  EXPECT("&lt;a href=&quot;x&quot;&gt;&amp;&#39;", html_text(out, SLICE("<a href=\"x\">&'")));
  EXPECT("a\tb\nc\r", html_text(out, SLICE("a\tb\nc\r")));
  EXPECT("\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd", html_text(out, SLICE("\0|\x1b|\x7f")));
  EXPECT("ä€", html_text(out, SLICE("ä€")));
  EXPECT("", html_text_string(out, NULL));
  EXPECT("-9223372036854775808", HTML_TEXT(out, INT64_MIN));
  EXPECT("18446744073709551615", HTML_TEXT(out, UINT64_MAX));
}

static void test_url(void **state) {
  (void)state;
  static const char *const good[] = {
      "",      "/",    "/a/b?c=d#e", "?x=1",      "#top",      "a/b",
      "./a:b", "/a:b", "?a:b",       "http://x/", "HTTPS://x", "mailto:a@b.example",
      "a%3Ab", "/ä",
  };
  static const char *const bad[] = {
      "javascript:alert(1)",
      "JaVaScRiPt:x",
      " javascript:x",
      "\tjavascript:x",
      "java\nscript:x",
      "data:text/html,x",
      "vbscript:x",
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "file:///etc/passwd",
      "x:y",
      ":",
      "http://a b",
      "/a\x01",
      "blob:x",
      "ftp://x",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!url_is_harmless(slice_of_string(good[i]))) fail_msg("%s is harmless", good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (url_is_harmless(slice_of_string(bad[i]))) fail_msg("%s is not harmless", bad[i]);
    EXPECT("#", html_url_string(out, bad[i]));
  }
  assert_false(url_is_harmless(SLICE("/a\0b")));
  EXPECT("/a?b=%22&amp;c=&#39;", html_url(out, SLICE("/a?b=%22&c='")));
  EXPECT("aZ09-_.~%2F%3F%20%C3%A4%00%22", html_url_part(out, SLICE("aZ09-_.~/? ä\0\"")));
}

static void test_avatar(void **state) {
  (void)state;
  EXPECT("<span class=\"avatar a1\" data-i=\"\"></span>", html_avatar(out, SLICE_EMPTY, ""));
  EXPECT("<span class=\"avatar a2 sq\" data-i=\"AB\"></span>",
         html_avatar(out, SLICE("a bc cd"), "sq"));
}

#define NOW INT64_C(1795340280000) /* 2026-11-22 09:38:00 */

static void test_ago(void **state) {
  (void)state;
  static const struct {
    int64_t age_ms;
    const char *text;
  } ages[] = {
      {0, ">just now<"},           {-HOUR_MS, ">just now<"},         {59999, ">just now<"},
      {MINUTE_MS, ">1 min ago<"},  {59 * MINUTE_MS, ">59 min ago<"}, {HOUR_MS, ">1 h ago<"},
      {DAY_MS - 1, ">23 h ago<"},  {6 * DAY_MS, ">6 d ago<"},        {7 * DAY_MS, ">1 wk ago<"},
      {29 * DAY_MS, ">4 wk ago<"}, {30 * DAY_MS, ">1 mo ago<"},      {800 * DAY_MS, ">2 y ago<"},
  };
  for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
    struct buffer out = buffer_make(1000);
    format_ago(&out, NOW, NOW - ages[i].age_ms);
    if (slice_find(buffer_slice(&out), slice_of_string(ages[i].text)) == out.len) {
      fail_msg("%s is not in %.*s", ages[i].text, SLICE_ARGS(buffer_slice(&out)));
    }
    buffer_free(&out);
  }
  EXPECT(
      "<time datetime=\"2026-11-22T09:38:00Z\" title=\"2026-11-22 09:38:00 UTC\" data-ago>just "
      "now</time>",
      format_ago(out, NOW, NOW));
  EXPECT(
      "<time datetime=\"2026-11-22T09:38:00Z\" title=\"2026-11-22 09:38:00 UTC\">09:38:00.042"
      "</time>",
      format_clock(out, NOW + 42));
}

static void test_numbers(void **state) {
  (void)state;
  EXPECT("0", format_number(out, 0));
  EXPECT("999", format_number(out, 999));
  EXPECT("1,000", format_number(out, 1000));
  EXPECT("-1,234,567", format_number(out, -1234567));
  EXPECT("9,223,372,036,854,775,807", format_number(out, INT64_MAX));
  EXPECT("-9,223,372,036,854,775,808", format_number(out, INT64_MIN));
  EXPECT("9,999", format_count(out, 9999));
  EXPECT("10k", format_count(out, 10000));
  EXPECT("18.9k", format_count(out, 18999));
  EXPECT("999k", format_count(out, 999999));
  EXPECT("1M", format_count(out, 1000000));
  EXPECT("1.2M", format_count(out, 1234567));
  EXPECT("3.4G", format_count(out, 3456789012));
  EXPECT("9,223,372,036G", format_count(out, INT64_MAX));
}

static void test_sparkline(void **state) {
  (void)state;
  int64_t counts[4] = {0, 1, 10, 10};
  struct sparkline sparkline = {counts, 4, "last 4 hours", "an hour", true, NULL};
  EXPECT(
      "<svg class=\"spark hot\" viewBox=\"0 0 120 28\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"Events, last 4 hours: 21 in all, at most 10 an hour\">"
      "<path class=\"base\" d=\"M0 27.5h120\"/>"
      "<path class=\"b\" d=\"M30.0 28v-4h24.0v4z\"/>"
      "<path class=\"h\" d=\"M60.0 28v-26h24.0v26zM90.0 28v-26h24.0v26z\"/></svg>",
      format_sparkline(out, &sparkline));
  int64_t none[24] = {0};
  struct sparkline empty = {none, 24, "last 24 hours", "an hour", false, NULL};
  EXPECT(
      "<svg class=\"spark\" viewBox=\"0 0 120 28\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"Events, last 24 hours: 0 in all, at most 0 an hour\">"
      "<path class=\"base\" d=\"M0 27.5h120\"/></svg>",
      format_sparkline(out, &empty));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text), cmocka_unit_test(test_url),     cmocka_unit_test(test_avatar),
      cmocka_unit_test(test_ago),  cmocka_unit_test(test_numbers), cmocka_unit_test(test_sparkline),
  };
  return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
