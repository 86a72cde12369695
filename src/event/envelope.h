/* envelope.h - a Sentry envelope, split into its items; see envelope.c. */
#ifndef CULPRIT_EVENT_ENVELOPE_H
#define CULPRIT_EVENT_ENVELOPE_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

/* Items of one envelope. Real ones hold a handful; Sentry limits by kind. */
#define ENVELOPE_ITEM_LIMIT 200
/* One header line. Trace headers with baggage reach 2 KiB. */
#define ENVELOPE_HEADER_LIMIT (64 * 1024)

struct envelope {
  struct slice header; /* JSON object */
  struct slice rest;   /* what has not been read */
  struct slice body;
  size_t item_count;
};

struct envelope_item {
  struct slice header;  /* JSON object */
  struct slice payload; /* any bytes */
  struct slice type;    /* "event"; from the arena */
  yyjson_val *fields;   /* the header's members; from the arena */
};

/* What an envelope's header says; all of it is optional. */
struct envelope_header {
  struct slice event_id; /* as sent */
  struct slice dsn;
  int64_t sent_at_ms; /* 0 when absent */
};

/* Reads the envelope header line. STATUS_BAD_INPUT when there is none or it is not an object.
 * Borrows the body. */
enum status envelope_open(struct envelope *envelope, struct arena *arena, struct slice body,
                          struct envelope_header *header, struct problem *problem) MUST_CHECK;

/* Moves to the next item. Returns STATUS_OK with `item` set, STATUS_END after the last one, or
 * STATUS_BAD_INPUT with `problem` naming the item and what is wrong. Borrows the body. */
enum status envelope_next(struct envelope *envelope, struct arena *arena,
                          struct envelope_item *item, struct problem *problem) MUST_CHECK;

#endif
