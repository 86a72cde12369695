/* grouping_page.h - the settings page of a project's grouping rules. */
#ifndef CULPRIT_WEB_GROUPING_PAGE_H
#define CULPRIT_WEB_GROUPING_PAGE_H

#include "web/web.h"

/* What templates/grouping_page.html draws. */
struct grouping_view {
  const struct page *page;
  struct slice base; /* "/organization/project/-/settings/grouping" */
  struct slice stack_rules, fingerprint_rules;
  struct slice message; /* why what was entered is not saved; empty mostly */
  bool is_stack_wrong;  /* which of the two it is about */
};

void grouping_show(struct http_request *request, struct http_response *response);
/* POST: `stack_rules` and `fingerprint_rules`. */
void grouping_submit(struct http_request *request, struct http_response *response);

#endif
