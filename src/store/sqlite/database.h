/* database.h - one SQLite connection and its prepared statements.
 *
 *   struct query q = query_begin(tx, "SELECT slug FROM project WHERE id = ?1");
 *   query_bind_int(&q, 1, id);
 *   while (query_next(&q)) slug = query_text(&q, 0, arena);
 *   query_end(&q);
 *
 * Statements are prepared once per connection and found again by their text. A failing statement
 * marks the transaction
 * (`failure`), ends its query and makes every later query of the transaction return no rows:
 * callers need no check of their own, the writer rolls back. A query must end before the same text
 * is begun again.
 *
 * Private to store/sqlite/.
 */
#ifndef CULPRIT_STORE_SQLITE_DATABASE_H
#define CULPRIT_STORE_SQLITE_DATABASE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "store/store.h"

struct database {
  sqlite3 *connection;
  struct map statements; /* SQL text -> sqlite3_stmt; the keys are owned */
};

struct transaction {
  struct database database;
  struct store *store;
  bool is_writable;
  bool is_project_changed; /* tells store_on_project_change() after the commit */
  bool is_outbox_changed;  /* the same for store_on_outbox_change() */
  int failure;             /* SQLite's extended result code of the first failure; 0: none */
  struct transaction *next_free;
};

/* Opens a connection with this project's settings. */
int database_open(struct database *database, const char *path, bool is_writable);
void database_close(struct database *database);
/* Forgets the prepared statements when there are too many. Call between transactions. */
void database_trim(struct database *database);

struct query {
  struct transaction *tx;
  sqlite3_stmt *statement; /* null after a failure */
};

/* `sql` is kept as a key: a literal, or text from table_sql(). */
struct query query_begin(struct transaction *tx, const char *sql);
void query_bind_int(struct query *query, int at, int64_t value);
void query_bind_text(struct query *query, int at,
                     struct slice value); /* borrowed until query_end() */
void query_bind_blob(struct query *query, int at, const void *data, size_t size); /* borrowed */
bool query_next(struct query *query);
int64_t query_int(const struct query *query, int column);
struct slice query_text(const struct query *query, int column,
                        struct arena *arena);                     /* text or blob, copied */
struct slice query_borrow(const struct query *query, int column); /* valid until the next step */
void query_end(struct query *query);

/* Runs a statement that gives no rows, after binding. Returns the number of changed rows, and ends
 * the query. */
int64_t query_run(struct query *query);
/* The id of the row that this connection inserted last. */
int64_t database_last_id(struct transaction *tx);

/* Runs SQL without parameters; marks the transaction when it fails. */
void database_execute(struct transaction *tx, const char *sql);

/* Ends the transaction's use as if a statement had failed with `code`, for checks of our own. */
void transaction_fail(struct transaction *tx, int code);

/* Turns SQLite's result into a problem for people: full, unwritable, broken. */
enum status database_problem(int code, struct problem *problem);

/* Makes or migrates the tables; refuses a newer format. */
enum status schema_prepare(struct transaction *tx, struct problem *problem) MUST_CHECK;

#endif
