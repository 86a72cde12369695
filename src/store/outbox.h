/* outbox.h - what is to be done at other servers: kept on disk until it is done, given up or taken
 * back.
 *
 *   a lane:   task 7 (waiting, tried twice) ── task 9 (waiting) ── task 12 (waiting)
 *             └─ only the oldest waiting one runs, so that the order is kept
 *
 * Tasks are added in the transaction of what caused them, so that neither is there without the
 * other.
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

struct outbox_task {
  int64_t id, project_id;
  struct slice lane;    /* "sentry:42" */
  struct slice kind;    /* "sentry.status": who runs it */
  struct slice subject; /* what it is about, of its kind: the id of Sentry's issue */
  struct slice data;    /* JSON, of its kind */
  int64_t user_id;      /* who caused it; 0: the server */
  enum outbox_state state;
  int64_t created_ms, ended_ms, not_before_ms; /* ended_ms 0: waiting */
  int64_t attempts;
  bool is_started;    /* an attempt is under way or was cut off: it may have been done */
  struct slice error; /* of the last attempt; empty: none */
};

int64_t outbox_add(struct transaction *tx, const struct outbox_task *draft);
bool outbox_get(struct transaction *tx, struct arena *arena, int64_t id, struct outbox_task *task);
/* Writes data, state, ended_ms, not_before_ms, attempts, is_started and error of task->id. */
void outbox_update(struct transaction *tx, const struct outbox_task *task);
/* The oldest waiting task of each lane whose time has come, oldest first. */
size_t outbox_due(struct transaction *tx, struct arena *arena, int64_t now_ms, size_t limit,
                  struct outbox_task **tasks);
/* When the next one is due; 0: nothing waits. */
int64_t outbox_next_ms(struct transaction *tx);
/* A project's tasks that wait, and those that ended at `since_ms` or later, oldest first. */
size_t outbox_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                   int64_t since_ms, struct outbox_task **tasks);
/* Drops tasks that ended before. */
void outbox_purge(struct transaction *tx, int64_t before_ms);

#endif
