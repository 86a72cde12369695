/* event_row.h - finding events by address and by id. */
#ifndef CULPRIT_STORE_SQLITE_EVENT_ROW_H
#define CULPRIT_STORE_SQLITE_EVENT_ROW_H

#include "store/event.h"
#include "store/sqlite/database.h"
#include "store/sqlite/recent.h"

/* The last event of the strands before `ref`. */
bool event_row_before(struct transaction *tx, struct strand_set strands, int64_t ref,
                      struct event_row *row);

/* The row of the event in a day's id table, 0 when it is not there. The key is a keyed hash of
 * project and id; ids whose hashes meet stand at the next key. `free_key` gets the first key that
 * nobody has. */
int64_t event_id_row(struct transaction *tx, int64_t day, int64_t project_id,
                     const struct event_id *id, int64_t *free_key);

#endif
