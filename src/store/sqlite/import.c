/* import.c - rows of imports; see store/import.h. */
#include "store/import.h"

#include "store/sqlite/database.h"

#include "base/banned.h"

/* --- imports ---------------------------------------------------------------------------- */

int64_t import_find(struct transaction *tx, const struct import *import) {
  int64_t id = 0;
  struct query query =
      query_begin(tx,
                  "SELECT id FROM import WHERE project_id = ?1 AND url = ?2 AND organization = ?3"
                  " AND project = ?4");
  query_bind_int(&query, 1, import->project_id);
  query_bind_text(&query, 2, import->url);
  query_bind_text(&query, 3, import->organization);
  query_bind_text(&query, 4, import->project);
  if (query_next(&query)) id = query_int(&query, 0);
  query_end(&query);
  return id;
}

int64_t import_begin(struct transaction *tx, const struct import *import) {
  int64_t id = import_find(tx, import);
  if (id) return id;
  struct query query = query_begin(
      tx, "INSERT INTO import(project_id, url, organization, project) VALUES(?1, ?2, ?3, ?4)");
  query_bind_int(&query, 1, import->project_id);
  query_bind_text(&query, 2, import->url);
  query_bind_text(&query, 3, import->organization);
  query_bind_text(&query, 4, import->project);
  query_run(&query);
  return database_last_id(tx);
}

struct import_totals import_totals(struct transaction *tx, int64_t import_id) {
  struct import_totals totals = {0};
  struct query query =
      query_begin(tx,
                  "SELECT count(*), coalesce(sum(is_complete), 0), coalesce(sum(event_count), 0),"
                  " coalesce(sum(extra_events), 0) FROM import_issue WHERE import_id = ?1");
  query_bind_int(&query, 1, import_id);
  if (query_next(&query))
    totals = (struct import_totals){query_int(&query, 0), query_int(&query, 1),
                                    query_int(&query, 2), query_int(&query, 3)};
  query_end(&query);
  return totals;
}

/* --- their issues ------------------------------------------------------------------------- */

#define ISSUE_COLUMNS                                                                 \
  "import_id, issue_id, group_id, other_id, is_made, is_complete, stage, cursor,"     \
  " event_count, known_count, extra_events, extra_users, last_seen_ms, remote_count," \
  " comment_count, status, status_ms, activity_id"

bool import_issue_get(struct transaction *tx, struct arena *arena, int64_t import_id,
                      int64_t issue_id, struct import_issue *issue) {
  struct query query = query_begin(
      tx, "SELECT " ISSUE_COLUMNS " FROM import_issue WHERE import_id = ?1 AND issue_id = ?2");
  query_bind_int(&query, 1, import_id);
  query_bind_int(&query, 2, issue_id);
  bool is_found = query_next(&query);
  if (is_found) {
    *issue = (struct import_issue){.import_id = query_int(&query, 0),
                                   .issue_id = query_int(&query, 1),
                                   .group_id = query_int(&query, 2),
                                   .other_id = query_int(&query, 3),
                                   .is_made = query_int(&query, 4) != 0,
                                   .is_complete = query_int(&query, 5) != 0,
                                   .stage = (enum import_stage)query_int(&query, 6),
                                   .cursor = query_text(&query, 7, arena),
                                   .event_count = query_int(&query, 8),
                                   .known_count = query_int(&query, 9),
                                   .extra_events = query_int(&query, 10),
                                   .extra_users = query_int(&query, 11),
                                   .last_seen_ms = query_int(&query, 12),
                                   .remote_count = query_int(&query, 13),
                                   .comment_count = query_int(&query, 14),
                                   .status = query_text(&query, 15, arena),
                                   .status_ms = query_int(&query, 16),
                                   .activity_id = query_int(&query, 17)};
  }
  query_end(&query);
  return is_found;
}

void import_issue_set(struct transaction *tx, const struct import_issue *issue) {
  struct query query =
      query_begin(tx, "INSERT OR REPLACE INTO import_issue(" ISSUE_COLUMNS
                      ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                      " ?16, ?17, ?18)");
  query_bind_int(&query, 1, issue->import_id);
  query_bind_int(&query, 2, issue->issue_id);
  query_bind_int(&query, 3, issue->group_id);
  query_bind_int(&query, 4, issue->other_id);
  query_bind_int(&query, 5, issue->is_made);
  query_bind_int(&query, 6, issue->is_complete);
  query_bind_int(&query, 7, issue->stage);
  query_bind_text(&query, 8, issue->cursor);
  query_bind_int(&query, 9, issue->event_count);
  query_bind_int(&query, 10, issue->known_count);
  query_bind_int(&query, 11, issue->extra_events);
  query_bind_int(&query, 12, issue->extra_users);
  query_bind_int(&query, 13, issue->last_seen_ms);
  query_bind_int(&query, 14, issue->remote_count);
  query_bind_int(&query, 15, issue->comment_count);
  query_bind_text(&query, 16, issue->status);
  query_bind_int(&query, 17, issue->status_ms);
  query_bind_int(&query, 18, issue->activity_id);
  query_run(&query);
}

int64_t import_issue_of_group(struct transaction *tx, int64_t import_id, int64_t group_id) {
  int64_t issue_id = 0;
  struct query query = query_begin(
      tx, "SELECT issue_id FROM import_issue WHERE import_id = ?1 AND group_id = ?2 LIMIT 1");
  query_bind_int(&query, 1, import_id);
  query_bind_int(&query, 2, group_id);
  if (query_next(&query)) issue_id = query_int(&query, 0);
  query_end(&query);
  return issue_id;
}

struct import_sharing import_sharing(struct transaction *tx, int64_t import_id, int64_t group_id) {
  struct import_sharing sharing = {0};
  struct query query = query_begin(
      tx,
      "SELECT count(*) > 0, coalesce(sum(group_id = 0 AND status = 'unresolved'), 0) > 0"
      " FROM import_issue WHERE import_id = ?1 AND other_id = ?2");
  query_bind_int(&query, 1, import_id);
  query_bind_int(&query, 2, group_id);
  if (query_next(&query))
    sharing = (struct import_sharing){query_int(&query, 0) != 0, query_int(&query, 1) != 0};
  query_end(&query);
  return sharing;
}
