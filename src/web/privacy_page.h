/* privacy_page.h - the settings of scrubbing, and what they would take out of kept events. */
#ifndef CULPRIT_WEB_PRIVACY_PAGE_H
#define CULPRIT_WEB_PRIVACY_PAGE_H

#include "event/scrub.h"
#include "web/option_form.h"

#define PRIVACY_SWITCHES 3
extern const struct option_switch privacy_switches[PRIVACY_SWITCHES];

/* The preview looks at the newest event of so many errors, those seen last, and shows so many
 * places. */
#define PREVIEW_EVENTS 25
#define PREVIEW_ROWS 100

/* One place in one or more events, and an example. */
struct preview_row {
  struct slice path; /* with "*" for places in lists */
  struct slice rule, before, after;
  size_t count; /* of values */
};

/* What templates/privacy_page.html draws. */
struct privacy_view {
  const struct page *page;
  struct slice base;    /* "/organization/project/-/settings/privacy" */
  struct slice message; /* why what was entered is not saved; empty mostly */
  struct pairs options; /* as kept, or as entered */
  bool has_preview;
  size_t event_count; /* looked at */
  struct preview_row *rows;
  size_t row_count;
  bool has_more; /* more places than rows */
};

void privacy_show(struct http_request *request, struct http_response *response);
/* POST: the options; `action` is "save", or "preview", which keeps nothing. */
void privacy_submit(struct http_request *request, struct http_response *response);

#endif
