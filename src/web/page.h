/* page.h - what every page has: the frame that templates/layout.html draws.
 *
 * A handler fills a struct page (page_open() does most of it), puts its own
 * data beside it and calls its template. Slices borrow from the request's arena.
 */
#ifndef CULPRIT_WEB_PAGE_H
#define CULPRIT_WEB_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* The entry of the navigation that is marked. */
enum page_section {
  SECTION_NONE,
  SECTION_PROJECTS,
  SECTION_ERRORS,
  SECTION_ISSUES,
  SECTION_RELEASES,
  SECTION_MONITORS,
  SECTION_FEEDBACK,
  SECTION_INGEST,
  SECTION_SETTINGS,
  SECTION_ACCOUNT,
  SECTION_USERS,
  SECTION_FORGES,
};

enum page_message_kind { MESSAGE_INFO, MESSAGE_SUCCESS, MESSAGE_WARNING, MESSAGE_DANGER };

struct page {
  struct slice title; /* of the browser's tab */
  int64_t now_ms;
  const char *theme; /* "light", "dark", or "" for the system's */
  enum page_section section;
  struct slice address; /* path and query of this page, for forms that lead back to it */

  struct slice user_name;    /* the signed-in person's; empty when nobody is signed in */
  struct slice display_name; /* the same person's, for people */
  bool is_admin;
  struct slice csrf_token; /* of the session; goes into every form */

  /* The project that the page belongs to; both empty when it belongs to none. */
  struct slice organization, project; /* slugs */
  struct slice project_path;          /* "/organization/project" */
  struct slice project_home;          /* its first page: the errors, for guests the issues */
  bool may_see_errors;
  bool may_change_settings;

  struct slice message; /* what the last action did; empty mostly */
  enum page_message_kind message_kind;
};

#endif
