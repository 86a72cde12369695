/* attempt.h - how attempts begin and end on disk. Private to outbox/. */
#ifndef CULPRIT_OUTBOX_ATTEMPT_H
#define CULPRIT_OUTBOX_ATTEMPT_H

#include "outbox/limits.h"
#include "outbox/outbox.h"

struct attempt {
  struct outbox_job job;
  struct outbox_task task; /* as it was before the attempt; in the job's arena */
  const struct outbox_kind *kind;
  bool is_retry; /* the last attempt failed */
  struct attempt *next;
};

/* What can begin. Found in a snapshot, which may take its time when there are many lanes, and
 * looked at once more by the writer. */
struct attempt_plan {
  const struct outbox_kind *const *tables;
  size_t limit, retry_limit; /* how many may begin; how many of these after failed ones */
  int64_t ids[OUTBOX_THREADS];
  size_t id_count;
  struct attempt *first; /* what began; the caller's */
  size_t count;
};
/* Finds what is due. Returns when the next task is due that there is room for; 0: there is none. */
int64_t attempt_look(struct store *store, struct attempt_plan *plan);
/* Marks it as running. STATUS_OK with none when nothing is due any more. */
enum status attempt_begin(struct store *store, struct attempt_plan *plan,
                          struct problem *problem) MUST_CHECK;
/* Keeps what came of it. `is_cut_short`: the server stops, and the attempt does not count. */
enum status attempt_end(struct attempt *attempt, bool is_cut_short,
                        struct problem *problem) MUST_CHECK;
void attempt_free(struct attempt *attempt);

#endif
