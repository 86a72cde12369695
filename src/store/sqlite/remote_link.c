/* remote_link.c - rows of issues linked to errors of a connected Sentry; see store/remote_link.h.
 */
#include "store/remote_link.h"

#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define LINK_COLUMNS                                                                         \
  "SELECT error_id, project_id, created_ms, forge, number, url, was_resolved, told_ms FROM " \
  "remote_link "                                                                             \
  "WHERE project_id = ?1 AND "

/* Reads the first row, and ends the query. */
static bool read_link(struct query *query, struct arena *arena, struct remote_link *found) {
  bool is_found = query_next(query);
  if (is_found)
    *found = (struct remote_link){.link = {.group_id = query_int(query, 0),
                                           .project_id = query_int(query, 1),
                                           .created_ms = query_int(query, 2),
                                           .forge = query_text(query, 3, arena),
                                           .number = query_int(query, 4),
                                           .url = query_text(query, 5, arena)},
                                  .was_resolved = query_int(query, 6) != 0,
                                  .told_ms = query_int(query, 7)};
  query_end(query);
  return is_found;
}

bool remote_link_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                      int64_t error_id, struct remote_link *found) {
  struct query query = query_begin(tx, LINK_COLUMNS "error_id = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, error_id);
  return read_link(&query, arena, found);
}

bool remote_link_find_by_number(struct transaction *tx, struct arena *arena, int64_t project_id,
                                int64_t number, struct remote_link *found) {
  struct query query = query_begin(tx, LINK_COLUMNS "number = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, number);
  return read_link(&query, arena, found);
}

enum status remote_link_create(struct transaction *tx, const struct issue_link *link,
                               struct problem *problem) {
  struct query query =
      query_begin(tx,
                  "INSERT INTO remote_link(project_id, error_id, forge, number, url, created_ms)"
                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING");
  query_bind_int(&query, 1, link->project_id);
  query_bind_int(&query, 2, link->group_id);
  query_bind_text(&query, 3, link->forge);
  query_bind_int(&query, 4, link->number);
  query_bind_text(&query, 5, link->url);
  query_bind_int(&query, 6, link->created_ms);
  if (query_run(&query)) return STATUS_OK;
  if (tx->failure) return database_problem(tx->failure, problem);
  return problem_set(problem, STATUS_CONFLICT, "The error has an issue already.");
}

void remote_link_set_resolved(struct transaction *tx, const struct remote_status *status) {
  struct query query = query_begin(tx,
                                   "UPDATE remote_link SET was_resolved = ?3, told_ms = ?4"
                                   " WHERE project_id = ?1 AND error_id = ?2");
  query_bind_int(&query, 1, status->project_id);
  query_bind_int(&query, 2, status->error_id);
  query_bind_int(&query, 3, status->is_resolved);
  query_bind_int(&query, 4, status->time_ms);
  query_run(&query);
}

size_t remote_link_list_resolved(struct transaction *tx, struct arena *arena, int64_t project_id,
                                 int64_t after_id, size_t limit, int64_t **error_ids) {
  struct rows rows = ROWS_OF(int64_t);
  struct query query = query_begin(tx,
                                   "SELECT error_id FROM remote_link WHERE project_id = ?1 AND "
                                   "error_id > ?2 AND was_resolved ORDER BY error_id LIMIT ?3");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, after_id);
  query_bind_int(&query, 3, (int64_t)limit);
  while (query_next(&query)) *(int64_t *)rows_add(&rows, arena) = query_int(&query, 0);
  query_end(&query);
  *error_ids = rows.items;
  return rows.count;
}
