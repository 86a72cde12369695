/* sentry_event_fuzz.c - whatever a connected server answers as an event is refused with a message,
 * or becomes an event of the same id that all the rest can read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "source/sentry_event.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what was wrong: an abort alone does not. */
#define CHECK(is_true)                                          \
  do {                                                          \
    if (is_true) break;                                         \
    fprintf(stderr, "sentry_event_fuzz.c: not %s\n", #is_true); \
    abort();                                                    \
  } while (0)

static void check_event(struct arena *arena, struct slice json,
                        const struct sentry_event_facts *facts) {
  const struct event_hints hints = {.received_ms = facts->received_ms ? facts->received_ms : 1};
  struct event *event;
  struct problem problem;
  enum status status = event_decode(arena, json, &hints, &event, &problem);
  CHECK(status == STATUS_OK || status == STATUS_TOO_LARGE);
  if (status) return;
  CHECK(event->has_id && memcmp(&event->id, &facts->id, sizeof facts->id) == 0);
  /* What is not an attribute of events is left out before, not noted. */
  for (size_t i = 0; i < event->error_count; i++)
    CHECK(!slice_equal(event->errors[i].reason, SLICE("not an attribute of events; left out")));
  event_derive(arena, event);
  CHECK(utf8_is_valid(event->title) && !slice_is_empty(event->title));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice json;
  struct sentry_event_facts facts;
  struct problem problem = {0};
  if (sentry_event_to_sdk(&arena, slice_of((const char *)data, size), &json, &facts, &problem))
    CHECK(problem.message[0] != '\0' && utf8_is_valid(slice_of_string(problem.message)));
  else
    check_event(&arena, json, &facts);
  arena_free(&arena);
  return 0;
}
