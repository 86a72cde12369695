/* grouping_test.c - what makes events one error, and what keeps them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grouping/grouping.h"
#include "grouping/parts.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static struct event *decode(const char *json) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, slice_of_string(json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  return event;
}

/* The variant that decides, and its values joined by '|'. */
static const char *values_of(const char *json, const char **name) {
  struct grouping grouping, quick;
  grouping_compute(&arena, decode(json), NULL, true, &grouping);
  grouping_compute(&arena, decode(json), NULL, false, &quick);
  assert_int_equal(grouping.hash_count, 1);
  assert_memory_equal(&grouping.hashes[0], &quick.hashes[0], sizeof grouping.hashes[0]);
  struct slice text = SLICE_EMPTY;
  for (size_t i = 0; i < grouping.variant_count; i++) {
    const struct grouping_variant *variant = &grouping.variants[i];
    assert_true(variant->contributes == slice_is_empty(variant->reason));
    if (!variant->contributes) continue;
    *name = arena_string(&arena, variant->name);
    for (size_t j = 0; j < variant->values.count; j++) {
      if (j) text = arena_concat(&arena, text, SLICE("|"));
      text = arena_concat(&arena, text, variant->values.items[j].value);
    }
  }
  return arena_string(&arena, text);
}

struct expectation {
  const char *json, *variant, *values;
};

static void expect(const struct expectation *expectations, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *name = "none";
    const char *values = values_of(expectations[i].json, &name);
    assert_string_equal(values, expectations[i].values);
    assert_string_equal(name, expectations[i].variant);
  }
}

#define STACK(platform, frames)                                          \
  "{\"platform\":\"" platform                                            \
  "\",\"exception\":[{\"type\":\"E\",\"value\":\"v 1\",\"stacktrace\":{" \
  "\"frames\":[" frames "]}}]}"

static void prefers_in_order(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {"{\"checksum\":\"c\",\"fingerprint\":[\"f\"]}", "checksum", "c"},
      {"{\"fingerprint\":[\"f\",\"g\"],\"message\":\"m\"}", "custom-fingerprint", "f|g"},
      {"{\"fingerprint\":[\"{{ default }}\"],\"message\":\"m\"}", "message", "m"},
      {"{\"fingerprint\":[\"{{default}}\",\"x\"],\"message\":\"m 1\"}", "custom-fingerprint",
       "m <int>|x"},
      {STACK("python",
             "{\"module\":\"a\",\"function\":\"f\",\"in_app\":true},"
             "{\"module\":\"lib\",\"function\":\"g\",\"in_app\":false}"),
       "app", "E|a|f"},
      {STACK("python", "{\"module\":\"lib\",\"function\":\"g\",\"in_app\":false}"), "system",
       "E|lib|g"},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"user 17 gone\"}]}", "exception",
       "E|user <int> gone"},
      {"{\"exception\":[{\"type\":\"E\"}]}", "exception", "E"},
      {"{\"message\":\"user 17 gone\"}", "message", "user <int> gone"},
      {"{\"logentry\":{\"message\":\"user %s gone\",\"params\":[17]}}", "message", "user %s gone"},
      {"{\"threads\":[{\"id\":1,\"current\":true,\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}"
       "}],"
       "\"message\":\"m\"}",
       "app", "f"},
      {"{}", "fallback", "fallback"},
  };
  expect(expectations, sizeof expectations / sizeof expectations[0]);
}

static void identifies_frames(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {STACK("python",
             "{\"filename\":\"a/Views.py\",\"function\":\"f\",\"context_line\":\" \\tx  =\\t1 \"}"),
       "app", "E|views.py|f|x = 1"},
      {STACK("go", "{\"filename\":\"a.go\",\"function\":\"f\",\"context_line\":\"x = 1\"}"), "app",
       "E|a.go|f"},
      {STACK("javascript",
             "{\"abs_path\":\"https://h/app.js\",\"filename\":\"/"
             "app.js\",\"function\":\"Object.run\"}"),
       "app", "E|run"},
      {STACK("node", "{\"filename\":\"/srv/app.js\",\"function\":\"Object.<anonymous>\"}"), "app",
       "E|app.js"},
      {STACK("javascript",
             "{\"abs_path\":\"[native code]\",\"function\":\"forEach\"},{\"function\":\"f\"}"),
       "app", "E|f"},
      {STACK("java",
             "{\"module\":\"a.B$$Lambda$12\",\"function\":\"run\",\"filename\":\"B.java\"},"
             "{\"module\":\"a.C$$EnhancerBySpringCGLIB$$1ebdd\",\"function\":\"lambda$x$1\"}"),
       "app", "E|b.java|run|a.C$$EnhancerBySpringCGLIB$$<auto>"},
      {STACK("ruby",
             "{\"filename\":\"a.rb\",\"function\":\"block (2 levels) in run\"},"
             "{\"filename\":\"v.erb\",\"function\":\"_v_erb__1234567_7890\"}"),
       "app", "E|a.rb|block|v.erb|_v_erb"},
      {STACK("php",
             "{\"filename\":\"a.php\",\"function\":\"class@anonymous/x::run\"},"
             "{\"filename\":\"b.php\",\"function\":\"[Anonymous function]\"}"),
       "app", "E|a.php|run|b.php"},
      {STACK("native", "{\"function\":\"app::run::h0123456789abcdef\"}"), "app", "E|app::run"},
      {STACK("python",
             "{\"module\":\"m\",\"function\":\"f\",\"lineno\":7},{\"module\":\"m\",\"function\":"
             "\"f\",\"lineno\":7}"),
       "app", "E|m|f"},
  };
  expect(expectations, sizeof expectations / sizeof expectations[0]);
}

static void orders_chains_and_groups(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {"{\"exception\":[{\"type\":\"Cause\",\"value\":\"c\"},{\"type\":\"E\",\"value\":\"v\"}]}",
       "exception", "Cause|c|E|v"},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"mechanism\":{\"synthetic\":true}}]}",
       "exception", "v"},
      /* one error three times in a group: the group does not matter */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"1\",\"mechanism\":{\"exception_id\":2,\"parent_"
       "id\":0}},"
       "{\"type\":\"A\",\"value\":\"2\",\"mechanism\":{\"exception_id\":1,\"parent_id\":0}},"
       "{\"type\":\"G\",\"value\":\"g\",\"mechanism\":{\"exception_id\":0,\"is_exception_group\":"
       "true}}]}",
       "exception", "A|<int>"},
      /* two errors in a group: both, and the group */
      {"{\"exception\":[{\"type\":\"B\",\"value\":\"b\",\"mechanism\":{\"exception_id\":2,\"parent_"
       "id\":0}},"
       "{\"type\":\"A\",\"value\":\"a\",\"mechanism\":{\"exception_id\":1,\"parent_id\":0}},"
       "{\"type\":\"G\",\"value\":\"g\",\"mechanism\":{\"exception_id\":0,\"is_exception_group\":"
       "true}}]}",
       "exception", "B|b|A|a|G|g"},
      /* a tree that is none: everything */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\",\"mechanism\":{\"exception_id\":1,\"parent_"
       "id\":1}},"
       "{\"type\":\"G\",\"value\":\"g\",\"mechanism\":{\"exception_id\":0,\"is_exception_group\":"
       "true}}]}",
       "exception", "A|a|G|g"},
  };
  expect(expectations, sizeof expectations / sizeof expectations[0]);
}

static void resolves_fingerprint_variables(void **state) {
  (void)state;
#define WITH(fingerprint)                                                                     \
  "{\"transaction\":\"t\",\"level\":\"info\",\"logger\":\"l\",\"tags\":{\"k\":\"v\"},"        \
  "\"fingerprint\":[" fingerprint                                                             \
  "],"                                                                                        \
  "\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"function\":" \
  "\"f\",\"module\":\"m\"}]}}]}"
  static const struct expectation expectations[] = {
      {WITH("\"{{ transaction }}\",\"{{type}}\",\"{{ error.value }}\""), "custom-fingerprint",
       "t|E|v"},
      {WITH("\"{{ function }}\",\"{{ stack.module }}\",\"{{ path }}\""), "custom-fingerprint",
       "f|m|<no-abs-path>"},
      {WITH("\"{{ level }}\",\"{{ logger }}\",\"{{ tags.k }}\",\"{{ tags.no }}\""),
       "custom-fingerprint", "info|l|v|<no-value-for-tag-no>"},
      {WITH("\"{{ unknown }}\""), "custom-fingerprint", "{{ unknown }}"},
      {WITH("\"a\",\"{{ default }}\""), "custom-fingerprint", "a|E|m|f"},
  };
  expect(expectations, sizeof expectations / sizeof expectations[0]);
}

static void marks_frames_in_app(void **state) {
  (void)state;
  static const struct {
    const char *platform, *frame;
    enum tristate in_app;
  } cases[] = {
      {"node", "{\"filename\":\"/srv/node_modules/x/a.js\"}", NO},
      {"node", "{\"filename\":\"node:events\"}", NO},
      {"node", "{\"filename\":\"events.js\"}", NO},
      {"node", "{\"filename\":\"/srv/app.js\"}", YES},
      {"node", "{\"filename\":\"C:\\\\srv\\\\node_modules\\\\x.js\"}", NO},
      {"javascript", "{\"filename\":\"https://h/app.js\"}", YES},
      {"python",
       "{\"filename\":\"app.py\",\"abs_path\":\"/venv/lib/python3/site-packages/x/app.py\"}", NO},
      {"python",
       "{\"abs_path\":\"/usr/lib/python3.11/json/decoder.py\",\"filename\":\"json/decoder.py\"}",
       NO},
      {"python", "{\"abs_path\":\"/srv/app.py\",\"filename\":\"app.py\"}", YES},
      {"ruby", "{\"abs_path\":\"/usr/share/ruby/gems/rack/lib/rack.rb\"}", NO},
      {"php", "{\"abs_path\":\"/srv/vendor/laravel/x.php\"}", NO},
      {"java", "{\"module\":\"java.util.List\"}", NO},
      {"java", "{\"module\":\"javalin.App\"}", YES},
      {"java", "{\"module\":\"org.example.App\"}", YES},
      {"go", "{\"module\":\"runtime\"}", NO},
      {"go", "{\"module\":\"main\"}", YES},
      {"native", "{\"function\":\"std::panicking::begin_panic\"}", NO},
      {"native", "{\"function\":\"app::main\",\"package\":\"/srv/app\"}", YES},
      {"native", "{\"function\":\"abort\",\"package\":\"/usr/lib/libc.so.6\"}", NO},
      {"python", "{\"abs_path\":\"/usr/lib/python3/x.py\",\"in_app\":true}", YES},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice json = arena_printf(
        &arena,
        "{\"platform\":\"%s\",\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[%s]}}]}",
        cases[i].platform, cases[i].frame);
    struct event *event = decode(arena_string(&arena, json));
    struct grouping grouping;
    grouping_compute(&arena, event, NULL, false, &grouping);
    if (event->exceptions[0].stacktrace.frames[0].in_app != cases[i].in_app) {
      fail_msg("%s %s", cases[i].platform, cases[i].frame);
    }
  }
}

static void takes_variables_out_of_messages(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"nothing to see", "nothing to see"},
      {"user 17 not found", "user <int> not found"},
      {"temperature is -4, then 3.75", "temperature is <int>, then <float>"},
      {"file2 and v1x stay", "file2 and v1x stay"},
      {"mail to jane.doe+x@example.co.uk failed", "mail to <email> failed"},
      {"GET https://example.org/a?b=1 failed", "GET <url> failed"},
      {"connect to 10.0.0.1:5432 refused", "connect to <ip>:<int> refused"},
      {"from 2001:db8::ff00:42:8329.", "from <ip>."},
      {"job 9ec79c33-ec99-42ab-8353-589fcb2e04dc", "job <uuid>"},
      {"commit da39a3ee5e6b4b0d3255bfef95601890afd80709", "commit <sha1>"},
      {"sum d41d8cd98f00b204e9800998ecf8427e", "sum <md5>"},
      {"at 0x7fff5fbff8c0 of 1f3a9c", "at <hex> of <hex>"},
      {"on 2026-11-22T09:38:00.123Z it broke", "on <date> it broke"},
      {"on 2026-11-22 09:38:00 +0100 it broke", "on <date> it broke"},
      {"on 2026-11-22, at 09:38:00", "on <date>, at <date>"},
      {"Sun, 22 Nov 2026 09:38:00 GMT expired", "<date> expired"},
      {"took 15ms, or 1.5s", "took <duration>, or <duration>"},
      {"name='O Brien' ok=true", "name=<quoted_str> ok=<bool>"},
      {"Cannot read 'price' of null", "Cannot read 'price' of null"},
      {"1.2.3.4.5", "<float>.<float>.<int>"},
      {"first\n\n second 2 \nthird", "first\nsecond <int>..."},
      {"ключ 5 é1", "ключ <int> é1"},
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
  static const char *const pieces[] = {
      "a.", "1", "1.", "a@", "='", "::", "f:", "-", "a-1@", "0x", "-.", "%%+-.", "https://"};
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    struct buffer text = buffer_make(1 << 20);
    while (text.len < 500000) buffer_append_slice(&text, slice_of_string(pieces[i]));
    for (int round = 0; round < 20; round++) message_parameterize(&arena, buffer_slice(&text));
    arena_reset(&arena);
    buffer_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prefers_in_order),
      cmocka_unit_test(identifies_frames),
      cmocka_unit_test(orders_chains_and_groups),
      cmocka_unit_test(resolves_fingerprint_variables),
      cmocka_unit_test(marks_frames_in_app),
      cmocka_unit_test(takes_variables_out_of_messages),
      cmocka_unit_test(is_linear),
  };
  return cmocka_run_group_tests_name("grouping", tests, NULL, tear_down);
}
