/* client_problem_test.c - each failure's message, and when to try again. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "http/client_problem.h"
#include "http/limits.h"

#define NOW_MS INT64_C(1795000000000) /* 2026-11-18T11:06:40Z */

static struct http_call call_for(const char *url) {
  return (struct http_call){.method = "GET", .url = slice_of_string(url)};
}

#define URL "https://sentry.example.org:8443/api/0/projects/?a=b"

static void test_failures(void **state) {
  static const struct {
    enum http_failure failure;
    const char *text; /* of libcurl */
    enum status status;
    const char *field, *message;
  } cases[] = {
      {HTTP_FAILURE_URL, "", STATUS_BAD_INPUT, "url",
       "This cannot be the URL of a Sentry server: that begins with https:// or http:// and a "
       "host, "
       "and holds no user name, password or blank."},
      {HTTP_FAILURE_HEADER, "", STATUS_BAD_INPUT, "token",
       "The token for Sentry holds a line break or another character that cannot be sent. Copy it "
       "once more."},
      {HTTP_FAILURE_RESOLVE, "Could not resolve host: x", STATUS_UNAVAILABLE, "url",
       "The host \"sentry.example.org:8443\" of Sentry is not known. Check how the URL is written, "
       "and the name server of this machine."},
      {HTTP_FAILURE_PRIVATE, "", STATUS_BAD_INPUT, "url",
       "The host \"sentry.example.org:8443\" of Sentry has an address of this machine or of a "
       "private "
       "network. An administrator can allow such addresses with --allow-private-addresses."},
      {HTTP_FAILURE_REFUSED, "", STATUS_UNAVAILABLE, "url",
       "\"sentry.example.org:8443\" refused the connection, or there is no way to it. Check host "
       "and "
       "port of the URL, and whether Sentry runs."},
      {HTTP_FAILURE_TLS, "SSL certificate problem: self-signed certificate", STATUS_UNAVAILABLE,
       "url",
       "No safe connection to Sentry at sentry.example.org:8443: SSL certificate problem: "
       "self-signed "
       "certificate. An administrator can have certificates of your own authority trusted with "
       "--ca-file."},
      {HTTP_FAILURE_TLS, "SSL certificate problem: certificate has expired", STATUS_UNAVAILABLE,
       "url",
       "No safe connection to Sentry at sentry.example.org:8443: SSL certificate problem: "
       "certificate "
       "has expired. Its certificate has to be renewed."},
      {HTTP_FAILURE_TLS,
       "SSL: no alternative certificate subject name matches target host name 'sentry.example.org'",
       STATUS_UNAVAILABLE, "url",
       "No safe connection to Sentry at sentry.example.org:8443: SSL: no alternative certificate "
       "subject name matches target host name 'sentry.example.org'. Use the name that its "
       "certificate is made for."},
      {HTTP_FAILURE_TLS, "error:0A00010B:SSL routines::wrong version number", STATUS_UNAVAILABLE,
       "url",
       "No safe connection to Sentry at sentry.example.org:8443: error:0A00010B:SSL "
       "routines::wrong "
       "version number. There is no TLS at that port: use http://, or another port."},
      {HTTP_FAILURE_TLS, "handshake failure", STATUS_UNAVAILABLE, "url",
       "No safe connection to Sentry at sentry.example.org:8443: handshake failure. Its TLS set-up "
       "has "
       "to be put right, or the URL."},
      {HTTP_FAILURE_CONNECT_TIMEOUT, "", STATUS_UNAVAILABLE, "url",
       "\"sentry.example.org:8443\" did not take the connection within 5 seconds. Check host and "
       "port "
       "of the URL, whether Sentry runs, and firewalls between."},
      {HTTP_FAILURE_TIMEOUT, "", STATUS_UNAVAILABLE, "",
       "Sentry did not answer completely within 20 seconds. Try again later."},
      {HTTP_FAILURE_TOO_LARGE, "", STATUS_TOO_LARGE, "",
       "The answer of Sentry is too big: more than 8 MB, or too many headers."},
      {HTTP_FAILURE_BROKEN, "transfer closed with 5 bytes remaining to read", STATUS_UNAVAILABLE,
       "",
       "The answer of Sentry is broken (transfer closed with 5 bytes remaining to read). Try again "
       "later; if it stays so, look at the proxies between."},
      {HTTP_FAILURE_BUSY, "", STATUS_UNAVAILABLE, "",
       "Too many requests to other servers are under way. Try again in a minute."},
      {HTTP_FAILURE_STOPPED, "", STATUS_UNAVAILABLE, "",
       "This server is being stopped. Try again when it is back."},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct http_call call = call_for(URL);
    struct problem problem = {0};
    call.failure = cases[i].failure;
    snprintf(call.failure_text, sizeof call.failure_text, "%s", cases[i].text);
    assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), cases[i].status);
    assert_int_equal(problem.status, cases[i].status);
    assert_string_equal(problem.message, cases[i].message);
    assert_string_equal(problem.field, cases[i].field);
  }
}

static void test_every_failure_has_words(void **state) {
  (void)state;
  for (int failure = HTTP_FAILURE_NONE + 1; failure <= HTTP_FAILURE_STOPPED; failure++) {
    struct http_call call = call_for(URL);
    struct problem problem = {0};
    call.failure = (enum http_failure)failure;
    assert_int_not_equal(http_call_problem(&call, "GitLab", NOW_MS, &problem), STATUS_OK);
    assert_true(strlen(problem.message) > 20);
  }
}

/* Limits of the call itself. */
static void test_own_limits_are_named(void **state) {
  struct http_call call = call_for(URL);
  struct problem problem = {0};
  (void)state;
  call.failure = HTTP_FAILURE_TIMEOUT;
  call.timeout_ms = 2500;
  assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), STATUS_UNAVAILABLE);
  assert_non_null(strstr(problem.message, "within 3 seconds"));
  call.failure = HTTP_FAILURE_TOO_LARGE;
  call.body_limit = 1024 * 1024;
  assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), STATUS_TOO_LARGE);
  assert_non_null(strstr(problem.message, "more than 1 MB"));
}

static struct http_call answer(int status, struct http_header *headers, size_t count) {
  struct http_call call = call_for(URL);
  call.status = status;
  call.answer_headers = headers;
  call.answer_header_count = count;
  return call;
}

static void test_statuses(void **state) {
  static const struct {
    int http_status;
    const char *location;
    enum status status;
    const char *field, *message;
  } cases[] = {
      {401, NULL, STATUS_UNAUTHENTICATED, "token",
       "Sentry does not accept the token: it is wrong, has expired or was revoked. Enter a new "
       "one."},
      {403, NULL, STATUS_FORBIDDEN, "token",
       "The token may not do this at Sentry: it lacks a scope, or its owner lacks the right."},
      {404, NULL, STATUS_NOT_FOUND, "url",
       "Sentry has nothing at this address, or does not show it to the token. Check the URL and "
       "the "
       "project."},
      {301, "https://sentry.io/auth/login/", STATUS_BAD_INPUT, "url",
       "Sentry answered with a redirect to https://sentry.io/auth/login/. Redirects are not "
       "followed; "
       "enter that server's address instead."},
      {308, NULL, STATUS_BAD_INPUT, "url",
       "Sentry answered with a redirect (status 308) to nowhere. Check the URL."},
      {429, NULL, STATUS_BUSY, "",
       "Sentry takes no more requests for now. Try again in 60 seconds."},
      {500, NULL, STATUS_UNAVAILABLE, "",
       "Sentry has trouble of its own: it answered with status 500. Try again later."},
      {502, NULL, STATUS_UNAVAILABLE, "",
       "Sentry has trouble of its own: it answered with status 502. Try again later."},
      {503, NULL, STATUS_UNAVAILABLE, "",
       "Sentry has trouble of its own: it answered with status 503. Try again later."},
      {418, NULL, STATUS_FAILED, "",
       "Sentry answered with status 418, which was not expected here."},
      {101, NULL, STATUS_FAILED, "",
       "Sentry answered with status 101, which was not expected here."},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct http_header location = {SLICE("location"), slice_of_string(cases[i].location)};
    struct http_call call = answer(cases[i].http_status, &location, cases[i].location ? 1 : 0);
    struct problem problem = {0};
    assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), cases[i].status);
    assert_string_equal(problem.message, cases[i].message);
    assert_string_equal(problem.field, cases[i].field);
  }
  for (int status = 200; status < 300; status += 4) {
    struct http_call call = answer(status, NULL, 0);
    struct problem problem = {0};
    assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), STATUS_OK);
  }
}

static void test_not_json(void **state) {
  struct http_header type = {SLICE("Content-Type"), SLICE("text/html; charset=utf-8")};
  struct http_call call = answer(200, &type, 1);
  struct problem problem;
  (void)state;
  call.answer = SLICE("<!doctype html>\n<html>");
  assert_int_equal(http_call_not_json(&call, "Sentry", &problem), STATUS_FAILED);
  assert_string_equal(problem.message,
                      "The answer of Sentry is not JSON but text/html: \"<!doctype html> <html>\". "
                      "The URL may lead to pages for people, or to another server.");
  call.answer = SLICE(" \n");
  assert_int_equal(http_call_not_json(&call, "Sentry", &problem), STATUS_FAILED);
  assert_string_equal(problem.message,
                      "The answer of Sentry is empty where JSON was expected. Check "
                      "the URL.");
  call.answer_header_count = 0;
  call.answer = SLICE("hello");
  assert_int_equal(http_call_not_json(&call, "Sentry", &problem), STATUS_FAILED);
  assert_non_null(strstr(problem.message, "not JSON but something else: \"hello\""));
  type.value = SLICE("application/json");
  call.answer_header_count = 1;
  call.answer = SLICE("[{\"id\": ");
  assert_int_equal(http_call_not_json(&call, "Sentry", &problem), STATUS_FAILED);
  assert_string_equal(problem.message,
                      "The answer of Sentry is not JSON, although it says so: "
                      "\"[{\"id\":\". Try again later.");
}

/* Whatever the other server sends, the message is one line of valid UTF-8 with its end. */
static void test_hostile_texts(void **state) {
  char bytes[1000];
  unsigned seed = 1;
  (void)state;
  for (int round = 0; round < 500; round++) {
    for (size_t i = 0; i < sizeof bytes; i++)
      bytes[i] = (char)((seed = seed * 1664525u + 1013904223u) >> 24);
    struct slice text = slice_of(bytes, seed % sizeof bytes);
    struct http_header location = {SLICE("Location"), text};
    struct http_call call = answer(302, &location, 1);
    struct problem problem = {0};
    call.answer = text;
    call.url = text;
    for (int what = 0; what < 4; what++) {
      enum status status = STATUS_OK;
      call.failure = what == 2 ? HTTP_FAILURE_URL : what == 3 ? HTTP_FAILURE_REFUSED : 0;
      status = what == 0 ? http_call_not_json(&call, "Sentry", &problem)
                         : http_call_problem(&call, "Sentry", NOW_MS, &problem);
      assert_int_not_equal(status, STATUS_OK);
      size_t len = strlen(problem.message);
      assert_true(utf8_is_valid(slice_of(problem.message, len)));
      assert_true(problem.message[len - 1] == '.');
      for (size_t i = 0; i < len; i++) assert_true((unsigned char)problem.message[i] >= ' ');
    }
  }
}

static void test_host_without_secrets(void **state) {
  struct http_call call = call_for("https://user:secret@sentry.example.org/");
  struct problem problem = {0};
  (void)state;
  call.failure = HTTP_FAILURE_REFUSED;
  assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), STATUS_UNAVAILABLE);
  assert_null(strstr(problem.message, "secret"));
  call.failure = HTTP_FAILURE_URL;
  assert_int_equal(http_call_problem(&call, "Sentry", NOW_MS, &problem), STATUS_BAD_INPUT);
  assert_null(strstr(problem.message, "secret"));
}

/* --- when to try again ------------------------------------------------------------------------ */

/* In ms from now; -1 when nothing is said. */
static int64_t wait_of(int status, const char *const (*pairs)[2], size_t count) {
  struct http_header headers[4];
  int64_t time_ms = 0;
  for (size_t i = 0; i < count; i++)
    headers[i] = (struct http_header){slice_of_string(pairs[i][0]), slice_of_string(pairs[i][1])};
  struct http_call call = answer(status, headers, count);
  return http_call_not_before(&call, NOW_MS, &time_ms) ? time_ms - NOW_MS : -1;
}

static void test_not_before(void **state) {
  static const struct {
    int status;
    int64_t wait_ms;
    const char *headers[2][2];
  } cases[] = {
      {200, -1, {{0}}},
      {429, HTTP_CLIENT_RETRY_DEFAULT_MS, {{0}}},
      {503, -1, {{0}}},
      {429, 17000, {{"Retry-After", "17"}}},
      {503, 17000, {{"retry-after", "17"}}},
      {429, 1000, {{"Retry-After", "0"}}},
      {429, 2000, {{"Retry-After", "2.5"}}},
      {429, 20000, {{"Retry-After", "Wed, 18 Nov 2026 11:07:00 GMT"}}},
      {429, 20000, {{"Retry-After", "Wednesday, 18-Nov-26 11:07:00 GMT"}}},
      {429, 20000, {{"Retry-After", "Wed Nov 18 11:07:00 2026"}}},
      {429, 1000, {{"Retry-After", "Wed, 18 Nov 2015 11:07:00 GMT"}}},
      {503, -1, {{"Retry-After", "Wed, 18 Nov 2015 11:07:00 GMT"}}},
      {429, HTTP_CLIENT_RETRY_LIMIT_MS, {{"Retry-After", "99999999999999"}}},
      {429, HTTP_CLIENT_RETRY_LIMIT_MS, {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}},
      {429, HTTP_CLIENT_RETRY_DEFAULT_MS, {{"Retry-After", "soon"}}},
      {429, HTTP_CLIENT_RETRY_DEFAULT_MS, {{"Retry-After", "-5"}}},
      {429, HTTP_CLIENT_RETRY_DEFAULT_MS, {{"Retry-After", ""}}},
      {429, 30000, {{"X-Sentry-Rate-Limit-Reset", "1795000030"}}},
      {429, 17000, {{"X-Sentry-Rate-Limit-Reset", "1795000030"}, {"Retry-After", "17"}}},
      {200,
       30000,
       {{"X-Sentry-Rate-Limit-Remaining", "0"}, {"X-Sentry-Rate-Limit-Reset", "1795000030"}}},
      {200,
       -1,
       {{"X-Sentry-Rate-Limit-Remaining", "1"}, {"X-Sentry-Rate-Limit-Reset", "1795000030"}}},
      {200, -1, {{"X-Sentry-Rate-Limit-Reset", "1795000030"}}},
      {200, 30000, {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1795000030"}}},
      {200, -1, {{"RateLimit-Remaining", "100"}, {"RateLimit-Reset", "1795000030"}}},
      {429, 30000, {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1795000030"}}},
      {429, 1000, {{"RateLimit-Reset", "1794999999"}}},
      {429, HTTP_CLIENT_RETRY_LIMIT_MS, {{"RateLimit-Reset", "9223372036854775"}}},
      {429, HTTP_CLIENT_RETRY_DEFAULT_MS, {{"RateLimit-Reset", "9223372036854775807"}}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t count = cases[i].headers[0][0] ? cases[i].headers[1][0] ? 2 : 1 : 0;
    int64_t wait_ms = wait_of(cases[i].status, cases[i].headers, count);
    if (wait_ms != cases[i].wait_ms)
      fail_msg("case %zu: %lld instead of %lld", i, (long long)wait_ms,
               (long long)cases[i].wait_ms);
  }
}

static void test_rate_messages(void **state) {
  static const struct {
    const char *retry_after, *wanted;
  } cases[] = {{"1", "in 1 second."}, {"37", "in 37 seconds."}, {"1800", "in 30 minutes."}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct http_header header = {SLICE("Retry-After"), slice_of_string(cases[i].retry_after)};
    struct http_call call = answer(429, &header, 1);
    struct problem problem = {0};
    assert_int_equal(http_call_problem(&call, "GitLab", NOW_MS, &problem), STATUS_BUSY);
    if (!strstr(problem.message, cases[i].wanted)) fail_msg("%s", problem.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_every_failure_has_words),
      cmocka_unit_test(test_own_limits_are_named),
      cmocka_unit_test(test_statuses),
      cmocka_unit_test(test_not_json),
      cmocka_unit_test(test_hostile_texts),
      cmocka_unit_test(test_host_without_secrets),
      cmocka_unit_test(test_not_before),
      cmocka_unit_test(test_rate_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
