/* decode.h - what the files that decode events share: decode.c (lists and the whole),
 * decode_parts.c (user, request, message, tags), normalize.c (times and rules that need all). */
#ifndef CULPRIT_EVENT_DECODE_H
#define CULPRIT_EVENT_DECODE_H

#include "event/fields.h"

/* Text of a scalar, or the JSON of anything else, cut to `limit` characters. */
struct slice decode_any_text(struct reader *reader, yyjson_val *value, size_t limit);

void decode_stacktrace(struct reader *reader, yyjson_val *value, struct stacktrace *stacktrace);
void decode_user(struct reader *reader, struct event *event, yyjson_val *value);
void decode_request(struct reader *reader, struct event *event, yyjson_val *value);
void decode_tags(struct reader *reader, struct event *event, yyjson_val *value);
/* `logentry`, an object with template, formatted text and parameters; or text. */
void decode_logentry(struct reader *reader, struct event *event, yyjson_val *value);
/* Top-level `message`: text, or what `logentry` holds. */
void decode_message(struct reader *reader, struct event *event, yyjson_val *value);

/* Makes the readable message from its template where the SDK did not, once all members are read. */
void decode_finish_message(struct reader *reader, struct event *event);

/* Rules that need the whole event; `hints` is null when reading back what was kept. */
void decode_normalize(struct reader *reader, yyjson_val *root, const struct event_hints *hints);

#endif
