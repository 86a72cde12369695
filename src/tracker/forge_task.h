/* forge_task.h - what errors have to say to the issues they are linked to at a forge: tasks of the
 * outbox, which src/forge/ runs.
 *
 *   resolved ──► forge.close: closes the issue with a note
 *   regressed ─► forge.regress: notes it there and, if the project wants so, reopens
 *
 * Tasks of one issue stand in one lane, so that they come there in the order of what happened here.
 * A link without URL is of the built-in tracker, which needs no task.
 */
#ifndef CULPRIT_TRACKER_FORGE_TASK_H
#define CULPRIT_TRACKER_FORGE_TASK_H

#include "store/group.h"
#include "store/outbox.h"

#define FORGE_TASK_CLOSE SLICE("forge.close")
#define FORGE_TASK_REGRESS SLICE("forge.regress")

/* What such a task carries. */
struct forge_task {
  struct issue_link link; /* group_id: of the error; created_ms is not carried */
  bool is_remote;         /* the error is of a connected Sentry */
  int64_t user_id;        /* who resolved it; 0: the server */
  /* Of a regress: its event in hexadecimal and its release; either may be empty. */
  struct slice event, release;
  struct slice marker; /* random; what is written there carries it, to be found again */
  int64_t posted_ms;   /* when an attempt ended of which nobody knows what it did; 0: none did */
};

/* Adds the task that a resolved error gives its issue; nothing when the project does not close
 * issues. */
void forge_task_close(struct transaction *tx, const struct forge_task *draft);
/* The same for an error that came back. */
void forge_task_regress(struct transaction *tx, const struct forge_task *draft);
/* The error is not resolved any more: its issue stays open, if it is not closed yet. */
void forge_task_keep_open(struct transaction *tx, const struct issue_link *link);

/* The data of a task, from the arena. */
struct slice forge_task_write(struct arena *arena, const struct forge_task *task);
/* False: `task` carries something else. Borrows from it and from the arena. */
bool forge_task_read(struct arena *arena, const struct outbox_task *task,
                     struct forge_task *carried) MUST_CHECK;

/* The subject of tasks about an issue. */
struct slice forge_task_subject(struct arena *arena, const struct issue_link *link);

#endif
