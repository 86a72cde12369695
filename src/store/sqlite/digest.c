/* digest.c - the steps of taking an event in: claim its id, find or make its group, keep and count
 * it.
 *
 * Writer thread only. The counters of a batch are gathered in hot.c and written once before the
 * commit.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "store/import.h"
#include "store/sqlite/day_index.h"
#include "store/sqlite/event_row.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"
#include "store/limits.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/strand_row.h"

#include "base/banned.h"

/* Makes the tables of a day that begins, and finds where its rows go on. */
static void prepare_day(struct transaction *tx, int64_t day) {
  struct store *store = tx->store;
  char sql[TABLE_SQL_BYTES];
  if (store->partition_day == day) return;
  partition_prepare(tx, day);
  day_index_begin(tx, day);
  struct query query =
      query_begin(tx, table_sql(sql, "SELECT coalesce(max(row), 0) + 1 FROM event_@", day));
  if (query_next(&query)) store->next_row = query_int(&query, 0);
  query_end(&query);
  store->has_day_before = partition_exists(tx, day - 1);
  store->has_day_after = partition_exists(tx, day + 1);
  if (!tx->failure) store->partition_day = day;
}

bool digest_claim_id(struct transaction *tx, const struct digest *digest) {
  int64_t day = digest->received_ms / DAY_MS, key;
  assert(tx->is_writable);
  hot_trim(tx);
  prepare_day(tx, day);
  if (tx->store->has_day_before && event_id_row(tx, day - 1, digest->project_id, &digest->id, &key))
    return false;
  /* Of what came around midnight the later may be written first; and clocks are set back. */
  if (tx->store->has_day_after && event_id_row(tx, day + 1, digest->project_id, &digest->id, &key))
    return false;
  if (event_id_row(tx, day, digest->project_id, &digest->id, &key)) return false;
  tx->store->claimed_key = key;
  return true;
}

/* --- groups ------------------------------------------------------------------- */

static struct hot_strand *load_by_hash(struct transaction *tx, int64_t project_id,
                                       const struct group_hash *hash) {
  int64_t strand_id = 0;
  struct query query =
      query_begin(tx, "SELECT strand_id FROM group_hash WHERE project_id = ?1 AND hash = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_blob(&query, 2, hash->bytes, sizeof hash->bytes);
  if (query_next(&query)) strand_id = query_int(&query, 0);
  query_end(&query);
  struct hot_strand *strand = strand_id ? hot_get_strand(tx, strand_id) : NULL;
  if (strand) hot_remember_hash(&tx->store->hot, project_id, hash, strand);
  return strand;
}

static struct hot_strand *find_by_hash(struct transaction *tx, int64_t project_id,
                                       const struct group_hash *hash) {
  struct hot_strand *strand = hot_find_hash(&tx->store->hot, project_id, hash);
  return strand ? strand : load_by_hash(tx, project_id, hash);
}

static void attach_hash(struct transaction *tx, int64_t project_id, const struct group_hash *hash,
                        struct hot_strand *strand) {
  strand_take_hash(tx, project_id, hash, strand->id);
  hot_remember_hash(&tx->store->hot, project_id, hash, strand);
}

/* What a new strand or group knows before it has an event. */
static struct group draft_of(const struct digest *digest) {
  return (struct group){.project_id = digest->project_id,
                        .level = digest->level,
                        .is_unhandled = digest->is_unhandled,
                        .first_seen_ms = digest->timestamp_ms,
                        .last_seen_ms = digest->timestamp_ms,
                        .error_type = digest->error_type,
                        .error_value = digest->error_value,
                        .title = digest->title,
                        .culprit = digest->culprit,
                        .location = digest->location,
                        .platform = digest->platform,
                        .logger = digest->logger,
                        .first_release = digest->release,
                        .last_release = digest->release};
}

/* The strand for the event's primary hash, a new one if `known` is of another hash. Beyond the
 * limit events stay with the one that is known. */
static struct hot_strand *own_strand(struct transaction *tx, const struct digest *digest,
                                     struct hot_strand *known, bool is_attached) {
  const struct group_hash *primary = &digest->hashes[0];
  bool is_own = memcmp(known->hash.bytes, primary->bytes, sizeof primary->bytes) == 0;
  if (is_own && is_attached) return known;
  struct hot_strand *strand = known;
  if (!is_own && known->owner->totals.group.strand_count < STORE_STRANDS_LIMIT) {
    struct group own = draft_of(digest);
    strand = hot_add_strand(tx, known->owner, primary, &own);
  }
  if (strand && (strand != known || !is_attached))
    attach_hash(tx, digest->project_id, primary, strand);
  return strand ? strand : known;
}

bool digest_find_group(struct transaction *tx, const struct digest *digest, struct group *group) {
  struct hot_strand *owners[GROUPING_MAX_HASHES] = {0}, *found = NULL;
  for (size_t i = 0; i < digest->hash_count; i++) {
    owners[i] = find_by_hash(tx, digest->project_id, &digest->hashes[i]);
    if (!found) found = owners[i];
  }
  if (!found) return false;
  struct hot_strand *strand = own_strand(tx, digest, found, owners[0] != NULL);
  for (size_t i = 1; i < digest->hash_count; i++) {
    if (!owners[i]) attach_hash(tx, digest->project_id, &digest->hashes[i], strand);
  }
  *group = found->owner->totals.group;
  return true;
}

void digest_create_group(struct transaction *tx, const struct digest *digest, struct group *group) {
  struct hot_group *hot = hot_get(tx, group_row_insert(tx, digest));
  struct group own = draft_of(digest);
  *group = (struct group){0};
  if (!hot) return; /* only after a failed statement */
  hot->totals.group.strand_count = 0;
  struct hot_strand *strand = hot_add_strand(tx, hot, &digest->hashes[0], &own);
  if (!strand) return;
  group_text_add(tx, &hot->totals.group);
  for (size_t i = 0; i < digest->hash_count; i++)
    attach_hash(tx, digest->project_id, &digest->hashes[i], strand);
  *group = hot->totals.group;
}

/* The strand of a group that exists for the event's primary hash, a new one while there is room. */
static struct hot_strand *strand_in(struct transaction *tx, const struct digest *digest,
                                    struct hot_group *hot) {
  struct arena arena = {0};
  struct group own = draft_of(digest);
  struct hot_strand *strand = NULL;
  if (hot->totals.group.strand_count < STORE_STRANDS_LIMIT) {
    strand = hot_add_strand(tx, hot, &digest->hashes[0], &own);
  } else {
    struct strand_set set = strand_set_of(tx, &arena, hot->totals.group.id);
    if (set.count) strand = hot_get_strand(tx, set.ids[0]);
  }
  arena_free(&arena);
  return strand;
}

void digest_join_group(struct transaction *tx, const struct digest *digest, int64_t group_id,
                       struct group *group) {
  struct hot_group *hot = hot_get(tx, group_id);
  struct hot_strand *strand = hot ? strand_in(tx, digest, hot) : NULL;
  *group = (struct group){0};
  if (!strand) return; /* only after a failed statement */
  for (size_t i = 0; i < digest->hash_count; i++)
    attach_hash(tx, digest->project_id, &digest->hashes[i], strand);
  *group = hot->totals.group;
}

/* --- the event ------------------------------------------------------------------ */

static void insert_event(struct transaction *tx, const struct digest *digest, int64_t strand_id) {
  char sql[TABLE_SQL_BYTES];
  struct query query =
      query_begin(tx, table_sql(sql,
                                "INSERT INTO event_@(row, strand_id, project_id, timestamp_ms,"
                                " received_ms, event_id, dictionary_id, payload)"
                                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                tx->store->partition_day));
  query_bind_int(&query, 1, tx->store->next_row);
  query_bind_int(&query, 2, strand_id);
  query_bind_int(&query, 3, digest->project_id);
  query_bind_int(&query, 4, digest->timestamp_ms);
  query_bind_int(&query, 5, digest->received_ms);
  query_bind_blob(&query, 6, digest->id.bytes, EVENT_ID_BYTES);
  query_bind_int(&query, 7, digest->payload.dictionary_id);
  query_bind_blob(&query, 8, digest->payload.bytes.ptr, digest->payload.bytes.len);
  query_run(&query);
  const struct day_entry entry = {tx->store->partition_day, tx->store->next_row++,
                                  tx->store->claimed_key, strand_id};
  day_index_add(tx, &entry);
}

void digest_count_event(struct transaction *tx, const struct digest *digest) {
  struct hot_strand *strand = find_by_hash(tx, digest->project_id, &digest->hashes[0]);
  if (!strand) return; /* only after a failed statement */
  insert_event(tx, digest, strand->id);
  hot_count(tx, strand, digest);
  if (!digest->release.len) return;
  const struct release_sighting sighting = {.project_id = digest->project_id,
                                            .time_ms = digest->received_ms,
                                            .release = digest->release,
                                            .environment = digest->environment};
  release_note(tx, &sighting);
}
