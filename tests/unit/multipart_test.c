/* multipart_test.c - forms with files, as crash reporters and browsers send them, and broken ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/multipart.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

/* "name[filename|type]=body;" for each part, or the problem's message. */
static const char *parts_of(struct slice boundary, struct slice body) {
  struct multipart multipart;
  struct multipart_part part;
  struct problem problem = {0};
  struct slice text = SLICE_EMPTY;
  enum status status = multipart_open(&multipart, &arena, boundary, body, &problem);
  while (!status && !(status = multipart_next(&multipart, &arena, &part, &problem))) {
    struct slice file = part.is_file
                            ? arena_printf(&arena, "[%.*s|%.*s]", SLICE_ARGS(part.filename),
                                           SLICE_ARGS(part.content_type))
                            : SLICE_EMPTY;
    text = arena_printf(&arena, "%.*s%.*s%.*s=%.*s;", SLICE_ARGS(text), SLICE_ARGS(part.name),
                        SLICE_ARGS(file), SLICE_ARGS(part.body));
  }
  if (status != STATUS_END) {
    assert_int_equal(problem.status, status);
    return arena_string(&arena, slice_of_string(problem.message));
  }
  return arena_string(&arena, text);
}

#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static void splits(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"--b--", ""},
      {"--b--\r\nwhatever follows", ""},
      {"\r\n--b\r\n" FIELD("a") "\r\nx\r\n--b--\r\n", "a=x;"},
      {"--b  \t\r\n" FIELD("a") "\r\nx\r\n--b\r\n" FIELD("c") "\r\ny\r\n--b--", "a=x;c=y;"},
      {"--b\r\n" FIELD("a") "\r\n\r\n--b--", "a=;"},
      {"--b\r\n" FIELD("a") "\r\n--b--", "a=;"},
      {"--b\r\n" FIELD("a") "\r\n-\r\n--\r\n--c\r\n\n--b\r\n--b--", "a=-\r\n--\r\n--c\r\n\n--b;"},
      {"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n"
       "Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n--b--",
       "f[a.txt|text/plain; charset=utf-8]=x;"},
      {"--b\r\ncontent-disposition:form-data;filename=\"\";name=f\r\n\r\nx\r\n--b--", "f[|]=x;"},
      {"--b\r\nContent-Disposition: form-data; name=\"a;\\\"b\"; filename=\"C:\\x\\y.txt\"\r\n\r\n"
       "x\r\n--b--",
       "a;\"b[C:\\x\\y.txt|]=x;"},
      {"--b\r\nContent-Disposition: form-data; name=f; filename=old; filename*=utf-8''n%C3%A4h.txt"
       "\r\n\r\nx\r\n--b--",
       "f[n\xc3\xa4h.txt|]=x;"},
      {"--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\xfe\r\n--b--",
       "\xef\xbf\xbd=\xfe;"},
      {"--b\r\nContent-Disposition: form-data; name=\"open\r\n\r\nx\r\n--b--", "open=x;"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_string_equal(parts_of(SLICE("b"), slice_of_string(cases[i][0])), cases[i][1]);
  }
}

static void says_what_is_wrong(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "does not begin with the boundary"},
      {"x\r\n--b\r\n", "does not begin with the boundary"},
      {"--b", "Part 1 of the form does not begin on a line"},
      {"--bc\r\n" FIELD("a") "\r\nx\r\n--b--", "Part 1 of the form does not begin on a line"},
      {"--b\n" FIELD("a") "\r\nx\r\n--b--", "does not begin on a line"},
      {"--b\r\n", "Part 1 of the form has no valid header lines"},
      {"--b\r\n\r\nx\r\n--b--", "no valid header lines"},
      {"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "no valid header lines"},
      {"--b\r\n" FIELD("a") "no colon\r\n\r\nx\r\n--b--", "no valid header lines"},
      {"--b\r\n" FIELD("a") "\r\nx", "cut short: part 1"},
      {"--b\r\n" FIELD("a") "\r\nx\r\n--b\r\n" FIELD("c") "\r\nx\r\n-", "cut short: part 2"},
      {"--b\r\n" FIELD("a") "\r\nx\r\n--bb\r\n", "Part 2 of the form does not begin on a line"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *message = parts_of(SLICE("b"), slice_of_string(cases[i][0]));
    if (!strstr(message, cases[i][1])) fail_msg("%s: %s", cases[i][0], message);
  }
}

static void reads_boundaries(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"multipart/form-data; boundary=b", "b"},
      {"Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\"; x", "a b:c"},
      {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
       "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
      {"multipart/form-data", NULL},
      {"multipart/form-data; boundary=", NULL},
      {"multipart/form-data; boundary=\"\"", NULL},
      {"multipart/form-data; boundary=\"a \"", NULL},
      {"multipart/form-data; boundary=\"a\rb\"", NULL},
      {"multipart/mixed; boundary=b", NULL},
      {"text/plain; boundary=b", NULL},
      {"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901"
       "2345678901",
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice boundary = SLICE_EMPTY;
    bool is_found = multipart_boundary(slice_of_string(cases[i][0]), &boundary);
    assert_int_equal(is_found, cases[i][1] != NULL);
    if (is_found) assert_true(slice_equal_string(boundary, cases[i][1]));
  }
}

static struct slice many(struct buffer *out, size_t count, const char *text, const char *end) {
  for (size_t i = 0; i < count; i++) buffer_append_slice(out, slice_of_string(text));
  buffer_append_slice(out, slice_of_string(end));
  return buffer_slice(out);
}

static void is_bounded(void **state) {
  (void)state;
  static const char part[] = "--b\r\n" FIELD("a") "\r\nx\r\n";
  struct buffer most = buffer_make(1 << 20), more = buffer_make(1 << 20);
  many(&most, MULTIPART_PARTS_LIMIT, part, "--b--");
  assert_int_equal(strlen(parts_of(SLICE("b"), buffer_slice(&most))), 4 * MULTIPART_PARTS_LIMIT);
  many(&more, MULTIPART_PARTS_LIMIT + 1, part, "--b--");
  assert_non_null(strstr(parts_of(SLICE("b"), buffer_slice(&more)), "more than 200 parts"));
  buffer_clear(&more);
  buffer_append_slice(&more, SLICE("--b\r\n"));
  many(&more, 1000, "X-Fill: abc\r\n", FIELD("a") "\r\nx\r\n--b--");
  assert_non_null(strstr(parts_of(SLICE("b"), buffer_slice(&more)), "no valid header lines"));
  buffer_free(&most);
  buffer_free(&more);
}

/* 16 MB of beginnings of a delimiter: linear, so a fraction of a second even under sanitizers. */
static void is_linear(void **state) {
  (void)state;
  struct buffer body = buffer_make(32 << 20);
  int64_t started_us = clock_monotonic_us();
  buffer_append_slice(&body, SLICE("--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\r\n" FIELD("a") "\r\n"));
  many(&body, 400000, "\r\n--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "");
  assert_non_null(strstr(
      parts_of(SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), buffer_slice(&body)), "cut short"));
  assert_true(clock_monotonic_us() - started_us < 2000000);
  buffer_free(&body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(splits, tear_down),
      cmocka_unit_test_teardown(says_what_is_wrong, tear_down),
      cmocka_unit_test_teardown(reads_boundaries, tear_down),
      cmocka_unit_test_teardown(is_bounded, tear_down),
      cmocka_unit_test_teardown(is_linear, tear_down),
  };
  return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
