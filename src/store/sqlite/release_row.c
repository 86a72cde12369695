/* release_row.c - see release_row.h. */
#include "store/sqlite/release_row.h"

#include <string.h>

#include "base/clock.h"
#include "store/limits.h"
#include "store/release_health.h"
#include "store/sqlite/internal.h"

#include "base/banned.h"

/* Longer names do not come from the protocol, whose limits are 200 and 64 characters. */
enum { KEY_LIMIT = 2048 };

struct release_project {
  int64_t project_id, release_count, environment_count;
};

void release_cache_drop(struct release_cache *cache) {
  map_clear(&cache->by_name);
  map_clear(&cache->projects);
  arena_reset(&cache->arena);
}

void release_cache_close(struct release_cache *cache) {
  map_free(&cache->by_name);
  map_free(&cache->projects);
  arena_free(&cache->arena);
}

static int64_t count_rows(struct transaction *tx, const char *sql, int64_t project_id) {
  int64_t count = 0;
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) count = query_int(&query, 0);
  query_end(&query);
  return count;
}

static struct release_project *project_of(struct transaction *tx, int64_t project_id) {
  struct release_cache *cache = &tx->store->hot.releases;
  struct slice key = slice_of((const char *)&project_id, sizeof project_id);
  struct release_project *project = map_get(&cache->projects, key);
  if (project) return project;
  project = ARENA_NEW(&cache->arena, struct release_project);
  *project = (struct release_project){
      .project_id = project_id,
      .release_count =
          count_rows(tx, "SELECT count(*) FROM release WHERE project_id = ?1", project_id),
      .environment_count =
          count_rows(tx, "SELECT count(*) FROM environment WHERE project_id = ?1", project_id)};
  map_put(&cache->projects,
          slice_of((const char *)&project->project_id, sizeof project->project_id), project);
  return project;
}

static int64_t find_row(struct transaction *tx, const char *sql, int64_t project_id,
                        struct slice name) {
  int64_t id = 0;
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, name);
  if (query_next(&query)) id = query_int(&query, 0);
  query_end(&query);
  return id;
}

#define FIND_RELEASE "SELECT id FROM release WHERE project_id = ?1 AND version = ?2"
#define FIND_ENVIRONMENT "SELECT id FROM environment WHERE project_id = ?1 AND name = ?2"

static int64_t release_id(struct transaction *tx, const struct release_sighting *sighting) {
  struct slice version = sighting->release;
  int64_t id = find_row(tx, FIND_RELEASE, sighting->project_id, version);
  if (id) return id;
  struct release_project *project = project_of(tx, sighting->project_id);
  if (project->release_count >= STORE_RELEASES_LIMIT) {
    version = SLICE(RELEASE_OTHER);
    id = find_row(tx, FIND_RELEASE, sighting->project_id, version);
    if (id) return id;
  }
  project->release_count++;
  struct query query = query_begin(tx,
                                   "INSERT INTO release(project_id, version, first_seen_ms, "
                                   "last_seen_ms) VALUES(?1, ?2, ?3, ?3)");
  query_bind_int(&query, 1, sighting->project_id);
  query_bind_text(&query, 2, version);
  query_bind_int(&query, 3, sighting->time_ms);
  query_run(&query);
  return database_last_id(tx);
}

static int64_t environment_id(struct transaction *tx, const struct release_sighting *sighting) {
  struct slice name = sighting->environment;
  if (!name.len) return 0;
  int64_t id = find_row(tx, FIND_ENVIRONMENT, sighting->project_id, name);
  if (id) return id;
  struct release_project *project = project_of(tx, sighting->project_id);
  if (project->environment_count >= STORE_ENVIRONMENTS_LIMIT) {
    name = SLICE(RELEASE_OTHER);
    id = find_row(tx, FIND_ENVIRONMENT, sighting->project_id, name);
    if (id) return id;
  }
  project->environment_count++;
  struct query query = query_begin(tx, "INSERT INTO environment(project_id, name) VALUES(?1, ?2)");
  query_bind_int(&query, 1, sighting->project_id);
  query_bind_text(&query, 2, name);
  query_run(&query);
  return database_last_id(tx);
}

static struct release_ids load(struct transaction *tx, const struct release_sighting *sighting) {
  struct release_ids ids = {release_id(tx, sighting), environment_id(tx, sighting), 0};
  struct query query = query_begin(
      tx, "INSERT OR IGNORE INTO release_environment(release_id, environment_id) VALUES(?1, ?2)");
  query_bind_int(&query, 1, ids.release_id);
  query_bind_int(&query, 2, ids.environment_id);
  query_run(&query);
  return ids;
}

static void move_last_seen(struct transaction *tx, struct release_ids *ids, int64_t time_ms) {
  struct query query =
      query_begin(tx, "UPDATE release SET last_seen_ms = max(last_seen_ms, ?2) WHERE id = ?1");
  query_bind_int(&query, 1, ids->release_id);
  query_bind_int(&query, 2, time_ms);
  query_run(&query);
  ids->last_seen_ms = time_ms;
}

struct release_ids release_note(struct transaction *tx, const struct release_sighting *sighting) {
  struct release_cache *cache = &tx->store->hot.releases;
  char bytes[KEY_LIMIT];
  size_t length =
      sizeof sighting->project_id + sighting->release.len + 1 + sighting->environment.len;
  if (length > sizeof bytes) return (struct release_ids){0};
  memcpy(bytes, &sighting->project_id, sizeof sighting->project_id);
  char *at = bytes + sizeof sighting->project_id;
  memcpy(at, sighting->release.ptr, sighting->release.len);
  at += sighting->release.len;
  *at++ = '\0'; /* no text holds one */
  if (sighting->environment.len) memcpy(at, sighting->environment.ptr, sighting->environment.len);
  struct slice key = slice_of(bytes, length);
  struct release_ids *ids = map_get(&cache->by_name, key);
  if (!ids) {
    if (cache->by_name.count >= STORE_HOT_RELEASES) release_cache_drop(cache);
    struct release_ids loaded = load(tx, sighting);
    ids = ARENA_NEW(&cache->arena, struct release_ids);
    *ids = loaded;
    map_put(&cache->by_name, arena_copy(&cache->arena, key), ids);
  }
  if (sighting->time_ms >= ids->last_seen_ms + MINUTE_MS)
    move_last_seen(tx, ids, sighting->time_ms);
  return *ids;
}

static void run_with_int(struct transaction *tx, const char *sql, int64_t value) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, value);
  query_run(&query);
}

void release_purge(struct transaction *tx, int64_t before_ms) {
  run_with_int(tx,
               "DELETE FROM session_hour WHERE id IN (SELECT session_hour.id FROM project JOIN "
               "session_hour ON project_id = project.id AND hour < ?1)",
               before_ms / HOUR_MS);
  run_with_int(tx,
               "DELETE FROM release_environment WHERE release_id IN"
               " (SELECT id FROM release WHERE last_seen_ms < ?1)",
               before_ms);
  run_with_int(tx, "DELETE FROM release WHERE last_seen_ms < ?1", before_ms);
  release_cache_drop(&tx->store->hot.releases);
}
