/* regroup_split.c - events of one strand that get different hashes now go to strands of their own.
 *
 * All of it happens within one group, whose figures stay as they are. Each call is part of a small
 * transaction of its own; what is left after a kill is done by doing it again.
 */
#include "store/sqlite/change.h"
#include "store/sqlite/day_index.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/strand_row.h"
#include "store/regroup.h"

#include "base/banned.h"

static int64_t find_number(struct query *query) {
  int64_t number = 0;
  if (query_next(query)) number = query_int(query, 0);
  query_end(query);
  return number;
}

static int64_t group_of(struct transaction *tx, int64_t strand_id) {
  struct query query = query_begin(tx, "SELECT group_id FROM strand WHERE id = ?1");
  query_bind_int(&query, 1, strand_id);
  return find_number(&query);
}

int64_t regroup_find_strand(struct transaction *tx, const struct regroup_run *run,
                            int64_t strand_id, const struct group_hash *hash) {
  struct query query =
      query_begin(tx,
                  "SELECT part.id FROM strand own CROSS JOIN strand part ON part.made_by = ?3"
                  " AND part.made_by > 0 AND part.group_id = own.group_id AND part.hash = ?2"
                  " AND part.is_apart = own.is_apart WHERE own.id = ?1 LIMIT 1");
  query_bind_int(&query, 1, strand_id);
  query_bind_blob(&query, 2, hash->bytes, sizeof hash->bytes);
  query_bind_int(&query, 3, run->change_id);
  return find_number(&query);
}

/* What people split off stays apart, and so do its parts. */
static void set_maker(struct transaction *tx, int64_t strand_id, int64_t change_id, bool is_apart) {
  struct query query =
      query_begin(tx, "UPDATE strand SET made_by = ?2, is_apart = ?3 WHERE id = ?1");
  query_bind_int(&query, 1, strand_id);
  query_bind_int(&query, 2, change_id);
  query_bind_int(&query, 3, is_apart);
  query_run(&query);
}

int64_t regroup_part_strand(struct transaction *tx, const struct regroup_run *run,
                            int64_t strand_id, const struct group_hash *hash) {
  struct arena arena = {0};
  struct strand source;
  int64_t group_id = group_of(tx, strand_id), made = 0;
  int64_t found = regroup_find_strand(tx, run, strand_id, hash);
  if (!group_id) return 0;
  /* The parts may all stay with the group, whose strands have to be counted again then. */
  change_note_group(tx, run->change_id, group_id, false, 0);
  if (found) return found;
  strand_settle(tx, group_id);
  if (strand_row_get(tx, &arena, strand_id, &source)) {
    const struct strand_draft draft = {group_id, *hash, &source.own};
    made = strand_row_insert(tx, &draft);
    set_maker(tx, made, run->change_id, source.is_apart);
    struct query query =
        query_begin(tx, "UPDATE error_group SET strand_count = strand_count + 1 WHERE id = ?1");
    query_bind_int(&query, 1, group_id);
    query_run(&query);
  }
  hot_drop_all(&tx->store->hot);
  arena_free(&arena);
  return made;
}

static void set_unsettled(struct transaction *tx, int64_t strand_id, bool is_unsettled) {
  struct query query =
      query_begin(tx, "UPDATE strand SET is_unsettled = ?2 WHERE id = ?1 AND is_unsettled <> ?2");
  query_bind_int(&query, 1, strand_id);
  query_bind_int(&query, 2, is_unsettled);
  query_run(&query);
}

/* What people wrote about the event goes along. */
static void move_feedback(struct transaction *tx, const int64_t from_to[2],
                          const struct event_id *id) {
  struct query query =
      query_begin(tx, "UPDATE feedback SET strand_id = ?2 WHERE strand_id = ?1 AND event_id = ?3");
  query_bind_int(&query, 1, from_to[0]);
  query_bind_int(&query, 2, from_to[1]);
  query_bind_blob(&query, 3, id->bytes, EVENT_ID_BYTES);
  query_run(&query);
}

void regroup_move(struct transaction *tx, int64_t ref, const int64_t from_to[2],
                  const struct digest *digest) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql, "UPDATE event_@ SET strand_id = ?3 WHERE row = ?1 AND strand_id = ?2",
                    ref_day(ref)));
  query_bind_int(&query, 1, ref_row(ref));
  query_bind_int(&query, 2, from_to[0]);
  query_bind_int(&query, 3, from_to[1]);
  if (!query_run(&query)) return;
  day_index_move(tx, ref_day(ref), ref_row(ref), from_to);
  move_feedback(tx, from_to, &digest->id);
  set_unsettled(tx, from_to[0], true);
  struct hot_strand *to = hot_get_strand(tx, from_to[1]), *from = hot_get_strand(tx, from_to[0]);
  if (to && from) hot_move(tx, from, to, digest);
}

void regroup_drop_users(struct transaction *tx, int64_t strand_id, const int64_t *users,
                        size_t count, bool is_rest) {
  for (size_t i = 0; i < count; i++) {
    struct query query = query_begin(
        tx,
        "DELETE FROM strand_user WHERE strand_id = ?1 AND user_hash = ?2 AND (NOT ?3 OR EXISTS"
        " (SELECT 1 FROM strand own JOIN strand other ON other.group_id = own.group_id AND"
        " other.id <> own.id JOIN strand_user u ON u.strand_id = other.id AND u.user_hash = ?2"
        " WHERE own.id = ?1))");
    query_bind_int(&query, 1, strand_id);
    query_bind_int(&query, 2, users[i]);
    query_bind_int(&query, 3, is_rest);
    query_run(&query);
  }
  hot_drop_all(&tx->store->hot);
}

int64_t regroup_strand_events(struct transaction *tx, int64_t strand_id) {
  struct query query = query_begin(tx, "SELECT event_count FROM strand WHERE id = ?1");
  query_bind_int(&query, 1, strand_id);
  return find_number(&query);
}

void regroup_settle_strand(struct transaction *tx, int64_t strand_id, const struct group *rest) {
  struct arena arena = {0};
  struct strand strand;
  if (strand_row_get(tx, &arena, strand_id, &strand)) {
    struct group own = *rest;
    bool has_expired = strand.own.event_count > rest->event_count;
    own.event_count = strand.own.event_count;
    if (has_expired && strand.own.first_seen_ms < own.first_seen_ms)
      own.first_seen_ms = strand.own.first_seen_ms;
    if (has_expired && strand.own.first_release.len) own.first_release = strand.own.first_release;
    struct query query = query_begin(tx, "SELECT count(*) FROM strand_user WHERE strand_id = ?1");
    query_bind_int(&query, 1, strand_id);
    own.user_count = find_number(&query);
    strand_row_update(tx, strand_id, &own);
    set_unsettled(tx, strand_id, false);
    hot_drop_all(&tx->store->hot);
  }
  arena_free(&arena);
}
