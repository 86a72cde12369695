/* forges_page.c - see forges_page.h.
 *
 * A server is made with its name and URL alone: only then its redirect URI is known, which GitLab
 * wants to have before it gives an application's id and secret. Secrets are never shown again.
 */
#include "web/forges_page.h"

#include "account/forge_settings.h"
#include "templates.h"
#include "web/web.h"

#include "base/banned.h"

static size_t people_of(struct web *web, struct transaction *tx, int64_t forge_id) {
  struct forge_identity *identities;
  return forge_identity_list(tx, web->arena, forge_id, 0, &identities);
}

static size_t projects_of(struct web *web, struct transaction *tx, int64_t forge_id) {
  struct project_forge *links;
  return project_forge_list(tx, web->arena, forge_id, &links);
}

/* --- the list -------------------------------------------------------------------------------- */

static void send_list(struct web *web, struct forges_view *view) {
  struct page page = web_page_open(web, SECTION_FORGES, SLICE("Forges"));
  struct forge_server *servers;
  struct transaction *tx = store_begin_read(web->application->store);
  view->count = forge_server_list(tx, web->arena, &servers);
  view->rows = ARENA_ARRAY(web->arena, view->count, struct forge_row);
  for (size_t i = 0; i < view->count; i++)
    view->rows[i] = (struct forge_row){.server = &servers[i],
                                       .people = people_of(web, tx, servers[i].id),
                                       .projects = projects_of(web, tx, servers[i].id)};
  store_end_read(tx);
  view->page = &page;
  template_forges(&web->response->body, view);
  web_finish_html(web);
}

void forges_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct forges_view view = {0};
  send_list(web_of(request), &view);
}

static void lead_to(struct web *web, int64_t id) {
  http_redirect(web->response, arena_printf(web->arena, FORGES_PATH "/%lld", (long long)id));
}

void forges_create(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct forge_draft draft = {.name = http_form_value(request, "name"),
                              .url = http_form_value(request, "url")};
  struct problem problem = {0};
  int64_t id;
  if (!forge_save(web->application->store, &draft, &id, &problem)) {
    web_flash(web, MESSAGE_SUCCESS, SLICE("The forge is added. Go on here."));
    lead_to(web, id);
    return;
  }
  web_flash(web, MESSAGE_DANGER, slice_of_string(problem.message));
  http_redirect(response, SLICE(FORGES_PATH));
}

/* --- one of them -------------------------------------------------------------------------------
 */

static bool find_server(struct web *web, struct forge_server *server) {
  int64_t id;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = slice_to_i64(http_parameter(web->request, "id"), &id) &&
                  forge_server_get(tx, web->arena, id, server);
  store_end_read(tx);
  if (!is_found) web_not_found(web, "This forge");
  return is_found;
}

void forge_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct forge_view view = {0};
  if (!find_server(web, &view.server)) return;
  struct page page = web_page_open(web, SECTION_FORGES, view.server.name);
  struct transaction *tx = store_begin_read(web->application->store);
  view.people = people_of(web, tx, view.server.id);
  view.projects = projects_of(web, tx, view.server.id);
  store_end_read(tx);
  view.page = &page;
  view.redirect_url = oauth_redirect_url(web->arena, web->application->public_url, view.server.id);
  view.is_open = !slice_starts_with(view.server.url, SLICE("https://"));
  template_forge(&web->response->body, &view);
  web_finish_html(web);
}

/* What a look at the server says, in a sentence or three. */
static struct slice report_text(struct web *web, const struct forge_report *report) {
  struct slice token = SLICE_EMPTY, application = SLICE_EMPTY;
  if (report->token.status)
    token = arena_printf(web->arena, "The token does not work: %s ", report->token.message);
  else if (report->has_token)
    token = arena_printf(web->arena, "The token works, with version %.*s. ",
                         SLICE_ARGS(report->version));
  if (report->application.status)
    application =
        arena_printf(web->arena, "Signing in does not work: %s", report->application.message);
  else if (report->has_application)
    application = SLICE("Signing in works, if the redirect URI is entered there.");
  if (!token.len && !application.len)
    return SLICE("There is neither a token nor an application to check.");
  return arena_concat(web->arena, token, application);
}

struct forge_wait {
  struct web_wait wait;
  struct forge_server server;
  struct forge_report report;
  bool is_saved;
};

static enum status check_run(struct web_wait *wait, struct problem *problem) {
  struct forge_wait *check = (struct forge_wait *)wait;
  struct web *web = wait->web;
  (void)problem;
  forge_check(web->application->oauth, web->arena, &check->server, &check->report);
  return STATUS_OK;
}

static void send_report(struct web *web) {
  const struct forge_wait *check = web->pending;
  bool is_wrong = check->report.token.status || check->report.application.status;
  struct slice text = check->wait.status ? slice_of_string(check->wait.problem.message)
                                         : report_text(web, &check->report);
  if (check->is_saved) text = arena_concat(web->arena, SLICE("Saved. "), text);
  web_flash(web, is_wrong || check->wait.status ? MESSAGE_WARNING : MESSAGE_SUCCESS, text);
  lead_to(web, check->server.id);
}

static void start_check(struct web *web, const struct forge_server *server, bool is_saved) {
  struct forge_wait *check = ARENA_NEW(web->arena, struct forge_wait);
  check->wait.run = check_run;
  check->server = *server;
  check->is_saved = is_saved;
  web_wait_elsewhere(web, &check->wait);
}

static bool is_ticked(const struct web *web, const char *field) {
  return http_form_value(web->request, field).len > 0;
}

static void save(struct web *web, struct forge_server *server) {
  struct forge_draft draft = {.id = server->id,
                              .name = http_form_value(web->request, "name"),
                              .url = http_form_value(web->request, "url"),
                              .client_id = http_form_value(web->request, "client_id"),
                              .client_secret = http_form_value(web->request, "client_secret"),
                              .token = http_form_value(web->request, "token"),
                              .forgets_token = is_ticked(web, "forgets_token"),
                              .is_sign_in = is_ticked(web, "is_sign_in"),
                              .may_create_users = is_ticked(web, "may_create_users"),
                              .is_moved = is_ticked(web, "is_moved")};
  struct problem problem = {0};
  int64_t id;
  if (forge_save(web->application->store, &draft, &id, &problem)) {
    web_flash(web, MESSAGE_DANGER, slice_of_string(problem.message));
    lead_to(web, server->id);
    return;
  }
  if (find_server(web, server)) start_check(web, server, true);
}

static void remove_server(struct web *web, const struct forge_server *server) {
  struct problem problem = {0};
  bool is_done = forge_remove(web->application->store, server->id, &problem) == STATUS_OK;
  web_flash(web, is_done ? MESSAGE_SUCCESS : MESSAGE_DANGER,
            is_done ? SLICE("The forge is removed.") : slice_of_string(problem.message));
  http_redirect(web->response, SLICE(FORGES_PATH));
}

void forge_act(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct slice action = http_form_value(request, "action");
  struct forge_server server;
  if (web->pending)
    send_report(web);
  else if (!find_server(web, &server))
    return;
  else if (slice_equal_string(action, "save"))
    save(web, &server);
  else if (slice_equal_string(action, "check"))
    start_check(web, &server, false);
  else if (slice_equal_string(action, "remove"))
    remove_server(web, &server);
  else
    web_refuse(web, "The action has to be save, check or remove.");
}
