/* sign_in.c - signing in with a password or a link, signing out, and the theme.
 *
 * Signing in always begins a new session, so that a cookie from before cannot
 * become somebody's session. Where a person wanted to go travels in the form
 * and is followed only when it is a path on this server.
 */
#include "web/sign_in.h"

#include "templates.h"

#include "base/banned.h"

#define THEME_COOKIE_AGE_S INT64_C(31536000)

struct slice safe_return_path(struct slice path) {
  bool is_path = path.len && path.ptr[0] == '/' && url_is_harmless(path);
  return is_path ? path : SLICE("/");
}

static void find_forges(struct web *web, struct sign_in_view *view) {
  struct transaction *tx = store_begin_read(web->application->store);
  size_t count = forge_server_list(tx, web->arena, &view->forges);
  store_end_read(tx);
  view->forge_count = 0;
  for (size_t i = 0; i < count; i++)
    if (view->forges[i].is_sign_in) view->forges[view->forge_count++] = view->forges[i];
}

void sign_in_send(struct web *web, struct sign_in_view *view) {
  struct page page = web_page_open(web, SECTION_NONE, SLICE("Sign in"));
  find_forges(web, view);
  view->page = &page;
  template_sign_in(&web->response->body, view);
  web_finish_html(web);
}

void sign_in_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct sign_in_view view = {.return_to = http_query_value(request, "return")};
  if (web->actor.user_id) {
    http_redirect(response, safe_return_path(view.return_to));
    return;
  }
  sign_in_send(web, &view);
}

void sign_in_begin_session(struct web *web, struct slice session, struct slice return_to) {
  if (web->session.len) account_sign_out(web->application->store, web->session);
  http_set_cookie(web->request, web->response, SESSION_COOKIE, session, WEB_SESSION_AGE_S);
  http_redirect(web->response, safe_return_path(return_to));
}

void sign_in_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct sign_in_view view = {.login = http_form_value(request, "login"),
                              .return_to = http_form_value(request, "return")};
  struct sign_in attempt = {.login = view.login,
                            .password = http_form_value(request, "password"),
                            .client_address = request->client_address};
  struct slice session;
  struct problem problem = {0};
  enum status status =
      account_sign_in(web->application->store, web->arena, &attempt, &session, &problem);
  if (status == STATUS_OK) {
    sign_in_begin_session(web, session, view.return_to);
    return;
  }
  response->status = status_http_code(status);
  view.error = slice_of_string(problem.message);
  sign_in_send(web, &view);
}

/* A link signs in at once, because it comes from this machine's console or from an administrator.
 * HEAD, which previews of links send, does not use it up. */
void sign_in_by_link(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  if (!slice_equal_string(request->method, "GET")) return;
  struct slice session;
  struct problem problem = {0};
  if (account_sign_in_by_link(web->application->store, web->arena,
                              http_query_value(request, "secret"), &session,
                              &problem) == STATUS_OK) {
    sign_in_begin_session(web, session, SLICE("/"));
    return;
  }
  struct sign_in_view view = {.error = slice_of_string(problem.message)};
  response->status = status_http_code(problem.status);
  sign_in_send(web, &view);
}

void sign_out_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  if (web->session.len) account_sign_out(web->application->store, web->session);
  http_set_cookie(request, response, SESSION_COOKIE, SLICE_EMPTY, 0);
  http_redirect(response, SLICE(WEB_SIGN_IN_PATH));
}

void theme_submit(struct http_request *request, struct http_response *response) {
  struct slice theme = http_form_value(request, "theme");
  bool is_known = slice_equal_string(theme, "light") || slice_equal_string(theme, "dark");
  http_set_cookie(request, response, WEB_THEME_COOKIE, is_known ? theme : SLICE_EMPTY,
                  is_known ? THEME_COOKIE_AGE_S : 0);
  http_redirect(response, safe_return_path(http_form_value(request, "return")));
}
