/* filter_test.c - which events each inbound filter drops, and which it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/glob.h"
#include "event/filter.h"

#include "base/banned.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static const struct filters *filters_of(const char *name, const char *value) {
  struct pair option = {slice_of_string(name), slice_of_string(value)};
  struct pairs options = {&option, name ? 1 : 0};
  const struct filters *filters = NULL;
  struct problem problem = {0};
  if (filters_compile(&arena, options, &filters, &problem)) fail_msg("%s", problem.message);
  return filters;
}

static void assert_filtered(const struct filters *filters, const char *json,
                            const struct event_hints *hints, const char *expected) {
  static const struct event_hints none = {.received_ms = INT64_C(1795341175000)};
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, slice_of_string(json), hints ? hints : &none, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  struct slice name = filter_event(filters, event, hints ? hints : &none);
  if (!slice_equal_string(name, expected)) {
    fail_msg("%s: \"%.*s\" instead of \"%s\"", json, SLICE_ARGS(name), expected);
  }
}

static const char *event_of(const char *platform, const char *value, const char *rest) {
  return arena_string(&arena,
                      arena_printf(&arena,
                                   "{\"platform\":\"%s\",\"exception\":[{\"type\":\"Error\","
                                   "\"value\":\"%s\"}]%s}",
                                   platform, value, rest));
}

/* --- globs ---------------------------------------------------------------------------------- */

static bool is_match(const char *pattern, const char *text) {
  struct glob glob = glob_make(&arena, slice_of_string(pattern));
  return glob_match(&glob, glob_text(&arena, slice_of_string(text)));
}

static void test_globs(void **state) {
  (void)state;
  assert_true(is_match("abc", "ABC"));
  assert_false(is_match("abc", "abcd"));
  assert_false(is_match("bc", "abc"));
  assert_true(is_match("*", ""));
  assert_true(is_match("*", "x"));
  assert_true(is_match("a*", "a"));
  assert_true(is_match("*c", "abc"));
  assert_true(is_match("a*c", "abbc"));
  assert_false(is_match("ab*bc", "abc"));
  assert_true(is_match("*b*d*", "abcde"));
  assert_false(is_match("*d*b*", "abcde"));
  assert_true(is_match("a**c", "abc"));
  assert_true(is_match("a.c", "a.c"));
  assert_false(is_match("a.c", "abc"));
  assert_true(is_match("*aab", "aaab"));
  assert_false(is_match("", "x"));
  assert_true(is_match("", ""));
}

/* The pattern that makes backtracking slow takes no longer than reading the text. */
static void test_globs_are_linear(void **state) {
  (void)state;
  enum { BYTES = 1 << 20 };
  char *text = memory_alloc(BYTES);
  memset(text, 'a', BYTES);
  struct glob glob = glob_make(&arena, SLICE("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab*b"));
  struct timespec start, end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  for (int i = 0; i < 20; i++) assert_false(glob_match(&glob, slice_of(text, BYTES)));
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  free(text);
  double seconds =
      (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  assert_true(seconds < 2);
}

/* --- filters -----------------------------------------------------------------------------------
 */

static void test_addresses(void **state) {
  (void)state;
  const struct filters *filters =
      filters_of("filter.ip_addresses", "192.0.2.7\n198.51.100.0/25\n2001:db8::/33");
  static const struct {
    const char *address;
    bool is_dropped;
  } cases[] = {{"192.0.2.7", true},        {"192.0.2.8", false},
               {"198.51.100.127", true},   {"198.51.100.128", false},
               {"2001:db8:7fff::1", true}, {"2001:db8:8000::1", false},
               {"::ffff:192.0.2.7", true}, {"", false},
               {"nonsense", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct event_hints hints = {.received_ms = INT64_C(1795341175000),
                                      .client_address = slice_of_string(cases[i].address)};
    assert_filtered(filters, "{}", &hints, cases[i].is_dropped ? "ip-address" : "");
  }
  assert_true(
      slice_equal_string(filter_item(filters, SLICE("192.0.2.7"), SLICE("1")), "ip-address"));
}

static void test_releases(void **state) {
  (void)state;
  const struct filters *filters = filters_of("filter.releases", "shop@1.*\n*-dev");
  assert_filtered(filters, "{\"release\":\"shop@1.2\"}", NULL, "release-version");
  assert_filtered(filters, "{\"release\":\"x-DEV\"}", NULL, "release-version");
  assert_filtered(filters, "{\"release\":\"shop@2.0\"}", NULL, "");
  assert_filtered(filters, "{}", NULL, "");
}

static void test_messages(void **state) {
  (void)state;
  const struct filters *filters = filters_of("filter.error_messages", "Error: boom*\n*timeout*");
  assert_filtered(filters, event_of("python", "Boom 1", ""), NULL, "error-message");
  assert_filtered(filters, event_of("python", "a Timeout b", ""), NULL, "error-message");
  assert_filtered(filters, event_of("python", "a boom", ""), NULL, "");
  assert_filtered(filters, "{\"message\":\"read timeout\"}", NULL, "error-message");
  assert_filtered(filters, "{\"message\":\"read\"}", NULL, "");
}

static void test_localhost(void **state) {
  (void)state;
  const struct filters *on = filters_of("filter.localhost", "on");
  static const struct {
    const char *event;
    bool is_local;
  } cases[] = {{"{\"request\":{\"url\":\"http://localhost:3000/x\"}}", true},
               {"{\"request\":{\"url\":\"http://127.0.0.1/x\"}}", true},
               {"{\"request\":{\"url\":\"http://[::1]:80/x\"}}", true},
               {"{\"request\":{\"url\":\"http://app.localhost/x\"}}", true},
               {"{\"user\":{\"ip_address\":\"127.0.0.1\"}}", true},
               {"{\"request\":{\"url\":\"http://localhost.example/x\"}}", false},
               {"{\"user\":{\"ip_address\":\"192.0.2.1\"}}", false},
               {"{}", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_filtered(on, cases[i].event, NULL, cases[i].is_local ? "localhost" : "");
    assert_filtered(filters_of(NULL, ""), cases[i].event, NULL, "");
  }
}

static void test_crawlers(void **state) {
  (void)state;
  static const struct {
    const char *agent;
    bool is_crawler;
  } cases[] = {
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true},
      {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", true},
      {"Mozilla/5.0 (compatible; SomethingNewBot; x)", true},
      {"Mozilla/5.0 (compatible; Baiduspider/2.0)", true},
      {"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", true},
      {"facebookexternalhit/1.1", true},
      {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", false},
      {"Mozilla/5.0 (Linux; Android 6.0; CUBOT DINOSAUR) AppleWebKit/537.36 Chrome/120.0", false},
      {"Mozilla/5.0 Botanic/1.0", false},
      {"python-requests/2.31", false},
      {"", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *event = event_of(
        "python", "x",
        arena_string(&arena,
                     arena_printf(&arena, ",\"request\":{\"headers\":{\"User-Agent\":\"%s\"}}",
                                  cases[i].agent)));
    assert_filtered(filters_of(NULL, ""), event, NULL, cases[i].is_crawler ? "web-crawlers" : "");
    assert_filtered(filters_of("filter.web_crawlers", "off"), event, NULL, "");
  }
  /* Browsers may leave the header to the request that carries the event. */
  const struct event_hints hints = {.received_ms = INT64_C(1795341175000),
                                    .user_agent = SLICE("Mozilla/5.0 (compatible; Googlebot/2.1)")};
  assert_filtered(filters_of(NULL, ""), event_of("javascript", "x", ""), &hints, "web-crawlers");
  assert_filtered(filters_of(NULL, ""), event_of("python", "x", ""), &hints, "");
}

static void test_legacy_browsers(void **state) {
  (void)state;
  static const struct {
    const char *agent, *family; /* null: not old */
  } cases[] = {
      {"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "ie"},
      {"Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko", "ie"},
      {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/64.0 Safari/537.36 Edge/17.17134",
       "edge"},
      {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
       NULL},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit/537 Version/9.0 Safari/537",
       "safari"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17.1 Safari/605",
       NULL},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0", "firefox"},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", NULL},
      {"Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/90.0 Safari/537.36", "chrome"},
      {"Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", NULL},
      {"Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/60.0 Safari/537.36 OPR/47.0", "opera"},
      {"Opera/9.80 (Windows NT 6.1) Presto/2.12 Version/12.16", "opera"},
      {"Opera/9.80 (J2ME/MIDP; Opera Mini/7.1/28) Presto/2.8 Version/11.10", "opera_mini"},
      {"Mozilla/5.0 (Linux; U; Android 2.3.4; en) AppleWebKit/533.1 Version/4.0 Mobile "
       "Safari/533.1",
       "android"},
      {"curl/8.0", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *event = event_of(
        "javascript", "x",
        arena_string(&arena,
                     arena_printf(&arena, ",\"request\":{\"headers\":{\"User-Agent\":\"%s\"}}",
                                  cases[i].agent)));
    assert_filtered(filters_of("filter.legacy_browsers", "all"), event, NULL,
                    cases[i].family ? "legacy-browsers" : "");
    assert_filtered(filters_of(NULL, ""), event, NULL, "");
    if (!cases[i].family) continue;
    assert_filtered(filters_of("filter.legacy_browsers", cases[i].family), event, NULL,
                    "legacy-browsers");
  }
}

static void test_browsers(void **state) {
  (void)state;
  const struct filters *defaults = filters_of(NULL, "");
  const struct filters *extensions = filters_of("filter.browser_extensions", "on");
  const char *extension =
      "{\"platform\":\"javascript\",\"exception\":[{\"type\":\"Error\",\"value\":\"x\","
      "\"stacktrace\":"
      "{\"frames\":[{\"abs_path\":\"https://a/b.js\"},{\"abs_path\":\"chrome-extension://abc/"
      "x.js\"}]}}]}";
  assert_filtered(extensions, extension, NULL, "browser-extensions");
  assert_filtered(defaults, extension, NULL, "");
  assert_filtered(extensions, event_of("javascript", "Extension context invalidated.", ""), NULL,
                  "browser-extensions");
  assert_filtered(extensions, event_of("python", "Extension context invalidated.", ""), NULL, "");
  const char *hydration = event_of("javascript", "Hydration failed because the initial UI", "");
  assert_filtered(defaults, hydration, NULL, "react-hydration-errors");
  assert_filtered(filters_of("filter.react_hydration", "off"), hydration, NULL, "");
  const char *chunk = event_of("javascript", "Loading chunk 552 failed.\\n(error)", "");
  assert_filtered(defaults, chunk, NULL, "chunk-load-error");
  assert_filtered(filters_of("filter.chunk_load", "off"), chunk, NULL, "");
  assert_filtered(defaults, event_of("javascript", "Loading chunks", ""), NULL, "");
}

static void test_transactions(void **state) {
  (void)state;
  static const char *const dropped[] = {"/healthz",  "GET /health", "/api/v1/healthcheck/",
                                        "/ping",     "/up",         "GET /live",
                                        "/-/health", "readiness"};
  static const char *const kept[] = {"/users/live", "GET /users", "up", "/healthy-food", "", "/"};
  for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
    struct slice name = filter_transaction(filters_of(NULL, ""), slice_of_string(dropped[i]));
    if (!slice_equal_string(name, "filtered-transaction")) fail_msg("%s", dropped[i]);
    name =
        filter_transaction(filters_of("filter.health_checks", "off"), slice_of_string(dropped[i]));
    assert_true(slice_is_empty(name));
  }
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    struct slice name = filter_transaction(filters_of(NULL, ""), slice_of_string(kept[i]));
    if (!slice_is_empty(name)) fail_msg("%s", kept[i]);
  }
  /* An error is wanted, also when a health check causes it. */
  assert_filtered(filters_of(NULL, ""), event_of("python", "x", ",\"transaction\":\"/healthz\""),
                  NULL, "");
}

static void test_bad_options(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"filter.localhost", "yes"},
                                         {"filter.ip_addresses", "192.0.2.0/33"},
                                         {"filter.ip_addresses", "192.0.2"},
                                         {"filter.ip_addresses", "::1/129"},
                                         {"filter.releases", "**"},
                                         {"filter.error_messages", "ok\n*"},
                                         {"filter.legacy_browsers", "netscape"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct pair option = {slice_of_string(cases[i][0]), slice_of_string(cases[i][1])};
    struct pairs options = {&option, 1};
    const struct filters *filters;
    struct problem problem = {0};
    assert_int_equal(filters_compile(&arena, options, &filters, &problem), STATUS_BAD_INPUT);
    assert_string_equal(problem.field, cases[i][0]);
    assert_true(problem.message[0] != '\0');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_globs, tear_down),
      cmocka_unit_test_teardown(test_globs_are_linear, tear_down),
      cmocka_unit_test_teardown(test_addresses, tear_down),
      cmocka_unit_test_teardown(test_releases, tear_down),
      cmocka_unit_test_teardown(test_messages, tear_down),
      cmocka_unit_test_teardown(test_localhost, tear_down),
      cmocka_unit_test_teardown(test_crawlers, tear_down),
      cmocka_unit_test_teardown(test_legacy_browsers, tear_down),
      cmocka_unit_test_teardown(test_browsers, tear_down),
      cmocka_unit_test_teardown(test_transactions, tear_down),
      cmocka_unit_test_teardown(test_bad_options, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
