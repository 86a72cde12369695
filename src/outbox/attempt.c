/* attempt.c - how attempts begin and end on disk.
 *
 * An attempt begins in one write and ends in another. Between them its task is marked as running:
 * nobody takes it back, and nothing of its lane begins. What people want in the meantime is noted
 * in the task (`is_unwanted`) and looked at when the attempt ends.
 */
#include "outbox/attempt.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "outbox/limits.h"

#include "base/banned.h"

void attempt_free(struct attempt *attempt) {
  arena_free(&attempt->job.arena);
  free(attempt);
}

/* --- beginning ---------------------------------------------------------------------- */

static const struct outbox_kind *find_kind(const struct outbox_kind *const *tables,
                                           struct slice name) {
  for (; *tables; tables++)
    for (const struct outbox_kind *kind = *tables; kind->name; kind++)
      if (slice_equal_string(name, kind->name)) return kind;
  return NULL;
}

static void drop_all(struct attempt_plan *plan) {
  while (plan->first) {
    struct attempt *next = plan->first->next;
    attempt_free(plan->first);
    plan->first = next;
  }
  plan->count = 0;
}

static void begin_one(struct transaction *tx, struct attempt_plan *plan, int64_t task_id) {
  struct attempt *attempt = memory_alloc(sizeof *attempt);
  *attempt = (struct attempt){.next = plan->first};
  attempt->job.store = transaction_store(tx);
  attempt->job.task = &attempt->task;
  if (!outbox_get(tx, &attempt->job.arena, task_id, &attempt->task) ||
      !outbox_is_due(tx, &attempt->task, clock_now_ms())) {
    attempt_free(attempt);
    return;
  }
  struct outbox_task running = attempt->task;
  running.attempt = ATTEMPT_RUNNING;
  running.attempts++;
  outbox_update(tx, &running);
  attempt->job.may_be_done = attempt->task.attempt == ATTEMPT_UNSURE;
  attempt->is_retry = attempt->task.attempts > 0;
  attempt->kind = find_kind(plan->tables, attempt->task.kind);
  plan->first = attempt;
  plan->count++;
}

int64_t attempt_look(struct store *store, struct attempt_plan *plan) {
  struct arena arena = {0};
  struct outbox_task *due;
  size_t retries = 0, count = 0;
  int64_t now_ms = clock_now_ms();
  plan->id_count = 0;
  if (!plan->limit) return 0;
  struct transaction *tx = store_begin_read(store);
  int64_t next_ms = outbox_next_ms(tx, plan->retry_limit > 0);
  if (next_ms && next_ms <= now_ms) count = outbox_due(tx, &arena, now_ms, plan->limit, &due);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) {
    if (due[i].attempts > 0 && retries++ >= plan->retry_limit) continue;
    plan->ids[plan->id_count++] = due[i].id;
  }
  arena_free(&arena);
  return next_ms;
}

static enum status run_begin(struct transaction *tx, void *context, struct problem *problem) {
  struct attempt_plan *plan = context;
  (void)problem;
  drop_all(plan); /* a write may be run again */
  for (size_t i = 0; i < plan->id_count; i++) begin_one(tx, plan, plan->ids[i]);
  return STATUS_OK;
}

enum status attempt_begin(struct store *store, struct attempt_plan *plan, struct problem *problem) {
  enum status status = store_write(store, run_begin, plan, problem);
  if (status) drop_all(plan);
  return status;
}

/* --- ending -------------------------------------------------------------------------- */

static int64_t wait_after(int64_t attempts, int64_t asked_ms) {
  int64_t wait_ms = OUTBOX_FIRST_WAIT_MS;
  uint32_t chance;
  for (int64_t i = 1; i < attempts && wait_ms < OUTBOX_LONGEST_WAIT_MS; i++) wait_ms *= 2;
  if (wait_ms > OUTBOX_LONGEST_WAIT_MS) wait_ms = OUTBOX_LONGEST_WAIT_MS;
  random_fill(&chance, sizeof chance);
  wait_ms -= chance % (uint32_t)(wait_ms / 3);
  if (asked_ms > OUTBOX_LONGEST_ASKED_WAIT_MS) asked_ms = OUTBOX_LONGEST_ASKED_WAIT_MS;
  return wait_ms > asked_ms ? wait_ms : asked_ms;
}

static void end_task(struct outbox_task *task, enum outbox_state state) {
  task->state = state;
  task->ended_ms = clock_now_ms();
  task->attempt = ATTEMPT_NONE;
}

static void give_up(struct outbox_task *task, struct slice why) {
  end_task(task, OUTBOX_GIVEN_UP);
  task->error = why;
}

static void try_later(struct outbox_job *job, struct outbox_task *task) {
  int64_t now_ms = clock_now_ms();
  task->attempt = job->may_be_done ? ATTEMPT_UNSURE : ATTEMPT_NONE;
  task->error = slice_of_string(job->problem.message);
  task->not_before_ms = now_ms + wait_after(task->attempts, job->wait_ms);
  if (now_ms - task->created_ms < OUTBOX_GIVE_UP_MS) return;
  give_up(task, arena_printf(&job->arena, "Given up after %d days. The last attempt: %s",
                             (int)(OUTBOX_GIVE_UP_MS / DAY_MS), job->problem.message));
}

static void get_further(struct outbox_job *job, struct outbox_task *task) {
  task->attempt = ATTEMPT_NONE;
  task->attempts = 0;
  task->error = SLICE_EMPTY;
  task->not_before_ms = clock_now_ms() + job->wait_ms;
}

static void apply_result(struct outbox_job *job, struct outbox_task *task) {
  switch (job->result) {
    case OUTBOX_SUCCEEDED:
      end_task(task, OUTBOX_DONE);
      task->error = SLICE_EMPTY;
      return;
    case OUTBOX_REFUSED: give_up(task, slice_of_string(job->problem.message)); return;
    case OUTBOX_GOT_FURTHER: get_further(job, task); break;
    case OUTBOX_TRY_AGAIN: try_later(job, task); break;
  }
  if (task->is_unwanted && task->state == OUTBOX_WAITING && task->attempt != ATTEMPT_UNSURE)
    end_task(task, OUTBOX_TAKEN_BACK);
}

struct ending {
  struct attempt *attempt;
  bool is_cut_short;
  enum outbox_state state; /* of the task, then */
};

static enum status run_end(struct transaction *tx, void *context, struct problem *problem) {
  struct ending *ending = context;
  struct outbox_job *job = &ending->attempt->job;
  struct outbox_task task;
  (void)problem;
  if (!outbox_get(tx, &job->arena, job->task->id, &task)) return STATUS_OK; /* its project went */
  if (job->data.ptr) task.data = job->data;
  if (ending->is_cut_short && job->result == OUTBOX_TRY_AGAIN) {
    task.attempts = job->task->attempts;
    task.attempt = job->may_be_done ? ATTEMPT_UNSURE : ATTEMPT_NONE;
  } else {
    apply_result(job, &task);
  }
  outbox_update(tx, &task);
  ending->state = task.state;
  bool is_success = job->result == OUTBOX_SUCCEEDED || job->result == OUTBOX_GOT_FURTHER;
  if (is_success && ending->attempt->kind->finish) ending->attempt->kind->finish(tx, job);
  return STATUS_OK;
}

static void log_failure(const struct outbox_job *job, enum outbox_state state) {
  char kind[LOG_QUOTED_BYTES], reason[LOG_QUOTED_BYTES];
  bool is_given_up = state == OUTBOX_GIVEN_UP;
  if (!is_given_up && job->result != OUTBOX_TRY_AGAIN) return;
  log_write(is_given_up ? LOG_WARNING : LOG_INFO,
            is_given_up ? "an action at another server was given up"
                        : "an action at another server did not succeed yet",
            "task=%lld project=%lld kind=%s reason=%s", (long long)job->task->id,
            (long long)job->task->project_id, log_quote(kind, job->task->kind),
            log_quote(reason, slice_of_string(job->problem.message)));
}

enum status attempt_end(struct attempt *attempt, bool is_cut_short, struct problem *problem) {
  struct ending ending = {.attempt = attempt, .is_cut_short = is_cut_short};
  enum status status = store_write(attempt->job.store, run_end, &ending, problem);
  if (!status && !is_cut_short) log_failure(&attempt->job, ending.state);
  return status;
}

/* --- what people do ------------------------------------------------------------------- */

enum status outbox_take_back(struct transaction *tx, int64_t task_id, struct problem *problem) {
  struct arena arena = {0};
  struct outbox_task task;
  enum status status = STATUS_OK;
  if (!outbox_get(tx, &arena, task_id, &task)) {
    status = problem_set(problem, STATUS_NOT_FOUND, "This action is not waiting any more.");
  } else if (task.state == OUTBOX_TAKEN_BACK) {
    /* Twice is as good as once. */
  } else if (task.state != OUTBOX_WAITING) {
    status = problem_set(problem, STATUS_CONFLICT, "It is too late: this action is %s.",
                         task.state == OUTBOX_DONE ? "done" : "given up");
  } else if (task.attempt == ATTEMPT_UNSURE) {
    status = problem_set(problem, STATUS_CONFLICT,
                         "This action may be done already: the other server's answer was lost. It "
                         "will be looked at again.");
  } else {
    task.is_unwanted = true;
    if (task.attempt == ATTEMPT_NONE) end_task(&task, OUTBOX_TAKEN_BACK);
    outbox_update(tx, &task);
  }
  arena_free(&arena);
  return status;
}
