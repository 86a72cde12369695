/* regress.h - what a regress says to the linked issue. */
#ifndef CULPRIT_TRACKER_REGRESS_H
#define CULPRIT_TRACKER_REGRESS_H

#include "store/event.h"
#include "store/group.h"
#include "store/store.h"

/* Adds a comment (NOTE_REGRESSED) to the built-in issue that `group` is linked to; nothing without
 * one. To be called in the transaction that turns the group back to unresolved. The state of the
 * issue does not change: its page offers to reopen it. */
void tracker_note_regress(struct transaction *tx, const struct group *group,
                          const struct digest *digest);
/* The same for an error of a connected Sentry, of which only its link is here. */
void tracker_note_remote_regress(struct transaction *tx, const struct issue_link *link);

#endif
