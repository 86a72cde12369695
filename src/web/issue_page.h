/* issue_page.h - one issue: its text, its notes, and what people do with it. */
#ifndef CULPRIT_WEB_ISSUE_PAGE_H
#define CULPRIT_WEB_ISSUE_PAGE_H

#include "http/http.h"
#include "store/issue.h"
#include "web/web.h"

/* What templates/issue_page.html draws. */
struct issue_page_view {
  const struct page *page;
  const struct issue *issue;
  const struct note *notes;
  size_t note_count;
  struct slice base, address; /* of the list, and of this issue */
  bool may_comment, may_close;
  bool has_error; /* linked to one that the person may see */
  struct slice error_address, error_title, error_short_id;
  const char *error_status;
  bool offers_reopen; /* closed, but its error came back */
};

/* What templates/issue_new.html draws. */
struct issue_new_view {
  const struct page *page;
  struct slice base;
  struct slice title, description; /* as typed before */
  struct slice problem;            /* why it did not work; empty at first */
};

void issue_page_show(struct http_request *request, struct http_response *response);
/* POST .../notes: `body` is a comment; `action` is "comment", "close" or "reopen". */
void issue_note_submit(struct http_request *request, struct http_response *response);
void issue_new_show(struct http_request *request, struct http_response *response);
void issue_new_submit(struct http_request *request, struct http_response *response);

/* What a note of that kind did: "closed this issue"; empty for a comment. */
const char *note_sentence(enum note_kind kind);

#endif
