/* action_state.c - see action_state.h. */
#include "source/action_state.h"

#include "json/json.h"
#include "source/limits.h"

#include "base/banned.h"

static bool read_state(struct arena *arena, const struct outbox_task *task,
                       struct action_state *state) {
  yyjson_val *data;
  struct problem problem;
  *state = (struct action_state){.task_id = task->id,
                                 .is_waiting = task->state == OUTBOX_WAITING,
                                 .ended_ms = task->ended_ms,
                                 .error = task->error};
  return slice_equal_string(task->kind, ACTION_STATUS) &&
         (task->state == OUTBOX_WAITING || task->state == OUTBOX_DONE) &&
         slice_to_i64(task->subject, &state->error_id) &&
         json_read(arena, task->data, &data, &problem) == STATUS_OK &&
         group_status_parse(json_text(json_member(data, "status")), &state->status);
}

struct action_states action_states_read(struct source *source) {
  struct outbox_task *tasks;
  struct action_states states = {0};
  int64_t since_ms = source->now_ms - ACTION_REMEMBERED_MS;
  struct transaction *tx = store_begin_read(source->sources->store);
  size_t count = outbox_list(tx, source->arena, source->project->id, since_ms, &tasks);
  store_end_read(tx);
  states.states = ARENA_ARRAY(source->arena, count, struct action_state);
  for (size_t i = 0; i < count; i++) {
    struct action_state *state = &states.states[states.count];
    if (!read_state(source->arena, &tasks[i], state)) continue;
    states.count++;
    if (state->ended_ms > states.newest_end_ms) states.newest_end_ms = state->ended_ms;
  }
  return states;
}

const struct action_state *action_states_find(const struct action_states *states,
                                              int64_t error_id) {
  for (size_t i = states->count; i > 0; i--)
    if (states->states[i - 1].error_id == error_id) return &states->states[i - 1];
  return NULL;
}
