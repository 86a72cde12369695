/* action_task.h - what tasks for actions on errors carry. Private to source/.
 *
 * A task for Sentry names the project there: once the project here is connected to another one, its
 * ids mean other errors, and the task is given up.
 */
#ifndef CULPRIT_SOURCE_ACTION_TASK_H
#define CULPRIT_SOURCE_ACTION_TASK_H

#include "source/actions.h"

#define TASK_SENTRY_STATUS "sentry.status"
#define TASK_SENTRY_BULK "sentry.bulk"
#define TASK_LOCAL_BULK "local.bulk"

struct status_task {
  enum group_status status;
  struct slice sentry; /* connection_label() */
  struct slice name;   /* of the error, for people */
};
struct slice status_task_write(struct arena *arena, const struct status_task *task);
bool status_task_read(struct arena *arena, struct slice data, struct status_task *task) MUST_CHECK;

struct bulk_task {
  enum group_status status;
  int from; /* an enum group_status, or -1 for all */
  struct slice text;
  struct slice sentry; /* empty: errors of this server */
  /* How far it is. */
  struct slice cursor; /* of the page to look at next; empty: the first */
  int64_t done;        /* errors that have the status now */
  int64_t total;       /* -1: not known */
  bool is_unsure;      /* the last attempt may have changed a page */
  int64_t waits;       /* in a row, for the page to show what was done */
  int64_t *last;       /* ids that were changed last */
  size_t last_count;
};
struct slice bulk_task_write(struct arena *arena, const struct bulk_task *task);
bool bulk_task_read(struct arena *arena, struct slice data, struct bulk_task *task) MUST_CHECK;

/* Whether the actor may change the project's errors. */
enum status action_check(struct transaction *tx, struct arena *arena, const struct actor *actor,
                         const struct project *project, struct problem *problem) MUST_CHECK;
/* The task cannot be done, for a reason that does not go away. */
void action_refuse(struct outbox_job *job, const char *why);

/* Runs and finishes of the kinds. */
void sentry_status_run(struct outbox_job *job);
void sentry_status_finish(struct transaction *tx, struct outbox_job *job);
void sentry_bulk_run(struct outbox_job *job);
void sentry_bulk_finish(struct transaction *tx, struct outbox_job *job);
void sentry_link_back_run(struct outbox_job *job);
void local_bulk_run(struct outbox_job *job);
void local_bulk_finish(struct transaction *tx, struct outbox_job *job);

#endif
