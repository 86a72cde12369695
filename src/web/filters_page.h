/* filters_page.h - the settings of inbound filters. */
#ifndef CULPRIT_WEB_FILTERS_PAGE_H
#define CULPRIT_WEB_FILTERS_PAGE_H

#include "event/filter.h"
#include "web/option_form.h"

#define FILTER_SWITCHES 7
extern const struct option_switch filter_switches[FILTER_SWITCHES];

#define FILTER_BROWSERS 8
struct filter_browser {
  const char *name; /* as in the option: "opera_mini" */
  const char *title, *help;
};
extern const struct filter_browser filter_browsers[FILTER_BROWSERS];

/* What templates/filters_page.html draws. */
struct filters_view {
  const struct page *page;
  struct slice base;    /* "/organization/project/-/settings/filters" */
  struct slice message; /* why what was entered is not saved; empty mostly */
  struct pairs options; /* as kept, or as entered */
};

/* Whether old versions of that browser are filtered. */
bool filters_has_browser(struct pairs options, const struct filter_browser *browser);

void filters_show(struct http_request *request, struct http_response *response);
void filters_submit(struct http_request *request, struct http_response *response);

#endif
