/* link_back.h - a connected Sentry is told of the GitLab issue that was made of one of its errors:
 * a task of the outbox, which src/source/ runs.
 *
 * So the error shows its issue in Sentry as well, where Sentry's GitLab integration or plugin is
 * set up. Where none is, nothing is missing: the link is kept here.
 */
#ifndef CULPRIT_TRACKER_LINK_BACK_H
#define CULPRIT_TRACKER_LINK_BACK_H

#include "store/outbox.h"

#define LINK_BACK_TASK "sentry.link"

struct link_back {
  int64_t project_id, error_id;
  int64_t remote_id, number; /* of the project at GitLab, and of the issue in it */
  int64_t user_id;
  struct slice sentry; /* connection_label(); link_back_add() fills it */
};
/* Nothing when the project is not connected to a Sentry. */
void link_back_add(struct transaction *tx, const struct link_back *draft);
/* False: `task` carries something else. From the arena. */
bool link_back_read(struct arena *arena, const struct outbox_task *task,
                    struct link_back *carried) MUST_CHECK;

#endif
