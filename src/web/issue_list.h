/* issue_list.h - the issues of a project's built-in tracker. */
#ifndef CULPRIT_WEB_ISSUE_LIST_H
#define CULPRIT_WEB_ISSUE_LIST_H

#include "http/http.h"
#include "store/issue.h"
#include "web/web.h"

#define ISSUE_LIST_TABS 3
#define ISSUE_SEARCH_LIMIT 200

struct issue_tab {
  const char *name;
  struct slice address;
  bool is_current, is_counted;
  int64_t count;
};

/* What templates/issue_list.html draws. */
struct issue_list_view {
  const struct page *page;
  struct slice base;           /* "/organization/project/-/issues" */
  const char *state_name;      /* "opened", "closed" or "all" */
  struct slice text;           /* searched for; empty for none */
  struct slice next, previous; /* addresses; empty for none */
  struct issue_tab tabs[ISSUE_LIST_TABS];
  struct issue_page issues;
  bool may_open;
};

void issue_list_show(struct http_request *request, struct http_response *response);

/* "/organization/project/-/issues", and that of one issue. */
struct slice issue_base(const struct web *web);
struct slice issue_address(const struct web *web, int64_t number);

#endif
