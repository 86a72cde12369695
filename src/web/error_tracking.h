/* error_tracking.h - the part of a project's settings that says where its errors come from. */
#ifndef CULPRIT_WEB_ERROR_TRACKING_H
#define CULPRIT_WEB_ERROR_TRACKING_H

#include "source/connect.h"
#include "web/web.h"

/* What templates/error_tracking.html draws: the saved values, or those that were just typed. */
struct error_tracking_view {
  const struct page *page;
  struct slice base; /* "/organization/project/-/settings/operations" */
  bool is_active;
  enum source_kind kind;
  struct slice url;
  bool has_token;                    /* a mask stands for it */
  struct slice ticket;               /* of a Connect; empty for none */
  const struct connected *connected; /* whose projects can be chosen; null: none are known */
  struct slice project;              /* the chosen one, "organization/project"; empty for none */
  struct slice project_title;        /* of the saved one */

  bool is_connected;           /* the form is drawn after a Connect that worked */
  struct slice news;           /* what it found */
  struct slice scope_note;     /* what the token may not do */
  bool lacks_scope;            /* and errors cannot be shown without it */
  struct slice field, message; /* what is wrong, and where: "url", "token", "project" or empty */
};

/* Fills the view from what is saved. */
void error_tracking_load(struct web *web, struct error_tracking_view *view);

/* POST .../error_tracking with `connect`: asks the Sentry with the typed values, and shows the
 * form again with its projects. Without: saves. */
void error_tracking_submit(struct http_request *request, struct http_response *response);
/* GET of the same address, of somebody who loads it again: back to the settings. */
void error_tracking_show(struct http_request *request, struct http_response *response);
/* For pages of errors while error tracking is off: says so, and how to turn it on. */
void error_tracking_off(struct web *web);

#endif
