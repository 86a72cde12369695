/* Scopes, passwords, throttling and CSRF tokens: the rules of accounts that need no store. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "account/password.h"
#include "account/secret.h"
#include "account/throttle.h"
#include "base/clock.h"

static void test_scopes(void **state) {
  (void)state;
  struct arena arena = {0};
  struct problem problem;
  uint32_t scopes;
  assert_int_equal(scopes_parse(SLICE("event:read,project:read"), &scopes, &problem), STATUS_OK);
  assert_int_equal(scopes, SCOPE_EVENT_READ | SCOPE_PROJECT_READ);
  assert_int_equal(scopes_parse(SLICE("  org:read event:write,,"), &scopes, &problem), STATUS_OK);
  assert_int_equal(scopes, SCOPE_EVENT_WRITE | SCOPE_ORGANIZATION_READ);
  assert_true(slice_equal(scopes_format(&arena, scopes), SLICE("event:write,org:read")));
  assert_int_equal(scopes_parse(SLICE("event:delete"), &scopes, &problem), STATUS_BAD_INPUT);
  assert_non_null(strstr(problem.message, "\"event:delete\""));
  assert_string_equal(problem.field, "scope");
  assert_int_equal(scopes_parse(SLICE(" , "), &scopes, &problem), STATUS_BAD_INPUT);
  assert_int_equal(scopes_parse(SLICE_EMPTY, &scopes, &problem), STATUS_BAD_INPUT);
  arena_free(&arena);
}

static void test_scopes_allow(void **state) {
  (void)state;
  assert_true(scopes_allow(SCOPE_EVENT_READ, SCOPE_EVENT_READ));
  assert_true(scopes_allow(SCOPE_EVENT_WRITE, SCOPE_EVENT_READ));
  assert_true(scopes_allow(SCOPE_ALL, SCOPE_PROJECT_WRITE));
  assert_true(scopes_allow(SCOPE_EVENT_READ, 0));
  assert_false(scopes_allow(SCOPE_EVENT_READ, SCOPE_EVENT_WRITE));
  assert_false(scopes_allow(SCOPE_EVENT_WRITE, SCOPE_PROJECT_READ));
  assert_false(scopes_allow(SCOPE_EVENT_READ, SCOPE_EVENT_READ | SCOPE_PROJECT_READ));
  assert_false(scopes_allow(0, SCOPE_EVENT_READ));
}

static void test_password_rules(void **state) {
  (void)state;
  static char longest[PASSWORD_MAX_BYTES + 1];
  struct problem problem;
  memset(longest, 'x', sizeof longest);
  assert_int_equal(password_check(SLICE("0123456789"), &problem), STATUS_OK);
  assert_int_equal(password_check(SLICE("012345678"), &problem), STATUS_BAD_INPUT);
  /* Characters count, not bytes. */
  assert_int_equal(password_check(SLICE("äöüäöüäöü"), &problem), STATUS_BAD_INPUT);
  assert_int_equal(password_check(SLICE("äöüäöüäöü\xff"), &problem), STATUS_BAD_INPUT);
  assert_int_equal(password_check(slice_of(longest, sizeof longest), &problem), STATUS_BAD_INPUT);
  assert_int_equal(password_check(slice_of(longest, sizeof longest - 1), &problem), STATUS_OK);
}

static void test_password_hash(void **state) {
  (void)state;
  char hash[PASSWORD_HASH_BYTES], second[PASSWORD_HASH_BYTES];
  struct problem problem;
  struct slice password = SLICE("correct horse\0battery");
  assert_int_equal(password_hash(password, hash, &problem), STATUS_OK);
  assert_int_equal(password_hash(password, second, &problem), STATUS_OK);
  assert_string_not_equal(hash, second);
  assert_int_equal(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
  struct slice kept = slice_of_string(hash);
  assert_int_equal(password_verify(kept, password, &problem), STATUS_OK);
  assert_int_equal(password_verify(kept, SLICE("correct horse"), &problem), STATUS_UNAUTHENTICATED);
  assert_int_equal(password_verify(kept, SLICE_EMPTY, &problem), STATUS_UNAUTHENTICATED);
  assert_int_equal(password_verify(SLICE_EMPTY, password, &problem), STATUS_UNAUTHENTICATED);
  assert_int_equal(password_verify(SLICE_EMPTY, SLICE_EMPTY, &problem), STATUS_UNAUTHENTICATED);
}

static void test_unknown_user_takes_as_long(void **state) {
  (void)state;
  char hash[PASSWORD_HASH_BYTES];
  struct problem problem;
  assert_int_equal(password_hash(SLICE("correct horse"), hash, &problem), STATUS_OK);
  int64_t best[2] = {INT64_MAX, INT64_MAX};
  for (int i = 0; i < 10; i++) {
    struct slice kept = i % 2 ? slice_of_string(hash) : SLICE_EMPTY;
    int64_t start_us = clock_monotonic_us();
    assert_int_equal(password_verify(kept, SLICE("wrong password"), &problem),
                     STATUS_UNAUTHENTICATED);
    int64_t spent_us = clock_monotonic_us() - start_us;
    if (spent_us < best[i % 2]) best[i % 2] = spent_us;
  }
  assert_true(best[0] < 2 * best[1] && best[1] < 2 * best[0]);
}

static void test_secret(void **state) {
  (void)state;
  struct arena arena = {0};
  struct slice a = secret_make(&arena, SLICE("sntryu_")), b = secret_make(&arena, SLICE("sntryu_"));
  assert_int_equal(a.len, 7 + SECRET_DIGITS);
  assert_true(slice_starts_with(a, SLICE("sntryu_")));
  assert_false(slice_equal(a, b));
  struct secret_hash first = secret_hash(a), again = secret_hash(a), other = secret_hash(b);
  assert_memory_equal(first.bytes, again.bytes, sizeof first.bytes);
  assert_memory_not_equal(first.bytes, other.bytes, sizeof first.bytes);
  arena_free(&arena);
}

static void test_csrf(void **state) {
  (void)state;
  struct arena arena = {0};
  struct slice session = secret_make(&arena, SLICE_EMPTY);
  struct slice other = secret_make(&arena, SLICE_EMPTY);
  struct slice token = account_csrf_token(&arena, session);
  assert_int_equal(token.len, 64);
  assert_true(account_csrf_check(session, token));
  assert_true(account_csrf_check(session, account_csrf_token(&arena, session)));
  assert_false(account_csrf_check(other, token));
  assert_false(account_csrf_check(session, session));
  assert_false(account_csrf_check(session, SLICE_EMPTY));
  assert_false(account_csrf_check(session, slice_upto(token, 62)));
  assert_false(account_csrf_check(SLICE_EMPTY, SLICE_EMPTY));
  assert_true(slice_is_empty(account_csrf_token(&arena, SLICE_EMPTY)));
  arena_free(&arena);
}

/* --- throttling; the clock stands still unless a test moves it ------------------------------ */

static const int64_t start_ms = INT64_C(1795000000000);

static int set_up_throttle(void **state) {
  (void)state;
  clock_set_ms(start_ms);
  throttle_reset();
  return 0;
}

static int tear_down_throttle(void **state) {
  (void)state;
  clock_set_ms(0);
  throttle_reset();
  return 0;
}

static void test_throttle_login(void **state) {
  (void)state;
  int64_t now_ms = start_ms;
  for (int i = 0; i < 5; i++) assert_int_equal(throttle_attempt(SLICE("Ann"), SLICE_EMPTY), 0);
  /* 1, 2, 4 ... seconds, and no more than five minutes. A try that was refused costs nothing. */
  for (int64_t wait_ms = SECOND_MS; wait_ms < 4 * 5 * MINUTE_MS; wait_ms *= 2) {
    int64_t expected = wait_ms > 5 * MINUTE_MS ? 5 * MINUTE_MS : wait_ms;
    assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), expected);
    assert_int_equal(throttle_attempt(SLICE("ANN"), SLICE_EMPTY), expected);
    clock_set_ms(now_ms += expected);
    assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), 0);
  }
  assert_int_equal(throttle_attempt(SLICE("bob"), SLICE_EMPTY), 0);
  clock_set_ms(now_ms + 5 * MINUTE_MS);
  throttle_forgive(SLICE("ann"), SLICE_EMPTY);
  for (int i = 0; i < 5; i++) assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), 0);
  assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), SECOND_MS);
}

static void fail_often(struct slice address, int times) {
  for (int i = 0; i < times; i++) {
    char login[40];
    snprintf(login, sizeof login, "user %d", i);
    assert_int_equal(throttle_attempt(slice_of_string(login), address), 0);
  }
}

static void test_throttle_address(void **state) {
  (void)state;
  fail_often(SLICE("192.0.2.1"), 20);
  assert_int_equal(throttle_attempt(SLICE("new"), SLICE("192.0.2.1")), SECOND_MS);
  assert_int_equal(throttle_attempt(SLICE("new"), SLICE("192.0.2.2")), 0);
  /* One network of an IPv6 customer is one address. */
  fail_often(SLICE("2001:db8:1:2::1"), 20);
  assert_int_equal(throttle_attempt(SLICE("x"), SLICE("2001:db8:1:2:ffff::9")), SECOND_MS);
  assert_int_equal(throttle_attempt(SLICE("x"), SLICE("2001:db8:1:3::1")), 0);
}

static void test_throttle_forgives_one_attempt_of_an_address(void **state) {
  (void)state;
  struct slice address = SLICE("192.0.2.3");
  fail_often(address, 19);
  for (int i = 0; i < 50; i++) {
    assert_int_equal(throttle_attempt(SLICE("right"), address), 0);
    throttle_forgive(SLICE("right"), address);
  }
  assert_int_equal(throttle_attempt(SLICE("wrong"), address), 0);
  assert_int_equal(throttle_attempt(SLICE("wrong"), address), SECOND_MS);
}

static void test_throttle_forgets(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), 0);
  clock_set_ms(start_ms + HOUR_MS + 1);
  for (int i = 0; i < 5; i++) assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), 0);
}

static void test_throttle_survives_a_flood(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), 0);
  for (int i = 0; i < 100000; i++) {
    char login[40];
    snprintf(login, sizeof login, "flood %d", i);
    assert_int_equal(throttle_attempt(slice_of_string(login), SLICE_EMPTY), 0);
  }
  assert_int_equal(throttle_attempt(SLICE("ann"), SLICE_EMPTY), SECOND_MS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scopes),
      cmocka_unit_test(test_scopes_allow),
      cmocka_unit_test(test_password_rules),
      cmocka_unit_test(test_password_hash),
      cmocka_unit_test(test_unknown_user_takes_as_long),
      cmocka_unit_test(test_secret),
      cmocka_unit_test(test_csrf),
      cmocka_unit_test_setup_teardown(test_throttle_login, set_up_throttle, tear_down_throttle),
      cmocka_unit_test_setup_teardown(test_throttle_address, set_up_throttle, tear_down_throttle),
      cmocka_unit_test_setup_teardown(test_throttle_forgives_one_attempt_of_an_address,
                                      set_up_throttle, tear_down_throttle),
      cmocka_unit_test_setup_teardown(test_throttle_forgets, set_up_throttle, tear_down_throttle),
      cmocka_unit_test_setup_teardown(test_throttle_survives_a_flood, set_up_throttle,
                                      tear_down_throttle),
  };
  return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
