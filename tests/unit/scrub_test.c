/* scrub_test.c - what is taken out of an event, and what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "event/limits.h"
#include "event/scrub_parts.h"

#include "base/banned.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static const struct scrubber *scrubber_of(const struct pair *options, size_t count) {
  const struct scrubber *scrubber = NULL;
  struct problem problem = {0};
  struct pairs pairs = {(struct pair *)(uintptr_t)options, count};
  if (scrubber_compile(&arena, pairs, &scrubber, &problem)) fail_msg("%s", problem.message);
  return scrubber;
}

static const struct scrubber *defaults(void) { return scrubber_of(NULL, 0); }

static struct event *decode(const char *json) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, slice_of_string(json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  return event;
}

static const char *written(const struct event *event) {
  struct buffer out = buffer_make(1 << 22);
  event_write(event, &out);
  const char *text = arena_string(&arena, buffer_slice(&out));
  buffer_free(&out);
  return text;
}

/* The kept JSON of an event after scrubbing; checks that scrubbing again changes nothing. */
static const char *scrubbed(const char *json, const struct scrubber *scrubber) {
  struct scrub_report report;
  struct event *event = decode(json);
  scrub_event(&arena, event, scrubber, NULL);
  const char *once = written(event);
  scrub_event(&arena, event, scrubber, &report);
  if (report.count) {
    fail_msg("scrubbed twice: %.*s: %.*s -> %.*s", SLICE_ARGS(report.changes[0].path),
             SLICE_ARGS(report.changes[0].before), SLICE_ARGS(report.changes[0].after));
  }
  return once;
}

static void assert_has(const char *json, const char *part) {
  if (!strstr(json, part)) fail_msg("%s is not in %s", part, json);
}
static void assert_has_not(const char *json, const char *part) {
  if (strstr(json, part)) fail_msg("%s is in %s", part, json);
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_names(void **state) {
  (void)state;
  static const char *const secret[] = {
      "password",     "PASSWORD",      "user_password", "X-Api-Key",   "apiKey",
      "api_key",      "client_secret", "Authorization", "passwd",      "auth",
      "csrftoken",    "credentials",   "mysql_pwd",     "private_key", "privateKey",
      "sessionid",    "JSESSIONID",    "jwt",           "cvv",         "Proxy-Authorization",
      "access.token", "DB_PASS",       "pin",           "connect.sid", "card-number"};
  static const char *const plain[] = {
      "user", "name", "passing", "author", "pinned", "side",       "email",   "pages",    "keys",
      "",     "___",  "x",       "OLDPWD", "PWD",    "max_tokens", "compass", "jwts_seen"};
  const struct scrubber *scrubber = defaults();
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (scrubber_key(scrubber, slice_of_string(secret[i])) != KEY_SECRET) fail_msg("%s", secret[i]);
  }
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
    if (scrubber_key(scrubber, slice_of_string(plain[i])) != KEY_PLAIN) fail_msg("%s", plain[i]);
  }
  assert_int_equal(scrubber_key(scrubber, SLICE("Cookies")), KEY_OF_TEXT);
}

static void test_project_names(void **state) {
  (void)state;
  const struct pair options[] = {{SLICE("scrub.fields"), SLICE("Tax Number\n\n  kontonummer \n")},
                                 {SLICE("scrub.safe_fields"), SLICE("sessionid\nauth_method")}};
  const struct scrubber *scrubber = scrubber_of(options, 2);
  assert_int_equal(scrubber_key(scrubber, SLICE("tax_number")), KEY_SECRET);
  assert_int_equal(scrubber_key(scrubber, SLICE("meineKontonummer2")), KEY_SECRET);
  assert_int_equal(scrubber_key(scrubber, SLICE("session_id")), KEY_PLAIN);
  assert_int_equal(scrubber_key(scrubber, SLICE("auth-method")), KEY_PLAIN);
  assert_int_equal(scrubber_key(scrubber, SLICE("auth_methods")), KEY_SECRET);
  const struct pair off[] = {{SLICE("scrub.defaults"), SLICE("off")},
                             {SLICE("scrub.fields"), SLICE("tax")}};
  scrubber = scrubber_of(off, 2);
  assert_int_equal(scrubber_key(scrubber, SLICE("password")), KEY_PLAIN);
  assert_int_equal(scrubber_key(scrubber, SLICE("tax")), KEY_SECRET);
}

static void test_bad_options(void **state) {
  (void)state;
  struct problem problem = {0};
  const struct scrubber *scrubber;
  struct pair option = {SLICE("scrub.ip"), SLICE("maybe")};
  struct pairs options = {&option, 1};
  assert_int_equal(scrubber_compile(&arena, options, &scrubber, &problem), STATUS_BAD_INPUT);
  assert_string_equal(problem.field, "scrub.ip");
  char line[400];
  memset(line, 'x', sizeof line);
  option = (struct pair){SLICE("scrub.fields"), slice_of(line, sizeof line)};
  assert_int_equal(scrubber_compile(&arena, options, &scrubber, &problem), STATUS_BAD_INPUT);
  assert_non_null(strstr(problem.message, "Line 1"));
}

/* --- texts ------------------------------------------------------------------------------------ */

static void test_texts(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      /* cards */
      {"pay 4111111111111111 now", "pay [Filtered] now"},
      {"4111 1111 1111 1111", "[Filtered]"},
      {"5555-5555-5555-4444.", "[Filtered]."},
      {"378282246310005", "[Filtered]"},
      {"3782 822463 10005", "[Filtered]"},
      {"30569309025904", "[Filtered]"},
      {"6011111111111117,3530111333300000", "[Filtered],[Filtered]"},
      {"2223003122003222", "[Filtered]"},
      {"2020 4111 1111 1111 1111 12", "2020 [Filtered] 12"},
      {"4111111111111112", "4111111111111112"},
      {"1732450000000 1732450000000123", "1732450000000 1732450000000123"},
      {"a4111111111111111", "a4111111111111111"},
      {"41111111111111111", "41111111111111111"},
      /* social security numbers */
      {"ssn 078-05-1120.", "ssn [Filtered]."},
      {"call 1-078-05-1120", "call 1-078-05-1120"},
      {"078-05-11201", "078-05-11201"},
      /* keys */
      {"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----\n",
       "-----BEGIN RSA PRIVATE KEY-----\n[Filtered]\n-----END RSA PRIVATE KEY-----\n"},
      {"k='-----BEGIN EC PRIVATE KEY-----\\nMIIE\\n-----END EC PRIVATE KEY-----\\n'",
       "k='-----BEGIN EC PRIVATE KEY-----\\n[Filtered]\\n-----END EC PRIVATE KEY-----\\n'"},
      {"-----BEGIN PRIVATE KEY-----\nMIIEow", "-----BEGIN PRIVATE KEY-----\n[Filtered]"},
      {"use AKIAIOSFODNN7EXAMPLE or", "use [Filtered] or"},
      {"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[Filtered]"},
      {"(xoxb-1234567890-abcdefghijkl)", "([Filtered])"},
      {"sk_live_abcdefghijklmnop", "[Filtered]"},
      {"my_npm_package_is_here_and_long_enough", "my_npm_package_is_here_and_long_enough"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N", "[Filtered]"},
      /* URLs */
      {"see https://bob:hunter2@example.com/x?a=1", "see https://[Filtered]@example.com/x?a=1"},
      {"postgres://u:p@ss@db:5432/app", "postgres://[Filtered]@db:5432/app"},
      {"https://key@sentry.example/1", "https://[Filtered]@sentry.example/1"},
      {"https://example.com/@bob", "https://example.com/@bob"},
      {"mail a@b.example // @todo", "mail a@b.example // @todo"},
      /* paths */
      {"open /home/"
       "bob/app/x.py",
       "open /home/[user]/app/x.py"},
      {"'/Users/"
       "bob'",
       "'/Users/[user]'"},
      {"file:///Users/"
       "bob/x",
       "file:///Users/[user]/x"},
      {"C:\\Users\\John Doe\\x.cs", "C:\\Users\\[user]\\x.cs"},
      {"C:\\\\Users\\\\bob\\\\x.cs", "C:\\\\Users\\\\[user]\\\\x.cs"},
      {"https://example.com/home/"
       "bob",
       "https://example.com/home/"
       "bob"},
      {"/srv/home/"
       "bob",
       "/srv/home/"
       "bob"},
      /* headers */
      {"Bearer abc.def.123", "Bearer [Filtered]"},
      {"the bearer token is missing", "the bearer token is missing"},
      {"Basic dXNlcjpwYXNz", "Basic [Filtered]"},
      {"Basic authentication", "Basic authentication"},
      /* names and values */
      {"a=1&password=x%20y&b=2", "a=1&password=[Filtered]&b=2"},
      {"user[password]=x&user%5Btoken%5D=y",
       "user[password]=[Filtered]&user%5Btoken%5D=[Filtered]"},
      {"{\"password\": \"a\\\"b\", \"n\": 1}", "{\"password\": \"[Filtered]\", \"n\": 1}"},
      {"{\"token\":12,\"n\":1}", "{\"token\":\"[Filtered]\",\"n\":1}"},
      {"{\\\"token\\\": \\\"x\\\", \\\"a\\\": 1}",
       "{\\\"token\\\": \\\"[Filtered]\\\", \\\"a\\\": 1}"},
      {"{\"auth\": {\"a\": \"}\", \"b\": [1]}, \"c\": 2}", "{\"auth\": \"[Filtered]\", \"c\": 2}"},
      {"{'password': u'x', 'b': None, 'token': None}",
       "{'password': u'[Filtered]', 'b': None, 'token': None}"},
      {"{\"password\"=>\"x\"}", "{\"password\"=>\"[Filtered]\"}"},
      {"Authorization: Digest a=\"b\", c=\"d\"\nHost: x", "Authorization: [Filtered]\nHost: x"},
      {"Authorization: Basic !!!\nHost: x", "Authorization: [Filtered]\nHost: x"},
      {"Server=db;Password=x y;Uid=1", "Server=db;Password=[Filtered] y;Uid=1"},
      {"--password=x --user=y", "--password=[Filtered] --user=y"},
      {"token=&a=1", "token=&a=1"},
      {"token = <Token at 0x1>, a", "token = [Filtered], a"},
      {"Auth::Session::new", "Auth::Session::new"},
      {"token://x", "token://x"},
      {"password", "password"},
      {"password=", "password="},
      /* laid out */
      {"{\"password\":\n    \"a\",\n \"b\":\t1}",
       "{\"password\":\n    \"[Filtered]\",\n \"b\":\t1}"},
      {"{\"password\"\t:\t\"a\"}", "{\"password\"\t:\t\"[Filtered]\"}"},
      {"password:\nnext: 1", "password:\nnext: 1"},
      /* lists of pairs */
      {"[('a', 'b'), ('password', 'c')]", "[('a', 'b'), ('password', '[Filtered]')]"},
      {"[(b'authorization', b'Bearer c')]", "[(b'authorization', b'[Filtered]')]"},
      {"[[\"token\",\"c\"],[\"a\",\"b\"]]", "[[\"token\",\"[Filtered]\"],[\"a\",\"b\"]]"},
      {"missing ['password', 'email']", "missing ['password', 'email']"},
      {"[['password', 3]]", "[['password', 3]]"},
      /* addresses within addresses */
      {"?next=https%3A%2F%2Fa%2F%3Ftoken%3Dabc%26page%3D2",
       "?next=https%3A%2F%2Fa%2F%3Ftoken%3D[Filtered]%26page%3D2"},
      {"token%3d%26page%3D2&x", "token%3d%26page%3D2&x"},
      {"100%3Dtoken", "100%3Dtoken"},
      {"token%3D[Filtered]abc", "token%3D[Filtered]abc"},
      /* XML */
      {"<u><password>a b</password><n>c</n></u>", "<u><password>[Filtered]</password><n>c</n></u>"},
      {"<wsse:Password>a</wsse:Password>", "<wsse:Password>[Filtered]</wsse:Password>"},
      {"<password></password>", "<password></password>"},
      {"a <token> is missing", "a <token> is missing"},
  };
  const struct scrubber *scrubber = defaults();
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice text = scrub_text(&arena, scrubber, slice_of_string(cases[i][0]));
    if (!slice_equal_string(text, cases[i][1])) {
      fail_msg("%s\nis\n%.*s\nexpected\n%s", cases[i][0], SLICE_ARGS(text), cases[i][1]);
    }
    struct slice again = scrub_text(&arena, scrubber, text);
    if (!slice_equal(text, again)) fail_msg("again: %.*s", SLICE_ARGS(again));
  }
}

/* --- events ------------------------------------------------------------------------------------
 */

static void test_event(void **state) {
  (void)state;
  const char *json = scrubbed(
      "{\"message\":\"login failed, password=S1 https://u:S2@h/\","
      "\"tags\":{\"token\":\"kept1\"},\"transaction\":\"/a?token=kept2\","
      "\"modules\":{\"auth\":\"kept3\"},"
      "\"exception\":[{\"type\":\"E\",\"value\":\"Unexpected token: "
      "kept4\",\"stacktrace\":{\"frames\":["
      "{\"function\":\"f\",\"abs_path\":\"/home/"
      "kept5/x.py\",\"context_line\":\"password = "
      "'kept6'\","
      "\"vars\":{\"password\":\"S3\",\"d\":{\"apiKey\":[\"S4\"],\"n\":1},\"r\":\"{'token': "
      "'S5'}\"}}]}}],"
      "\"request\":{\"url\":\"https://S6:S7@h/p\",\"query_string\":\"token=S8&a=kept7\","
      "\"headers\":{\"Authorization\":\"Bearer "
      "S9\",\"Accept\":\"kept8\",\"Cookie\":\"sessionid=S10; theme=kept9\"},"
      "\"env\":{\"SECRET_KEY\":\"S11\"},\"data\":\"{\\\"user\\\":{\\\"password\\\":\\\"S12\\\"}}\"}"
      ","
      "\"extra\":{\"list\":[[\"X-Token\",\"S13\"],[\"a\",\"kept10\"]],\"h\":{\"name\":"
      "\"Authorization\",\"value\":\"S14\"},"
      "\"argv\":[\"--password\",\"S15\",\"kept11\"],\"Set-Cookie\":\"S16\",\"card\":"
      "4111111111111111,"
      "\"pem\":[\"-----BEGIN RSA PRIVATE KEY-----\",\"S17\",\"-----END RSA PRIVATE "
      "KEY-----\",\"kept12\"]},"
      "\"contexts\":{\"my\":{\"secret\":{\"deep\":\"S18\"},\"after\":\"kept13\"}},"
      "\"user\":{\"id\":\"kept14\",\"ip_address\":\"192.0.2.1\",\"secret_answer\":\"S19\"},"
      "\"breadcrumbs\":[{\"message\":\"token: "
      "S20\",\"data\":{\"url\":\"/x?api_key=S21\",\"password\":{\"x\":\"S22\"},\"z\":\"kept15\"}}],"
      "\"logger\":[\"password=S23\"]}",
      defaults());
  for (int i = 1; i <= 23; i++) {
    struct slice secret = arena_printf(&arena, "S%d", i);
    const char *at = strstr(json, arena_string(&arena, secret));
    while (at && at[secret.len] >= '0' && at[secret.len] <= '9') {
      at = strstr(at + 1, arena_string(&arena, secret));
    }
    if (at) fail_msg("S%d is in %s", i, json);
  }
  for (int i = 1; i <= 15; i++) {
    assert_has(json, arena_string(&arena, arena_printf(&arena, "kept%d", i)));
  }
  assert_has_not(json, "4111111111111111");
  assert_has(json, "192.0.2.1");
  assert_has(json, "\"my\":{\"secret\":\"[Filtered]\",\"after\":\"kept13\",\"type\":\"my\"}");
  assert_has(json, "[\"sessionid\",\"[Filtered]\"],[\"theme\",\"kept9\"]");
}

static void test_parameters(void **state) {
  (void)state;
  const char *json = scrubbed(
      "{\"logentry\":{\"message\":\"hi %(name)s with %(password)s\","
      "\"params\":{\"name\":\"Ann Bee\",\"password\":\"hunter2\"}}}",
      defaults());
  assert_has(json, "\"formatted\":\"hi Ann Bee with [Filtered]\"");
  assert_has_not(json, "hunter2");
  json = scrubbed(
      "{\"logentry\":{\"message\":\"login token=%s of %s\","
      "\"params\":[\"hunter2\",\"Ann Bee\"]}}",
      defaults());
  assert_has(json, "\"params\":[\"[Filtered]\",\"Ann Bee\"]");
}

/* Where an SDK tells what it masked, names are not those of secrets. */
static void test_meta(void **state) {
  (void)state;
  const char *json = scrubbed(
      "{\"extra\":{\"password\":\"***\"},\"_meta\":{\"extra\":{\"password\":{\"\":{\"rem\":"
      "[[\"@password:filter\",\"m\",0,3]],\"x\":\"4111111111111111\"}}}}}",
      defaults());
  assert_has(json, "@password:filter");
  assert_has_not(json, "4111111111111111");
}

static void test_addresses(void **state) {
  (void)state;
  const char *event =
      "{\"user\":{\"id\":\"1\",\"ip_address\":\"192.0.2.1\"},\"request\":{\"headers\":"
      "{\"X-Forwarded-For\":\"192.0.2.2\",\"Forwarded\":\"for=192.0.2.3\",\"Host\":\"h\"},"
      "\"env\":{\"REMOTE_ADDR\":\"192.0.2.4\",\"HTTP_X_REAL_IP\":\"192.0.2.5\"}},"
      "\"extra\":{\"client_ip\":\"192.0.2.6\"}}";
  const struct pair options[] = {{SLICE("scrub.ip"), SLICE("on")}};
  assert_has_not(scrubbed(event, scrubber_of(options, 1)), "192.0.2.");
  assert_has(scrubbed(event, scrubber_of(options, 1)), "[\"Host\",\"h\"]");
  const char *left = scrubbed(event, defaults());
  for (int i = 1; i <= 6; i++) {
    assert_has(left, arena_string(&arena, arena_printf(&arena, "192.0.2.%d", i)));
  }
}

static void test_switched_off(void **state) {
  (void)state;
  const struct pair options[] = {{SLICE("scrub.enabled"), SLICE("off")}};
  const char *event = "{\"extra\":{\"password\":\"S1\",\"x\":\"token=S2\"}}";
  const char *json = scrubbed(event, scrubber_of(options, 1));
  assert_has(json, "S1");
  assert_has(json, "S2");
  const struct pair fields[] = {{SLICE("scrub.defaults"), SLICE("off")},
                                {SLICE("scrub.fields"), SLICE("iban")}};
  json = scrubbed("{\"extra\":{\"password\":\"S1\",\"x\":\"iban=S2 4111111111111111\"}}",
                  scrubber_of(fields, 2));
  assert_has(json, "S1");
  assert_has_not(json, "S2");
  assert_has(json, "4111111111111111");
}

static void test_project_fields_reach_tags(void **state) {
  (void)state;
  const struct pair options[] = {{SLICE("scrub.fields"), SLICE("customer")}};
  const char *json =
      scrubbed("{\"tags\":{\"customer_id\":\"S1\",\"token\":\"kept\"}}", scrubber_of(options, 1));
  assert_has(json, "[\"customer_id\",\"[Filtered]\"]");
  assert_has(json, "kept");
}

static void test_report(void **state) {
  (void)state;
  struct scrub_report report;
  struct event *event = decode(
      "{\"extra\":{\"a\":{\"password\":{\"x\":1}},\"b\":[\"c\",\"token=abc\"]},"
      "\"request\":{\"headers\":{\"Authorization\":\"abc\"}}}");
  scrub_event(&arena, event, defaults(), &report);
  assert_int_equal(report.count, 3);
  assert_true(slice_equal_string(report.changes[0].path, "request.headers.Authorization"));
  assert_true(slice_equal_string(report.changes[0].before, "abc"));
  assert_true(slice_equal_string(report.changes[0].rule, "password"));
  assert_true(slice_equal_string(report.changes[1].path, "extra.a.password"));
  assert_true(slice_equal_string(report.changes[1].before, "{\"x\":1}"));
  assert_true(slice_equal_string(report.changes[2].path, "extra.b.1"));
  assert_true(slice_equal_string(report.changes[2].after, "token=[Filtered]"));
}

/* --- cost ----------------------------------------------------------------------------------------
 */

/* Texts made to be slow take no more than ordinary ones do: each byte is looked at a few times. */
static void test_linear(void **state) {
  (void)state;
  static const char *const pieces[] = {"password=",
                                       "\"password\":{",
                                       "//a:",
                                       "//",
                                       "-----BEGIN A-----",
                                       "-----BEGIN ",
                                       "4 ",
                                       "4-",
                                       "41",
                                       "/home/",
                                       "C:\\Users\\",
                                       "password:\\\\\"",
                                       "Bearer ",
                                       "auth:[",
                                       "ghp_",
                                       "Basic QQ",
                                       "078-05-112",
                                       "token=<",
                                       "[('token',",
                                       "'token',",
                                       "token%3D",
                                       "%26%3D",
                                       "<token>",
                                       "<token>a",
                                       "\"token\":\n",
                                       "\\\\\\"};
  enum { BYTES = 1 << 20 };
  char *text = memory_alloc(BYTES);
  double slowest_ms = 0;
  const struct scrubber *scrubber = defaults();
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    struct slice piece = slice_of_string(pieces[i]);
    size_t len = 0;
    while (len + piece.len <= BYTES) {
      memcpy(text + len, piece.ptr, piece.len);
      len += piece.len;
    }
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    struct arena scratch = {0};
    scrub_text(&scratch, scrubber, slice_of(text, len));
    arena_free(&scratch);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    double ms =
        (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    /* Sanitizers take several times as long; what is not linear takes minutes. */
    slowest_ms = ms > slowest_ms ? ms : slowest_ms;
    if (ms > 2000) fail_msg("a megabyte of \"%s\" takes %.0f ms", pieces[i], ms);
  }
  free(text);
  print_message("# the slowest megabyte: %.0f ms\n", slowest_ms);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_names, tear_down),
      cmocka_unit_test_teardown(test_project_names, tear_down),
      cmocka_unit_test_teardown(test_bad_options, tear_down),
      cmocka_unit_test_teardown(test_texts, tear_down),
      cmocka_unit_test_teardown(test_event, tear_down),
      cmocka_unit_test_teardown(test_parameters, tear_down),
      cmocka_unit_test_teardown(test_meta, tear_down),
      cmocka_unit_test_teardown(test_addresses, tear_down),
      cmocka_unit_test_teardown(test_switched_off, tear_down),
      cmocka_unit_test_teardown(test_project_fields_reach_tags, tear_down),
      cmocka_unit_test_teardown(test_report, tear_down),
      cmocka_unit_test_teardown(test_linear, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
