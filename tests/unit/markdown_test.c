/* Markdown as HTML. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "web/markdown.h"

static const struct {
  const char *text, *html;
} cases[] = {
    {"", ""},
    {"one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"},
    {"# a\n## b\n### c\n####### d", "<h2>a</h2><h2>b</h2><h3>c</h3><p>####### d</p>"},
    {"- a\n- b\n* c\n\n1. d\n2. e",
     "<ul><li>a</li><li>b</li><li>c</li></ul><ol><li>d</li><li>e</li></ol>"},
    {"> a\n> b\nc", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>"},
    {"a\n---\nb", "<p>a</p><hr><p>b</p>"},
    {"```\n<b>\n  x\n```\ny", "<pre tabindex=\"0\"><code>&lt;b&gt;\n  x\n</code></pre><p>y</p>"},
    {"````py\n```\n````", "<pre tabindex=\"0\"><code>```\n</code></pre>"},
    {"```\nopen", "<pre tabindex=\"0\"><code>open\n</code></pre>"},
    {"```js\r\na\r\n```\r\n", "<pre tabindex=\"0\"><code>a\n</code></pre>"},
    {"a `b*c*` ``d`e``", "<p>a <code>b*c*</code> <code>d`e</code></p>"},
    {"`open", "<p>`open</p>"},
    {"**a** *b* _c_ __d__", "<p><strong>a</strong> <em>b</em> <em>c</em> <strong>d</strong></p>"},
    {"**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"},
    {"snake_case_name 2*3*4 ** a", "<p>snake_case_name 2*3*4 ** a</p>"},
    {"*a", "<p>*a</p>"},
    {"\\*a\\* \\x", "<p>*a* \\x</p>"},
    {"[a](/b?c=d&e)", "<p><a rel=\"nofollow noopener\" href=\"/b?c=d&amp;e\">a</a></p>"},
    {"[a](javascript:x)", "<p>[a](javascript:x)</p>"},
    {"[a]( //x)", "<p>[a]( //x)</p>"},
    {"[<b>](/\">)", "<p><a rel=\"nofollow noopener\" href=\"/&quot;&gt;\">&lt;b&gt;</a></p>"},
    {"see https://a.example/b_c?d=1.",
     "<p>see <a rel=\"nofollow noopener\" href=\"https://a.example/"
     "b_c?d=1\">https://a.example/b_c?d=1</a>.</p>"},
    {"xhttp://a", "<p>xhttp://a</p>"},
    {"**http://a**",
     "<p><strong><a rel=\"nofollow noopener\" href=\"http://a\">http://a</a></strong></p>"},
    {"<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
    {"<img src=x onerror=\"x\">", "<p>&lt;img src=x onerror=&quot;x&quot;&gt;</p>"},
};

static void test_cases(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buffer out = buffer_make(4096);
    markdown_write(&out, slice_of_string(cases[i].text));
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, cases[i].html);
    buffer_free(&out);
  }
}

/* Tags that markdown_write() may write; whatever else begins with '<' came through. */
static int has_foreign_tag(struct slice html) {
  static const char *const tags[] = {"p>",
                                     "/p>",
                                     "br>",
                                     "ul>",
                                     "/ul>",
                                     "ol>",
                                     "/ol>",
                                     "li>",
                                     "/li>",
                                     "code>",
                                     "/code>",
                                     "em>",
                                     "/em>",
                                     "hr>",
                                     "strong>",
                                     "/strong>",
                                     "blockquote>",
                                     "/blockquote>",
                                     "h2>",
                                     "/h2>",
                                     "h3>",
                                     "/h3>",
                                     "h4>",
                                     "/h4>",
                                     "h5>",
                                     "/h5>",
                                     "h6>",
                                     "/h6>",
                                     "/a>",
                                     "/pre>",
                                     "pre tabindex=\"0\">",
                                     "a rel=\"nofollow noopener\" href=\""};
  for (size_t i = 0; i < html.len; i++) {
    if (html.ptr[i] != '<') continue;
    size_t t = 0;
    while (t < sizeof tags / sizeof *tags &&
           !slice_starts_with(slice_from(html, i + 1), slice_of_string(tags[t]))) {
      t++;
    }
    if (t == sizeof tags / sizeof *tags) return 1;
  }
  return 0;
}

static void test_random(void **state) {
  (void)state;
  unsigned seed = (unsigned)time(NULL);
  printf("# seed %u\n", seed);
  static const char *const pieces[] = {
      "*",  "**",  "_",  "`",   "```\n", "[",  "](", ")", "http://a", "\n",    "\n\n", "# ",
      "- ", "1. ", "> ", "<b>", "\"",    "\\", "x ", "ä", "\r\n",     "---\n", "\x01"};
  for (int round = 0; round < 20000; round++) {
    struct buffer text = buffer_make(10000), out = buffer_make(100000);
    for (int i = 0; i < 20; i++) {
      seed = seed * 1664525 + 1013904223;
      const char *piece = pieces[(seed >> 8) % (sizeof pieces / sizeof *pieces)];
      buffer_append_slice(&text, slice_of_string(piece));
    }
    markdown_write(&out, buffer_slice(&text));
    if (has_foreign_tag(buffer_slice(&out))) {
      fail_msg("%.*s\nbecame\n%.*s", SLICE_ARGS(buffer_slice(&text)),
               SLICE_ARGS(buffer_slice(&out)));
    }
    buffer_free(&text);
    buffer_free(&out);
  }
}

static void test_linear_time(void **state) {
  (void)state;
  static const char *const pieces[] = {"*",       "**", "_ a", "`a", "[",        "[a](", "h",
                                       "**a *b ", "- ", "> ",  "\\", "-http://", "[]"};
  for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
    struct buffer text = buffer_make(300000), out = buffer_make(10000000);
    while (text.len < 256 * 1024) buffer_append_slice(&text, slice_of_string(pieces[p]));
    buffer_append_byte(&text, '\\');
    int64_t start = clock_monotonic_us();
    markdown_write(&out, buffer_slice(&text));
    int64_t took_us = clock_monotonic_us() - start;
    if (took_us > 3000000) fail_msg("%s repeated took %lld us", pieces[p], (long long)took_us);
    buffer_free(&text);
    buffer_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_linear_time),
  };
  return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
