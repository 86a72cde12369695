/* rules_fuzz.c - any text as rules: it compiles, or the message names a line; and what compiles is
 * applied to a few events in bounded time, with the same result each time. Every line is also
 * taken as a native function's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/limits.h"
#include "grouping/grouping.h"
#include "grouping/rules.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static const char *const events[] = {
    "{\"platform\":\"native\",\"level\":\"fatal\",\"exception\":{\"values\":[{\"type\":\"SIGSEGV\","
    "\"value\":\"Segfault\",\"mechanism\":{\"type\":\"signal\"},\"stacktrace\":{\"frames\":["
    "{\"function\":\"start\",\"package\":\"/usr/lib/system/libdyld.dylib\"},"
    "{\"function\":\"ns::main(int, char**)\",\"package\":\"/opt/App/app\",\"in_app\":true},"
    "{\"function\":\"std::vector<int>::at(unsigned long) "
    "const\",\"package\":\"C:\\\\Win\\\\a.dll\"},"
    "{\"package\":\"/usr/lib/libc.so\"},{\"function\":\"abort\",\"package\":\"/usr/lib/"
    "libc.so\"}]}}]}}",
    "{\"platform\":\"javascript\",\"logger\":\"a.b\",\"tags\":{\"k\":\"v\"},\"release\":\"1.0\","
    "\"message\":\"user 7 gone\",\"exception\":{\"values\":[{\"type\":\"Error\",\"value\":\"bad\","
    "\"stacktrace\":{\"frames\":[{\"function\":\"f\",\"module\":\"a/b\","
    "\"abs_path\":\"https://h/node_modules/x.js\"},{\"function\":\"g\",\"abs_path\":\"/app.js\","
    "\"in_app\":true}]}},{\"type\":\"TypeError\",\"value\":\"worse\"}]}}",
    "{\"platform\":\"java\",\"threads\":{\"values\":[{\"id\":1,\"crashed\":true,\"stacktrace\":{"
    "\"frames\":[{\"function\":\"run\",\"module\":\"java.lang.Thread\"},{\"function\":\"go\","
    "\"module\":\"shop.Cart\",\"filename\":\"Cart.java\"}]}}]}}",
};

static struct event *decode(struct arena *arena, const char *json) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct event *event;
  struct problem problem = {0};
  check(event_decode(arena, slice_of_string(json), &hints, &event, &problem) == STATUS_OK);
  return event;
}

static void apply(struct arena *arena, const struct grouping_rules *rules) {
  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
    struct grouping first, again;
    struct event *event = decode(arena, events[i]);
    grouping_compute(arena, event, rules, false, &first);
    grouping_compute(arena, event, rules, true, &again);
    check(first.hash_count >= 1 && first.hash_count == again.hash_count);
    check(memcmp(first.hashes, again.hashes, first.hash_count * sizeof first.hashes[0]) == 0);
  }
}

static void compile(struct arena *arena, const struct grouping_rules_text *text) {
  const struct grouping_rules *rules;
  struct problem problem = {0};
  if (grouping_rules_compile(arena, text, &rules, &problem)) {
    bool is_too_long = text->enhancements.len > GROUPING_RULES_TEXT_LIMIT ||
                       text->fingerprints.len > GROUPING_RULES_TEXT_LIMIT;
    check(is_too_long || strncmp(problem.message, "Line ", 5) == 0);
    check(problem.field[0] != '\0');
    bool is_text = utf8_is_valid(text->enhancements) && utf8_is_valid(text->fingerprints);
    check(!is_text || utf8_is_valid(slice_of_string(problem.message)));
    return;
  }
  apply(arena, rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice text = slice_of((const char *)data, size);
  const struct grouping_rules_text ways[] = {
      {text, SLICE_EMPTY}, {SLICE_EMPTY, text}, grouping_rules_split(&arena, text)};
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) compile(&arena, &ways[i]);
  while (!slice_is_empty(text)) {
    struct slice name = slice_split(&text, '\n');
    struct slice trimmed = native_name_trim(&arena, name);
    /* At most "anonymous namespace" is longer than how it was written. */
    check(trimmed.len <= name.len * 3 + 32);
  }
  arena_free(&arena);
  return 0;
}
