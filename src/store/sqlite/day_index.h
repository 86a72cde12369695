/* day_index.h - finding events of a day by id and by strand.
 *
 *   event_id_DAY(key -> row)        event_strand_DAY(strand, row)
 *
 * Entries come here in slices: every DAY_INDEX_STEP events one of DAY_INDEX_SLICES parts of the
 * keys, and of the strands, is brought up to date, so that the entries of a page are written
 * together. What is not here yet is in recent.h. After a restart that is read again from the last
 * rows of the day.
 */
#ifndef CULPRIT_STORE_SQLITE_DAY_INDEX_H
#define CULPRIT_STORE_SQLITE_DAY_INDEX_H

#include "base/bytes.h"
#include "store/sqlite/database.h"
#include "store/sqlite/recent.h"

#define DAY_INDEX_SLICES 64
#define DAY_INDEX_STEP (RECENT_WINDOW / DAY_INDEX_SLICES)

/* Reads the newest events of the newest day into memory. At the start, and after a failed
 * transaction. */
void day_index_load(struct transaction *tx);
/* A day begins: what is left of the newest day so far is written. */
void day_index_begin(struct transaction *tx, int64_t day);
/* Takes the event at `row` of `day`; its key is the free one that event_id_row() gave. */
struct day_entry {
  int64_t day, row, key, strand_id;
};
void day_index_add(struct transaction *tx, const struct day_entry *entry);

/* The keyed hash by which an event's id is found. */
int64_t day_index_key(struct transaction *tx, int64_t project_id, const struct event_id *id);
/* The row with that key, or 0. */
int64_t day_index_find(struct transaction *tx, int64_t day, int64_t key);
/* The neighbouring rows of a group's strands; 0 when there is none. */
int64_t day_index_previous(struct transaction *tx, int64_t day, struct strand_set strands,
                           int64_t row);
int64_t day_index_next(struct transaction *tx, int64_t day, struct strand_set strands, int64_t row);
/* Gives an event to another strand, in the index and in memory. The memory is read again when the
 * transaction fails. */
void day_index_move(struct transaction *tx, int64_t day, int64_t row, const int64_t from_to[2]);

#endif
