/* strand_row.h - rows of the table strand; see store/strand.h. */
#ifndef CULPRIT_STORE_SQLITE_STRAND_ROW_H
#define CULPRIT_STORE_SQLITE_STRAND_ROW_H

#include "store/sqlite/database.h"
#include "store/sqlite/recent.h"
#include "store/strand.h"

/* The ids of a group's strands. */
struct strand_set strand_set_of(struct transaction *tx, struct arena *arena, int64_t group_id);

/* The row as it is: the figures are right only when the group has several strands. */
bool strand_row_get(struct transaction *tx, struct arena *arena, int64_t id, struct strand *strand);

/* A new strand without events. `own` gives project, texts and times. Returns the id. */
struct strand_draft {
  int64_t group_id;
  struct group_hash hash;
  const struct group *own;
};
int64_t strand_row_insert(struct transaction *tx, const struct strand_draft *draft);
/* Writes figures and texts. */
void strand_row_update(struct transaction *tx, int64_t id, const struct group *own);

/* The project's hash leads to that strand from now on. */
void strand_take_hash(struct transaction *tx, int64_t project_id, const struct group_hash *hash,
                      int64_t strand_id);

/* Writes the figures of a group's only strand to its row, so that the group can get a second one.
 * Nothing must be pending in hot.h. */
void strand_settle(struct transaction *tx, int64_t group_id);
/* Moves a strand; figures of both groups have to be refreshed afterwards. */
void strand_set_group(struct transaction *tx, int64_t id, int64_t group_id);
/* Makes the group's row the sum of its strands. A group without strands is left as it is. */
void group_refresh(struct transaction *tx, int64_t group_id);

/* Takes a group out of all lists, or back. */
void group_hide(struct transaction *tx, int64_t group_id, int64_t merged_into);
void group_unhide(struct transaction *tx, int64_t group_id);
/* A new group without strands, not hidden, with the texts of `own` and the given status. */
int64_t group_insert_empty(struct transaction *tx, const struct group *own,
                           enum group_status status, int64_t now_ms);

#endif
