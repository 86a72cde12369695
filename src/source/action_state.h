/* action_state.h - what was asked for here and a connected Sentry may not have told yet.
 *
 * Read off the outbox: tasks of kind ACTION_STATUS, with the error's id as subject and
 * {"status": "resolved"} as data.
 */
#ifndef CULPRIT_SOURCE_ACTION_STATE_H
#define CULPRIT_SOURCE_ACTION_STATE_H

#include "source/source.h"
#include "store/outbox.h"

#define ACTION_STATUS "sentry.status"

struct action_state {
  int64_t error_id, task_id;
  enum group_status status;
  bool is_waiting;
  int64_t ended_ms;   /* when Sentry was told; 0: waiting */
  struct slice error; /* why it was not told at the last attempt; empty */
};
struct action_states {
  struct action_state *states; /* oldest first */
  size_t count;
  int64_t newest_end_ms; /* answers that were asked for before miss something; 0: none */
};
/* Of the source's project: those that wait, and those that were done lately. */
struct action_states action_states_read(struct source *source);
/* The latest of that error; null: there is none. */
const struct action_state *action_states_find(const struct action_states *states, int64_t error_id);

#endif
