/* sentry_status.c - tasks that change the status of errors of a connected Sentry.
 *
 * One error is looked at before it is changed: it has to be of the connected project, because a
 * token may see more; and when it has the status already, as after an attempt whose answer was
 * lost, it is not changed again.
 *
 * All that a search finds is changed a page at a time. What was changed leaves the list when the
 * search names another status, so the same page is asked for until it brings nothing new, and then
 * the one behind it. Errors come in the order in which they were first seen, which stays. Those of
 * the step before are left alone although the list shows them still: Sentry's index lags behind, or
 * they came back, which is theirs to do.
 *
 * Source: Sentry's API reference, "Bulk Mutate a List of Issues", for one as for many: its schema
 * wants all of an issue's members to "Update an Issue". The check of the project is GitLab's.
 */
#include "base/clock.h"
#include "http/client_problem.h"
#include "source/action_task.h"
#include "source/limits.h"
#include "source/sentry_issue.h"
#include "source/sentry_job.h"
#include "source/sentry_link.h"
#include "source/sentry_question.h"
#include "store/issue.h"
#include "store/remote_link.h"
#include "tracker/builtin.h"
#include "tracker/forge_task.h"

#include "base/banned.h"

struct change {
  const int64_t *ids;
  size_t count;
  enum group_status status;
};

/* PUT …/issues/?id=1&id=2 {"status":"resolved"}: Sentry changes those that are of the project. */
static bool put(struct sentry_job *work, const struct change *change) {
  struct arena *arena = &work->job->arena;
  struct buffer path = buffer_make(ACTION_BULK_PATH_BYTES);
  buffer_append_slice(&path, sentry_project_path(arena, &work->connection));
  BUFFER_APPEND_LITERAL(&path, "/issues/");
  for (size_t i = 0; i < change->count; i++)
    buffer_printf(&path, "%cid=%lld", i ? '&' : '?', (long long)change->ids[i]);
  const struct sentry_question_parts question = {
      "PUT", buffer_slice(&path),
      arena_printf(arena, "{\"status\":\"%s\"}", group_status_name(change->status))};
  bool is_done = false;
  if (path.is_overflown)
    action_refuse(work->job, "The names of the Sentry project are too long for an address.");
  else
    is_done = sentry_job_ask(work, &question);
  buffer_free(&path);
  return is_done;
}

/* --- what follows here ----------------------------------------------------------------- */

static void close_builtin_issue(struct transaction *tx, struct arena *arena,
                                const struct issue_link *link, int64_t user_id) {
  struct issue issue;
  if (!slice_equal(link->forge, FORGE_NAME_BUILTIN) ||
      !issue_find(tx, arena, link->project_id, link->number, &issue) || issue.closed_ms)
    return;
  note_add(tx, &(struct note){.issue_id = issue.id,
                              .author_id = user_id,
                              .created_ms = clock_now_ms(),
                              .kind = NOTE_RESOLVED});
}

/* Sentry has the status: the issue that the error is linked to follows. */
static void follow(struct transaction *tx, struct outbox_job *job, int64_t error_id,
                   enum group_status status) {
  const struct outbox_task *task = job->task;
  struct remote_link found;
  if (!remote_link_find(tx, &job->arena, task->project_id, error_id, &found)) return;
  remote_link_set_resolved(tx, &(struct remote_status){.project_id = task->project_id,
                                                       .error_id = error_id,
                                                       .is_resolved = status == GROUP_RESOLVED,
                                                       .time_ms = clock_now_ms()});
  const struct forge_task told = {.link = found.link, .is_remote = true, .user_id = task->user_id};
  if (status == GROUP_RESOLVED) {
    close_builtin_issue(tx, &job->arena, &found.link, task->user_id);
    forge_task_close(tx, &told);
  } else {
    forge_task_keep_open(tx, &found.link);
  }
}

/* --- one error --------------------------------------------------------------------------- */

static bool is_of_project(const struct connection *connection, const struct sentry_issue *issue) {
  if (connection->remote_project_id && issue->project.id)
    return issue->project.id == connection->remote_project_id;
  return slice_equal(issue->project.slug, connection->project_slug);
}

/* Whether it is still to be changed; false: the job is over. */
static bool look(struct sentry_job *work, struct slice path, enum group_status status) {
  struct outbox_job *job = work->job;
  struct sentry_issue issue;
  if (!sentry_job_ask(work, &(struct sentry_question_parts){"GET", path, SLICE_EMPTY}))
    return false;
  if (sentry_issue_read(&job->arena, work->call.answer, &issue, &job->problem)) {
    sentry_job_fail(work);
    return false;
  }
  if (!is_of_project(&work->connection, &issue)) {
    action_refuse(job, "The error is not of the connected Sentry project.");
    return false;
  }
  if (issue.group.status == status) {
    job->result = OUTBOX_SUCCEEDED;
    return false;
  }
  job->may_be_done = false;
  return true;
}

static void change_one(struct sentry_job *work, int64_t error_id, enum group_status status) {
  struct slice path = sentry_issue_path(&work->job->arena, &work->connection, error_id);
  if (!look(work, path, status)) return;
  if (put(work, &(struct change){&error_id, 1, status})) work->job->result = OUTBOX_SUCCEEDED;
}

/* False: the data are not what this version writes. */
static bool read_one(struct outbox_job *job, struct status_task *task, int64_t *error_id) {
  return status_task_read(&job->arena, job->task->data, task) &&
         slice_to_i64(job->task->subject, error_id);
}

void sentry_status_run(struct outbox_job *job) {
  struct sentry_job work;
  struct status_task task;
  int64_t error_id;
  if (!read_one(job, &task, &error_id)) {
    action_refuse(job, "What was to be done is not known any more.");
    return;
  }
  if (!sentry_job_begin(&work, job, task.sentry)) return;
  change_one(&work, error_id, task.status);
  sentry_job_end(&work);
}

void sentry_status_finish(struct transaction *tx, struct outbox_job *job) {
  struct status_task task;
  int64_t error_id;
  if (read_one(job, &task, &error_id)) follow(tx, job, error_id, task.status);
}

/* --- all that a search finds ---------------------------------------------------------------- */

/* What a page of the list brings. */
struct step {
  struct bulk_task *task;
  bool is_repeated; /* the attempt before was cut off */
  int64_t *todo;    /* ids to change now */
  size_t todo_count;
  size_t right_count;   /* that have the status already */
  size_t lagging_count; /* that were changed in the step before */
  struct slice next;    /* cursor; empty: there is no page behind this one */
};

static bool was_changed_last(const struct bulk_task *task, int64_t id) {
  for (size_t i = 0; i < task->last_count; i++)
    if (task->last[i] == id) return true;
  return false;
}

/* Sentry counts up to a limit only, and says where it stops. */
static void read_total(const struct http_call *call, struct step *step) {
  struct bulk_task *task = step->task;
  int64_t hits, max_hits;
  if (!slice_to_i64(http_call_header(call, "X-Hits"), &hits)) return;
  if (slice_to_i64(http_call_header(call, "X-Max-Hits"), &max_hits) && hits >= max_hits) return;
  int64_t left = task->from < 0 ? hits : hits - (int64_t)step->lagging_count;
  if (task->total < 0) task->total = task->from < 0 ? hits : task->done + left;
  /* What a step did that was cut off is not counted, but it is not in the list any more. */
  if (step->is_repeated && task->from >= 0 && task->done < task->total - left)
    task->done = task->total - left;
}

static bool read_page(struct sentry_job *work, struct step *step) {
  struct arena *arena = &work->job->arena;
  struct bulk_task *task = step->task;
  struct sentry_issues issues;
  const struct source_query query = {.status = task->from,
                                     .text = task->text,
                                     .sort = SORT_FIRST_SEEN,
                                     .limit = ACTION_BULK_STEP,
                                     .cursor = task->cursor};
  const struct sentry_question_parts get = {
      "GET", sentry_list_path(arena, &work->connection, &query), SLICE_EMPTY};
  if (!sentry_job_ask(work, &get)) return false;
  if (sentry_issues_read(arena, work->call.answer, &issues, &work->job->problem)) {
    sentry_job_fail(work);
    return false;
  }
  step->todo = ARENA_ARRAY(arena, issues.count, int64_t);
  for (size_t i = 0; i < issues.count; i++) {
    const struct group *group = &issues.issues[i].group;
    if (group->status == task->status)
      step->right_count++;
    else if (was_changed_last(task, group->id))
      step->lagging_count++;
    else
      step->todo[step->todo_count++] = group->id;
  }
  step->next = arena_copy(arena, sentry_link_read(http_call_header(&work->call, "Link")).next);
  read_total(&work->call, step);
  return true;
}

static void get_further(struct sentry_job *work, const struct bulk_task *task, int64_t wait_ms) {
  struct outbox_job *job = work->job;
  job->data = bulk_task_write(&job->arena, task);
  job->result = OUTBOX_GOT_FURTHER;
  job->wait_ms = wait_ms > work->wait_ms ? wait_ms : work->wait_ms;
}

static void turn_page(struct sentry_job *work, const struct step *step) {
  struct bulk_task *task = step->task;
  if (task->from < 0) task->done += (int64_t)(step->right_count + step->lagging_count);
  task->waits = 0;
  task->cursor = step->next;
  get_further(work, task, 0);
  if (step->next.len) return;
  task->total = task->done;
  work->job->data = bulk_task_write(&work->job->arena, task);
  work->job->result = OUTBOX_SUCCEEDED;
}

static void run_step(struct sentry_job *work, struct bulk_task *task) {
  struct outbox_job *job = work->job;
  struct step step = {.task = task, .is_repeated = job->may_be_done || task->is_unsure};
  job->may_be_done = task->is_unsure = false;
  if (!read_page(work, &step)) return;
  if (!step.todo_count) {
    /* The list may bring others once it has noticed. */
    if (step.lagging_count && task->from >= 0 && task->waits++ < ACTION_BULK_WAITS)
      get_further(work, task, ACTION_BULK_WAIT_MS);
    else
      turn_page(work, &step);
    return;
  }
  if (!put(work, &(struct change){step.todo, step.todo_count, task->status})) {
    /* The next attempt sees what is left; the task can be stopped all the same. */
    task->is_unsure = job->may_be_done;
    job->may_be_done = false;
    job->data = bulk_task_write(&job->arena, task);
    return;
  }
  if (task->from >= 0) task->done += (int64_t)step.todo_count;
  if (task->total >= 0 && task->total < task->done) task->total = task->done;
  task->waits = 0;
  task->last = step.todo;
  task->last_count = step.todo_count;
  job->outcome = task;
  get_further(work, task, 0);
}

void sentry_bulk_run(struct outbox_job *job) {
  struct sentry_job work;
  struct bulk_task *task = ARENA_NEW(&job->arena, struct bulk_task);
  if (!bulk_task_read(&job->arena, job->task->data, task)) {
    action_refuse(job, "What was to be done is not known any more.");
    return;
  }
  if (!sentry_job_begin(&work, job, task->sentry)) return;
  run_step(&work, task);
  sentry_job_end(&work);
}

void sentry_bulk_finish(struct transaction *tx, struct outbox_job *job) {
  const struct bulk_task *task = job->outcome;
  for (size_t i = 0; task && i < task->last_count; i++)
    follow(tx, job, task->last[i], task->status);
}
