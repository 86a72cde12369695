/* ledger.h - what became of everything that was sent: accepted, filtered, limited, invalid,
 * discarded by the client; by project, hour, category and reason.
 *
 * Two ways to count. ledger_add() belongs to a transaction: what it counts is on disk exactly when
 * the rest of the transaction is (accepted events). ledger_count() is for what is not written
 * otherwise (refused, dropped, limited): it never waits, counts gather in memory and are written
 * once a second and when the store closes. What a crash loses is that second of counts, never an
 * event.
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
  OUTCOME_ABUSE = 4, /* never counted here; kept so that numbers stay Sentry's */
  OUTCOME_CLIENT_DISCARD = 5,
};
#define OUTCOME_COUNT 6
const char *outcome_name(enum outcome outcome); /* "rate_limited" */

struct ledger_entry {
  int64_t project_id;
  int64_t hour; /* since 1970; 0 when counting: the present one */
  enum outcome outcome;
  struct slice category; /* "error", "transaction", "session", … */
  struct slice reason;   /* "web-crawlers", "key_quota", "too_large", …; empty for accepted */
  int64_t quantity;
};

/* Distinct (outcome, category, reason) of one project and hour; further reasons are counted as
 * "other", since clients may send any. Bounds a project to some 5,000 rows a day. */
#define LEDGER_ENTRIES_PER_HOUR 200
/* Different entries that may gather in memory within a second, before reasons become "other". */
#define LEDGER_GATHERED_LIMIT 2000
/* Bytes of a category or a reason that are kept. */
#define LEDGER_TEXT_BYTES 64
/* Entries are kept as long as events: STORE_RETENTION_DAYS. */

/* Adds to the count. Any thread. The texts are copied. */
void ledger_count(struct store *store, const struct ledger_entry *entry);
/* The same within a transaction. */
void ledger_add(struct transaction *tx, const struct ledger_entry *entry);

/* Writes what ledger_count() gathered, and waits for it; for readers that want the latest. When the
 * store cannot write now, it stays gathered. Not for network threads. */
void ledger_settle(struct store *store);

struct ledger_query {
  int64_t project_id;
  int64_t from_hour, to_hour; /* inclusive */
  int64_t interval_hours;     /* sums over so many; 24 for days */
};
/* Sums of each interval, oldest first; `hour` is the interval's first. */
size_t ledger_list(struct transaction *tx, struct arena *arena, const struct ledger_query *query,
                   struct ledger_entry **entries);

#endif
