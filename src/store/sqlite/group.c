/* group.c - reading groups and changing their status. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/limits.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"

#include "base/banned.h"

bool group_row_get(struct transaction *tx, struct arena *arena, int64_t id, struct group *group) {
  struct query query = query_begin(tx, "SELECT " GROUP_COLUMNS " FROM error_group WHERE id = ?1");
  query_bind_int(&query, 1, id);
  bool is_found = query_next(&query);
  if (is_found) group_row_read(&query, arena, group);
  query_end(&query);
  return is_found;
}

/* A chain is as long as merges followed each other. */
enum { REDIRECTS_LIMIT = 100 };

static bool follow(struct transaction *tx, struct arena *arena, struct group *group) {
  for (int i = 0; group->merged_into && i < REDIRECTS_LIMIT; i++) {
    if (!group_row_get(tx, arena, group->merged_into, group)) return false;
  }
  return !group->merged_into;
}

bool group_get(struct transaction *tx, struct arena *arena, int64_t id, struct group *group) {
  return group_row_get(tx, arena, id, group) && follow(tx, arena, group);
}

bool group_get_itself(struct transaction *tx, struct arena *arena, int64_t id,
                      struct group *group) {
  return group_row_get(tx, arena, id, group);
}

bool group_find_by_number(struct transaction *tx, struct arena *arena, int64_t project_id,
                          int64_t number, struct group *group) {
  struct query query = query_begin(
      tx, "SELECT " GROUP_COLUMNS " FROM error_group WHERE project_id = ?1 AND number = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, number);
  bool is_found = query_next(&query);
  if (is_found) group_row_read(&query, arena, group);
  query_end(&query);
  return is_found && follow(tx, arena, group);
}

void group_count_by_status(struct transaction *tx, int64_t project_id,
                           int64_t counts[GROUP_STATUS_COUNT]) {
  memset(counts, 0, GROUP_STATUS_COUNT * sizeof *counts);
  struct query query = query_begin(tx,
                                   "SELECT unresolved_count, resolved_count, ignored_count FROM "
                                   "project_counter WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) {
    for (int status = 0; status < GROUP_STATUS_COUNT; status++)
      counts[status] = query_int(&query, status);
  }
  query_end(&query);
}

void group_hours(struct transaction *tx, int64_t group_id, int64_t now_ms, size_t hours,
                 int64_t *counts) {
  int64_t first = now_ms / HOUR_MS - (int64_t)hours + 1;
  memset(counts, 0, hours * sizeof *counts);
  struct query query =
      query_begin(tx,
                  "SELECT hour, count FROM strand_hour WHERE strand_id IN (SELECT id FROM strand"
                  " WHERE group_id = ?1) AND hour >= ?2 AND hour < ?3");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, first);
  query_bind_int(&query, 3, first + (int64_t)hours);
  while (query_next(&query)) counts[query_int(&query, 0) - first] += query_int(&query, 1);
  query_end(&query);
}

static int by_count(const void *a, const void *b) {
  const struct tag_value *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return slice_compare(x->value, y->value);
}

static int by_key(const void *a, const void *b) {
  return slice_compare(((const struct tag_summary *)a)->key, ((const struct tag_summary *)b)->key);
}

static void summarise(struct arena *arena, const struct tag_key *key, struct tag_summary *summary) {
  *summary = (struct tag_summary){
      .key = arena_copy(arena, key->key),
      .total = key->total,
      .other = key->other,
      .values = ARENA_ARRAY(arena, key->value_count, struct tag_value),
      .value_count = key->value_count,
  };
  for (uint32_t v = 0; v < key->value_count; v++) {
    const struct tag_count *value = &key->values[v];
    summary->values[v] =
        (struct tag_value){arena_copy(arena, value->value), value->count, value->last_seen_ms};
  }
  qsort(summary->values, summary->value_count, sizeof *summary->values, by_count);
}

size_t group_tags(struct transaction *tx, struct arena *arena, int64_t group_id,
                  struct tag_summary **tags) {
  struct tag_table table = {0};
  struct query query = query_begin(tx,
                                   "SELECT tags FROM strand_tags WHERE strand_id IN (SELECT id FROM"
                                   " strand WHERE group_id = ?1)");
  query_bind_int(&query, 1, group_id);
  while (query_next(&query)) {
    struct tag_table one;
    if (!tag_table_read(&one, query_borrow(&query, 0))) transaction_fail(tx, SQLITE_CORRUPT);
    tag_table_join(&table, &one);
    tag_table_free(&one);
  }
  query_end(&query);
  size_t count = table.key_count;
  *tags = ARENA_ARRAY(arena, count, struct tag_summary);
  for (size_t k = 0; k < count; k++) summarise(arena, &table.keys[k], *tags + k);
  if (count) qsort(*tags, count, sizeof **tags, by_key);
  tag_table_free(&table);
  return count;
}

/* --- status --------------------------------------------------------------------------- */

void group_count_status(struct transaction *tx, int64_t project_id, int from, int to) {
  struct query query =
      query_begin(tx,
                  "UPDATE project_counter SET"
                  " unresolved_count = unresolved_count - (?2 = 0) + (?3 = 0),"
                  " resolved_count = resolved_count - (?2 = 1) + (?3 = 1),"
                  " ignored_count = ignored_count - (?2 = 2) + (?3 = 2) WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, from);
  query_bind_int(&query, 3, to);
  query_run(&query);
}

void group_set_status(struct transaction *tx, int64_t group_id, enum group_status status,
                      bool is_regressed, int64_t now_ms) {
  struct hot_group *hot = hot_get(tx, group_id);
  if (!hot) return;
  struct group *group = &hot->totals.group;
  group_count_status(tx, group->project_id, (int)group->status, (int)status);
  group->status = status;
  group->is_regressed = is_regressed;
  group->status_changed_ms = now_ms;
  struct query query = query_begin(tx,
                                   "UPDATE error_group SET status = ?2, is_regressed = ?3, "
                                   "status_changed_ms = ?4 WHERE id = ?1");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, status);
  query_bind_int(&query, 3, is_regressed);
  query_bind_int(&query, 4, now_ms);
  query_run(&query);
}
