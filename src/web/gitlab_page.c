/* gitlab_page.c - the settings of a project's link to a project at GitLab.
 *
 * Saving asks GitLab, so that the request is parked meanwhile and runs again with the answer
 * (web.pending). What is refused is shown again as it was entered, but for the token.
 */
#include "web/gitlab_page.h"

#include "api/gitlab_hook.h"
#include "templates.h"

#include "base/banned.h"

static struct slice base_of(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/gitlab"));
}

static struct forge_link_form form_of(const struct project_forge *link) {
  return (struct forge_link_form){.forge_id = link->forge_id,
                                  .project = link->path,
                                  .token = link->token.len ? SLICE(FORGE_TOKEN_MASK) : SLICE_EMPTY,
                                  .labels = link->labels,
                                  .is_confidential = link->is_confidential,
                                  .closes_issues = link->closes_issues,
                                  .reopens_issues = link->reopens_issues,
                                  .resolves_on_close = link->resolves_on_close,
                                  .takes_roles = link->takes_roles};
}

bool gitlab_has_error(const struct gitlab_view *view, const char *field) {
  return view->message.len && slice_equal_string(slice_of_string(view->field), field);
}

/* What people who link a project want mostly. */
static const struct forge_link_form defaults = {.closes_issues = true, .resolves_on_close = true};

static void fill(struct web *web, struct gitlab_view *view) {
  struct forge_project link;
  struct transaction *tx = store_begin_read(web->application->store);
  view->server_count = forge_server_list(tx, web->arena, &view->servers);
  view->is_linked = forge_link_read(tx, web->arena, web->project.id, &link);
  store_end_read(tx);
  bool is_entered = view->message.len > 0;
  if (view->is_linked) {
    view->server_name = link.server.name;
    view->path = link.project.path;
    view->web_url = link.project.web_url;
    view->has_token = link.project.token.len > 0;
    view->has_any_token = view->has_token || link.server.token.len > 0;
    view->has_secret = link.project.webhook_secret.len > 0;
    if (!is_entered) view->form = form_of(&link.project);
  } else if (!is_entered) {
    view->form = defaults;
  }
  view->hook_url =
      arena_printf(web->arena, "%.*s" GITLAB_HOOK_PATH "%lld",
                   SLICE_ARGS(web->application->public_url), (long long)web->project.id);
}

static void draw(struct web *web, struct gitlab_view *view) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("GitLab project"));
  view->page = &page;
  view->base = base_of(web);
  if (!view->field) view->field = "";
  fill(web, view);
  template_gitlab_page(&web->response->body, view);
  web_finish_html(web);
}

void gitlab_page_show(struct http_request *request, struct http_response *response) {
  struct gitlab_view view = {0};
  (void)response;
  draw(web_of(request), &view);
}

/* --- saving -------------------------------------------------------------------------------------
 */

static struct settings_target target_of(const struct web *web) {
  return (struct settings_target){.actor = &web->actor, .project = &web->project};
}

static bool is_ticked(struct web *web, const char *name) {
  return http_form_value(web->request, name).len > 0;
}

static struct forge_link_form read_form(struct web *web) {
  struct forge_link_form form = {
      .project = slice_trim(http_form_value(web->request, "gitlab_project")),
      .token = slice_trim(http_form_value(web->request, "token")),
      .labels = slice_trim(http_form_value(web->request, "labels")),
      .is_confidential = is_ticked(web, "confidential"),
      .closes_issues = is_ticked(web, "close_issues"),
      .reopens_issues = is_ticked(web, "reopen_issues"),
      .resolves_on_close = is_ticked(web, "resolve_errors"),
      .takes_roles = is_ticked(web, "take_roles"),
  };
  if (!slice_to_i64(http_form_value(web->request, "forge"), &form.forge_id)) form.forge_id = 0;
  return form;
}

static void go_back(struct web *web, struct slice done) {
  web_flash(web, MESSAGE_SUCCESS, done);
  http_redirect(web->response, base_of(web));
}

static void show_again(struct web *web, const struct forge_link_change *change,
                       const struct problem *problem) {
  /* The URL that a call could not be made to is the server's. */
  bool is_server = slice_equal_string(slice_of_string(problem->field), "url");
  struct gitlab_view view = {.form = change->form,
                             .field = is_server ? "forge" : problem->field,
                             .message = slice_of_string(problem->message)};
  view.form.token = change->keeps_token ? SLICE(FORGE_TOKEN_MASK) : SLICE_EMPTY;
  web->response->status = 400;
  draw(web, &view);
}

static void finish_save(struct web *web, const struct forge_link_change *change) {
  struct problem problem = change->problem;
  enum status status = change->status;
  if (!status) status = forge_link_save(web->application->forge, change, &problem);
  if (!status)
    go_back(web, arena_printf(web->arena, "The project is linked to %.*s.",
                              SLICE_ARGS(change->project.path)));
  else if (status == STATUS_FORBIDDEN && !change->status)
    web_problem(web, &problem);
  else
    show_again(web, change, &problem);
}

static void save(struct web *web) {
  struct forge_link_change *change = ARENA_NEW(web->arena, struct forge_link_change);
  *change = (struct forge_link_change){.form = read_form(web),
                                       .target = target_of(web),
                                       .user_id = web->actor.user_id,
                                       .is_admin = web->actor.is_admin};
  web->pending = change;
  if (!forge_link_check(web->application->forge, web->request, change)) finish_save(web, change);
}

static void new_secret(struct web *web) {
  struct settings_target target = target_of(web);
  struct gitlab_view view = {0};
  struct problem problem = {0};
  if (forge_link_new_secret(web->application->forge, web->arena, &target, &view.new_secret,
                            &problem))
    web_problem(web, &problem);
  else
    draw(web, &view);
}

static void unlink_project(struct web *web) {
  struct settings_target target = target_of(web);
  struct problem problem = {0};
  if (forge_link_remove(web->application->forge, &target, &problem))
    web_problem(web, &problem);
  else
    go_back(web, SLICE("The project is not linked to GitLab any more."));
}

void gitlab_page_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  (void)response;
  if (web->pending)
    finish_save(web, web->pending);
  else if (is_ticked(web, "secret"))
    new_secret(web);
  else if (is_ticked(web, "unlink"))
    unlink_project(web);
  else
    save(web);
}
