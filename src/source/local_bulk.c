/* local_bulk.c - tasks that change the status of all errors of this server that a search finds.
 *
 * A page is read on the outbox's thread and changed in the write that keeps how far the task is, so
 * that nothing is done twice or left out, whenever the server is killed. The order is that in which
 * errors were first seen: it stays, and new errors come before the place where the task is, so it
 * ends with what there was when it began.
 */
#include "source/action_task.h"
#include "source/limits.h"
#include "store/account.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* A page of what is to be changed, for the write. */
struct page {
  struct actor actor;
  enum group_status status;
  int64_t *ids;
  size_t count;
};

/* The person who asked, as they are now; false when they may not do it any more. */
static bool read_actor(struct transaction *tx, struct arena *arena, const struct outbox_task *task,
                       struct actor *actor) {
  struct user user;
  struct project project;
  struct problem problem;
  if (!user_get(tx, arena, task->user_id, &user) || !user.is_active ||
      !project_get(tx, arena, task->project_id, &project))
    return false;
  *actor = (struct actor){.user_id = user.id,
                          .username = user.username,
                          .name = user.name,
                          .is_admin = user.is_admin,
                          .scopes = SCOPE_ALL};
  return action_check(tx, arena, actor, &project, &problem) == STATUS_OK;
}

static struct group_query query_of(const struct outbox_job *job, const struct bulk_task *task) {
  struct group_query query = {.project_id = job->task->project_id,
                              .status = task->from,
                              .text = task->text,
                              .sort = SORT_FIRST_SEEN,
                              .limit = ACTION_BULK_STEP};
  if (task->cursor.len && !cursor_parse(task->cursor, &query.cursor)) query.cursor.is_set = false;
  return query;
}

/* All that there is to change; read page by page, since a search can find everything. */
static int64_t count_all(struct transaction *tx, struct group_query query) {
  struct group_page page;
  int64_t total = 0;
  do {
    struct arena arena = {0};
    group_list(tx, &arena, &query, &page);
    total += (int64_t)page.count;
    query.cursor = page.next;
    arena_free(&arena);
  } while (page.has_next);
  return total;
}

static void step(struct outbox_job *job, struct bulk_task *task) {
  struct page *page = ARENA_NEW(&job->arena, struct page);
  struct group_page groups;
  struct group_query query = query_of(job, task);
  struct transaction *tx = store_begin_read(job->store);
  bool may_act = read_actor(tx, &job->arena, job->task, &page->actor);
  if (may_act) {
    if (task->total < 0) task->total = count_all(tx, query);
    group_list(tx, &job->arena, &query, &groups);
  }
  store_end_read(tx);
  if (!may_act) {
    action_refuse(job, "Who asked for it may not do it any more.");
    return;
  }
  page->status = task->status;
  page->ids = ARENA_ARRAY(&job->arena, groups.count, int64_t);
  for (size_t i = 0; i < groups.count; i++) page->ids[page->count++] = groups.groups[i].id;
  job->outcome = page;
  task->done += (int64_t)groups.count;
  if (groups.has_next) {
    task->cursor = cursor_format(&job->arena, groups.next);
    job->result = OUTBOX_GOT_FURTHER;
  } else {
    task->total = task->done;
    job->result = OUTBOX_SUCCEEDED;
  }
  job->data = bulk_task_write(&job->arena, task);
}

void local_bulk_run(struct outbox_job *job) {
  struct bulk_task task;
  job->may_be_done = false; /* each step is one write */
  if (bulk_task_read(&job->arena, job->task->data, &task))
    step(job, &task);
  else
    action_refuse(job, "What was to be done is not known any more.");
}

void local_bulk_finish(struct transaction *tx, struct outbox_job *job) {
  const struct page *page = job->outcome;
  for (size_t i = 0; i < page->count; i++) {
    struct problem problem;
    struct status_result result;
    const struct status_change change = {
        .actor = &page->actor, .group_id = page->ids[i], .status = page->status};
    /* One that is not there any more needs no status. */
    if (tracker_set_status_now(tx, &change, &result, &problem)) continue;
  }
}
