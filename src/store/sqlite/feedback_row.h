/* feedback_row.h - what else of the store knows about feedback. */
#ifndef CULPRIT_STORE_SQLITE_FEEDBACK_ROW_H
#define CULPRIT_STORE_SQLITE_FEEDBACK_ROW_H

#include "store/store.h"

/* Forgets feedback that came before. */
void feedback_purge(struct transaction *tx, int64_t before_ms);

#endif
