/* store.c - opening and closing the data directory, read connections, statistics.
 *
 *   DIR/lock              held (flock) as long as the store is open
 *   DIR/culprit.db        the database, with -wal and -shm beside it
 *   DIR/secret.key        what stored secrets are encrypted with (vault.h)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "store/limits.h"
#include "store/sqlite/day_index.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/session_counter.h"

#include "base/banned.h"

static char *path_in(const char *directory, const char *name) {
  size_t size = strlen(directory) + strlen(name) + 2;
  char *path = memory_alloc(size);
  snprintf(path, size, "%s/%s", directory, name);
  return path;
}

static enum status file_problem(struct problem *problem, const char *what, const char *path) {
  if (errno == ENOSPC || errno == EDQUOT)
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "%s %s: the disk is full. Make room on it and start again.", what, path);
  return problem_set(problem, STATUS_FAILED,
                     "%s %s: %s. The user that runs Culprit needs to own the data directory.", what,
                     path, strerror(errno));
}

static enum status take_lock(struct store *store, struct problem *problem) {
  char *path = path_in(store->directory, "lock");
  enum status status = STATUS_OK;
  store->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (store->lock_file < 0)
    status = file_problem(problem, "Cannot write", path);
  else if (flock(store->lock_file, LOCK_EX | LOCK_NB))
    status = problem_set(
        problem, STATUS_CONFLICT,
        "The data directory %s is in use by another Culprit. Stop it, or choose another directory "
        "with --data.",
        store->directory);
  free(path);
  return status;
}

static enum status make_directory(const char *directory, struct problem *problem) {
  struct stat found;
  if (mkdir(directory, 0700) && errno != EEXIST)
    return file_problem(problem, "Cannot make the data directory", directory);
  if (stat(directory, &found))
    return file_problem(problem, "Cannot read the data directory", directory);
  if (!S_ISDIR(found.st_mode))
    return problem_set(problem, STATUS_FAILED, "%s is not a directory.", directory);
  return STATUS_OK;
}

static enum status check_room(const char *directory, struct problem *problem) {
  struct statvfs disk;
  if (statvfs(directory, &disk) == 0 && disk.f_bavail * disk.f_frsize < STORE_DISK_RESERVE_BYTES)
    return problem_set(
        problem, STATUS_UNAVAILABLE,
        "The disk that holds %s is full: less than %d MB are left. Make room and start again.",
        directory, STORE_DISK_RESERVE_BYTES / (1024 * 1024));
  return STATUS_OK;
}

/* The key of the hashes of event ids and users; made once, since kept hashes depend on it. */
static void load_id_key(struct transaction *tx, struct store *store) {
  struct query query = query_begin(tx, "SELECT value FROM setting WHERE name = 'id_key'");
  bool is_known = query_next(&query) && query_borrow(&query, 0).len == sizeof store->id_key;
  if (is_known) memcpy(store->id_key, query_borrow(&query, 0).ptr, sizeof store->id_key);
  query_end(&query);
  if (is_known) return;
  randombytes_buf(store->id_key, sizeof store->id_key);
  query = query_begin(tx, "INSERT INTO setting(name, value) VALUES('id_key', ?1)");
  query_bind_blob(&query, 1, store->id_key, sizeof store->id_key);
  query_run(&query);
}

static enum status open_database(struct store *store, struct problem *problem) {
  int code = database_open(&store->tx.database, store->database_path, true);
  if (code) return database_problem(code, problem);
  enum status status = schema_prepare(&store->tx, problem);
  if (status != STATUS_OK) return status;
  load_id_key(&store->tx, store);
  day_index_load(&store->tx);
  return store->tx.failure ? database_problem(store->tx.failure, problem) : STATUS_OK;
}

static void free_store(struct store *store) {
  if (store->tx.database.connection) database_close(&store->tx.database);
  if (store->lock_file >= 0) close(store->lock_file);
  hot_close(&store->hot);
  recent_close(&store->recent);
  ledger_close(&store->ledger);
  vault_key_free(store->vault_key);
  free(store->directory);
  free(store->database_path);
  free(store);
}

enum status store_open(const char *directory, struct store **opened, struct problem *problem) {
  enum status status = make_directory(directory, problem);
  if (status != STATUS_OK) return status;
  struct store *store = memory_alloc(sizeof *store);
  *store = (struct store){.directory = strdup(directory),
                          .database_path = path_in(directory, "culprit.db"),
                          .lock_file = -1};
  store->tx = (struct transaction){.store = store, .is_writable = true};
  hot_open(&store->hot);
  recent_open(&store->recent);
  pthread_mutex_init(&store->mutex, NULL);
  pthread_mutex_init(&store->readers_mutex, NULL);
  ledger_open(store);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&store->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  status = take_lock(store, problem);
  if (status == STATUS_OK) status = check_room(directory, problem);
  if (status == STATUS_OK) status = vault_key_load(directory, &store->vault_key, problem);
  if (status == STATUS_OK) status = open_database(store, problem);
  if (status != STATUS_OK) {
    free_store(store);
    return status;
  }
  store->dictionaries = dictionaries_open(store);
  store->session_counter = session_counter_open(store);
  pthread_create(&store->writer, NULL, writer_main, store);
  *opened = store;
  return STATUS_OK;
}

void store_close(struct store *store) {
  dictionaries_stop(store->dictionaries);
  pthread_mutex_lock(&store->mutex);
  store->is_closing = true;
  pthread_cond_signal(&store->wake);
  pthread_mutex_unlock(&store->mutex);
  pthread_join(store->writer, NULL);
  dictionaries_free(store->dictionaries);
  session_counter_close(store->session_counter);
  for (struct transaction *reader = store->free_readers, *next; reader; reader = next) {
    next = reader->next_free;
    database_close(&reader->database);
    free(reader);
  }
  /* Nobody reads any more: an empty log makes the next start and a plain copy of the file simple.
   */
  sqlite3_wal_checkpoint_v2(store->tx.database.connection, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                            NULL);
  free_store(store);
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct transaction *open_reader(struct store *store) {
  struct transaction *tx = memory_alloc(sizeof *tx);
  *tx = (struct transaction){.store = store};
  int code = database_open(&tx->database, store->database_path, false);
  if (code) {
    log_write(LOG_ERROR, "cannot open the database for reading", "code=%d", code);
    abort();
  }
  return tx;
}

struct transaction *store_begin_read(struct store *store) {
  pthread_mutex_lock(&store->readers_mutex);
  struct transaction *tx = store->free_readers;
  if (tx) store->free_readers = tx->next_free;
  pthread_mutex_unlock(&store->readers_mutex);
  if (!tx) tx = open_reader(store);
  tx->failure = 0;
  database_execute(tx, "BEGIN");
  return tx;
}

void store_end_read(struct transaction *tx) {
  struct store *store = tx->store;
  tx->failure = 0;
  database_execute(tx, "COMMIT");
  database_trim(&tx->database);
  pthread_mutex_lock(&store->readers_mutex);
  tx->next_free = store->free_readers;
  store->free_readers = tx;
  pthread_mutex_unlock(&store->readers_mutex);
}

/* --- the rest -----------------------------------------------------------------------------------
 */

struct store *transaction_store(struct transaction *tx) {
  return tx->store;
}

const char *store_directory(const struct store *store) { return store->directory; }

const struct vault_key *store_vault_key(const struct store *store) { return store->vault_key; }

void store_on_project_change(struct store *store, void (*changed)(void *context), void *context) {
  store->project_changed = changed;
  store->project_changed_context = context;
}

void store_on_outbox_change(struct store *store, void (*changed)(void *context), void *context) {
  pthread_mutex_lock(&store->mutex);
  store->outbox_changed = changed;
  store->outbox_changed_context = context;
  pthread_mutex_unlock(&store->mutex);
}

static uint64_t file_bytes(const char *path) {
  struct stat found;
  return stat(path, &found) ? 0 : (uint64_t)found.st_size;
}

void store_statistics(struct store *store, struct store_statistics *statistics) {
  char *wal = path_in(store->directory, "culprit.db-wal");
  pthread_mutex_lock(&store->mutex);
  uint64_t queue_length = store->queue_length;
  pthread_mutex_unlock(&store->mutex);
  *statistics = (struct store_statistics){
      .queue_length = queue_length,
      .queue_limit = STORE_QUEUE_LIMIT,
      .transactions = atomic_load(&store->transactions),
      .writes = atomic_load(&store->writes),
      .failed_writes = atomic_load(&store->failed_writes),
      .sync_us_total = atomic_load(&store->sync_us),
      .wal_bytes = file_bytes(wal),
      .database_bytes = file_bytes(store->database_path),
  };
  free(wal);
}
