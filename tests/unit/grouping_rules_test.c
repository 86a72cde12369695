/* grouping_rules_test.c - the rule language: patterns, parsing, matching, what rules do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "event/limits.h"
#include "grouping/pattern.h"
#include "grouping/rules.h"
#include "grouping/rules_parts.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

static struct slice text_of(const char *string) { return slice_of_string(string); }

/* --- patterns ---------------------------------------------------------------------- */

struct glob {
  enum pattern_style style;
  const char *pattern, *text;
  bool matches;
};

static void matches_globs(void **state) {
  (void)state;
  static const struct glob globs[] = {
      {PATTERN_PLAIN, "main", "main", true},
      {PATTERN_PLAIN, "main", "Main", false},
      {PATTERN_PLAIN, "main", "main2", false},
      {PATTERN_PLAIN, "", "", true},
      {PATTERN_PLAIN, "", "a", false},
      {PATTERN_PLAIN, "*", "", true},
      {PATTERN_PLAIN, "*", "a/b", true},
      {PATTERN_PLAIN, "std::*", "std::sort", true},
      {PATTERN_PLAIN, "std::*", "boost::std::sort", false},
      {PATTERN_PLAIN, "*Error", "ValueError", true},
      {PATTERN_PLAIN, "*Error", "ErrorValue", false},
      {PATTERN_PLAIN, "*love*", "no love.", true},
      {PATTERN_PLAIN, "*love*", "lov", false},
      {PATTERN_PLAIN, "a*b*c", "aXbYc", true},
      {PATTERN_PLAIN, "a*b*c", "aXcYb", false},
      {PATTERN_PLAIN, "a*b", "a/x/b", true},
      {PATTERN_PLAIN, "a?c", "abc", true},
      {PATTERN_PLAIN, "a?c", "ac", false},
      {PATTERN_PLAIN, "a?c",
       "a\xC3\xA4"
       "c",
       true},
      {PATTERN_PLAIN, "a??c",
       "a\xC3\xA4"
       "c",
       false},
      {PATTERN_PLAIN, "?", "\xF0\x9F\x98\x80", true},
      {PATTERN_PLAIN, "\xC3\xA4*", "\xC3\xA4x", true},
      {PATTERN_PLAIN, "[abc]x", "bx", true},
      {PATTERN_PLAIN, "[abc]x", "dx", false},
      {PATTERN_PLAIN, "[a-f0-9]*", "7", true},
      {PATTERN_PLAIN, "[!a-f]", "g", true},
      {PATTERN_PLAIN, "[!a-f]", "a", false},
      {PATTERN_PLAIN, "[!a]", "\xC3\xA4", true},
      {PATTERN_PLAIN, "[]]", "]", true},
      {PATTERN_PLAIN, "-[[]NSObject init]", "-[NSObject init]", true},
      {PATTERN_PLAIN, "a[b", "a[b", true},
      {PATTERN_PLAIN, "**", "a/b", true},
      {PATTERN_FOLDED, "*went wrong*", "it WENT Wrong", true},
      {PATTERN_FOLDED, "ERROR", "error", true},
      {PATTERN_FOLDED, "[A-C]x", "bX", true},
      {PATTERN_PATH, "**/node_modules/**", "/srv/node_modules/a/b.js", true},
      {PATTERN_PATH, "**/node_modules/**", "node_modules/a.js", true},
      {PATTERN_PATH, "**/node_modules/**", "C:\\srv\\Node_Modules\\a.js", true},
      {PATTERN_PATH, "**/node_modules/**", "/srv/my_node_modules/a.js", false},
      {PATTERN_PATH, "/usr/lib/*", "/usr/lib/libc.so", true},
      {PATTERN_PATH, "/usr/lib/*", "/usr/lib/x/libc.so", false},
      {PATTERN_PATH, "/usr/lib/**", "/usr/lib/x/libc.so", true},
      {PATTERN_PATH, "/usr/lib/**", "usr/lib/libc.so", true},
      {PATTERN_PATH, "/usr/lib/**", "//usr/lib/libc.so", false},
      {PATTERN_PATH, "*.dll", "kernel32.DLL", true},
      {PATTERN_PATH, "*.dll", "c:/windows/kernel32.dll", false},
      {PATTERN_PATH, "**/app.js", "app.js", true},
      {PATTERN_PATH, "/app.js", "app.js", true},
      {PATTERN_PATH, "app.js", "/app.js", false},
      {PATTERN_PATH, "/srv/*/lib/**.rb", "/srv/a/lib/b/c.rb", true},
      {PATTERN_PATH, "/srv/*/lib/**.rb", "/srv/a/b/lib/c.rb", false},
      {PATTERN_PATH, "**/a*/b*/c", "/a1/x/a2/b3/c", true},
      {PATTERN_PATH, "?:/windows/**", "C:\\Windows\\x.dll", true},
  };
  for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++) {
    struct pattern pattern = pattern_compile(&arena, text_of(globs[i].pattern), globs[i].style);
    if (pattern_matches(&pattern, text_of(globs[i].text)) == globs[i].matches) continue;
    fail_msg("%s against %s", globs[i].pattern, globs[i].text);
  }
}

/* A glob by its definition, as slow as it may be. */
static bool matches_slowly(const char *pattern, const char *text) {
  if (*pattern == '\0') return *text == '\0';
  if (*pattern == '*') {
    return matches_slowly(pattern + 1, text) || (*text && matches_slowly(pattern, text + 1));
  }
  return *text && (*pattern == '?' || *pattern == *text) && matches_slowly(pattern + 1, text + 1);
}

static void matches_as_defined(void **state) {
  (void)state;
  static const char letters[] = "ab*?";
  srand(7);
  for (int round = 0; round < 20000; round++) {
    char pattern[8] = "", text[10] = "";
    int pattern_len = rand() % 8, text_len = rand() % 10;
    for (int i = 0; i < pattern_len; i++) pattern[i] = letters[rand() % 4];
    for (int i = 0; i < text_len; i++) text[i] = letters[rand() % 2];
    struct pattern compiled = pattern_compile(&arena, text_of(pattern), PATTERN_PLAIN);
    if (pattern_matches(&compiled, text_of(text)) == matches_slowly(pattern, text)) continue;
    fail_msg("%s against %s", pattern, text);
  }
}

/* More states than a machine word has bits. */
static void matches_long_patterns(void **state) {
  (void)state;
  char pattern[400] = "", text[400] = "";
  for (int i = 0; i < 150; i++) {
    memcpy(pattern + 2 * i, "a*", 3);
    text[i] = 'a';
  }
  struct pattern compiled = pattern_compile(&arena, text_of(pattern), PATTERN_PLAIN);
  assert_true(pattern_matches(&compiled, text_of(text)));
  text[149] = '\0';
  assert_false(pattern_matches(&compiled, text_of(text)));
}

/* --- parsing ----------------------------------------------------------------------- */

static const char *problem_of(const char *enhancements, const char *fingerprints) {
  static struct problem problem;
  const struct grouping_rules *rules;
  const struct grouping_rules_text text = {text_of(enhancements), text_of(fingerprints)};
  problem = (struct problem){0};
  return grouping_rules_compile(&arena, &text, &rules, &problem) ? problem.message : "";
}

static void refuses_broken_rules(void **state) {
  (void)state;
  static const struct {
    const char *enhancements, *message;
  } broken[] = {
      {"# fine\nfunction:main", "Line 2, column 14: an action is missing"},
      {"function:main -app\nfunction -app", "Line 2, column 1: a matcher"},
      {"\n\ncolour:red -app", "Line 3, column 1: nothing is called \"colour\""},
      {"function:\"main -app", "Line 1, column 10: the quote is not closed"},
      {"function: -app", "Line 1, column 10: a pattern is missing"},
      {"-app", "Line 1, column 1: a matcher like"},
      {"function:main -apple", "Line 1, column 15: \"-apple\" is no action"},
      {"function:main category=a/b", "Line 1, column 15: a category"},
      {"function:main max-frames=x", "Line 1, column 15: a number of frames"},
      {"function:main colour=red", "Line 1, column 15: a matcher"},
      {"family:windows -app", "Line 1, column 8: a family is"},
      {"app:maybe -app", "Line 1, column 5: app is yes or no"},
      {"[ function:a | function:b -app", "Line 1, column 14: \" ]\" is missing"},
      {"[ function:a ] function:b -app", "Line 1, column 16: \"|\" is missing"},
      {"function:a | function:b -app", "Line 1, column 14: \"[\" is missing"},
      {"message:x -app", "Line 1, column 1: nothing is called \"message\""},
  };
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    const char *message = problem_of(broken[i].enhancements, "");
    if (strncmp(message, broken[i].message, strlen(broken[i].message)) != 0) {
      fail_msg("%s: %s", broken[i].enhancements, message);
    }
  }
  static const struct {
    const char *fingerprints, *message;
  } wrong[] = {
      {"type:E", "Line 1, column 7: \"->\" and a fingerprint are missing"},
      {"type:E ->", "Line 1, column 10: a value is missing"},
      {"-> a", "Line 1, column 3: a matcher like type:Error is missing"},
      {"type:E -> a b", "Line 1, column 13: only title="},
      {"type:E -> a title=\"x", "Line 1, column 19: the quote"},
      {"tags.:E -> a", "Line 1, column 1: nothing is called"},
      {"category:ui -> a", "Line 1, column 1: nothing is called \"category\""},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const char *message = problem_of("", wrong[i].fingerprints);
    if (strncmp(message, wrong[i].message, strlen(wrong[i].message)) != 0) {
      fail_msg("%s: %s", wrong[i].fingerprints, message);
    }
  }
}

static void limits_rules(void **state) {
  (void)state;
  static char many[64 * 1024 + 2];
  size_t len = 0;
  for (int i = 0; i <= GROUPING_RULES_LIMIT; i++) {
    memcpy(many + len, "function:a -app\n", 17);
    len += 16;
  }
  assert_non_null(
      strstr(problem_of(many, ""), "Line 501, column 1: there are more than 500 rules"));
  memset(many, '#', sizeof many - 1);
  assert_non_null(strstr(problem_of(many, ""), "longer than 64 KiB"));
}

static void reads_values_and_variables(void **state) {
  (void)state;
  struct rule_list list;
  assert_int_equal(
      rules_parse(&arena,
                  SLICE("  !type:\"a \\\"b\\\" c\\d\" tags.\"k:1\":v -> "
                        "\"log-{{ logger }}-{{ level }}\", x{{ error.type }}, {{default}}, "
                        "title=\"T {{ type }}\" # why\r\n"),
                  FINGERPRINT_RULES, 10, &list, NULL),
      STATUS_OK);
  assert_int_equal(list.count, 1);
  const struct rule *rule = &list.rules[0];
  static const char *const values[] = {"log-", "{{ logger }}",     "-",          "{{ level }}",
                                       "x",    "{{ error.type }}", "{{default}}"};
  assert_int_equal(rule->values.count, 7);
  for (size_t i = 0; i < 7; i++) assert_true(slice_equal_string(rule->values.items[i], values[i]));
  assert_true(slice_equal_string(rule->title, "T {{ type }}"));
  assert_true(rule->matchers[0].is_negated);
  assert_true(slice_equal_string(rule->matchers[0].pattern.literal, "a \"b\" c\\d"));
  assert_true(slice_equal_string(rule->matchers[1].tag, "k:1"));
}

/* --- stack traces ------------------------------------------------------------------ */

static const struct grouping_rules *compile(const char *enhancements, const char *fingerprints) {
  const struct grouping_rules *rules = NULL;
  struct problem problem = {0};
  const struct grouping_rules_text text = {text_of(enhancements), text_of(fingerprints)};
  if (grouping_rules_compile(&arena, &text, &rules, &problem)) fail_msg("%s", problem.message);
  return rules;
}

static struct event *decode(const char *json) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct event *event = NULL;
  struct problem problem = {0};
  if (event_decode(&arena, text_of(json), &hints, &event, &problem)) {
    fail_msg("%s", problem.message);
  }
  return event;
}

#define FRAMES(platform, frames)                                                      \
  "{\"platform\":\"" platform                                                         \
  "\",\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"mechanism\":{\"type\":\"m\"}," \
  "\"stacktrace\":{\"frames\":[" frames "]}}]}"
#define NAMED(name) "{\"function\":\"" name "\"}"
#define ABCDE NAMED("a") "," NAMED("b") "," NAMED("c") "," NAMED("d") "," NAMED("e")

/* One letter for each frame: 'I' in-app, '-' not. */
static const char *in_app_of(const char *json, const char *enhancements) {
  static char letters[300];
  struct event *event = decode(json);
  rules_mark_frames(&arena, event, compile(enhancements, ""));
  const struct stacktrace *stacktrace = &event->exceptions[0].stacktrace;
  for (size_t i = 0; i < stacktrace->count; i++) {
    letters[i] = stacktrace->frames[i].in_app == YES ? 'I' : '-';
  }
  letters[stacktrace->count] = '\0';
  return letters;
}

static void marks_frames(void **state) {
  (void)state;
  static const struct {
    const char *rules, *in_app;
  } cases[] = {
      {"", "-----"},
      {"function:b +app", "-I---"},
      {"function:[bc] +app", "-II--"},
      {"!function:b +app", "I-III"},
      {"function:c ^+app", "---II"},
      {"function:c v+app", "II---"},
      {"function:c v+app ^+app", "II-II"},
      {"function:* +app\nfunction:c -app", "II-II"},
      {"function:* +app\nfunction:c ^-app v-app", "--I--"},
      {"[ function:b ] | function:c +app", "--I--"},
      {"[ function:a ] | function:c +app", "-----"},
      {"function:c | [ function:d ] +app", "--I--"},
      {"[ function:b ] | function:c | [ function:d ] +app", "--I--"},
      {"[ function:* ] | function:* +app", "-IIII"},
      {"[ !function:a ] | function:* +app", "--III"},
      {"family:other function:a +app", "I----"},
      {"family:native,javascript function:a +app", "-----"},
      {"family:all function:a +app", "I----"},
      {"!family:native function:a +app", "I----"},
      {"error.type:E function:a +app", "I----"},
      {"type:F function:a +app", "-----"},
      {"!type:F function:a +app", "I----"},
      {"error.value:v mechanism:m function:a +app", "I----"},
      {"module:x function:a +app", "-----"},
      {"!module:x function:a +app", "I----"},
      /* All matches are found before the rule is applied. */
      {"function:a +app\n[ app:yes ] | app:no +app", "II---"},
      {"function:a category=x\n[ category:x ] | function:* category=x\ncategory:x +app", "II---"},
      {"function:a category=x\ncategory:x category=y\ncategory:x +app", "-----"},
      {"function:a category=x\n!category:x +app", "-IIII"},
      {"function:a category=x1\ncategory:x? +app", "I----"},
      /* Matches one behind the other: the later one writes last. */
      {"function:[bd] +app ^-app", "-I-I-"},
      {"function:[bd] ^+app +app", "-IIII"},
      {"function:[bd] v+app -app", "III--"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *got = in_app_of(FRAMES("python", ABCDE), cases[i].rules);
    if (strcmp(got, cases[i].in_app) != 0) fail_msg("%s: %s", cases[i].rules, got);
  }
}

static void looks_at_every_field(void **state) {
  (void)state;
  static const char json[] =
      FRAMES("native",
             "{\"function\":\"ns::f(int)\",\"module\":\"Mod\",\"abs_path\":\"C:\\\\src\\\\a.cc\","
             "\"package\":\"/opt/App/lib.so\"},{\"instruction_addr\":\"0x1\"}");
  static const struct {
    const char *rules, *in_app;
  } cases[] = {
      {"stack.function:ns::f +app", "I-"},
      {"function:ns::* +app", "I-"},
      {"stack.module:Mod +app", "I-"},
      {"module:mod +app", "--"},
      {"stack.abs_path:c:/src/*.cc +app", "I-"},
      {"path:**/A.CC +app", "I-"},
      {"path:a.cc +app", "--"},
      {"package:**/lib.so +app", "I-"},
      {"stack.package:/opt/app/** +app", "I-"},
      {"function:<unknown> +app", "-I"},
      {"!path:x +app", "II"},
      {"package:lib.so +app", "--"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *got = in_app_of(json, cases[i].rules);
    if (strcmp(got, cases[i].in_app) != 0) fail_msg("%s: %s", cases[i].rules, got);
  }
}

static void trusts_no_frame_without_a_name(void **state) {
  (void)state;
  static const char frames[] =
      "{\"function\":\"<unknown>\",\"instruction_addr\":\"0x1\",\"in_app\":true},"
      "{\"function\":\"<unknown>\",\"package\":\"/srv/app\",\"in_app\":true}";
  static const char native[] = FRAMES("native", "%s"), python[] = FRAMES("python", "%s");
  assert_string_equal(in_app_of(arena_string(&arena, arena_printf(&arena, native, frames)), ""),
                      "-I");
  assert_string_equal(in_app_of(arena_string(&arena, arena_printf(&arena, python, frames)), ""),
                      "II");
}

/* One letter for each frame: 'G' is hashed, '-' is not; 'X' in front: the stack trace is left out.
 */
static const char *groups_of(const char *enhancements) {
  static char letters[300];
  struct event *event = decode(FRAMES("python", ABCDE));
  const struct grouping_rules *rules = compile(enhancements, "");
  rules_mark_frames(&arena, event, rules);
  const struct stacktrace *stacktrace = &event->exceptions[0].stacktrace;
  const struct rule_subject subject = {&arena, rules, event, &event->exceptions[0]};
  struct contribution frames[5] = {{true, NULL, SLICE_EMPTY},
                                   {true, NULL, SLICE_EMPTY},
                                   {true, NULL, SLICE_EMPTY},
                                   {true, NULL, SLICE_EMPTY},
                                   {false, "recursion", SLICE_EMPTY}};
  struct stack_view view = {frames, {true, NULL, SLICE_EMPTY}};
  rules_update_frames(&subject, stacktrace, &view, 1);
  size_t at = 0;
  if (!view.whole.contributes) letters[at++] = 'X';
  for (size_t i = 0; i < stacktrace->count; i++) {
    letters[at++] = frames[i].contributes ? 'G' : '-';
    assert_true(frames[i].contributes || frames[i].reason);
  }
  letters[at] = '\0';
  return letters;
}

static void updates_what_is_hashed(void **state) {
  (void)state;
  static const struct {
    const char *rules, *groups;
  } cases[] = {
      {"", "GGGG-"},
      {"function:b -group", "G-GG-"},
      {"function:e +group", "GGGGG"},
      {"function:b ^-group", "GG---"},
      {"function:c v-group", "--GG-"},
      {"function:* -group\nfunction:b +group", "-G---"},
      {"function:a max-frames=2", "--GG-"},
      {"function:x max-frames=2", "GGGG-"},
      {"function:a max-frames=2\nfunction:b max-frames=3", "-GGG-"},
      {"function:a min-frames=4", "GGGG-"},
      {"function:a min-frames=5", "XGGGG-"},
      {"function:b -group min-frames=4", "XG-GG-"},
      {"function:b category=lib\ncategory:lib -group", "G-GG-"},
      {"function:a +app\napp:no -group", "G----"},
      {"function:b invert-stacktrace=1", "GGGG-"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *got = groups_of(cases[i].rules);
    if (strcmp(got, cases[i].groups) != 0) fail_msg("%s: %s", cases[i].rules, got);
  }
}

/* The index finds what trying every rule on every frame finds. */
static void index_misses_nothing(void **state) {
  (void)state;
  static const char *const fields[] = {"function", "module", "path", "package"};
  static const char *const pieces[] = {"ab", "a", "/", "*", "**", "?", "b", "x", "[ab]", ".js"};
  static const char *const texts[] = {"ab",   "a/b.js", "/ab/x.js", "x/ab/ab", "AB\\x.js",
                                      "/a/b", "bab",    "xab.js",   "",        "a"};
  srand(11);
  for (int round = 0; round < 600; round++) {
    char rules[4096];
    int len = 0, wanted[5] = {0}, got[5] = {0};
    struct event *event = decode(FRAMES("python", ABCDE));
    struct frame *frames = event->exceptions[0].stacktrace.frames;
    for (int i = 0; i < 5; i++) {
      frames[i].module = text_of(texts[rand() % 10]);
      frames[i].abs_path = text_of(texts[rand() % 10]);
      frames[i].package = text_of(texts[rand() % 10]);
      frames[i].function = text_of(texts[rand() % 8]);
    }
    struct rule_list list;
    for (int i = 0; i < 8; i++) {
      len += snprintf(rules + len, sizeof rules - (size_t)len, "%s%s:%s%s%s +app\n",
                      rand() % 8 ? "" : "!", fields[rand() % 4], pieces[rand() % 10],
                      pieces[rand() % 10], pieces[rand() % 10]);
    }
    assert_int_equal(rules_parse(&arena, text_of(rules), STACK_TRACE_RULES, 100, &list, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < list.count; i++) {
      const struct matcher *matcher = &list.rules[i].matchers[0];
      for (int j = 0; j < 5; j++) {
        struct slice text = matcher->field == RULE_FUNCTION ? frames[j].function
                            : matcher->field == RULE_MODULE ? frames[j].module
                            : matcher->field == RULE_PATH   ? frames[j].abs_path
                                                            : frames[j].package;
        if (matcher->field == RULE_FUNCTION && text.len == 0) text = SLICE("<unknown>");
        bool matches = text.len && pattern_matches(&matcher->pattern, text);
        wanted[j] |= matches != matcher->is_negated;
      }
    }
    rules_mark_frames(&arena, event, compile(rules, ""));
    for (int j = 0; j < 5; j++) got[j] = frames[j].in_app == YES;
    if (memcmp(wanted, got, sizeof wanted) != 0) fail_msg("%s", rules);
  }
}

/* --- fingerprints ------------------------------------------------------------------- */

static const char fingerprint_event[] =
    "{\"platform\":\"node\",\"logger\":\"shop.cart\",\"level\":\"error\",\"release\":\"1.2\","
    "\"environment\":\"live\",\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"9\"},"
    "\"tags\":{\"kind\":\"paid\"},\"logentry\":{\"formatted\":\"Cart is empty\"},"
    "\"exception\":[{\"type\":\"A\",\"value\":\"first\",\"stacktrace\":{\"frames\":["
    "{\"function\":\"f\",\"module\":\"m1\",\"abs_path\":\"/srv/a.js\",\"in_app\":true},"
    "{\"function\":\"g\",\"module\":\"m2\",\"abs_path\":\"/srv/b.js\",\"in_app\":false}]}},"
    "{\"type\":\"B\",\"value\":\"Second\"}]}";

static void matches_fingerprint_rules(void **state) {
  (void)state;
  static const struct {
    const char *rule;
    bool matches;
  } cases[] = {
      {"type:A -> x", true},
      {"type:B value:second -> x", true},
      {"type:A value:second -> x", false}, /* not the same exception */
      {"!type:A -> x", true},              /* B is not A */
      {"function:f module:m1 -> x", true},
      {"function:f module:m2 -> x", false}, /* not the same frame */
      {"function:f app:yes -> x", true},
      {"function:f app:no -> x", false},
      {"function:f type:B -> x", true}, /* of different kinds */
      {"path:**/A.js -> x", true},
      {"package:* -> x", true}, /* "<unknown>" */
      {"package:a* -> x", false},
      {"message:\"cart is *\" -> x", true},
      {"message:second -> x", true},
      {"message:third -> x", false},
      {"logger:shop.* level:ERROR -> x", true},
      {"logger:shop level:error -> x", false},
      {"tags.kind:paid -> x", true},
      {"tags.kind:* tags.other:* -> x", false},
      {"!tags.other:* -> x", true},
      {"tags.environment:live -> x", true},
      {"sdk:sentry.javascript.* release:1.* -> x", true},
      {"sdk:sentry.python -> x", false},
      {"family:javascript type:A -> x", true},
      {"family:native type:A -> x", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct fingerprint_match match;
    struct event *event = decode(fingerprint_event);
    const struct grouping_rules *rules = compile("", cases[i].rule);
    rules_mark_frames(&arena, event, rules);
    bool matches = rules_match_fingerprint(rules, event, &match);
    if (matches != cases[i].matches) fail_msg("%s", cases[i].rule);
    if (matches) assert_true(slice_equal_string(match.rule, cases[i].rule));
  }
}

static void first_rule_wins_and_ours_come_last(void **state) {
  (void)state;
  struct fingerprint_match match;
  struct event *event =
      decode("{\"platform\":\"javascript\",\"exception\":[{\"type\":\"ChunkLoadError\"}]}");
  const struct grouping_rules *rules = compile("", "type:Chunk* -> one\ntype:* -> two");
  assert_true(rules_match_fingerprint(rules, event, &match));
  assert_true(slice_equal_string(match.values.items[0], "one"));
  assert_false(match.is_built_in);
  assert_true(rules_match_fingerprint(NULL, event, &match));
  assert_true(slice_equal_string(match.values.items[0], "chunkloaderror"));
  assert_true(match.is_built_in);
  event = decode(
      "{\"platform\":\"javascript\",\"transaction\":\"/cart\",\"exception\":[{\"type\":"
      "\"Error\",\"value\":\"Minified React error #418; visit …\"}]}");
  assert_true(rules_match_fingerprint(NULL, event, &match));
  assert_int_equal(match.values.count, 2);
  event->platform = SLICE("python");
  assert_false(rules_match_fingerprint(NULL, event, &match));
}

/* --- our base ----------------------------------------------------------------------- */

static void knows_libraries(void **state) {
  (void)state;
  static const struct {
    const char *json;
    const char *in_app;
  } cases[] = {
      {FRAMES("javascript",
              "{\"abs_path\":\"webpack:///./node_modules/a/b.js\",\"in_app\":true},"
              "{\"abs_path\":\"https://shop/app.js\",\"in_app\":true},"
              "{\"abs_path\":\"https://unpkg.com/react\",\"in_app\":true},"
              "{\"abs_path\":\"[native code]\",\"filename\":\"[native code]\",\"in_app\":true}"),
       "-I--"},
      {FRAMES("node",
              "{\"abs_path\":\"node:events\",\"in_app\":true},"
              "{\"abs_path\":\"events.js\",\"in_app\":true},"
              "{\"abs_path\":\"/srv/app.js\",\"in_app\":true},"
              "{\"abs_path\":\"C:\\\\srv\\\\app.js\",\"in_app\":true}"),
       "--II"},
      {FRAMES("java",
              "{\"module\":\"java.lang.Thread\",\"in_app\":true},"
              "{\"module\":\"javanese.Shop\",\"in_app\":true},"
              "{\"module\":\"org.springframework.boot.App\",\"in_app\":true}"),
       "-I-"},
      {FRAMES("cocoa",
              "{\"package\":\"/private/var/containers/Bundle/Application/1/Shop.app/Shop\"},"
              "{\"package\":\"/System/Library/Frameworks/UIKit.framework/UIKit\",\"in_app\":true}"),
       "I-"},
      {FRAMES("native",
              "{\"function\":\"core::option::unwrap\",\"in_app\":true},"
              "{\"function\":\"shop::main\",\"in_app\":true},"
              "{\"function\":\"shop::lib\"}"),
       "-I-"},
      {FRAMES("python", "{\"module\":\"app\",\"in_app\":true},{\"module\":\"lib\"}"), "I-"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *got = in_app_of(cases[i].json, "");
    if (strcmp(got, cases[i].in_app) != 0) fail_msg("case %zu: %s", i, got);
  }
}

static void keeps_what_the_sdk_said(void **state) {
  (void)state;
  struct event *event = decode(FRAMES("node", "{\"abs_path\":\"node:fs\",\"in_app\":true}"));
  rules_mark_frames(&arena, event, NULL);
  const struct frame *frame = &event->exceptions[0].stacktrace.frames[0];
  assert_int_equal(frame->in_app, NO);
  assert_int_equal(frame->sent_in_app, YES);
  /* Other rules may decide again. */
  rules_mark_frames(&arena, event, compile("function:* +app", ""));
  assert_int_equal(frame->in_app, YES);
}

/* --- native names ------------------------------------------------------------------- */

static void trims_native_names(void **state) {
  (void)state;
  static const struct {
    const char *name, *trimmed;
  } names[] = {
      {"main", "main"},
      {" main ", "main"},
      {"real_main() const", "real_main"},
      {"int ns::Foo<int>::bar(char const*) const &", "ns::Foo<T>::bar"},
      {"std::map<a, std::vector<b> >::find(a const&)", "std::map<T>::find"},
      {"(anonymous namespace)::crash(int, int)", "(anonymous namespace)::crash"},
      {"void `anonymous namespace'::f(void)", "`anonymous namespace'::f"},
      {"?A0xc3a0617c::f(void)", "`anonymous namespace'::f"},
      {"ns::operator<<(std::ostream&, int)", "ns::operator<<"},
      {"bool ns::operator<(int, int)", "ns::operator<"},
      {"bool ns::A::operator->(void)", "ns::A::operator->"},
      {"ns::A<int>::operator()(int) const", "ns::A<T>::operator()"},
      {"void* operator new(unsigned long)", "operator new"},
      {"operator delete[](void*)", "operator delete[]"},
      {"A::operator=<int>(B)", "A::operator=<T>"},
      {"operator==<int> <char>", "operator==<T> <T>"},
      {"main::{lambda(int, char)#1}::operator()(int) const", "main::lambda::operator()"},
      {"main::$_0::operator()() const", "main::lambda::operator()"},
      {"<lambda_5db80dab47756d3e72c2dcd38b80b1dd>::operator()", "<lambda>::operator()"},
      {"<lambda_1>::operator()(int)", "<lambda>::operator()"},
      {"lambda_calculus(int)", "lambda_calculus"},
      {"CUseCounted<class A>::`vector deleting destructor'(unsigned int)", "destructor'"},
      {"f(int) [clone .constprop.0]", "f"},
      {"memcpy@@GLIBC_2.14", "memcpy"},
      {"memcpy@GLIBC_2.2", "memcpy"},
      {"@name@12", "name"},
      {"name@4", "name"},
      {"log_demo::main::h0123456789abcdef", "log_demo::main"},
      {"<a::B<C> as core::ops::Drop>::drop", "a::B<T>::drop"},
      {"<T as a::Trait>::f::hb4a5e051c56bfdd0", "a::Trait::f"},
      {"<tokio::Entered<'a, P>>::block_on", "tokio::Entered<T>::block_on"},
      {"<<a::B as c::D>::E as f::G>::h", "a::B::E::h"},
      {"core::ops::<impl core::ops::FnOnce<A> for &F>::call_once", "core::ops::<T>::call_once"},
      {"@objc View.tap(_: Any) -> ()", "View.tap"},
      {"static Slides.make(_: [File]) -> Slide", "Slides.make"},
      {"closure #1 (File) in static Slides.make(_: [File])", "Slides.make"},
      {"partial apply for thunk for @callee_guaranteed () -> ()", "@callee_guaranteed"},
      {"specialized Sequence.compactMap<A>((A.Element))", "Sequence.compactMap<T>"},
      {"-[Foo bar:baz:]", "-[Foo bar:baz:]"},
      {"+[NSView(Animation) a:b:]", "+[NSView(Animation) a:b:]"},
      {"__30-[Foo bar]_block_invoke", "__30-[Foo bar]_block_invoke"},
      {"<redacted>", "<redacted>"},
      {"<unknown>", "<unknown>"},
      {"a\005b(int)", "a?b"},
      {"(int)", "(int)"},
      {"a::b<c", "a::b"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct slice got = native_name_trim(&arena, text_of(names[i].name));
    if (slice_equal_string(got, names[i].trimmed)) continue;
    fail_msg("%s: %.*s", names[i].name, SLICE_ARGS(got));
  }
}

static void keeps_the_raw_name(void **state) {
  (void)state;
  struct event *event = decode(FRAMES("native", NAMED("f(int)") "," NAMED("g")));
  rules_mark_frames(&arena, event, NULL);
  const struct frame *frames = event->exceptions[0].stacktrace.frames;
  assert_true(slice_equal_string(frames[0].function, "f"));
  assert_true(slice_equal_string(frames[0].raw_function, "f(int)"));
  assert_true(slice_is_empty(frames[1].raw_function));
}

/* --- time --------------------------------------------------------------------------- */

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* As many frames as are kept, as many rules as are allowed, texts as long as they get, and
 * patterns that a matcher which goes back would never be done with. */
static struct event *hostile_event(void) {
  static char name[LIMIT_SYMBOL + 1];
  memset(name, 'a', LIMIT_SYMBOL);
  struct frame *frames = ARENA_ARRAY(&arena, LIMIT_FRAMES, struct frame);
  for (size_t i = 0; i < LIMIT_FRAMES; i++) {
    frames[i] = (struct frame){.function = text_of(name), .abs_path = text_of(name)};
  }
  struct exception *exception = ARENA_NEW(&arena, struct exception);
  exception->stacktrace = (struct stacktrace){.frames = frames, .count = LIMIT_FRAMES};
  struct event *event = ARENA_NEW(&arena, struct event);
  *event = (struct event){.platform = SLICE("native"),
                          .message_formatted = text_of(name),
                          .exceptions = exception,
                          .exception_count = 1};
  return event;
}

static char *repeat(const char *line, size_t count) {
  size_t len = strlen(line);
  char *text = arena_alloc_raw(&arena, len * count + 1);
  for (size_t i = 0; i < count; i++) memcpy(text + i * len, line, len);
  text[len * count] = '\0';
  return text;
}

static void hostile_rules_stay_cheap(void **state) {
  (void)state;
  struct event *event = hostile_event();
  struct fingerprint_match match;
  const struct grouping_rules *rules = compile(
      repeat("!function:*a*a*a*a*a*a*a*a*a*a*a[b] path:**a*a*a*a*a*a*a*[b] +app ^-group\n", 500),
      repeat("function:*a*a*a*a*a*a*a*a*a*a*a*a[b] message:*a*a*a*a*a[b] -> x\n", 500));
  double start = now_ms();
  rules_mark_frames(&arena, event, rules);
  assert_false(rules_match_fingerprint(rules, event, &match));
  double taken = now_ms() - start;
  /* Some 30 ms. Going back would take years, and all 500 rules a tenth of a second. */
  if (taken > 1000) fail_msg("%.0f ms", taken);
}

/* A hundred rules that are no plain texts are still all applied. */
static void sensible_rules_are_applied(void **state) {
  (void)state;
  struct event *event = hostile_event();
  struct stacktrace *stacktrace = &event->exceptions[0].stacktrace;
  for (size_t i = 0; i < stacktrace->count; i++) {
    stacktrace->frames[i].function = SLICE("shop::checkout::Cart::add_item_to_it");
  }
  struct slice rules =
      arena_concat(&arena, text_of(repeat("function:shop::*::Cart::*[x] -app\n", 100)),
                   SLICE("function:shop::*::Cart::*[t] +app\n"));
  rules_mark_frames(&arena, event, compile(arena_string(&arena, rules), ""));
  for (size_t i = 0; i < stacktrace->count; i++) {
    assert_int_equal(stacktrace->frames[i].in_app, YES);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(matches_globs),
      cmocka_unit_test(matches_as_defined),
      cmocka_unit_test(matches_long_patterns),
      cmocka_unit_test(refuses_broken_rules),
      cmocka_unit_test(limits_rules),
      cmocka_unit_test(reads_values_and_variables),
      cmocka_unit_test(marks_frames),
      cmocka_unit_test(looks_at_every_field),
      cmocka_unit_test(trusts_no_frame_without_a_name),
      cmocka_unit_test(updates_what_is_hashed),
      cmocka_unit_test(index_misses_nothing),
      cmocka_unit_test(matches_fingerprint_rules),
      cmocka_unit_test(first_rule_wins_and_ours_come_last),
      cmocka_unit_test(knows_libraries),
      cmocka_unit_test(keeps_what_the_sdk_said),
      cmocka_unit_test(trims_native_names),
      cmocka_unit_test(keeps_the_raw_name),
      cmocka_unit_test(hostile_rules_stay_cheap),
      cmocka_unit_test(sensible_rules_are_applied),
  };
  return cmocka_run_group_tests_name("grouping rules", tests, NULL, tear_down);
}
