/* monitor.c - rows of monitors and their environments; see store/monitor.h. */
#include "store/monitor.h"

#include <string.h>

#include "store/sqlite/database.h"
#include "store/sqlite/monitor_row.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define MONITOR_COLUMNS                                                                      \
  "SELECT id, project_id, created_ms, slug, name, schedule_kind, schedule, time_zone,"       \
  " margin_minutes, max_runtime_minutes, failure_threshold, recovery_threshold, is_paused, " \
  "problem FROM"                                                                             \
  " monitor "

static struct monitor read_monitor(const struct query *query, struct arena *arena) {
  return (struct monitor){.id = query_int(query, 0),
                          .project_id = query_int(query, 1),
                          .created_ms = query_int(query, 2),
                          .slug = query_text(query, 3, arena),
                          .name = query_text(query, 4, arena),
                          .settings = {.schedule_kind = (int)query_int(query, 5),
                                       .schedule = query_text(query, 6, arena),
                                       .time_zone = query_text(query, 7, arena),
                                       .margin_minutes = query_int(query, 8),
                                       .max_runtime_minutes = query_int(query, 9),
                                       .failure_threshold = query_int(query, 10),
                                       .recovery_threshold = query_int(query, 11)},
                          .is_paused = query_int(query, 12) != 0,
                          .problem = query_text(query, 13, arena)};
}

bool monitor_get(struct transaction *tx, struct arena *arena, int64_t id, struct monitor *monitor) {
  struct query query = query_begin(tx, MONITOR_COLUMNS "WHERE id = ?1");
  query_bind_int(&query, 1, id);
  bool is_found = query_next(&query);
  if (is_found) *monitor = read_monitor(&query, arena);
  query_end(&query);
  return is_found;
}

bool monitor_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                  struct slice slug, struct monitor *monitor) {
  struct query query = query_begin(tx, MONITOR_COLUMNS "WHERE project_id = ?1 AND slug = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, slug);
  bool is_found = query_next(&query);
  if (is_found) *monitor = read_monitor(&query, arena);
  query_end(&query);
  return is_found;
}

int64_t monitor_count(struct transaction *tx, int64_t project_id) {
  int64_t count = 0;
  struct query query = query_begin(tx, "SELECT count(*) FROM monitor WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) count = query_int(&query, 0);
  query_end(&query);
  return count;
}

/* Parameters ?2 to ?11 of both statements below. */
static void bind_settings(struct query *query, const struct monitor *monitor) {
  const struct monitor_settings *settings = &monitor->settings;
  query_bind_text(query, 2, monitor->name);
  query_bind_int(query, 3, settings->schedule_kind);
  query_bind_text(query, 4, settings->schedule);
  query_bind_text(query, 5, settings->time_zone);
  query_bind_int(query, 6, settings->margin_minutes);
  query_bind_int(query, 7, settings->max_runtime_minutes);
  query_bind_int(query, 8, settings->failure_threshold);
  query_bind_int(query, 9, settings->recovery_threshold);
  query_bind_int(query, 10, monitor->is_paused);
  query_bind_text(query, 11, monitor->problem);
}

int64_t monitor_insert(struct transaction *tx, const struct monitor *monitor) {
  struct query query = query_begin(
      tx,
      "INSERT INTO monitor(project_id, name, schedule_kind, schedule, time_zone, margin_minutes,"
      " max_runtime_minutes, failure_threshold, recovery_threshold, is_paused, problem, slug, "
      "created_ms)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
  query_bind_int(&query, 1, monitor->project_id);
  bind_settings(&query, monitor);
  query_bind_text(&query, 12, monitor->slug);
  query_bind_int(&query, 13, monitor->created_ms);
  query_run(&query);
  return database_last_id(tx);
}

void monitor_update(struct transaction *tx, const struct monitor *monitor) {
  struct query query =
      query_begin(tx,
                  "UPDATE monitor SET name = ?2, schedule_kind = ?3, schedule = ?4, time_zone = ?5,"
                  " margin_minutes = ?6, max_runtime_minutes = ?7, failure_threshold = ?8,"
                  " recovery_threshold = ?9, is_paused = ?10, problem = ?11 WHERE id = ?1");
  query_bind_int(&query, 1, monitor->id);
  bind_settings(&query, monitor);
  query_run(&query);
}

static void delete_of(struct transaction *tx, const char *sql, int64_t id) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, id);
  query_run(&query);
}

void monitor_delete(struct transaction *tx, int64_t id) {
  delete_of(tx,
            "DELETE FROM check_in WHERE environment_id IN"
            " (SELECT id FROM monitor_environment WHERE monitor_id = ?1)",
            id);
  delete_of(tx, "DELETE FROM monitor_environment WHERE monitor_id = ?1", id);
  delete_of(tx, "DELETE FROM monitor WHERE id = ?1", id);
}

size_t monitor_list(struct transaction *tx, struct arena *arena, const struct monitor_query *wanted,
                    struct monitor **monitors) {
  struct rows rows = ROWS_OF(struct monitor);
  struct query query =
      query_begin(tx, MONITOR_COLUMNS "WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, wanted->after_id);
  query_bind_int(&query, 3, (int64_t)wanted->limit);
  while (query_next(&query))
    *(struct monitor *)rows_add(&rows, arena) = read_monitor(&query, arena);
  query_end(&query);
  *monitors = rows.items;
  return rows.count;
}

/* --- environments -------------------------------------------------------------------------- */

#define ENVIRONMENT_COLUMNS                                                               \
  "SELECT id, monitor_id, name, status, last_check_in_ms, expected_ms, due_ms, failures," \
  " successes, is_failing, error_hash, minute, minute_count FROM monitor_environment "

static struct monitor_environment read_environment(const struct query *query, struct arena *arena) {
  struct monitor_environment environment = {
      .id = query_int(query, 0),
      .monitor_id = query_int(query, 1),
      .name = query_text(query, 2, arena),
      .status = (enum check_in_status)query_int(query, 3),
      .last_check_in_ms = query_int(query, 4),
      .expected_ms = query_int(query, 5),
      .due_ms = query_int(query, 6),
      .failures = query_int(query, 7),
      .successes = query_int(query, 8),
      .is_failing = query_int(query, 9) != 0,
      .minute = query_int(query, 11),
      .minute_count = query_int(query, 12),
  };
  struct slice hash = query_borrow(query, 10);
  environment.has_error = hash.len == GROUPING_HASH_BYTES;
  if (environment.has_error) memcpy(environment.error_hash.bytes, hash.ptr, GROUPING_HASH_BYTES);
  return environment;
}

bool monitor_environment_get(struct transaction *tx, struct arena *arena, int64_t id,
                             struct monitor_environment *environment) {
  struct query query = query_begin(tx, ENVIRONMENT_COLUMNS "WHERE id = ?1");
  query_bind_int(&query, 1, id);
  bool is_found = query_next(&query);
  if (is_found) *environment = read_environment(&query, arena);
  query_end(&query);
  return is_found;
}

bool monitor_environment_find(struct transaction *tx, struct arena *arena, int64_t monitor_id,
                              struct slice name, struct monitor_environment *environment) {
  struct query query = query_begin(tx, ENVIRONMENT_COLUMNS "WHERE monitor_id = ?1 AND name = ?2");
  query_bind_int(&query, 1, monitor_id);
  query_bind_text(&query, 2, name);
  bool is_found = query_next(&query);
  if (is_found) *environment = read_environment(&query, arena);
  query_end(&query);
  return is_found;
}

size_t monitor_environment_list(struct transaction *tx, struct arena *arena, int64_t monitor_id,
                                struct monitor_environment **environments) {
  struct rows rows = ROWS_OF(struct monitor_environment);
  struct query query = query_begin(tx, ENVIRONMENT_COLUMNS "WHERE monitor_id = ?1 ORDER BY name");
  query_bind_int(&query, 1, monitor_id);
  while (query_next(&query))
    *(struct monitor_environment *)rows_add(&rows, arena) = read_environment(&query, arena);
  query_end(&query);
  *environments = rows.items;
  return rows.count;
}

bool monitor_environment_due(struct transaction *tx, struct arena *arena, int64_t now_ms,
                             struct monitor_environment *environment) {
  struct query query = query_begin(
      tx, ENVIRONMENT_COLUMNS "WHERE due_ms > 0 AND due_ms <= ?1 ORDER BY due_ms LIMIT 1");
  query_bind_int(&query, 1, now_ms);
  bool is_found = query_next(&query);
  if (is_found) *environment = read_environment(&query, arena);
  query_end(&query);
  return is_found;
}

void monitor_environment_save(struct transaction *tx, struct monitor_environment *environment) {
  struct query query = query_begin(
      tx,
      environment->id
          ? "UPDATE monitor_environment SET status = ?3, last_check_in_ms = ?4, expected_ms = ?5,"
            " due_ms = ?6, failures = ?7, successes = ?8, is_failing = ?9, error_hash = ?10,"
            " minute = ?11, minute_count = ?12 WHERE id = ?1 AND name = ?2"
          : "INSERT INTO monitor_environment(monitor_id, name, status, last_check_in_ms,"
            " expected_ms, due_ms, failures, successes, is_failing, error_hash, minute,"
            " minute_count) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
  query_bind_int(&query, 1, environment->id ? environment->id : environment->monitor_id);
  query_bind_text(&query, 2, environment->name);
  query_bind_int(&query, 3, environment->status);
  query_bind_int(&query, 4, environment->last_check_in_ms);
  query_bind_int(&query, 5, environment->expected_ms);
  query_bind_int(&query, 6, environment->due_ms);
  query_bind_int(&query, 7, environment->failures);
  query_bind_int(&query, 8, environment->successes);
  query_bind_int(&query, 9, environment->is_failing);
  query_bind_blob(&query, 10, environment->error_hash.bytes,
                  environment->has_error ? GROUPING_HASH_BYTES : 0);
  query_bind_int(&query, 11, environment->minute);
  query_bind_int(&query, 12, environment->minute_count);
  query_run(&query);
  if (!environment->id) environment->id = database_last_id(tx);
}
