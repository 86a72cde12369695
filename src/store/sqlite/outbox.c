/* outbox.c - rows of the outbox; see store/outbox.h.
 *
 * Lanes are stepped through by the index over what waits, so that a lane costs the same whether one
 * task or ten thousand wait in it. A task that runs stays the oldest of its lane and so keeps the
 * others from running.
 */
#include "store/outbox.h"

#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define TASK_COLUMNS                                                                      \
  "outbox.id, project_id, outbox.lane, kind, subject, data, user_id, state, created_ms, " \
  "ended_ms, not_before_ms, attempts, attempt, is_unwanted, error"
#define SELECT_TASK "SELECT " TASK_COLUMNS " FROM outbox "

/* The oldest waiting task of each lane. */
#define HEADS                                                                                \
  "WITH RECURSIVE lanes(lane) AS (SELECT min(lane) FROM outbox WHERE state = 0 UNION ALL"    \
  " SELECT (SELECT min(lane) FROM outbox WHERE state = 0 AND lane > lanes.lane) FROM lanes"  \
  " WHERE lanes.lane IS NOT NULL),"                                                          \
  " heads(id) AS (SELECT (SELECT min(id) FROM outbox WHERE state = 0 AND lane = lanes.lane)" \
  " FROM lanes WHERE lanes.lane IS NOT NULL) "

static struct outbox_task read_task(const struct query *query, struct arena *arena) {
  return (struct outbox_task){.id = query_int(query, 0),
                              .project_id = query_int(query, 1),
                              .lane = query_text(query, 2, arena),
                              .kind = query_text(query, 3, arena),
                              .subject = query_text(query, 4, arena),
                              .data = query_text(query, 5, arena),
                              .user_id = query_int(query, 6),
                              .state = (enum outbox_state)query_int(query, 7),
                              .created_ms = query_int(query, 8),
                              .ended_ms = query_int(query, 9),
                              .not_before_ms = query_int(query, 10),
                              .attempts = query_int(query, 11),
                              .attempt = (enum outbox_attempt)query_int(query, 12),
                              .is_unwanted = query_int(query, 13) != 0,
                              .error = query_text(query, 14, arena)};
}

/* Reads all rows, and ends the query. */
static size_t read_tasks(struct query *query, struct arena *arena, struct outbox_task **tasks) {
  struct rows rows = ROWS_OF(struct outbox_task);
  while (query_next(query)) *(struct outbox_task *)rows_add(&rows, arena) = read_task(query, arena);
  query_end(query);
  *tasks = rows.items;
  return rows.count;
}

/* Reads the first row, and ends the query. */
static bool read_one(struct query *query, struct arena *arena, struct outbox_task *task) {
  bool is_found = query_next(query);
  if (is_found) *task = read_task(query, arena);
  query_end(query);
  return is_found;
}

static int64_t read_number(struct query *query) {
  int64_t number = query_next(query) ? query_int(query, 0) : 0;
  query_end(query);
  return number;
}

int64_t outbox_add(struct transaction *tx, const struct outbox_task *draft) {
  struct query query =
      query_begin(tx,
                  "INSERT INTO outbox(project_id, lane, kind, subject, data, user_id, created_ms,"
                  " not_before_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  query_bind_int(&query, 1, draft->project_id);
  query_bind_text(&query, 2, draft->lane);
  query_bind_text(&query, 3, draft->kind);
  query_bind_text(&query, 4, draft->subject);
  query_bind_text(&query, 5, draft->data);
  query_bind_int(&query, 6, draft->user_id);
  query_bind_int(&query, 7, draft->created_ms);
  query_bind_int(&query, 8, draft->not_before_ms);
  query_run(&query);
  tx->is_outbox_changed = true;
  return database_last_id(tx);
}

bool outbox_get(struct transaction *tx, struct arena *arena, int64_t id, struct outbox_task *task) {
  struct query query = query_begin(tx, SELECT_TASK "WHERE id = ?1");
  query_bind_int(&query, 1, id);
  return read_one(&query, arena, task);
}

void outbox_update(struct transaction *tx, const struct outbox_task *task) {
  struct query query = query_begin(
      tx,
      "UPDATE outbox SET data = ?2, user_id = ?3, state = ?4, ended_ms = ?5, not_before_ms = ?6,"
      " attempts = ?7, attempt = ?8, is_unwanted = ?9, error = ?10 WHERE id = ?1");
  query_bind_int(&query, 1, task->id);
  query_bind_text(&query, 2, task->data);
  query_bind_int(&query, 3, task->user_id);
  query_bind_int(&query, 4, task->state);
  query_bind_int(&query, 5, task->ended_ms);
  query_bind_int(&query, 6, task->not_before_ms);
  query_bind_int(&query, 7, task->attempts);
  query_bind_int(&query, 8, task->attempt);
  query_bind_int(&query, 9, task->is_unwanted);
  query_bind_text(&query, 10, task->error);
  query_run(&query);
  /* That one runs makes no other one due. */
  if (task->attempt != ATTEMPT_RUNNING) tx->is_outbox_changed = true;
}

bool outbox_find(struct transaction *tx, struct arena *arena, const struct outbox_topic *topic,
                 struct outbox_task *task) {
  struct query query = query_begin(tx, SELECT_TASK
                                   "WHERE project_id = ?1 AND kind = ?2 AND subject = ?3"
                                   " ORDER BY id DESC LIMIT 1");
  query_bind_int(&query, 1, topic->project_id);
  query_bind_text(&query, 2, topic->kind);
  query_bind_text(&query, 3, topic->subject);
  return read_one(&query, arena, task);
}

int64_t outbox_last_waiting(struct transaction *tx, int64_t project_id, struct slice kind) {
  struct query query = query_begin(
      tx, "SELECT max(id) FROM outbox WHERE project_id = ?1 AND state = 0 AND kind = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, kind);
  return read_number(&query);
}

size_t outbox_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                   int64_t since_ms, struct outbox_task **tasks) {
  struct query query =
      query_begin(tx, SELECT_TASK
                  "WHERE project_id = ?1 AND (state = 0 OR (state IN (1, 2, 3) AND ended_ms >= ?2))"
                  " ORDER BY id");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, since_ms);
  return read_tasks(&query, arena, tasks);
}

size_t outbox_lane(struct transaction *tx, struct arena *arena, struct slice lane,
                   struct outbox_task *head) {
  struct query query = query_begin(tx, "SELECT count(*) FROM outbox WHERE state = 0 AND lane = ?1");
  query_bind_text(&query, 1, lane);
  int64_t count = read_number(&query);
  if (!count || !head) return (size_t)count;
  query = query_begin(tx, SELECT_TASK "WHERE state = 0 AND lane = ?1 ORDER BY id LIMIT 1");
  query_bind_text(&query, 1, lane);
  return read_one(&query, arena, head) ? (size_t)count : 0;
}

size_t outbox_due(struct transaction *tx, struct arena *arena, int64_t now_ms, size_t limit,
                  struct outbox_task **tasks) {
  struct query query =
      query_begin(tx, HEADS "SELECT " TASK_COLUMNS
                            " FROM heads JOIN outbox ON outbox.id = heads.id"
                            " WHERE attempt <> 1 AND not_before_ms <= ?1"
                            " ORDER BY attempts > 0, not_before_ms, outbox.id LIMIT ?2");
  query_bind_int(&query, 1, now_ms);
  query_bind_int(&query, 2, (int64_t)limit);
  return read_tasks(&query, arena, tasks);
}

bool outbox_is_due(struct transaction *tx, const struct outbox_task *task, int64_t now_ms) {
  if (task->state != OUTBOX_WAITING || task->attempt == ATTEMPT_RUNNING ||
      task->not_before_ms > now_ms)
    return false;
  struct query query = query_begin(tx, "SELECT min(id) FROM outbox WHERE state = 0 AND lane = ?1");
  query_bind_text(&query, 1, task->lane);
  return read_number(&query) == task->id;
}

int64_t outbox_next_ms(struct transaction *tx, bool with_retries) {
  struct query query =
      query_begin(tx, HEADS
                  "SELECT min(max(1, not_before_ms)) FROM heads JOIN outbox ON"
                  " outbox.id = heads.id WHERE attempt <> 1 AND (?1 OR attempts = 0)");
  query_bind_int(&query, 1, with_retries);
  return read_number(&query);
}

void outbox_cut_off(struct transaction *tx) {
  struct query query =
      query_begin(tx, "UPDATE outbox SET attempt = 2 WHERE state = 0 AND attempt = 1");
  query_run(&query);
}

void outbox_hurry(struct transaction *tx, int64_t project_id, int64_t now_ms) {
  struct query query = query_begin(tx,
                                   "UPDATE outbox SET not_before_ms = ?2 WHERE project_id = ?1 AND"
                                   " state = 0 AND not_before_ms > ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, now_ms);
  if (query_run(&query)) tx->is_outbox_changed = true;
}

void outbox_purge(struct transaction *tx, int64_t before_ms) {
  struct query query = query_begin(tx, "DELETE FROM outbox WHERE state > 0 AND ended_ms < ?1");
  query_bind_int(&query, 1, before_ms);
  query_run(&query);
}
