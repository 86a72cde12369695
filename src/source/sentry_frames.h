/* sentry_frames.h - parts of Sentry's Event object in the shape that SDKs send: objects with other
 * names for their members, stack traces, and what was cut or masked of them. For sentry_event.c. */
#ifndef CULPRIT_SOURCE_SENTRY_FRAMES_H
#define CULPRIT_SOURCE_SENTRY_FRAMES_H

#include "json/json.h"

struct sentry_name {
  const char *from, *to;
};
struct sentry_names {
  const struct sentry_name *names;
  size_t count;
};
#define SENTRY_NAMES(list) ((struct sentry_names){(list), sizeof(list) / sizeof((list)[0])})

/* Writes those members of `object` that are named and not null, under their new names. */
void sentry_write_members(struct json_writer *writer, yyjson_val *object,
                          struct sentry_names names);
/* The object {"frames": […], …}. */
void sentry_write_stacktrace(struct json_writer *writer, yyjson_val *stacktrace);
/* The members `stacktrace` and, where there is only that, `raw_stacktrace` of an exception or a
 * thread. */
void sentry_write_stacktraces(struct json_writer *writer, yyjson_val *owner);
/* The members of source lines for "context": [[line number, "text"], …] of a frame or a template.
 */
void sentry_write_context(struct json_writer *writer, yyjson_val *frame);
/* A part of `_meta`, which is as deep as the event, with the names that the event's members have in
 * Sentry's Event object (SENTRY_TO_API) or in what SDKs send (SENTRY_TO_SDK). */
enum sentry_direction { SENTRY_TO_SDK, SENTRY_TO_API };
void sentry_write_meta(struct json_writer *writer, yyjson_val *meta,
                       enum sentry_direction direction);

#endif
