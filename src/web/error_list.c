/* error_list.c - the list of a project's errors.
 *
 * The address holds all of the page's state: status, search text, sort order and cursor. A new
 * status, search or order begins at the first page, because a cursor means a place in one order of
 * one list. Pages are found by key, never by counting rows off.
 */
#include "web/error_list.h"

#include <assert.h>

#include "base/clock.h"
#include "templates.h"
#include "tracker/tracker.h"
#include "web/error_actions.h"
#include "web/error_merge.h"
#include "web/web.h"

#include "base/banned.h"

/* Younger errors that nobody touched are marked as new. */
#define NEW_FOR_MS DAY_MS

/* --- the state in the address ------------------------------------------------------ */

static const struct {
  const char *name, *title, *page_title;
  int status;
} statuses[ERROR_LIST_TABS] = {
    {"unresolved", "Unresolved", "Unresolved errors", GROUP_UNRESOLVED},
    {"ignored", "Ignored", "Ignored errors", GROUP_IGNORED},
    {"resolved", "Resolved", "Resolved errors", GROUP_RESOLVED},
    {"all", "All", "All errors", ERROR_LIST_ALL},
};

static const struct {
  const char *name, *title;
  enum group_sort sort;
} sorts[ERROR_LIST_SORTS] = {
    {"last_seen", "Last seen", SORT_LAST_SEEN},
    {"first_seen", "First seen", SORT_FIRST_SEEN},
    {"frequency", "Frequency", SORT_FREQUENCY},
};

static bool parse_status(struct slice name, int *status) {
  for (size_t i = 0; i < ERROR_LIST_TABS; i++) {
    if (slice_equal_string(name, statuses[i].name)) {
      *status = statuses[i].status;
      return true;
    }
  }
  return false;
}

static bool parse_sort(struct slice name, enum group_sort *sort) {
  for (size_t i = 0; i < ERROR_LIST_SORTS; i++) {
    if (slice_equal_string(name, sorts[i].name)) {
      *sort = sorts[i].sort;
      return true;
    }
  }
  return false;
}

/* Reads the state from the request; STATUS_BAD_INPUT names what is wrong and what is allowed. */
static enum status error_list_state_parse(const struct http_request *request,
                                          struct error_list_state *state, struct problem *problem) {
  *state = (struct error_list_state){.status = GROUP_UNRESOLVED, .sort = SORT_LAST_SEEN};
  struct slice value;
  if (http_query(request, "status", &value) && value.len && !parse_status(value, &state->status)) {
    return problem_set_field(problem, STATUS_BAD_INPUT, "status",
                             "The status in the address has to be unresolved, ignored, resolved or "
                             "all.");
  }
  if (http_query(request, "sort", &value) && value.len && !parse_sort(value, &state->sort)) {
    return problem_set_field(problem, STATUS_BAD_INPUT, "sort",
                             "The sort order in the address has to be last_seen, first_seen or "
                             "frequency.");
  }
  state->cursor = http_query_value(request, "cursor");
  state->text = slice_trim(http_query_value(request, "query"));
  return STATUS_OK;
}

static size_t status_index(int status) {
  size_t i = 0;
  while (statuses[i].status != status) {
    i++;
    assert(i < ERROR_LIST_TABS);
  }
  return i;
}

const char *error_list_status_name(const struct error_list_state *state) {
  return statuses[status_index(state->status)].name;
}

const char *error_list_sort_name(const struct error_list_state *state) {
  return sorts[state->sort].name;
}

static struct slice with_parameter(struct arena *arena, struct slice address, const char *name,
                                   struct slice value) {
  bool is_first = slice_find_byte(address, '?') == address.len;
  return arena_printf(arena, "%.*s%c%s=%.*s", SLICE_ARGS(address), is_first ? '?' : '&', name,
                      SLICE_ARGS(url_encode(arena, value)));
}

/* The address of the list in that state; only what differs from the defaults is written. */
static struct slice error_list_address(struct arena *arena, struct slice base,
                                       const struct error_list_state *state) {
  struct slice address = base;
  if (state->status != GROUP_UNRESOLVED) {
    address =
        with_parameter(arena, address, "status", slice_of_string(error_list_status_name(state)));
  }
  if (state->text.len) {
    address = with_parameter(arena, address, "query", state->text);
  }
  if (state->sort != SORT_LAST_SEEN) {
    address = with_parameter(arena, address, "sort", slice_of_string(error_list_sort_name(state)));
  }
  if (state->cursor.len) {
    address = with_parameter(arena, address, "cursor", state->cursor);
  }
  return address;
}

/* --- building the view ---------------------------------------------------------------- */

static void fill_choices(struct error_list_view *view, struct arena *arena,
                         const struct source_page *found) {
  for (size_t i = 0; i < ERROR_LIST_TABS; i++) {
    struct error_list_state state = {
        .status = statuses[i].status, .sort = view->state.sort, .text = view->state.text};
    /* The counts are of all errors, so they are left out when a search narrows the list. */
    bool is_counted =
        found->has_counts && statuses[i].status != ERROR_LIST_ALL && !view->state.text.len;
    view->tabs[i] = (struct error_list_choice){
        .name = statuses[i].title,
        .address = error_list_address(arena, view->base, &state),
        .is_counted = is_counted,
        .count = is_counted ? found->counts[statuses[i].status] : 0,
        .is_current = statuses[i].status == view->state.status,
    };
  }
  for (size_t i = 0; i < ERROR_LIST_SORTS; i++) {
    struct error_list_state state = {
        .status = view->state.status, .sort = sorts[i].sort, .text = view->state.text};
    view->sorts[i] = (struct error_list_choice){
        .name = sorts[i].title,
        .address = error_list_address(arena, view->base, &state),
        .is_current = sorts[i].sort == view->state.sort,
    };
  }
}

static struct slice page_address(struct arena *arena, const struct error_list_view *view,
                                 struct slice cursor) {
  struct error_list_state state = view->state;
  state.cursor = cursor;
  return error_list_address(arena, view->base, &state);
}

static struct error_row error_row_of(struct web *web, struct slice base,
                                     const struct source_error *error) {
  const struct group *group = &error->group;
  bool has_type = group->error_type.len > 0;
  return (struct error_row){
      .error = error,
      .address =
          arena_printf(web->arena, "%.*s/%lld/details", SLICE_ARGS(base), (long long)group->id),
      .type = has_type ? group->error_type : group->title,
      .value = has_type ? group->error_value : SLICE_EMPTY,
      .is_new = group->status == GROUP_UNRESOLVED && !group->is_regressed &&
                web->now_ms - group->first_seen_ms < NEW_FOR_MS,
      .issue_address = error->has_link ? issue_link_address(web, &error->link) : SLICE_EMPTY,
  };
}

static void fill_rows(struct error_list_view *view, struct web *web,
                      const struct source_page *found) {
  view->rows = ARENA_ARRAY(web->arena, found->count, struct error_row);
  view->row_count = found->count;
  for (size_t i = 0; i < found->count; i++) {
    view->rows[i] = error_row_of(web, view->base, &found->errors[i]);
  }
  if (found->has_previous) {
    view->previous = page_address(web->arena, view, found->previous);
  }
  if (found->has_next) {
    view->next = page_address(web->arena, view, found->next);
  }
}

/* The first key that is in use goes into the snippet. */
static void fill_start(struct error_list_view *view, struct web *web) {
  struct client_key *keys;
  struct transaction *tx = store_begin_read(web->application->store);
  size_t count = client_key_list(tx, web->arena, web->project.id, &keys);
  store_end_read(tx);
  for (size_t i = 0; i < count && !view->dsn.len; i++) {
    if (keys[i].is_active) {
      view->dsn = client_key_dsn(web->arena, web->application->public_url, &keys[i]);
      view->dsn_key = keys[i].public_key;
    }
  }
  view->envelope_url =
      arena_printf(web->arena, "%.*s/api/%lld/envelope/", SLICE_ARGS(web->application->public_url),
                   (long long)web->project.id);
}

static void build_view(struct error_list_view *view, struct web *web,
                       const struct source_page *found) {
  view->total = found->total;
  view->news = found->news;
  bool is_bare = slice_find_byte(view->address, '?') == view->address.len;
  view->refresh_address =
      arena_concat(web->arena, view->address, is_bare ? SLICE("?") : SLICE("&"));
  fill_choices(view, web->arena, found);
  struct error_list_state state = view->state;
  state.text = state.cursor = SLICE_EMPTY;
  view->without_text = error_list_address(web->arena, view->base, &state);
  view->is_waiting = found->news.is_live && !web->project.first_event_ms;
  if (view->is_waiting) {
    fill_start(view, web);
  } else {
    fill_rows(view, web, found);
  }
}

/* --- handlers ---------------------------------------------------------------------------- */

/* A search for the id of an error or of an event leads straight to it. */
static enum status find_target(struct web *web, struct source *source,
                               const struct error_list_view *view, struct slice *target) {
  struct source_place place;
  struct problem problem;
  enum status status = view->state.text.len
                           ? source_look_up(source, view->state.text, &place, &problem)
                           : STATUS_NOT_FOUND;
  if (status) {
    return status;
  }
  *target = place.has_event ? arena_printf(web->arena, "%.*s/%lld/events/%.*s",
                                           SLICE_ARGS(view->base), (long long)place.error_id,
                                           SLICE_ARGS(event_id_hex(web->arena, &place.event_id)))
                            : error_details_address(web, place.error_id);
  return STATUS_OK;
}

static void send_list(struct web *web, struct source *source, struct error_list_view *view) {
  const char *title = statuses[status_index(view->state.status)].page_title;
  struct page page = web_page_open(web, SECTION_ERRORS, slice_of_string(title));
  view->page = &page;
  view->actions =
      (struct action_panel){.page = &page, .address = view->address, .may_act = view->may_act};
  action_panel_load(web, source, &view->actions);
  template_error_list(&web->response->body, view);
  web_finish_html(web);
}

static struct source_query query_of(const struct error_list_state *state) {
  return (struct source_query){.status = state->status,
                               .text = state->text,
                               .sort = state->sort,
                               .limit = SOURCE_PAGE_SIZE,
                               .cursor = state->cursor};
}

/* Asks the source, and answers or waits. */
static void answer_list(struct web *web, struct source *source, struct error_list_view *view) {
  const struct source_query query = query_of(&view->state);
  struct source_page found;
  struct problem problem = {0};
  bool is_refresh = http_query_value(web->request, "refresh").len > 0;
  if (is_refresh) {
    source->newer_than_ms = web->now_ms;
  }
  enum status status = source_list(source, &query, &found, &problem);
  if (status == STATUS_PENDING) {
    source_wait(source, web->request);
  } else if (status) {
    web_problem(web, &problem);
  } else if (is_refresh) {
    http_redirect(web->response, view->address);
  } else {
    build_view(view, web, &found);
    send_list(web, source, view);
  }
}

void error_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct problem problem = {0};
  struct error_list_view view = {.may_act = web->role >= ROLE_TO_ACT};
  if (error_list_state_parse(request, &view.state, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return;
  }
  view.base = error_base(web);
  view.address = error_list_address(web->arena, view.base, &view.state);
  view.settings_address =
      arena_printf(web->arena, "%.*s/-/settings/operations", SLICE_ARGS(web_project_path(web)));
  struct source source;
  source_open(&source, web->application->sources, web->arena, &web->project);
  struct slice target;
  switch (find_target(web, &source, &view, &target)) {
    case STATUS_OK: http_redirect(response, target); return;
    case STATUS_PENDING: source_wait(&source, request); return;
    default: break; /* it is no id, or of nothing that can be found now */
  }
  answer_list(web, &source, &view);
}

/* The page that the buttons stood on, of another server as it is known: errors that wait for it are
 * told by their names. */
static void read_shown(struct web *web, const struct source_query *query,
                       struct source_page *shown) {
  struct source source;
  struct problem problem;
  source_open(&source, web->application->sources, web->arena, &web->project);
  source.takes_old = true;
  if (source_is_local(&source) || source_list(&source, query, shown, &problem) != STATUS_OK)
    *shown = (struct source_page){0};
}

static bool act(struct web *web, const struct source_query *query) {
  struct source_page shown;
  if (http_form_value(web->request, "take_back").len) return action_take_back(web);
  if (http_form_value(web->request, "all").len) return action_on_all(web, query);
  read_shown(web, query, &shown);
  return http_form_value(web->request, "bulk").len ? error_act_on_many(web, &shown)
                                                   : error_act(web, &shown);
}

void error_list_act(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct error_list_state state;
  struct problem problem = {0};
  if (error_list_state_parse(request, &state, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return;
  }
  const struct source_query query = query_of(&state);
  if (act(web, &query)) {
    http_redirect(response, error_list_address(web->arena, error_base(web), &state));
  }
}
