/* session_counter.h - sessions counted in memory until the writer's next tick. */
#ifndef CULPRIT_STORE_SQLITE_SESSION_COUNTER_H
#define CULPRIT_STORE_SQLITE_SESSION_COUNTER_H

#include "store/store.h"

struct session_counter;
/* Adds its tick to the store. Close it when the writer has ended. */
struct session_counter *session_counter_open(struct store *store);
void session_counter_close(struct session_counter *counter);

#endif
