/* outbox.h - what is to be done at other servers: kept on disk until it is done, given up or taken
 * back.
 *
 *   a lane:   task 7 (waiting, tried twice) ── task 9 (waiting) ── task 12 (waiting)
 *             └─ only the oldest waiting one runs, so that the order is kept
 *
 * Tasks are added in the transaction of what caused them, so that neither is there without the
 * other. They are run by outbox/outbox.h.
 */
#ifndef CULPRIT_STORE_OUTBOX_H
#define CULPRIT_STORE_OUTBOX_H

#include "store/store.h"

enum outbox_state {
  OUTBOX_WAITING = 0,
  OUTBOX_DONE = 1,
  OUTBOX_GIVEN_UP = 2, /* the other server refused it; `error` says why */
  OUTBOX_TAKEN_BACK = 3,
};

/* What is known of the latest attempt to do a task that waits. */
enum outbox_attempt {
  ATTEMPT_NONE = 0,    /* none was made, or it surely did nothing */
  ATTEMPT_RUNNING = 1, /* it is under way */
  ATTEMPT_UNSURE = 2,  /* it was cut off: the other server may have done it */
};

struct outbox_task {
  int64_t id, project_id;
  struct slice lane;    /* "sentry:42" */
  struct slice kind;    /* "sentry.status": who runs it */
  struct slice subject; /* what it is about, of its kind: the id of Sentry's issue */
  struct slice data;    /* JSON, of its kind */
  int64_t user_id;      /* who caused it; 0: the server */
  enum outbox_state state;
  int64_t created_ms, ended_ms, not_before_ms; /* ended_ms 0: waiting */
  int64_t attempts;                            /* since it was added or last got further */
  enum outbox_attempt attempt;
  bool is_unwanted;   /* to be taken back when the attempt under way does not succeed */
  struct slice error; /* of the last attempt; empty: none */
};

/* Adds a waiting task with the draft's project_id, lane, kind, subject, data, user_id, created_ms
 * and not_before_ms. */
int64_t outbox_add(struct transaction *tx, const struct outbox_task *draft);
bool outbox_get(struct transaction *tx, struct arena *arena, int64_t id, struct outbox_task *task);
/* Writes what may change: all from `data` on but created_ms. */
void outbox_update(struct transaction *tx, const struct outbox_task *task);

/* The latest task of that kind about that subject. */
struct outbox_topic {
  int64_t project_id;
  struct slice kind, subject;
};
bool outbox_find(struct transaction *tx, struct arena *arena, const struct outbox_topic *topic,
                 struct outbox_task *task);
/* The newest of a project's waiting tasks of that kind; 0: there is none. */
int64_t outbox_last_waiting(struct transaction *tx, int64_t project_id, struct slice kind);
/* A project's tasks that wait, and those that ended at `since_ms` or later, oldest first. */
size_t outbox_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                   int64_t since_ms, struct outbox_task **tasks);
/* How many of the lane wait; `head`, which may be null, gets the oldest when there is any. */
size_t outbox_lane(struct transaction *tx, struct arena *arena, struct slice lane,
                   struct outbox_task *head);

/* --- for the runner ------------------------------------------------------------------ */

/* The oldest waiting task of each lane where it is due and not running: those that were not tried
 * yet first, then the longest due. */
size_t outbox_due(struct transaction *tx, struct arena *arena, int64_t now_ms, size_t limit,
                  struct outbox_task **tasks);
/* Whether the task is still what outbox_due() found. */
bool outbox_is_due(struct transaction *tx, const struct outbox_task *task, int64_t now_ms);
/* When the next of these is due, of all or of those that were not tried yet; 0: there is none. */
int64_t outbox_next_ms(struct transaction *tx, bool with_retries);
/* At the start: what is marked as running was cut off. */
void outbox_cut_off(struct transaction *tx);
/* Makes a project's waiting tasks due now: what kept them from being done may have been mended. */
void outbox_hurry(struct transaction *tx, int64_t project_id, int64_t now_ms);
/* Drops tasks that ended before. */
void outbox_purge(struct transaction *tx, int64_t before_ms);

#endif
