/* remote_link.h - issues that errors of a connected Sentry are linked to; one each at most.
 *
 * As issue_link of group.h, with Sentry's id of the error in `group_id`; apart from it, because
 * those ids are not ours.
 */
#ifndef CULPRIT_STORE_REMOTE_LINK_H
#define CULPRIT_STORE_REMOTE_LINK_H

#include "store/group.h"

struct remote_link {
  struct issue_link link;
  bool was_resolved; /* the error was, when it was last looked at: to notice that it came back */
  int64_t told_ms;   /* when that was seen, or done: what was asked for before does not know */
};

bool remote_link_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                      int64_t error_id, struct remote_link *found);
bool remote_link_find_by_number(struct transaction *tx, struct arena *arena, int64_t project_id,
                                int64_t number, struct remote_link *found);
/* STATUS_CONFLICT when the error has one already. */
enum status remote_link_create(struct transaction *tx, const struct issue_link *link,
                               struct problem *problem) MUST_CHECK;
struct remote_status {
  int64_t project_id, error_id;
  bool is_resolved;
  int64_t time_ms;
};
void remote_link_set_resolved(struct transaction *tx, const struct remote_status *status);
/* Linked errors that were resolved when they were last looked at, with ids above `after_id`, in the
 * order of their ids. */
size_t remote_link_list_resolved(struct transaction *tx, struct arena *arena, int64_t project_id,
                                 int64_t after_id, size_t limit, int64_t **error_ids);

#endif
