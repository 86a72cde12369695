/* web.c - the frame of every page request: who acts, what they may, and how answers leave.
 *
 * web_before() runs ahead of each handler. It sets the headers that protect a page, finds the
 * person behind the session cookie, checks the CSRF token of what is not a GET, and then asks for
 * what the route's access says. Whoever is not signed in is sent to the sign-in page and comes back
 * afterwards; what a person may not see answers as if it were not there.
 *
 * Page forms are only ever sent by our own pages. So a request that changes something is refused
 * when the browser says that another site made it, even before somebody is signed in.
 */
#include "web/web.h"

#include <string.h>

#include "account/oauth.h"
#include "base/clock.h"
#include "store/connection.h"
#include "store/store.h"
#include "templates.h"
#include "tracker/tracker.h"
#include "web/error_tracking.h"
#include "web/form_token.h"

#include "base/banned.h"

#define ROLE_BITS 0xffu
#define MESSAGE_COOKIE "culprit_message"
#define MESSAGE_COOKIE_AGE_S 60
#define MESSAGE_LIMIT_BYTES 400

static const struct {
  const char *name, *value;
} page_headers[] = {
    /* No inline script or style, nothing from elsewhere, no framing. */
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
     "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "private, no-cache"},
};

static void set_page_headers(struct http_response *response) {
  for (size_t i = 0; i < sizeof(page_headers) / sizeof(page_headers[0]); i++) {
    http_set_header(response, page_headers[i].name, slice_of_string(page_headers[i].value));
  }
}

/* --- who acts -------------------------------------------------------------------- */

static struct web *web_make(struct http_request *request, struct http_response *response) {
  struct web *web = ARENA_NEW(request->arena, struct web);
  web->request = request;
  web->response = response;
  web->application = request->application;
  web->arena = request->arena;
  web->now_ms = clock_now_ms();
  request->user = web;
  return web;
}

struct web *web_of(struct http_request *request) {
  return request->user;
}

static void find_actor(struct web *web, struct transaction *tx) {
  struct slice session = http_cookie(web->request, SESSION_COOKIE);
  if (session.len && account_by_session(tx, web->arena, session, &web->actor)) {
    web->session = session;
    web->csrf_token = form_token_make(web->arena, session);
  } else {
    web->actor = (struct actor){0};
  }
}

/* --- what they may ----------------------------------------------------------------- */

static bool is_safe_method(struct slice method) {
  return slice_equal_string(method, "GET") || slice_equal_string(method, "HEAD");
}

static enum status check_origin(const struct web *web, struct problem *problem) {
  if (is_safe_method(web->request->method)) {
    return STATUS_OK;
  }
  struct slice site = http_header(web->request, "Sec-Fetch-Site");
  bool is_foreign = slice_equal_string(site, "cross-site") || slice_equal_string(site, "same-site");
  if (is_foreign ||
      (web->session.len && !form_token_check(web->arena, web->session,
                                             http_form_value(web->request, WEB_CSRF_FIELD)))) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This form was not sent from one of our pages, or the page was too old. Go "
                       "back, load it again and repeat what you did.");
  }
  return STATUS_OK;
}

static enum status check_project(struct web *web, struct transaction *tx, enum role role,
                                 struct problem *problem) {
  struct access_request access = {
      .actor = &web->actor,
      .organization = http_parameter(web->request, "organization"),
      .project = http_parameter(web->request, "project"),
      .role = role,
      .scope = SCOPE_EVENT_READ,
  };
  struct project project;
  enum status status = access_project(tx, web->arena, &access, &project, problem);
  /* A project that looks as if it were not there must not name itself in the page that says so. */
  if (status != STATUS_NOT_FOUND) {
    web->project = project;
    web->role = access_role(tx, &web->actor, &project);
  }
  return status;
}

static enum status check_access(struct web *web, struct transaction *tx, struct problem *problem) {
  unsigned access = web->request->route->access;
  if (access == WEB_ANYONE) {
    return STATUS_OK;
  }
  if (!web->actor.user_id) {
    return problem_set(problem, STATUS_UNAUTHENTICATED, "Sign in to see this page.");
  }
  if (access == WEB_SIGNED_IN) {
    return STATUS_OK;
  }
  if (access == WEB_ADMIN) {
    return web->actor.is_admin
               ? STATUS_OK
               : problem_set(problem, STATUS_FORBIDDEN, "This page is for administrators.");
  }
  if ((access & ~(ROLE_BITS | WEB_ERRORS)) == WEB_PROJECT(0)) {
    return check_project(web, tx, (enum role)(access & ROLE_BITS), problem);
  }
  return problem_set(problem, STATUS_FORBIDDEN, "Nobody may use this page.");
}

/* Whether the page is one of errors, and the project's error tracking is off. */
static bool is_off(struct web *web, struct transaction *tx) {
  struct connection connection;
  if (!(web->request->route->access & WEB_ERRORS)) return false;
  connection_get(tx, web->arena, web->project.id, &connection);
  return !connection.is_active;
}

/* Only addresses of pages are remembered: what a form sent is gone anyway. */
static void redirect_to_sign_in(struct web *web) {
  struct slice path = SLICE(WEB_SIGN_IN_PATH);
  if (is_safe_method(web->request->method) && !slice_equal_string(web->request->target, "/")) {
    path = arena_printf(web->arena, WEB_SIGN_IN_PATH "?return=%.*s",
                        SLICE_ARGS(url_encode(web->arena, web->request->target)));
  }
  http_redirect(web->response, path);
}

bool web_before(struct http_request *request, struct http_response *response) {
  if (request->route->access == WEB_STATIC) {
    return true;
  }
  struct web *web = web_make(request, response);
  set_page_headers(response);
  struct problem problem = {0};
  struct transaction *tx = store_begin_read(web->application->store);
  find_actor(web, tx);
  enum status status = check_origin(web, &problem);
  if (status == STATUS_OK) {
    status = check_access(web, tx, &problem);
  }
  bool must_tell = status == STATUS_OK && is_off(web, tx);
  store_end_read(tx);
  if (must_tell) {
    error_tracking_off(web);
    return false;
  }
  if (status == STATUS_UNAUTHENTICATED) {
    redirect_to_sign_in(web);
  } else if (status != STATUS_OK) {
    web_problem(web, &problem);
  }
  return status == STATUS_OK;
}

/* --- problems ------------------------------------------------------------------------ */

static struct slice problem_title(int code) {
  switch (code) {
    case 400: return SLICE("That does not look right");
    case 401: return SLICE("Sign in first");
    case 403: return SLICE("You may not do that");
    case 404: return SLICE("Nothing is here");
    case 405: return SLICE("That cannot be done here");
    case 409: return SLICE("Somebody was faster");
    case 413: return SLICE("That is too much");
    case 429: return SLICE("Too many attempts");
    case 503: return SLICE("Try again in a moment");
    default: return code < 500 ? SLICE("That request was refused") : SLICE("Something went wrong");
  }
}

static void send_problem(struct web *web, int code, const struct problem *problem) {
  struct page page = web_page_open(web, SECTION_NONE, problem_title(code));
  web->response->status = code;
  buffer_clear(&web->response->body);
  struct problem_view view = {.page = &page,
                              .code = code,
                              .title = page.title,
                              .message = slice_of_string(problem->message)};
  template_problem(&web->response->body, &view);
  web_finish_html(web);
}

void web_problem(struct web *web, const struct problem *problem) {
  send_problem(web, status_http_code(problem->status), problem);
}

void web_refuse(struct web *web, const char *message) {
  struct problem problem = {0};
  if (problem_set(&problem, STATUS_BAD_INPUT, "%s", message) != STATUS_OK) {
    web_problem(web, &problem);
  }
}

void web_not_found(struct web *web, const char *what) {
  struct problem problem = {0};
  if (problem_set(&problem, STATUS_NOT_FOUND, "%s was not found.", what) != STATUS_OK) {
    web_problem(web, &problem);
  }
}

/* The server may have refused the request before it had a status of ours (405, 431): then the
 * response has it. */
void web_on_problem(struct http_request *request, struct http_response *response,
                    const struct problem *problem) {
  struct web *web = web_make(request, response);
  set_page_headers(response);
  int code = response->status >= 400 ? response->status : status_http_code(problem->status);
  send_problem(web, code, problem);
}

/* --- messages from one page to the next ------------------------------------------------ */

void web_flash(struct web *web, enum page_message_kind kind, struct slice message) {
  struct slice text = slice_cut_utf8(message, MESSAGE_LIMIT_BYTES);
  struct slice value =
      arena_printf(web->arena, "%d%.*s", (int)kind, SLICE_ARGS(url_encode(web->arena, text)));
  http_set_cookie(web->request, web->response, MESSAGE_COOKIE, value, MESSAGE_COOKIE_AGE_S);
}

static void take_message(struct web *web, struct page *page) {
  struct slice value = http_cookie(web->request, MESSAGE_COOKIE);
  if (value.len < 2 || value.ptr[0] < '0' || value.ptr[0] > '0' + MESSAGE_DANGER) {
    return;
  }
  page->message_kind = (enum page_message_kind)(value.ptr[0] - '0');
  struct slice text = url_decode(web->arena, slice_from(value, 1), false);
  page->message = slice_cut_utf8(utf8_repair(web->arena, text), MESSAGE_LIMIT_BYTES);
  http_set_cookie(web->request, web->response, MESSAGE_COOKIE, SLICE_EMPTY, 0);
}

/* --- waiting for other servers ----------------------------------------------------------- */

static void wait_main(void *context) {
  struct web_wait *wait = context;
  wait->status = wait->run(wait, &wait->problem);
  http_run_again(wait->web->request);
}

void web_wait_elsewhere(struct web *web, struct web_wait *wait) {
  wait->web = web;
  web->pending = wait;
  http_park(web->request);
  if (oauth_run(web->application->oauth, wait_main, wait)) return;
  wait->status = problem_set(&wait->problem, STATUS_BUSY,
                             "Too many pages wait for other servers just now. Try again in a "
                             "moment.");
  http_run_again(web->request);
}

/* --- pages ------------------------------------------------------------------------------ */

static const char *theme_of(const struct http_request *request) {
  struct slice theme = http_cookie(request, WEB_THEME_COOKIE);
  return slice_equal_string(theme, "dark")    ? "dark"
         : slice_equal_string(theme, "light") ? "light"
                                              : "";
}

struct page web_page_open(struct web *web, enum page_section section, struct slice title) {
  struct page page = {
      .title = title,
      .now_ms = web->now_ms,
      .theme = theme_of(web->request),
      .section = section,
      .address = web->request->target,
      .user_name = web->actor.username,
      .display_name = web->actor.name.len ? web->actor.name : web->actor.username,
      .is_admin = web->actor.is_admin,
      .csrf_token = web->csrf_token,
  };
  if (web->project.id) {
    page.organization = web->project.organization_slug;
    page.project = web->project.slug;
    page.project_path = web_project_path(web);
    page.may_change_settings = web->role >= ROLE_TO_CONFIGURE;
    page.may_see_errors = web->role >= ROLE_TO_SEE_ERRORS;
    page.project_home =
        arena_concat(web->arena, page.project_path,
                     page.may_see_errors ? SLICE("/-/error_tracking") : SLICE("/-/issues"));
  }
  take_message(web, &page);
  return page;
}

struct slice web_project_path(const struct web *web) {
  return arena_printf(web->arena, "/%.*s/%.*s", SLICE_ARGS(web->project.organization_slug),
                      SLICE_ARGS(web->project.slug));
}

/* --- answers ---------------------------------------------------------------------------- */

bool web_accepts_gzip(const struct http_request *request) {
  struct slice rest = http_header(request, "Accept-Encoding");
  while (rest.len) {
    struct slice parameters = slice_split(&rest, ',');
    struct slice coding = slice_trim(slice_split(&parameters, ';'));
    if (slice_equal_ignore_case(coding, SLICE("gzip"))) {
      struct slice weight = slice_trim(parameters);
      return !slice_equal_string(weight, "q=0") && !slice_starts_with(weight, SLICE("q=0.000"));
    }
  }
  return false;
}

/* The server compresses what goes out. */
static void finish(struct web *web, struct slice content_type) {
  http_set_header(web->response, "Content-Type", content_type);
  http_add_header(web->response, "Vary", SLICE("Cookie"));
}

void web_finish_html(struct web *web) { finish(web, SLICE("text/html; charset=utf-8")); }

void web_send_text(struct web *web, const char *content_type, struct slice text) {
  buffer_append_slice(&web->response->body, text);
  finish(web, slice_of_string(content_type));
}
