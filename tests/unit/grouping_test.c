/* grouping_test.c - what makes events one error, and what keeps them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Names of the variants that contribute, and the values of the first joined by '|'. */
static const char *values_of(const char *json, const char **names) {
  struct grouping grouping, quick;
  grouping_compute(&arena, decode(json), NULL, true, &grouping);
  grouping_compute(&arena, decode(json), NULL, false, &quick);
  assert_int_equal(grouping.hash_count, quick.hash_count);
  assert_memory_equal(grouping.hashes, quick.hashes,
                      grouping.hash_count * sizeof(struct group_hash));
  struct slice values = SLICE_EMPTY, joined = SLICE_EMPTY;
  size_t hashes = 0;
  for (size_t i = 0; i < grouping.variant_count; i++) {
    const struct grouping_variant *variant = &grouping.variants[i];
    assert_true(variant->contributes == slice_is_empty(variant->reason));
    assert_false(slice_is_empty(variant->description));
    if (!variant->contributes) continue;
    assert_memory_equal(&variant->hash, &grouping.hashes[hashes], sizeof variant->hash);
    if (hashes) joined = arena_concat(&arena, joined, SLICE("+"));
    joined = arena_concat(&arena, joined, variant->name);
    for (size_t j = 0; hashes == 0 && j < variant->values.count; j++) {
      if (j) values = arena_concat(&arena, values, SLICE("|"));
      values = arena_concat(&arena, values, variant->values.items[j].value);
    }
    hashes++;
  }
  assert_int_equal(hashes, grouping.hash_count);
  *names = arena_string(&arena, joined);
  return arena_string(&arena, values);
}

struct expectation {
  const char *json, *variants, *values;
};

static void expect(const struct expectation *expectations, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *names;
    const char *values = values_of(expectations[i].json, &names);
    assert_string_equal(values, expectations[i].values);
    assert_string_equal(names, expectations[i].variants);
  }
}
#define EXPECT(list) expect(list, sizeof list / sizeof list[0])

#define STACK(platform, frames)                                          \
  "{\"platform\":\"" platform                                            \
  "\",\"exception\":[{\"type\":\"E\",\"value\":\"v 1\",\"stacktrace\":{" \
  "\"frames\":[" frames "]}}]}"
#define MINE ",\"in_app\":true}"
#define THEIRS ",\"in_app\":false}"
#define FRAME(platform, frame) STACK(platform, frame THEIRS)

static void prefers_in_order(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {"{\"checksum\":\"c\",\"fingerprint\":[\"f\"]}", "hashed-checksum", "c"},
      {"{\"checksum\":\"D41D8CD98F00B204E9800998ECF8427E\"}", "checksum",
       "D41D8CD98F00B204E9800998ECF8427E"},
      {"{\"fingerprint\":[\"f\",\"g\"],\"message\":\"m\"}", "custom-fingerprint", "f|g"},
      {"{\"fingerprint\":[\"{{ default }}\"],\"message\":\"m\"}", "default", "m"},
      {"{\"fingerprint\":[\"{{default}}\",\"x\"],\"message\":\"m 1\"}", "default", "m <int>|x"},
      {"{\"fingerprint\":[\"{{default}}\",\"x\"]}", "fallback", ""},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"user 17 gone\"}],\"message\":\"m\"}", "app",
       "E|user <int> gone"},
      {"{\"exception\":[{\"type\":\"E\"}]}", "app", "E"},
      {"{\"template\":{\"filename\":\"a.html\",\"context_line\":\"x\"},\"message\":\"m\"}",
       "default", "a.html|x"},
      {"{\"message\":\"user 17 gone\"}", "default", "user <int> gone"},
      {"{\"logentry\":{\"message\":\"user %s gone\",\"params\":[17]}}", "default", "user %s gone"},
      {"{}", "fallback", ""},
  };
  EXPECT(expectations);
}

static void sees_stacks_in_two_ways(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {STACK("python", "{\"module\":\"a\",\"function\":\"f\"" MINE
                       ",{\"module\":\"lib\",\"function\":\"g\"" THEIRS),
       "app+system", "a|f|E"},
      /* no frame in the app */
      {STACK("python", "{\"module\":\"lib\",\"function\":\"g\"" THEIRS), "system", "lib|g|E"},
      /* both the same: one is enough */
      {STACK("python", "{\"module\":\"a\",\"function\":\"f\"" MINE), "system", "a|f|E"},
      /* of a chain one exception has frames in the app, the other counts with its value */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\",\"stacktrace\":{\"frames\":["
       "{\"function\":\"f\"" MINE "]}},{\"type\":\"B\",\"value\":\"b\",\"stacktrace\":{\"frames\":["
       "{\"function\":\"g\"" THEIRS "]}}]}",
       "app+system", "f|A|B|b"},
      {"{\"threads\":[{\"id\":1,\"current\":true,\"stacktrace\":{\"frames\":[{\"function\":"
       "\"f\"" MINE ",{\"function\":\"g\"" THEIRS "]}}],\"message\":\"m\"}",
       "app+system", "f"},
      {"{\"threads\":[{\"id\":1,\"stacktrace\":{\"frames\":[{\"function\":\"f\"" THEIRS "]}},"
       "{\"id\":2,\"crashed\":true,\"stacktrace\":{\"frames\":[{\"function\":\"g\"" THEIRS "]}}]}",
       "system", "g"},
      {"{\"threads\":[{\"id\":1},{\"id\":2,\"stacktrace\":{\"frames\":[{\"function\":\"g\"" THEIRS
       "]}}],\"message\":\"m\"}",
       "default", "m"},
      /* the fingerprint is mixed into both */
      {"{\"fingerprint\":[\"x\",\"{{ default "
       "}}\"],\"threads\":[{\"id\":1,\"stacktrace\":{\"frames\":["
       "{\"function\":\"f\"" MINE ",{\"function\":\"g\"" THEIRS "]}}]}",
       "app+system", "x|f"},
  };
  EXPECT(expectations);
}

static void identifies_frames(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {FRAME("python",
             "{\"filename\":\"a/Views.py\",\"function\":\"f\",\"context_line\":\" \\tx  "
             "=\\t1 \\u00a0\""),
       "system", "views.py|f|x = 1|E"},
      {FRAME("go", "{\"filename\":\"a.go\",\"function\":\"f\",\"context_line\":\"x = 1\""),
       "system", "a.go|f|E"},
      {FRAME("javascript",
             "{\"abs_path\":\"https://h/app.js\",\"filename\":\"/app.js\",\"function\":"
             "\"Object.run\""),
       "system", "run|E"},
      {FRAME("node", "{\"filename\":\"/srv/app.js\",\"function\":\"Object.<anonymous>\""), "system",
       "app.js|E"},
      {FRAME("javascript", "{\"filename\":\"a.js\",\"function\":\"g/<\""), "system", "a.js|E"},
      /* a name out of a source map counts only where there is no line */
      {FRAME("javascript",
             "{\"filename\":\"a.js\",\"function\":\"f\",\"context_line\":\"x()\",\"data\":"
             "{\"sourcemap\":\"a.map\"}"),
       "system", "a.js|x()|E"},
      {FRAME("javascript",
             "{\"filename\":\"a.js\",\"function\":\"f\",\"data\":{\"sourcemap\":\"a.map\"}"),
       "system", "a.js|f|E"},
      {FRAME("javascript",
             "{\"abs_path\":\"[native code]\",\"function\":\"forEach\"},{\"function\":\"f\""),
       "system", "f|E"},
      {FRAME("javascript", "{\"abs_path\":\"https://h/a\",\"module\":\"h/a\",\"function\":\"f\""),
       "system", "f|E"},
      /* a lone page says nothing */
      {FRAME("javascript", "{\"abs_path\":\"https://h/a.js\",\"module\":\"a\""), "system",
       "E|v <int>"},
      {FRAME("ruby",
             "{\"filename\":\"a.rb\",\"function\":\"block (2 levels) in run\"},"
             "{\"filename\":\"v.erb\",\"function\":\"_v_erb__1234567_7890\"},"
             "{\"filename\":\"v.erb\",\"function\":\"_v_erb__123_7890\""),
       "system", "a.rb|block|v.erb|_v_erb|v.erb|_v_erb__123_7890|E"},
      {FRAME("php",
             "{\"filename\":\"a.php\",\"function\":\"class@anonymous\\u0000/x::run\"},"
             "{\"filename\":\"b.php\",\"function\":\"[Anonymous function]\"},"
             "{\"filename\":\"c.php\",\"function\":\"class@anonymous\\u0000/x\""),
       "system", "a.php|run|b.php|c.php|E"},
      {FRAME("csharp", "{\"module\":\"A\",\"function\":\"Run\",\"raw_function\":\"Run (int x)\""),
       "system", "A|Run (int x)|E"},
      {FRAME("native",
             "{\"function\":\"app::run\"},{\"function\":\"<redacted>\",\"filename\":\"a.c\""),
       "system", "app::run|a.c|E"},
      {FRAME("python",
             "{\"module\":\"m\",\"function\":\"f\",\"lineno\":7},{\"module\":\"m\",\"function\":"
             "\"f\",\"lineno\":7"),
       "system", "m|f|E"},
  };
  EXPECT(expectations);
}

static void cleans_generated_java_names(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"a.B$$Lambda$12", "f.java"},
      {"a.C$$EnhancerBySpringCGLIB$$1ebdd_7", "a.C$$EnhancerBySpringCGLIB$$<auto>"},
      {"a.C$$CGLIB$$1e", "a.C$$CGLIB$$1e"}, /* nothing before CGLIB */
      {"a.C$$EnhancerByGuice$$1e$$FastClassByGuice$$2f",
       "a.C$$EnhancerByGuice$$<auto>$$FastClassByGuice$$<auto>"},
      {"a.C$EnhancerByX$zz", "a.C$EnhancerByX$zz"},
      {"a.C_$$_javassist_seam_12", "a.C_$$_javassist<auto>"},
      {"a.C_$$_javassist", "a.C_$$_javassist<auto>"},
      {"core$_main$fn__9112", "core$_main$fn__<auto>"},
      {"core$_main$fn__", "core$_main$fn__"},
      {"a.User$HibernateProxy$oqT4c7Wz", "a.User$HibernateProxy$<auto>"},
      {"sun.reflect.GeneratedMethodAccessor12", "sun.reflect.GeneratedMethodAccessor"},
      {"sun.reflect.GeneratedSerializationConstructorAccessor1",
       "sun.reflect.GeneratedSerializationConstructorAccessor<auto>"},
      {"a.B", "a.B"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *names;
    struct slice json = arena_printf(
        &arena,
        FRAME("java", "{\"module\":\"%s\",\"filename\":\"F.java\",\"function\":\"lambda$x\""),
        cases[i][0]);
    const char *values = values_of(arena_string(&arena, json), &names);
    assert_string_equal(values, arena_string(&arena, arena_printf(&arena, "%s|E", cases[i][1])));
  }
}

#define PLACE(id, parent) "\"mechanism\":{\"exception_id\":" #id ",\"parent_id\":" #parent
#define ROOT                                                                                       \
  "{\"type\":\"G\",\"value\":\"g\",\"mechanism\":{\"exception_id\":0,\"is_exception_group\":true}" \
  "}"

static void orders_chains_and_groups(void **state) {
  (void)state;
  static const struct expectation expectations[] = {
      {"{\"exception\":[{\"type\":\"Cause\",\"value\":\"c\"},{\"type\":\"E\",\"value\":\"v\"}]}",
       "app", "Cause|c|E|v"},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"mechanism\":{\"synthetic\":true}}]}",
       "app", "v"},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"mechanism\":{\"meta\":{\"ns_error\":"
       "{\"domain\":\"D\",\"code\":-7}}}}]}",
       "app", "E|D|-7"},
      {"{\"exception\":[{\"type\":\"E\",\"mechanism\":{\"meta\":{\"ns_error\":{\"code\":1}}}}]}",
       "app", "E|None|1"},
      /* one error twice in a group: the group does not matter, nor does the second */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"1\"," PLACE(
           2, 0) "}},"
                 "{\"type\":\"A\",\"value\":\"2\"," PLACE(1, 0) "}}," ROOT "]}",
       "app", "A|<int>"},
      /* its cause does */
      {"{\"exception\":[{\"type\":\"C\",\"value\":\"c\"," PLACE(
           2, 1) "}},"
                 "{\"type\":\"A\",\"value\":\"a\"," PLACE(1, 0) "}}," ROOT "]}",
       "app", "A|a|C|c"},
      /* two errors in a group within the group: both, and the outer group */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"," PLACE(
           3, 1) "}},"
                 "{\"type\":\"B\",\"value\":\"b\"," PLACE(
                     2, 1) "}},"
                           "{\"type\":\"H\",\"value\":\"h\"," PLACE(
                               1, 0) ",\"is_exception_group\":true}}," ROOT "]}",
       "app", "B|b|A|a|G|g"},
      /* a circle that the root is no part of is never reached */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"," PLACE(
           2, 1) "}},"
                 "{\"type\":\"B\",\"value\":\"b\"," PLACE(1, 2) "}}," ROOT "]}",
       "app", "G|g"},
      /* trees that are none: everything */
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"," PLACE(
           1, 0) "}},"
                 "{\"type\":\"G\",\"value\":\"g\"," PLACE(0, 1) "}}]}",
       "app", "A|a|G|g"},
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"," PLACE(
           1, 0) "}},"
                 "{\"type\":\"B\",\"value\":\"b\"," PLACE(1, 0) "}}," ROOT "]}",
       "app", "B|b|A|a|G|g"},
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"," PLACE(
           2, 1) "}},"
                 "{\"type\":\"B\",\"value\":\"b\"," PLACE(1, 7) "}}]}",
       "app", "A|a|B|b"},
      {"{\"exception\":[{\"type\":\"A\",\"value\":\"a\"}," ROOT "]}", "app", "A|a|G|g"},
  };
  EXPECT(expectations);
}

/* Event, title of the group's own member. */
static void names_the_error_in_a_group(void **state) {
  (void)state;
  static const char json[] = "{\"exception\":[{\"type\":\"A\",\"value\":\"1\"," PLACE(2, 0) "}},"
                             "{\"type\":\"A\",\"value\":\"2\"," PLACE(1, 0) "}}," ROOT "]";
  static const char *const fingerprints[] = {"}", ",\"fingerprint\":[\"x\"]}"};
  for (size_t i = 0; i < 2; i++) {
    struct grouping grouping;
    struct event *event =
        decode(arena_string(&arena, arena_printf(&arena, "%s%s", json, fingerprints[i])));
    grouping_compute(&arena, event, NULL, false, &grouping);
    event_derive(&arena, event);
    assert_string_equal(arena_string(&arena, event->title), "A: 2");
  }
}

static void knows_md5(void **state) {
  (void)state;
  struct grouping grouping;
  char digits[2 * GROUPING_HASH_BYTES];
  grouping_compute(&arena, decode("{\"message\":\"abc\"}"), NULL, false, &grouping);
  hex_encode(grouping.hashes[0].bytes, GROUPING_HASH_BYTES, digits);
  assert_memory_equal(digits, "900150983cd24fb0d6963f7d28e17f72", sizeof digits);
  grouping_compute(&arena, decode("{}"), NULL, false, &grouping);
  hex_encode(grouping.hashes[0].bytes, GROUPING_HASH_BYTES, digits);
  assert_memory_equal(digits, "d41d8cd98f00b204e9800998ecf8427e", sizeof digits);
}

static void resolves_fingerprint_variables(void **state) {
  (void)state;
#define WITH(fingerprint)                                                                     \
  "{\"transaction\":\"t\",\"level\":\"info\",\"logger\":\"l\",\"tags\":{\"k\":\"v\"},"        \
  "\"fingerprint\":[" fingerprint                                                             \
  "],"                                                                                        \
  "\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"function\":" \
  "\"f\",\"module\":\"m\",\"package\":\"/usr/lib/p.so\",\"filename\":\"a/"                    \
  "f.py\",\"in_app\":false}]}}]}"
  static const struct expectation expectations[] = {
      {WITH("\"{{ transaction }}\",\"{{type}}\",\"{{ error.value }}\",\"{{ message }}\""),
       "custom-fingerprint", "t|E|v|v"},
      {WITH("\"{{ function }}\",\"{{ stack.module }}\",\"{{ path }}\",\"{{ stack.filename }}\","
            "\"{{ package }}\""),
       "custom-fingerprint", "f|m|a/f.py|a/f.py|p.so"},
      {WITH("\"{{ level }}\",\"{{ logger }}\",\"{{ tags.k }}\",\"{{ tags.no }}\",\"{{ tags.level "
            "}}\""),
       "custom-fingerprint", "info|l|v|<no-value-for-tag-no>|info"},
      {WITH("\"{{ unknown }}\",\"{{ a b }}\",\"{{}}\",\"x {{ type }}\""), "custom-fingerprint",
       "{{ unknown }}|{{ a b }}|{{}}|x {{ type }}"},
      {WITH("\"a\",\"{{ default }}\""), "system", "a|m|f|E"},
      {"{\"fingerprint\":[\"{{ transaction }}\",\"{{ function }}\",\"{{ type }}\",\"{{ value }}\","
       "\"{{ message }}\",\"{{ logger }}\",\"{{ module }}\",\"{{ package }}\",\"{{ path }}\","
       "\"{{ stack.filename }}\"]}",
       "custom-fingerprint",
       "<no-transaction>|<no-function>|<no-type>|<no-value>|<no-message>|<no-logger>|<no-module>|"
       "<no-package>|<no-abs-path>|<no-filename>"},
  };
  EXPECT(expectations);
}

/* --- hostile events ---------------------------------------------------------------------- */

/* A text made of a piece, as long as names may be. */
static void append_repeated(struct buffer *json, const char *piece, size_t bytes) {
  size_t start = json->len;
  while (json->len - start < bytes) buffer_append_slice(json, slice_of_string(piece));
}

/* Milliseconds of CPU for grouping the event once; the least of three. */
static double cost_ms(const struct buffer *json) {
  double least = 1e9;
  for (int round = 0; round < 3; round++) {
    struct timespec before, after;
    struct grouping grouping;
    struct event *event = decode(arena_string(&arena, buffer_slice(json)));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    grouping_compute(&arena, event, NULL, true, &grouping);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    double ms = (double)(after.tv_sec - before.tv_sec) * 1e3 +
                (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    if (ms < least) least = ms;
    assert_in_range(grouping.hash_count, 1, GROUPING_MAX_HASHES);
    arena_reset(&arena);
  }
  return least;
}

/* `exceptions` of `frames` each, with the names made of a piece. */
static double cost_of_frames(const char *platform, const char *piece, size_t exceptions,
                             size_t frames) {
  struct buffer json = buffer_make(1 << 20);
  size_t bytes = 700000 / (exceptions * frames * 2);
  if (bytes > 250) bytes = 250;
  buffer_printf(&json, "{\"platform\":\"%s\",\"exception\":[", platform);
  for (size_t i = 0; i < exceptions; i++) {
    buffer_printf(&json, "%s{\"type\":\"E%zu\",\"stacktrace\":{\"frames\":[", i ? "," : "", i);
    for (size_t j = 0; j < frames; j++) {
      buffer_printf(&json, "%s{\"lineno\":%zu,\"module\":\"", j ? "," : "", j + 1);
      append_repeated(&json, piece, bytes);
      BUFFER_APPEND_LITERAL(&json, "\",\"function\":\"");
      append_repeated(&json, piece, bytes);
      BUFFER_APPEND_LITERAL(&json, "\"}");
    }
    BUFFER_APPEND_LITERAL(&json, "]}}");
  }
  BUFFER_APPEND_LITERAL(&json, "]}");
  assert_false(json.is_overflown);
  double ms = cost_ms(&json);
  buffer_free(&json);
  return ms;
}

/* No name makes cleaning slow: 5,000 frames take some milliseconds, whatever they are called. The
 * limit is for a slow machine with sanitizers. */
static void is_quick_with_any_names(void **state) {
  (void)state;
  static const struct {
    const char *platform, *piece;
  } cases[] = {
      {"java", "$$"},
      {"java", "$$aCGLIB"},
      {"java", "$EnhancerBy"},
      {"java", "$fn__"},
      {"java", "$fn__1"},
      {"java", "$a"},
      {"java", "sun.reflect.Generated"},
      {"ruby", "_1234"},
      {"php", "::"},
      {"php", "class@anonymous"},
      {"javascript", "."},
      {"native", "<"},
      {"native", "(<"},
      {"native", "a<b>::"},
      {"csharp", " ("},
      {"python", "a"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double ms = cost_of_frames(cases[i].platform, cases[i].piece, 20, 250);
    if (ms > 400) fail_msg("%s %s: %.1f ms", cases[i].platform, cases[i].piece, ms);
  }
}

/* Groups whose ids make a chain, a circle or one wide group. */
static void is_quick_with_any_tree(void **state) {
  (void)state;
  for (int form = 0; form < 4; form++) {
    struct buffer json = buffer_make(1 << 20);
    BUFFER_APPEND_LITERAL(&json, "{\"exception\":[");
    for (int i = 999; i >= 0; i--) {
      int parent = form == 0 ? i - 1 : form == 1 ? (i + 1) % 1000 : form == 2 ? 0 : i % 7;
      buffer_printf(&json,
                    "{\"type\":\"E\",\"value\":\"%d\",\"mechanism\":{\"exception_id\":%d,"
                    "\"parent_id\":%d,\"is_exception_group\":%s}}%s",
                    i, i, parent, i % 2 ? "false" : "true", i ? "," : "");
    }
    BUFFER_APPEND_LITERAL(&json, "]}");
    assert_true(cost_ms(&json) < 100);
    buffer_free(&json);
  }
}

static void is_quick_with_a_long_message(void **state) {
  (void)state;
  static const char *const pieces[] = {"a", "1", "a@", "datetime.datetime(", "='", "\\n", "é"};
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    struct buffer json = buffer_make(1 << 20);
    BUFFER_APPEND_LITERAL(&json, "{\"message\":\"");
    append_repeated(&json, pieces[i], 1000000);
    BUFFER_APPEND_LITERAL(&json, "\"}");
    assert_true(cost_ms(&json) < 100);
    buffer_free(&json);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prefers_in_order),
      cmocka_unit_test(sees_stacks_in_two_ways),
      cmocka_unit_test(identifies_frames),
      cmocka_unit_test(cleans_generated_java_names),
      cmocka_unit_test(orders_chains_and_groups),
      cmocka_unit_test(names_the_error_in_a_group),
      cmocka_unit_test(knows_md5),
      cmocka_unit_test(resolves_fingerprint_variables),
      cmocka_unit_test(is_quick_with_any_names),
      cmocka_unit_test(is_quick_with_any_tree),
      cmocka_unit_test(is_quick_with_a_long_message),
  };
  return cmocka_run_group_tests_name("grouping", tests, NULL, tear_down);
}
