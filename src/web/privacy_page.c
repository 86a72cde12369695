/* privacy_page.c - the settings of scrubbing, with a preview on kept events.
 *
 * Kept events are scrubbed already, by the settings of their time. The preview
 * scrubs copies of them in memory by what the form says, and shows what more would
 * go; nothing is written.
 */
#include "web/privacy_page.h"

#include "store/event.h"
#include "templates.h"
#include "tracker/settings.h"

#include "base/banned.h"

const struct option_switch privacy_switches[PRIVACY_SWITCHES] = {
    {"scrub.enabled", true, "Scrub what comes in",
     "Everything below happens before an event is grouped or kept. Off: events are kept as sent."},
    {"scrub.defaults", true, "Known secrets",
     "Values under names such as password, token or authorization; card numbers, keys, passwords "
     "in addresses, user names in paths."},
    {"scrub.ip", false, "Addresses of users",
     "Takes out user.ip_address, REMOTE_ADDR and the headers that proxies set."},
};
static const char *const lists[] = {"scrub.fields", "scrub.safe_fields", "scrub.rules", NULL};

static void draw(struct web *web, struct privacy_view *view) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("Security and privacy"));
  view->page = &page;
  view->base = arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/privacy"));
  template_privacy_page(&web->response->body, view);
  web_finish_html(web);
}

/* --- the preview ------------------------------------------------------------------------ */

/* "breadcrumbs.values.3.data" -> "breadcrumbs.values.*.data" */
static struct slice place_of(struct arena *arena, struct slice path) {
  char *out = arena_alloc_raw(arena, path.len);
  size_t len = 0;
  while (!slice_is_empty(path)) {
    struct slice segment = slice_split(&path, '.');
    uint64_t index;
    if (slice_to_u64(segment, &index)) segment = SLICE("*");
    if (len) out[len++] = '.';
    for (size_t i = 0; i < segment.len; i++) out[len++] = segment.ptr[i];
  }
  return slice_of(out, len);
}

static void add_change(struct web *web, struct privacy_view *view,
                       const struct scrub_change *change) {
  struct slice place = place_of(web->arena, change->path);
  for (size_t i = 0; i < view->row_count; i++) {
    struct preview_row *row = &view->rows[i];
    if (!slice_equal(row->path, place) || !slice_equal(row->rule, change->rule)) continue;
    row->count++;
    return;
  }
  view->has_more = view->row_count == PREVIEW_ROWS;
  if (view->has_more) return;
  view->rows[view->row_count++] =
      (struct preview_row){place, change->rule, change->before, change->after, 1};
}

static void preview_event(struct web *web, struct privacy_view *view, struct slice json,
                          const struct scrubber *scrubber) {
  struct scrub_report report;
  struct event *event = event_read(web->arena, json);
  if (!event) return;
  /* As it was before its tags were derived. */
  event->tags.count = event->sent_tag_count;
  scrub_event(web->arena, event, scrubber, &report);
  view->event_count++;
  for (size_t i = 0; i < report.count; i++) add_change(web, view, &report.changes[i]);
}

static void preview(struct web *web, struct privacy_view *view, const struct scrubber *scrubber) {
  struct transaction *tx = store_begin_read(web->application->store);
  const struct group_query query = {
      .project_id = web->project.id, .status = -1, .limit = PREVIEW_EVENTS};
  struct group_page groups;
  group_list(tx, web->arena, &query, &groups);
  view->rows = ARENA_ARRAY(web->arena, PREVIEW_ROWS, struct preview_row);
  view->has_preview = true;
  for (size_t i = 0; i < groups.count; i++) {
    struct event_row row;
    struct slice json;
    if (!event_row_at(tx, groups.groups[i].id, EVENT_LATEST, &row)) continue;
    if (event_payload(tx, web->arena, &row, &json)) preview_event(web, view, json, scrubber);
  }
  store_end_read(tx);
}

/* --- the handlers --------------------------------------------------------------------------- */

void privacy_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct privacy_view view = {.options = option_form_load(web)};
  (void)response;
  draw(web, &view);
}

static void refuse(struct web *web, struct privacy_view *view, const struct problem *problem) {
  web->response->status = 400;
  view->message = slice_of_string(problem->message);
  draw(web, view);
}

void privacy_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct settings_target target = {.actor = &web->actor, .project = &web->project};
  struct problem problem = {0};
  const struct scrubber *scrubber;
  struct privacy_view view = {.options =
                                  option_form_read(web, privacy_switches, PRIVACY_SWITCHES, lists)};
  if (scrubber_compile(web->arena, view.options, &scrubber, &problem)) {
    refuse(web, &view, &problem);
    return;
  }
  if (slice_equal(http_form_value(request, "action"), SLICE("preview"))) {
    preview(web, &view, scrubber);
    draw(web, &view);
    return;
  }
  enum status status =
      settings_set_options(web->application->store, &target, view.options, &problem);
  if (status == STATUS_BAD_INPUT) {
    refuse(web, &view, &problem);
  } else if (status) {
    web_problem(web, &problem);
  } else {
    web_flash(web, MESSAGE_SUCCESS, SLICE("The settings are saved. They hold for new events."));
    http_redirect(response,
                  arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/privacy")));
  }
}
