/* event_text.h - an event as plain text and as Markdown, to read raw and to paste elsewhere. */
#ifndef CULPRIT_WEB_EVENT_TEXT_H
#define CULPRIT_WEB_EVENT_TEXT_H

#include "base/buffer.h"
#include "event/event.h"
#include "store/event.h"
#include "store/group.h"

/* Buffers are called `plain` because what goes into them is no HTML and is not escaped.
 *
 * The exceptions, or else the main stack trace, complete, in the manner of the platform: Python's
 * traceback with the newest call last, others with the newest call first. */
void event_text_stack(struct buffer *plain, const struct event *event);

struct event_markdown {
  const struct event *event;
  const struct event_row *row;
  const struct group *group;
  struct slice short_id, address; /* absolute, of the event's page */
};
void event_text_markdown(struct buffer *plain, const struct event_markdown *markdown);

#endif
