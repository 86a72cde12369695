/* store.h - the one door to data: opening, reading and writing.
 *
 *   network thread ── store_submit() ──┐  (parked until done)
 *   worker thread ─── store_write() ───┼─► queue ─► writer thread: one transaction for all
 *   command line  ─── store_write() ───┘              that waits, one sync, then done()
 *
 *   any thread ── store_begin_read() … store_end_read(): a snapshot, never waits for the writer
 *
 * The topics stand beside this file: project.h, account.h, group.h, event.h, issue.h. Every
 * function there takes a transaction; those that change something assert that it is a writing one,
 * which only exists on the writer thread. What they return comes from the arena they are given. Ids
 * are 64 bit, from 1; 0 means none. Times are UTC in ms.
 *
 * Nothing here is particular to one database: batches in, keyset pages out, no SQL.
 */
#ifndef CULPRIT_STORE_STORE_H
#define CULPRIT_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

struct store;
struct transaction;

/* Opens (or makes) the data directory, takes its lock, checks the format, starts the writer.
 * Refuses with a clear message: in use (STATUS_CONFLICT), of a newer format, unwritable, full. */
enum status store_open(const char *directory, struct store **store,
                       struct problem *problem) MUST_CHECK;
/* Finishes what was accepted, then closes. No other thread may use the store any more. */
void store_close(struct store *store);

/* Writes a copy of a data directory's database, as it is at one moment, to the new file `path`,
 * which appears when it is complete and on disk. Works beside a running server and without one. */
enum status store_backup(const char *directory, const char *path,
                         struct problem *problem) MUST_CHECK;

/* A read-only snapshot. Never fails: a read connection that cannot be opened ends the process with
 * a message. */
struct transaction *store_begin_read(struct store *store);
void store_end_read(struct transaction *tx);

/* The store that the transaction belongs to. */
struct store *transaction_store(struct transaction *tx);

/* One write. Embed it first in a struct of your own. `run` is called on the writer thread inside a
 * transaction; it returns a status and fills `problem` when it is not STATUS_OK, and then what it
 * wrote is undone. `done` is called on the writer thread after the sync, or after a failure, with
 * `status` and `problem` set; it must be quick. */
struct store_write {
  enum status (*run)(struct transaction *tx, struct store_write *write);
  void (*done)(struct store_write *write);
  /* Part of a run of many like it whose `run` never fails but by the database's own failure: spares
   * a savepoint each. */
  bool is_bulk;
  enum status status;
  struct problem problem;
  struct store_write *next; /* the store's */
};

/* Queues a write; STATUS_UNAVAILABLE, with nothing done, when the queue is full or the store is
 * closing. */
enum status store_submit(struct store *store, struct store_write *write) MUST_CHECK;

/* Runs `run` on the writer thread and waits until it is on disk. Not for network threads. */
typedef enum status store_write_fn(struct transaction *tx, void *context, struct problem *problem);
enum status store_write(struct store *store, store_write_fn *run, void *context,
                        struct problem *problem) MUST_CHECK;

/* Whether writes would be taken now: the disk has room and the queue is not full. */
bool store_is_ready(struct store *store, struct problem *problem);

struct store_statistics {
  uint64_t queue_length, queue_limit, transactions, writes, failed_writes, sync_us_total, wal_bytes,
      database_bytes;
};
void store_statistics(struct store *store, struct store_statistics *statistics);

/* Something that the writer does about once a second, and once more before the store closes: to
 * write what other threads counted in memory, or what is due by time. Embed it first in a struct of
 * your own. `run` is called in a transaction; `done`, which may be null, after it: `is_written`
 * says whether it is on disk. What cannot be written (a full disk) is the tick's own to keep and
 * try again. */
struct store_tick {
  void (*run)(struct transaction *tx, struct store_tick *tick);
  void (*done)(struct store_tick *tick, bool is_written);
  struct store_tick *next; /* the store's */
};
/* The tick has to outlive the store. */
void store_add_tick(struct store *store, struct store_tick *tick);

/* The directory that was opened; lives as long as the store. */
const char *store_directory(const struct store *store);

/* Called on the writer thread after each transaction that changed projects or client keys. */
void store_on_project_change(struct store *store, void (*changed)(void *context), void *context);
/* The same for transactions that changed the outbox (outbox.h). Null ends it: then none is called
 * any more. `changed` must be quick. */
void store_on_outbox_change(struct store *store, void (*changed)(void *context), void *context);

/* Where in a sorted list a page starts: behind the row (value, id), or before it. All zero is the
 * first page. Travels as text "value:id:is_before" in addresses and Link headers. */
struct cursor {
  int64_t value, id;
  bool is_before, is_set;
};
bool cursor_parse(struct slice text, struct cursor *cursor);
struct slice cursor_format(struct arena *arena, struct cursor cursor);

#endif
