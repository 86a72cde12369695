/* event.c - reading kept events: by position in their group, by id, and their payload. */
#include <string.h>

#include "base/clock.h"
#include "store/sqlite/day_index.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/event_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/strand_row.h"

#include "base/banned.h"

#define ROW_COLUMNS                                                              \
  "row, (SELECT group_id FROM strand WHERE strand.id = strand_id), project_id, " \
  "timestamp_ms, received_ms, event_id, strand_id"

static bool read_row(const struct query *query, int64_t day, struct event_row *row) {
  struct slice id = query_borrow(query, 5);
  *row = (struct event_row){
      .ref = ref_make(day, query_int(query, 0)),
      .group_id = query_int(query, 1),
      .project_id = query_int(query, 2),
      .timestamp_ms = query_int(query, 3),
      .received_ms = query_int(query, 4),
      .strand_id = query_int(query, 6),
  };
  if (id.len != EVENT_ID_BYTES) return false;
  memcpy(row->id.bytes, id.ptr, EVENT_ID_BYTES);
  return true;
}

/* One row of a day's table; `sql` selects ROW_COLUMNS with up to two numbers bound. */
static bool find_row(struct transaction *tx, const char *sql, int64_t day, const int64_t numbers[2],
                     struct event_row *row) {
  char text[TABLE_SQL_BYTES];
  struct query query = query_begin(tx, table_sql(text, sql, day));
  query_bind_int(&query, 1, numbers[0]);
  query_bind_int(&query, 2, numbers[1]);
  bool is_found = query_next(&query) && read_row(&query, day, row);
  query_end(&query);
  return is_found;
}

static bool event_row_get(struct transaction *tx, int64_t ref, struct event_row *row) {
  const int64_t numbers[] = {ref_row(ref), 0};
  return find_row(tx, "SELECT " ROW_COLUMNS " FROM event_@ WHERE row = ?1 + ?2", ref_day(ref),
                  numbers, row);
}

/* --- in the order of arrival ------------------------------------------------------ */

bool event_row_at(struct transaction *tx, int64_t group_id, enum event_position position,
                  struct event_row *row) {
  struct event_row start = {.group_id = group_id, .ref = position == EVENT_LATEST ? INT64_MAX : 0};
  return position == EVENT_LATEST ? event_row_previous(tx, &start, row)
                                  : event_row_next(tx, &start, row);
}

/* The row that `row`'s neighbour search starts from in a day: behind all its rows, before all of
 * them, or itself. */
static int64_t start_in_day(const struct event_row *row, int64_t day, int64_t other) {
  return day == ref_day(row->ref) ? ref_row(row->ref) : other;
}

/* `strands` are those of the row's group. */
static bool previous_row(struct transaction *tx, struct strand_set strands,
                         const struct event_row *row, struct event_row *previous) {
  int64_t days[PARTITION_DAYS_LIMIT];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  for (size_t i = 0; i < count; i++) {
    if (days[i] > ref_day(row->ref)) continue;
    int64_t at = start_in_day(row, days[i], INT64_MAX);
    /* The newest events may be known here before this snapshot has them. */
    while ((at = day_index_previous(tx, days[i], strands, at))) {
      if (event_row_get(tx, ref_make(days[i], at), previous)) return true;
    }
  }
  return false;
}

bool event_row_before(struct transaction *tx, struct strand_set strands, int64_t ref,
                      struct event_row *row) {
  const struct event_row start = {.ref = ref};
  return previous_row(tx, strands, &start, row);
}

bool event_row_previous(struct transaction *tx, const struct event_row *row,
                        struct event_row *previous) {
  struct arena arena = {0};
  bool is_found = previous_row(tx, strand_set_of(tx, &arena, row->group_id), row, previous);
  arena_free(&arena);
  return is_found;
}

static bool next_row(struct transaction *tx, struct strand_set strands, const struct event_row *row,
                     struct event_row *next) {
  int64_t days[PARTITION_DAYS_LIMIT];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  while (count--) {
    if (days[count] < ref_day(row->ref)) continue;
    int64_t at = day_index_next(tx, days[count], strands, start_in_day(row, days[count], 0));
    if (at && event_row_get(tx, ref_make(days[count], at), next)) return true;
  }
  return false;
}

bool event_row_next(struct transaction *tx, const struct event_row *row, struct event_row *next) {
  struct arena arena = {0};
  bool is_found = next_row(tx, strand_set_of(tx, &arena, row->group_id), row, next);
  arena_free(&arena);
  return is_found;
}

size_t event_row_list(struct transaction *tx, struct arena *arena,
                      const struct event_row_query *wanted, struct event_row **rows) {
  struct event_row at = {.group_id = wanted->group_id,
                         .ref = wanted->before_ref ? wanted->before_ref : INT64_MAX};
  struct strand_set strands = strand_set_of(tx, arena, wanted->group_id);
  size_t count = 0;
  *rows = ARENA_ARRAY(arena, wanted->limit, struct event_row);
  while (count < wanted->limit && previous_row(tx, strands, &at, &(*rows)[count]))
    at = (*rows)[count++];
  return count;
}

/* --- by id -------------------------------------------------------------------------- */

int64_t event_id_row(struct transaction *tx, int64_t day, int64_t project_id,
                     const struct event_id *id, int64_t *free_key) {
  int64_t key = day_index_key(tx, project_id, id);
  for (;; key = key == INT64_MAX ? 0 : key + 1) {
    struct event_row found;
    int64_t row = day_index_find(tx, day, key);
    *free_key = key;
    if (!row || !event_row_get(tx, ref_make(day, row), &found)) return 0;
    if (found.project_id == project_id && memcmp(found.id.bytes, id->bytes, EVENT_ID_BYTES) == 0)
      return row;
  }
}

bool event_row_find(struct transaction *tx, int64_t project_id, const struct event_id *id,
                    struct event_row *row) {
  int64_t days[PARTITION_DAYS_LIMIT], free_key;
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  for (size_t i = 0; i < count; i++) {
    int64_t found = event_id_row(tx, days[i], project_id, id, &free_key);
    if (found) return event_row_get(tx, ref_make(days[i], found), row);
  }
  return false;
}

/* --- the payload ---------------------------------------------------------------------- */

bool event_payload(struct transaction *tx, struct arena *arena, const struct event_row *row,
                   struct slice *json) {
  char sql[TABLE_SQL_BYTES];
  struct packed_payload packed;
  struct query query =
      query_begin(tx, table_sql(sql, "SELECT dictionary_id, payload FROM event_@ WHERE row = ?1",
                                ref_day(row->ref)));
  query_bind_int(&query, 1, ref_row(row->ref));
  bool is_found = query_next(&query);
  if (is_found) {
    packed.dictionary_id = query_int(&query, 0);
    packed.bytes = query_text(&query, 1, arena);
  }
  query_end(&query);
  return is_found && dictionary_unpack(tx, arena, packed, json);
}
