/* decode.h - what the files that decode events share: decode.c (lists and the whole),
 * decode_parts.c (user, request, message, tags), decode_rest.c (what describes the sender),
 * contexts.c, normalize.c (times and rules that need all). */
#ifndef CULPRIT_EVENT_DECODE_H
#define CULPRIT_EVENT_DECODE_H

#include "event/fields.h"

/* Text of a scalar, or the JSON of anything else, cut to `limit` characters. */
struct slice decode_any_text(struct reader *reader, yyjson_val *value, size_t limit);

/* Completes and limits `contexts` of a new event. */
void decode_contexts(struct reader *reader, const struct event_hints *hints);

/* Takes variables and source lines from most frames of a long stack trace. */
void stacktrace_slim(struct stacktrace *stacktrace);

void decode_mechanism(struct reader *reader, yyjson_val *value, struct exception *exception);
/* Names signals, Mach exceptions and errno by their numbers, once the system is known. */
void decode_mechanism_names(struct reader *reader);
void decode_sdk(struct reader *reader, struct event *event, yyjson_val *value);
void decode_site(struct reader *reader, struct event *event, yyjson_val *value);
void decode_fingerprint(struct reader *reader, struct event *event, yyjson_val *value);
void decode_modules(struct reader *reader, struct event *event, yyjson_val *value);
void decode_debug_meta(struct reader *reader, struct event *event, yyjson_val *value);
void decode_meta(struct reader *reader, struct event *event, yyjson_val *value);
/* Whether a top-level attribute that is not kept is at least known, so that nobody is told. */
bool decode_is_known(struct slice name);
/* Reads a request's body that was sent as text: JSON and forms become objects. */
void decode_request_data(struct reader *reader, struct event_request *request);
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
