/* release_page.h - releases of a project: how many sessions and users they served without a crash.
 */
#ifndef CULPRIT_WEB_RELEASE_PAGE_H
#define CULPRIT_WEB_RELEASE_PAGE_H

#include "store/release_health.h"
#include "web/web.h"

#define RELEASE_PERIODS 3
struct release_period {
  const char *name, *title; /* of the address; for people: "24 hours" */
  const char *words;        /* "last 24 hours" */
  int64_t hours;
  int64_t bar_hours; /* of a bar of the chart */
};
extern const struct release_period release_periods[RELEASE_PERIODS];

/* What both templates draw. */
struct releases_view {
  const struct page *page;
  struct slice base;  /* "/organization/project/-/releases" */
  struct slice here;  /* the address of this page without its query */
  struct slice state; /* "?period=7d&environment=production", to go along with links */
  const struct release_period *period;
  struct slice environment; /* empty: all */
  struct slice *environments;
  size_t environment_count;

  /* templates/releases.html */
  struct release_page releases;
  struct slice next, previous; /* addresses; empty for none */

  /* templates/release.html */
  struct release_health health;
  struct slice errors_address; /* of the errors' list */
  int64_t *bars, *bad_bars;    /* sessions, and those that crashed; oldest first */
  size_t bar_count;
};

http_handler release_list_show, release_show;
/* GET /{organization}/{project}/releases/{version...}: Sentry's address; leads to the release. */
http_handler release_jump;

#endif
