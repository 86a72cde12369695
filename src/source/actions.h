/* actions.h - what people do with errors of a connected Sentry, and with all that a search finds.
 *
 *   page ─► actions_set_status() ─► outbox (on disk) ─► Sentry, now or as soon as it can be reached
 *             │                        │
 *             └─ pending, undoable ◄───┘ action_state.h: what was asked for and is not in the
 *                                        answers of Sentry that were asked for before
 *
 * All actions of a project stand in one lane, so that they reach Sentry in their order. A later
 * status for an error takes the place of an earlier one that waits, so that a Sentry that was away
 * does not see all that was changed meanwhile.
 *
 * What a search finds is changed in steps of 100 errors, by one task whose data tell how far it is.
 * That goes for errors that this server keeps as well.
 */
#ifndef CULPRIT_SOURCE_ACTIONS_H
#define CULPRIT_SOURCE_ACTIONS_H

#include "outbox/outbox.h"
#include "source/source.h"

/* For a connected Sentry: see source_set_status(). All of the change's ids are taken to be of the
 * project: Sentry is asked when it is done. */
enum status actions_set_status(struct source *source, const struct source_change *change,
                               struct source_change_result *result,
                               struct problem *problem) MUST_CHECK;

/* All that a query of the list finds, whatever its sort, limit and cursor. Two that are the same
 * are one while it is under way. Needs ROLE_TO_ACT and SCOPE_EVENT_WRITE. */
struct bulk_request {
  const struct actor *actor;
  const struct source_query *query;
  enum group_status status;
};
enum status actions_set_status_of_all(struct source *source, const struct bulk_request *request,
                                      int64_t *task_id, struct problem *problem) MUST_CHECK;

/* Takes a waiting action back, or stops one that goes on in steps. STATUS_NOT_FOUND: it is not of
 * this project; STATUS_CONFLICT: it is too late. */
struct action_undo {
  const struct actor *actor;
  int64_t task_id;
};
enum status actions_take_back(struct source *source, const struct action_undo *undo,
                              struct problem *problem) MUST_CHECK;

/* The issue that an error of a connected Sentry is linked to was closed at its forge: the error is
 * resolved there. Or it was reopened: it is unresolved again. A forge_follow of forge/forge.h. */
void actions_follow_issue(struct transaction *tx, const struct issue_link *link, bool is_open);

/* The kinds of tasks that this folder runs, for outbox_open(). */
extern const struct outbox_kind action_kinds[];

#endif
