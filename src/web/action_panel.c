/* action_panel.c - see action_panel.h.
 *
 * What was asked for just now is most probably done before anybody reads of it, so it is left out
 * while it is young and nothing went wrong.
 */
#include "web/action_panel.h"

#include "base/clock.h"
#include "source/actions.h"
#include "store/account.h"
#include "web/error_actions.h"

#include "base/banned.h"

#define YOUNG_MS (3 * SECOND_MS)
/* What became of a change of many is told for so long. */
#define TOLD_MS (10 * MINUTE_MS)

static const struct {
  const char *button, *wish, *doing, *done;
} words[GROUP_STATUS_COUNT] = {
    [GROUP_UNRESOLVED] = {"unresolve", "Unresolve", "Unresolving", "unresolved again"},
    [GROUP_RESOLVED] = {"resolve", "Resolve", "Resolving", "resolved"},
    [GROUP_IGNORED] = {"ignore", "Ignore", "Ignoring", "ignored"},
};

/* --- loading ------------------------------------------------------------------------------- */

static struct action_row row_of(struct web *web, struct transaction *tx,
                                const struct action_state *state) {
  struct user user;
  struct action_row row = {.state = state,
                           .name = state->name,
                           .address = error_details_address(web, state->error_id),
                           .wish = words[state->status].wish};
  if (!row.name.len) row.name = arena_printf(web->arena, "Error %lld", (long long)state->error_id);
  if (state->user_id && user_get(tx, web->arena, state->user_id, &user)) row.who = user.name;
  return row;
}

static struct bulk_row bulk_row_of(struct web *web, const struct bulk_state *state) {
  const char *status = state->from < 0 ? "" : group_status_name((enum group_status)state->from);
  struct slice errors = arena_printf(web->arena, "%s%serrors", status, *status ? " " : "");
  if (state->text.len)
    errors = arena_printf(web->arena, "%.*s that match “%.*s”", SLICE_ARGS(errors),
                          SLICE_ARGS(slice_cut_characters(state->text, 100)));
  return (struct bulk_row){.state = state,
                           .errors = errors,
                           .doing = words[state->status].doing,
                           .done = words[state->status].done};
}

static void load_waiting(struct web *web, struct transaction *tx,
                         const struct action_states *states, struct action_panel *panel) {
  panel->waiting = ARENA_ARRAY(web->arena, ACTION_ROWS, struct action_row);
  for (size_t i = 0; i < states->count; i++) {
    const struct action_state *state = &states->states[i];
    if (!state->is_waiting) continue;
    panel->is_moving |= !state->error.len;
    if (!state->error.len && web->now_ms - state->created_ms < YOUNG_MS) continue;
    panel->waiting_total++;
    if (panel->waiting_count < ACTION_ROWS)
      panel->waiting[panel->waiting_count++] = row_of(web, tx, state);
  }
}

static void load_given_up(struct web *web, struct transaction *tx,
                          const struct action_states *states, struct action_panel *panel) {
  panel->given_up = ARENA_ARRAY(web->arena, ACTION_ROWS, struct action_row);
  for (size_t i = 0; i < states->given_up_count && i < ACTION_ROWS; i++)
    panel->given_up[panel->given_up_count++] = row_of(web, tx, &states->given_up[i]);
}

static void load_bulks(struct web *web, const struct action_states *states,
                       struct action_panel *panel) {
  panel->bulks = ARENA_ARRAY(web->arena, states->bulk_count, struct bulk_row);
  for (size_t i = 0; i < states->bulk_count; i++) {
    const struct bulk_state *state = &states->bulks[i];
    bool is_running = state->state == OUTBOX_WAITING;
    if (!is_running && web->now_ms - state->ended_ms > TOLD_MS) continue;
    panel->is_moving |= is_running;
    panel->bulks[panel->bulk_count++] = bulk_row_of(web, state);
  }
}

void action_panel_load(struct web *web, struct source *source, struct action_panel *panel) {
  struct action_states *states = ARENA_NEW(web->arena, struct action_states);
  *states = action_states_read(source);
  panel->error = states->error;
  panel->retry_ms = states->retry_ms;
  struct transaction *tx = store_begin_read(web->application->store);
  load_waiting(web, tx, states, panel);
  load_given_up(web, tx, states, panel);
  store_end_read(tx);
  load_bulks(web, states, panel);
}

/* --- acting --------------------------------------------------------------------------------- */

bool action_take_back(struct web *web) {
  struct source source;
  struct problem problem = {0};
  struct action_undo undo = {.actor = &web->actor};
  source_open(&source, web->application->sources, web->arena, &web->project);
  if (!slice_to_i64(http_form_value(web->request, "take_back"), &undo.task_id)) {
    web_refuse(web, "The form did not say what to take back.");
    return false;
  }
  if (actions_take_back(&source, &undo, &problem) == STATUS_OK) {
    web_flash(web, MESSAGE_SUCCESS, SLICE("It is taken back."));
    return true;
  }
  if (problem.status == STATUS_CONFLICT) {
    web_flash(web, MESSAGE_WARNING, arena_copy(web->arena, slice_of_string(problem.message)));
    return true;
  }
  web_problem(web, &problem);
  return false;
}

bool action_on_all(struct web *web, const struct source_query *query) {
  struct source source;
  struct problem problem = {0};
  struct bulk_request request = {.actor = &web->actor, .query = query};
  struct slice button = http_form_value(web->request, "all");
  int64_t task_id;
  size_t status = 0;
  while (status < GROUP_STATUS_COUNT && !slice_equal_string(button, words[status].button)) status++;
  if (status == GROUP_STATUS_COUNT) {
    web_refuse(web, "The form did not say whether to resolve, ignore or unresolve.");
    return false;
  }
  request.status = (enum group_status)status;
  source_open(&source, web->application->sources, web->arena, &web->project);
  if (actions_set_status_of_all(&source, &request, &task_id, &problem) == STATUS_OK) return true;
  web_problem(web, &problem);
  return false;
}
