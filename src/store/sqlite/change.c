/* change.c - merging groups, splitting strands off, and taking that back; see store/strand.h.
 *
 * A change is one transaction. It writes to the rows directly, so what hot.c keeps at hand is
 * forgotten at its end; nothing is pending there when a change begins (writer.c).
 */
#include "store/sqlite/change.h"

#include <assert.h>

#include "store/sqlite/event_row.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/strand_row.h"

#include "base/banned.h"

/* --- the log -------------------------------------------------------------------------- */

int64_t change_insert(struct transaction *tx, const struct group_change *change) {
  struct query query = query_begin(tx,
                                   "INSERT INTO change(project_id, kind, group_id, other_id, "
                                   "user_id, time_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  query_bind_int(&query, 1, change->project_id);
  query_bind_int(&query, 2, change->kind);
  query_bind_int(&query, 3, change->group_id);
  query_bind_int(&query, 4, change->other_id);
  query_bind_int(&query, 5, change->user_id);
  query_bind_int(&query, 6, change->time_ms);
  query_run(&query);
  return database_last_id(tx);
}

void change_note_strand(struct transaction *tx, int64_t change_id, const struct strand_step *step) {
  struct query query = query_begin(
      tx,
      "INSERT OR IGNORE INTO change_strand(change_id, strand_id, from_group, to_group, from_tie,"
      " from_apart, from_hash, to_hash) SELECT ?1, id, group_id, ?3, tied_to, is_apart, hash,"
      " coalesce(?4, hash) FROM strand WHERE id = ?2");
  query_bind_int(&query, 1, change_id);
  query_bind_int(&query, 2, step->strand_id);
  query_bind_int(&query, 3, step->to_group);
  if (step->to_hash) query_bind_blob(&query, 4, step->to_hash->bytes, GROUPING_HASH_BYTES);
  query_run(&query);
}

void change_note_group(struct transaction *tx, int64_t change_id, int64_t group_id, bool is_new,
                       int64_t merged_into) {
  struct query query =
      query_begin(tx,
                  "INSERT OR IGNORE INTO change_group(change_id, group_id, is_new, merged_into)"
                  " VALUES(?1, ?2, ?3, ?4)");
  query_bind_int(&query, 1, change_id);
  query_bind_int(&query, 2, group_id);
  query_bind_int(&query, 3, is_new);
  query_bind_int(&query, 4, merged_into);
  query_run(&query);
}

void change_set_undone(struct transaction *tx, int64_t change_id, int64_t now_ms) {
  struct query query = query_begin(tx, "UPDATE change SET undone_ms = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, change_id);
  query_bind_int(&query, 2, now_ms);
  query_run(&query);
}

#define CHANGE_COLUMNS                                                                          \
  "SELECT c.id, c.project_id, c.kind, c.group_id, c.other_id, c.user_id, c.time_ms, "           \
  "c.undone_ms, coalesce(u.username, ''), coalesce(u.name, '') FROM change c LEFT JOIN user u " \
  "ON u.id = c.user_id "

static void read_change(const struct query *query, struct arena *arena,
                        struct group_change *change) {
  *change = (struct group_change){
      .id = query_int(query, 0),
      .project_id = query_int(query, 1),
      .kind = (enum change_kind)query_int(query, 2),
      .group_id = query_int(query, 3),
      .other_id = query_int(query, 4),
      .user_id = query_int(query, 5),
      .time_ms = query_int(query, 6),
      .undone_ms = query_int(query, 7),
      .username = query_text(query, 8, arena),
      .user_name = query_text(query, 9, arena),
  };
}

bool change_get(struct transaction *tx, struct arena *arena, int64_t id,
                struct group_change *change) {
  struct query query = query_begin(tx, CHANGE_COLUMNS "WHERE c.id = ?1");
  query_bind_int(&query, 1, id);
  bool is_found = query_next(&query);
  if (is_found) read_change(&query, arena, change);
  query_end(&query);
  return is_found;
}

size_t change_list(struct transaction *tx, struct arena *arena, int64_t group_id, size_t limit,
                   struct group_change **changes) {
  struct rows rows = ROWS_OF(struct group_change);
  struct query query =
      query_begin(tx, CHANGE_COLUMNS
                  "WHERE c.id IN (SELECT change_id FROM change_group WHERE group_id = ?1)"
                  " AND c.undone_ms = 0 AND c.kind IN (1, 2) ORDER BY c.id DESC LIMIT ?2");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, (int64_t)limit);
  while (query_next(&query)) read_change(&query, arena, rows_add(&rows, arena));
  query_end(&query);
  *changes = rows.items;
  return rows.count;
}

size_t change_children(struct transaction *tx, struct arena *arena,
                       const struct group_change *change, struct group **children) {
  struct rows rows = ROWS_OF(struct group);
  struct query query =
      query_begin(tx, "SELECT " GROUP_COLUMNS
                      " FROM error_group WHERE id IN (SELECT group_id FROM change_group"
                      " WHERE change_id = ?1 AND merged_into <> 0 AND is_new = 0) ORDER BY id");
  query_bind_int(&query, 1, change->id);
  while (query_next(&query)) group_row_read(&query, arena, rows_add(&rows, arena));
  query_end(&query);
  *children = rows.items;
  return rows.count;
}

/* --- merging ------------------------------------------------------------------------------ */

/* The first strand of a group stands for it. */
static int64_t first_strand(struct transaction *tx, int64_t group_id) {
  int64_t id = 0;
  struct query query =
      query_begin(tx, "SELECT id FROM strand WHERE group_id = ?1 ORDER BY id LIMIT 1");
  query_bind_int(&query, 1, group_id);
  if (query_next(&query)) id = query_int(&query, 0);
  query_end(&query);
  return id;
}

static void run_pair(struct transaction *tx, const char *sql, int64_t first, int64_t second) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, first);
  query_bind_int(&query, 2, second);
  query_run(&query);
}

/* The parent takes over the link to an issue, when it has none of its own. */
static void move_link(struct transaction *tx, int64_t change_id, int64_t from, int64_t to) {
  struct query query =
      query_begin(tx, "UPDATE OR IGNORE issue_link SET group_id = ?2 WHERE group_id = ?1");
  query_bind_int(&query, 1, from);
  query_bind_int(&query, 2, to);
  if (query_run(&query))
    run_pair(tx, "UPDATE change SET link_from = ?2 WHERE id = ?1", change_id, from);
}

static void merge_one(struct transaction *tx, const struct group_change *change, int64_t child,
                      int64_t tie) {
  struct arena arena = {0};
  struct strand_set set = strand_set_of(tx, &arena, child);
  strand_settle(tx, child);
  for (size_t i = 0; i < set.count; i++) {
    const struct strand_step step = {set.ids[i], change->group_id, NULL};
    change_note_strand(tx, change->id, &step);
    strand_set_group(tx, set.ids[i], change->group_id);
    run_pair(tx,
             "UPDATE strand SET tied_to = iif(is_apart OR NOT tied_to, ?2, tied_to),"
             " is_apart = 0 WHERE id = ?1",
             set.ids[i], tie);
  }
  change_note_group(tx, change->id, child, false, change->group_id);
  group_hide(tx, child, change->group_id);
  move_link(tx, change->id, child, change->group_id);
  arena_free(&arena);
}

void change_merge(struct transaction *tx, const struct merge *merge, struct group_change *change) {
  struct arena arena = {0};
  struct group parent;
  assert(tx->is_writable);
  if (group_row_get(tx, &arena, merge->parent, &parent)) {
    *change = (struct group_change){.project_id = parent.project_id,
                                    .kind = CHANGE_MERGE,
                                    .group_id = merge->parent,
                                    .user_id = merge->user_id,
                                    .time_ms = merge->now_ms};
    change->id = change_insert(tx, change);
    change_note_group(tx, change->id, merge->parent, false, 0);
    int64_t tie = first_strand(tx, merge->parent);
    strand_settle(tx, merge->parent);
    for (size_t i = 0; i < merge->child_count; i++) merge_one(tx, change, merge->children[i], tie);
    group_refresh(tx, merge->parent);
    hot_drop_all(&tx->store->hot);
  }
  arena_free(&arena);
}

/* --- splitting --------------------------------------------------------------------------- */

/* The texts of the strand with the latest event. */
static struct group latest_of(struct transaction *tx, struct arena *arena,
                              const struct split *split) {
  struct group latest = {0};
  for (size_t i = 0; i < split->strand_count; i++) {
    struct strand strand;
    if (strand_row_get(tx, arena, split->strands[i], &strand) &&
        (!i || strand.own.last_seen_ms > latest.last_seen_ms))
      latest = strand.own;
  }
  return latest;
}

void change_split(struct transaction *tx, const struct split *split, struct group_change *change) {
  struct arena arena = {0};
  struct group source;
  assert(tx->is_writable);
  if (group_row_get(tx, &arena, split->group_id, &source)) {
    strand_settle(tx, source.id);
    struct group own = latest_of(tx, &arena, split);
    *change = (struct group_change){.project_id = source.project_id,
                                    .kind = CHANGE_SPLIT,
                                    .group_id = source.id,
                                    .user_id = split->user_id,
                                    .time_ms = split->now_ms};
    change->other_id = group_insert_empty(tx, &own, source.status, split->now_ms);
    change->id = change_insert(tx, change);
    change_note_group(tx, change->id, source.id, false, 0);
    change_note_group(tx, change->id, change->other_id, true, source.id);
    for (size_t i = 0; i < split->strand_count; i++) {
      const struct strand_step step = {split->strands[i], change->other_id, NULL};
      change_note_strand(tx, change->id, &step);
      strand_set_group(tx, split->strands[i], change->other_id);
      run_pair(tx, "UPDATE strand SET tied_to = ?2, is_apart = 1 WHERE id = ?1", split->strands[i],
               split->strands[0] == split->strands[i] ? 0 : split->strands[0]);
    }
    group_refresh(tx, source.id);
    group_refresh(tx, change->other_id);
    hot_drop_all(&tx->store->hot);
  }
  arena_free(&arena);
}

/* --- undoing ------------------------------------------------------------------------------ */

static bool is_none(struct transaction *tx, const char *sql, int64_t change_id) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, change_id);
  bool is_found = query_next(&query);
  query_end(&query);
  return !is_found;
}

bool change_is_undoable(struct transaction *tx, const struct group_change *change) {
  static const char *const contradictions[] = {
      "SELECT 1 FROM change WHERE id = ?1 AND undone_ms <> 0",
      "SELECT 1 FROM change_strand c LEFT JOIN strand s ON s.id = c.strand_id"
      " WHERE change_id = ?1 AND s.group_id IS NOT c.to_group",
      /* What was emptied stays empty, and what strands come back to still stands. */
      "SELECT 1 FROM change_group c JOIN error_group g ON g.id = c.group_id"
      " WHERE change_id = ?1 AND g.merged_into <> iif(is_new, 0, c.merged_into)",
      /* A merge leaves nothing behind when all else was taken from the parent. */
      "SELECT 1 FROM change c WHERE c.id = ?1 AND kind = 1 AND NOT EXISTS (SELECT 1 FROM strand s"
      " WHERE s.group_id = c.group_id AND s.id NOT IN"
      " (SELECT strand_id FROM change_strand WHERE change_id = ?1))",
  };
  for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++) {
    if (!is_none(tx, contradictions[i], change->id)) return false;
  }
  return true;
}

struct noted_group {
  int64_t id, merged_into;
  bool is_new;
};

static size_t noted_groups(struct transaction *tx, struct arena *arena, int64_t change_id,
                           struct noted_group **groups) {
  struct rows rows = ROWS_OF(struct noted_group);
  struct query query = query_begin(
      tx, "SELECT group_id, merged_into, is_new FROM change_group WHERE change_id = ?1");
  query_bind_int(&query, 1, change_id);
  while (query_next(&query)) {
    *(struct noted_group *)rows_add(&rows, arena) =
        (struct noted_group){query_int(&query, 0), query_int(&query, 1), query_int(&query, 2) != 0};
  }
  query_end(&query);
  *groups = rows.items;
  return rows.count;
}

static void run_one(struct transaction *tx, const char *sql, int64_t value) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, value);
  query_run(&query);
}

void change_undo(struct transaction *tx, const struct group_change *change, int64_t now_ms) {
  struct arena arena = {0};
  struct noted_group *groups;
  size_t count = noted_groups(tx, &arena, change->id, &groups);
  for (size_t i = 0; i < count; i++) {
    if (!groups[i].is_new && groups[i].merged_into) group_unhide(tx, groups[i].id);
    strand_settle(tx, groups[i].id);
  }
  run_one(tx,
          "UPDATE strand SET group_id = c.from_group, tied_to = c.from_tie, is_apart ="
          " c.from_apart FROM change_strand c WHERE c.change_id = ?1 AND c.strand_id = strand.id",
          change->id);
  run_one(tx,
          "UPDATE OR IGNORE issue_link SET group_id = c.link_from FROM change c"
          " WHERE c.id = ?1 AND c.link_from <> 0 AND issue_link.group_id = c.group_id",
          change->id);
  for (size_t i = 0; i < count; i++) {
    if (groups[i].is_new && !first_strand(tx, groups[i].id))
      group_hide(tx, groups[i].id, groups[i].merged_into);
    else
      group_refresh(tx, groups[i].id);
  }
  change_set_undone(tx, change->id, now_ms);
  hot_drop_all(&tx->store->hot);
  arena_free(&arena);
}

bool strand_latest_event(struct transaction *tx, int64_t strand_id, struct event_row *row) {
  struct strand_set one = {&strand_id, 1};
  return event_row_before(tx, one, INT64_MAX, row);
}
