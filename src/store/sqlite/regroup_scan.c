/* regroup_scan.c - reading all events of a project, or of a strand, in short snapshots. */
#include "store/sqlite/day_index.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/rows.h"
#include "store/regroup.h"

#include "base/banned.h"

#define SCAN_COLUMNS "row, strand_id, project_id, timestamp_ms, received_ms, dictionary_id, payload"

static void take_row(struct transaction *tx, const struct regroup_scan *scan,
                     const struct query *query, int64_t day) {
  struct regroup_event event = {
      .ref = ref_make(day, query_int(query, 0)),
      .strand_id = query_int(query, 1),
      .timestamp_ms = query_int(query, 3),
      .received_ms = query_int(query, 4),
  };
  const struct packed_payload packed = {.dictionary_id = query_int(query, 5),
                                        .bytes = query_borrow(query, 6)};
  if (query_int(query, 2) != scan->project_id) return;
  arena_reset(scan->arena);
  if (!dictionary_unpack(tx, scan->arena, packed, &event.json)) event.json = SLICE_EMPTY;
  scan->take(scan->context, &event);
}

static int64_t until_row(const struct regroup_scan *scan, int64_t day) {
  if (!scan->until_ref || day < ref_day(scan->until_ref)) return INT64_MAX;
  return day == ref_day(scan->until_ref) ? ref_row(scan->until_ref) : 0;
}

/* Looks at up to `left` rows of a day behind `row`; returns how many there were. */
static size_t scan_day(struct transaction *tx, const struct regroup_scan *scan, int64_t *ref,
                       size_t left) {
  char sql[TABLE_SQL_BYTES];
  size_t count = 0;
  int64_t day = ref_day(*ref);
  struct query query =
      query_begin(tx, table_sql(sql,
                                "SELECT " SCAN_COLUMNS
                                " FROM event_@ WHERE row > ?1 AND row <= ?3 ORDER BY row LIMIT ?2",
                                day));
  query_bind_int(&query, 1, ref_row(*ref));
  query_bind_int(&query, 2, (int64_t)left);
  query_bind_int(&query, 3, until_row(scan, day));
  while (query_next(&query)) {
    *ref = ref_make(day, query_int(&query, 0));
    take_row(tx, scan, &query, day);
    count++;
  }
  query_end(&query);
  return count;
}

/* Of this snapshot; later ones may be known in memory. */
static int64_t last_row(struct transaction *tx, int64_t day) {
  char sql[TABLE_SQL_BYTES];
  int64_t row = 0;
  struct query query =
      query_begin(tx, table_sql(sql, "SELECT coalesce(max(row), 0) FROM event_@", day));
  if (query_next(&query)) row = query_int(&query, 0);
  query_end(&query);
  return row;
}

static void scan_one(struct transaction *tx, const struct regroup_scan *scan, int64_t ref) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql, "SELECT " SCAN_COLUMNS " FROM event_@ WHERE row = ?1", ref_day(ref)));
  query_bind_int(&query, 1, ref_row(ref));
  /* It may be of another strand in this snapshot than memory says. */
  if (query_next(&query) && query_int(&query, 1) == scan->strand_id)
    take_row(tx, scan, &query, ref_day(ref));
  query_end(&query);
}

static size_t scan_strand_day(struct transaction *tx, const struct regroup_scan *scan, int64_t *ref,
                              size_t left) {
  int64_t strand_id = scan->strand_id, row, day = ref_day(*ref), last = last_row(tx, day);
  const struct strand_set one = {&strand_id, 1};
  size_t count = 0;
  while (count < left && (row = day_index_next(tx, day, one, ref_row(*ref))) && row <= last) {
    *ref = ref_make(day, row);
    scan_one(tx, scan, *ref);
    count++;
  }
  return count;
}

int64_t regroup_scan(struct transaction *tx, const struct regroup_scan *scan) {
  int64_t days[PARTITION_DAYS_LIMIT], last = scan->after_ref;
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT), left = scan->limit;
  while (count-- && left) {
    if (days[count] < ref_day(last)) continue;
    int64_t at = days[count] == ref_day(last) ? last : ref_make(days[count], 0);
    left -= scan->strand_id ? scan_strand_day(tx, scan, &at, left) : scan_day(tx, scan, &at, left);
    last = at;
  }
  return left ? 0 : last;
}

size_t regroup_days(struct transaction *tx, struct arena *arena, struct regroup_day **list) {
  int64_t days[PARTITION_DAYS_LIMIT];
  char sql[TABLE_SQL_BYTES];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT), listed = 0;
  *list = ARENA_ARRAY(arena, count, struct regroup_day);
  while (count--) {
    struct query query = query_begin(
        tx, table_sql(sql, "SELECT (SELECT min(row) FROM event_@), (SELECT max(row) FROM event_@)",
                      days[count]));
    if (query_next(&query) && query_int(&query, 0))
      (*list)[listed++] = (struct regroup_day){ref_make(days[count], query_int(&query, 0)),
                                               ref_make(days[count], query_int(&query, 1))};
    query_end(&query);
  }
  return listed;
}

/* --- lists ---------------------------------------------------------------------------- */

static void read_hash(const struct query *query, int column, struct group_hash *hash) {
  struct slice bytes = query_borrow(query, column);
  if (bytes.len == sizeof hash->bytes) *hash = *(const struct group_hash *)(const void *)bytes.ptr;
}

size_t regroup_strands(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct regroup_strand **strands) {
  struct rows rows = ROWS_OF(struct regroup_strand);
  struct query query =
      query_begin(tx,
                  "SELECT id, group_id, tied_to, is_apart, is_unsettled, hash FROM strand"
                  " WHERE project_id = ?1 ORDER BY id");
  query_bind_int(&query, 1, project_id);
  while (query_next(&query)) {
    struct regroup_strand *strand = rows_add(&rows, arena);
    *strand = (struct regroup_strand){.id = query_int(&query, 0),
                                      .group_id = query_int(&query, 1),
                                      .tied_to = query_int(&query, 2),
                                      .is_apart = query_int(&query, 3) != 0,
                                      .is_unsettled = query_int(&query, 4) != 0};
    read_hash(&query, 5, &strand->hash);
  }
  query_end(&query);
  *strands = rows.items;
  return rows.count;
}

size_t regroup_hashes(struct transaction *tx, struct arena *arena, int64_t project_id,
                      struct regroup_known_hash **hashes) {
  struct rows rows = ROWS_OF(struct regroup_known_hash);
  struct query query =
      query_begin(tx, "SELECT hash, strand_id FROM group_hash WHERE project_id = ?1 ORDER BY hash");
  query_bind_int(&query, 1, project_id);
  while (query_next(&query)) {
    struct regroup_known_hash *known = rows_add(&rows, arena);
    read_hash(&query, 0, &known->hash);
    known->strand_id = query_int(&query, 1);
  }
  query_end(&query);
  *hashes = rows.items;
  return rows.count;
}

size_t regroup_users(struct transaction *tx, struct arena *arena, int64_t strand_id,
                     int64_t **users) {
  struct rows rows = ROWS_OF(int64_t);
  struct query query =
      query_begin(tx, "SELECT user_hash FROM strand_user WHERE strand_id = ?1 ORDER BY user_hash");
  query_bind_int(&query, 1, strand_id);
  while (query_next(&query)) *(int64_t *)rows_add(&rows, arena) = query_int(&query, 0);
  query_end(&query);
  *users = rows.items;
  return rows.count;
}

int64_t regroup_user_hash(struct transaction *tx, struct slice identity) {
  return hot_user_hash(tx, identity);
}
