/* regroup.c - a regrouping as rows: what is to be done, doing it batch by batch, taking it back.
 *
 * Everything that will be done is noted before the first of it is done, so that a server that dies
 * in the middle goes on from the cursor kept in `change`. Each batch is one write. Between batches
 * events come in: a strand counts them wherever it is, and groups that take part count as groups of
 * several strands until their sums are made at the end.
 */
#include "store/regroup.h"

#include <string.h>

#include "store/option.h"
#include "store/sqlite/change.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/strand_row.h"

#include "base/banned.h"

/* What one write does; some milliseconds. */
enum { STRANDS_BATCH = 100, HASHES_BATCH = 500, GROUPS_BATCH = 50 };

static void run_numbers(struct transaction *tx, const char *sql, int64_t first, int64_t second) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, first);
  query_bind_int(&query, 2, second);
  query_run(&query);
}

static int64_t find_number(struct transaction *tx, const char *sql, int64_t value) {
  int64_t number = 0;
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, value);
  if (query_next(&query)) number = query_int(&query, 0);
  query_end(&query);
  return number;
}

/* --- the change --------------------------------------------------------------------- */

bool regroup_unfinished(struct transaction *tx, int64_t project_id, struct regroup_run *run) {
  struct query query = query_begin(
      tx,
      "SELECT id, project_id, state FROM change WHERE state <> 0 AND (project_id = ?1 OR NOT ?1)"
      " LIMIT 1");
  query_bind_int(&query, 1, project_id);
  bool is_found = query_next(&query);
  if (is_found)
    *run = (struct regroup_run){query_int(&query, 0), query_int(&query, 1),
                                (enum regroup_state)query_int(&query, 2)};
  query_end(&query);
  return is_found;
}

int64_t regroup_begin(struct transaction *tx, int64_t project_id, int64_t now_ms,
                      const struct regroup_rules *before) {
  const struct group_change change = {
      .project_id = project_id, .kind = CHANGE_REGROUP, .time_ms = now_ms};
  int64_t id = change_insert(tx, &change);
  regroup_set_state(tx, id, REGROUP_SPLITTING);
  if (!before) return id;
  struct query query =
      query_begin(tx, "UPDATE change SET stack_rules = ?2, fingerprint_rules = ?3 WHERE id = ?1");
  query_bind_int(&query, 1, id);
  query_bind_text(&query, 2, before->stack);
  query_bind_text(&query, 3, before->fingerprints);
  query_run(&query);
  return id;
}

bool regroup_rules_before(struct transaction *tx, struct arena *arena, int64_t change_id,
                          struct regroup_rules *rules) {
  struct query query = query_begin(tx,
                                   "SELECT stack_rules, fingerprint_rules FROM change WHERE id = ?1"
                                   " AND stack_rules IS NOT NULL");
  query_bind_int(&query, 1, change_id);
  bool is_found = query_next(&query);
  if (is_found)
    *rules = (struct regroup_rules){query_text(&query, 0, arena), query_text(&query, 1, arena)};
  query_end(&query);
  return is_found;
}

void regroup_set_state(struct transaction *tx, int64_t change_id, enum regroup_state state) {
  run_numbers(tx, "UPDATE change SET state = ?2, cursor = 0, cursor_hash = x'' WHERE id = ?1",
              change_id, (int64_t)state);
}

void regroup_clear(struct transaction *tx, int64_t change_id) {
  run_numbers(tx, "DELETE FROM change_strand WHERE change_id = ?1 + ?2", change_id, 0);
  /* Groups that got strands have to be summed up all the same. */
  run_numbers(tx, "DELETE FROM change_group WHERE change_id = ?1 AND (is_new OR merged_into <> ?2)",
              change_id, 0);
  run_numbers(tx, "DELETE FROM change_hash WHERE change_id = ?1 AND to_strand = ?2", change_id, 0);
}

bool regroup_last(struct transaction *tx, int64_t project_id, int64_t *change_id) {
  *change_id = find_number(tx,
                           "SELECT max(id) FROM change WHERE project_id = ?1 AND kind = 3 AND"
                           " undone_ms = 0 AND state = 0",
                           project_id);
  return *change_id != 0;
}

/* --- notes ------------------------------------------------------------------------------ */

static void set_label(struct transaction *tx, int64_t strand_id, struct slice hash) {
  struct query query = query_begin(tx, "UPDATE strand SET hash = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, strand_id);
  query_bind_blob(&query, 2, hash.ptr, hash.len);
  query_run(&query);
}

void regroup_note_strand(struct transaction *tx, int64_t change_id,
                         const struct regroup_step *step) {
  const struct strand_step noted = {step->strand_id, step->to_group, &step->to_hash};
  struct query query = query_begin(
      tx, "SELECT group_id FROM strand WHERE id = ?1 AND (group_id <> ?2 OR hash <> ?3)");
  query_bind_int(&query, 1, step->strand_id);
  query_bind_int(&query, 2, step->to_group);
  query_bind_blob(&query, 3, step->to_hash.bytes, sizeof step->to_hash.bytes);
  int64_t from = query_next(&query) ? query_int(&query, 0) : 0;
  query_end(&query);
  if (!from) return;
  change_note_strand(tx, change_id, &noted);
  change_note_group(tx, change_id, from, false, 0);
  change_note_group(tx, change_id, step->to_group, false, 0);
  set_label(tx, step->strand_id,
            slice_of((const char *)step->to_hash.bytes, sizeof step->to_hash.bytes));
  hot_drop_all(&tx->store->hot);
}

static int64_t hash_strand(struct transaction *tx, int64_t project_id, struct slice hash) {
  int64_t strand_id = 0;
  struct query query =
      query_begin(tx, "SELECT strand_id FROM group_hash WHERE project_id = ?1 AND hash = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_blob(&query, 2, hash.ptr, hash.len);
  if (query_next(&query)) strand_id = query_int(&query, 0);
  query_end(&query);
  return strand_id;
}

/* The first of a hash's notes tells where it led before the change. */
static void note_hash(struct transaction *tx, int64_t change_id, struct slice hash,
                      const int64_t from_to[2]) {
  struct query query =
      query_begin(tx,
                  "INSERT INTO change_hash(change_id, hash, from_strand, to_strand)"
                  " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET to_strand = ?4");
  query_bind_int(&query, 1, change_id);
  query_bind_blob(&query, 2, hash.ptr, hash.len);
  query_bind_int(&query, 3, from_to[0]);
  query_bind_int(&query, 4, from_to[1]);
  query_run(&query);
}

void regroup_note_old_hash(struct transaction *tx, const struct regroup_run *run,
                           const struct group_hash *hash) {
  struct slice bytes = slice_of((const char *)hash->bytes, sizeof hash->bytes);
  const int64_t from_to[] = {hash_strand(tx, run->project_id, bytes), 0};
  if (from_to[0]) note_hash(tx, run->change_id, bytes, from_to);
}

void regroup_lead_hash(struct transaction *tx, const struct regroup_run *run,
                       const struct regroup_lead *lead) {
  struct slice bytes = slice_of((const char *)lead->hash.bytes, sizeof lead->hash.bytes);
  const int64_t from_to[] = {hash_strand(tx, run->project_id, bytes), lead->to_strand};
  if (from_to[0] == from_to[1]) return;
  if (from_to[0] > lead->last_strand) {
    const struct regroup_step step = {from_to[0], lead->to_group, lead->hash};
    regroup_note_strand(tx, run->change_id, &step);
  }
  note_hash(tx, run->change_id, bytes, from_to);
  strand_take_hash(tx, run->project_id, &lead->hash, lead->to_strand);
  hot_drop_all(&tx->store->hot);
}

int64_t regroup_new_group(struct transaction *tx, const struct regroup_run *run,
                          int64_t source_group, int64_t now_ms) {
  struct arena arena = {0};
  struct group source;
  int64_t id = 0;
  if (group_row_get(tx, &arena, source_group, &source)) {
    source.first_release = SLICE_EMPTY;
    id = group_insert_empty(tx, &source, source.status, now_ms);
    group_hide(tx, id, source_group);
    change_note_group(tx, run->change_id, id, true, source_group);
    hot_drop_all(&tx->store->hot);
  }
  arena_free(&arena);
  return id;
}

void regroup_note_joined(struct transaction *tx, int64_t change_id, int64_t group_id,
                         int64_t into) {
  change_note_group(tx, change_id, group_id, false, into);
  struct query query = query_begin(
      tx, "UPDATE change_group SET merged_into = ?3 WHERE change_id = ?1 AND group_id = ?2");
  query_bind_int(&query, 1, change_id);
  query_bind_int(&query, 2, group_id);
  query_bind_int(&query, 3, into);
  query_run(&query);
}

void regroup_note_renamed(struct transaction *tx, int64_t change_id, int64_t group_id) {
  change_note_group(tx, change_id, group_id, false, 0);
}

size_t regroup_groups(struct transaction *tx, struct arena *arena, int64_t change_id,
                      int64_t **group_ids) {
  struct rows rows = ROWS_OF(int64_t);
  struct query query =
      query_begin(tx,
                  "SELECT g.id FROM change_group c JOIN error_group g ON g.id = c.group_id"
                  " WHERE c.change_id = ?1 AND g.merged_into = 0 AND g.event_count > 0");
  query_bind_int(&query, 1, change_id);
  while (query_next(&query)) *(int64_t *)rows_add(&rows, arena) = query_int(&query, 0);
  query_end(&query);
  *group_ids = rows.items;
  return rows.count;
}

static void take_texts(struct group *group, const struct digest *digest) {
  group->title = digest->title;
  group->error_type = digest->error_type;
  group->error_value = digest->error_value;
  group->culprit = digest->culprit;
  group->location = digest->location;
}

/* Of strands whose latest events came in one millisecond another may have been chosen. */
static void set_title(struct transaction *tx, struct arena *arena, int64_t group_id,
                      const struct digest *digest) {
  struct group group;
  if (!group_row_get(tx, arena, group_id, &group) || slice_equal(group.title, digest->title))
    return;
  group_text_remove(tx, &group);
  take_texts(&group, digest);
  group_row_update(tx, &group);
  group_text_add(tx, &group);
}

void regroup_retitle(struct transaction *tx, int64_t group_id, const struct digest *digest) {
  struct arena arena = {0};
  struct group group;
  struct strand strand;
  bool is_latest = group_row_get(tx, &arena, group_id, &group) && !group.merged_into &&
                   group.last_seen_ms == digest->timestamp_ms;
  if (is_latest) {
    strand_settle(tx, group_id);
    int64_t id = find_number(tx,
                             "SELECT id FROM strand WHERE group_id = ?1 AND event_count > 0"
                             " ORDER BY last_seen_ms DESC, id DESC LIMIT 1",
                             group_id);
    if (id && strand_row_get(tx, &arena, id, &strand)) {
      take_texts(&strand.own, digest);
      strand_row_update(tx, id, &strand.own);
    }
    group_refresh(tx, group_id);
    set_title(tx, &arena, group_id, digest);
    hot_drop_all(&tx->store->hot);
  }
  arena_free(&arena);
}

/* --- doing it ------------------------------------------------------------------------------- */

struct flip {
  int64_t strand_id, from, to;
  struct slice hash;
};

static int64_t strand_group(struct transaction *tx, int64_t strand_id) {
  return find_number(tx, "SELECT group_id FROM strand WHERE id = ?1", strand_id);
}

static void flip(struct transaction *tx, const struct flip *step) {
  if (strand_group(tx, step->strand_id) != step->from) return;
  if (step->from != step->to) {
    strand_settle(tx, step->from);
    strand_settle(tx, step->to);
    group_unhide(tx, step->to);
    strand_set_group(tx, step->strand_id, step->to);
    int64_t events = regroup_strand_events(tx, step->strand_id);
    run_numbers(tx, "UPDATE error_group SET event_count = event_count - ?2 WHERE id = ?1",
                step->from, events);
    /* Not 1: both have figures of their own until the sums are made. */
    run_numbers(tx,
                "UPDATE error_group SET event_count = event_count + ?2,"
                " strand_count = max(strand_count, 2) WHERE id = ?1",
                step->to, events);
  }
  set_label(tx, step->strand_id, step->hash);
}

static void set_cursor(struct transaction *tx, int64_t change_id, int64_t cursor) {
  run_numbers(tx, "UPDATE change SET cursor = ?2 WHERE id = ?1", change_id, cursor);
}

/* False: there are none left. */
static bool flip_batch(struct transaction *tx, const struct regroup_run *run, bool is_undo) {
  struct arena arena = {0};
  struct rows rows = ROWS_OF(struct flip);
  struct query query = query_begin(
      tx, is_undo ? "SELECT strand_id, to_group, from_group, from_hash FROM change_strand"
                    " WHERE change_id = ?1 AND strand_id > (SELECT cursor FROM change WHERE"
                    " id = ?1) ORDER BY strand_id LIMIT ?2"
                  : "SELECT strand_id, from_group, to_group, to_hash FROM change_strand"
                    " WHERE change_id = ?1 AND strand_id > (SELECT cursor FROM change WHERE"
                    " id = ?1) ORDER BY strand_id LIMIT ?2");
  query_bind_int(&query, 1, run->change_id);
  query_bind_int(&query, 2, STRANDS_BATCH);
  while (query_next(&query))
    *(struct flip *)rows_add(&rows, &arena) =
        (struct flip){query_int(&query, 0), query_int(&query, 1), query_int(&query, 2),
                      query_text(&query, 3, &arena)};
  query_end(&query);
  const struct flip *flips = rows.items;
  for (size_t i = 0; i < rows.count; i++) flip(tx, &flips[i]);
  if (rows.count) set_cursor(tx, run->change_id, flips[rows.count - 1].strand_id);
  arena_free(&arena);
  return rows.count > 0;
}

struct lead {
  struct slice hash;
  int64_t from, to;
};

static void set_hash(struct transaction *tx, int64_t project_id, const struct lead *lead) {
  struct query query =
      query_begin(tx, lead->to ? "INSERT OR REPLACE INTO group_hash(project_id, hash, strand_id)"
                                 " VALUES(?1, ?2, ?3)"
                               : "DELETE FROM group_hash WHERE project_id = ?1 AND hash = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_blob(&query, 2, lead->hash.ptr, lead->hash.len);
  if (lead->to) query_bind_int(&query, 3, lead->to);
  query_run(&query);
}

/* With `is_back` what hashes led to is restored; with `forgets` they are removed that led nowhere.
 */
struct lead_order {
  bool is_back, forgets;
};

static bool lead_batch(struct transaction *tx, const struct regroup_run *run,
                       struct lead_order order) {
  struct arena arena = {0};
  struct rows rows = ROWS_OF(struct lead);
  struct query query = query_begin(
      tx, order.is_back ? "SELECT hash, to_strand, from_strand FROM change_hash WHERE change_id ="
                          " ?1 AND hash > (SELECT cursor_hash FROM change WHERE id = ?1)"
                          " ORDER BY hash LIMIT ?2"
                        : "SELECT hash, from_strand, to_strand FROM change_hash WHERE change_id ="
                          " ?1 AND hash > (SELECT cursor_hash FROM change WHERE id = ?1)"
                          " ORDER BY hash LIMIT ?2");
  query_bind_int(&query, 1, run->change_id);
  query_bind_int(&query, 2, HASHES_BATCH);
  while (query_next(&query))
    *(struct lead *)rows_add(&rows, &arena) =
        (struct lead){query_text(&query, 0, &arena), query_int(&query, 1), query_int(&query, 2)};
  query_end(&query);
  const struct lead *leads = rows.items;
  for (size_t i = 0; i < rows.count; i++) {
    if (order.forgets == (leads[i].to == 0) &&
        hash_strand(tx, run->project_id, leads[i].hash) == leads[i].from)
      set_hash(tx, run->project_id, &leads[i]);
  }
  if (rows.count) {
    struct slice last = leads[rows.count - 1].hash;
    query = query_begin(tx, "UPDATE change SET cursor_hash = ?2 WHERE id = ?1");
    query_bind_int(&query, 1, run->change_id);
    query_bind_blob(&query, 2, last.ptr, last.len);
    query_run(&query);
  }
  arena_free(&arena);
  return rows.count > 0;
}

struct settled {
  int64_t group_id, merged_into;
};

/* A group that came up while the plan was made goes where its strand went. */
static void hide_emptied(struct transaction *tx, const struct regroup_run *run,
                         const struct settled *group) {
  int64_t into = group->merged_into;
  if (!into) {
    struct query query = query_begin(
        tx,
        "UPDATE change_group SET merged_into = (SELECT to_group FROM change_strand s WHERE"
        " s.change_id = ?1 AND s.from_group = ?2 AND s.to_group <> ?2 LIMIT 1)"
        " WHERE change_id = ?1 AND group_id = ?2 AND EXISTS (SELECT 1 FROM change_strand s WHERE"
        " s.change_id = ?1 AND s.from_group = ?2 AND s.to_group <> ?2) RETURNING merged_into");
    query_bind_int(&query, 1, run->change_id);
    query_bind_int(&query, 2, group->group_id);
    while (query_next(&query)) into = query_int(&query, 0);
    query_end(&query);
  }
  if (into) group_hide(tx, group->group_id, into);
}

static bool settle_batch(struct transaction *tx, const struct regroup_run *run) {
  struct arena arena = {0};
  struct rows rows = ROWS_OF(struct settled);
  struct query query =
      query_begin(tx,
                  "SELECT group_id, merged_into FROM change_group WHERE change_id = ?1 AND group_id"
                  " > (SELECT cursor FROM change WHERE id = ?1) ORDER BY group_id LIMIT ?2");
  query_bind_int(&query, 1, run->change_id);
  query_bind_int(&query, 2, GROUPS_BATCH);
  while (query_next(&query))
    *(struct settled *)rows_add(&rows, &arena) =
        (struct settled){query_int(&query, 0), query_int(&query, 1)};
  query_end(&query);
  const struct settled *groups = rows.items;
  for (size_t i = 0; i < rows.count; i++) {
    bool has_strands = find_number(tx, "SELECT 1 FROM strand WHERE group_id = ?1 LIMIT 1",
                                   groups[i].group_id) != 0;
    if (has_strands)
      group_refresh(tx, groups[i].group_id);
    else
      hide_emptied(tx, run, &groups[i]);
  }
  if (rows.count) set_cursor(tx, run->change_id, groups[rows.count - 1].group_id);
  arena_free(&arena);
  return rows.count > 0;
}

/* The rules that a change set are taken back with it. */
static void restore_rules(struct transaction *tx, const struct regroup_run *run) {
  struct arena arena = {0};
  struct regroup_rules rules;
  if (regroup_rules_before(tx, &arena, run->change_id, &rules)) {
    option_set(tx, run->project_id, SLICE(OPTION_STACK_RULES), rules.stack);
    option_set(tx, run->project_id, SLICE(OPTION_FINGERPRINT_RULES), rules.fingerprints);
  }
  arena_free(&arena);
}

void regroup_advance(struct transaction *tx, const struct regroup_run *run, int64_t now_ms) {
  const struct lead_order forget = {run->state == REGROUP_UNDOING, true}, lead_back = {true, false};
  switch (run->state) {
    case REGROUP_LEADING_BACK:
      if (lead_batch(tx, run, lead_back)) break;
      restore_rules(tx, run);
      regroup_set_state(tx, run->change_id, REGROUP_UNDOING);
      break;
    case REGROUP_SWITCHING:
    case REGROUP_UNDOING:
      if (flip_batch(tx, run, forget.is_back) || lead_batch(tx, run, forget)) break;
      regroup_set_state(tx, run->change_id, REGROUP_SETTLING);
      if (forget.is_back) change_set_undone(tx, run->change_id, now_ms);
      break;
    case REGROUP_SETTLING:
      if (!settle_batch(tx, run)) regroup_set_state(tx, run->change_id, REGROUP_TITLING);
      break;
    case REGROUP_SPLITTING:
    case REGROUP_TITLING:
    case REGROUP_DONE: break;
  }
  hot_drop_all(&tx->store->hot);
}
