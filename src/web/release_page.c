/* release_page.c - the list of releases, newest first, and one of them with its hours. */
#include "web/release_page.h"

#include "base/clock.h"
#include "templates.h"

#include "base/banned.h"

enum { RELEASES_ON_A_PAGE = 20 };

const struct release_period release_periods[RELEASE_PERIODS] = {
    {"24h", "24 hours", "last 24 hours", 24, 1},
    {"7d", "7 days", "last 7 days", 7 * 24, 1},
    {"30d", "30 days", "last 30 days", 30 * 24, 24},
};

/* What both pages' addresses say. */
static bool read_state(struct web *web, struct releases_view *view, struct release_query *query) {
  struct slice name = http_query_value(web->request, "period");
  struct slice cursor = http_query_value(web->request, "cursor");
  view->period = &release_periods[0];
  for (size_t i = 0; i < RELEASE_PERIODS && name.len; i++)
    if (slice_equal_string(name, release_periods[i].name)) view->period = &release_periods[i];
  view->environment = http_query_value(web->request, "environment");
  *query = (struct release_query){.project_id = web->project.id,
                                  .environment = view->environment,
                                  .to_hour = web->now_ms / HOUR_MS,
                                  .limit = RELEASES_ON_A_PAGE};
  query->from_hour = query->to_hour - view->period->hours + 1;
  if (name.len && !slice_equal_string(name, view->period->name)) {
    web_refuse(web, "The period in the address has to be 24h, 7d or 30d.");
    return false;
  }
  if (cursor.len && !cursor_parse(cursor, &query->cursor)) {
    web_refuse(web, "The cursor in the address is not one that this list gave out.");
    return false;
  }
  view->base = arena_concat(web->arena, web_project_path(web), SLICE("/-/releases"));
  view->state = arena_printf(web->arena, "?period=%s", view->period->name);
  if (view->environment.len)
    view->state = arena_printf(web->arena, "%.*s&environment=%.*s", SLICE_ARGS(view->state),
                               SLICE_ARGS(url_encode(web->arena, view->environment)));
  return true;
}

static struct slice page_address(struct web *web, const struct releases_view *view,
                                 struct cursor cursor) {
  struct slice text = url_encode(web->arena, cursor_format(web->arena, cursor));
  return arena_printf(web->arena, "%.*s%.*s&cursor=%.*s", SLICE_ARGS(view->base),
                      SLICE_ARGS(view->state), SLICE_ARGS(text));
}

void release_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct releases_view view = {0};
  struct release_query query;
  if (!read_state(web, &view, &query)) return;
  struct page page = web_page_open(web, SECTION_RELEASES, SLICE("Releases"));
  view.page = &page;
  view.here = view.base;
  struct transaction *tx = store_begin_read(web->application->store);
  view.environment_count = environment_list(tx, web->arena, web->project.id, &view.environments);
  release_list(tx, web->arena, &query, &view.releases);
  store_end_read(tx);
  if (view.releases.has_next) view.next = page_address(web, &view, view.releases.next);
  if (view.releases.has_previous) view.previous = page_address(web, &view, view.releases.previous);
  template_releases(&response->body, &view);
  web_finish_html(web);
}

/* --- one release ----------------------------------------------------------------------------- */

static void make_bars(struct web *web, struct releases_view *view,
                      const struct session_counts *hours) {
  const struct release_period *period = view->period;
  view->bar_count = (size_t)(period->hours / period->bar_hours);
  view->bars = ARENA_ARRAY(web->arena, view->bar_count, int64_t);
  view->bad_bars = ARENA_ARRAY(web->arena, view->bar_count, int64_t);
  for (int64_t hour = 0; hour < period->hours; hour++) {
    view->bars[hour / period->bar_hours] += hours[hour].total;
    view->bad_bars[hour / period->bar_hours] += hours[hour].crashed + hours[hour].abnormal;
  }
}

void release_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct releases_view view = {0};
  struct release_query query;
  struct release release;
  struct slice version = http_parameter(request, "version");
  if (!read_state(web, &view, &query)) return;
  struct session_counts *hours =
      ARENA_ARRAY(web->arena, (size_t)view.period->hours, struct session_counts);
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = release_find(tx, web->arena, web->project.id, version, &release);
  if (is_found) {
    view.environment_count = environment_list(tx, web->arena, web->project.id, &view.environments);
    release_health_of(tx, &release, &query, &view.health);
    release_hours(tx, release.id, &query, hours);
  }
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This release");
    return;
  }
  make_bars(web, &view, hours);
  struct page page = web_page_open(web, SECTION_RELEASES, version);
  view.page = &page;
  view.here = arena_printf(web->arena, "%.*s/%.*s", SLICE_ARGS(view.base),
                           SLICE_ARGS(url_encode(web->arena, version)));
  view.errors_address =
      arena_concat(web->arena, web_project_path(web), SLICE("/-/error_tracking?status=all"));
  template_release(&response->body, &view);
  web_finish_html(web);
}

void release_jump(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct slice version = url_encode(web->arena, http_parameter(request, "version"));
  http_redirect(response, arena_printf(web->arena, "%.*s/-/releases/%.*s",
                                       SLICE_ARGS(web_project_path(web)), SLICE_ARGS(version)));
}
