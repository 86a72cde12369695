/* action_state.c - see action_state.h. */
#include "source/action_state.h"

#include <stdlib.h>

#include "source/action_task.h"

#include "base/banned.h"

/* False: it is no action on one error of the Sentry that is connected now. */
static bool read_state(const struct source *source, struct slice label,
                       const struct outbox_task *task, struct action_state *state) {
  struct status_task carried;
  int64_t error_id;
  if (!slice_equal_string(task->kind, TASK_SENTRY_STATUS) || task->state == OUTBOX_TAKEN_BACK ||
      !slice_to_i64(task->subject, &error_id) ||
      !status_task_read(source->arena, task->data, &carried) || !slice_equal(carried.sentry, label))
    return false;
  *state = (struct action_state){.error_id = error_id,
                                 .task_id = task->id,
                                 .status = carried.status,
                                 .name = carried.name,
                                 .is_waiting = task->state == OUTBOX_WAITING,
                                 .is_given_up = task->state == OUTBOX_GIVEN_UP,
                                 .user_id = task->user_id,
                                 .created_ms = task->created_ms,
                                 .ended_ms = task->ended_ms,
                                 .error = task->error};
  return true;
}

static bool read_bulk(const struct source *source, struct slice label,
                      const struct outbox_task *task, struct bulk_state *state) {
  struct bulk_task carried;
  const char *kind = source_is_local(source) ? TASK_LOCAL_BULK : TASK_SENTRY_BULK;
  if (!slice_equal_string(task->kind, kind) ||
      !bulk_task_read(source->arena, task->data, &carried) || !slice_equal(carried.sentry, label))
    return false;
  *state = (struct bulk_state){.task_id = task->id,
                               .state = task->state,
                               .status = carried.status,
                               .from = carried.from,
                               .text = carried.text,
                               .done = carried.done,
                               .total = carried.total,
                               .user_id = task->user_id,
                               .created_ms = task->created_ms,
                               .ended_ms = task->ended_ms,
                               .error = task->error};
  return true;
}

/* By error; of one error the newest first. */
static int compare_states(const void *a, const void *b) {
  const struct action_state *one = a, *other = b;
  if (one->error_id != other->error_id) return one->error_id < other->error_id ? -1 : 1;
  return one->task_id > other->task_id ? -1 : one->task_id < other->task_id;
}

static int compare_newest_first(const void *a, const void *b) {
  const struct action_state *one = a, *other = b;
  return one->ended_ms > other->ended_ms ? -1 : one->ended_ms < other->ended_ms;
}

/* Keeps one state of each error, and sorts out what was given up. */
static void settle(struct arena *arena, struct action_states *all) {
  size_t total = all->count;
  struct action_state *states = all->states;
  all->count = 0;
  all->given_up = ARENA_ARRAY(arena, total, struct action_state);
  if (!total) return;
  qsort(states, total, sizeof *states, compare_states);
  int64_t settled_id = 0, seen_id = 0;
  for (size_t i = 0; i < total; i++) {
    struct action_state state = states[i];
    bool is_newest = state.error_id != seen_id;
    seen_id = state.error_id;
    if (state.is_given_up) {
      if (is_newest) all->given_up[all->given_up_count++] = state;
    } else if (state.error_id != settled_id) {
      settled_id = state.error_id;
      states[all->count++] = state;
    }
  }
  qsort(all->given_up, all->given_up_count, sizeof *states, compare_newest_first);
}

/* Times that lie ahead are from before the clock was set back: no answer could be newer. */
static void note_end(const struct source *source, struct action_states *all, int64_t end_ms) {
  if (end_ms <= source->now_ms && all->newest_end_ms < end_ms) all->newest_end_ms = end_ms;
}

static void note_bulk_end(const struct source *source, struct action_states *all, int64_t end_ms) {
  note_end(source, all, end_ms);
  if (end_ms <= source->now_ms && all->bulk_end_ms < end_ms) all->bulk_end_ms = end_ms;
}

/* What the oldest waiting task says is why the others wait. */
static void explain(struct action_states *all) {
  for (size_t i = 0; i < all->count; i++)
    if (all->states[i].is_waiting && !all->states[i].error.len) all->states[i].error = all->error;
}

static void read_task(const struct source *source, struct slice label,
                      const struct outbox_task *task, struct action_states *all) {
  struct action_state *state = &all->states[all->count];
  struct bulk_state *bulk = &all->bulks[all->bulk_count];
  if (read_state(source, label, task, state)) {
    all->count++;
    if (task->state == OUTBOX_DONE) note_end(source, all, task->ended_ms);
  } else if (read_bulk(source, label, task, bulk)) {
    all->bulk_count++;
    /* A step ends when the next one may begin. */
    if (task->state == OUTBOX_WAITING && bulk->done && task->not_before_ms <= source->now_ms)
      note_bulk_end(source, all, task->not_before_ms);
    note_bulk_end(source, all, task->ended_ms);
  } else {
    return;
  }
  if (task->state != OUTBOX_WAITING || all->waiting_count++) return;
  all->error = task->error;
  all->retry_ms = task->error.len ? task->not_before_ms : 0;
}

static void read_all(const struct source *source, struct action_states *all) {
  struct outbox_task *tasks;
  struct slice label = SLICE_EMPTY;
  if (!source_is_local(source)) label = connection_label(source->arena, &source->connection);
  struct transaction *tx = store_begin_read(source->sources->store);
  size_t count = outbox_list(tx, source->arena, source->project->id, 0, &tasks);
  store_end_read(tx);
  all->states = ARENA_ARRAY(source->arena, count + 1, struct action_state);
  all->bulks = ARENA_ARRAY(source->arena, count + 1, struct bulk_state);
  for (size_t i = 0; i < count; i++) read_task(source, label, &tasks[i], all);
  settle(source->arena, all);
  explain(all);
}

struct action_states action_states_read(struct source *source) {
  if (!source->actions) {
    source->actions = ARENA_NEW(source->arena, struct action_states);
    read_all(source, source->actions);
  }
  return *source->actions;
}

const struct action_state *action_states_find(const struct action_states *states,
                                              int64_t error_id) {
  size_t low = 0, high = states->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int64_t id = states->states[middle].error_id;
    if (id == error_id) return &states->states[middle];
    if (id < error_id)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}
