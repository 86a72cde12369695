/* hot.c - see hot.h. */
#include "store/sqlite/hot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/import.h"
#include "store/limits.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/strand_row.h"

#include "base/banned.h"

enum { TEXTS_LIMIT = 64 * 1024 };

struct hot_hash {
  int64_t project_id;
  struct group_hash hash;
};

static struct slice id_key(const int64_t *id) { return slice_of((const char *)id, sizeof *id); }

void hot_open(struct hot_cache *hot) {
  *hot = (struct hot_cache){0};
  hot->users = memory_alloc(STORE_HOT_USERS * sizeof *hot->users);
  memset(hot->users, 0, STORE_HOT_USERS * sizeof *hot->users);
}

static void free_group(struct hot_group *group) {
  buffer_free(&group->totals.text);
  free(group);
}

static void free_strand(struct hot_strand *strand) {
  buffer_free(&strand->own.text);
  tag_table_free(&strand->tags);
  free(strand);
}

void hot_drop_all(struct hot_cache *hot) {
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&hot->by_id, &at));) free_group(entry->value);
  at = 0;
  for (struct map_entry *entry; (entry = map_next(&hot->by_strand, &at));)
    free_strand(entry->value);
  map_clear(&hot->by_id);
  map_clear(&hot->by_strand);
  map_clear(&hot->by_hash);
  arena_reset(&hot->arena);
  hot->dirty = NULL;
  hot->dirty_strands = NULL;
  hot->tag_memory = 0;
  hot->project_count = 0;
  release_cache_drop(&hot->releases);
  memset(hot->users, 0, STORE_HOT_USERS * sizeof *hot->users);
}

void hot_close(struct hot_cache *hot) {
  hot_drop_all(hot);
  map_free(&hot->by_id);
  map_free(&hot->by_strand);
  map_free(&hot->by_hash);
  release_cache_close(&hot->releases);
  arena_free(&hot->arena);
  free(hot->users);
}

/* The texts of a group one after another in its buffer, so that one allocation holds them. */
static void take_texts(struct hot_totals *totals, const struct group *texts) {
  struct group *own = &totals->group;
  struct slice *to[] = {&own->error_type, &own->error_value,   &own->title,
                        &own->culprit,    &own->location,      &own->platform,
                        &own->logger,     &own->first_release, &own->last_release};
  const struct slice from[] = {texts->error_type, texts->error_value,   texts->title,
                               texts->culprit,    texts->location,      texts->platform,
                               texts->logger,     texts->first_release, texts->last_release};
  struct buffer buffer = buffer_make(TEXTS_LIMIT);
  size_t offsets[sizeof to / sizeof *to];
  for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
    offsets[i] = buffer.len;
    buffer_append_slice(&buffer, from[i]);
  }
  for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
    size_t end = i + 1 < sizeof to / sizeof *to ? offsets[i + 1] : buffer.len;
    *to[i] = slice_of(buffer.data + offsets[i], end - offsets[i]);
  }
  buffer_free(&totals->text);
  totals->text = buffer;
}

static void take_totals(struct hot_totals *totals, const struct group *group) {
  totals->group = *group;
  take_texts(totals, group);
}

struct hot_group *hot_get(struct transaction *tx, int64_t group_id) {
  struct hot_cache *cache = &tx->store->hot;
  struct hot_group *hot = map_get(&cache->by_id, id_key(&group_id));
  if (hot) return hot;
  struct arena scratch = {0};
  struct group group;
  if (group_row_get(tx, &scratch, group_id, &group)) {
    hot = memory_alloc(sizeof *hot);
    *hot = (struct hot_group){0};
    take_totals(&hot->totals, &group);
    map_put(&cache->by_id, id_key(&hot->totals.group.id), hot);
  }
  arena_free(&scratch);
  return hot;
}

static int64_t owner_of(struct transaction *tx, int64_t strand_id) {
  int64_t group_id = 0;
  struct query query = query_begin(tx, "SELECT group_id FROM strand WHERE id = ?1");
  query_bind_int(&query, 1, strand_id);
  if (query_next(&query)) group_id = query_int(&query, 0);
  query_end(&query);
  return group_id;
}

struct hot_strand *hot_get_strand(struct transaction *tx, int64_t strand_id) {
  struct hot_cache *cache = &tx->store->hot;
  struct hot_strand *hot = map_get(&cache->by_strand, id_key(&strand_id));
  if (hot) return hot;
  struct arena scratch = {0};
  struct strand strand;
  struct hot_group *owner = hot_get(tx, owner_of(tx, strand_id));
  if (owner && strand_row_get(tx, &scratch, strand_id, &strand)) {
    hot = memory_alloc(sizeof *hot);
    *hot = (struct hot_strand){.id = strand_id, .owner = owner, .hash = strand.hash};
    take_totals(&hot->own, &strand.own);
    map_put(&cache->by_strand, id_key(&hot->id), hot);
  }
  arena_free(&scratch);
  return hot;
}

struct hot_strand *hot_find_hash(struct hot_cache *hot, int64_t project_id,
                                 const struct group_hash *hash) {
  struct hot_hash key = {project_id, *hash};
  return map_get(&hot->by_hash, slice_of((const char *)&key, sizeof key));
}

void hot_remember_hash(struct hot_cache *hot, int64_t project_id, const struct group_hash *hash,
                       struct hot_strand *strand) {
  struct hot_hash *key = ARENA_NEW(&hot->arena, struct hot_hash);
  *key = (struct hot_hash){project_id, *hash};
  map_put(&hot->by_hash, slice_of((const char *)key, sizeof *key), strand);
}

/* From now on the group's only strand has figures of its own. */
static void part_from_group(struct transaction *tx, struct hot_group *group) {
  struct arena arena = {0};
  struct strand_set set = strand_set_of(tx, &arena, group->totals.group.id);
  for (size_t i = 0; i < set.count; i++) {
    struct hot_strand *strand = hot_get_strand(tx, set.ids[i]);
    if (!strand) continue;
    take_totals(&strand->own, &group->totals.group);
    strand->own.group.id = strand->id;
    strand_row_update(tx, strand->id, &strand->own.group);
  }
  arena_free(&arena);
}

static void mark_group(struct hot_cache *cache, struct hot_group *group) {
  if (group->is_dirty) return;
  group->is_dirty = true;
  group->next_dirty = cache->dirty;
  cache->dirty = group;
}

struct hot_strand *hot_add_strand(struct transaction *tx, struct hot_group *group,
                                  const struct group_hash *hash, const struct group *own) {
  const struct strand_draft draft = {group->totals.group.id, *hash, own};
  if (group->totals.group.strand_count == 1) part_from_group(tx, group);
  struct hot_strand *strand = hot_get_strand(tx, strand_row_insert(tx, &draft));
  if (!strand) return NULL;
  strand->are_tags_loaded = true;
  group->totals.group.strand_count++;
  mark_group(&tx->store->hot, group);
  return strand;
}

/* --- counting ------------------------------------------------------------------ */

static void load_tags(struct transaction *tx, struct hot_strand *hot) {
  struct query query = query_begin(tx, "SELECT tags FROM strand_tags WHERE strand_id = ?1");
  query_bind_int(&query, 1, hot->id);
  if (query_next(&query) && !tag_table_read(&hot->tags, query_borrow(&query, 0)))
    transaction_fail(tx, SQLITE_CORRUPT);
  query_end(&query);
  hot->are_tags_loaded = true;
}

int64_t hot_user_hash(struct transaction *tx, struct slice identity) {
  uint64_t user;
  crypto_shorthash((unsigned char *)&user, (const unsigned char *)identity.ptr, identity.len,
                   tx->store->id_key);
  return (int64_t)user;
}

/* Whether the user is new to the strand. */
static bool add_user(struct transaction *tx, int64_t strand_id, int64_t user) {
  const int64_t place[] = {user, strand_id};
  uint64_t mixed = hash_bytes(slice_of((const char *)place, sizeof place)) | 1;
  uint64_t *seen = &tx->store->hot.users[mixed / 2 % STORE_HOT_USERS];
  if (*seen == mixed) return false;
  *seen = mixed;
  struct query query =
      query_begin(tx, "INSERT OR IGNORE INTO strand_user(strand_id, user_hash) VALUES(?1, ?2)");
  query_bind_int(&query, 1, strand_id);
  query_bind_int(&query, 2, user);
  return query_run(&query) > 0;
}

/* Whether another strand of the group has the user. */
static bool is_user_elsewhere(struct transaction *tx, const struct hot_strand *strand,
                              int64_t user) {
  struct query query =
      query_begin(tx,
                  "SELECT 1 FROM strand CROSS JOIN strand_user ON strand_id = strand.id AND"
                  " user_hash = ?3 WHERE group_id = ?1 AND strand.id <> ?2 LIMIT 1");
  query_bind_int(&query, 1, strand->owner->totals.group.id);
  query_bind_int(&query, 2, strand->id);
  query_bind_int(&query, 3, user);
  bool is_found = query_next(&query);
  query_end(&query);
  return is_found;
}

static void write_hour(struct transaction *tx, int64_t strand_id, int64_t hour, int64_t count) {
  struct query query =
      query_begin(tx,
                  "INSERT INTO strand_hour(strand_id, hour, count) VALUES(?1, ?2, ?3)"
                  " ON CONFLICT DO UPDATE SET count = count + excluded.count");
  query_bind_int(&query, 1, strand_id);
  query_bind_int(&query, 2, hour);
  query_bind_int(&query, 3, count);
  query_run(&query);
}

static void count_hour(struct transaction *tx, struct hot_strand *hot, int64_t hour) {
  for (size_t i = 0; i < hot->hour_count; i++) {
    if (hot->hours[i].hour == hour) {
      hot->hours[i].count++;
      return;
    }
  }
  if (hot->hour_count == HOT_PENDING_HOURS) {
    write_hour(tx, hot->id, hour, 1);
    return;
  }
  hot->hours[hot->hour_count].hour = hour;
  hot->hours[hot->hour_count++].count = 1;
}

static bool is_same_text(const struct group *a, const struct group *b) {
  return slice_equal(a->title, b->title) && slice_equal(a->culprit, b->culprit);
}

static bool are_texts_same(const struct group *a, const struct group *b) {
  return is_same_text(a, b) && slice_equal(a->error_type, b->error_type) &&
         slice_equal(a->error_value, b->error_value) && slice_equal(a->location, b->location) &&
         slice_equal(a->platform, b->platform) && slice_equal(a->logger, b->logger) &&
         slice_equal(a->last_release, b->last_release) &&
         slice_equal(a->first_release, b->first_release);
}

/* What the list and the details show of a group comes from its latest event. */
static void take_latest(struct group *group, const struct digest *digest) {
  group->level = digest->level;
  group->is_unhandled = digest->is_unhandled;
  group->error_type = digest->error_type;
  group->error_value = digest->error_value;
  group->title = digest->title;
  group->culprit = digest->culprit;
  group->location = digest->location;
  group->platform = digest->platform;
  group->logger = digest->logger;
  if (digest->release.len) group->last_release = digest->release;
}

void group_count_event(struct group *group, const struct digest *digest) {
  bool is_latest = digest->timestamp_ms >= group->last_seen_ms || !group->event_count;
  bool is_first = digest->timestamp_ms < group->first_seen_ms || !group->first_release.len;
  if (is_first && digest->release.len) group->first_release = digest->release;
  if (!group->event_count || !group->first_seen_ms || digest->timestamp_ms < group->first_seen_ms)
    group->first_seen_ms = digest->timestamp_ms;
  if (!group->event_count || digest->timestamp_ms > group->last_seen_ms)
    group->last_seen_ms = digest->timestamp_ms;
  group->event_count++;
  if (is_latest) take_latest(group, digest);
}

/* Counts in `totals`; the texts are copied when they changed. */
static void count_in(struct hot_totals *totals, const struct group *counted) {
  bool is_same = are_texts_same(&totals->group, counted);
  struct group *own = &totals->group;
  own->level = counted->level;
  own->is_unhandled = counted->is_unhandled;
  own->event_count = counted->event_count;
  own->first_seen_ms = counted->first_seen_ms;
  own->last_seen_ms = counted->last_seen_ms;
  if (!is_same) take_texts(totals, counted);
}

static void count_in_group(struct transaction *tx, struct hot_group *hot,
                           const struct digest *digest) {
  struct group counted = hot->totals.group;
  group_count_event(&counted, digest);
  if (!is_same_text(&counted, &hot->totals.group) && !hot->is_text_stale) {
    group_text_remove(tx, &hot->totals.group);
    hot->is_text_stale = true;
  }
  if (!slice_equal(counted.first_release, hot->totals.group.first_release))
    group_row_set_first_release(tx, counted.id, counted.first_release);
  count_in(&hot->totals, &counted);
}

static void write_project(struct transaction *tx, const struct hot_project *project) {
  int64_t event_count = 0;
  struct query query =
      query_begin(tx,
                  "INSERT INTO project_counter(project_id, event_count, first_event_ms)"
                  " VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
                  " event_count = event_count + excluded.event_count, first_event_ms ="
                  " iif(first_event_ms, first_event_ms, excluded.first_event_ms)"
                  " RETURNING event_count");
  query_bind_int(&query, 1, project->project_id);
  query_bind_int(&query, 2, project->count);
  query_bind_int(&query, 3, project->first_ms);
  if (query_next(&query)) event_count = query_int(&query, 0);
  query_end(&query);
  dictionaries_note(tx->store->dictionaries, project->project_id, event_count, project->count);
}

static void count_project(struct transaction *tx, int64_t project_id, int64_t received_ms) {
  struct hot_cache *hot = &tx->store->hot;
  for (size_t i = 0; i < hot->project_count; i++) {
    if (hot->projects[i].project_id == project_id) {
      hot->projects[i].count++;
      return;
    }
  }
  struct hot_project project = {project_id, 1, received_ms};
  if (hot->project_count == HOT_PROJECTS)
    write_project(tx, &project);
  else
    hot->projects[hot->project_count++] = project;
}

static void mark_strand(struct hot_cache *cache, struct hot_strand *strand) {
  if (strand->is_dirty) return;
  strand->is_dirty = true;
  strand->next_dirty = cache->dirty_strands;
  cache->dirty_strands = strand;
}

/* What only the strand counts: users, hours, tags. True when the user is new to it. */
static bool count_in_strand(struct transaction *tx, struct hot_strand *strand,
                            const struct digest *digest) {
  size_t tag_memory = strand->are_tags_loaded ? strand->tags.memory : 0;
  if (!strand->are_tags_loaded) load_tags(tx, strand);
  tag_table_add(&strand->tags, digest->tags, digest->timestamp_ms);
  tx->store->hot.tag_memory += strand->tags.memory - tag_memory;
  count_hour(tx, strand, digest->timestamp_ms / HOUR_MS);
  mark_strand(&tx->store->hot, strand);
  return digest->user_identity.len &&
         add_user(tx, strand->id, hot_user_hash(tx, digest->user_identity));
}

static void count_own(struct hot_strand *strand, const struct digest *digest) {
  struct group own = strand->own.group;
  group_count_event(&own, digest);
  count_in(&strand->own, &own);
}

void hot_count(struct transaction *tx, struct hot_strand *strand, const struct digest *digest) {
  struct hot_group *hot = strand->owner;
  struct group *group = &hot->totals.group;
  bool is_alone = group->strand_count == 1;
  count_project(tx, digest->project_id, digest->received_ms);
  mark_group(&tx->store->hot, hot);
  count_in_group(tx, hot, digest);
  bool is_new_user = count_in_strand(tx, strand, digest);
  if (!is_alone) {
    count_own(strand, digest);
    strand->own.group.user_count += is_new_user;
  }
  if (is_new_user &&
      (is_alone || !is_user_elsewhere(tx, strand, hot_user_hash(tx, digest->user_identity))))
    group->user_count++;
}

static void widen(struct hot_totals *totals, const struct group_extra *extra) {
  struct group changed = totals->group;
  changed.event_count += extra->events;
  if (extra->first_seen_ms && extra->first_seen_ms < changed.first_seen_ms)
    changed.first_seen_ms = extra->first_seen_ms;
  if (extra->last_seen_ms > changed.last_seen_ms) changed.last_seen_ms = extra->last_seen_ms;
  if (extra->first_release.len) changed.first_release = extra->first_release;
  count_in(totals, &changed);
}

/* What a group has besides its events is counted in its oldest strand, where there are several. */
static void add_to_strand(struct transaction *tx, int64_t group_id,
                          const struct group_extra *extra) {
  struct arena arena = {0};
  struct strand_set set = strand_set_of(tx, &arena, group_id);
  struct hot_strand *strand = set.count ? hot_get_strand(tx, set.ids[0]) : NULL;
  if (strand) {
    if (!strand->are_tags_loaded) load_tags(tx, strand);
    widen(&strand->own, extra);
    mark_strand(&tx->store->hot, strand);
  }
  arena_free(&arena);
}

void group_add_extra(struct transaction *tx, int64_t group_id, const struct group_extra *extra) {
  struct hot_group *hot = hot_get(tx, group_id);
  if (!hot) return;
  if (hot->totals.group.strand_count != 1) add_to_strand(tx, group_id, extra);
  if (extra->first_release.len &&
      !slice_equal(extra->first_release, hot->totals.group.first_release))
    group_row_set_first_release(tx, group_id, extra->first_release);
  widen(&hot->totals, extra);
  hot->totals.group.user_count += extra->users;
  mark_group(&tx->store->hot, hot);
}

void hot_move(struct transaction *tx, struct hot_strand *from, struct hot_strand *to,
              const struct digest *digest) {
  size_t tag_memory = from->are_tags_loaded ? from->tags.memory : 0;
  count_own(to, digest);
  to->own.group.user_count += count_in_strand(tx, to, digest);
  if (!from->are_tags_loaded) load_tags(tx, from);
  tag_table_subtract(&from->tags, digest->tags);
  tx->store->hot.tag_memory += from->tags.memory - tag_memory;
  from->own.group.event_count--;
  write_hour(tx, from->id, digest->timestamp_ms / HOUR_MS, -1);
  mark_strand(&tx->store->hot, from);
}

static void write_tags(struct transaction *tx, const struct hot_strand *hot,
                       struct buffer *scratch) {
  buffer_clear(scratch);
  tag_table_write(&hot->tags, scratch);
  struct query query =
      query_begin(tx, "INSERT OR REPLACE INTO strand_tags(strand_id, tags) VALUES(?1, ?2)");
  query_bind_int(&query, 1, hot->id);
  query_bind_blob(&query, 2, scratch->data, scratch->len);
  query_run(&query);
}

static void flush_strand(struct transaction *tx, struct hot_strand *hot, struct buffer *scratch) {
  for (size_t i = 0; i < hot->hour_count; i++)
    write_hour(tx, hot->id, hot->hours[i].hour, hot->hours[i].count);
  write_tags(tx, hot, scratch);
  if (hot->owner->totals.group.strand_count != 1) strand_row_update(tx, hot->id, &hot->own.group);
  hot->hour_count = 0;
  hot->is_dirty = false;
}

void hot_flush(struct transaction *tx) {
  struct buffer scratch = buffer_make(4 * STORE_TAGS_BYTES_LIMIT);
  struct hot_group *hot = tx->store->hot.dirty;
  struct hot_strand *strand = tx->store->hot.dirty_strands;
  tx->store->hot.dirty = NULL;
  tx->store->hot.dirty_strands = NULL;
  for (; strand; strand = strand->next_dirty) flush_strand(tx, strand, &scratch);
  for (; hot; hot = hot->next_dirty) {
    group_row_update(tx, &hot->totals.group);
    if (hot->is_text_stale) group_text_add(tx, &hot->totals.group);
    hot->is_text_stale = false;
    hot->is_dirty = false;
  }
  buffer_free(&scratch);
  for (size_t i = 0; i < tx->store->hot.project_count; i++)
    write_project(tx, &tx->store->hot.projects[i]);
  tx->store->hot.project_count = 0;
}

void hot_trim(struct transaction *tx) {
  struct hot_cache *hot = &tx->store->hot;
  if (hot->by_id.count <= STORE_HOT_GROUPS && hot->by_strand.count <= 2 * STORE_HOT_GROUPS &&
      hot->by_hash.count <= 4 * STORE_HOT_GROUPS && hot->tag_memory <= STORE_HOT_TAGS_BYTES)
    return;
  hot_flush(tx);
  hot_drop_all(hot);
}
