/* sentry_event.h - Sentry's Event object of the Web API as the event JSON that SDKs send.
 *
 *   {"id": …, "entries": [{"type": "exception", "data": {…}}, …],     {"event_id": …,
 *    "contexts": {…}, "context": {…}, "tags": [{"key", "value"}]}  ─►  "exception": {"values":
 * […]}, "contexts": {…}, "extra": {…}}
 *
 * So events of another server go the way of all events: event_decode(), grouping, the same pages.
 * Nothing is lost that struct event can hold. What a server leaves out is left out; what it wrote
 * in a wrong type is for event_decode() to note. Bytes in, bytes out.
 *
 * Beside Sentry's own members those are read that our own API adds (api/sentry/event_json.h).
 *
 * Source: Sentry's API reference, "Retrieve an Event for a Project".
 */
#ifndef CULPRIT_SOURCE_SENTRY_EVENT_H
#define CULPRIT_SOURCE_SENTRY_EVENT_H

#include "base/bytes.h"
#include "json/json.h"

/* What the answer says of the event that is not of the event itself. */
struct sentry_event_facts {
  struct event_id id;
  int64_t group_id, project_id;    /* at that server; 0: not said */
  int64_t created_ms, received_ms; /* 0: not said */
  int64_t size;
  bool has_previous, has_next; /* neighbours in the group */
  struct event_id previous, next;
  struct slice title, culprit, location; /* as that server shows them; borrowed from the JSON */
  bool has_entries;                      /* false: a row of a list, which only names the event */
};

/* STATUS_BAD_INPUT when it is not JSON, not an object, lacks the event's id, or has an id that is
 * none. Everything is from the arena. */
enum status sentry_event_to_sdk(struct arena *arena, struct slice json, struct slice *sdk_json,
                                struct sentry_event_facts *facts,
                                struct problem *problem) MUST_CHECK;
/* The same for JSON that was parsed before; borrows it. */
enum status sentry_event_value_to_sdk(struct arena *arena, yyjson_val *value,
                                      struct slice *sdk_json, struct sentry_event_facts *facts,
                                      struct problem *problem) MUST_CHECK;

#endif
