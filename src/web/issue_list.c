/* issue_list.c - the issues of a project's built-in tracker, newest first.
 *
 * As in GitLab, `state` (opened, closed, all) and `search` in the address say
 * what is shown; a cursor names where the page begins.
 */
#include "web/issue_list.h"

#include "templates.h"
#include "tracker/tracker.h"

#include "base/banned.h"

enum { ISSUES_ON_A_PAGE = 20 };

static const struct {
  const char *name, *title, *page_title;
  int is_open;
} states[ISSUE_LIST_TABS] = {
    {"opened", "Open", "Open issues", 1},
    {"closed", "Closed", "Closed issues", 0},
    {"all", "All", "All issues", -1},
};

struct slice issue_base(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/issues"));
}

struct slice issue_address(const struct web *web, int64_t number) {
  return arena_printf(web->arena, "%.*s/%lld", SLICE_ARGS(issue_base(web)), (long long)number);
}

static struct slice list_address(struct arena *arena, const struct issue_list_view *view,
                                 const char *state, const struct cursor *cursor) {
  struct slice address = arena_printf(arena, "%.*s?state=%s", SLICE_ARGS(view->base), state);
  if (view->text.len) {
    address = arena_printf(arena, "%.*s&search=%.*s", SLICE_ARGS(address),
                           SLICE_ARGS(url_encode(arena, view->text)));
  }
  if (cursor) {
    struct slice text = url_encode(arena, cursor_format(arena, *cursor));
    address = arena_printf(arena, "%.*s&cursor=%.*s", SLICE_ARGS(address), SLICE_ARGS(text));
  }
  return address;
}

static void fill_tabs(struct arena *arena, struct issue_list_view *view, size_t current) {
  for (size_t i = 0; i < ISSUE_LIST_TABS; i++) {
    view->tabs[i] = (struct issue_tab){
        .name = states[i].title,
        .address = list_address(arena, view, states[i].name, NULL),
        .is_current = i == current,
        .is_counted = states[i].is_open >= 0 && !view->text.len,
        .count = states[i].is_open == 1 ? view->issues.open_count : view->issues.closed_count,
    };
  }
}

static bool read_query(struct web *web, struct issue_query *query, size_t *state) {
  struct slice name = http_query_value(web->request, "state");
  struct slice cursor = http_query_value(web->request, "cursor");
  *state = 0;
  while (*state < ISSUE_LIST_TABS && name.len && !slice_equal_string(name, states[*state].name)) {
    (*state)++;
  }
  *query = (struct issue_query){
      .project_id = web->project.id,
      .text = slice_trim(http_query_value(web->request, "search")),
      .limit = ISSUES_ON_A_PAGE,
  };
  if (*state == ISSUE_LIST_TABS) {
    web_refuse(web, "The state in the address has to be opened, closed or all.");
  } else if (cursor.len && !cursor_parse(cursor, &query->cursor)) {
    web_refuse(web, "The cursor in the address is not one that this list gave out.");
  } else if (query->text.len > ISSUE_SEARCH_LIMIT) {
    web_refuse(web, "The search text is too long.");
  } else {
    query->is_open = states[*state].is_open;
    return true;
  }
  return false;
}

void issue_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct issue_query query;
  size_t state;
  if (!read_query(web, &query, &state)) return;
  struct page page = web_page_open(web, SECTION_ISSUES, slice_of_string(states[state].page_title));
  struct issue_list_view view = {
      .page = &page,
      .base = issue_base(web),
      .state_name = states[state].name,
      .text = query.text,
      .may_open = web->role >= ROLE_REPORTER,
  };
  struct transaction *tx = store_begin_read(web->application->store);
  issue_list(tx, web->arena, &query, &view.issues);
  store_end_read(tx);
  fill_tabs(web->arena, &view, state);
  if (view.issues.has_next) {
    view.next = list_address(web->arena, &view, view.state_name, &view.issues.next);
  }
  if (view.issues.has_previous) {
    view.previous = list_address(web->arena, &view, view.state_name, &view.issues.previous);
  }
  template_issue_list(&response->body, &view);
  web_finish_html(web);
}
