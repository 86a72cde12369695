/* hot.c - see hot.h. */
#include "store/sqlite/hot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/limits.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/group_row.h"
#include "store/sqlite/internal.h"

#include "base/banned.h"

enum { TEXTS_LIMIT = 64 * 1024 };

struct hot_hash {
  int64_t project_id;
  struct group_hash hash;
};

static struct slice id_key(const struct hot_group *group) {
  return slice_of((const char *)&group->group.id, sizeof group->group.id);
}

void hot_open(struct hot_cache *hot) {
  *hot = (struct hot_cache){0};
  hot->users = memory_alloc(STORE_HOT_USERS * sizeof *hot->users);
  memset(hot->users, 0, STORE_HOT_USERS * sizeof *hot->users);
}

static void free_group(struct hot_group *group) {
  buffer_free(&group->text);
  tag_table_free(&group->tags);
  free(group);
}

void hot_drop_all(struct hot_cache *hot) {
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&hot->by_id, &at));) free_group(entry->value);
  map_clear(&hot->by_id);
  map_clear(&hot->by_hash);
  arena_reset(&hot->arena);
  hot->dirty = NULL;
  hot->tag_memory = 0;
  hot->project_count = 0;
  release_cache_drop(&hot->releases);
  memset(hot->users, 0, STORE_HOT_USERS * sizeof *hot->users);
}

void hot_close(struct hot_cache *hot) {
  hot_drop_all(hot);
  map_free(&hot->by_id);
  map_free(&hot->by_hash);
  release_cache_close(&hot->releases);
  arena_free(&hot->arena);
  free(hot->users);
}

/* The texts of a group one after another in its buffer, so that one allocation holds them. */
static void take_texts(struct hot_group *hot, const struct group *texts) {
  struct group *own = &hot->group;
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
  buffer_free(&hot->text);
  hot->text = buffer;
}

struct hot_group *hot_get(struct transaction *tx, int64_t group_id) {
  struct hot_cache *cache = &tx->store->hot;
  struct hot_group *hot =
      map_get(&cache->by_id, slice_of((const char *)&group_id, sizeof group_id));
  if (hot) return hot;
  struct arena scratch = {0};
  struct group group;
  if (group_get(tx, &scratch, group_id, &group)) {
    hot = memory_alloc(sizeof *hot);
    *hot = (struct hot_group){.group = group};
    take_texts(hot, &group);
    map_put(&cache->by_id, id_key(hot), hot);
  }
  arena_free(&scratch);
  return hot;
}

struct hot_group *hot_find_hash(struct hot_cache *hot, int64_t project_id,
                                const struct group_hash *hash) {
  struct hot_hash key = {project_id, *hash};
  return map_get(&hot->by_hash, slice_of((const char *)&key, sizeof key));
}

void hot_remember_hash(struct hot_cache *hot, int64_t project_id, const struct group_hash *hash,
                       struct hot_group *group) {
  struct hot_hash *key = ARENA_NEW(&hot->arena, struct hot_hash);
  *key = (struct hot_hash){project_id, *hash};
  map_put(&hot->by_hash, slice_of((const char *)key, sizeof *key), group);
}

/* --- counting ------------------------------------------------------------------ */

static void load_tags(struct transaction *tx, struct hot_group *hot) {
  struct query query = query_begin(tx, "SELECT tags FROM group_tags WHERE group_id = ?1");
  query_bind_int(&query, 1, hot->group.id);
  if (query_next(&query) && !tag_table_read(&hot->tags, query_borrow(&query, 0)))
    transaction_fail(tx, SQLITE_CORRUPT);
  query_end(&query);
  hot->are_tags_loaded = true;
}

/* Whether the user is new to the group. Users are told apart by 64 bits of a hash that is the same
 * after a restart. */
static bool add_user(struct transaction *tx, int64_t group_id, struct slice identity) {
  struct hot_cache *cache = &tx->store->hot;
  uint64_t user, place[2];
  crypto_shorthash((unsigned char *)&user, (const unsigned char *)identity.ptr, identity.len,
                   tx->store->id_key);
  place[0] = user;
  place[1] = (uint64_t)group_id;
  uint64_t mixed = hash_bytes(slice_of((const char *)place, sizeof place)) | 1;
  uint64_t *seen = &cache->users[mixed / 2 % STORE_HOT_USERS];
  if (*seen == mixed) return false;
  *seen = mixed;
  struct query query =
      query_begin(tx, "INSERT OR IGNORE INTO group_user(group_id, user_hash) VALUES(?1, ?2)");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, (int64_t)user);
  return query_run(&query) > 0;
}

static void write_hour(struct transaction *tx, int64_t group_id, int64_t hour, int64_t count) {
  struct query query =
      query_begin(tx,
                  "INSERT INTO group_hour(group_id, hour, count) VALUES(?1, ?2, ?3)"
                  " ON CONFLICT DO UPDATE SET count = count + excluded.count");
  query_bind_int(&query, 1, group_id);
  query_bind_int(&query, 2, hour);
  query_bind_int(&query, 3, count);
  query_run(&query);
}

static void count_hour(struct transaction *tx, struct hot_group *hot, int64_t hour) {
  for (size_t i = 0; i < hot->hour_count; i++) {
    if (hot->hours[i].hour == hour) {
      hot->hours[i].count++;
      return;
    }
  }
  if (hot->hour_count == HOT_PENDING_HOURS) {
    write_hour(tx, hot->group.id, hour, 1);
    return;
  }
  hot->hours[hot->hour_count].hour = hour;
  hot->hours[hot->hour_count++].count = 1;
}

/* What the list and the details show of a group comes from its latest event. */
static void take_latest(struct transaction *tx, struct hot_group *hot,
                        const struct digest *digest) {
  struct group *group = &hot->group;
  struct group latest = *group;
  group->level = digest->level;
  group->is_unhandled = digest->is_unhandled;
  latest.error_type = digest->error_type;
  latest.error_value = digest->error_value;
  latest.title = digest->title;
  latest.culprit = digest->culprit;
  latest.location = digest->location;
  latest.platform = digest->platform;
  latest.logger = digest->logger;
  if (digest->release.len) {
    latest.last_release = digest->release;
    if (!group->first_release.len) {
      latest.first_release = digest->release;
      group_row_set_first_release(tx, group->id, digest->release);
    }
  }
  bool is_same_text =
      slice_equal(latest.title, group->title) && slice_equal(latest.culprit, group->culprit);
  bool is_same = is_same_text && slice_equal(latest.error_type, group->error_type) &&
                 slice_equal(latest.error_value, group->error_value) &&
                 slice_equal(latest.location, group->location) &&
                 slice_equal(latest.platform, group->platform) &&
                 slice_equal(latest.logger, group->logger) &&
                 slice_equal(latest.last_release, group->last_release) &&
                 slice_equal(latest.first_release, group->first_release);
  if (is_same) return;
  if (!is_same_text && !hot->is_text_stale) {
    group_text_remove(tx, group);
    hot->is_text_stale = true;
  }
  take_texts(hot, &latest);
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

void hot_count(struct transaction *tx, struct hot_group *hot, const struct digest *digest) {
  struct group *group = &hot->group;
  size_t tag_memory = hot->are_tags_loaded ? hot->tags.memory : 0;
  if (!hot->are_tags_loaded) load_tags(tx, hot);
  count_project(tx, digest->project_id, digest->received_ms);
  if (!hot->is_dirty) {
    hot->is_dirty = true;
    hot->next_dirty = tx->store->hot.dirty;
    tx->store->hot.dirty = hot;
  }
  bool is_latest = digest->timestamp_ms >= group->last_seen_ms || !group->event_count;
  group->event_count++;
  if (digest->user_identity.len && add_user(tx, group->id, digest->user_identity))
    group->user_count++;
  if (!group->first_seen_ms || digest->timestamp_ms < group->first_seen_ms)
    group->first_seen_ms = digest->timestamp_ms;
  if (digest->timestamp_ms > group->last_seen_ms) group->last_seen_ms = digest->timestamp_ms;
  if (is_latest) take_latest(tx, hot, digest);
  count_hour(tx, hot, digest->timestamp_ms / HOUR_MS);
  tag_table_add(&hot->tags, digest->tags, digest->timestamp_ms);
  tx->store->hot.tag_memory += hot->tags.memory - tag_memory;
}

static void write_tags(struct transaction *tx, const struct hot_group *hot,
                       struct buffer *scratch) {
  buffer_clear(scratch);
  tag_table_write(&hot->tags, scratch);
  struct query query =
      query_begin(tx, "INSERT OR REPLACE INTO group_tags(group_id, tags) VALUES(?1, ?2)");
  query_bind_int(&query, 1, hot->group.id);
  query_bind_blob(&query, 2, scratch->data, scratch->len);
  query_run(&query);
}

void hot_flush(struct transaction *tx) {
  struct buffer scratch = buffer_make(4 * STORE_TAGS_BYTES_LIMIT);
  struct hot_group *hot = tx->store->hot.dirty;
  tx->store->hot.dirty = NULL;
  for (; hot; hot = hot->next_dirty) {
    group_row_update(tx, &hot->group);
    for (size_t i = 0; i < hot->hour_count; i++)
      write_hour(tx, hot->group.id, hot->hours[i].hour, hot->hours[i].count);
    write_tags(tx, hot, &scratch);
    if (hot->is_text_stale) group_text_add(tx, &hot->group);
    hot->is_text_stale = false;
    hot->hour_count = 0;
    hot->is_dirty = false;
  }
  buffer_free(&scratch);
  for (size_t i = 0; i < tx->store->hot.project_count; i++)
    write_project(tx, &tx->store->hot.projects[i]);
  tx->store->hot.project_count = 0;
}

void hot_trim(struct transaction *tx) {
  struct hot_cache *hot = &tx->store->hot;
  if (hot->by_id.count <= STORE_HOT_GROUPS && hot->by_hash.count <= 4 * STORE_HOT_GROUPS &&
      hot->tag_memory <= STORE_HOT_TAGS_BYTES)
    return;
  hot_flush(tx);
  hot_drop_all(hot);
}
