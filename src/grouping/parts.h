/* parts.h - what the files of grouping share: grouping.c (variants and hashes), in_app.c (whose
 * code a frame is), frame.c (what identifies a frame), message.c (variables out of messages),
 * fingerprint.c (what clients ask for). */
#ifndef CULPRIT_GROUPING_PARTS_H
#define CULPRIT_GROUPING_PARTS_H

#include "grouping/grouping.h"

/* Values in the order in which they are hashed. */
struct values {
  struct arena *arena;
  struct pair *items;
  size_t count, capacity;
};
void values_add(struct values *values, struct slice name, struct slice value);

/* Platforms that share rules. */
enum family { FAMILY_OTHER, FAMILY_JAVASCRIPT, FAMILY_NATIVE, FAMILY_JAVA };
enum family platform_family(struct slice platform);
struct slice frame_platform(const struct event *event, const struct frame *frame);

/* in_app.c: marks the frames whose in_app is unset; true when there was one. */
bool in_app_mark(struct event *event);

/* frame.c: adds what identifies the frame. Adds nothing for frames that say nothing. */
void frame_values(struct values *values, const struct event *event, const struct frame *frame);
/* The same place called by itself. */
bool frame_is_recursion(const struct frame *frame, const struct frame *previous);

/* message.c: the first two lines with ids, numbers, dates and the like as "<int>", "<uuid>", …
 * Linear in the length. From the arena, or `message` itself. */
struct slice message_parameterize(struct arena *arena, struct slice message);

/* fingerprint.c: whether the client's fingerprint is just the default one. */
bool fingerprint_is_default(struct lines fingerprint);
/* Adds the fingerprint's values, variables resolved; "{{ default }}" becomes `defaults`. */
void fingerprint_values(struct values *values, const struct event *event,
                        const struct values *defaults);

#endif
