/* forge_issue.c - rows of issues at a forge; see store/forge_issue.h. */
#include "store/forge_issue.h"

#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define ISSUE_COLUMNS                                                                    \
  "SELECT project_id, remote_id, number, url, title, is_open, is_gone, updated_ms FROM " \
  "forge_issue "

static struct forge_issue read_row(const struct query *query, struct arena *arena) {
  return (struct forge_issue){.project_id = query_int(query, 0),
                              .remote_id = query_int(query, 1),
                              .number = query_int(query, 2),
                              .url = query_text(query, 3, arena),
                              .title = query_text(query, 4, arena),
                              .is_open = query_int(query, 5) != 0,
                              .is_gone = query_int(query, 6) != 0,
                              .updated_ms = query_int(query, 7)};
}

/* Reads the first row, and ends the query. */
static bool read_one(struct query *query, struct arena *arena, struct forge_issue *issue) {
  bool is_found = query_next(query);
  if (is_found) *issue = read_row(query, arena);
  query_end(query);
  return is_found;
}

bool forge_issue_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                     int64_t remote_id, int64_t number, struct forge_issue *issue) {
  struct query query =
      query_begin(tx, ISSUE_COLUMNS "WHERE project_id = ?1 AND remote_id = ?2 AND number = ?3");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, remote_id);
  query_bind_int(&query, 3, number);
  return read_one(&query, arena, issue);
}

bool forge_issue_of_link(struct transaction *tx, struct arena *arena, const struct issue_link *link,
                         struct forge_issue *issue) {
  struct query query =
      query_begin(tx, ISSUE_COLUMNS "WHERE project_id = ?1 AND number = ?2 AND url = ?3");
  query_bind_int(&query, 1, link->project_id);
  query_bind_int(&query, 2, link->number);
  query_bind_text(&query, 3, link->url);
  return read_one(&query, arena, issue);
}

void forge_issue_set(struct transaction *tx, const struct forge_issue *issue) {
  struct query query =
      query_begin(tx,
                  "INSERT OR REPLACE INTO forge_issue(project_id, remote_id, number, url, title,"
                  " is_open, is_gone, updated_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  query_bind_int(&query, 1, issue->project_id);
  query_bind_int(&query, 2, issue->remote_id);
  query_bind_int(&query, 3, issue->number);
  query_bind_text(&query, 4, issue->url);
  query_bind_text(&query, 5, issue->title);
  query_bind_int(&query, 6, issue->is_open);
  query_bind_int(&query, 7, issue->is_gone);
  query_bind_int(&query, 8, issue->updated_ms);
  query_run(&query);
}

size_t forge_issue_list(struct transaction *tx, struct arena *arena,
                        const struct forge_issue_query *wanted, struct forge_issue **issues) {
  struct rows rows = ROWS_OF(struct forge_issue);
  struct query query = query_begin(tx, ISSUE_COLUMNS
                                   "WHERE project_id = ?1 AND remote_id = ?2 AND NOT is_gone"
                                   " ORDER BY number DESC LIMIT ?3");
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, wanted->remote_id);
  query_bind_int(&query, 3, (int64_t)wanted->limit);
  while (query_next(&query))
    *(struct forge_issue *)rows_add(&rows, arena) = read_row(&query, arena);
  query_end(&query);
  *issues = rows.items;
  return rows.count;
}

static bool find_error(struct transaction *tx, struct arena *arena, const struct forge_issue *issue,
                       const char *sql, struct issue_link *link) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, issue->project_id);
  query_bind_int(&query, 2, issue->number);
  query_bind_text(&query, 3, issue->url);
  bool is_found = query_next(&query);
  if (is_found)
    *link = (struct issue_link){.group_id = query_int(&query, 0),
                                .project_id = issue->project_id,
                                .created_ms = query_int(&query, 1),
                                .forge = query_text(&query, 2, arena),
                                .number = issue->number,
                                .url = issue->url};
  query_end(&query);
  return is_found;
}

bool forge_issue_error(struct transaction *tx, struct arena *arena, const struct forge_issue *issue,
                       struct forge_issue_error *error) {
  error->is_remote = false;
  if (find_error(tx, arena, issue,
                 "SELECT group_id, created_ms, forge FROM issue_link"
                 " WHERE project_id = ?1 AND number = ?2 AND url = ?3",
                 &error->link))
    return true;
  error->is_remote = true;
  return find_error(tx, arena, issue,
                    "SELECT error_id, created_ms, forge FROM remote_link"
                    " WHERE project_id = ?1 AND number = ?2 AND url = ?3",
                    &error->link);
}
