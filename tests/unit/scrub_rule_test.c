/* scrub_rule_test.c - a project's own scrubbing rules: what they say, where they reach, what they
 * make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "event/scrub_parts.h"

#include "base/banned.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static enum status compile(const char *rules, const struct scrubber **scrubber,
                           struct problem *problem) {
  struct pair option = {SLICE("scrub.rules"), slice_of_string(rules)};
  return scrubber_compile(&arena, (struct pairs){&option, 1}, scrubber, problem);
}

/* What is kept of an event under these rules; scrubbing again has to change nothing. */
static const char *scrubbed(const char *rules, const char *json) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  const struct scrubber *scrubber = NULL;
  struct problem problem = {0};
  struct event *event = NULL;
  struct scrub_report report;
  if (compile(rules, &scrubber, &problem)) fail_msg("%s", problem.message);
  if (event_decode(&arena, slice_of_string(json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  scrub_event(&arena, event, scrubber, NULL);
  struct buffer out = buffer_make(1 << 22);
  event_write(event, &out);
  scrub_event(&arena, event, scrubber, &report);
  if (report.count) fail_msg("again: %.*s", SLICE_ARGS(report.changes[0].path));
  struct event *read = event_read(&arena, buffer_slice(&out));
  struct buffer again = buffer_make(1 << 22);
  event_write(read, &again);
  assert_true(slice_equal(buffer_slice(&out), buffer_slice(&again)));
  const char *text = arena_string(&arena, buffer_slice(&out));
  buffer_free(&out);
  buffer_free(&again);
  return text;
}

static void assert_rule(const char *rules, const char *json, const char *has, const char *has_not) {
  const char *text = scrubbed(rules, json);
  if (has && !strstr(text, has)) fail_msg("%s: %s is not in %s", rules, has, text);
  if (has_not && strstr(text, has_not)) fail_msg("%s: %s is in %s", rules, has_not, text);
}

static void test_methods(void **state) {
  (void)state;
  const char *event = "{\"user\":{\"id\":\"7\",\"email\":\"ann@shop.example\"}}";
  assert_rule("remove anything from user.email", event, "\"user\":{\"id\":\"7\"}", "email");
  assert_rule("filter anything from user.email", event, "\"email\":\"[Filtered]\"", "ann@");
  assert_rule("mask anything from user.email", event, "\"email\":\"****************\"", "ann@");
  assert_rule("replace anything from user.email with \"gone\"", event, "\"email\":\"gone\"",
              "ann@");
  assert_rule("replace email from user.**", event, "\"email\":\"[email]\"", "ann@");
  /* The SHA-256 of "ann@shop.example" begins so. */
  const struct scrub_rule hash = {.method = SCRUB_HASH, .what = "anything"};
  struct slice digits = scrub_rule_replace(&arena, &hash, SLICE("ann@shop.example"));
  assert_int_equal(digits.len, 40);
  assert_rule("hash anything from user.email", event, arena_string(&arena, digits), "ann@");
}

static void test_what(void **state) {
  (void)state;
  const char *event =
      "{\"extra\":{\"x\":\"ann@a.example, bob@b.example; x@y 192.0.2.7:80 ::1 "
      "2001:db8::7 1.2.3 300.1.1.1 12:30:05 4111111111111111 order-17-internal\"}}";
  assert_rule("replace email from extra.**", event, "[email], [email]; x@y", "ann@");
  assert_rule("replace ip from extra.x", event, "x@y [ip]:80 [ip] [ip] 1.2.3 300.1.1.1 12:30:05",
              "192.0.2.7");
  assert_rule("replace \"order-*-internal\" from extra.* with \"[order]\"", event, " [order]\"",
              "order-17");
  assert_rule("remove \"order-\" from extra.*", event, " 17-internal\"", "order-");
  /* What the defaults know can be asked for where they do not look. */
  assert_rule(
      "filter creditcard from tags.*\nreplace userpath from **.abs_path",
      "{\"tags\":{\"a\":\"4111111111111111\",\"b\":\"078-05-1120\"},\"exception\":[{\"type\":"
      "\"E\",\"stacktrace\":{\"frames\":[{\"abs_path\":\"/home/"
      "bob/x.py\",\"filename\":\"/home/"
      "bob/x.py\"}]}}]}",
      "[\"a\",\"[Filtered]\"],[\"b\",\"078-05-1120\"]", "4111");
}

static void test_where(void **state) {
  (void)state;
  const char *event =
      "{\"contexts\":{\"device\":{\"name\":\"n1\",\"boot_time\":\"n2\",\"archs\":[\"n3\",\"n4\"]},"
      "\"os\":{\"name\":\"n5\"}},\"tags\":{\"n\":\"n6\"},\"transaction\":\"n7\",\"server_name\":"
      "\"n8\","
      "\"modules\":{\"m\":\"n9\"},\"request\":{\"headers\":{\"X-A\":\"n10\"},\"cookies\":\"c=n11\"}"
      "}";
  assert_rule("remove anything from contexts.device", event, "\"contexts\":{\"device\":null,\"os\"",
              "n1\"");
  assert_rule("remove anything from contexts.device.boot_time", event, "\"boot_time\":null", "n2");
  assert_rule("filter anything from contexts.*.name", event, "\"boot_time\":\"n2\"", "n5");
  assert_rule("filter anything from contexts.device.archs.1", event, "[\"n3\",\"[Filtered]\"]",
              "n4");
  assert_rule("filter anything from contexts.device.archs", event, "\"archs\":\"[Filtered]\"",
              "n3");
  assert_rule("remove anything from contexts", event, NULL, "\"contexts\"");
  assert_rule("remove anything from tags.n", event, NULL, "n6");
  assert_rule("filter anything from transaction", event, "\"transaction\":\"[Filtered]\"", "n7");
  assert_rule("filter anything from server_name\nremove anything from modules.m", event, NULL,
              "n9");
  assert_rule("filter anything from request.headers.x-a\nfilter anything from request.**.c", event,
              "[\"X-A\",\"[Filtered]\"]", "n11");
}

static void test_paths(void **state) {
  (void)state;
  static const struct {
    const char *pattern, *path;
    bool is_match;
  } cases[] = {{"a.b", "a.b", true},        {"a.b", "a", false},
               {"a", "a.b", false},         {"**", "a.b.c", true},
               {"**.c", "a.b.c", true},     {"**.b", "a.b.c", false},
               {"a.**", "a", true},         {"a.**.c", "a.c", true},
               {"a.*.c", "a.c", false},     {"**.b.**.d", "a.b.b.c.d", true},
               {"**.b.c", "a.b.b.c", true}, {"A.B", "a.b", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct scrubber *scrubber = NULL;
    struct problem problem = {0};
    struct slice rule = arena_printf(&arena, "remove anything from %s", cases[i].pattern);
    if (compile(arena_string(&arena, rule), &scrubber, &problem)) fail_msg("%s", problem.message);
    struct slice segments[8], rest = slice_of_string(cases[i].path);
    size_t count = 0;
    while (rest.len) segments[count++] = slice_split(&rest, '.');
    if (scrub_rule_matches(&scrubber->rules[0], segments, count) != cases[i].is_match) {
      fail_msg("%s and %s", cases[i].pattern, cases[i].path);
    }
  }
}

/* As many rules as there may be, of the slowest kind, over an event as large and deep as one may
 * be. */
static void test_cost(void **state) {
  (void)state;
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  enum { RULES = 50, DEPTH = 30, BYTES = 1000 * 1000 };
  struct buffer rules = buffer_make(1 << 16), json = buffer_make(1 << 21);
  const struct scrubber *scrubber = NULL;
  struct problem problem = {0};
  struct event *event = NULL;
  for (int i = 0; i < RULES; i++) {
    buffer_printf(&rules, "hash email from **.a.**.a.**.a.**.a.**.a.**.a.**.b%d.**.*\n", i);
  }
  buffer_append_byte(&rules, '\0');
  BUFFER_APPEND_LITERAL(&json, "{\"extra\":");
  for (int i = 0; i < DEPTH; i++) BUFFER_APPEND_LITERAL(&json, "{\"a\":");
  buffer_append_byte(&json, '[');
  while (json.len < BYTES) BUFFER_APPEND_LITERAL(&json, "\"xxxxxxx\",");
  BUFFER_APPEND_LITERAL(&json, "0]");
  for (int i = 0; i <= DEPTH; i++) buffer_append_byte(&json, '}');
  if (compile(rules.data, &scrubber, &problem)) fail_msg("%s", problem.message);
  if (event_decode(&arena, buffer_slice(&json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  struct timespec start, end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  scrub_event(&arena, event, scrubber, NULL);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  double ms =
      (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
  print_message("# 50 slow rules over a megabyte: %.0f ms\n", ms);
  buffer_free(&rules);
  buffer_free(&json);
  /* What is not linear takes minutes. */
#ifdef SANITIZED
  const double limit_ms = 30000;
#else
  const double limit_ms = 8000;
#endif
  if (ms > limit_ms) fail_msg("50 rules over a megabyte take %.0f ms", ms);
}

static void test_bad_rules(void **state) {
  (void)state;
  static const char *const rules[] = {"delete anything from x",
                                      "remove",
                                      "remove everything from x",
                                      "remove anything",
                                      "remove anything in x",
                                      "remove anything from",
                                      "remove anything from x with \"y\"",
                                      "replace anything from x with y",
                                      "replace anything from x with \"y\" z",
                                      "remove \"**\" from x",
                                      "remove anything from a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    const struct scrubber *scrubber;
    struct problem problem = {0};
    if (compile(rules[i], &scrubber, &problem) != STATUS_BAD_INPUT) fail_msg("%s", rules[i]);
    assert_string_equal(problem.field, "scrub.rules");
    assert_non_null(strstr(problem.message, "is not understood: "));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_methods, tear_down),
      cmocka_unit_test_teardown(test_what, tear_down),
      cmocka_unit_test_teardown(test_where, tear_down),
      cmocka_unit_test_teardown(test_paths, tear_down),
      cmocka_unit_test_teardown(test_cost, tear_down),
      cmocka_unit_test_teardown(test_bad_rules, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
