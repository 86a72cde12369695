/* limits_page.h - the settings of ingest itself: allowed origins and rate limits. */
#ifndef CULPRIT_WEB_LIMITS_PAGE_H
#define CULPRIT_WEB_LIMITS_PAGE_H

#include "web/web.h"

/* Windows that are offered for a client key's limit, in seconds; 0 is no limit. */
#define KEY_WINDOWS 5
struct key_window {
  int64_t seconds;
  const char *title; /* "a minute" */
};
extern const struct key_window key_windows[KEY_WINDOWS];

/* What templates/limits_page.html draws. */
struct limits_view {
  const struct page *page;
  struct slice base; /* "/organization/project/-/settings/limits" */
  struct slice origins, rate_limits;
  struct slice message; /* why what was entered is not saved; empty mostly */
  struct client_key *keys;
  size_t key_count;
};

void limits_show(struct http_request *request, struct http_response *response);
/* POST: `origins` and `rate_limits`. */
void limits_submit(struct http_request *request, struct http_response *response);
/* POST .../keys: `count` errors in `window` seconds for the key `id`. */
void limits_key_submit(struct http_request *request, struct http_response *response);

#endif
