/* ledger.c - counting outcomes.
 *
 *   ledger_count() ──► gathered ──tick──► leaving ──┐
 *   (any thread)       (mutex)           (writer)   ├─► UPDATE or INSERT ─► commit: forget both
 *   ledger_add() ──────────────► of_transaction ────┘                       rollback: forget the
 *   (writer)                                                                transaction's, keep
 *                                                                           what was leaving
 *
 * A transaction that is rolled back is run again, and counts again.
 */
#include "store/sqlite/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

enum { HOURS_PER_DAY = 24 };

static const char *const outcome_names[OUTCOME_COUNT] = {
    "accepted", "filtered", "rate_limited", "invalid", "abuse", "client_discard",
};

const char *outcome_name(enum outcome outcome) { return outcome_names[outcome]; }

/* --- in memory --------------------------------------------------------------------------- */

/* Compared as bytes: zeroed before it is filled. */
struct ledger_key {
  int64_t project_id, hour;
  int32_t outcome;
  char category[LEDGER_TEXT_BYTES], reason[LEDGER_TEXT_BYTES];
};

static void copy_text(char *to, struct slice text) {
  if (text.len) memcpy(to, text.ptr, text.len);
}

static void table_clear(struct ledger_table *table) {
  map_clear(&table->entries);
  arena_reset(&table->arena);
  table->last = NULL;
}

static void table_free(struct ledger_table *table) {
  map_free(&table->entries);
  arena_free(&table->arena);
}

static bool is_same(const struct ledger_entry *a, const struct ledger_entry *b) {
  return a->project_id == b->project_id && a->hour == b->hour && a->outcome == b->outcome &&
         slice_equal(a->category, b->category) && slice_equal(a->reason, b->reason);
}

/* The count of that key, with quantity 0 when it is new. */
static struct ledger_count *table_count(struct ledger_table *table,
                                        const struct ledger_entry *wanted) {
  struct ledger_key key;
  memset(&key, 0, sizeof key);
  key.project_id = wanted->project_id;
  key.hour = wanted->hour;
  key.outcome = (int32_t)wanted->outcome;
  copy_text(key.category, wanted->category);
  copy_text(key.reason, wanted->reason);
  struct slice bytes = slice_of((const char *)&key, sizeof key);
  struct ledger_count *count = map_get(&table->entries, bytes);
  if (count) return count;
  count = ARENA_NEW(&table->arena, struct ledger_count);
  count->entry = *wanted;
  count->entry.quantity = 0;
  count->entry.category = arena_copy(&table->arena, wanted->category);
  count->entry.reason = arena_copy(&table->arena, wanted->reason);
  map_put(&table->entries, arena_copy(&table->arena, bytes), count);
  return count;
}

static void table_add(struct ledger_table *table, const struct ledger_entry *entry) {
  struct ledger_entry wanted = *entry;
  wanted.category = slice_cut_utf8(wanted.category, LEDGER_TEXT_BYTES);
  wanted.reason = slice_cut_utf8(wanted.reason, LEDGER_TEXT_BYTES);
  if (!wanted.hour) wanted.hour = clock_now_ms() / HOUR_MS;
  if (!table->last || !is_same(&table->last->entry, &wanted)) {
    if (table->entries.count >= LEDGER_GATHERED_LIMIT) wanted.reason = SLICE("other");
    table->last = table_count(table, &wanted);
  }
  table->last->entry.quantity += wanted.quantity;
}

void ledger_count(struct store *store, const struct ledger_entry *entry) {
  struct ledger *ledger = &store->ledger;
  pthread_mutex_lock(&ledger->mutex);
  table_add(&ledger->gathered, entry);
  ledger->counted++;
  pthread_mutex_unlock(&ledger->mutex);
}

void ledger_add(struct transaction *tx, const struct ledger_entry *entry) {
  assert(tx->is_writable);
  table_add(&tx->store->ledger.of_transaction, entry);
}

/* --- writing ------------------------------------------------------------------------------ */

static void bind_entry(struct query *query, const struct ledger_entry *entry, struct slice reason) {
  query_bind_int(query, 1, entry->project_id);
  query_bind_int(query, 2, entry->hour);
  query_bind_int(query, 3, (int64_t)entry->outcome);
  query_bind_text(query, 4, entry->category);
  query_bind_text(query, 5, reason);
  query_bind_int(query, 6, entry->quantity);
}

static bool has_room(struct transaction *tx, const struct ledger_entry *entry) {
  struct query query =
      query_begin(tx, "SELECT count(*) FROM ledger WHERE project_id = ?1 AND hour = ?2");
  query_bind_int(&query, 1, entry->project_id);
  query_bind_int(&query, 2, entry->hour);
  bool has_room = query_next(&query) && query_int(&query, 0) < LEDGER_ENTRIES_PER_HOUR;
  query_end(&query);
  return has_room;
}

static void write_entry(struct transaction *tx, const struct ledger_entry *entry) {
  struct query query =
      query_begin(tx,
                  "UPDATE ledger SET quantity = quantity + ?6 WHERE project_id = ?1 AND hour = ?2 "
                  "AND outcome = ?3 AND category = ?4 AND reason = ?5");
  bind_entry(&query, entry, entry->reason);
  if (query_run(&query)) return;
  struct slice reason = entry->reason;
  if (reason.len && !has_room(tx, entry)) reason = SLICE("other");
  query = query_begin(tx,
                      "INSERT INTO ledger(project_id, hour, outcome, category, reason, quantity) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
                      "ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity");
  bind_entry(&query, entry, reason);
  query_run(&query);
}

/* Writes what this transaction has not written of it. */
static void write_table(struct transaction *tx, const struct ledger_table *table) {
  const struct map_entry *place;
  size_t at = 0;
  while ((place = map_next(&table->entries, &at))) {
    struct ledger_count *count = place->value;
    struct ledger_entry entry = count->entry;
    entry.quantity -= count->written;
    if (!entry.quantity) continue;
    write_entry(tx, &entry);
    count->written = count->entry.quantity;
  }
}

void ledger_flush(struct transaction *tx) {
  struct ledger_table *table = &tx->store->ledger.of_transaction;
  if (!table->entries.count) return;
  write_table(tx, table);
  table_clear(table);
}

/* Takes over what gathered, to what was not on disk before. */
static void take_gathered(struct ledger *ledger) {
  const struct map_entry *place;
  size_t at = 0;
  pthread_mutex_lock(&ledger->mutex);
  while ((place = map_next(&ledger->gathered.entries, &at)))
    table_add(&ledger->leaving, &((struct ledger_count *)place->value)->entry);
  table_clear(&ledger->gathered);
  ledger->leaving_counted = ledger->counted;
  pthread_mutex_unlock(&ledger->mutex);
}

static void write_gathered(struct transaction *tx) {
  struct ledger *ledger = &tx->store->ledger;
  take_gathered(ledger);
  write_table(tx, &ledger->leaving);
  ledger->is_leaving_written = true;
}

static void run_tick(struct transaction *tx, struct store_tick *tick) {
  (void)tick;
  write_gathered(tx);
}

static enum status settle(struct transaction *tx, void *context, struct problem *problem) {
  (void)context;
  (void)problem;
  write_gathered(tx);
  return STATUS_OK;
}

void ledger_settle(struct store *store) {
  struct problem problem;
  pthread_mutex_lock(&store->ledger.mutex);
  bool is_needed = store->ledger.counted != store->ledger.written;
  pthread_mutex_unlock(&store->ledger.mutex);
  if (!is_needed) return;
  enum status status = store_write(store, settle, NULL, &problem);
  (void)status; /* it stays gathered */
}

void ledger_committed(struct ledger *ledger) {
  if (!ledger->is_leaving_written) return;
  ledger->is_leaving_written = false;
  table_clear(&ledger->leaving);
  pthread_mutex_lock(&ledger->mutex);
  ledger->written = ledger->leaving_counted;
  pthread_mutex_unlock(&ledger->mutex);
}

void ledger_forget(struct ledger *ledger) { table_clear(&ledger->of_transaction); }

void ledger_rolled_back(struct ledger *ledger) {
  const struct map_entry *place;
  size_t at = 0;
  while ((place = map_next(&ledger->leaving.entries, &at)))
    ((struct ledger_count *)place->value)->written = 0;
  ledger->is_leaving_written = false;
  ledger_forget(ledger);
}

void ledger_drop_before(struct transaction *tx, int64_t day) {
  struct query query = query_begin(
      tx, "DELETE FROM ledger WHERE project_id IN (SELECT id FROM project) AND hour < ?1");
  query_bind_int(&query, 1, day * HOURS_PER_DAY);
  query_run(&query);
}

/* --- reading ------------------------------------------------------------------------------- */

size_t ledger_list(struct transaction *tx, struct arena *arena, const struct ledger_query *wanted,
                   struct ledger_entry **entries) {
  struct rows rows = ROWS_OF(struct ledger_entry);
  struct query query =
      query_begin(tx,
                  "SELECT hour / ?4 * ?4, outcome, category, reason, sum(quantity) FROM ledger "
                  "WHERE project_id = ?1 AND hour BETWEEN ?2 AND ?3 "
                  "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, wanted->from_hour);
  query_bind_int(&query, 3, wanted->to_hour);
  query_bind_int(&query, 4, wanted->interval_hours);
  while (query_next(&query)) {
    *(struct ledger_entry *)rows_add(&rows, arena) =
        (struct ledger_entry){.project_id = wanted->project_id,
                              .hour = query_int(&query, 0),
                              .outcome = (enum outcome)query_int(&query, 1),
                              .category = query_text(&query, 2, arena),
                              .reason = query_text(&query, 3, arena),
                              .quantity = query_int(&query, 4)};
  }
  query_end(&query);
  *entries = rows.items;
  return rows.count;
}

/* --- opening ------------------------------------------------------------------------------- */

void ledger_open(struct store *store) {
  pthread_mutex_init(&store->ledger.mutex, NULL);
  store->ledger.tick = (struct store_tick){.run = run_tick};
  store_add_tick(store, &store->ledger.tick);
}

void ledger_close(struct ledger *ledger) {
  table_free(&ledger->gathered);
  table_free(&ledger->leaving);
  table_free(&ledger->of_transaction);
  pthread_mutex_destroy(&ledger->mutex);
}
