/* action_state.h - what has become of what people asked for: it waits, is done, or was given up.
 *
 * Read off the outbox. A connected Sentry's answers that were asked for before something was done
 * do not have it yet; what waits they cannot have.
 */
#ifndef CULPRIT_SOURCE_ACTION_STATE_H
#define CULPRIT_SOURCE_ACTION_STATE_H

#include "source/source.h"
#include "store/outbox.h"

/* The latest status that was asked for of one error. */
struct action_state {
  int64_t error_id, task_id;
  enum group_status status;
  struct slice name; /* of the error when it was asked for; empty: not known */
  bool is_waiting;   /* Sentry does not have it yet */
  bool is_given_up;
  int64_t user_id;    /* who asked */
  int64_t created_ms; /* when */
  int64_t ended_ms;   /* when it was done or given up; 0: it waits */
  struct slice error; /* why it is not done yet, or was given up; empty: no attempt failed */
};

/* Something done, or being done, to all that a search finds. */
struct bulk_state {
  int64_t task_id;
  enum outbox_state state;
  enum group_status status; /* that they get */
  int from;                 /* that they have: an enum group_status, or -1 for all */
  struct slice text;        /* of the search */
  int64_t done, total;      /* errors; total -1: not known */
  int64_t user_id, created_ms, ended_ms;
  struct slice error; /* as above */
};

struct action_states {
  struct action_state *states; /* waiting or done, one for each error, by its id */
  size_t count;
  struct action_state *given_up; /* newest first; not those that were asked for again since */
  size_t given_up_count;
  struct bulk_state *bulks; /* oldest first */
  size_t bulk_count;
  int64_t newest_end_ms; /* when something was last done at the other server; 0: not lately */
  int64_t bulk_end_ms;   /* the same of what was done to many, of which nobody knows which */
  size_t waiting_count;  /* tasks; while one fails, the others wait for it */
  struct slice error;    /* why the first of them is not done yet; empty: no attempt failed */
  int64_t retry_ms;      /* with an error: when it is tried again */
};
/* Of the last day, as it was when they were first asked for. */
struct action_states action_states_read(struct source *source);
/* Null: nothing was asked for. */
const struct action_state *action_states_find(const struct action_states *states, int64_t error_id);

#endif
