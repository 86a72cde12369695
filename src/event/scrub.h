/* scrub.h - takes out what should not be kept: passwords, keys, card numbers, addresses.
 *
 * Runs between event_decode() and grouping, before anything is derived, compressed or stored.
 * Sources: Relay's default rules as described in docs/scrubbing.md.
 */
#ifndef CULPRIT_EVENT_SCRUB_H
#define CULPRIT_EVENT_SCRUB_H

#include "event/event.h"

struct scrubber; /* compiled; immutable, for any number of threads */

/* From a project's options ("scrub.…", see docs/scrubbing.md); missing ones are the defaults. From
 * the arena. STATUS_BAD_INPUT names the option. */
enum status scrubber_compile(struct arena *arena, struct pairs options,
                             const struct scrubber **scrubber, struct problem *problem) MUST_CHECK;

/* What was changed: for the preview page and for tests. */
struct scrub_change {
  struct slice path;   /* "request.headers.Authorization" */
  struct slice before; /* cut to a length that can be shown; never logged, never stored */
  struct slice after;
  struct slice rule; /* "password", "creditcard", … */
};
struct scrub_report {
  struct scrub_change *changes;
  size_t count;
};

/* Changes the event in place. `report` may be null. Text comes from the arena. */
void scrub_event(struct arena *arena, struct event *event, const struct scrubber *scrubber,
                 struct scrub_report *report);

/* The rules for values alone, for text that is not an event: feedback, comments, log lines. */
struct slice scrub_text(struct arena *arena, const struct scrubber *scrubber, struct slice text);

#endif
