/* entries_json.h - the `entries` of Sentry's Event object: exceptions, threads, message,
 * breadcrumbs, request. */
#ifndef CULPRIT_API_SENTRY_ENTRIES_JSON_H
#define CULPRIT_API_SENTRY_ENTRIES_JSON_H

#include "api/sentry/answer.h"

/* How much is written: of one event, and of each value that is free in form. */
struct entries_limits {
  size_t frames;     /* of all stack traces together; the newest stay */
  size_t vars_bytes; /* variables of all frames */
  size_t data_bytes; /* each of breadcrumbs' data, request body, registers, ... */
  size_t bag_bytes;  /* contexts, and extra data */
};
#define ENTRIES_ALL ((struct entries_limits){SIZE_MAX, 512 * 1024, 256 * 1024, SIZE_MAX})
/* For the few events that ENTRIES_ALL writes longer than clients read. */
#define ENTRIES_SHORT ((struct entries_limits){500, 0, 4 * 1024, SIZE_MAX})
/* For the fewer that are too long even so. */
#define ENTRIES_LEAST ((struct entries_limits){250, 0, 0, 16 * 1024})

/* Writes the member "entries". */
void api_write_entries(struct json_writer *writer, const struct event *event,
                       const struct entries_limits *limits);
/* Writes the member "entries" of the event's `_meta`: by place in that list. */
void api_write_entries_meta(struct json_writer *writer, const struct event *event);

#endif
