/* strand_row.c - see strand_row.h. */
#include "store/sqlite/strand_row.h"

#include <string.h>

#include "store/sqlite/group_row.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* The first columns are those that group_row_read() takes. */
#define STRAND_COLUMNS                                                                     \
  "id, project_id, 0, 0, 0, is_unhandled, level, event_count, user_count, first_seen_ms,"  \
  " last_seen_ms, 0, error_type, error_value, title, culprit, location, platform, logger," \
  " first_release, last_release, 1, 0, hash, tied_to, is_apart"

static void read_strand(const struct query *query, struct arena *arena, struct strand *strand) {
  *strand = (struct strand){.id = query_int(query, 0),
                            .tied_to = query_int(query, 24),
                            .is_apart = query_int(query, 25) != 0};
  group_row_read(query, arena, &strand->own);
  struct slice hash = query_borrow(query, 23);
  if (hash.len == sizeof strand->hash.bytes) memcpy(strand->hash.bytes, hash.ptr, hash.len);
}

struct strand_set strand_set_of(struct transaction *tx, struct arena *arena, int64_t group_id) {
  struct rows rows = ROWS_OF(int64_t);
  struct query query = query_begin(tx, "SELECT id FROM strand WHERE group_id = ?1 ORDER BY id");
  query_bind_int(&query, 1, group_id);
  while (query_next(&query)) *(int64_t *)rows_add(&rows, arena) = query_int(&query, 0);
  query_end(&query);
  return (struct strand_set){rows.items, rows.count};
}

bool strand_row_get(struct transaction *tx, struct arena *arena, int64_t id,
                    struct strand *strand) {
  struct query query = query_begin(tx, "SELECT " STRAND_COLUMNS " FROM strand WHERE id = ?1");
  query_bind_int(&query, 1, id);
  bool is_found = query_next(&query);
  if (is_found) read_strand(&query, arena, strand);
  query_end(&query);
  return is_found;
}

size_t strand_list(struct transaction *tx, struct arena *arena, int64_t group_id,
                   struct strand **strands) {
  struct rows rows = ROWS_OF(struct strand);
  struct group group;
  struct query query =
      query_begin(tx, "SELECT " STRAND_COLUMNS " FROM strand WHERE group_id = ?1 ORDER BY id");
  query_bind_int(&query, 1, group_id);
  while (query_next(&query)) read_strand(&query, arena, rows_add(&rows, arena));
  query_end(&query);
  *strands = rows.items;
  if (rows.count == 1 && group_row_get(tx, arena, group_id, &group)) {
    group.id = (*strands)[0].id;
    (*strands)[0].own = group;
  }
  return rows.count;
}

/* --- writing ---------------------------------------------------------------------- */

/* From parameter `at` on: the columns that events change. */
static void bind_figures(struct query *query, int at, const struct group *own) {
  const int64_t numbers[] = {own->is_unhandled, (int64_t)own->level, own->event_count,
                             own->user_count,   own->first_seen_ms,  own->last_seen_ms};
  const struct slice texts[] = {own->error_type, own->error_value,   own->title,
                                own->culprit,    own->location,      own->platform,
                                own->logger,     own->first_release, own->last_release};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    query_bind_int(query, at++, numbers[i]);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) query_bind_text(query, at++, texts[i]);
}

int64_t strand_row_insert(struct transaction *tx, const struct strand_draft *draft) {
  struct group own = *draft->own;
  own.event_count = own.user_count = 0;
  struct query query = query_begin(
      tx,
      "INSERT INTO strand(is_unhandled, level, event_count, user_count, first_seen_ms,"
      " last_seen_ms, error_type, error_value, title, culprit, location, platform, logger,"
      " first_release, last_release, project_id, group_id, hash)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)");
  bind_figures(&query, 1, &own);
  query_bind_int(&query, 16, own.project_id);
  query_bind_int(&query, 17, draft->group_id);
  query_bind_blob(&query, 18, draft->hash.bytes, sizeof draft->hash.bytes);
  query_run(&query);
  return database_last_id(tx);
}

void strand_row_update(struct transaction *tx, int64_t id, const struct group *own) {
  struct query query = query_begin(
      tx,
      "UPDATE strand SET is_unhandled = ?1, level = ?2, event_count = ?3, user_count = ?4,"
      " first_seen_ms = ?5, last_seen_ms = ?6, error_type = ?7, error_value = ?8, title = ?9,"
      " culprit = ?10, location = ?11, platform = ?12, logger = ?13, first_release = ?14,"
      " last_release = ?15 WHERE id = ?16");
  bind_figures(&query, 1, own);
  query_bind_int(&query, 16, id);
  query_run(&query);
}

void strand_take_hash(struct transaction *tx, int64_t project_id, const struct group_hash *hash,
                      int64_t strand_id) {
  struct query query = query_begin(
      tx, "INSERT OR REPLACE INTO group_hash(project_id, hash, strand_id) VALUES(?1, ?2, ?3)");
  query_bind_int(&query, 1, project_id);
  query_bind_blob(&query, 2, hash->bytes, sizeof hash->bytes);
  query_bind_int(&query, 3, strand_id);
  query_run(&query);
}

/* --- between strands and their group -------------------------------------------------- */

static void set_strand_count(struct transaction *tx, int64_t group_id, size_t count) {
  struct query query = query_begin(tx, "UPDATE error_group SET strand_count = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, (int64_t)count);
  query_run(&query);
}

void strand_settle(struct transaction *tx, int64_t group_id) {
  struct arena arena = {0};
  struct group group;
  if (group_row_get(tx, &arena, group_id, &group) && group.strand_count == 1) {
    struct strand_set set = strand_set_of(tx, &arena, group_id);
    if (set.count == 1) strand_row_update(tx, set.ids[0], &group);
    set_strand_count(tx, group_id, 2);
  }
  arena_free(&arena);
}

void strand_set_group(struct transaction *tx, int64_t id, int64_t group_id) {
  struct query query = query_begin(tx, "UPDATE strand SET group_id = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, id);
  query_bind_int(&query, 2, group_id);
  query_run(&query);
}

/* Users of a group, each counted once. */
static int64_t group_user_count(struct transaction *tx, int64_t group_id) {
  int64_t count = 0;
  struct query query =
      query_begin(tx,
                  "SELECT count(DISTINCT user_hash) FROM strand_user WHERE strand_id IN (SELECT id"
                  " FROM strand WHERE group_id = ?1)");
  query_bind_int(&query, 1, group_id);
  if (query_next(&query)) count = query_int(&query, 0);
  query_end(&query);
  return count;
}

/* Texts are those of the strand with the latest event. */
static void add_strand(struct group *sum, const struct group *own, int64_t *first_release_ms) {
  int64_t events = sum->event_count + own->event_count;
  int64_t first_ms = sum->event_count && sum->first_seen_ms < own->first_seen_ms
                         ? sum->first_seen_ms
                         : own->first_seen_ms;
  struct slice last_release = sum->last_release, first_release = sum->first_release;
  if (own->first_release.len && (!first_release.len || own->first_seen_ms < *first_release_ms)) {
    first_release = own->first_release;
    *first_release_ms = own->first_seen_ms;
  }
  if (!sum->event_count || own->last_seen_ms >= sum->last_seen_ms) {
    *sum = *own;
    if (!own->last_release.len) sum->last_release = last_release;
  } else if (!last_release.len) {
    sum->last_release = own->last_release;
  }
  sum->event_count = events;
  sum->first_seen_ms = first_ms;
  sum->first_release = first_release;
}

static bool is_listed(const struct group *group) { return group->merged_into == 0; }

void group_refresh(struct transaction *tx, int64_t group_id) {
  struct arena arena = {0};
  struct strand *strands;
  struct group group, sum = {0};
  int64_t first_release_ms = 0;
  size_t count = 0;
  if (group_row_get(tx, &arena, group_id, &group) && group.strand_count != 1)
    count = strand_list(tx, &arena, group_id, &strands);
  /* strand_list() took the group's figures for those of an only strand. */
  if (count == 1) strand_row_get(tx, &arena, strands[0].id, &strands[0]);
  for (size_t i = 0; i < count; i++) {
    if (strands[i].own.event_count) add_strand(&sum, &strands[i].own, &first_release_ms);
  }
  if (count && !sum.event_count) sum = strands[0].own;
  if (count) {
    bool is_same = slice_equal(sum.title, group.title) && slice_equal(sum.culprit, group.culprit);
    sum.id = group.id;
    sum.user_count = count == 1 ? strands[0].own.user_count : group_user_count(tx, group_id);
    sum.strand_count = (int64_t)count;
    if (!is_same && is_listed(&group)) group_text_remove(tx, &group);
    group_row_update(tx, &sum);
    if (!slice_equal(sum.first_release, group.first_release))
      group_row_set_first_release(tx, group_id, sum.first_release);
    if (!is_same && is_listed(&group)) group_text_add(tx, &sum);
  }
  arena_free(&arena);
}

static void set_hidden(struct transaction *tx, int64_t group_id, int64_t merged_into) {
  struct query query =
      query_begin(tx,
                  "UPDATE error_group SET status = status % ?3 + iif(?2, ?3, 0), merged_into = ?2,"
                  " strand_count = 0 WHERE id = ?1");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, merged_into);
  query_bind_int(&query, 3, GROUP_HIDDEN);
  query_run(&query);
}

void group_hide(struct transaction *tx, int64_t group_id, int64_t merged_into) {
  struct arena arena = {0};
  struct group group;
  if (group_row_get(tx, &arena, group_id, &group) && is_listed(&group)) {
    group_text_remove(tx, &group);
    group_count_status(tx, group.project_id, (int)group.status, GROUP_HIDDEN);
    set_hidden(tx, group_id, merged_into);
  }
  arena_free(&arena);
}

void group_unhide(struct transaction *tx, int64_t group_id) {
  struct arena arena = {0};
  struct group group;
  if (group_row_get(tx, &arena, group_id, &group) && !is_listed(&group)) {
    set_hidden(tx, group_id, 0);
    group_count_status(tx, group.project_id, GROUP_HIDDEN, (int)group.status);
    group_text_add(tx, &group);
  }
  arena_free(&arena);
}

int64_t group_insert_empty(struct transaction *tx, const struct group *own,
                           enum group_status status, int64_t now_ms) {
  const struct digest digest = {.project_id = own->project_id,
                                .received_ms = now_ms,
                                .timestamp_ms = own->first_seen_ms,
                                .level = own->level,
                                .is_unhandled = own->is_unhandled,
                                .error_type = own->error_type,
                                .error_value = own->error_value,
                                .title = own->title,
                                .culprit = own->culprit,
                                .location = own->location,
                                .platform = own->platform,
                                .logger = own->logger,
                                .release = own->first_release};
  struct arena arena = {0};
  struct group group;
  int64_t id = group_row_insert(tx, &digest);
  set_strand_count(tx, id, 0);
  if (group_row_get(tx, &arena, id, &group)) group_text_add(tx, &group);
  if (status != GROUP_UNRESOLVED) group_set_status(tx, id, status, false, now_ms);
  arena_free(&arena);
  return id;
}
