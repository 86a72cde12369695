/* monitor_page.c - the list of monitors, one of them, and what people do with it. */
#include "web/monitor_page.h"

#include "templates.h"
#include "tracker/monitor.h"
#include "tracker/tracker.h"

#include "base/banned.h"

enum { MONITORS_ON_A_PAGE = 50, CHECK_INS_ON_A_PAGE = 50 };

struct monitor_mark monitor_mark(enum check_in_status status) {
  static const struct monitor_mark marks[] = {
      [CHECK_IN_NONE] = {"muted", "Waiting"},    [CHECK_IN_IN_PROGRESS] = {"info", "In progress"},
      [CHECK_IN_OK] = {"success", "OK"},         [CHECK_IN_ERROR] = {"danger", "Failed"},
      [CHECK_IN_MISSED] = {"warning", "Missed"}, [CHECK_IN_TIMEOUT] = {"danger", "Timed out"},
  };
  return marks[status];
}

static struct slice base_of(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/monitors"));
}

/* "5 minute" to "every 5 minutes". */
static struct slice schedule_words(struct arena *arena, const struct monitor_settings *settings) {
  if (settings->schedule_kind == SCHEDULE_NONE) return SLICE("none");
  if (settings->schedule_kind == SCHEDULE_CRONTAB) return settings->schedule;
  struct slice unit = settings->schedule;
  struct slice every = slice_split(&unit, ' ');
  bool is_one = slice_equal(every, SLICE("1"));
  return is_one ? arena_printf(arena, "every %.*s", SLICE_ARGS(unit))
                : arena_printf(arena, "every %.*s %.*ss", SLICE_ARGS(every), SLICE_ARGS(unit));
}

static void fill_row(struct transaction *tx, struct arena *arena, const struct monitor *monitor,
                     struct monitor_row *row) {
  struct monitor_environment *environments;
  row->monitor = monitor;
  row->environment_count = monitor_environment_list(tx, arena, monitor->id, &environments);
  row->environments = environments;
  row->schedule = schedule_words(arena, &monitor->settings);
}

void monitor_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct monitor *monitors;
  struct monitor_query query = {.project_id = web->project.id, .limit = MONITORS_ON_A_PAGE + 1};
  struct slice after = http_query_value(request, "after");
  if (after.len && !slice_to_i64(after, &query.after_id)) {
    web_refuse(web, "The cursor in the address is not one that this list gave out.");
    return;
  }
  struct page page = web_page_open(web, SECTION_MONITORS, SLICE("Monitors"));
  struct monitor_view view = {.page = &page, .base = base_of(web)};
  struct transaction *tx = store_begin_read(web->application->store);
  size_t count = monitor_list(tx, web->arena, &query, &monitors);
  view.row_count = count > MONITORS_ON_A_PAGE ? MONITORS_ON_A_PAGE : count;
  view.rows = ARENA_ARRAY(web->arena, view.row_count, struct monitor_row);
  for (size_t i = 0; i < view.row_count; i++) fill_row(tx, web->arena, &monitors[i], &view.rows[i]);
  store_end_read(tx);
  if (count > view.row_count)
    view.next = arena_printf(web->arena, "%.*s?after=%lld", SLICE_ARGS(view.base),
                             (long long)monitors[view.row_count - 1].id);
  template_monitors(&response->body, &view);
  web_finish_html(web);
}

void monitor_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct monitor monitor;
  struct monitor_row row = {0};
  struct check_in *check_ins = NULL;
  struct check_in_query query = {.limit = CHECK_INS_ON_A_PAGE + 1};
  size_t count = 0;
  struct slice before = http_query_value(request, "before");
  if (before.len && !slice_to_i64(before, &query.before_id)) {
    web_refuse(web, "The cursor in the address is not one that this list gave out.");
    return;
  }
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found =
      monitor_find(tx, web->arena, web->project.id, http_parameter(request, "slug"), &monitor);
  if (is_found) {
    fill_row(tx, web->arena, &monitor, &row);
    query.monitor_id = monitor.id;
    count = check_in_list(tx, web->arena, &query, &check_ins);
  }
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This monitor");
    return;
  }
  struct page page = web_page_open(web, SECTION_MONITORS, monitor.name);
  struct monitor_view view = {.page = &page,
                              .base = base_of(web),
                              .may_act = web->role >= ROLE_TO_ACT,
                              .rows = &row,
                              .row_count = 1,
                              .check_ins = check_ins,
                              .check_in_count = count};
  if (count > CHECK_INS_ON_A_PAGE) {
    view.check_in_count = CHECK_INS_ON_A_PAGE;
    view.next =
        arena_printf(web->arena, "%.*s/%.*s?before=%lld", SLICE_ARGS(view.base),
                     SLICE_ARGS(monitor.slug), (long long)check_ins[CHECK_INS_ON_A_PAGE - 1].id);
  }
  template_monitor(&response->body, &view);
  web_finish_html(web);
}

static bool parse_action(struct slice name, enum monitor_action *action) {
  static const char *const names[] = {
      [MONITOR_PAUSE] = "pause", [MONITOR_RESUME] = "resume", [MONITOR_DELETE] = "delete"};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!slice_equal_string(name, names[i])) continue;
    *action = (enum monitor_action)i;
    return true;
  }
  return false;
}

void monitor_submit(struct http_request *request, struct http_response *response) {
  static const char *const done[] = {[MONITOR_PAUSE] = "The monitor is paused.",
                                     [MONITOR_RESUME] = "The monitor watches again.",
                                     [MONITOR_DELETE] = "The monitor is deleted."};
  struct web *web = web_of(request);
  struct problem problem;
  struct monitor_act act = {
      .actor = &web->actor, .project_id = web->project.id, .slug = http_parameter(request, "slug")};
  if (!parse_action(http_form_value(request, "action"), &act.action)) {
    web_refuse(web, "The action has to be pause, resume or delete.");
    return;
  }
  if (monitor_act(web->application->store, &act, &problem)) {
    web_problem(web, &problem);
    return;
  }
  web_flash(web, MESSAGE_SUCCESS, slice_of_string(done[act.action]));
  struct slice base = base_of(web);
  http_redirect(response, act.action == MONITOR_DELETE
                              ? base
                              : arena_printf(web->arena, "%.*s/%.*s", SLICE_ARGS(base),
                                             SLICE_ARGS(url_encode(web->arena, act.slug))));
}
