/* day_index.c - see day_index.h. */
#include "store/sqlite/day_index.h"

#include <stdlib.h>
#include <string.h>

#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"

#include "base/banned.h"

int64_t day_index_key(struct transaction *tx, int64_t project_id, const struct event_id *id) {
  unsigned char text[sizeof project_id + EVENT_ID_BYTES];
  uint64_t key;
  memcpy(text, &project_id, sizeof project_id);
  memcpy(text + sizeof project_id, id->bytes, EVENT_ID_BYTES);
  crypto_shorthash((unsigned char *)&key, text, sizeof text, tx->store->id_key);
  return (int64_t)(key >> 1);
}

/* --- writing ---------------------------------------------------------------------------- */

/* Entries may be written twice, when they were read again after a restart. */
static void write_key(struct transaction *tx, int64_t day, const struct recent_entry *entry) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql, "INSERT OR IGNORE INTO event_id_@(key, row) VALUES(?1, ?2)", day));
  query_bind_int(&query, 1, entry->key);
  query_bind_int(&query, 2, entry->row);
  query_run(&query);
}

static void write_strand(struct transaction *tx, int64_t day, const struct recent_entry *entry) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx,
      table_sql(sql, "INSERT OR IGNORE INTO event_strand_@(strand_id, row) VALUES(?1, ?2)", day));
  query_bind_int(&query, 1, entry->strand_id);
  query_bind_int(&query, 2, entry->row);
  query_run(&query);
}

static int by_key(const void *a, const void *b) {
  int64_t x = ((const struct recent_entry *)a)->key, y = ((const struct recent_entry *)b)->key;
  return x < y ? -1 : x > y;
}

static int by_strand(const void *a, const void *b) {
  const struct recent_entry *x = a, *y = b;
  if (x->strand_id != y->strand_id) return x->strand_id < y->strand_id ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* Keys have 63 bits; neighbouring strands share pages. */
static int key_slice(const struct recent_entry *entry) {
  return (int)(entry->key >> 57) % DAY_INDEX_SLICES;
}
static int strand_slice(const struct recent_entry *entry) {
  return (int)(entry->strand_id / 64 % DAY_INDEX_SLICES);
}

struct index {
  int (*slice_of)(const struct recent_entry *entry);
  int (*order)(const void *a, const void *b);
  void (*write)(struct transaction *tx, int64_t day, const struct recent_entry *entry);
};
static const struct index indexes[] = {{key_slice, by_key, write_key},
                                       {strand_slice, by_strand, write_strand}};

/* Writes one slice of an index, or all with slice -1. Only the writer changes `recent`, so that it
 * reads without lock. */
static void write_slice(struct transaction *tx, const struct index *index, int slice) {
  const struct recent *recent = &tx->store->recent;
  size_t first = recent->count > RECENT_WINDOW ? recent->count - RECENT_WINDOW : 0, count = 0;
  struct recent_entry *chosen = memory_alloc((recent->count - first) * sizeof *chosen);
  for (size_t i = first; i < recent->count; i++) {
    if (slice < 0 || index->slice_of(&recent->entries[i]) == slice)
      chosen[count++] = recent->entries[i];
  }
  if (count) qsort(chosen, count, sizeof *chosen, index->order);
  for (size_t i = 0; i < count; i++) index->write(tx, recent->day, &chosen[i]);
  free(chosen);
}

static void write_slices(struct transaction *tx, int slice) {
  for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) write_slice(tx, &indexes[i], slice);
}

void day_index_begin(struct transaction *tx, int64_t day) {
  struct recent *recent = &tx->store->recent;
  if (day <= recent->day) return;
  write_slices(tx, -1);
  recent_start(recent, day, 1);
}

void day_index_add(struct transaction *tx, const struct day_entry *entry) {
  struct recent *recent = &tx->store->recent;
  bool is_next = entry->row == recent->first_row + (int64_t)recent->count;
  if (entry->day == recent->day && is_next) {
    recent_add(recent, entry->key, entry->strand_id);
    if (entry->row % DAY_INDEX_STEP == 0)
      write_slices(tx, (int)(entry->row / DAY_INDEX_STEP % DAY_INDEX_SLICES));
    return;
  }
  /* Of a day before the newest: what comes around midnight, or after the clock was set back. */
  const struct recent_entry late = {entry->row, entry->key, entry->strand_id};
  write_key(tx, entry->day, &late);
  write_strand(tx, entry->day, &late);
}

/* --- reading the newest day again ------------------------------------------------------------ */

static void load_row(struct transaction *tx, struct recent *recent, const struct query *query) {
  struct slice id = query_borrow(query, 3);
  struct event_id event_id = {{0}};
  memcpy(event_id.bytes, id.ptr, id.len < EVENT_ID_BYTES ? id.len : EVENT_ID_BYTES);
  /* Rows follow each other without a gap; should there ever be one, what is behind it counts. */
  if (query_int(query, 0) != recent->first_row + (int64_t)recent->count)
    recent_start(recent, recent->day, query_int(query, 0));
  recent_add(recent, day_index_key(tx, query_int(query, 2), &event_id), query_int(query, 1));
}

void day_index_load(struct transaction *tx) {
  struct recent *recent = &tx->store->recent;
  char sql[TABLE_SQL_BYTES];
  int64_t day, first = 1;
  if (!partition_days(tx, &day, 1)) {
    recent_start(recent, 0, 1);
    return;
  }
  struct query query = query_begin(
      tx, table_sql(sql, "SELECT max(1, coalesce(max(row), 0) + 1 - ?1) FROM event_@", day));
  query_bind_int(&query, 1, RECENT_WINDOW);
  if (query_next(&query)) first = query_int(&query, 0);
  query_end(&query);
  recent_start(recent, day, first);
  query = query_begin(
      tx,
      table_sql(
          sql,
          "SELECT row, strand_id, project_id, event_id FROM event_@ WHERE row >= ?1 ORDER BY row",
          day));
  query_bind_int(&query, 1, first);
  while (query_next(&query)) load_row(tx, recent, &query);
  query_end(&query);
}

/* --- looking up ---------------------------------------------------------------------------------
 */

static int64_t find_number(struct transaction *tx, const char *sql, int64_t day,
                           const int64_t numbers[2]) {
  char text[TABLE_SQL_BYTES];
  int64_t number = 0;
  struct query query = query_begin(tx, table_sql(text, sql, day));
  query_bind_int(&query, 1, numbers[0]);
  query_bind_int(&query, 2, numbers[1]);
  if (query_next(&query)) number = query_int(&query, 0);
  query_end(&query);
  return number;
}

int64_t day_index_find(struct transaction *tx, int64_t day, int64_t key) {
  const int64_t numbers[] = {key, 0};
  int64_t row = recent_find(&tx->store->recent, day, key);
  return row ? row
             : find_number(tx, "SELECT row FROM event_id_@ WHERE key = ?1 + ?2", day, numbers);
}

int64_t day_index_previous(struct transaction *tx, int64_t day, struct strand_set strands,
                           int64_t row) {
  int64_t found = recent_previous(&tx->store->recent, day, strands, row);
  for (size_t i = 0; i < strands.count; i++) {
    const int64_t numbers[] = {strands.ids[i], row};
    int64_t indexed = find_number(tx,
                                  "SELECT row FROM event_strand_@ WHERE strand_id = ?1 AND row < ?2"
                                  " ORDER BY row DESC LIMIT 1",
                                  day, numbers);
    if (indexed > found) found = indexed;
  }
  return found;
}

int64_t day_index_next(struct transaction *tx, int64_t day, struct strand_set strands,
                       int64_t row) {
  int64_t found = recent_next(&tx->store->recent, day, strands, row);
  for (size_t i = 0; i < strands.count; i++) {
    const int64_t numbers[] = {strands.ids[i], row};
    int64_t indexed = find_number(
        tx, "SELECT row FROM event_strand_@ WHERE strand_id = ?1 AND row > ?2 ORDER BY row LIMIT 1",
        day, numbers);
    if (indexed && (!found || indexed < found)) found = indexed;
  }
  return found;
}

void day_index_move(struct transaction *tx, int64_t day, int64_t row, const int64_t from_to[2]) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql, "DELETE FROM event_strand_@ WHERE strand_id = ?1 AND row = ?2", day));
  query_bind_int(&query, 1, from_to[0]);
  query_bind_int(&query, 2, row);
  query_run(&query);
  const struct recent_entry entry = {.row = row, .strand_id = from_to[1]};
  write_strand(tx, day, &entry);
  tx->store->is_recent_changed = true;
  recent_move(&tx->store->recent, day, row, from_to[1]);
}
