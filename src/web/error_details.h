/* error_details.h - what the details page draws.
 *
 *   snapshot of the store ─► details_data ─┬─► error_details_view: the error and its history
 *                                          └─► event_view: one event of it
 *
 * The views are built by pure functions and hold all that the templates need; everything belongs to
 * the request's arena.
 */
#ifndef CULPRIT_WEB_ERROR_DETAILS_H
#define CULPRIT_WEB_ERROR_DETAILS_H

#include "forge/forge.h"
#include "grouping/grouping.h"
#include "http/http.h"
#include "store/event.h"
#include "store/feedback.h"
#include "source/source.h"
#include "web/event_view.h"
#include "web/error_issue_view.h"
#include "web/error_merge.h"
#include "web/page.h"

#define DETAILS_FEEDBACK 5

/* What the address asks for. */
struct details_state {
  enum frames_mode frames;
  bool shows_all;
};

/* All that was read for one page. */
struct details_data {
  struct source_details found;
  struct event *event; /* null when its content has expired */
  struct issue_view issue;
  bool has_code; /* the project has a repository or a GitLab */
  bool has_commit;
  struct commit commit; /* of the first release */
  /* Of events that this server keeps. */
  struct attachment_view *attachments; /* of the event */
  size_t attachment_count;
  struct hashes_view hashes;
  struct pairs options;      /* of the project; by which its events are grouped */
  struct feedback *feedback; /* the newest of the error */
  size_t feedback_count;
};

struct release_view {
  struct slice name, shown; /* shown: a full SHA in it is cut to its first digits */
};

/* One line of the activity: icon, words, and a link inside them. */
struct activity_view {
  const char *css_class, *icon;
  struct slice who; /* empty: the server itself */
  const char *text; /* "resolved this" */
  struct slice link_text, link_address;
  struct slice names;   /* of other errors: "APP-1, APP-2" */
  struct slice comment; /* Markdown */
  struct release_view release;
  int64_t time_ms;
};

/* Where the values of one tag lie, over all events of the error. */
struct tag_view {
  struct slice key;
  int64_t total;
  size_t value_count;
  bool has_more_values;
  struct tag_share {
    struct slice value;
    int64_t count;
    int percent;
  } * shares;
  size_t share_count;
};

struct error_details_view {
  const struct page *page;
  const struct source_error *error;
  const struct group *group; /* of it */
  struct slice type, value;
  struct source_news news;
  struct slice refresh_address; /* one more parameter may follow */
  bool may_act;
  struct slice list_address, details_address, issue_form_address;
  struct slice state_query; /* "?frames=all", to go along with links to other events */
  struct release_view first_release, last_release;
  int64_t day_events;          /* in the last 24 hours */
  const int64_t *hours, *days; /* SOURCE_HOURS and SOURCE_DAYS */
  struct issue_view issue;
  bool has_commit;
  const struct commit *commit;
  struct slice commit_address, commit_short;
  struct tag_view *tags;
  size_t tag_count, tags_hidden;
  struct activity_view *activities;
  size_t activity_count;
  bool has_event; /* its content is there to be shown */
  const struct event_view *event;
  struct hashes_view hashes;
  const struct feedback *feedback;
  size_t feedback_count;
};

/* GET .../{id}/details and GET .../{id}/events/{event}, with .json and .md behind the event. */
http_handler error_details_show;
http_handler error_event_show;

#endif
