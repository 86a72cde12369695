/* normalize_test.c - what becomes of attributes in their rarer forms, what is noted of wrong ones,
 * and that hostile sizes stay bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "event/event.h"
#include "event/limits.h"
#include "json/json.h"

#define NOW_MS INT64_C(1795341175000)

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static const struct event_hints plain_hints = {.received_ms = NOW_MS};

static struct event *decode_hinted(struct slice json, const struct event_hints *hints) {
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, json, hints, &event, &problem)) fail_msg("%s", problem.message);
  event_derive(&arena, event);
  return event;
}

static struct event *decode(const char *json) {
  return decode_hinted(slice_of_string(json), &plain_hints);
}

static struct slice written(const struct event *event) {
  struct buffer out = buffer_make(1 << 24);
  event_write(event, &out);
  struct slice json = arena_copy(&arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

static const char *text(struct slice s) { return arena_string(&arena, s); }
#define assert_text(slice, wanted) assert_string_equal(text(slice), wanted)

static void assert_kept(const struct event *event, const char *part) {
  const char *json = text(written(event));
  if (!strstr(json, part)) fail_msg("%s is not in %s", part, json);
  const struct event *copy = event_read(&arena, slice_of_string(json));
  assert_non_null(copy);
  assert_string_equal(json, text(written(copy)));
}

static struct slice tag(const struct event *event, const char *key) {
  return pairs_get(event->tags, slice_of_string(key));
}

/* --- what is noted ------------------------------------------------------------------- */

static void notes_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *json, *type, *name, *value;
  } cases[] = {
      {"{\"unheard_of\":1}", "invalid_attribute", "unheard_of", ""},
      {"{\"platform\":\"abacus\"}", "invalid_data", "platform", "abacus"},
      {"{\"logger\":\"a\\nb\"}", "invalid_data", "logger", "a\nb"},
      {"{\"release\":\"1\",\"dist\":\"a b\"}", "invalid_data", "dist", "a b"},
      {"{\"environment\":\"a/b\"}", "invalid_environment", "environment", "a/b"},
      {"{\"environment\":"
       "\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
       "invalid_environment", "environment",
       "0123456789012345678901234567890123456789012345678901234567890123456789"},
      {"{\"user\":{\"ip_address\":\"here\"}}", "invalid_data", "user.ip_address", ""},
      {"{\"exception\":\"no\"}", "invalid_data", "exception", "\"no\""},
      {"{\"exception\":[7]}", "invalid_data", "exception.0", "7"},
      {"{\"exception\":[{\"module\":\"m\"}]}", "missing_attribute", "exception.0", ""},
      {"{\"breadcrumbs\":[7]}", "invalid_data", "breadcrumbs.0", "7"},
      {"{\"threads\":[{\"stacktrace\":{\"frames\":[null,7]}}]}", "invalid_data",
       "threads.0.stacktrace.frames.1", "7"},
      {"{\"fingerprint\":\"a\"}", "invalid_data", "fingerprint", "\"a\""},
      {"{\"fingerprint\":[{}]}", "invalid_data", "fingerprint.0", "{}"},
      {"{\"contexts\":{\"os\":\"linux\"}}", "invalid_data", "contexts.os", "\"linux\""},
      {"{\"debug_meta\":{\"images\":[{\"type\":\"elf\"},{\"type\":\"jpeg\"}]}}", "invalid_data",
       "debug_meta.images.1", "\"jpeg\""},
      {"{\"tags\":{\"a!\":\"1\"}}", "invalid_data", "tags", "a!"},
      {"{\"sdk\":\"x\"}", "invalid_data", "sdk", "\"x\""},
      {"{\"modules\":7}", "invalid_data", "modules", "7"},
      {"{\"timestamp\":\"soon\"}", "invalid_data", "timestamp", "\"soon\""},
      {"{\"timestamp\":4102444800}", "future_timestamp", "timestamp", "2100-01-01T00:00:00.000Z"},
      {"{\"timestamp\":1000000000}", "past_timestamp", "timestamp", "2001-09-09T01:46:40.000Z"},
      {"{\"level\":\"loud\"}", "invalid_data", "level", "\"loud\""},
      {"{\"event_id\":\"1\"}", "invalid_data", "event_id", "\"1\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct event *event = decode(cases[i].json);
    if (event->error_count != 1) fail_msg("%s: %zu notes", cases[i].json, event->error_count);
    assert_text(event->errors[0].type, cases[i].type);
    assert_text(event->errors[0].name, cases[i].name);
    assert_text(event->errors[0].value, cases[i].value);
    assert_true(event->errors[0].reason.len > 0);
    assert_kept(event, "\"errors\":[{\"type\":");
  }
}

static void says_nothing_of_what_is_known(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"project\":1,\"version\":\"7\",\"key_id\":\"1\",\"interfaces\":{},\"type\":\"error\","
      "\"spans\":[],\"time_spent\":1,\"exception\":{\"values\":[null]},\"threads\":{},"
      "\"breadcrumbs\":{\"values\":null},\"extra\":[],\"tags\":[],\"user\":{},\"modules\":[],"
      "\"sentry.interfaces.Query\":{}}");
  assert_int_equal(event->error_count, 0);
}

/* Notes of single values never take the place of those of the whole. */
static void leaves_room_for_clocks(void **state) {
  (void)state;
  struct buffer json = buffer_make(1 << 20);
  BUFFER_APPEND_LITERAL(&json, "{\"timestamp\":1000000000");
  for (int i = 0; i < 100; i++) buffer_printf(&json, ",\"unknown_%d\":1", i);
  BUFFER_APPEND_LITERAL(&json, ",\"errors\":[{}");
  for (int i = 0; i < 100; i++) buffer_printf(&json, ",{\"type\":\"sent\"}");
  BUFFER_APPEND_LITERAL(&json, "]}");
  struct event *event = decode_hinted(buffer_slice(&json), &plain_hints);
  assert_true(event->error_count <= LIMIT_ERRORS);
  assert_text(event->errors[event->error_count - 1].type, "past_timestamp");
  buffer_free(&json);
}

/* A breadcrumb's time is wrong by the same, whether or not the event has one. */
static void corrects_breadcrumbs_of_events_without_time(void **state) {
  (void)state;
  const struct event_hints hints = {.received_ms = NOW_MS, .sent_at_ms = NOW_MS - 2 * HOUR_MS};
  struct event *event = decode_hinted(
      SLICE("{\"breadcrumbs\":[{\"timestamp\":1795333965},{\"message\":\"m\"}]}"), &hints);
  assert_int_equal(event->timestamp_ms, NOW_MS);
  assert_int_equal(event->breadcrumbs[0].timestamp_ms, NOW_MS - 10000);
  assert_int_equal(event->breadcrumbs[1].timestamp_ms, 0);
  assert_text(event->errors[0].type, "clock_drift");
}

/* --- forms ------------------------------------------------------------------------------ */

static void keeps_rare_attributes(void **state) {
  (void)state;
  static const struct {
    const char *json, *kept;
  } cases[] = {
      {"{\"template\":{\"filename\":\"t.html\",\"lineno\":3}}",
       "\"template\":{\"filename\":\"t.html\",\"lineno\":3}"},
      {"{\"sentry.interfaces.Template\":{\"filename\":\"t\"}}",
       "\"template\":{\"filename\":\"t\"}"},
      {"{\"_meta\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"\":{\"len\":9}}}}}}}}"
       "}}}",
       "\"h\":{\"\":{\"len\":9}}"},
      {"{\"threads\":[{\"id\":1,\"held_locks\":{\"0x1\":{\"type\":1}}}]}",
       "\"held_locks\":{\"0x1\":{\"type\":1}}"},
      {"{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"snapshot\":true,\"lang\":\"rust\","
       "\"frames\":[{\"function\":\"f\",\"addr_mode\":\"rel:0\",\"function_id\":\"0x2\",\"lock\":{"
       "\"type\":2}}]}}]}",
       "\"addr_mode\":\"rel:0\",\"function_id\":\"0x2\",\"lock\":{\"type\":2}}],\"lang\":\"rust\","
       "\"snapshot\":true"},
      {"{\"exception\":[{\"type\":\"E\",\"raw_stacktrace\":{\"frames\":[{\"function\":\"raw\"}]}}]"
       "}",
       "\"stacktrace\":{\"frames\":[{\"function\":\"raw\""},
      {"{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"f\",\"vars\":["
       "\"a\",1]}]}}]}",
       "\"vars\":{\"0\":\"a\",\"1\":1}"},
      {"{\"sdk\":{\"name\":\"s\",\"features\":[\"f\"]}}", "\"features\":[\"f\"]"},
      {"{\"site\":\"here\"}", "[\"site\",\"here\"]"},
      {"{\"modules\":[{\"name\":\"m\",\"version\":\"1\"},{\"name\":\"n\",\"version\":2}]}",
       "\"modules\":{\"m\":\"1\",\"n\":\"2\"}"},
      {"{\"modules\":[[\"m\",\"1\"]]}", "\"modules\":{\"m\":\"1\"}"},
      {"{\"fingerprint\":[\"a\",1,1.9,-2.5,true,null,\"\"]}",
       "\"fingerprint\":[\"a\",\"1\",\"1\",\"-2\",\"True\"]"},
      {"{\"breadcrumbs\":{\"message\":\"alone\",\"level\":\"critical\"}}",
       "\"breadcrumbs\":{\"values\":[{\"level\":\"fatal\",\"message\":\"alone\"}]}"},
      {"{\"contexts\":{\"my\":{\"a\":1}}}", "\"contexts\":{\"my\":{\"a\":1,\"type\":\"my\"}}"},
      {"{\"contexts\":{\"my\":{\"type\":\"x\"},\"n\":null,\"reprocessing\":{\"a\":1}}}",
       "\"contexts\":{\"my\":{\"type\":\"x\"}}"},
      {"{\"debug_meta\":{\"images\":[{\"type\":\"jpeg\"},{\"type\":\"elf\"}],\"sdk_info\":{\"a\":1}"
       "}}",
       "\"debug_meta\":{\"images\":[{\"type\":\"elf\"}],\"sdk_info\":{\"a\":1}}"},
      {"{\"user\":{\"id\":true,\"segment\":\"s\",\"geo\":{\"city\":\"c\"}}}",
       "\"data\":{\"segment\":\"s\"}"},
      {"{\"user\":{\"ip_address\":\"10.0.0.1, 10.0.0.2\"}}",
       "\"user\":{\"ip_address\":\"10.0.0.1\"}"},
      {"{\"user\":{\"ip_address\":\"fe80::1%eth0\"}}", "\"ip_address\":\"fe80::1%eth0\""},
      {"{\"request\":{\"url\":\"https://h/\xe2\x80\xa6\",\"body_size\":9}}",
       "\"request\":{\"url\":\"https://h/...\",\"body_size\":9}"},
      {"{\"platform\":\"abacus\"}", "\"platform\":\"other\""},
      {"{}", "\"platform\":\"other\""},
      {"{\"exception\":[{\"type\":\"E\",\"mechanism\":{\"posix_signal\":{\"signal\":11,\"code\":0},"
       "\"mach_exception\":{\"exception\":1,\"exception_name\":\"EXC_BAD_ACCESS\"},"
       "\"relevant_address\":\"0x1\"}}]}",
       "\"mechanism\":{\"type\":\"mach\",\"data\":{\"relevant_address\":\"0x1\"},\"meta\":{"
       "\"signal\":"
       "{\"number\":11,\"code\":0},\"mach_exception\":{\"name\":\"EXC_BAD_ACCESS\",\"exception\":1}"
       "}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_kept(decode(cases[i].json), cases[i].kept);
}

/* A word is a type only when it is no longer than types may be. */
static void splits_values(void **state) {
  (void)state;
  struct event *event = decode("{\"exception\":[{\"value\":\"Word: rest: more\"}]}");
  assert_text(event->exceptions[0].type, "Word");
  assert_text(event->exceptions[0].value, "rest: more");
  static const unsigned lengths[] = {LIMIT_SYMBOL, LIMIT_SYMBOL + 1};
  for (size_t i = 0; i < 2; i++) {
    struct slice json =
        arena_printf(&arena, "{\"exception\":[{\"value\":\"W%0*d: rest\"}]}", lengths[i] - 1, 1);
    event = decode(text(json));
    assert_int_equal(event->exceptions[0].type.len, i == 0 ? LIMIT_SYMBOL : 0);
    assert_kept(event, "rest\"");
  }
}

static void reads_bodies(void **state) {
  (void)state;
  static const struct {
    const char *data, *kept;
  } cases[] = {
      {"\"{\\\"a\\\":[1,{\\\"b\\\":2.50}]}\"",
       "\"data\":{\"a\":[1,{\"b\":2.50}]},\"inferred_content_type\":\"application/json\""},
      {"\"a=1&b=x%20y+z&c=%ff%00&d\"",
       "\"data\":{\"a\":\"1\",\"b\":\"x y z\",\"c\":\"\xef\xbf\xbd?\",\"d\":\"\"},"
       "\"inferred_content_type\":\"application/x-www-form-urlencoded\""},
      {"\"{broken\"", "\"data\":\"{broken\",\"inferred_content_type\":\"text/x\""},
      {"\"YWJjZA==\"", "\"data\":\"YWJjZA==\",\"inferred_content_type\":\"text/x\""},
      {"\"plain text, a = b\"", "\"data\":\"plain text, a = b\""},
      {"{\"a\":1}", "\"data\":{\"a\":1},\"inferred_content_type\":\"text/x\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice json = arena_printf(
        &arena, "{\"request\":{\"data\":%s,\"headers\":{\"content-type\":\"text/x; charset=y\"}}}",
        cases[i].data);
    assert_kept(decode(text(json)), cases[i].kept);
  }
}

static void names_signals(void **state) {
  (void)state;
  static const struct {
    const char *os, *meta, *kept;
  } cases[] = {
      {"Linux", "{\"signal\":{\"number\":11,\"code\":1}}",
       "{\"number\":11,\"code\":1,\"code_name\":\"SEGV_MAPERR\",\"name\":\"SIGSEGV\"}"},
      {"iOS", "{\"signal\":{\"number\":10,\"code\":1}}",
       "{\"number\":10,\"code\":1,\"code_name\":\"BUS_ADRALN\",\"name\":\"SIGBUS\"}"},
      {"Android", "{\"signal\":{\"number\":7,\"name\":\"mine\"}}",
       "{\"number\":7,\"name\":\"mine\"}"},
      {"Windows", "{\"signal\":{\"number\":7}}", "\"signal\":{\"number\":7}"},
      {"macOS", "{\"mach_exception\":{\"exception\":6}}",
       "{\"exception\":6,\"name\":\"EXC_BREAKPOINT\"}"},
      {"Linux", "{\"errno\":{\"number\":111}}", "{\"number\":111,\"name\":\"ECONNREFUSED\"}"},
      {"macOS", "{\"errno\":{\"number\":61}}", "{\"number\":61,\"name\":\"ECONNREFUSED\"}"},
      {"macOS", "{\"errno\":{\"number\":9999999999999999999999}}", "\"errno\":{\"number\":9999"},
      {"macOS", "{\"errno\":7}", "\"errno\":7"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice json = arena_printf(&arena,
                                     "{\"exception\":[{\"type\":\"E\",\"mechanism\":{\"type\":"
                                     "\"x\",\"meta\":%s}}],\"contexts\":{"
                                     "\"os\":{\"name\":\"%s\"}}}",
                                     cases[i].meta, cases[i].os);
    assert_kept(decode(text(json)), cases[i].kept);
  }
}

/* --- user agents --------------------------------------------------------------------------- */

#define CHROME                                                                        \
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " \
  "Chrome/74.0.3729.169 Safari/537.36"
#define IPHONE                                                                           \
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, " \
  "like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"

static void reads_user_agents(void **state) {
  (void)state;
  const struct event_hints hints = {.received_ms = NOW_MS, .user_agent = SLICE(CHROME)};
  struct event *event =
      decode("{\"platform\":\"python\",\"request\":{\"headers\":{\"user-agent\":\"" CHROME
             "\"}},\"contexts\":{\"os\":{\"name\":\"Debian\"}}}");
  assert_text(tag(event, "browser"), "Chrome 74.0.3729");
  assert_text(tag(event, "browser.name"), "Chrome");
  assert_text(tag(event, "client_os"), "Windows 10");
  assert_text(tag(event, "os"), "Debian");
  assert_kept(event,
              "\"browser\":{\"name\":\"Chrome\",\"version\":\"74.0.3729\",\"type\":\"browser\"}");
  event = decode("{\"platform\":\"javascript\",\"request\":{\"headers\":{\"User-Agent\":\"" IPHONE
                 "\"}}}");
  assert_text(tag(event, "os"), "iOS 17.4");
  assert_text(tag(event, "device"), "iPhone");
  assert_text(tag(event, "device.family"), "iPhone");
  /* What the SDK knows counts more. */
  event = decode("{\"platform\":\"javascript\",\"request\":{\"headers\":{\"User-Agent\":\"" IPHONE
                 "\"}},\"contexts\":{\"browser\":{\"name\":\"Own\"}}}");
  assert_text(tag(event, "browser"), "Own");
  assert_text(tag(event, "os"), "");
  /* A page that sends no headers sent the event itself; a server did not. */
  assert_text(tag(decode_hinted(SLICE("{\"platform\":\"javascript\"}"), &hints), "browser.name"),
              "Chrome");
  assert_text(tag(decode_hinted(SLICE("{\"platform\":\"python\"}"), &hints), "browser.name"), "");
}

static void derives_tags_of_contexts(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"contexts\":{\"gpu\":{\"name\":\"G\",\"vendor_name\":\"V\"},\"app\":{\"device_app_hash\":"
      "\"h\"},\"os\":{\"name\":\"Android\",\"rooted\":true},\"monitor\":{\"id\":1,\"slug\":\"s\"},"
      "\"replay\":{\"replay_id\":\"r\"},\"runtime\":{\"name\":\"R\",\"version\":\"1\"},\"trace\":{"
      "\"trace_id\":\"t\"}}}");
  static const struct {
    const char *key, *value;
  } wanted[] = {{"gpu.name", "G"},     {"gpu.vendor", "V"}, {"app.device", "h"},
                {"os.rooted", "yes"},  {"monitor.id", "1"}, {"replayId", "r"},
                {"monitor.slug", "s"}, {"runtime", "R 1"},  {"trace", ""}};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
    assert_text(tag(event, wanted[i].key), wanted[i].value);
}

static void cuts_tags_and_says_so(void **state) {
  (void)state;
  struct slice json =
      arena_printf(&arena, "{\"tags\":{\"long\":\"%0300d\",\"%0300d\":\"v\"}}", 1, 2);
  struct event *event = decode(text(json));
  assert_int_equal(event->sent_tag_count, 1);
  assert_int_equal(tag(event, "long").len, 200);
  assert_int_equal(event->error_count, 2);
  assert_text(event->errors[0].type, "value_too_long");
  assert_text(event->errors[0].name, "tags.long");
  assert_text(event->errors[1].type, "value_too_long");
}

/* --- what helps of long stack traces ---------------------------------------------------------- */

static void slims_long_stacks(void **state) {
  (void)state;
  struct buffer json = buffer_make(1 << 20);
  BUFFER_APPEND_LITERAL(&json, "{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[");
  for (int i = 0; i < 100; i++) {
    buffer_printf(&json,
                  "%s{\"function\":\"f%d\",\"vars\":{\"v\":1},\"pre_context\":[\"x\"],"
                  "\"context_line\":\"y\",\"in_app\":%s}",
                  i ? "," : "", i, i % 10 == 0 ? "true" : "false");
  }
  BUFFER_APPEND_LITERAL(&json, "]}}]}");
  struct event *event = decode_hinted(buffer_slice(&json), &plain_hints);
  const struct stacktrace *stacktrace = &event->exceptions[0].stacktrace;
  size_t whole = 0;
  assert_int_equal(stacktrace->count, 100);
  for (size_t i = 0; i < stacktrace->count; i++) {
    const struct frame *frame = &stacktrace->frames[i];
    bool has_all = frame->vars && frame->pre_context.count == 1;
    whole += has_all;
    assert_true(has_all || frame->sent_in_app == NO);
    assert_true(has_all || (i > 10 && i < 90));
    assert_text(frame->context_line, "y");
  }
  assert_int_equal(whole, LIMIT_FRAMES_WHOLE);
  buffer_free(&json);
}

/* --- bounds ------------------------------------------------------------------------------------
 */

static int64_t cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* `piece` so often that it makes a megabyte at most, between `start` and `end`. */
static struct slice repeated(const char *start, const char *piece, const char *end, size_t count) {
  struct buffer json = buffer_make(EVENT_JSON_LIMIT);
  buffer_append_slice(&json, slice_of_string(start));
  for (size_t i = 0; i < count && json.len + strlen(piece) + strlen(end) < EVENT_JSON_LIMIT; i++)
    buffer_append_slice(&json, slice_of_string(piece));
  buffer_append_slice(&json, slice_of_string(end));
  struct slice made = arena_copy(&arena, buffer_slice(&json));
  buffer_free(&json);
  return made;
}

static void is_bounded(void **state) {
  (void)state;
  static const struct {
    const char *name, *start, *piece, *end;
    size_t count;
  } cases[] = {
      {"500 tags", "{\"tags\":[[\"k\",\"v\"]", ",[\"key\",\"value\"]", "]}", 500},
      {"10,000 breadcrumbs", "{\"breadcrumbs\":[{}", ",{\"message\":\"m\",\"data\":{\"a\":1}}",
       "]}", 10000},
      {"1,000 exceptions", "{\"exception\":[{}",
       ",{\"type\":\"E\",\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}", "]}",
       1000},
      {"5,000 frames", "{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[{}",
       ",{\"function\":\"f\",\"filename\":\"a.py\",\"lineno\":1,\"vars\":{\"a\":1}}", "]}}]}",
       5000},
      {"a message of 1 MB", "{\"message\":\"", "0123456789 abc%s{}", "\"}", SIZE_MAX},
      {"a template of 1 MB", "{\"logentry\":{\"params\":[1,2],\"message\":\"", "%s", "\"}}",
       SIZE_MAX},
      {"a body of 1 MB", "{\"request\":{\"data\":\"", "a=%20&", "\"}}", SIZE_MAX},
      {"JSON as text", "{\"request\":{\"data\":\"[", "[", "\"}}", SIZE_MAX},
      {"contexts", "{\"contexts\":{\"a\":{}", ",\"abc\":{\"d\":\"e\"}", "}}", SIZE_MAX},
      {"one context", "{\"contexts\":{\"a\":{\"b\":[1", ",\"\\u0001\\u0001\"", "]}}}", SIZE_MAX},
      {"mechanisms", "{\"exception\":[{}",
       ",{\"type\":\"E\",\"mechanism\":{\"meta\":{\"errno\":{\"number\":1}}}}", "]}", SIZE_MAX},
      {"images", "{\"debug_meta\":{\"images\":[{}", ",{\"type\":\"x\"}", "]}}", SIZE_MAX},
      {"unknown attributes", "{\"a\":1", ",\"abcdef\":[]", "}", SIZE_MAX},
      {"lists as objects", "{\"extra\":[1", ",[1,2]", "]}", SIZE_MAX},
      {"attributes again", "{\"extra\":[1]", ",\"extra\":[1,2],\"debug_meta\":{\"images\":[1]}",
       "}", SIZE_MAX},
      {"depth", "{\"extra\":{\"a\":", "[", "", SIZE_MAX},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice json = repeated(cases[i].start, cases[i].piece, cases[i].end, cases[i].count);
    int64_t started_ms = cpu_ms();
    struct event *event;
    if (event_decode(&arena, json, &plain_hints, &event, NULL) == STATUS_OK) {
      event_derive(&arena, event);
      struct slice kept = written(event);
      assert_true(kept.len <= EVENT_KEPT_LIMIT);
      struct event *copy = event_read(&arena, kept);
      if (!copy || !slice_equal(kept, written(copy)))
        fail_msg("%s reads back differently", cases[i].name);
      assert_int_equal(copy->tags.count, event->tags.count);
    }
    int64_t took_ms = cpu_ms() - started_ms;
    if (took_ms > 3000) fail_msg("%s took %lld ms", cases[i].name, (long long)took_ms); /* ~10 */
    assert_true(arena.total_bytes < 64 * 1024 * 1024);
    arena_free(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(notes_what_is_wrong, tear_down),
      cmocka_unit_test_teardown(says_nothing_of_what_is_known, tear_down),
      cmocka_unit_test_teardown(leaves_room_for_clocks, tear_down),
      cmocka_unit_test_teardown(corrects_breadcrumbs_of_events_without_time, tear_down),
      cmocka_unit_test_teardown(keeps_rare_attributes, tear_down),
      cmocka_unit_test_teardown(splits_values, tear_down),
      cmocka_unit_test_teardown(reads_bodies, tear_down),
      cmocka_unit_test_teardown(names_signals, tear_down),
      cmocka_unit_test_teardown(reads_user_agents, tear_down),
      cmocka_unit_test_teardown(derives_tags_of_contexts, tear_down),
      cmocka_unit_test_teardown(cuts_tags_and_says_so, tear_down),
      cmocka_unit_test_teardown(slims_long_stacks, tear_down),
      cmocka_unit_test_teardown(is_bounded, tear_down),
  };
  return cmocka_run_group_tests_name("normalising", tests, NULL, NULL);
}
