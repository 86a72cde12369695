/* security_report_test.c - what browsers report, as events: messages, culprits, broken reports, and
 * the shared fixtures member by member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "event/limits.h"
#include "event/security_report.h"
#include "json/json.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

#define NOW_MS INT64_C(1795341175000)
#define USER_AGENT                                                                    \
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " \
  "Chrome/74.0.3729.169 Safari/537.36"

static const struct security_report_source source = {
    .release = {"01d5c3165d9fbc5c8bdcf9550a1d6793a80fc02b", 40},
    .environment = {"production", 10},
    .user_agent = {USER_AGENT, sizeof USER_AGENT - 1},
    .received_ms = NOW_MS};

static struct event *decoded(struct slice json) {
  static const struct event_hints hints = {
      .received_ms = NOW_MS,
      .client_address = {"127.0.0.1", 9},
      .user_agent = {USER_AGENT, sizeof USER_AGENT - 1},
  };
  struct event *event;
  struct problem problem = {0};
  if (event_decode(&arena, json, &hints, &event, &problem)) fail_msg("%s", problem.message);
  event_derive(&arena, event);
  return event;
}

static struct security_reports reports_of(const char *body) {
  struct security_reports reports;
  struct problem problem = {0};
  if (security_reports_read(&arena, slice_of_string(body), &source, &reports, &problem))
    fail_msg("%s: %s", body, problem.message);
  return reports;
}

static struct event *event_of(const char *body) {
  struct security_reports reports = reports_of(body);
  assert_int_equal(reports.count, 1);
  return decoded(reports.events[0].json);
}

#define assert_text(slice, text) assert_string_equal(arena_string(&arena, slice), text)

/* --- words ------------------------------------------------------------------------------------ */

static void writes_messages(void **state) {
  (void)state;
  static const struct {
    const char *directive, *violated, *blocked, *message;
  } cases[] = {
      {"img-src", "img-src https://google.com", "http://google.com/foo",
       "Blocked 'image' from 'google.com'"},
      {"style-src", "style-src https://google.com", "self", "Blocked inline 'style'"},
      {"script-src", "script-src 'unsafe-inline'", "self", "Blocked unsafe inline 'script'"},
      {"script-src", "script-src 'unsafe-eval'", "", "Blocked unsafe eval() 'script'"},
      {"script-src", "script-src example.com", "'self'",
       "Blocked unsafe (eval() or inline) 'script'"},
      {"script-src", "script-src", "data:text/plain,x", "Blocked 'script' from 'data:'"},
      {"script-src", "script-src", "data", "Blocked 'script' from 'data:'"},
      {"script-src-elem", "script-src-elem", "inline", "Blocked 'script' from 'inline:'"},
      {"style-src-elem", "style-src-elem", "http://fonts.example/s",
       "Blocked 'style' from 'fonts.example'"},
      {"script-src-attr", "", "self", "Blocked inline script attribute"},
      {"connect-src", "", "wss://socket.example/x",
       "Blocked 'connect' from 'wss://socket.example'"},
      {"form-action", "", "https://bad.example:443/x?y", "Blocked 'form' action to 'bad.example'"},
      {"form-action", "", "self", "Blocked inline 'form-action'"},
      {"frame-ancestors", "", "http://a.example:8000",
       "Blocked 'frame-ancestors' from "
       "'a.example:8000'"},
      {"default-src self", "", "http://b.example", "Blocked 'default-src' from 'b.example'"},
      {"", "worker-src x", "blob", "Blocked 'worker-src' from 'blob:'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[600];
    snprintf(body, sizeof body,
             "{\"csp-report\":{\"document-uri\":\"https://shop.example/\",\"effective-directive\":"
             "\"%s\",\"violated-directive\":\"%s\",\"blocked-uri\":\"%s\"}}",
             cases[i].directive, cases[i].violated, cases[i].blocked);
    const struct event *event = event_of(body);
    assert_text(event->message_formatted, cases[i].message);
    assert_text(event->title, cases[i].message);
    assert_text(event->type, "csp");
  }
}

static void finds_culprits(void **state) {
  (void)state;
  static const char *const cases[][3] = {
      {"https://example.com/foo", "style-src http://cdn.example.com",
       "style-src http://cdn.example.com"},
      {"https://example.com/foo", "style-src cdn.example.com", "style-src cdn.example.com"},
      {"https://example.com/foo", "style-src https://cdn.example.com",
       "style-src https://cdn.example.com"},
      {"http://example.com/foo", "style-src http://example.com", "style-src 'self'"},
      {"http://example.com/foo", "style-src  http://example2.com example.com",
       "style-src http://example2.com 'self'"},
      {"https://example.com", "default-src 'none' data: blob:", "default-src 'none' data: blob:"},
      {"blob:x", "img-src a.example", "img-src blob://a.example"},
      {"https://example.com", "", "img-src"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[600];
    snprintf(body, sizeof body,
             "{\"csp-report\":{\"document-uri\":\"%s\",\"effective-directive\":\"img-src\","
             "\"violated-directive\":\"%s\",\"blocked-uri\":\"http://x.example/a\"}}",
             cases[i][0], cases[i][1]);
    const struct event *event = event_of(body);
    assert_text(event->culprit, cases[i][2]);
    assert_text(event->location, "x.example");
  }
}

/* --- lists ------------------------------------------------------------------------------------ */

static void reads_lists(void **state) {
  (void)state;
  struct security_reports reports = reports_of(
      "[{\"type\":\"csp-violation\",\"age\":10000,\"url\":\"https://shop.example/a\","
      "\"user_agent\":\"Other/1\",\"body\":{\"blockedURL\":\"inline\",\"effectiveDirective\":"
      "\"script-src-elem\",\"statusCode\":200,\"sample\":\"x\",\"lineNumber\":7}},"
      "{\"type\":\"network-error\",\"url\":\"https://shop.example:8443/x\",\"body\":{\"type\":"
      "\"http.error\",\"status_code\":503,\"phase\":\"application\",\"method\":\"POST\","
      "\"sampling_fraction\":0.5}},"
      "{\"type\":\"network-error\",\"url\":\"https://shop.example/x\",\"body\":{\"type\":\"ok\"}},"
      "{\"type\":\"deprecation\",\"body\":{}},5]");
  assert_int_equal(reports.count, 2);
  assert_int_equal(reports.dropped, 3);
  const struct event *event = decoded(reports.events[0].json);
  assert_text(event->message_formatted, "Blocked 'script' from 'inline:'");
  assert_text(event->request.url, "https://shop.example/a");
  assert_text(pairs_get(event->request.headers, SLICE("User-Agent")), "Other/1");
  assert_text(pairs_get(event->tags, SLICE("blocked-uri")), "inline");
  assert_text(json_text(json_member(event->report, "script_sample")), "x");
  assert_int_equal(event->timestamp_ms, NOW_MS - 10000);
  event = decoded(reports.events[1].json);
  assert_text(event->type, "nel");
  assert_text(event->title, "Network error http.error (503) for 'shop.example:8443'");
  assert_text(event->culprit, "http.error");
  assert_text(event->request.method, "POST");
  assert_text(pairs_get(event->tags, SLICE("phase")), "application");
}

static void bounds_lists(void **state) {
  (void)state;
  struct buffer body = buffer_make(1 << 20);
  buffer_append_byte(&body, '[');
  for (int i = 0; i < SECURITY_REPORTS_LIMIT + 5; i++) {
    buffer_printf(&body, "%s{\"csp-report\":{\"effective-directive\":\"img-src\"}}", i ? "," : "");
  }
  buffer_append_byte(&body, ']');
  struct security_reports reports = reports_of(arena_string(&arena, buffer_slice(&body)));
  assert_int_equal(reports.count, SECURITY_REPORTS_LIMIT);
  assert_int_equal(reports.dropped, 5);
  buffer_free(&body);
}

static void says_what_is_wrong(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "JSON"},
      {"{}", "no report that is known here"},
      {"5", "no report that is known here"},
      {"{\"csp-report\":5}", "no report that is known here"},
      {"{\"csp-report\":{}}", "The csp report does not say which directive was violated"},
      {"{\"csp-report\":{\"effective-directive\":\"x-src\"}}", "which directive was violated"},
      {"{\"known-pins\":[]}", "The hpkp report does not say for which host"},
      {"{\"type\":\"network-error\",\"body\":{}}", "what failed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct security_reports reports;
    struct problem problem = {0};
    enum status status =
        security_reports_read(&arena, slice_of_string(cases[i][0]), &source, &reports, &problem);
    assert_int_equal(status, STATUS_BAD_INPUT);
    if (!strstr(problem.message, cases[i][1])) fail_msg("%s: %s", cases[i][0], problem.message);
  }
  struct buffer body = buffer_make(1 << 20);
  for (int i = 0; i <= SECURITY_REPORTS_BYTES_LIMIT; i++) buffer_append_byte(&body, ' ');
  struct security_reports reports;
  assert_int_equal(security_reports_read(&arena, buffer_slice(&body), &source, &reports, NULL),
                   STATUS_TOO_LARGE);
  buffer_free(&body);
}

/* --- fixtures --------------------------------------------------------------------------------- */

static bool is_equal(yyjson_val *a, yyjson_val *b) {
  size_t index, max;
  yyjson_val *key, *value;
  struct slice x = SLICE_EMPTY, y = SLICE_EMPTY;
  if (yyjson_is_obj(a)) {
    if (!yyjson_is_obj(b) || yyjson_obj_size(a) != yyjson_obj_size(b)) return false;
    yyjson_obj_foreach(a, index, max, key, value) {
      if (!is_equal(value, json_member(b, yyjson_get_str(key)))) return false;
    }
    return true;
  }
  if (yyjson_is_arr(a)) {
    if (!yyjson_is_arr(b) || yyjson_arr_size(a) != yyjson_arr_size(b)) return false;
    yyjson_arr_foreach(a, index, max, value) {
      if (!is_equal(value, yyjson_arr_get(b, index))) return false;
    }
    return true;
  }
  return b && json_scalar_text(a, &x) == json_scalar_text(b, &y) && slice_equal(x, y);
}

static struct slice fixture(const char *name) {
  char path[4096];
  const char *base = getenv("CULPRIT_SHARED");
  if (!base) base = access("../shared", R_OK) == 0 ? "../shared" : "../../shared";
  snprintf(path, sizeof path, "%s/data/relay/security_report/%s.json", base, name);
  FILE *file = fopen(path, "rb");
  if (!file) return SLICE_EMPTY;
  char *bytes = arena_alloc_raw(&arena, 1 << 16);
  size_t length = fread(bytes, 1, 1 << 16, file);
  fclose(file);
  return slice_of(bytes, length);
}

static yyjson_val *kept_json(const struct event *event) {
  struct buffer out = buffer_make(1 << 20);
  yyjson_val *root;
  event_write(event, &out);
  assert_int_equal(json_read(&arena, buffer_slice(&out), &root, NULL), STATUS_OK);
  buffer_free(&out);
  return root;
}

/* Members of Relay's output that are about its own server. */
static bool is_of_relay(struct slice name) {
  return slice_equal(name, SLICE("key_id")) || slice_equal(name, SLICE("project")) ||
         slice_equal(name, SLICE("grouping_config")) || slice_equal(name, SLICE("version"));
}

static void compare(const char *name, struct slice input, struct slice output) {
  yyjson_val *expected, *key, *value;
  size_t index, max;
  const struct event *event = event_of(arena_string(&arena, input));
  /* What pages show comes from the kept form. */
  yyjson_val *kept = kept_json(event);
  assert_int_equal(json_read(&arena, output, &expected, NULL), STATUS_OK);
  yyjson_obj_foreach(expected, index, max, key, value) {
    if (is_of_relay(json_text(key))) continue;
    bool is_same = slice_equal(json_text(key), SLICE("culprit"))
                       ? slice_equal(json_text(value), event->culprit)
                       : is_equal(value, json_member(kept, yyjson_get_str(key)));
    if (!is_same) fail_msg("%s: %s differs", name, yyjson_get_str(key));
  }
}

static void equals_relay(void **state) {
  static const char *const names[][2] = {
      {"csp", "csp.no_processing"},
      {"csp", "csp.normalized"},
      {"csp_chrome", "csp_chrome.no_processing"},
      {"csp_firefox_blocked_asset", "csp_firefox_blocked_asset.no_processing"},
      {"expect_ct", "expect_ct.no_processing"},
      {"hpkp", "hpkp.no_processing"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[100];
    snprintf(path, sizeof path, "%s.input", names[i][0]);
    struct slice input = fixture(path);
    snprintf(path, sizeof path, "%s.output", names[i][1]);
    struct slice output = fixture(path);
    if (slice_is_empty(input)) {
      print_message("# skipped: the directory of shared fixtures is not there\n");
      return;
    }
    compare(names[i][1], input, output);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(writes_messages, tear_down),
      cmocka_unit_test_teardown(finds_culprits, tear_down),
      cmocka_unit_test_teardown(reads_lists, tear_down),
      cmocka_unit_test_teardown(bounds_lists, tear_down),
      cmocka_unit_test_teardown(says_what_is_wrong, tear_down),
      cmocka_unit_test_teardown(equals_relay, tear_down),
  };
  return cmocka_run_group_tests_name("security reports", tests, NULL, NULL);
}
