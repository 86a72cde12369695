/* ledger.h - what became of everything that was sent: accepted, filtered, limited, invalid,
 * discarded by the client; by project, hour, category and reason.
 *
 * Counting never waits: counts gather in memory and are written with the next transaction, at the
 * latest after a second, and at a clean stop. What a crash loses is at most that second of counts,
 * never an event.
 */
#ifndef CULPRIT_STORE_LEDGER_H
#define CULPRIT_STORE_LEDGER_H

#include "store/store.h"

/* Sentry's names and numbers. */
enum outcome {
  OUTCOME_ACCEPTED = 0,
  OUTCOME_FILTERED = 1,
  OUTCOME_RATE_LIMITED = 2,
  OUTCOME_INVALID = 3,
  OUTCOME_ABUSE = 4,
  OUTCOME_CLIENT_DISCARD = 5,
};
const char *outcome_name(enum outcome outcome); /* "rate_limited" */

struct ledger_entry {
  int64_t project_id;
  int64_t hour; /* since 1970 */
  enum outcome outcome;
  struct slice category; /* "error", "transaction", "session", … */
  struct slice reason;   /* "web-crawlers", "key_quota", "too_large", …; empty for accepted */
  int64_t quantity;
};

/* Distinct (outcome, category, reason) of one project and hour; more are counted under the reason
 * "other", since clients may send any reason. */
#define LEDGER_ENTRIES_PER_HOUR 200
/* Hours are kept as long as events. */

/* Adds to the count of the present hour. Any thread. `category` and `reason` are copied and cut to
 * 64 bytes. */
void ledger_count(struct store *store, const struct ledger_entry *entry);

struct ledger_query {
  int64_t project_id;
  int64_t from_hour, to_hour; /* inclusive */
};
/* Entries of each hour, oldest first, what is not written yet included. */
size_t ledger_list(struct transaction *tx, struct arena *arena, const struct ledger_query *query,
                   struct ledger_entry **entries);

#endif
