/* error_tracking.c - see error_tracking.h.
 *
 *   POST, connect ─► typed values ─► probe ─► http_park() ─► answer ─► probe … ─► the form again
 *   POST, save ────► connect_save() ─┬─► saved: back to the settings
 *                                    └─► the form again, with what is wrong
 *
 * While another server is asked the request is parked, so that no worker waits for it. The token
 * comes in the request's body and never goes into a page: what was typed is sealed into the
 * ticket (source/connect_ticket.h), and its copies here are wiped.
 */
#include "web/error_tracking.h"

#include <sodium.h>

#include "source/connect_ticket.h"
#include "source/probe.h"
#include "templates.h"
#include "web/settings.h"

#include "base/banned.h"

/* One submitted form; lives in the request's arena, from call to call of the handler. */
struct attempt {
  struct web *web;
  struct connection saved;
  struct connect_form form;
  struct connected connected; /* that the ticket holds */
  struct connect_values values;
  struct probe probe;
};

static struct slice base_of(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/operations"));
}

/* The saved project as the choice. */
static void offer_saved(struct error_tracking_view *view, struct arena *arena,
                        const struct connection *saved) {
  view->project = view->project_title = SLICE_EMPTY;
  if (!saved->project_slug.len) return;
  view->project = arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(saved->organization_slug),
                               SLICE_ARGS(saved->project_slug));
  view->project_title = arena_printf(arena, "%.*s | %.*s", SLICE_ARGS(saved->organization_name),
                                     SLICE_ARGS(saved->project_slug));
}

void error_tracking_load(struct web *web, struct error_tracking_view *view) {
  struct connection saved;
  struct transaction *tx = store_begin_read(web->application->store);
  connection_get(tx, web->arena, web->project.id, &saved);
  store_end_read(tx);
  *view = (struct error_tracking_view){
      .base = base_of(web),
      .is_active = saved.is_active,
      .kind = saved.kind,
      .url = saved.url,
      .has_token = saved.token.len > 0,
  };
  offer_saved(view, web->arena, &saved);
}

/* --- the submitted form --------------------------------------------------------------------- */

static struct connect_ticket_owner owner_of(const struct web *web) {
  return (struct connect_ticket_owner){.store = web->application->store,
                                       .project_id = web->project.id,
                                       .session = web->session,
                                       .now_ms = web->now_ms};
}

static struct attempt *read_form(struct web *web) {
  struct http_request *request = web->request;
  struct attempt *attempt = ARENA_NEW(web->arena, struct attempt);
  struct connect_ticket_owner owner = owner_of(web);
  bool has_ticket = connect_ticket_open(web->arena, &owner, http_form_value(request, "ticket"),
                                        &attempt->connected);
  attempt->web = web;
  attempt->form = (struct connect_form){
      .is_active = http_form_value(request, "active").len > 0,
      .kind = slice_equal_string(http_form_value(request, "source"), "sentry") ? SOURCE_SENTRY
                                                                               : SOURCE_LOCAL,
      /* Copies: the body is wiped before the form is drawn again. */
      .url = arena_copy(web->arena, http_form_value(request, "api_url")),
      .token = http_form_value(request, "token"),
      .project = arena_copy(web->arena, http_form_value(request, "project")),
      .connected = has_ticket ? &attempt->connected : NULL,
      .allow_private_addresses = web->application->allow_private_addresses,
  };
  struct transaction *tx = store_begin_read(web->application->store);
  connection_get(tx, web->arena, web->project.id, &attempt->saved);
  store_end_read(tx);
  web->pending = attempt;
  return attempt;
}

static void wipe(struct slice text) {
  if (text.len) sodium_memzero((char *)text.ptr, text.len);
}

/* Once nothing needs the token any more. */
static void wipe_form(struct attempt *attempt) {
  probe_end(&attempt->probe);
  wipe(attempt->form.token);
  wipe(attempt->connected.token);
  wipe(attempt->values.token);
  wipe(attempt->web->request->body);
}

/* What is known of the typed URL for the next try: the token, and the projects. */
static void keep(struct attempt *attempt, struct error_tracking_view *view) {
  struct web *web = attempt->web;
  const struct connected *listed = &attempt->probe.connected;
  if (!listed->project_count) listed = attempt->form.connected;
  struct slice base = attempt->values.url.base;
  struct connected kept = {.url = base, .token = attempt->values.token};
  if (listed && listed->project_count && slice_equal(listed->url, base)) {
    kept.projects = listed->projects;
    kept.project_count = listed->project_count;
    view->connected = listed;
  } else {
    view->project = SLICE_EMPTY;
    if (slice_equal(base, attempt->saved.url)) offer_saved(view, web->arena, &attempt->saved);
  }
  view->has_token = kept.token.len > 0;
  if (!kept.url.len || !kept.token.len) return;
  struct connect_ticket_owner owner = owner_of(web);
  view->ticket = connect_ticket_seal(web->arena, &owner, &kept);
}

/* The form as it was typed, with `problem` unless it is STATUS_OK. */
static void draw(struct attempt *attempt, struct error_tracking_view *view,
                 const struct problem *problem) {
  struct web *web = attempt->web;
  view->base = base_of(web);
  view->is_active = attempt->form.is_active;
  view->kind = attempt->form.kind;
  view->url = attempt->values.url.base.len ? attempt->values.url.base : attempt->form.url;
  keep(attempt, view);
  if (problem->status) {
    web->response->status = 400;
    view->message = slice_of_string(problem->message);
    view->field = slice_of_string(problem->field);
  }
  wipe_form(attempt);
  settings_draw(web, view);
}

/* --- connecting ------------------------------------------------------------------------------- */

static void on_answer(struct http_call *call) {
  struct probe *probe = (struct probe *)((char *)call - offsetof(struct probe, call));
  struct attempt *attempt = (struct attempt *)((char *)probe - offsetof(struct attempt, probe));
  http_run_again(attempt->web->request);
}

/* The one that was chosen before, that is saved, or that the pasted URL names. A saved project is
 * known by its number when its slug has changed. */
static struct slice choose(const struct attempt *attempt, struct arena *arena) {
  const struct connected *connected = &attempt->probe.connected;
  const struct connection *saved = &attempt->saved;
  const struct sentry_url *url = &attempt->values.url;
  if (connected_find(connected, attempt->form.project)) return attempt->form.project;
  bool is_same = slice_equal(saved->url, connected->url) && saved->remote_project_id;
  for (size_t i = 0; is_same && i < connected->project_count; i++) {
    const struct sentry_project *project = &connected->projects[i];
    if (project->id == saved->remote_project_id)
      return arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(project->organization_slug),
                          SLICE_ARGS(project->slug));
  }
  struct slice named = arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(url->organization_slug),
                                    SLICE_ARGS(url->project_slug));
  return connected_find(connected, named) ? named : SLICE_EMPTY;
}

static struct slice news_of(const struct probe *probe, struct arena *arena, bool is_chosen) {
  size_t count = probe->connected.project_count;
  struct slice who = probe->user.len ? arena_printf(arena, " as %.*s",
                                                    SLICE_ARGS(slice_cut_utf8(probe->user, 100)))
                                     : SLICE_EMPTY;
  return arena_printf(arena, "Connected to %.*s%.*s. %s%zu project%s found.%s",
                      SLICE_ARGS(probe->connected.url), SLICE_ARGS(who),
                      probe->is_cut ? "The first " : "", count, count == 1 ? "" : "s",
                      !count      ? " The token has to belong to a member of a project's team."
                      : is_chosen ? " Save the changes to use it."
                                  : " Choose one and save.");
}

static void show_connected(struct attempt *attempt) {
  struct web *web = attempt->web;
  struct probe *probe = &attempt->probe;
  struct error_tracking_view view = {0};
  struct problem problem = probe->problem;
  view.scope_note = probe_scope_message(probe, web->arena);
  view.lacks_scope = (probe->missing & (PROBE_EVENT_READ | PROBE_PROJECT_READ)) != 0;
  view.project = attempt->form.project;
  if (!problem.status) {
    bool had_project =
        attempt->form.project.len ||
        (attempt->saved.project_slug.len && slice_equal(attempt->saved.url, probe->connected.url));
    view.is_connected = true;
    view.project = choose(attempt, web->arena);
    view.news = news_of(probe, web->arena, view.project.len > 0);
    if (had_project && !view.project.len)
      problem.status = connected_refuse_project(&attempt->saved, attempt->form.project, &problem);
  }
  draw(attempt, &view, &problem);
}

static void ask_or_show(struct attempt *attempt) {
  if (!probe_next(&attempt->probe)) {
    show_connected(attempt);
    return;
  }
  attempt->probe.call.done = on_answer;
  http_park(attempt->web->request);
  http_client_start(attempt->web->application->client, &attempt->probe.call);
}

static void begin_connect(struct attempt *attempt) {
  struct web *web = attempt->web;
  struct problem problem = {0};
  struct error_tracking_view view = {.project = attempt->form.project};
  enum status status = connect_values(web->application->store, web->arena, &attempt->saved,
                                      &attempt->form, &attempt->values, &problem);
  if (!status) status = connect_values_check(&attempt->values, &problem);
  if (status) {
    draw(attempt, &view, &problem);
    return;
  }
  probe_begin(&attempt->probe, web->arena, &attempt->values, attempt->form.project);
  ask_or_show(attempt);
}

/* --- saving ------------------------------------------------------------------------------------
 */

static void save(struct attempt *attempt) {
  struct web *web = attempt->web;
  struct problem problem = {0};
  struct error_tracking_view view = {.project = attempt->form.project};
  const struct settings_target target = {.actor = &web->actor, .project = &web->project};
  enum status status = connect_save(web->application->store, &target, &attempt->form, &problem);
  if (!status) {
    wipe_form(attempt);
    web_flash(web, MESSAGE_SUCCESS, SLICE("The settings are saved."));
    http_redirect(web->response, arena_concat(web->arena, base_of(web), SLICE("#error-tracking")));
  } else if (status == STATUS_BAD_INPUT) {
    struct problem ignored;
    if (connect_values(web->application->store, web->arena, &attempt->saved, &attempt->form,
                       &attempt->values, &ignored))
      attempt->values = (struct connect_values){0};
    draw(attempt, &view, &problem);
  } else {
    web_problem(web, &problem);
  }
}

void error_tracking_submit(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct attempt *attempt = web->pending;
  if (attempt)
    ask_or_show(attempt);
  else if (attempt = read_form(web), http_form_value(request, "connect").len)
    begin_connect(attempt);
  else
    save(attempt);
}

void error_tracking_show(struct http_request *request, struct http_response *response) {
  http_redirect(response, base_of(web_of(request)));
}

/* --- off ----------------------------------------------------------------------------------------
 */

void error_tracking_off(struct web *web) {
  if (!slice_equal_string(web->request->method, "GET") &&
      !slice_equal_string(web->request->method, "HEAD")) {
    struct problem problem;
    problem.status = problem_set(&problem, STATUS_FORBIDDEN,
                                 "Error tracking is off for this project, so nothing was changed.");
    web_problem(web, &problem);
    return;
  }
  struct page page = web_page_open(web, SECTION_ERRORS, SLICE("Errors"));
  const struct error_tracking_view view = {.page = &page, .base = base_of(web)};
  template_error_tracking_off(&web->response->body, &view);
  web_finish_html(web);
}
