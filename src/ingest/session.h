/* session.h - reading `session` and `sessions` items: pure, JSON in, what to count out.
 *
 * Source: Sentry developer docs, "Sessions".
 */
#ifndef CULPRIT_INGEST_SESSION_H
#define CULPRIT_INGEST_SESSION_H

#include "base/arena.h"
#include "base/status.h"
#include "store/release_health.h"

/* Sessions are updated for five days at most, and clocks may be a minute ahead. Sentry: the same.
 */
#define SESSION_PAST_MS (5 * INT64_C(86400000))
#define SESSION_FUTURE_MS INT64_C(60000)
/* A sender's clock is corrected from here on. Sentry: the same. */
#define SESSION_DRIFT_MS (55 * INT64_C(60000))
/* Sentry: 100 of each item. */
#define SESSION_AGGREGATES_LIMIT 100
/* No SDK counts more of one minute. */
#define SESSION_QUANTITY_LIMIT 1000000

/* What the server knows. */
struct session_context {
  int64_t project_id, received_ms;
  int64_t sent_at_ms; /* of the envelope; 0 when absent */
};

struct session_line {
  struct session_origin origin;
  bool is_update; /* else `counts` */
  struct session_update update;
  struct session_counts counts;
};
struct session_lines {
  struct session_line lines[SESSION_AGGREGATES_LIMIT];
  size_t count;
};

/* Both return null, or the reason why nothing of the item counts (a literal for the ledger). Text
 * is from the arena. Aggregates that are too old or empty are left out. */
const char *session_read(struct arena *arena, struct slice json,
                         const struct session_context *context,
                         struct session_line *line) MUST_CHECK;
const char *sessions_read(struct arena *arena, struct slice json,
                          const struct session_context *context,
                          struct session_lines *lines) MUST_CHECK;

#endif
