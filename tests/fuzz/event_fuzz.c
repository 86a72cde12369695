/* event_fuzz.c - any JSON decodes without harm, and what is kept of it reads back the same: the
 * same bytes, title, culprit and group. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grouping/grouping.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static struct event *decode(struct arena *arena, struct slice json,
                            const struct event_hints *hints) {
  struct event *event;
  struct problem problem = {0};
  if (event_decode(arena, json, hints, &event, &problem)) {
    check(problem.message[0] != '\0');
    return NULL;
  }
  return event;
}

static void check_texts(const struct event *event) {
  const struct slice texts[] = {event->title,   event->culprit,     event->location,
                                event->release, event->environment, event->user_identity};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    check(utf8_is_valid(texts[i]));
    check(slice_find_byte(texts[i], '\0') == texts[i].len);
  }
  check(!slice_is_empty(event->title));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000),
                                           .client_address = {"192.0.2.7", 9},
                                           .sdk = {"sentry.fuzz/1.0", 15}};
  struct arena arena = {0};
  struct grouping first, again;
  struct event *event = decode(&arena, slice_of((const char *)data, size), &hints);
  if (event) {
    struct buffer kept = buffer_make(1 << 24), rewritten = buffer_make(1 << 24);
    grouping_compute(&arena, event, NULL, false, &first);
    event_derive(&arena, event);
    check_texts(event);
    event_write(event, &kept);
    struct event *copy = event_read(&arena, buffer_slice(&kept));
    check(copy != NULL);
    grouping_compute(&arena, copy, NULL, true, &again);
    event_write(copy, &rewritten);
    check(slice_equal(buffer_slice(&kept), buffer_slice(&rewritten)));
    check(slice_equal(event->title, copy->title) && slice_equal(event->culprit, copy->culprit));
    check(event->tags.count == copy->tags.count);
    check(first.hash_count >= 1 && first.hash_count <= GROUPING_MAX_HASHES);
    check(first.hash_count == again.hash_count);
    check(memcmp(first.hashes, again.hashes, first.hash_count * sizeof first.hashes[0]) == 0);
    buffer_free(&kept);
    buffer_free(&rewritten);
  }
  arena_free(&arena);
  return 0;
}
