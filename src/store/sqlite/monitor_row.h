/* monitor_row.h - what else of the store knows about monitors. */
#ifndef CULPRIT_STORE_SQLITE_MONITOR_ROW_H
#define CULPRIT_STORE_SQLITE_MONITOR_ROW_H

#include "store/store.h"

/* Forgets check-ins that came before. */
void check_in_purge(struct transaction *tx, int64_t before_ms);

#endif
