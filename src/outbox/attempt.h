/* attempt.h - how attempts begin and end on disk. Private to outbox/. */
#ifndef CULPRIT_OUTBOX_ATTEMPT_H
#define CULPRIT_OUTBOX_ATTEMPT_H

#include "outbox/outbox.h"

struct attempt {
  struct outbox_job job;
  struct outbox_task task; /* as it was before the attempt; in the job's arena */
  const struct outbox_kind *kind;
  bool is_retry; /* the last attempt failed */
  struct attempt *next;
};

struct attempt_plan {
  const struct outbox_kind *const *tables;
  size_t limit, retry_limit; /* how many may begin; how many of these after failed ones */
  struct attempt *first;     /* what began; the caller's */
  size_t count;
};
/* Marks what is due as running. STATUS_OK with none when nothing is due. */
enum status attempt_begin(struct store *store, struct attempt_plan *plan,
                          struct problem *problem) MUST_CHECK;
/* Keeps what came of it. `is_cut_short`: the server stops, and the attempt does not count. */
enum status attempt_end(struct attempt *attempt, bool is_cut_short,
                        struct problem *problem) MUST_CHECK;
void attempt_free(struct attempt *attempt);

#endif
