/* internal.h - the store's own state, for the files of this folder. */
#ifndef CULPRIT_STORE_SQLITE_INTERNAL_H
#define CULPRIT_STORE_SQLITE_INTERNAL_H

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "store/sqlite/database.h"
#include "store/sqlite/hot.h"
#include "store/sqlite/ledger.h"
#include "store/sqlite/recent.h"
#include "store/vault.h"

struct dictionaries;
struct session_counter;

struct store {
  char *directory, *database_path;
  int lock_file;

  /* The queue, under `mutex`. */
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  struct store_write *first, *last;
  size_t queue_length;
  bool is_closing;
  struct store_tick *ticks;

  struct ledger ledger; /* counted by all threads */

  /* The writer thread's own. */
  pthread_t writer;
  struct transaction tx;
  struct hot_cache hot;
  struct recent recent;                 /* asked by all threads */
  int64_t committed_day, committed_row; /* of `recent`, before the running transaction */
  bool is_recent_changed; /* besides what was added: to be read again after a failure */
  int64_t partition_day;  /* the day whose tables are known to exist; 0: none */
  int64_t next_row;       /* of that day */
  int64_t claimed_key;    /* under which the event being digested will be found by its id */
  bool has_day_before, has_day_after;
  int64_t checked_day; /* when retention was looked at last */
  int64_t ticked_us;   /* when the ticks ran last */
  unsigned char id_key[crypto_shorthash_KEYBYTES];

  struct vault_key *vault_key;

  /* Read connections that nobody uses, under `readers_mutex`. */
  pthread_mutex_t readers_mutex;
  struct transaction *free_readers;

  struct dictionaries *dictionaries;
  struct session_counter *session_counter;
  void (*project_changed)(void *context);
  void *project_changed_context;
  void (*outbox_changed)(void *context); /* under `mutex` */
  void *outbox_changed_context;

  _Atomic uint64_t transactions, writes, failed_writes, sync_us, wal_pages;
};

void *writer_main(void *store);

#endif
