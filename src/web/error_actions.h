/* error_actions.h - finding an error from an address and acting on it; shared by the list and the
 * details. */
#ifndef CULPRIT_WEB_ERROR_ACTIONS_H
#define CULPRIT_WEB_ERROR_ACTIONS_H

#include "source/source.h"
#include "web/web.h"

/* "/organization/project/-/error_tracking" of web->project. */
struct slice error_base(const struct web *web);
/* "/organization/project/-/error_tracking/12/details". */
struct slice error_details_address(const struct web *web, int64_t group_id);
/* Where a linked issue is read: a page of ours, or the other tracker's. */
struct slice issue_link_address(const struct web *web, const struct issue_link *link);

/* The error of web->project with that id, in decimal, whose events this server keeps; false when it
 * is not there or belongs to another project. */
bool error_find(struct web *web, struct transaction *tx, struct slice id, struct group *group);

/* Errors, and what they get. */
struct error_choice {
  const int64_t *ids;
  size_t count;
  enum group_status status;
};
/* Sets the status of errors of the project's source, and leaves a message for the next page.
 * `shown` are errors of the page that was acted on, for their names; it may be null. False: a
 * problem page was sent. */
bool error_set_status(struct web *web, const struct error_choice *choice,
                      const struct source_page *shown);
/* Does what the pressed button of a form says: its name is "resolve", "ignore" or "unresolve", its
 * value the error's id. Leaves a message for the next page. False: a problem page was sent. */
bool error_act(struct web *web, const struct source_page *shown);

/* POST .../{id}/details: the status buttons; leads back to the page. */
http_handler error_details_act;
/* GET /{organization}/{project}/issues/{id}: leads to the details; `id` in decimal or "APP-1A". */
http_handler error_jump;

#endif
