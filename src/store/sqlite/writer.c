/* writer.c - the one thread that writes.
 *
 *   queue ─► batch ─► BEGIN ─► run, run, run … ─► counters ─► COMMIT (one sync) ─► done, done, done
 * …
 *
 * While one batch is being synced the next one gathers, so that many writers share a sync. When a
 * transaction fails as a whole for another reason than the disk, its writes are run again one by
 * one: only the one at fault fails.
 *
 * The writer also copies the write-ahead log back (checkpoint), drops days past retention, and
 * runs the store's ticks once a second.
 */
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/limits.h"
#include "store/sqlite/day_index.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/retention.h"

#include "base/banned.h"

enum status store_submit(struct store *store, struct store_write *write) {
  write->next = NULL;
  write->status = STATUS_OK;
  pthread_mutex_lock(&store->mutex);
  bool is_refused = store->is_closing || store->queue_length >= STORE_QUEUE_LIMIT;
  if (!is_refused) {
    if (store->last)
      store->last->next = write;
    else
      store->first = write;
    store->last = write;
    if (store->queue_length++ == 0) pthread_cond_signal(&store->wake);
  }
  pthread_mutex_unlock(&store->mutex);
  return is_refused ? STATUS_UNAVAILABLE : STATUS_OK;
}

/* --- waiting for one write ---------------------------------------------------------------- */

struct blocking_write {
  struct store_write write;
  store_write_fn *run;
  void *context;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  bool is_done;
};

static enum status run_blocking(struct transaction *tx, struct store_write *write) {
  struct blocking_write *blocking = (struct blocking_write *)write;
  return blocking->run(tx, blocking->context, &write->problem);
}

static void wake_blocking(struct store_write *write) {
  struct blocking_write *blocking = (struct blocking_write *)write;
  pthread_mutex_lock(&blocking->mutex);
  blocking->is_done = true;
  pthread_cond_signal(&blocking->wake);
  pthread_mutex_unlock(&blocking->mutex);
}

enum status store_write(struct store *store, store_write_fn *run, void *context,
                        struct problem *problem) {
  struct blocking_write blocking = {
      .write = {.run = run_blocking, .done = wake_blocking}, .run = run, .context = context};
  pthread_mutex_init(&blocking.mutex, NULL);
  pthread_cond_init(&blocking.wake, NULL);
  enum status status = store_submit(store, &blocking.write);
  if (status == STATUS_OK) {
    pthread_mutex_lock(&blocking.mutex);
    while (!blocking.is_done) pthread_cond_wait(&blocking.wake, &blocking.mutex);
    pthread_mutex_unlock(&blocking.mutex);
    status = blocking.write.status;
    if (status != STATUS_OK && problem) *problem = blocking.write.problem;
  } else {
    problem_set(problem, status,
                "The server has too much to write at the moment. Try again in a few seconds.");
  }
  pthread_cond_destroy(&blocking.wake);
  pthread_mutex_destroy(&blocking.mutex);
  return status;
}

/* --- one transaction -------------------------------------------------------------------------- */

static void begin(struct store *store) {
  store->tx.failure = 0;
  store->is_recent_changed = false;
  store->committed_day = store->recent.day;
  store->committed_row = store->recent.first_row + (int64_t)store->recent.count;
  database_execute(&store->tx, "BEGIN IMMEDIATE");
}

/* Undoes the open transaction and forgets what was kept at hand of it. */
static void roll_back(struct store *store) {
  int failure = store->tx.failure;
  store->tx.failure = 0;
  if (!sqlite3_get_autocommit(store->tx.database.connection))
    database_execute(&store->tx, "ROLLBACK");
  store->partition_day = 0;
  hot_drop_all(&store->hot);
  ledger_rolled_back(&store->ledger);
  store->tx.failure = 0;
  if (store->recent.day == store->committed_day && !store->is_recent_changed)
    recent_truncate(&store->recent, store->committed_row);
  else
    day_index_load(&store->tx);
  store->tx.failure = failure;
}

/* A write that may refuse by itself is undone alone. */
static void run_guarded(struct store *store, struct store_write *write) {
  struct transaction *tx = &store->tx;
  hot_flush(tx);
  hot_trim(tx);
  ledger_flush(tx);
  database_execute(tx, "SAVEPOINT one");
  write->status = write->run(tx, write);
  if (write->status != STATUS_OK && !tx->failure) {
    database_execute(tx, "ROLLBACK TO one");
    hot_drop_all(&store->hot);
    ledger_forget(&store->ledger);
  }
  database_execute(tx, "RELEASE one");
}

static void commit(struct store *store) {
  hot_flush(&store->tx);
  ledger_flush(&store->tx);
  int64_t started_us = clock_monotonic_us();
  database_execute(&store->tx, "COMMIT");
  if (!store->tx.failure) ledger_committed(&store->ledger);
  atomic_fetch_add_explicit(&store->sync_us, (uint64_t)(clock_monotonic_us() - started_us),
                            memory_order_relaxed);
}

/* Runs `count` writes of the list in one transaction. Returns SQLite's code when it failed as a
 * whole. */
static int run_transaction(struct store *store, struct store_write *write, size_t count) {
  struct transaction *tx = &store->tx;
  const bool was_project = tx->is_project_changed, was_outbox = tx->is_outbox_changed;
  begin(store);
  for (; count-- && !tx->failure; write = write->next) {
    if (write->is_bulk)
      write->status = write->run(tx, write);
    else
      run_guarded(store, write);
  }
  if (!tx->failure) commit(store);
  if (tx->failure) {
    roll_back(store);
    /* What is undone has changed nothing. */
    tx->is_project_changed = was_project;
    tx->is_outbox_changed = was_outbox;
  }
  atomic_fetch_add_explicit(&store->transactions, 1, memory_order_relaxed);
  return tx->failure;
}

static bool is_disk_trouble(int code) {
  int primary = code & 0xff;
  return primary == SQLITE_FULL || primary == SQLITE_IOERR || primary == SQLITE_READONLY ||
         primary == SQLITE_CANTOPEN;
}

static void fail(struct store *store, struct store_write *write, int code) {
  write->status = database_problem(code, &write->problem);
  atomic_fetch_add_explicit(&store->failed_writes, 1, memory_order_relaxed);
}

static void tell_changes(struct store *store) {
  if (store->tx.is_project_changed && store->project_changed)
    store->project_changed(store->project_changed_context);
  if (store->tx.is_outbox_changed) {
    pthread_mutex_lock(&store->mutex);
    if (store->outbox_changed) store->outbox_changed(store->outbox_changed_context);
    pthread_mutex_unlock(&store->mutex);
  }
  store->tx.is_project_changed = store->tx.is_outbox_changed = false;
}

static void run_batch(struct store *store, struct store_write *first, size_t count) {
  int code = run_transaction(store, first, count);
  struct store_write *write = first;
  for (size_t i = 0; code && i < count; i++, write = write->next) {
    int own = is_disk_trouble(code) || count == 1 ? code : run_transaction(store, write, 1);
    if (own) fail(store, write, own);
  }
  atomic_fetch_add_explicit(&store->writes, count, memory_order_relaxed);
  tell_changes(store);
  while (count--) {
    struct store_write *next = first->next; /* done() may free the write */
    first->done(first);
    first = next;
  }
}

/* --- between transactions ------------------------------------------------------------------------
 */

static int wal_hook(void *context, sqlite3 *connection, const char *name, int pages) {
  struct store *store = context;
  (void)connection;
  (void)name;
  atomic_store_explicit(&store->wal_pages, (uint64_t)pages, memory_order_relaxed);
  return SQLITE_OK;
}

/* Copies the log back. Readers never wait for it; what they still need stays in the log. */
static void checkpoint(struct store *store) {
  int code = sqlite3_wal_checkpoint_v2(store->tx.database.connection, NULL,
                                       SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (code && code != SQLITE_BUSY && code != SQLITE_LOCKED)
    log_write(LOG_WARNING, "the write-ahead log could not be copied back", "code=%d", code);
  atomic_store_explicit(&store->wal_pages, 0, memory_order_relaxed);
}

static void look_at_retention(struct store *store) {
  int64_t day = clock_now_ms() / DAY_MS;
  if (store->checked_day == day) return;
  store->checked_day = day;
  begin(store);
  retention_look(&store->tx, day);
  database_execute(&store->tx, "COMMIT");
  if (store->tx.failure) roll_back(store);
}

static void tidy(struct store *store, bool is_idle) {
  uint64_t pages = atomic_load_explicit(&store->wal_pages, memory_order_relaxed);
  if (pages >= (is_idle ? STORE_CHECKPOINT_PAGES : STORE_CHECKPOINT_PAGES_LATEST))
    checkpoint(store);
  look_at_retention(store);
  database_trim(&store->tx.database);
}

/* --- once a second ---------------------------------------------------------------------- */

void store_add_tick(struct store *store, struct store_tick *tick) {
  pthread_mutex_lock(&store->mutex);
  tick->next = store->ticks;
  store->ticks = tick;
  pthread_mutex_unlock(&store->mutex);
}

static void run_ticks(struct store *store) {
  pthread_mutex_lock(&store->mutex);
  struct store_tick *ticks = store->ticks;
  pthread_mutex_unlock(&store->mutex);
  store->ticked_us = clock_monotonic_us();
  if (!ticks) return;
  begin(store);
  for (struct store_tick *tick = ticks; tick && !store->tx.failure; tick = tick->next)
    tick->run(&store->tx, tick);
  if (!store->tx.failure) commit(store);
  int failure = store->tx.failure;
  if (failure) {
    roll_back(store);
    log_write(LOG_WARNING, "counts could not be written", "code=%d", failure);
  }
  for (struct store_tick *tick = ticks; tick; tick = tick->next)
    if (tick->done) tick->done(tick, !failure);
  tell_changes(store);
}

static bool is_tick_due(const struct store *store) {
  return clock_monotonic_us() - store->ticked_us >= STORE_TICK_MS * INT64_C(1000);
}

/* Waits for work, but not longer than to the next tick. */
static void wait_for_work(struct store *store) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += STORE_TICK_MS / 1000;
  pthread_cond_timedwait(&store->wake, &store->mutex, &until);
}

/* Takes up to a batch of what waits; null when the store closes and nothing is left, or when it is
 * time for the ticks. */
static struct store_write *take_batch(struct store *store, size_t *count) {
  pthread_mutex_lock(&store->mutex);
  while (!store->first && !store->is_closing && !is_tick_due(store)) wait_for_work(store);
  struct store_write *first = store->first, *last = first;
  *count = first ? 1 : 0;
  while (last && last->next && *count < STORE_BATCH_LIMIT) {
    last = last->next;
    ++*count;
  }
  if (last) {
    store->first = last->next;
    if (!store->first) store->last = NULL;
    store->queue_length -= *count;
    last->next = NULL;
  }
  pthread_mutex_unlock(&store->mutex);
  return first;
}

void *writer_main(void *context) {
  struct store *store = context;
  struct store_write *first;
  size_t count;
  sqlite3_wal_hook(store->tx.database.connection, wal_hook, store);
  for (;;) {
    first = take_batch(store, &count);
    if (first) run_batch(store, first, count);
    pthread_mutex_lock(&store->mutex);
    bool is_idle = !store->first, is_over = is_idle && store->is_closing;
    pthread_mutex_unlock(&store->mutex);
    if (is_over || is_tick_due(store)) run_ticks(store);
    if (is_over) break;
    tidy(store, is_idle);
  }
  checkpoint(store);
  return NULL;
}

bool store_is_ready(struct store *store, struct problem *problem) {
  struct statvfs disk;
  pthread_mutex_lock(&store->mutex);
  size_t length = store->queue_length;
  bool is_closing = store->is_closing;
  pthread_mutex_unlock(&store->mutex);
  if (is_closing) return problem_set(problem, STATUS_UNAVAILABLE, "The server is stopping."), false;
  if (length >= STORE_QUEUE_LIMIT)
    return problem_set(problem, STATUS_UNAVAILABLE, "The write queue is full (%zu waiting).",
                       length),
           false;
  if (statvfs(store->directory, &disk) || disk.f_bavail * disk.f_frsize < STORE_DISK_RESERVE_BYTES)
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "The disk that holds the data directory is full (less than %d MB left).",
                       STORE_DISK_RESERVE_BYTES / (1024 * 1024)),
           false;
  if (access(store->database_path, W_OK))
    return problem_set(problem, STATUS_UNAVAILABLE, "The database cannot be written."), false;
  return true;
}
