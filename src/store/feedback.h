/* feedback.h - what users wrote about an error, or about anything.
 *
 * Feedback names the event that it is about, if any; either may come first. It is linked to the
 * event's error as soon as both are there.
 */
#ifndef CULPRIT_STORE_FEEDBACK_H
#define CULPRIT_STORE_FEEDBACK_H

#include "base/bytes.h"
#include "store/store.h"

/* Characters of a message. Sentry: the same. */
#define FEEDBACK_MESSAGE_LIMIT 4096
/* How long an event may come after its feedback: SDKs that were offline send late. */
#define FEEDBACK_LINK_MS (INT64_C(24) * 3600 * 1000)

struct event_row;

struct feedback {
  int64_t id, project_id, received_ms;
  struct event_id guid;     /* its own; another feedback of the same guid replaces it */
  struct event_id event_id; /* of the event that it is about */
  bool has_event;
  struct slice name, email, message, url, source, environment, release;
};

void feedback_save(struct transaction *tx, const struct feedback *feedback);

struct feedback_query {
  int64_t project_id;
  int64_t group_id;  /* 0: all of the project */
  int64_t before_id; /* 0: from the newest */
  size_t limit;
};
/* Newest first. */
size_t feedback_list(struct transaction *tx, struct arena *arena,
                     const struct feedback_query *query, struct feedback **feedback);

/* How many are about events of the group. */
int64_t feedback_count(struct transaction *tx, int64_t group_id);
/* The newest about that kept event; false when there is none. */
bool feedback_of_event(struct transaction *tx, struct arena *arena, const struct event_row *row,
                       struct feedback *feedback);

/* A tick for the store of a server: links feedback to events that have come since. */
void feedback_tick(struct transaction *tx, struct store_tick *tick);

#endif
