/* check_in.c - rows of check-ins; see store/monitor.h. */
#include "store/monitor.h"

#include <string.h>

#include "store/sqlite/database.h"
#include "store/sqlite/monitor_row.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

static const char *const status_names[] = {
    [CHECK_IN_NONE] = "none",     [CHECK_IN_IN_PROGRESS] = "in_progress",
    [CHECK_IN_OK] = "ok",         [CHECK_IN_ERROR] = "error",
    [CHECK_IN_MISSED] = "missed", [CHECK_IN_TIMEOUT] = "timeout",
};

const char *check_in_status_name(enum check_in_status status) { return status_names[status]; }

bool check_in_status_parse(struct slice name, enum check_in_status *status) {
  for (unsigned i = CHECK_IN_IN_PROGRESS; i <= CHECK_IN_TIMEOUT; i++) {
    if (!slice_equal_string(name, status_names[i])) continue;
    *status = (enum check_in_status)i;
    return true;
  }
  return false;
}

#define CHECK_IN_COLUMNS                                                                     \
  "SELECT check_in.id, environment_id, guid, check_in.status, added_ms, updated_ms,"         \
  " duration_ms, check_in.expected_ms, timeout_ms, release, name, check_in.monitor_id FROM " \
  "check_in"                                                                                 \
  " JOIN monitor_environment ON monitor_environment.id = environment_id "

static struct check_in read_check_in(const struct query *query, struct arena *arena) {
  struct check_in check_in = {.id = query_int(query, 0),
                              .environment_id = query_int(query, 1),
                              .status = (enum check_in_status)query_int(query, 3),
                              .added_ms = query_int(query, 4),
                              .updated_ms = query_int(query, 5),
                              .duration_ms = query_int(query, 6),
                              .expected_ms = query_int(query, 7),
                              .timeout_ms = query_int(query, 8),
                              .release = query_text(query, 9, arena),
                              .environment = query_text(query, 10, arena),
                              .monitor_id = query_int(query, 11)};
  struct slice guid = query_borrow(query, 2);
  if (guid.len == EVENT_ID_BYTES) memcpy(check_in.guid.bytes, guid.ptr, EVENT_ID_BYTES);
  return check_in;
}

static bool take_one(struct query *query, struct arena *arena, struct check_in *check_in) {
  bool is_found = query_next(query);
  if (is_found) *check_in = read_check_in(query, arena);
  query_end(query);
  return is_found;
}

bool check_in_find(struct transaction *tx, struct arena *arena, int64_t environment_id,
                   const struct event_id *guid, struct check_in *check_in) {
  struct query query =
      query_begin(tx, CHECK_IN_COLUMNS "WHERE guid = ?1 AND environment_id = ?2 LIMIT 1");
  query_bind_blob(&query, 1, guid->bytes, EVENT_ID_BYTES);
  query_bind_int(&query, 2, environment_id);
  return take_one(&query, arena, check_in);
}

bool check_in_find_open(struct transaction *tx, struct arena *arena, int64_t environment_id,
                        struct check_in *check_in) {
  struct query query = query_begin(tx, CHECK_IN_COLUMNS
                                   "WHERE environment_id = ?1 AND timeout_ms > 0"
                                   " ORDER BY check_in.id DESC LIMIT 1");
  query_bind_int(&query, 1, environment_id);
  return take_one(&query, arena, check_in);
}

bool check_in_overdue(struct transaction *tx, struct arena *arena, int64_t now_ms,
                      struct check_in *check_in) {
  struct query query = query_begin(
      tx, CHECK_IN_COLUMNS "WHERE timeout_ms > 0 AND timeout_ms <= ?1 ORDER BY timeout_ms LIMIT 1");
  query_bind_int(&query, 1, now_ms);
  return take_one(&query, arena, check_in);
}

void check_in_save(struct transaction *tx, struct check_in *check_in) {
  struct query query = query_begin(
      tx, check_in->id
              ? "UPDATE check_in SET environment_id = ?2, guid = ?3, status = ?4, added_ms = ?5,"
                " updated_ms = ?6, duration_ms = ?7, expected_ms = ?8, timeout_ms = ?9,"
                " release = ?10, monitor_id = ?11 WHERE id = ?1"
              : "INSERT INTO check_in(environment_id, guid, status, added_ms, updated_ms,"
                " duration_ms, expected_ms, timeout_ms, release, monitor_id)"
                " VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  if (check_in->id) query_bind_int(&query, 1, check_in->id);
  query_bind_int(&query, 2, check_in->environment_id);
  query_bind_blob(&query, 3, check_in->guid.bytes, EVENT_ID_BYTES);
  query_bind_int(&query, 4, check_in->status);
  query_bind_int(&query, 5, check_in->added_ms);
  query_bind_int(&query, 6, check_in->updated_ms);
  query_bind_int(&query, 7, check_in->duration_ms);
  query_bind_int(&query, 8, check_in->expected_ms);
  query_bind_int(&query, 9, check_in->timeout_ms);
  query_bind_text(&query, 10, check_in->release);
  query_bind_int(&query, 11, check_in->monitor_id);
  query_run(&query);
  if (!check_in->id) check_in->id = database_last_id(tx);
}

size_t check_in_list(struct transaction *tx, struct arena *arena,
                     const struct check_in_query *wanted, struct check_in **check_ins) {
  struct rows rows = ROWS_OF(struct check_in);
  const char *sql = wanted->environment_id ? CHECK_IN_COLUMNS
                        "WHERE environment_id = ?1 AND check_in.id < ?2"
                        " ORDER BY check_in.id DESC LIMIT ?3"
                                           : CHECK_IN_COLUMNS
                        "WHERE check_in.monitor_id = ?1 AND check_in.id < ?2"
                        " ORDER BY check_in.id DESC LIMIT ?3";
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, wanted->environment_id ? wanted->environment_id : wanted->monitor_id);
  query_bind_int(&query, 2, wanted->before_id ? wanted->before_id : INT64_MAX);
  query_bind_int(&query, 3, (int64_t)wanted->limit);
  while (query_next(&query))
    *(struct check_in *)rows_add(&rows, arena) = read_check_in(&query, arena);
  query_end(&query);
  *check_ins = rows.items;
  return rows.count;
}

void check_in_purge(struct transaction *tx, int64_t before_ms) {
  struct query query = query_begin(tx, "DELETE FROM check_in WHERE added_ms < ?1");
  query_bind_int(&query, 1, before_ms);
  query_run(&query);
}
