/* feedback_page.h - what users wrote. */
#ifndef CULPRIT_WEB_FEEDBACK_PAGE_H
#define CULPRIT_WEB_FEEDBACK_PAGE_H

#include "store/feedback.h"
#include "web/web.h"

struct feedback_row {
  const struct feedback *feedback;
  struct slice event_address; /* empty: the event is not there */
  struct slice error_title;
};

/* What templates/feedback.html draws. */
struct feedback_view {
  const struct page *page;
  struct feedback_row *rows;
  size_t row_count;
  struct slice next; /* address; empty for none */
};

http_handler feedback_list_show;

#endif
