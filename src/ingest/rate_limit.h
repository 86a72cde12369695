/* rate_limit.h - how much of what a project or a key may send, by fixed windows of time.
 *
 *   "error 1000/minute"        errors, messages and security reports together
 *   "session,monitor 50/10s"
 *   "all 100000/day"
 *   "transaction 0"            switched off
 *
 * Counting is lock-free and in memory: a window's count is one atomic word, so a restart forgets
 * the running window's count, and what is let in is off by one window at most. Windows begin at
 * whole multiples of their length since 1970: those of a minute at full minutes.
 *
 * Source: Sentry developer docs, "Rate Limiting".
 */
#ifndef CULPRIT_INGEST_RATE_LIMIT_H
#define CULPRIT_INGEST_RATE_LIMIT_H

#include "base/arena.h"
#include "base/status.h"
#include "ingest/category.h"

/* Lines of one project; there are no more categories than that to tell apart. */
#define RATE_LIMITS_LIMIT 20
/* Days, at most: Sentry's longest window too. */
#define RATE_WINDOW_LIMIT_S (30 * 24 * 3600)
#define RATE_COUNT_LIMIT 1000000000
/* What SDKs are told to wait for a category that is switched off: after that they ask again, so
 * that it can be switched on. */
#define RATE_OFF_RETRY_S 60

struct rate_limits; /* the limits of one project or key, with their counts */

/* Reads lines as above. The empty text gives null: no limits. STATUS_BAD_INPUT names the line.
 * From the arena. */
enum status rate_limits_parse(struct arena *arena, struct slice text, struct rate_limits **limits,
                              struct problem *problem) MUST_CHECK;
/* Errors only, as client keys have it. */
struct rate_limits *rate_limits_of_errors(struct arena *arena, int64_t count, int64_t window_s);
/* Takes over the counts of limits that were there before (both may be null), so that a change of
 * settings starts no new window. */
void rate_limits_continue(struct rate_limits *limits, struct rate_limits *before);

/* Limits that were hit, each once. */
#define RATE_HITS_LIMIT 8
struct rate_hit {
  const struct rate_limits *limits; /* whose */
  size_t index;
  bool is_of_key;
  int64_t retry_after_s;
};
struct rate_hits {
  struct rate_hit items[RATE_HITS_LIMIT];
  size_t count;
};

struct rate_owners {
  struct rate_limits *key, *project; /* null: none */
};
/* Takes one of `category` from every limit that covers it. When one has nothing left, nothing is
 * taken anywhere, the limit is added to `hits` and it returns false. Any thread. */
bool rate_limits_take(const struct rate_owners *owners, enum category category, int64_t now_s,
                      struct rate_hits *hits);

/* "key_quota" or "project_quota", of the limit that was hit last: the ledger's reason. */
struct slice rate_hits_reason(const struct rate_hits *hits);
/* The value of X-Sentry-Rate-Limits: "60:error;default;security:key:key_quota, …". */
struct slice rate_hits_header(struct arena *arena, const struct rate_hits *hits);
/* The longest wait. */
int64_t rate_hits_retry_after_s(const struct rate_hits *hits);

#endif
