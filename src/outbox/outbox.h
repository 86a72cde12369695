/* outbox.h - runs what is to be done at other servers (store/outbox.h), until it is done.
 *
 *   writer ─── a task was added ──► dispatcher ── marks what is due as running ──► workers
 *                                       ▲          (one write, on disk)              │ kind->run()
 *                                       └───────────── done, again later, ◄──────────┘
 *                                                      given up (one write)
 *
 * A task is marked before its attempt and again after it. Between the two it cannot be taken back.
 * One that is still marked when the server starts was cut off: its kind is told that it may have
 * been done (`may_be_done`) and looks at the other server first. So nothing is lost, and nothing
 * that can be looked at is done twice.
 *
 * An attempt that fails is made again later, each time twice as late (limits.h), until the other
 * server refuses for good or OUTBOX_GIVE_UP_MS have passed. What waits behind it in its lane waits
 * for that.
 */
#ifndef CULPRIT_OUTBOX_OUTBOX_H
#define CULPRIT_OUTBOX_OUTBOX_H

#include "store/outbox.h"

struct http_client;

enum outbox_result {
  OUTBOX_SUCCEEDED,
  OUTBOX_GOT_FURTHER, /* a part is done; the next one comes after `wait_ms` */
  OUTBOX_TRY_AGAIN,   /* after `wait_ms` if that is later than the outbox would by itself */
  OUTBOX_REFUSED,     /* for good */
};

/* One attempt. Belongs to the worker that runs it. */
struct outbox_job {
  const struct outbox_task *task;
  struct store *store;
  struct http_client *client;
  void *context; /* the kind's */
  struct arena arena;

  /* An earlier attempt may have done it. Set it when this one may have, clear it when the other
   * server says that it is not done. */
  bool may_be_done;
  enum outbox_result result;
  int64_t wait_ms;
  struct slice data;      /* the task's data from now on, from the arena; null: unchanged */
  void *outcome;          /* for finish() */
  struct problem problem; /* why it did not succeed */
};

struct outbox_kind {
  const char *name; /* of outbox_task.kind; null ends a table */
  /* On a worker; may wait for http_client_perform(). Sets `result` and what belongs to it. */
  void (*run)(struct outbox_job *job);
  /* In the write that keeps a success, of all or of a part, to keep what came of it. May be null.
   * A write may be run again, so it changes nothing but the store. */
  void (*finish)(struct transaction *tx, struct outbox_job *job);
  void *context;
};

struct outbox;
/* Starts the threads. Every table of `kinds` ends with a null name and must outlive the outbox;
 * `tables` ends with null and is copied. */
struct outbox *outbox_open(struct store *store, struct http_client *client,
                           const struct outbox_kind *const *tables);
/* Begins no more attempts. Those under way end when their calls do: stop the client next. */
void outbox_stop(struct outbox *outbox);
/* Waits for the attempts under way, and frees everything. */
void outbox_close(struct outbox *outbox);

/* Takes a waiting task back. One that is under way is taken back should it not succeed;
 * STATUS_CONFLICT when it ended, or may have been done by an attempt that was cut off. */
enum status outbox_take_back(struct transaction *tx, int64_t task_id,
                             struct problem *problem) MUST_CHECK;

#endif
