/* group_row.c - see group_row.h. */
#include "store/sqlite/group_row.h"

#include "base/banned.h"

void group_row_read(const struct query *query, struct arena *arena, struct group *group) {
  *group = (struct group){
      .id = query_int(query, 0),
      .project_id = query_int(query, 1),
      .number = query_int(query, 2),
      .status = (enum group_status)(query_int(query, 3) % GROUP_HIDDEN),
      .is_regressed = query_int(query, 4) != 0,
      .is_unhandled = query_int(query, 5) != 0,
      .level = (enum level)query_int(query, 6),
      .event_count = query_int(query, 7),
      .user_count = query_int(query, 8),
      .first_seen_ms = query_int(query, 9),
      .last_seen_ms = query_int(query, 10),
      .status_changed_ms = query_int(query, 11),
      .error_type = query_text(query, 12, arena),
      .error_value = query_text(query, 13, arena),
      .title = query_text(query, 14, arena),
      .culprit = query_text(query, 15, arena),
      .location = query_text(query, 16, arena),
      .platform = query_text(query, 17, arena),
      .logger = query_text(query, 18, arena),
      .first_release = query_text(query, 19, arena),
      .last_release = query_text(query, 20, arena),
      .strand_count = query_int(query, 21),
      .merged_into = query_int(query, 22),
  };
}

static int64_t next_number(struct transaction *tx, const struct digest *digest) {
  int64_t number = 0;
  struct query query =
      query_begin(tx,
                  "INSERT INTO project_counter(project_id, last_group_number, unresolved_count)"
                  " VALUES(?1, 1, 1) ON CONFLICT DO UPDATE SET"
                  " last_group_number = last_group_number + 1,"
                  " unresolved_count = unresolved_count + 1 RETURNING last_group_number");
  query_bind_int(&query, 1, digest->project_id);
  if (query_next(&query)) number = query_int(&query, 0);
  query_end(&query);
  return number;
}

int64_t group_row_insert(struct transaction *tx, const struct digest *digest) {
  int64_t number = next_number(tx, digest);
  struct query query = query_begin(
      tx,
      "INSERT INTO error_group(project_id, number, status, is_regressed, is_unhandled, level,"
      " event_count, user_count, first_seen_ms, last_seen_ms, status_changed_ms, error_type, "
      "error_value,"
      " title, culprit, location, platform, logger, first_release, last_release)"
      " VALUES(?1, ?2, 0, 0, ?3, ?4, 0, 0, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)");
  query_bind_int(&query, 1, digest->project_id);
  query_bind_int(&query, 2, number);
  query_bind_int(&query, 3, digest->is_unhandled);
  query_bind_int(&query, 4, digest->level);
  query_bind_int(&query, 5, digest->timestamp_ms);
  query_bind_int(&query, 6, digest->received_ms);
  query_bind_text(&query, 7, digest->error_type);
  query_bind_text(&query, 8, digest->error_value);
  query_bind_text(&query, 9, digest->title);
  query_bind_text(&query, 10, digest->culprit);
  query_bind_text(&query, 11, digest->location);
  query_bind_text(&query, 12, digest->platform);
  query_bind_text(&query, 13, digest->logger);
  query_bind_text(&query, 14, digest->release);
  query_run(&query);
  return database_last_id(tx);
}

void group_row_update(struct transaction *tx, const struct group *group) {
  struct query query = query_begin(
      tx,
      "UPDATE error_group SET is_unhandled = ?2, level = ?3, event_count = ?4, user_count = ?5,"
      " first_seen_ms = ?6, last_seen_ms = ?7, error_type = ?8, error_value = ?9, title = ?10, "
      "culprit = ?11,"
      " location = ?12, platform = ?13, logger = ?14, last_release = ?15, "
      "strand_count = ?16 "
      "WHERE id = ?1");
  query_bind_int(&query, 1, group->id);
  query_bind_int(&query, 2, group->is_unhandled);
  query_bind_int(&query, 3, group->level);
  query_bind_int(&query, 4, group->event_count);
  query_bind_int(&query, 5, group->user_count);
  query_bind_int(&query, 6, group->first_seen_ms);
  query_bind_int(&query, 7, group->last_seen_ms);
  query_bind_text(&query, 8, group->error_type);
  query_bind_text(&query, 9, group->error_value);
  query_bind_text(&query, 10, group->title);
  query_bind_text(&query, 11, group->culprit);
  query_bind_text(&query, 12, group->location);
  query_bind_text(&query, 13, group->platform);
  query_bind_text(&query, 14, group->logger);
  query_bind_text(&query, 15, group->last_release);
  query_bind_int(&query, 16, group->strand_count);
  query_run(&query);
}

void group_row_set_first_release(struct transaction *tx, int64_t group_id, struct slice release) {
  struct query query = query_begin(tx, "UPDATE error_group SET first_release = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, group_id);
  query_bind_text(&query, 2, release);
  query_run(&query);
}

void group_text_add(struct transaction *tx, const struct group *group) {
  struct query query =
      query_begin(tx, "INSERT INTO group_text(rowid, title, culprit) VALUES(?1, ?2, ?3)");
  query_bind_int(&query, 1, group->id);
  query_bind_text(&query, 2, group->title);
  query_bind_text(&query, 3, group->culprit);
  query_run(&query);
}

void group_text_remove(struct transaction *tx, const struct group *group) {
  struct query query = query_begin(
      tx, "INSERT INTO group_text(group_text, rowid, title, culprit) VALUES('delete', ?1, ?2, ?3)");
  query_bind_int(&query, 1, group->id);
  query_bind_text(&query, 2, group->title);
  query_bind_text(&query, 3, group->culprit);
  query_run(&query);
}
