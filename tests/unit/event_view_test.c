/* Frames, exceptions and values as the details page shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "account/account.h"
#include "base/clock.h"
#include "web/event_text.h"
#include "web/event_view.h"
#include "web/form_token.h"
#include "web/labels.h"

static struct arena arena;

#define EXPECT_TEXT(slice, text) assert_string_equal(arena_string(&arena, (slice)), (text))

static struct event *decode(const char *json) {
  static const struct event_hints hints = {.received_ms = 1000 * MINUTE_MS};
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, slice_of_string(json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  event_derive(&arena, event);
  return event;
}

static struct event_view view_of(struct event *event, enum frames_mode frames, bool shows_all) {
  static struct event_row row;
  row = (struct event_row){.timestamp_ms = 1000 * MINUTE_MS, .received_ms = 1000 * MINUTE_MS};
  struct event_view_request request = {.arena = &arena,
                                       .event = event,
                                       .row = &row,
                                       .frames = frames,
                                       .limits = show_limits_of(shows_all)};
  return event_view_of(&request);
}

/* An exception whose stack is made of 'a' (the application's own) and 'l' (library) frames, oldest
 * first. */
static struct event *with_frames(const char *kinds) {
  struct buffer json = buffer_make(1 << 20);
  buffer_printf(
      &json,
      "{\"platform\":\"python\",\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"v\","
      "\"stacktrace\":{\"frames\":[");
  for (size_t i = 0; kinds[i]; i++) {
    buffer_printf(&json,
                  "%s{\"function\":\"f%zu\",\"module\":\"m%zu.x\",\"lineno\":%zu,\"in_app\":%s}",
                  i ? "," : "", i, i, i + 1, kinds[i] == 'a' ? "true" : "false");
  }
  buffer_printf(&json, "]}}]}}");
  struct event *event = decode(arena_string(&arena, buffer_slice(&json)));
  buffer_free(&json);
  return event;
}

/* "f3 f2+[2]": what of a stack stands on the page: open frames with a plus, folded ones counted. */
static const char *runs_of(const struct stack_view *stack) {
  struct buffer text = buffer_make(1000);
  for (size_t i = 0; i < stack->run_count; i++) {
    const struct frame_run *run = &stack->runs[i];
    if (run->is_folded) {
      buffer_printf(&text, "[%zu] ", run->count);
    } else {
      buffer_printf(&text, "%.*s%c", SLICE_ARGS(run->frames->function),
                    run->frames->is_open ? '+' : ' ');
    }
  }
  const char *copy = arena_string(&arena, slice_trim(buffer_slice(&text)));
  buffer_free(&text);
  return copy;
}

static void test_folding(void **state) {
  (void)state;
  static const struct {
    const char *frames, *runs;
  } cases[] = {
      {"llal", "f3 f2+[2]"},         {"aaaa", "f3+f2+f1 f0"}, {"lalllla", "f6+[4] f1+f0"},
      {"llllll", "f5+f4+[2] f1 f0"}, {"lll", "f2+f1+f0"},     {"a", "f0+"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct event_view view = view_of(with_frames(cases[i].frames), FRAMES_RELEVANT, false);
    assert_string_equal(runs_of(&view.exceptions[0].stack), cases[i].runs);
  }
  struct event_view view = view_of(with_frames("llal"), FRAMES_ALL, false);
  assert_string_equal(runs_of(&view.exceptions[0].stack), "f3 f2+f1 f0");
  view = view_of(with_frames("lllla"), FRAMES_RELEVANT, false);
  EXPECT_TEXT(view.exceptions[0].stack.runs[1].modules, "m3, m2, m1");
}

static void test_frame_limit(void **state) {
  (void)state;
  char frames[301];
  memset(frames, 'a', 300);
  frames[300] = '\0';
  struct event *event = with_frames(frames);
  size_t kept = event->exceptions[0].stacktrace.count;
  struct event_view view = view_of(event, FRAMES_ALL, false);
  assert_int_equal(view.exceptions[0].stack.frame_count, 100);
  assert_int_equal(view.exceptions[0].stack.hidden, kept - 100);
  view = view_of(event, FRAMES_ALL, true);
  assert_int_equal(view.exceptions[0].stack.frame_count, kept);
}

static const char *order_of(const struct event_view *view) {
  struct slice text = SLICE_EMPTY;
  for (size_t i = 0; i < view->exception_count; i++) {
    text = arena_printf(&arena, "%.*s%s%.*s%zu", SLICE_ARGS(text), i ? " " : "",
                        SLICE_ARGS(view->exceptions[i].type), view->exceptions[i].depth);
  }
  return arena_string(&arena, text);
}

#define MECHANISM(id, parent, group)                                              \
  "\"mechanism\":{\"type\":\"x\",\"exception_id\":" #id ",\"parent_id\":" #parent \
  ",\"is_exception_group\":" #group "}"

static void test_exceptions(void **state) {
  (void)state;
  static const struct {
    const char *values, *order;
  } cases[] = {
      {"{\"type\":\"A\",\"value\":\"a\"},{\"type\":\"B\",\"value\":\"b\"}", "B0 A0"},
      {"{\"type\":\"C\"," MECHANISM(3, 2, false) "},{\"type\":\"B\"," MECHANISM(
           2, 0,
           false) "},{\"type\":\"A\"," MECHANISM(1, 0,
                                                 false) "},{\"type\":\"G\"," MECHANISM(0, null,
                                                                                       true) "}",
       "G0 A1 B1 C1"},
      /* parents that do not exist, or go in a circle */
      {"{\"type\":\"B\"," MECHANISM(1, 7, false) "},{\"type\":\"A\"," MECHANISM(0, 9, false) "}",
       "A0 B0"},
      {"{\"type\":\"B\"," MECHANISM(1, 0, false) "},{\"type\":\"A\"," MECHANISM(0, 1, false) "}",
       "A0 B0"},
      {"{\"type\":\"A\"," MECHANISM(0, 0, true) "}", "A0"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct slice json = arena_printf(&arena, "{\"exception\":{\"values\":[%s]}}", cases[i].values);
    struct event_view view = view_of(decode(arena_string(&arena, json)), FRAMES_RELEVANT, false);
    assert_string_equal(order_of(&view), cases[i].order);
  }
}

static void test_long_lines(void **state) {
  (void)state;
  char line[2001];
  memset(line, 'x', 2000);
  line[2000] = '\0';
  memcpy(line + 1000, "HERE", 4);
  struct slice cut = code_line_cut(&arena, slice_of_string(line), 1001);
  assert_true(cut.len < 320);
  assert_true(slice_find(cut, SLICE("HERE")) < cut.len);
  EXPECT_TEXT(code_line_cut(&arena, SLICE("short"), 3), "short");
  cut = code_line_cut(&arena, slice_of_string(line), 0);
  assert_true(slice_starts_with(cut, SLICE("xxx")) && slice_ends_with(cut, SLICE(" …")));
  cut = code_line_cut(&arena, slice_of_string(line), INT64_MAX);
  assert_true(slice_starts_with(cut, SLICE("xxx")));
  struct slice accents = SLICE_EMPTY;
  for (size_t i = 0; i < 500; i++) {
    accents = arena_concat(&arena, accents, SLICE("é"));
  }
  assert_true(utf8_is_valid(code_line_cut(&arena, accents, 402)));
  assert_true(utf8_is_valid(code_line_cut(&arena, accents, 403)));
}

static void test_values(void **state) {
  (void)state;
  struct show_limits limits = show_limits_of(false);
  struct slice json = SLICE(
      "{\"s\":\"text\",\"n\":1.5,\"t\":true,\"z\":null,\"o\":{},\"l\":[1],\"f\":\"[Filtered]\"}");
  yyjson_doc *document = yyjson_read(json.ptr, json.len, 0);
  struct value_rows rows = value_rows_of_json(&arena, yyjson_doc_get_root(document), &limits);
  static const char *const values[] = {"text", "1.5",       "true",      "null",
                                       "{}",   "[\n  1\n]", "[Filtered]"};
  assert_int_equal(rows.count, 7);
  for (size_t i = 0; i < rows.count; i++) {
    EXPECT_TEXT(rows.items[i].value, values[i]);
    assert_int_equal(rows.items[i].is_filtered, i == 6);
  }
  assert_int_equal(value_rows_of_json(&arena, NULL, &limits).count, 0);
  limits.rows = 2;
  rows = value_rows_of_json(&arena, yyjson_doc_get_root(document), &limits);
  assert_int_equal(rows.count, 2);
  assert_int_equal(rows.hidden, 5);
  limits.value_bytes = 3;
  struct value_row row = value_row_of(SLICE("key"), SLICE("añb"), &limits);
  EXPECT_TEXT(row.value, "añ");
  assert_true(row.is_cut);
  yyjson_doc_free(document);
}

static void test_breadcrumbs(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"message\":\"m\",\"breadcrumbs\":[{\"type\":\"http\",\"category\":\"xhr\",\"timestamp\":1,"
      "\"data\":"
      "{\"url\":\"/a\",\"method\":\"GET\",\"status_code\":404,\"size\":7}},{\"message\":\"hello\","
      "\"level\":\"warning\"}]}");
  struct event_view view = view_of(event, FRAMES_RELEVANT, false);
  assert_int_equal(view.breadcrumb_count, 2);
  EXPECT_TEXT(view.breadcrumbs[0].url, "/a");
  EXPECT_TEXT(view.breadcrumbs[0].status_code, "404");
  assert_int_equal(view.breadcrumbs[0].data.count, 1);
  EXPECT_TEXT(view.breadcrumbs[0].data.items[0].key, "size");
  assert_string_equal(view.breadcrumbs[1].css_class, "warning");
}

static void test_raw_text(void **state) {
  (void)state;
  struct buffer plain = buffer_make(10000);
  event_text_stack(&plain, with_frames("la"));
  EXPECT_TEXT(buffer_slice(&plain),
              "Traceback (most recent call last):\n  File \"\", line 1, in f0\n"
              "  File \"\", line 2, in f1\nE: v\n");
  buffer_clear(&plain);
  event_text_stack(
      &plain,
      decode("{\"platform\":\"node\",\"exception\":{\"values\":[{\"type\":\"C\",\"value\":\"c\"},"
             "{\"type\":\"E\",\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"function\":\"g\","
             "\"filename\":\"a.js\",\"lineno\":3,\"colno\":7}]}}]}}"));
  EXPECT_TEXT(buffer_slice(&plain), "E: v\n    at g (a.js:3:7)\nCaused by: C: c\n");
  buffer_free(&plain);
}

/* Text of an event cannot end the block or span that it stands in. */
static void test_markdown(void **state) {
  (void)state;
  struct event *event =
      decode("{\"message\":\"a ``` b\\n```\\n# no heading\",\"tags\":{\"k\":\"`v`\"}}");
  struct event_row row = {.timestamp_ms = 0};
  struct group group = {.event_count = 2};
  struct event_markdown markdown = {.event = event,
                                    .row = &row,
                                    .group = &group,
                                    .short_id = SLICE("A-1"),
                                    .address = SLICE("/x")};
  struct buffer plain = buffer_make(10000);
  event_text_markdown(&plain, &markdown);
  struct slice text = buffer_slice(&plain);
  assert_true(slice_find(text, SLICE("\n````\na ``` b\n```\n# no heading\n````\n")) < text.len);
  assert_true(slice_find(text, SLICE("`` `v` ``")) < text.len);
  buffer_free(&plain);
}

static void test_form_token(void **state) {
  (void)state;
  struct slice session = random_hex(&arena, 32), other = random_hex(&arena, 32);
  struct slice first = form_token_make(&arena, session), second = form_token_make(&arena, session);
  assert_false(slice_equal(first, second));
  assert_true(form_token_check(&arena, session, first));
  assert_true(form_token_check(&arena, session, second));
  assert_false(form_token_check(&arena, other, first));
  assert_false(form_token_check(&arena, session, SLICE_EMPTY));
  assert_false(form_token_check(&arena, session, slice_upto(first, first.len - 2)));
  assert_false(form_token_check(&arena, session, account_csrf_token(&arena, session)));
}

static int tear_down(void **state) {
  (void)state;
  arena_reset(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_folding, tear_down),
      cmocka_unit_test_teardown(test_frame_limit, tear_down),
      cmocka_unit_test_teardown(test_exceptions, tear_down),
      cmocka_unit_test_teardown(test_long_lines, tear_down),
      cmocka_unit_test_teardown(test_values, tear_down),
      cmocka_unit_test_teardown(test_breadcrumbs, tear_down),
      cmocka_unit_test_teardown(test_raw_text, tear_down),
      cmocka_unit_test_teardown(test_markdown, tear_down),
      cmocka_unit_test_teardown(test_form_token, tear_down),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_free(&arena);
  return failed;
}
