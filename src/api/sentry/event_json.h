/* event_json.h - a kept event as Sentry's Event object. */
#ifndef CULPRIT_API_SENTRY_EVENT_JSON_H
#define CULPRIT_API_SENTRY_EVENT_JSON_H

#include "api/sentry/answer.h"
#include "api/sentry/entries_json.h"
#include "store/feedback.h"

struct event_view {
  const struct event_row *row;
  const struct event *event; /* null when its payload has expired */
  size_t payload_bytes;
  bool has_previous, has_next; /* neighbours in the group */
  struct event_id previous, next;
  bool has_feedback; /* somebody wrote about it */
  struct feedback feedback;
};

/* A row of a list: what names and describes the event. */
void api_write_event(struct json_writer *writer, const struct event_view *view);
/* All of it: entries, contexts, extra, modules, neighbours. */
void api_write_event_details(struct json_writer *writer, const struct event_view *view,
                             const struct entries_limits *limits);

#endif
