/* error_list.h - what the error list's template draws. Everything is the request arena's. */
#ifndef CULPRIT_WEB_ERROR_LIST_H
#define CULPRIT_WEB_ERROR_LIST_H

#include "http/http.h"
#include "source/source.h"
#include "web/action_panel.h"
#include "web/page.h"

/* What the address says is to be shown. */
#define ERROR_LIST_ALL (-1)
struct error_list_state {
  int status; /* an enum group_status or ERROR_LIST_ALL */
  enum group_sort sort;
  struct slice text;
  struct slice cursor;
};

/* A choice: a tab or a sort order. */
struct error_list_choice {
  const char *name;
  struct slice address; /* of the same list with this choice, from the first page */
  int64_t count;        /* of a tab */
  bool is_counted, is_current;
};

struct error_row {
  const struct source_error *error;
  struct slice address;
  struct slice type, value; /* the title in two parts; `value` may be empty */
  bool is_new;
  struct slice issue_address;
};

#define ERROR_LIST_TABS (GROUP_STATUS_COUNT + 1)
#define ERROR_LIST_SORTS 3

struct error_list_view {
  const struct page *page;
  struct error_list_state state;
  struct slice base;    /* "/organization/project/-/error_tracking" */
  struct slice address; /* base with the state: where forms lead and come back to */
  struct error_list_choice tabs[ERROR_LIST_TABS];
  struct error_list_choice sorts[ERROR_LIST_SORTS];
  struct error_row *rows;
  size_t row_count;
  int64_t total; /* of the tab and the search; -1: not known */
  struct source_news news;
  struct slice refresh_address; /* one more parameter may follow */
  bool may_act;
  struct action_panel actions;
  struct slice previous, next; /* addresses; empty at the ends */
  struct slice without_text;   /* the list without the search */
  /* With nothing in the project yet. */
  bool is_waiting;
  struct slice dsn, dsn_key, envelope_url;
  struct slice settings_address;
};

/* The name that stands for the state's status or order in the address. */
const char *error_list_status_name(const struct error_list_state *state);
const char *error_list_sort_name(const struct error_list_state *state);

/* GET and POST /{organization}/{project}/-/error_tracking. The POST resolves, ignores or takes back
 * and leads to the same address. */
http_handler error_list_show;
http_handler error_list_act;

#endif
