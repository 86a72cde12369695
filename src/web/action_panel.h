/* action_panel.h - what was asked for and is not done yet, or could not be: above the list of
 * errors, with buttons to take it back. */
#ifndef CULPRIT_WEB_ACTION_PANEL_H
#define CULPRIT_WEB_ACTION_PANEL_H

#include "source/action_state.h"
#include "web/web.h"

struct page;

/* Rows of the panel; it says how many more there are. */
#define ACTION_ROWS 20

/* One error, and what was asked for. */
struct action_row {
  const struct action_state *state;
  struct slice name, address; /* of the error; address empty: see bulk_row */
  const char *wish;           /* "Resolve" */
  struct slice who;           /* empty: the server, or nobody any more */
};
/* All that a search finds. */
struct bulk_row {
  const struct bulk_state *state;
  struct slice errors; /* "unresolved errors that match “cart”" */
  const char *doing, *done;
};

struct action_panel {
  const struct page *page;
  struct slice address; /* where its forms lead and come back to */
  bool may_act;
  bool is_moving; /* it will be different soon */
  struct action_row *waiting, *given_up;
  size_t waiting_count, given_up_count;
  size_t waiting_total; /* tasks, of which some may not be shown */
  struct bulk_row *bulks;
  size_t bulk_count;
  struct slice error; /* why the first one waits; empty: it is under way */
  int64_t retry_ms;
};
void action_panel_load(struct web *web, struct source *source, struct action_panel *panel);

/* Does what a form's button "take_back" (its value is the task's id) says. Leaves a message for the
 * next page. False: a problem page was sent. */
bool action_take_back(struct web *web);
/* The same for the button "all", whose value is "resolve", "ignore" or "unresolve": with all that
 * the query finds. */
bool action_on_all(struct web *web, const struct source_query *query);

#endif
