/* grouping.h - which events have the same cause: a pure, versioned function.
 *
 * event ─► hashes + explanation. No storage, no clock, no settings but those in
 * its arguments: the same event always gives the same hashes for one version.
 */
#ifndef CULPRIT_GROUPING_GROUPING_H
#define CULPRIT_GROUPING_GROUPING_H

#include "event/event.h"

#define GROUPING_VERSION 1
#define GROUPING_HASH_BYTES 16
#define GROUPING_MAX_HASHES 4

struct group_hash {
  unsigned char bytes[GROUPING_HASH_BYTES];
};

/* One way to see the event ("app stack trace", "system stack trace", "message", "fingerprint"). */
struct grouping_variant {
  struct slice name;        /* "app", "system", "default", "custom-fingerprint", … */
  struct slice description; /* in plain words: "exception type and in-app frames" */
  bool contributes;
  struct slice reason; /* why it does not contribute; empty when it does */
  struct group_hash hash;
  struct pairs values; /* what was hashed, in order: key = what it is ("type", "module", "function",
                          "context line", "message", "fingerprint"), value = its text */
};

struct grouping {
  struct group_hash hashes[GROUPING_MAX_HASHES]; /* the first is the event's own */
  size_t hash_count;
  struct grouping_variant *variants; /* in order of preference */
  size_t variant_count;
};

/* Everything comes from the arena or is borrowed from `event`. With `explain` false the variants
 * that do not contribute and the reasons are left out, which is faster; hashes are equal. Marks
 * each frame whose in_app is UNSET as in-app or not by the in-app rules first. */
void grouping_compute(struct arena *arena, struct event *event, bool explain,
                      struct grouping *grouping);

#endif
