/* Colouring of source lines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "web/highlight.h"

static const struct {
  const char *file, *line, *html;
} cases[] = {
    {"a.py", "def f(x): # hi",
     "<span class=\"k\">def</span> <span class=\"f\">f</span>(x): <span class=\"c\"># hi</span>"},
    {"a.py", "'<b>' + 1",
     "<span class=\"s\">&#39;&lt;b&gt;&#39;</span> + <span class=\"d\">1</span>"},
    {"a.py", "x = \"a\\\"b\"", "x = <span class=\"s\">&quot;a\\&quot;b&quot;</span>"},
    {"a.py", "\"\"\"doc\"\"\" x",
     "<span class=\"s\">&quot;&quot;&quot;doc&quot;&quot;&quot;</span> x"},
    {"a.py", "\"\"\"open", "<span class=\"s\">&quot;&quot;&quot;open</span>"},
    {"a.py", "'open", "<span class=\"s\">&#39;open</span>"},
    {"a.py", "'open\\", "<span class=\"s\">&#39;open\\</span>"},
    {"a.js", "a /* b */ c // d",
     "a <span class=\"c\">/* b */</span> c <span class=\"c\">// d</span>"},
    {"a.js", "/* open", "<span class=\"c\">/* open</span>"},
    {"a.js", "/*/", "<span class=\"c\">/*/</span>"},
    {"a.ts", "const n = 0x1f;",
     "<span class=\"k\">const</span> n = <span class=\"d\">0x1f</span>;"},
    {"a.rs", "fn f<'a>(x: &'a str)",
     "<span class=\"k\">fn</span> f&lt;&#39;a&gt;(x: &amp;&#39;a str)"},
    {"a.sql", "SELECT Name", "<span class=\"k\">SELECT</span> Name"},
    {"a.py", "classes", "classes"},
    {"a.py", "überself", "überself"},
    {"a.txt", "def f() <x>", "def f() &lt;x&gt;"},
    {"a", "def", "def"},
    {"a.py", "", ""},
};

static void test_lines(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buffer out = buffer_make(4096);
    highlight_line(&out, language_of(slice_of_string(cases[i].file), SLICE_EMPTY),
                   slice_of_string(cases[i].line));
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, cases[i].html);
    buffer_free(&out);
  }
}

static void test_languages(void **state) {
  (void)state;
  assert_ptr_equal(language_of(SLICE("x.py"), SLICE("javascript")),
                   language_of(SLICE_EMPTY, SLICE("python")));
  assert_ptr_equal(language_of(SLICE("x.unknown"), SLICE("Ruby")),
                   language_of(SLICE("a.rb"), SLICE_EMPTY));
  assert_non_null(language_of(SLICE_EMPTY, SLICE_EMPTY));
}

/* Every byte, before and after each mark, at the end of a line: nothing is read past it. */
static void test_all_bytes(void **state) {
  (void)state;
  static const char *const files[] = {"a.py", "a.rb", "a.js",  "a.c",
                                      "a.go", "a.rs", "a.php", "a.sql"};
  static const char marks[] = "\"'`#/*-\\0a(";
  for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
    const struct language *language = language_of(slice_of_string(files[f]), SLICE_EMPTY);
    for (int byte = 0; byte < 256; byte++) {
      for (size_t m = 0; m < sizeof marks; m++) {
        struct buffer out = buffer_make(4096);
        char line[3] = {marks[m], (char)byte, marks[(m + 1) % sizeof marks]};
        for (size_t len = 0; len <= sizeof line; len++) {
          highlight_line(&out, language, slice_of(line, len));
        }
        assert_false(out.is_overflown);
        buffer_free(&out);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_languages),
      cmocka_unit_test(test_all_bytes),
  };
  return cmocka_run_group_tests_name("highlight", tests, NULL, NULL);
}
