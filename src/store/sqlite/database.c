/* database.c - see database.h. */
#include "store/sqlite/database.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/limits.h"

#include "base/banned.h"

enum { WRITER_CACHE_KB = 12 * 1024, READER_CACHE_KB = 1024 };

static int execute(sqlite3 *connection, const char *sql) {
  return sqlite3_exec(connection, sql, NULL, NULL, NULL);
}

int database_open(struct database *database, const char *path, bool is_writable) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (is_writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  int code = sqlite3_open_v2(path, &database->connection, flags, NULL);
  if (code) return code;
  /* Only the writer checkpoints: besides the time this takes from readers, SQLite before 3.51.3 can
   * lose a reset of the log when two connections race for it. */
  sqlite3_db_config(database->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config(database->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  char pragmas[400];
  sqlite3_snprintf((int)sizeof pragmas, pragmas,
                   "PRAGMA page_size=8192; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-%d;"
                   "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF; PRAGMA secure_delete=OFF;"
                   "PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF; %s",
                   is_writable ? WRITER_CACHE_KB : READER_CACHE_KB,
                   is_writable ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" : "");
  return execute(database->connection, pragmas);
}

static void forget_statements(struct database *database) {
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&database->statements, &at));) {
    sqlite3_finalize(entry->value);
    free((char *)(uintptr_t)entry->key.ptr);
  }
  map_free(&database->statements);
}

void database_trim(struct database *database) {
  if (database->statements.count > STORE_STATEMENTS_LIMIT) forget_statements(database);
}

void database_close(struct database *database) {
  forget_statements(database);
  sqlite3_close(database->connection);
  database->connection = NULL;
}

void transaction_fail(struct transaction *tx, int code) {
  char quoted[LOG_QUOTED_BYTES];
  if (tx->failure) return;
  tx->failure = code;
  const char *message = sqlite3_errmsg(tx->database.connection);
  log_write(LOG_ERROR, "database statement failed", "code=%d error=%s", code,
            log_quote(quoted, slice_of_string(message)));
}

/* Prepares `sql` and keeps it for the connection's life. Null after marking the transaction. */
static sqlite3_stmt *prepare(struct transaction *tx, struct slice sql) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v3(tx->database.connection, sql.ptr, (int)sql.len,
                                SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code) {
    transaction_fail(tx, code);
    return NULL;
  }
  char *key = memory_alloc(sql.len);
  memcpy(key, sql.ptr, sql.len);
  map_put(&tx->database.statements, slice_of(key, sql.len), statement);
  return statement;
}

struct query query_begin(struct transaction *tx, const char *sql) {
  struct query query = {.tx = tx};
  if (tx->failure) return query;
  struct slice text = slice_of_string(sql);
  query.statement = map_get(&tx->database.statements, text);
  if (!query.statement) query.statement = prepare(tx, text);
  assert(!query.statement || !sqlite3_stmt_busy(query.statement));
  return query;
}

void query_bind_int(struct query *query, int at, int64_t value) {
  if (query->statement) sqlite3_bind_int64(query->statement, at, value);
}

void query_bind_text(struct query *query, int at, struct slice value) {
  if (query->statement)
    sqlite3_bind_text64(query->statement, at, value.ptr ? value.ptr : "", value.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

void query_bind_blob(struct query *query, int at, const void *data, size_t size) {
  if (query->statement)
    sqlite3_bind_blob64(query->statement, at, size ? data : "", size, SQLITE_STATIC);
}

bool query_next(struct query *query) {
  if (!query->statement) return false;
  int code = sqlite3_step(query->statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    transaction_fail(query->tx, code);
    query_end(query);
  }
  return false;
}

int64_t query_int(const struct query *query, int column) {
  return sqlite3_column_int64(query->statement, column);
}

struct slice query_borrow(const struct query *query, int column) {
  const char *data = sqlite3_column_blob(query->statement, column);
  return slice_of(data, (size_t)sqlite3_column_bytes(query->statement, column));
}

struct slice query_text(const struct query *query, int column, struct arena *arena) {
  return arena_copy(arena, query_borrow(query, column));
}

void query_end(struct query *query) {
  if (!query->statement) return;
  sqlite3_reset(query->statement);
  sqlite3_clear_bindings(query->statement);
  query->statement = NULL;
}

int64_t query_run(struct query *query) {
  assert(query->tx->is_writable);
  bool has_failed = !query->statement;
  if (!has_failed) {
    while (query_next(query)) {
    }
    has_failed = query->tx->failure != 0;
  }
  query_end(query);
  return has_failed ? 0 : sqlite3_changes64(query->tx->database.connection);
}

int64_t database_last_id(struct transaction *tx) {
  return sqlite3_last_insert_rowid(tx->database.connection);
}

void database_execute(struct transaction *tx, const char *sql) {
  if (tx->failure) return;
  int code = execute(tx->database.connection, sql);
  if (code) transaction_fail(tx, code);
}

enum status database_problem(int code, struct problem *problem) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return problem_set(problem, STATUS_UNAVAILABLE,
                         "The disk is full. Make room on the disk that holds the data directory.");
    case SQLITE_IOERR:
      return problem_set(problem, STATUS_UNAVAILABLE,
                         "The disk could not be read or written (SQLite error %d). Check the disk "
                         "and whether it is full.",
                         code);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return problem_set(problem, STATUS_UNAVAILABLE,
                         "Another program holds the database. Try again when it is done.");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return problem_set(problem, STATUS_FAILED,
                         "The database cannot be written. Check the owner and the permissions of "
                         "the data directory.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return problem_set(problem, STATUS_FAILED,
                         "The database file is damaged or is not a database. Restore it from a "
                         "backup.");
    default: break;
  }
  return problem_set(problem, STATUS_FAILED, "The database failed (SQLite error %d: %s).", code,
                     sqlite3_errstr(code));
}
