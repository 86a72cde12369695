/* project_list.h - the first page: the projects that a person may see. */
#ifndef CULPRIT_WEB_PROJECT_LIST_H
#define CULPRIT_WEB_PROJECT_LIST_H

#include "http/http.h"
#include "tracker/tracker.h"

struct page;

struct project_row {
  const struct project *project;
  enum role role;
  struct slice path;
  bool sees_errors;   /* a guest sees issues only */
  int64_t unresolved; /* errors */
};

/* What templates/project_list.html draws. */
struct project_list_view {
  const struct page *page;
  struct project_row *rows;
  size_t row_count;
};

void project_list_show(struct http_request *request, struct http_response *response);

#endif
