/* oauth_page.c - see oauth_page.h.
 *
 * The way to GitLab is an answer of ours with a Refresh header and a link, and not a redirect: a
 * page may only send forms to this server (Content-Security-Policy: form-action), and browsers hold
 * that against every redirect that follows. GitLab may well lead on to yet another server, where
 * its own people sign in, so that no list of servers would do.
 */
#include "web/oauth_page.h"

#include "account/limits.h"
#include "account/oauth.h"
#include "templates.h"
#include "web/account_page.h"
#include "web/sign_in.h"

#include "base/banned.h"

/* --- to the server ------------------------------------------------------------------------- */

struct begin_wait {
  struct web_wait wait;
  struct oauth_start start;
  struct oauth_way way;
};

static enum status begin_run(struct web_wait *wait, struct problem *problem) {
  struct begin_wait *begin = (struct begin_wait *)wait;
  struct web *web = wait->web;
  return oauth_begin(web->application->oauth, web->arena, &begin->start, &begin->way, problem);
}

/* Who is signed in sees the message on their account page, others on the form. */
static void send_failure(struct web *web, const struct problem *problem, struct slice return_to) {
  struct sign_in_view view = {.error = slice_of_string(problem->message), .return_to = return_to};
  if (web->actor.user_id) {
    web_flash(web, MESSAGE_DANGER, view.error);
    http_redirect(web->response, SLICE(ACCOUNT_PATH "#forges"));
    return;
  }
  web->response->status = status_http_code(problem->status);
  sign_in_send(web, &view);
}

static void send_away(struct web *web, const struct oauth_way *way) {
  struct page page = web_page_open(web, SECTION_NONE, SLICE("Sign in"));
  struct leave_view view = {.page = &page, .name = way->name, .url = way->url};
  http_set_cookie(web->request, web->response, OAUTH_COOKIE, way->browser, OAUTH_FLOW_MS / 1000);
  http_set_header(web->response, "Refresh",
                  arena_printf(web->arena, "0; url=%.*s", SLICE_ARGS(way->url)));
  http_set_header(web->response, "Cache-Control", SLICE("no-store"));
  template_sign_in_leave(&web->response->body, &view);
  web_finish_html(web);
}

void oauth_begin_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  (void)response;
  if (!web->pending) {
    struct begin_wait *begin = ARENA_NEW(web->arena, struct begin_wait);
    begin->wait.run = begin_run;
    begin->start = (struct oauth_start){.user_id = web->actor.user_id,
                                        .browser = http_cookie(request, OAUTH_COOKIE),
                                        .client_address = request->client_address,
                                        .public_url = web->application->public_url,
                                        .return_to = http_form_value(request, "return")};
    if (slice_to_i64(http_parameter(request, "forge"), &begin->start.forge_id))
      web_wait_elsewhere(web, &begin->wait);
    else
      web_not_found(web, "This server");
    return;
  }
  struct begin_wait *begin = web->pending;
  if (begin->wait.status)
    send_failure(web, &begin->wait.problem, begin->start.return_to);
  else
    send_away(web, &begin->way);
}

/* --- and back -------------------------------------------------------------------------------- */

struct callback_wait {
  struct web_wait wait;
  struct oauth_callback callback;
  struct oauth_result result;
};

static enum status callback_run(struct web_wait *wait, struct problem *problem) {
  struct callback_wait *back = (struct callback_wait *)wait;
  struct web *web = wait->web;
  return oauth_finish(web->application->oauth, web->arena, &back->callback, &back->result, problem);
}

static void end_cookie(struct web *web) {
  http_set_cookie(web->request, web->response, OAUTH_COOKIE, SLICE_EMPTY, 0);
}

static void arrive(struct web *web, const struct oauth_result *result) {
  struct slice session;
  struct problem problem = {0};
  end_cookie(web);
  if (result->is_link) {
    web_flash(web, MESSAGE_SUCCESS, SLICE("The account is linked. You can sign in with it now."));
    http_redirect(web->response, SLICE(ACCOUNT_PATH "#forges"));
  } else if (account_start_session(web->application->store, web->arena, result->user_id, &session,
                                   &problem)) {
    send_failure(web, &problem, result->return_to);
  } else {
    sign_in_begin_session(web, session, result->return_to);
  }
}

void oauth_callback_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  if (!slice_equal_string(request->method, "GET")) return;
  if (!web->pending) {
    struct callback_wait *back = ARENA_NEW(web->arena, struct callback_wait);
    back->wait.run = callback_run;
    back->callback = (struct oauth_callback){.user_id = web->actor.user_id,
                                             .browser = http_cookie(request, OAUTH_COOKIE),
                                             .state = http_query_value(request, "state"),
                                             .code = http_query_value(request, "code"),
                                             .error = http_query_value(request, "error"),
                                             .issuer = http_query_value(request, "iss"),
                                             .public_url = web->application->public_url};
    if (slice_to_i64(http_parameter(request, "forge"), &back->callback.forge_id))
      web_wait_elsewhere(web, &back->wait);
    else
      web_not_found(web, "This server");
    return;
  }
  struct callback_wait *back = web->pending;
  http_set_header(response, "Cache-Control", SLICE("no-store"));
  /* The address holds a code; no page that is loaded from here learns of it. */
  http_set_header(response, "Referrer-Policy", SLICE("no-referrer"));
  if (back->wait.status)
    send_failure(web, &back->wait.problem, back->result.return_to);
  else
    arrive(web, &back->result);
}

/* --- unlinking ----------------------------------------------------------------------------------
 */

struct unlink_wait {
  struct web_wait wait;
  struct forge_server server;
};

static enum status unlink_run(struct web_wait *wait, struct problem *problem) {
  struct unlink_wait *unlinking = (struct unlink_wait *)wait;
  struct web *web = wait->web;
  return grant_unlink(oauth_grants(web->application->oauth), &unlinking->server, web->actor.user_id,
                      problem);
}

static bool find_forge(struct web *web, struct forge_server *server) {
  int64_t id;
  if (!slice_to_i64(http_parameter(web->request, "forge"), &id)) return false;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = forge_server_get(tx, web->arena, id, server);
  store_end_read(tx);
  return is_found;
}

void oauth_unlink_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  if (!web->pending) {
    struct unlink_wait *unlinking = ARENA_NEW(web->arena, struct unlink_wait);
    unlinking->wait.run = unlink_run;
    if (find_forge(web, &unlinking->server))
      web_wait_elsewhere(web, &unlinking->wait);
    else
      web_not_found(web, "This server");
    return;
  }
  const struct unlink_wait *unlinking = web->pending;
  bool is_done = unlinking->wait.status == STATUS_OK;
  web_flash(web, is_done ? MESSAGE_SUCCESS : MESSAGE_DANGER,
            is_done ? SLICE("The account is not linked any more.")
                    : slice_of_string(unlinking->wait.problem.message));
  http_redirect(response, SLICE(ACCOUNT_PATH "#forges"));
}
