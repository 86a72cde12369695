/* form_event.h - the fields of a crash reporter's form, as an event.
 *
 *   sentry={"release":…}             the event; also in pieces: sentry__1, sentry__2, …
 *   sentry[tags][color]=red          a member of it; wins over the same one above
 *   anything=else                    extra.anything
 *
 * Source: Sentry's documentation of its minidump endpoint.
 */
#ifndef CULPRIT_INGEST_FORM_EVENT_H
#define CULPRIT_INGEST_FORM_EVENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

/* Names within names: sentry[a][b]…; deeper fields are left out. */
#define FORM_EVENT_DEPTH 6
/* Pieces of one event; each has 20 KB as Electron sends them. */
#define FORM_EVENT_PIECES 100

struct form_node;
struct form_event {
  struct arena *arena;
  struct slice json; /* of the field `sentry` */
  struct slice pieces[FORM_EVENT_PIECES];
  struct form_node *nodes;
};

/* Takes one field. Borrows; the arena is the caller's. */
void form_event_add(struct form_event *form, struct slice name, struct slice value);
/* The event's JSON in the arena; the empty slice when there are no fields. JSON that is no object
 * is left out. */
struct slice form_event_json(struct form_event *form);

#endif
