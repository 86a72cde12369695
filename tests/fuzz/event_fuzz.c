/* event_fuzz.c - any JSON goes through the pipeline without harm, and what is kept of it reads back
 * the same: the same bytes, title, culprit, tags and groups. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/pipeline.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what was wrong: an abort alone does not. */
#define CHECK(is_true)                                   \
  do {                                                   \
    if (is_true) break;                                  \
    fprintf(stderr, "event_fuzz.c: not %s\n", #is_true); \
    abort();                                             \
  } while (0)

static const struct project_config *settings(void) {
  static struct arena arena;
  static struct project_config config;
  static struct pair options[] = {
      {{OPTION_STACK_RULES, sizeof OPTION_STACK_RULES - 1},
       {"function:a* +app ^-group\n[ category:x ] | app:yes category=y\nmodule:** max-frames=3\n"
        "type:E min-frames=2 v+group\n",
        97}},
      {{OPTION_FINGERPRINT_RULES, sizeof OPTION_FINGERPRINT_RULES - 1},
       {"type:F -> {{ default }}, {{ tags.level }} title=\"{{ message }} {{ type }}\"\n", 70}},
  };
  if (config.scrubber) return &config;
  options[0].value = slice_of_string(options[0].value.ptr);
  options[1].value = slice_of_string(options[1].value.ptr);
  config_compile(&arena, (struct pairs){options, 2}, &config);
  CHECK(config.scrubber && config.grouping_rules);
  config.filters = NULL;
  return &config;
}

static void check_texts(const struct event *event) {
  const struct slice texts[] = {event->title,   event->culprit,     event->location,
                                event->release, event->environment, event->user_identity};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    CHECK(utf8_is_valid(texts[i]));
    CHECK(slice_find_byte(texts[i], '\0') == texts[i].len);
  }
  CHECK(!slice_is_empty(event->title));
}

static size_t frame_count(const struct event *event) {
  size_t count = 0;
  for (size_t i = 0; i < event->exception_count; i++)
    count += event->exceptions[i].stacktrace.count;
  for (size_t i = 0; i < event->thread_count; i++) count += event->threads[i].stacktrace.count;
  return count;
}

static void check_grouping(const struct grouping *first, const struct grouping *again) {
  CHECK(first->hash_count >= 1 && first->hash_count <= GROUPING_MAX_HASHES);
  CHECK(first->hash_count == again->hash_count);
  CHECK(memcmp(first->hashes, again->hashes, first->hash_count * sizeof first->hashes[0]) == 0);
  CHECK(slice_equal(first->fingerprint_rule, again->fingerprint_rule));
}

static void check_copy(struct arena *arena, const struct pipeline_result *result) {
  struct buffer kept = buffer_make(1 << 24), rewritten = buffer_make(1 << 24);
  const struct event *event = result->event;
  struct grouping again;
  event_write(event, &kept);
  struct event *copy = event_read(arena, buffer_slice(&kept));
  CHECK(copy != NULL);
  CHECK(slice_equal(event->title, copy->title));
  CHECK(slice_equal(event->culprit, copy->culprit));
  CHECK(event->tags.count == copy->tags.count);
  grouping_compute(arena, copy, settings()->grouping_rules, true, &again);
  event_write(copy, &rewritten);
  CHECK(slice_equal(buffer_slice(&kept), buffer_slice(&rewritten)));
  /* Events that are too long even so lose frames. */
  bool is_whole = event->exception_count == copy->exception_count &&
                  event->thread_count == copy->thread_count &&
                  frame_count(event) == frame_count(copy);
  if (is_whole) check_grouping(&result->grouping, &again);
  buffer_free(&kept);
  buffer_free(&rewritten);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000),
                                           .client_address = {"192.0.2.7", 9},
                                           .sdk = {"sentry.fuzz/1.0", 15}};
  const struct pipeline_input input = {
      .json = slice_of((const char *)data, size), .hints = &hints, .id = {{1}}, .has_id = true};
  struct arena arena = {0};
  struct problem problem = {0};
  struct pipeline_result result;
  if (pipeline_run(&arena, settings(), &input, &result, &problem)) {
    CHECK(problem.message[0] != '\0');
  } else if (slice_is_empty(result.filtered_by)) {
    check_texts(result.event);
    check_copy(&arena, &result);
  }
  arena_free(&arena);
  return 0;
}
