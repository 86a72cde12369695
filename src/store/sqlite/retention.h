/* retention.h - see retention.c. */
#ifndef CULPRIT_STORE_SQLITE_RETENTION_H
#define CULPRIT_STORE_SQLITE_RETENTION_H

#include "store/store.h"

/* To be called at least once on each day (since 1970) that the server runs; does its work at the
 * first call of a day. On the writer thread, in a transaction. */
void retention_look(struct transaction *tx, int64_t today);

#endif
