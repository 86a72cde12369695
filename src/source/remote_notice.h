/* remote_notice.h - errors of a connected Sentry that were resolved and came back, or were resolved
 * there: noticed when it answers, and told to the issues they are linked to. */
#ifndef CULPRIT_SOURCE_REMOTE_NOTICE_H
#define CULPRIT_SOURCE_REMOTE_NOTICE_H

#include "source/remote.h"

/* What an answer says of statuses. */
struct remote_sight {
  int64_t error_id;
  bool is_resolved;
};
struct remote_sights {
  struct remote_sight *sights;
  size_t count;
};
/* Of an answer that was understood; of events there is nothing to see. */
void remote_sights_read(struct arena *arena, enum remote_kind kind, struct slice body,
                        struct remote_sights *sights);
/* On the writer thread. What was seen or done after `asked_ms` counts more than the answer. */
void remote_notice(struct transaction *tx, int64_t project_id, int64_t asked_ms,
                   const struct remote_sights *sights);

#endif
