/* event_test.c - decoding every form that SDKs have sent, deriving, and writing what reads back the
 * same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "event/event.h"
#include "event/limits.h"
#include "grouping/grouping.h"
#include "json/json.h"

#define NOW_MS INT64_C(1795341175000)

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static const struct event_hints plain_hints = {.received_ms = NOW_MS};

static struct event *decode_slice(struct slice json, const struct event_hints *hints) {
  struct event *event = NULL;
  struct problem problem = {0};
  struct grouping grouping;
  if (event_decode(&arena, json, hints, &event, &problem)) fail_msg("%s", problem.message);
  grouping_compute(&arena, event, NULL, false, &grouping);
  event_derive(&arena, event);
  return event;
}

static struct event *decode(const char *json) {
  return decode_slice(slice_of_string(json), &plain_hints);
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

/* --- forms ----------------------------------------------------------------------- */

static void takes_exceptions_in_every_form(void **state) {
  (void)state;
  static const char *const forms[] = {
      "{\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"v\"}]}}",
      "{\"exception\":[{\"type\":\"E\",\"value\":\"v\"}]}",
      "{\"exception\":{\"type\":\"E\",\"value\":\"v\"}}",
      "{\"sentry.interfaces.Exception\":{\"values\":[null,{\"type\":\"E\",\"value\":\"v\"}]}}",
      "{\"exception\":[{\"value\":\"E: v\"}]}",
      "{\"exception\":[{\"value\":\"v\",\"type\":\"E\"},{\"module\":\"nothing else\"}]}",
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct event *event = decode(forms[i]);
    assert_int_equal(event->exception_count, 1);
    assert_text(event->exceptions[0].type, "E");
    assert_text(event->exceptions[0].value, "v");
    assert_text(event->title, "E: v");
    assert_text(event->type, "error");
  }
}

static void takes_messages_in_every_form(void **state) {
  (void)state;
  static const struct {
    const char *json, *formatted, *template;
  } cases[] = {
      {"{\"message\":\"hi\"}", "hi", ""},
      {"{\"message\":{\"message\":\"hi\"}}", "hi", ""},
      {"{\"logentry\":\"hi\"}", "hi", ""},
      {"{\"sentry.interfaces.Message\":{\"message\":\"hi\"}}", "hi", ""},
      {"{\"logentry\":{\"message\":\"a %s\",\"params\":[\"b\"]}}", "a b", "a %s"},
      {"{\"logentry\":{\"message\":\"a %d of %s\",\"params\":[1,\"n\"]}}", "a 1 of n",
       "a %d of %s"},
      {"{\"logentry\":{\"message\":\"%(x)s!\",\"params\":{\"x\":\"b\"}}}", "b!", "%(x)s!"},
      {"{\"logentry\":{\"message\":\"{} {}\",\"params\":[1,2]}}", "1 2", "{} {}"},
      {"{\"logentry\":{\"message\":\"100%% %s\",\"params\":[1]}}", "100% 1", "100%% %s"},
      {"{\"message\":\"a b\",\"logentry\":{\"message\":\"a %s\",\"params\":[\"b\"]}}", "a b",
       "a %s"},
      {"{\"logentry\":{\"message\":\"a %s\",\"params\":[\"b\"]},\"message\":\"a b\"}", "a b",
       "a %s"},
      {"{\"logentry\":{\"message\":\"a\",\"formatted\":\"a\"}}", "a", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct event *event = decode(cases[i].json);
    assert_text(event->message_formatted, cases[i].formatted);
    assert_text(event->message_template, cases[i].template);
    assert_text(event->title, cases[i].formatted);
  }
}

static void takes_times_in_every_form(void **state) {
  (void)state;
  static const struct {
    const char *json;
    int64_t wanted_ms;
  } cases[] = {
      {"{\"timestamp\":1795341170}", INT64_C(1795341170000)},
      {"{\"timestamp\":1795341170.25}", INT64_C(1795341170250)},
      {"{\"timestamp\":1795341170.1239}", INT64_C(1795341170123)},
      {"{\"timestamp\":\"1795341170.5\"}", INT64_C(1795341170500)},
      {"{\"timestamp\":1.79534117e9}", INT64_C(1795341170000)},
      {"{\"timestamp\":\"2026-11-22T09:52:50Z\"}", INT64_C(1795341170000)},
      {"{\"timestamp\":\"2026-11-22T09:52:50.500\"}", INT64_C(1795341170500)},
      {"{\"timestamp\":\"2026-11-22T10:52:50+01:00\"}", INT64_C(1795341170000)},
      {"{\"timestamp\":\"yesterday\"}", NOW_MS},
      {"{\"timestamp\":true}", NOW_MS},
      {"{}", NOW_MS},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(decode(cases[i].json)->timestamp_ms, cases[i].wanted_ms);
  }
}

static void corrects_clocks(void **state) {
  (void)state;
  struct event_hints hints = {.received_ms = NOW_MS, .sent_at_ms = NOW_MS - 2 * HOUR_MS};
  struct slice json =
      SLICE("{\"timestamp\":1795333970,\"breadcrumbs\":[{\"timestamp\":1795333960}]}");
  struct event *event = decode_slice(json, &hints);
  assert_int_equal(event->timestamp_ms, NOW_MS - 5000);
  assert_int_equal(event->breadcrumbs[0].timestamp_ms, NOW_MS - 15000);
  assert_text(event->errors[0].type, "clock_drift");
  hints.sent_at_ms = NOW_MS - 30 * MINUTE_MS;
  assert_int_equal(decode_slice(json, &hints)->timestamp_ms, INT64_C(1795333970000));
  event = decode("{\"timestamp\":4102444800}");
  assert_int_equal(event->timestamp_ms, NOW_MS);
  assert_text(event->errors[0].type, "future_timestamp");
  event = decode("{\"timestamp\":1000000000}");
  assert_int_equal(event->timestamp_ms, NOW_MS);
  assert_text(event->errors[0].type, "past_timestamp");
}

static void takes_tags_in_every_form(void **state) {
  (void)state;
  static const char *const forms[] = {
      "{\"tags\":{\"a b\":\"1\",\"c\":true,\"n\":null,\"user\":\"no\",\"bad key!\":\"x\"}}",
      "{\"tags\":[[\"a b\",1],[\"c\",true],[\"n\",null],[\"a-b\",\"twice\"]]}",
      "{\"tags\":[{\"key\":\"a b\",\"value\":\"1\"},{\"key\":\"c\",\"value\":\"true\"}]}",
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct event *event = decode(forms[i]);
    assert_int_equal(event->sent_tag_count, 2);
    assert_text(pairs_get(event->tags, SLICE("a-b")), "1");
    assert_text(pairs_get(event->tags, SLICE("c")), "true");
    assert_text(pairs_get(event->tags, SLICE("level")), "error");
  }
}

static void takes_requests_in_every_form(void **state) {
  (void)state;
  static const char *const forms[] = {
      "{\"request\":{\"url\":\"http://x/p?a=1#f\",\"method\":\"get\","
      "\"headers\":{\"user-agent\":\"U\",\"Cookie\":\"s=1; t=2\",\"Set-Cookie\":\"no\"}}}",
      "{\"request\":{\"url\":\"http://x/"
      "p\",\"query_string\":\"?a=1\",\"fragment\":\"f\",\"method\":\"GET\","
      "\"headers\":[[\"User-Agent\",\"U\"]],\"cookies\":{\"s\":\"1\",\"t\":\"2\"}}}",
      "{\"sentry.interfaces.Http\":{\"url\":\"http://x/"
      "p\",\"query_string\":\"a=1\",\"fragment\":\"f\","
      "\"method\":\"GET\",\"headers\":{\"User-Agent\":[\"U\"]},\"cookies\":[[\"s\",\"1\"],[\"t\","
      "\"2\"]]}}",
      "{\"request\":{\"url\":\"http://x/"
      "p\",\"query_string\":\"a=1\",\"fragment\":\"f\",\"method\":\"Get\","
      "\"headers\":{\"USER-AGENT\":\"no\",\"User-Agent\":\"U\"},\"cookies\":\"s=1;t=2\"}}",
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    const struct event_request *request = &decode(forms[i])->request;
    assert_text(request->url, "http://x/p");
    assert_text(request->query_string, "a=1");
    assert_text(request->fragment, "f");
    assert_text(request->method, "GET");
    assert_text(pairs_get(request->headers, SLICE("User-Agent")), "U");
    assert_text(pairs_get(request->cookies, SLICE("t")), "2");
  }
  struct event *event =
      decode("{\"request\":{\"query_string\":[[\"a\",\"1\"]],\"method\":\"<b>\"}}");
  assert_text(pairs_get(event->request.query, SLICE("a")), "1");
  assert_int_equal(event->request.method.len, 0);
}

static void knows_users(void **state) {
  (void)state;
  static const struct {
    const char *json, *identity;
  } cases[] = {
      {"{\"user\":{\"id\":42,\"email\":\"e\"}}", "id:42"},
      {"{\"user\":{\"username\":\"u\",\"email\":\"e\"}}", "username:u"},
      {"{\"user\":{\"email\":\"e@x\",\"ip_address\":\"1.1.1.1\"}}", "email:e@x"},
      {"{\"user\":{\"ip_address\":\"{{auto}}\"}}", "ip:192.0.2.7"},
      {"{\"platform\":\"javascript\"}", "ip:192.0.2.7"},
      {"{\"platform\":\"javascript\",\"sdk\":{\"settings\":{\"infer_ip\":\"never\"}}}", ""},
      {"{\"platform\":\"python\"}", ""},
      {"{\"platform\":\"python\",\"request\":{\"env\":{\"REMOTE_ADDR\":\"10.0.0.1\"}}}",
       "ip:10.0.0.1"},
      {"{\"user\":{}}", ""},
      {"{\"user\":\"me\"}", ""},
  };
  const struct event_hints hints = {.received_ms = NOW_MS, .client_address = SLICE("192.0.2.7")};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct event *event = decode_slice(slice_of_string(cases[i].json), &hints);
    assert_text(event->user_identity, cases[i].identity);
    assert_int_equal(event->has_user, cases[i].identity[0] != '\0');
  }
  struct event *event =
      decode("{\"user\":{\"id\":\"1\",\"plan\":\"gold\",\"data\":{\"seats\":3}}}");
  assert_int_equal(yyjson_obj_size(event->user.data), 2);
  assert_text(json_text(json_member(event->user.data, "plan")), "gold");
}

static void reads_levels(void **state) {
  (void)state;
  static const struct {
    const char *json;
    enum level level;
  } cases[] = {
      {"{}", LEVEL_ERROR},
      {"{\"level\":\"warning\"}", LEVEL_WARNING},
      {"{\"level\":\"WARN\"}", LEVEL_WARNING},
      {"{\"level\":\"critical\"}", LEVEL_FATAL},
      {"{\"level\":\"log\"}", LEVEL_INFO},
      {"{\"level\":10}", LEVEL_DEBUG},
      {"{\"level\":50}", LEVEL_FATAL},
      {"{\"level\":\"loud\"}", LEVEL_ERROR},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(decode(cases[i].json)->level, cases[i].level);
  }
}

static void drops_and_notes_what_is_wrong(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"release\":\"a/"
      "b\",\"environment\":\"none\",\"dist\":\"1\",\"platform\":[1],\"extra\":\"no\","
      "\"exception\":[{\"type\":{\"a\":1},\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"lineno\":"
      "\"x\"}]}}]}");
  assert_int_equal(event->release.len + event->environment.len + event->dist.len, 0);
  assert_text(event->platform, "other");
  assert_null(event->extra);
  assert_int_equal(event->error_count, 6);
  assert_text(event->errors[2].name, "exception.0.type");
  assert_text(event->errors[3].name, "exception.0.stacktrace.frames.0.lineno");
}

static void refuses_what_is_no_event(void **state) {
  (void)state;
  struct event *event;
  struct problem problem;
  static const char *const bad[] = {"", "[]", "1", "\"a\"", "{", "null"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(event_decode(&arena, slice_of_string(bad[i]), &plain_hints, &event, &problem),
                     STATUS_BAD_INPUT);
  }
  char *large = calloc(1, EVENT_JSON_LIMIT + 1);
  assert_int_equal(
      event_decode(&arena, slice_of(large, EVENT_JSON_LIMIT + 1), &plain_hints, &event, &problem),
      STATUS_TOO_LARGE);
  free(large);
}

/* --- derived ---------------------------------------------------------------------- */

static void derives_titles(void **state) {
  (void)state;
  static const struct {
    const char *json, *title;
  } cases[] = {
      {"{}", "<unlabeled event>"},
      {"{\"message\":\"\\n  first \\nsecond\"}", "first"},
      {"{\"exception\":[{\"type\":\"E\"}]}", "E"},
      {"{\"exception\":[{\"type\":\"E\",\"value\":\"a\\nb\"}]}", "E: a"},
      {"{\"exception\":[{\"type\":\"Cause\",\"value\":\"c\"},{\"type\":\"E\",\"value\":\"v\"}]}",
       "E: v"},
      {"{\"message\":\"m\",\"exception\":[{\"value\":\"m\",\"mechanism\":{\"synthetic\":true}}]}",
       "m"},
      {"{\"exception\":[{\"value\":\"v\",\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}]}",
       "f: v"},
      {"{\"exception\":[{\"type\":\"Inner\",\"value\":\"i\",\"mechanism\":{\"exception_id\":1,"
       "\"parent_id\":0,\"source\":\"exceptions[0]\"}},{\"type\":\"Group\",\"value\":\"g\","
       "\"mechanism\":"
       "{\"exception_id\":0,\"is_exception_group\":true}}]}",
       "Inner: i"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_text(decode(cases[i].json)->title, cases[i].title);
  }
}

#define FRAMES(platform, frames) \
  "{\"platform\":\"" platform    \
  "\",\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[" frames "]}}]}"

static void derives_culprits(void **state) {
  (void)state;
  static const struct {
    const char *json, *culprit;
  } cases[] = {
      {"{\"transaction\":\"GET /x\"}", "GET /x"},
      {"{\"culprit\":\"old\"}", "old"},
      {"{\"request\":{\"url\":\"http://x/\"}}", "http://x/"},
      {FRAMES("python",
              "{\"module\":\"app.views\",\"function\":\"index\",\"in_app\":true},"
              "{\"module\":\"lib\",\"function\":\"raise\",\"in_app\":false}"),
       "app.views in index"},
      {FRAMES("node", "{\"filename\":\"/srv/app.js\",\"function\":\"run\",\"in_app\":true}"),
       "run(/srv/app.js)"},
      {FRAMES("native", "{\"function\":\"main\",\"package\":\"/usr/bin/x\"}"), "main"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_text(decode(cases[i].json)->culprit, cases[i].culprit);
  }
}

static void derives_tags(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"release\":\"1.0\",\"environment\":\"prod\",\"server_name\":\"web\",\"transaction\":\"t\","
      "\"user\":{\"id\":1},\"request\":{\"url\":\"http://x/?q\"},\"tags\":{\"os\":\"mine\"},"
      "\"contexts\":{\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11\"},\"os\":{\"name\":"
      "\"Linux\"},"
      "\"browser\":{\"name\":\"Firefox\",\"version\":120},\"device\":{\"model\":\"M\",\"family\":"
      "\"F\"}},"
      "\"exception\":[{\"type\":\"E\",\"mechanism\":{\"type\":\"logging\",\"handled\":false}}]}");
  static const char *const wanted[][2] = {
      {"release", "1.0"},
      {"environment", "prod"},
      {"server_name", "web"},
      {"transaction", "t"},
      {"user", "id:1"},
      {"url", "http://x/"},
      {"runtime", "CPython 3.11"},
      {"runtime.name", "CPython"},
      {"os", "mine"},
      {"os.name", "Linux"},
      {"browser", "Firefox 120"},
      {"device", "M"},
      {"device.family", "F"},
      {"handled", "no"},
      {"mechanism", "logging"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    assert_text(pairs_get(event->tags, slice_of_string(wanted[i][0])), wanted[i][1]);
  }
  assert_int_equal(event->handled, NO);
}

/* --- limits ----------------------------------------------------------------------- */

static void cuts_what_is_too_long(void **state) {
  (void)state;
  struct buffer json = buffer_make(1 << 22);
  BUFFER_APPEND_LITERAL(&json, "{\"message\":\"");
  for (int i = 0; i < 9000; i++) BUFFER_APPEND_LITERAL(&json, "é");
  BUFFER_APPEND_LITERAL(&json, "\",\"breadcrumbs\":[");
  for (int i = 0; i < 150; i++) buffer_printf(&json, "{\"message\":\"%d\"},", i);
  BUFFER_APPEND_LITERAL(
      &json, "{\"message\":\"last\"}],\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[");
  for (int i = 0; i < 999; i++) buffer_printf(&json, "{\"function\":\"f%d\"},", i);
  BUFFER_APPEND_LITERAL(&json, "{\"function\":\"crash\"}]}}]}");
  struct event *event = decode_slice(buffer_slice(&json), &plain_hints);
  assert_int_equal(event->message_formatted.len, 2 * (LIMIT_MESSAGE - 3) + 3);
  assert_int_equal(event->breadcrumb_count, LIMIT_BREADCRUMBS);
  assert_text(event->breadcrumbs[LIMIT_BREADCRUMBS - 1].message, "last");
  const struct stacktrace *stacktrace = event_main_stacktrace(event);
  assert_int_equal(stacktrace->count, LIMIT_FRAMES);
  assert_int_equal(stacktrace->omitted, 1000 - LIMIT_FRAMES);
  assert_text(stacktrace->frames[0].function, "f0");
  assert_text(stacktrace->frames[LIMIT_FRAMES - 1].function, "crash");
  struct slice kept = written(event);
  struct event *copy = decode_slice(kept, NULL);
  assert_int_equal(event_main_stacktrace(copy)->omitted, 1000 - LIMIT_FRAMES);
  assert_true(slice_equal(kept, written(copy)));
  buffer_free(&json);
}

static void keeps_less_of_huge_events(void **state) {
  (void)state;
  struct buffer json = buffer_make(1 << 22);
  BUFFER_APPEND_LITERAL(
      &json, "{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"stacktrace\":{\"frames\":[");
  for (int i = 0; i < 240; i++) {
    if (i % 40 == 39) {
      BUFFER_APPEND_LITERAL(&json, "{}]}},{\"type\":\"E\",\"stacktrace\":{\"frames\":[");
    }
    buffer_printf(&json, "{\"function\":\"f%d\",\"vars\":{", i);
    for (int j = 0; j < 8; j++) buffer_printf(&json, "\"v%d\":\"%0500d\",", j, j);
    BUFFER_APPEND_LITERAL(&json, "\"last\":1},\"context_line\":\"x = 1\"},");
  }
  BUFFER_APPEND_LITERAL(&json, "{\"function\":\"crash\"}]}}]}");
  assert_true(json.len > EVENT_KEPT_LIMIT && json.len < EVENT_JSON_LIMIT);
  struct event *event = decode_slice(buffer_slice(&json), &plain_hints);
  struct slice kept = written(event);
  assert_true(kept.len < EVENT_KEPT_LIMIT);
  struct event *copy = decode_slice(kept, NULL);
  assert_int_equal(copy->exception_count, 7);
  assert_int_equal(event_main_stacktrace(copy)->count, 2);
  assert_text(copy->exceptions[0].stacktrace.frames[0].context_line, "x = 1");
  assert_null(copy->exceptions[0].stacktrace.frames[0].vars);
  buffer_free(&json);
}

/* The details page explains the grouping by what was kept. */
static void keeps_fingerprints_of_huge_events(void **state) {
  (void)state;
  struct buffer json = buffer_make(1 << 22);
  BUFFER_APPEND_LITERAL(&json, "{\"fingerprint\":[\"checkout\"],\"exception\":[");
  for (int i = 0; i < 36; i++) {
    BUFFER_APPEND_LITERAL(&json, "{\"type\":\"E\",\"stacktrace\":{\"frames\":[");
    for (int j = 0; j < 49; j++)
      buffer_printf(&json, "{\"function\":\"f\",\"pre_context\":[\"%0480d\"]},", j);
    BUFFER_APPEND_LITERAL(&json, "{}]}},");
  }
  BUFFER_APPEND_LITERAL(&json, "{\"type\":\"E\"}]}");
  assert_true(json.len > EVENT_KEPT_LIMIT && json.len < EVENT_JSON_LIMIT);
  struct event *event = decode_slice(buffer_slice(&json), &plain_hints);
  struct event *copy = decode_slice(written(event), NULL);
  struct grouping before, after;
  grouping_compute(&arena, event, NULL, false, &before);
  grouping_compute(&arena, copy, NULL, false, &after);
  assert_int_equal(copy->exceptions[0].stacktrace.frames[0].pre_context.count, 0);
  assert_memory_equal(&before.hashes[0], &after.hashes[0], sizeof before.hashes[0]);
  buffer_free(&json);
}

static void members_may_come_twice(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"exception\":[{\"type\":\"A\"},{\"type\":\"B\"}],\"exception\":[{\"type\":\"C\","
      "\"stacktrace\":{\"frames\":[{\"function\":\"a\"},{\"function\":\"b\"}]},"
      "\"stacktrace\":{\"frames\":[{\"function\":\"c\"}]}}],"
      "\"breadcrumbs\":[{},{},{}],\"breadcrumbs\":[{}],\"tags\":{\"a\":1},\"tags\":{\"b\":2}}");
  assert_int_equal(event->exception_count, 2);
  assert_int_equal(event->breadcrumb_count, 3);
  assert_text(event->tags.items[0].key, "a");
  event = decode(
      "{\"exception\":[{\"type\":\"C\",\"stacktrace\":{\"frames\":[{\"function\":\"a\"},{}]},"
      "\"stacktrace\":{\"frames\":[{\"function\":\"c\"}]}}]}");
  assert_int_equal(event->exceptions[0].stacktrace.count, 2);
}

/* `piece` again and again between `start` and `end`, up to the size that a thread takes at once. */
static size_t memory_of(const char *start, const char *piece, const char *end) {
  struct buffer json = buffer_make(1 << 20);
  arena_reset(&arena);
  buffer_append_slice(&json, slice_of_string(start));
  while (json.len < 250000) buffer_append_slice(&json, slice_of_string(piece));
  buffer_append_slice(&json, slice_of_string(end));
  decode_slice(buffer_slice(&json), &plain_hints);
  buffer_free(&json);
  return arena.total_bytes;
}

static void takes_memory_in_proportion(void **state) {
  (void)state;
  const size_t limit = 20 * 250000;
  static const char frames[] = "\"stacktrace\":{\"frames\":[{},{},{},{},{},{},{},{},{},{},{},{}]},";
  assert_in_range(memory_of("{\"request\":{", "\"cookies\":\"a\",", "\"url\":\"x\"}}"), 1, limit);
  assert_in_range(
      memory_of("{\"request\":{\"headers\":[", "[\"cookie\",\"=\"],", "[\"a\",\"b\"]]}}"), 1,
      limit);
  assert_in_range(memory_of("{\"exception\":[{", frames, "\"type\":\"E\"}]}"), 1, limit);
  assert_in_range(memory_of("{", "\"exception\":[{},{},{},{}],", "\"message\":\"m\"}"), 1, limit);
  assert_in_range(memory_of("{", "\"threads\":[{},{},{},{}],", "\"message\":\"m\"}"), 1, limit);
  assert_in_range(memory_of("{", "\"breadcrumbs\":[{},{},{},{}],", "\"message\":\"m\"}"), 1, limit);
  static const char thread[] =
      "{\"stacktrace\":{\"frames\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},"
      "{}"
      ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{"
      "},{}"
      ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{"
      "},{}"
      ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{"
      "},{}"
      ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{"
      "},{}"
      ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{"
      "},{}]}},";
  assert_in_range(memory_of("{\"threads\":[", thread, "{}]}"), 1, 2 * limit);
}

/* Everything at once. */
static void reads_back_what_it_wrote(void **state) {
  (void)state;
  struct event *event = decode(
      "{\"event_id\":\"9EC79C33-EC99-42AB-8353-589FCB2E04DC\",\"timestamp\":1795341170.5,"
      "\"platform\":\"python\","
      "\"release\":\"app@1\",\"dist\":\"7\",\"environment\":\"prod\",\"level\":\"fatal\","
      "\"logger\":\"l\","
      "\"server_name\":\"s\",\"transaction\":\"t\",\"fingerprint\":[\"a\",1,true],\"checksum\":"
      "\"c\","
      "\"logentry\":{\"message\":\"m %s\",\"params\":[\"p\"]},\"modules\":{\"a\":\"1\"},"
      "\"extra\":{\"n\":1.50,\"big\":12345678901234567890123,\"x\":null},\"contexts\":{\"trace\":{"
      "\"trace_id\":\"1\"}},"
      "\"tags\":{\"k\":\"v\"},\"user\":{\"id\":\"1\",\"geo\":{\"city\":\"c\"},\"plan\":\"x\"},"
      "\"request\":{\"url\":\"http://"
      "x\",\"data\":{\"a\":[1]},\"env\":{\"A\":\"b\"},\"headers\":[[\"X\",\"1\"],[\"X\",\"2\"]]},"
      "\"sdk\":{\"name\":\"n\",\"version\":\"1\",\"packages\":[{\"name\":\"p\"}],\"integrations\":["
      "\"i\"]},"
      "\"debug_meta\":{\"images\":[{\"type\":\"sourcemap\"}]},\"errors\":[{\"type\":\"t\",\"name\":"
      "\"n\",\"value\":\"v\"}],"
      "\"breadcrumbs\":{\"values\":[{\"timestamp\":\"2026-11-22T09:52:50.5Z\",\"type\":\"http\","
      "\"category\":\"c\","
      "\"level\":\"info\",\"message\":\"m\",\"data\":{\"a\":1},\"event_id\":\"e\"}]},"
      "\"threads\":{\"values\":[{\"id\":1,\"name\":\"main\",\"crashed\":true,\"current\":false,"
      "\"state\":\"s\"}]},"
      "\"exception\":{\"values\":[{\"type\":\"T\",\"value\":\"v\",\"module\":\"m\",\"thread_id\":1,"
      "\"mechanism\":{"
      "\"type\":\"generic\",\"handled\":true,\"exception_id\":0,\"parent_id\":0,\"data\":{\"d\":1},"
      "\"meta\":{\"errno\":{}}},"
      "\"stacktrace\":{\"registers\":{\"pc\":\"0x1\"},\"frames\":[{\"function\":\"f\",\"raw_"
      "function\":\"r\",\"module\":\"m\",\"filename\":\"a.py\","
      "\"abs_path\":\"/"
      "a.py\",\"lineno\":1,\"colno\":2,\"pre_context\":[\"1\",\"\"],\"context_line\":\"\",\"post_"
      "context\":[\"3\"],"
      "\"in_app\":true,\"vars\":{\"a\":\"b\"},\"package\":\"p\",\"instruction_addr\":\"0x1\","
      "\"stack_start\":true,\"data\":{\"s\":1}}]}}]}}");
  struct slice kept = written(event);
  struct event *copy = decode_slice(kept, NULL);
  assert_true(slice_equal(kept, written(copy)));
  assert_memory_equal(&event->id, &copy->id, sizeof event->id);
  assert_int_equal(copy->timestamp_ms, event->timestamp_ms);
  assert_int_equal(copy->received_ms, NOW_MS);
  assert_int_equal(copy->error_count, 1);
  assert_true(copy->exceptions[0].stacktrace.frames[0].has_context_line);
  assert_int_equal(copy->exceptions[0].mechanism.exception_id, 0);
  assert_int_equal(copy->request.headers.count, 2);
  assert_int_equal(copy->tags.count, event->tags.count);
  static const char *const pieces[] = {"\"n\":1.50",
                                       "12345678901234567890123",
                                       "\"params\":[\"p\"]",
                                       "\"context_line\":\"\"",
                                       "\"registers\":{\"pc\":\"0x1\"}",
                                       "\"fingerprint\":[\"a\",\"1\",\"True\"]"};
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    if (slice_find(kept, slice_of_string(pieces[i])) == kept.len) fail_msg("no %s", pieces[i]);
  }
}

static void places_lone_stack_traces(void **state) {
  (void)state;
  struct event *event =
      decode("{\"message\":\"m\",\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}");
  assert_int_equal(event->thread_count, 1);
  assert_text(stacktrace_crash_frame(event_main_stacktrace(event))->function, "f");
  event = decode(
      "{\"sentry.interfaces.Stacktrace\":{\"frames\":[{\"function\":\"?\",\"abs_path\":\"http://h/"
      "a/b.js?x\"}]},"
      "\"exception\":[{\"type\":\"E\"}]}");
  const struct frame *frame = &event->exceptions[0].stacktrace.frames[0];
  assert_text(frame->filename, "/a/b.js");
  assert_int_equal(frame->function.len, 0);
}

/* Of what is kept nothing may change when it is read and written again: neither bytes nor groups.
 */
static void keeps_what_grouping_decides(void **state) {
  (void)state;
  static const char *const cases[] = {
      /* what is left of a value once control characters are blanks */
      "{\"tags\":{\"a\":\"\\b\xff\xff\",\"b\":\"\\b\"}}",
      "{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":["
      "{\"function\":\"f\",\"in_app\":true},{\"function\":\"g\",\"in_app\":false},"
      "{\"function\":\"h\"},{\"function\":\"i\",\"sent_in_app\":true}]}}]}",
      "{\"platform\":\"javascript\",\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":["
      "{\"function\":\"f\",\"context_line\":\"x\",\"data\":{\"sourcemap\":\"m\"}},"
      "{\"function\":\"f\",\"context_line\":\"x\",\"is_source_mapped\":true}]}}]}",
      "{\"exception\":[{\"type\":\"E\",\"mechanism\":{\"meta\":{\"ns_error\":{\"domain\":\"d\"}}}}]"
      "}",
      "{\"main_exception_id\":1,\"custom_title\":\"t\",\"exception\":[{\"type\":\"A\","
      "\"mechanism\":"
      "{\"exception_id\":1,\"parent_id\":0}},{\"type\":\"E\",\"mechanism\":{\"exception_id\":0}}]}",
      "{\"request\":{\"url\":\"htt\xe2\x80\xa6?a\"}}",
      "{\"fingerprint\":[\"{{ tags.level }}\",\"{{ tags.transaction }}\"],\"transaction\":\"t\"}",
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct event *event = decode(cases[i]);
    struct grouping first, again;
    grouping_compute(&arena, event, NULL, false, &first);
    struct slice kept = written(event);
    struct event *copy = event_read(&arena, kept);
    grouping_compute(&arena, copy, NULL, false, &again);
    assert_string_equal(text(written(copy)), text(kept));
    assert_string_equal(text(copy->title), text(event->title));
    assert_int_equal(first.hash_count, again.hash_count);
    assert_memory_equal(first.hashes, again.hashes, first.hash_count * sizeof first.hashes[0]);
  }
  assert_text(decode(cases[4])->title, "E");
  const struct frame *frames = decode(cases[1])->exceptions[0].stacktrace.frames;
  assert_int_equal(frames[0].sent_in_app, YES);
  assert_int_equal(frames[2].sent_in_app, UNSET);
  assert_int_equal(frames[3].sent_in_app, UNSET); /* grouping's to say, not the sender's */
  assert_false(decode(cases[2])->exceptions[0].stacktrace.frames[1].is_source_mapped);
}

static void keeps_equal_messages_once(void **state) {
  (void)state;
  struct event *event = decode("{\"logentry\":{\"message\":\"a %s\",\"params\":[\"b\"]}}");
  event->message_template = event->message_formatted; /* as scrubbing may make them */
  struct slice kept = written(event);
  assert_string_equal(text(written(event_read(&arena, kept))), text(kept));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_exceptions_in_every_form),
      cmocka_unit_test(takes_messages_in_every_form),
      cmocka_unit_test(takes_times_in_every_form),
      cmocka_unit_test(corrects_clocks),
      cmocka_unit_test(takes_tags_in_every_form),
      cmocka_unit_test(takes_requests_in_every_form),
      cmocka_unit_test(knows_users),
      cmocka_unit_test(reads_levels),
      cmocka_unit_test(drops_and_notes_what_is_wrong),
      cmocka_unit_test(refuses_what_is_no_event),
      cmocka_unit_test(derives_titles),
      cmocka_unit_test(derives_culprits),
      cmocka_unit_test(derives_tags),
      cmocka_unit_test(cuts_what_is_too_long),
      cmocka_unit_test(keeps_less_of_huge_events),
      cmocka_unit_test(keeps_fingerprints_of_huge_events),
      cmocka_unit_test(members_may_come_twice),
      cmocka_unit_test(takes_memory_in_proportion),
      cmocka_unit_test(reads_back_what_it_wrote),
      cmocka_unit_test(keeps_what_grouping_decides),
      cmocka_unit_test(keeps_equal_messages_once),
      cmocka_unit_test(places_lone_stack_traces),
  };
  return cmocka_run_group_tests_name("event", tests, NULL, tear_down);
}
