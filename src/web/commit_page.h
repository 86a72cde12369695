/* commit_page.h - one commit of a project's repository. */
#ifndef CULPRIT_WEB_COMMIT_PAGE_H
#define CULPRIT_WEB_COMMIT_PAGE_H

#include "forge/forge.h"
#include "http/http.h"

struct page;

/* What templates/commit.html draws. */
struct commit_view {
  const struct page *page;
  const struct commit_details *details;
  struct slice base; /* "/organization/project/-/commit" */
  struct slice body; /* the message without its title */
};

/* The class of a line of a unified diff: "add", "del", "hunk", "file" or "". */
const char *diff_line_class(struct slice line);

/* GET /{organization}/{project}/-/commit/{sha}; the SHA may be abbreviated. */
void commit_show(struct http_request *request, struct http_response *response);

#endif
