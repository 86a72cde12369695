/* ledger.h - the ledger's memory, for the writer; see store/ledger.h and ledger.c. */
#ifndef CULPRIT_STORE_SQLITE_LEDGER_H
#define CULPRIT_STORE_SQLITE_LEDGER_H

#include <pthread.h>

#include "base/map.h"
#include "store/ledger.h"

struct ledger_count {
  struct ledger_entry entry;
  int64_t written; /* of its quantity, by the running transaction */
};

/* Counts by everything but their quantity. */
struct ledger_table {
  struct map entries; /* struct ledger_key, in `arena` -> struct ledger_count, in `arena` */
  struct arena arena;
  struct ledger_count *last; /* counted last: mostly the next one is the same */
};

struct ledger {
  struct store_tick tick; /* first: the store gives it back */
  /* What all threads count, under `mutex`, which is held for a look-up. */
  pthread_mutex_t mutex;
  struct ledger_table gathered;
  uint64_t counted, written; /* calls of ledger_count(), and how many of them are on disk */
  /* The writer thread's own. */
  struct ledger_table leaving;        /* taken out of `gathered`, until it is on disk */
  uint64_t leaving_counted;           /* of `counted`, when that was taken */
  bool is_leaving_written;            /* in the running transaction */
  struct ledger_table of_transaction; /* counted by the running transaction */
};

void ledger_open(struct store *store);
void ledger_close(struct ledger *ledger);

/* On the writer thread. Writes what the running transaction counted. */
void ledger_flush(struct transaction *tx);
/* Forgets what was counted since; for a write that is undone alone. */
void ledger_forget(struct ledger *ledger);
/* The running transaction is on disk, or was rolled back. */
void ledger_committed(struct ledger *ledger);
void ledger_rolled_back(struct ledger *ledger);
/* Forgets hours of days before `day`. */
void ledger_drop_before(struct transaction *tx, int64_t day);

#endif
