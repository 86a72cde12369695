/* settings.c - a project's settings, shown.
 *
 * Which SDK's set-up is shown stands in the address (`sdk`), so that the page
 * works without a script.
 */
#include "web/settings.h"

#include "store/forge_server.h"
#include "templates.h"

#include "base/banned.h"

const enum role settings_roles[SETTINGS_ROLES] = {ROLE_GUEST, ROLE_REPORTER, ROLE_DEVELOPER,
                                                  ROLE_MAINTAINER, ROLE_OWNER};

struct slice settings_base(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/operations"));
}

static void fill_keys(struct web *web, struct transaction *tx, struct settings_view *view) {
  struct client_key *keys;
  view->key_count = client_key_list(tx, web->arena, web->project.id, &keys);
  view->keys = ARENA_ARRAY(web->arena, view->key_count, struct key_row);
  for (size_t i = 0; i < view->key_count; i++) {
    struct slice dsn = client_key_dsn(web->arena, web->application->public_url, &keys[i]);
    view->keys[i] = (struct key_row){.key = &keys[i], .dsn = dsn};
    if (view->dsn.len || !keys[i].is_active) continue;
    struct slice url = web->application->public_url;
    view->dsn = dsn;
    view->security_address = client_key_address(web->arena, url, &keys[i], "security");
    view->minidump_address = client_key_address(web->arena, url, &keys[i], "minidump");
  }
}

static void fill_members(struct web *web, struct transaction *tx, struct settings_view *view) {
  struct project_forge link;
  struct forge_server server;
  view->member_count = member_list(tx, web->arena, web->project.id, &view->members);
  view->has_forge_roles = project_forge_get(tx, web->arena, web->project.id, &link) &&
                          link.takes_roles &&
                          forge_server_get(tx, web->arena, link.forge_id, &server);
  if (!view->has_forge_roles) return;
  view->roles_forge = server.name;
  view->roles_path = link.path;
  view->roles_problem = link.roles_problem;
}

void settings_draw(struct web *web, struct error_tracking_view *error_tracking) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("Settings"));
  struct settings_view view = {
      .page = &page,
      .project = &web->project,
      .base = settings_base(web),
      .role = web->role,
      .snippet = snippet_find(http_query_value(web->request, "sdk"), web->project.platform),
      .error_tracking = error_tracking,
  };
  error_tracking->page = &page;
  struct transaction *tx = store_begin_read(web->application->store);
  fill_keys(web, tx, &view);
  fill_members(web, tx, &view);
  store_end_read(tx);
  view.snippet_text = snippet_text(web->arena, view.snippet, view.dsn);
  if (web->project.repository.len) {
    view.forge = forge_repository_state(web->application->forge, web->arena, &web->project);
  }
  template_settings(&web->response->body, &view);
  web_finish_html(web);
}

void settings_show(struct http_request *request, struct http_response *response) {
  struct error_tracking_view error_tracking;
  struct web *web = web_of(request);
  (void)response;
  error_tracking_load(web, &error_tracking);
  settings_draw(web, &error_tracking);
}
