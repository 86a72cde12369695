/* attachments.h - files of an event on its page, and downloading them. */
#ifndef CULPRIT_WEB_ATTACHMENTS_H
#define CULPRIT_WEB_ATTACHMENTS_H

#include "http/http.h"
#include "store/event.h"
#include "web/web.h"

struct attachment_view {
  struct slice name, kind, size, address;
  int64_t time_ms;
};

/* The files of the event, with addresses below the page of the group's event. */
size_t attachment_views(struct web *web, struct transaction *tx, const struct event_row *row,
                        struct attachment_view **views);

/* GET .../{id}/events/{event}/attachments/{attachment} */
http_handler attachment_download;

#endif
