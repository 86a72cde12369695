/* change.h - the log of what merging, splitting and regrouping moved. */
#ifndef CULPRIT_STORE_SQLITE_CHANGE_H
#define CULPRIT_STORE_SQLITE_CHANGE_H

#include "store/sqlite/database.h"
#include "store/strand.h"

int64_t change_insert(struct transaction *tx, const struct group_change *change);
/* Notes where a strand is and where it goes. The first note of a change stays. */
struct strand_step {
  int64_t strand_id, to_group;
  const struct group_hash *to_hash; /* null: it keeps its hash */
};
void change_note_strand(struct transaction *tx, int64_t change_id, const struct strand_step *step);
/* A group that the change made (is_new) or emptied into another. */
void change_note_group(struct transaction *tx, int64_t change_id, int64_t group_id, bool is_new,
                       int64_t merged_into);
void change_set_undone(struct transaction *tx, int64_t change_id, int64_t now_ms);

#endif
