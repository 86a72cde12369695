/* activity.c - what happened to a group, and the issue it is linked to. */
#include "base/clock.h"
#include "store/sqlite/group_row.h"

#include "base/banned.h"

void activity_add(struct transaction *tx, const struct activity *activity) {
  struct query query = query_begin(tx,
                                   "INSERT INTO activity(group_id, time_ms, kind, user_id, data, "
                                   "release, author) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  query_bind_int(&query, 1, activity->group_id);
  query_bind_int(&query, 2, activity->time_ms);
  query_bind_int(&query, 3, activity->kind);
  query_bind_int(&query, 4, activity->user_id);
  query_bind_text(&query, 5, activity->data);
  query_bind_text(&query, 6, activity->release);
  query_bind_text(&query, 7, activity->user_id ? SLICE_EMPTY : activity->user_name);
  query_run(&query);
}

size_t activity_list(struct transaction *tx, struct arena *arena, int64_t group_id, size_t limit,
                     struct activity **activities) {
  size_t count = 0;
  *activities = ARENA_ARRAY(arena, limit, struct activity);
  struct query query =
      query_begin(tx,
                  "SELECT a.id, a.group_id, a.time_ms, a.kind, a.user_id, coalesce(u.username, ''),"
                  " coalesce(u.name, a.author), a.data, a.release,"
                  " coalesce(u.email, '') FROM activity a"
                  " LEFT JOIN user u ON u.id = a.user_id WHERE a.group_id = ?1"
                  " ORDER BY a.time_ms DESC, a.id DESC LIMIT ?2");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, (int64_t)limit);
  while (count < limit && query_next(&query)) {
    (*activities)[count++] = (struct activity){
        .id = query_int(&query, 0),
        .group_id = query_int(&query, 1),
        .time_ms = query_int(&query, 2),
        .kind = (enum activity_kind)query_int(&query, 3),
        .user_id = query_int(&query, 4),
        .username = query_text(&query, 5, arena),
        .user_name = query_text(&query, 6, arena),
        .data = query_text(&query, 7, arena),
        .release = query_text(&query, 8, arena),
        .user_email = query_text(&query, 9, arena),
    };
  }
  query_end(&query);
  return count;
}

int64_t activity_count(struct transaction *tx, int64_t group_id, enum activity_kind kind) {
  int64_t count = 0;
  struct query query =
      query_begin(tx, "SELECT count(*) FROM activity WHERE group_id = ?1 AND kind = ?2");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, kind);
  if (query_next(&query)) count = query_int(&query, 0);
  query_end(&query);
  return count;
}

/* --- the linked issue --------------------------------------------------------------------- */

#define LINK_COLUMNS "group_id, project_id, created_ms, forge, number, url"

static bool read_link(struct query *query, struct arena *arena, struct issue_link *link) {
  bool is_found = query_next(query);
  if (is_found) {
    *link = (struct issue_link){
        .group_id = query_int(query, 0),
        .project_id = query_int(query, 1),
        .created_ms = query_int(query, 2),
        .forge = query_text(query, 3, arena),
        .number = query_int(query, 4),
        .url = query_text(query, 5, arena),
    };
  }
  query_end(query);
  return is_found;
}

bool issue_link_find(struct transaction *tx, struct arena *arena, int64_t group_id,
                     struct issue_link *link) {
  struct query query =
      query_begin(tx, "SELECT " LINK_COLUMNS " FROM issue_link WHERE group_id = ?1");
  query_bind_int(&query, 1, group_id);
  return read_link(&query, arena, link);
}

bool issue_link_find_by_number(struct transaction *tx, struct arena *arena,
                               struct issue_link *link) {
  struct query query = query_begin(tx, "SELECT " LINK_COLUMNS
                                       " FROM issue_link WHERE project_id = ?1 AND number = ?2"
                                       " AND forge = ?3");
  query_bind_int(&query, 1, link->project_id);
  query_bind_int(&query, 2, link->number);
  query_bind_text(&query, 3, link->forge);
  return read_link(&query, arena, link);
}

/* False: the statement left an older link as it was. */
static bool insert_link(struct transaction *tx, const char *sql, const struct issue_link *link) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, link->group_id);
  query_bind_int(&query, 2, link->project_id);
  query_bind_int(&query, 3, link->created_ms);
  query_bind_text(&query, 4, link->forge);
  query_bind_int(&query, 5, link->number);
  query_bind_text(&query, 6, link->url);
  return query_run(&query) > 0;
}

void issue_link_set(struct transaction *tx, const struct issue_link *link) {
  insert_link(tx,
              "INSERT OR REPLACE INTO issue_link(" LINK_COLUMNS
              ")"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
              link);
}

enum status issue_link_create(struct transaction *tx, const struct issue_link *link,
                              struct problem *problem) {
  if (insert_link(tx,
                  "INSERT OR IGNORE INTO issue_link(" LINK_COLUMNS ")"
                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                  link))
    return STATUS_OK;
  return problem_set(problem, STATUS_CONFLICT, "The error is linked to an issue already.");
}
