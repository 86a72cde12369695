/* description.h - the Markdown text of an issue made from an error. */
#ifndef CULPRIT_TRACKER_DESCRIPTION_H
#define CULPRIT_TRACKER_DESCRIPTION_H

#include "event/event.h"
#include "store/group.h"

struct description {
  const struct group *group;
  struct slice short_id;     /* "APP-1A" */
  struct slice url;          /* of the error's page here */
  struct slice remote_url;   /* of its page at the connected Sentry; empty for our own errors */
  const struct event *event; /* the latest; null when it has expired */
};

/* Links to the error's page, first and last seen, events, users, and the stack trace of the latest
 * event in a fenced block that its content cannot end. At most about 20 KiB, from the arena. */
struct slice describe_error(struct arena *arena, const struct description *description);

/* The exceptions of an event with their frames as plain text, newest call first, at most
 * ISSUE_STACK_BYTES; without any frames the title alone. */
struct slice describe_stack(struct arena *arena, const struct event *event);

#endif
