/* monitor_page.h - monitors of a project, and one with its check-ins. */
#ifndef CULPRIT_WEB_MONITOR_PAGE_H
#define CULPRIT_WEB_MONITOR_PAGE_H

#include "store/monitor.h"
#include "web/web.h"

struct monitor_row {
  const struct monitor *monitor;
  const struct monitor_environment *environments;
  size_t environment_count;
  struct slice schedule; /* in words: "every 5 minutes", or the crontab */
};

/* What both templates draw. */
struct monitor_view {
  const struct page *page;
  struct slice base; /* "/organization/project/-/monitors" */
  bool may_act;
  struct monitor_row *rows; /* of the one monitor: one */
  size_t row_count;
  struct slice next; /* address; empty for none */

  /* templates/monitor.html */
  const struct check_in *check_ins; /* newest first */
  size_t check_in_count;
};

/* How a state looks: the class of a badge, and its word. */
struct monitor_mark {
  const char *css_class, *title;
};
struct monitor_mark monitor_mark(enum check_in_status status);

http_handler monitor_list_show, monitor_show, monitor_submit;

#endif
