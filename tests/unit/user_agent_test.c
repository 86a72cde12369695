/* user_agent_test.c - browsers, systems and devices by their User-Agent header: some of today's,
 * hostile texts, and the cases that the package with the patterns brings along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "event/user_agent.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* "browser|version|os|version|device|brand|model" */
static const char *summary(const char *text) {
  struct user_agent agent = user_agent_parse(&arena, slice_of_string(text));
  return arena_string(
      &arena, arena_printf(&arena, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", SLICE_ARGS(agent.browser),
                           SLICE_ARGS(agent.browser_version), SLICE_ARGS(agent.os),
                           SLICE_ARGS(agent.os_version), SLICE_ARGS(agent.device),
                           SLICE_ARGS(agent.brand), SLICE_ARGS(agent.model)));
}

static void knows_common_agents(void **state) {
  (void)state;
  static const struct {
    const char *text, *wanted;
  } cases[] = {
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/74.0.3729.169 Safari/537.36",
       "Chrome|74.0.3729|Windows|10|||"},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
       "Firefox|128.0|Linux||||"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/17.4 Safari/605.1.15",
       "Safari|17.4|Mac OS X|10.15.7|Mac|Apple|Mac"},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
       "Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
       "Mobile Safari|17.4|iOS|17.4|iPhone|Apple|iPhone"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
       "Edge|120.0.2210|Windows|10|||"},
      {"Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/119.0.0.0 Mobile Safari/537.36",
       "Chrome Mobile|119.0.0|Android|13|Samsung SM-G991B|Samsung|SM-G991B"},
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
       "Googlebot|2.1|||Spider|Spider|Desktop"},
      {"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
       "IE|11.0|Windows|7|||"},
      {"curl/7.88.1", "curl|7.88.1|||||"},
      {"something else altogether", "||||||"},
      {"", "||||||"},
  };
  for (size_t round = 0; round < 2; round++) { /* the second from memory */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      assert_string_equal(summary(cases[i].text), cases[i].wanted);
    }
  }
}

/* Many starts, many alternatives, nothing that matches at last. */
static void is_linear(void **state) {
  (void)state;
  static const char *const pieces[] = {"a",          "Mozilla/5.0 (Linux; Android 1; ",
                                       "; x Build/", "(((((",
                                       "iPhone;",    " ",
                                       "bot ",       "Chrome/1.",
                                       "LG-",        "; SM-A1",
                                       "\xff",       "\xc3\xa9",
                                       "Opera ",     "; ; ; ; HTC HTC_HTC- Build Build",
                                       "spider",     "1.1.1.1.1.1",
                                       "-",          "Safari/"};
  char text[4096];
  int64_t slowest_us = 0;
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    size_t length = 0, step = strlen(pieces[i]);
    for (; length + step < sizeof text; length += step) memcpy(text + length, pieces[i], step);
    int64_t started_us = now_us();
    struct user_agent agent = user_agent_parse(&arena, slice_of(text, length));
    int64_t took_us = now_us() - started_us;
    if (took_us > slowest_us) slowest_us = took_us;
    assert_true(agent.browser.len <= 800 && utf8_is_valid(agent.browser));
    arena_reset(&arena);
  }
  print_message("# at most %lld us for a hostile one\n", (long long)slowest_us);
  assert_true(slowest_us < 300000); /* loosely: some milliseconds */
}

static void is_quick(void **state) {
  (void)state;
  enum { ROUNDS = 10000, MISSES = 500 };
  const char *agent =
      "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like "
      "Gecko) Chrome/119.0.0.0 Mobile Safari/537.36";
  (void)summary(agent);
  int64_t started_us = now_us();
  for (size_t i = 0; i < ROUNDS; i++) {
    (void)user_agent_parse(&arena, slice_of_string(agent));
    arena_reset(&arena);
  }
  double hit_us = (double)(now_us() - started_us) / ROUNDS;
  started_us = now_us();
  for (size_t i = 0; i < MISSES; i++) {
    (void)user_agent_parse(&arena, arena_printf(&arena, "%s/%zu", agent, i));
    arena_reset(&arena);
  }
  double miss_us = (double)(now_us() - started_us) / MISSES;
  print_message("# %.2f us for an agent seen before, %.0f us for a new one\n", hit_us, miss_us);
  assert_true(hit_us < 20 && miss_us < 5000); /* loosely: machines and sanitizers differ */
}

/* --- the package's own cases ---------------------------------------------------- */

/* The value of "key: 'value'" in the plain YAML of those files. */
static struct slice value_of(struct slice line) {
  struct slice value = slice_trim(slice_from(line, slice_find_byte(line, ':') + 1));
  if (value.len < 2 || (value.ptr[0] != '\'' && value.ptr[0] != '"')) return value;
  char quote = value.ptr[0];
  char *text = arena_alloc_raw(&arena, value.len);
  size_t length = 0;
  for (size_t i = 1; i + 1 < value.len; i++) {
    char c = value.ptr[i], next = value.ptr[i + 1];
    bool is_escape = (c == '\'' && next == '\'' && quote == c) || (c == '\\' && quote == '"');
    text[length++] = is_escape ? next : c;
    i += is_escape;
  }
  return slice_of(text, length);
}

static bool take(struct slice line, const char *key, struct slice *value) {
  if (!slice_starts_with(line, slice_of_string(key))) return false;
  *value = value_of(line);
  return true;
}

struct test_case {
  struct slice text, family, brand, model, parts[3];
};

static struct slice version_of(const struct test_case *test) {
  struct slice version = SLICE_EMPTY;
  for (size_t i = 0; i < 3 && !slice_is_empty(test->parts[i]); i++) {
    if (i) version = arena_concat(&arena, version, SLICE("."));
    version = arena_concat(&arena, version, test->parts[i]);
  }
  return version;
}

enum kind { BROWSER, SYSTEM, DEVICE };

static bool is_right(const struct test_case *test, enum kind kind) {
  struct user_agent agent = user_agent_parse(&arena, test->text);
  struct slice family = slice_equal(test->family, SLICE("Other")) ? SLICE_EMPTY : test->family;
  switch (kind) {
    case BROWSER:
      return slice_equal(agent.browser, family) &&
             slice_equal(agent.browser_version, version_of(test));
    case SYSTEM:
      return slice_equal(agent.os, family) && slice_equal(agent.os_version, version_of(test));
    case DEVICE:
      return slice_equal(agent.device, family) && slice_equal(agent.brand, test->brand) &&
             slice_equal(agent.model, test->model);
  }
  return false;
}

static void check_file(const char *name, enum kind kind, size_t least) {
  char path[256], line_text[8192];
  snprintf(path, sizeof path, "/usr/share/uap-core/tests/%s", name);
  FILE *file = fopen(path, "r");
  if (!file) {
    /* cmocka's skip() prints "not ok". */
    print_message("# skipped: %s is not installed\n", path);
    return;
  }
  struct test_case test = {0};
  size_t count = 0, wrong = 0;
  while (true) {
    bool has_line = fgets(line_text, sizeof line_text, file) != NULL;
    struct slice line = has_line ? slice_trim(slice_of_string(line_text)) : SLICE_EMPTY, text;
    if ((!has_line || slice_starts_with(line, SLICE("- user_agent_string"))) && test.text.len) {
      bool is_whole = test.text.len <= USER_AGENT_BYTES;
      count += is_whole;
      if (is_whole && !is_right(&test, kind) && wrong++ < 20) {
        print_message("# %s: %.*s gives %s\n", name, SLICE_ARGS(test.text),
                      summary(arena_string(&arena, test.text)));
      }
      test = (struct test_case){0};
      arena_reset(&arena);
    }
    if (!has_line) break;
    line = arena_copy(&arena, line);
    if (take(line, "- user_agent_string", &text)) test.text = text;
    if (take(line, "family:", &text)) test.family = text;
    if (take(line, "brand:", &text)) test.brand = text;
    if (take(line, "model:", &text)) test.model = text;
    if (take(line, "major:", &text)) test.parts[0] = text;
    if (take(line, "minor:", &text)) test.parts[1] = text;
    if (take(line, "patch:", &text)) test.parts[2] = text;
  }
  fclose(file);
  print_message("# %s: %zu of %zu as wanted\n", name, count - wrong, count);
  assert_true(count >= least);
  assert_int_equal(wrong, 0);
}

static void agrees_with_the_package(void **state) {
  (void)state;
  check_file("test_ua.yaml", BROWSER, 1000);
  check_file("test_os.yaml", SYSTEM, 300);
  check_file("test_device.yaml", DEVICE, 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(knows_common_agents, tear_down),
      cmocka_unit_test_teardown(is_linear, tear_down),
      cmocka_unit_test_teardown(is_quick, tear_down),
      cmocka_unit_test_teardown(agrees_with_the_package, tear_down),
  };
  return cmocka_run_group_tests_name("user agents", tests, NULL, NULL);
}
