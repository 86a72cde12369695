/* web.h - what the handler of every page has at hand.
 *
 *   request ─► web_before(): headers, who acts, CSRF, project and role ─► handler ─► web_page()
 *                   │                                                        │
 *                   └── refused: sign-in page or problem page ◄── web_problem()
 *
 * The table of routes names the access beside each path; a route that names none is refused. A
 * handler that runs has what its route asked for, so it begins with its own work. Everything here
 * belongs to the request and dies with it.
 */
#ifndef CULPRIT_WEB_WEB_H
#define CULPRIT_WEB_WEB_H

#include "account/account.h"
#include "http/http.h"
#include "ingest/application.h"
#include "store/project.h"
#include "web/page.h"

/* What templates/problem.html draws. */
struct problem_view {
  const struct page *page;
  int code; /* of HTTP */
  struct slice title, message;
};

/* Access of a route (http_route.access). Zero is refused. Values of pages carry WEB_ROUTE, so that
 * they can stand in one server beside routes of the API. */
#define WEB_ROUTE 0x10000u
/* Files of the program, the same for everybody: no session is looked up. */
#define WEB_STATIC (WEB_ROUTE | 0x500u)
#define WEB_ANYONE (WEB_ROUTE | 0x100u)
#define WEB_SIGNED_IN (WEB_ROUTE | 0x200u)
#define WEB_ADMIN (WEB_ROUTE | 0x300u)
/* The path has {organization} and {project}, where the actor needs at least this role. */
#define WEB_PROJECT(role) (WEB_ROUTE | 0x400u | (unsigned)(role))
/* With WEB_PROJECT: error tracking has to be on, else a page says that it is off. */
#define WEB_ERRORS 0x800u

/* Every page's route; ends with a null pattern. */
extern const struct http_route web_routes[];

#define WEB_THEME_COOKIE "theme"
#define WEB_SESSION_AGE_S                                                \
  INT64_C(2592000) /* of the cookie: 30 days, as long as a session lives \
                    */
#define WEB_SIGN_IN_PATH "/users/sign_in"
/* The form field that every POST carries. */
#define WEB_CSRF_FIELD "_csrf"

struct web {
  struct http_request *request;
  struct http_response *response;
  struct application *application;
  struct arena *arena;
  struct actor actor;      /* user_id 0: nobody is signed in */
  struct slice session;    /* the cookie's value; empty for nobody */
  struct slice csrf_token; /* for the forms of the page; empty for nobody */
  struct project project;  /* of WEB_PROJECT routes; id 0 elsewhere */
  enum role role;          /* of the actor in that project */
  int64_t now_ms;          /* all times of a page are relative to it */
  void *pending;           /* what a handler that parked the request goes on with; null at first */
};

/* The context that web_before() made for this request. */
struct web *web_of(struct http_request *request);

/* For http_server_options: routes whose access carries WEB_ROUTE. */
bool web_before(struct http_request *request, struct http_response *response);
/* For http_server_options: what has no handler, as a page. */
void web_on_problem(struct http_request *request, struct http_response *response,
                    const struct problem *problem);

/* Answers with a problem page of the status that stands for it. */
void web_problem(struct web *web, const struct problem *problem);
/* The same for a request that cannot be understood. */
void web_refuse(struct web *web, const char *message);
/* The same for what is not there. `what` completes "... was not found". */
void web_not_found(struct web *web, const char *what);

/* Says `message` at the top of the next page that this browser loads: a cookie of a minute. To be
 * called before http_redirect(). */
void web_flash(struct web *web, enum page_message_kind kind, struct slice message);

/* Fills what all pages share: the actor, the project, the theme, the message that web_flash() left
 * (which is deleted by it). */
struct page web_page_open(struct web *web, enum page_section section, struct slice title);

/* "/organization/project" of web->project. */
struct slice web_project_path(const struct web *web);

/* Work of a page that waits for other servers. Embed it first in a struct of the request's arena.
 */
struct web_wait {
  /* Called on a thread of its own, with the request's arena to itself. */
  enum status (*run)(struct web_wait *wait, struct problem *problem);
  struct web *web;
  enum status
      status; /* of `run`; STATUS_BUSY when too many pages wait already and it did not run */
  struct problem problem;
};
/* Parks the request and calls its handler again, with web->pending set, when `run` is done. To be
 * called before anything is written. */
void web_wait_elsewhere(struct web *web, struct web_wait *wait);

bool web_accepts_gzip(const struct http_request *request);
/* Ends a page that stands in the response's body: sets its type. */
void web_finish_html(struct web *web);
/* Answers with text that is no page ("application/json", "text/markdown; charset=utf-8"). */
void web_send_text(struct web *web, const char *content_type, struct slice text);

#endif
