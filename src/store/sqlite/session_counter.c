/* session_counter.c - counts of sessions: gathered in memory by any thread, written once a second.
 *
 *   session_count() ─► seen this session's state before? ─► bucket (project, hour, release,
 *                          `sessions`: 8 ways, newest first            environment) in `gathering`
 *                                                                            │ tick: swapped
 *   session_hour rows ◄── counts added, sketches merged ◄────────── `writing`┘
 *
 * One mutex, held for some 200 ns, guards all of it. A session is remembered by 60 bits of a keyed
 * hash of project and sid, and 4 bits that say what it has been counted as. When it was forgotten
 * (the server's last STORE_SESSIONS_REMEMBERED count, and a restart forgets all), a later update
 * counts as an error or a crash once more; the total is safe, since it counts `init` alone.
 */
#include "store/sqlite/session_counter.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/limits.h"
#include "store/release_health.h"
#include "store/sketch.h"
#include "store/sqlite/internal.h"

#include "base/banned.h"

enum { WAYS = 8, SETS = STORE_SESSIONS_REMEMBERED / WAYS };
enum { COUNTED_TOTAL = 1, COUNTED_ERROR = 2, COUNTED_END = 4, STATE_MASK = 15 };
/* Names are 200 and 64 characters long at most. */
enum { KEY_LIMIT = 2048 };

struct bucket {
  int64_t project_id, hour;
  struct slice release, environment;
  struct session_counts counts;
  struct sketch *users, *crashed_users; /* null until there is one */
};

struct bucket_table {
  struct map map; /* key -> bucket */
  struct arena arena;
};

struct session_counter {
  struct store_tick tick; /* first */
  pthread_mutex_t mutex;
  struct bucket_table gathering;
  struct bucket_table writing; /* the writer's alone */
  uint64_t sessions[SETS][WAYS];
};

/* --- in memory ------------------------------------------------------------------------------ */

static struct bucket *find_bucket(struct bucket_table *table, const struct session_origin *origin) {
  char bytes[KEY_LIMIT];
  const int64_t head[] = {origin->project_id, origin->started_ms / HOUR_MS};
  size_t length = sizeof head + origin->release.len + 1 + origin->environment.len;
  if (length > sizeof bytes) return NULL;
  memcpy(bytes, head, sizeof head);
  char *at = bytes + sizeof head;
  if (origin->release.len) memcpy(at, origin->release.ptr, origin->release.len);
  at += origin->release.len;
  *at++ = '\0'; /* no text holds one */
  if (origin->environment.len) memcpy(at, origin->environment.ptr, origin->environment.len);
  struct slice key = slice_of(bytes, length);
  struct bucket *bucket = map_get(&table->map, key);
  if (bucket || table->map.count >= STORE_RELEASES_PER_SECOND) return bucket;
  key = arena_copy(&table->arena, key);
  bucket = ARENA_NEW(&table->arena, struct bucket);
  *bucket = (struct bucket){
      .project_id = head[0],
      .hour = head[1],
      .release = slice_of(key.ptr + sizeof head, origin->release.len),
      .environment = slice_of(key.ptr + length - origin->environment.len, origin->environment.len),
  };
  map_put(&table->map, key, bucket);
  return bucket;
}

/* When too many come at once, new ones share a bucket for each project. */
static struct bucket *bucket_of(struct bucket_table *table, const struct session_origin *origin) {
  if (table->map.count < STORE_RELEASES_PER_SECOND / 2) return find_bucket(table, origin);
  struct session_origin other = *origin;
  other.release = other.environment = SLICE(RELEASE_OTHER);
  return find_bucket(table, &other);
}

static void add_user(struct arena *arena, struct sketch **sketch, uint64_t user) {
  if (!*sketch) *sketch = ARENA_NEW(arena, struct sketch);
  sketch_add(*sketch, user);
}

static bool add(struct session_counter *counter, const struct session_origin *origin,
                const struct session_counts *counts, uint64_t user) {
  struct bucket *bucket = bucket_of(&counter->gathering, origin);
  if (!bucket) return false;
  bucket->counts.total += counts->total;
  bucket->counts.errored += counts->errored;
  bucket->counts.crashed += counts->crashed;
  bucket->counts.abnormal += counts->abnormal;
  if (user) add_user(&counter->gathering.arena, &bucket->users, user);
  if (user && counts->crashed) add_user(&counter->gathering.arena, &bucket->crashed_users, user);
  return true;
}

/* The state kept for the session, moved to the front of its set; a new one pushes out the oldest.
 */
static uint64_t *remember(struct session_counter *counter, uint64_t hash) {
  uint64_t *set = counter->sessions[hash / (STATE_MASK + 1) % SETS];
  uint64_t entry = hash & ~(uint64_t)STATE_MASK;
  size_t at = 0;
  while (at < WAYS - 1 && (set[at] & ~(uint64_t)STATE_MASK) != entry) at++;
  if ((set[at] & ~(uint64_t)STATE_MASK) == entry) entry = set[at];
  memmove(set + 1, set, at * sizeof *set);
  set[0] = entry;
  return set;
}

/* What this update adds to what the session was counted as before. */
static struct session_counts count_of(const struct session_update *update, uint64_t *session) {
  bool is_end = update->status != SESSION_OK, is_bad = is_end && update->status != SESSION_EXITED;
  struct session_counts counts = {0};
  if (update->is_init && !(*session & COUNTED_TOTAL)) {
    counts.total = 1;
    *session |= COUNTED_TOTAL;
  }
  if (*session & COUNTED_END) return counts;
  if ((update->has_errors || is_bad) && !(*session & COUNTED_ERROR)) {
    counts.errored = 1;
    *session |= COUNTED_ERROR;
  }
  counts.crashed = update->status == SESSION_CRASHED;
  counts.abnormal = update->status == SESSION_ABNORMAL;
  if (is_end) *session |= COUNTED_END;
  return counts;
}

static uint64_t keyed_hash(const struct store *store, struct slice text) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text.ptr, text.len,
                   store->id_key);
  return hash;
}

static uint64_t user_hash(const struct store *store, struct slice user) {
  return user.len ? keyed_hash(store, user) | 1 : 0;
}

bool session_count(struct store *store, const struct session_origin *origin,
                   const struct session_update *update) {
  struct session_counter *counter = store->session_counter;
  const uint64_t names[] = {(uint64_t)origin->project_id, keyed_hash(store, update->id)};
  uint64_t hash = keyed_hash(store, slice_of((const char *)names, sizeof names));
  uint64_t user = user_hash(store, origin->user);
  pthread_mutex_lock(&counter->mutex);
  struct session_counts counts = count_of(update, remember(counter, hash));
  bool is_counted = add(counter, origin, &counts, user);
  pthread_mutex_unlock(&counter->mutex);
  return is_counted;
}

bool session_count_many(struct store *store, const struct session_origin *origin,
                        const struct session_counts *counts) {
  struct session_counter *counter = store->session_counter;
  uint64_t user = user_hash(store, origin->user);
  pthread_mutex_lock(&counter->mutex);
  bool is_counted = add(counter, origin, counts, user);
  pthread_mutex_unlock(&counter->mutex);
  return is_counted;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool has_row(struct transaction *tx, const struct bucket *bucket,
                    const struct release_ids *ids) {
  struct query query = query_begin(tx,
                                   "SELECT 1 FROM session_hour WHERE project_id = ?1 AND hour = ?2"
                                   " AND release_id = ?3 AND environment_id = ?4");
  query_bind_int(&query, 1, bucket->project_id);
  query_bind_int(&query, 2, bucket->hour);
  query_bind_int(&query, 3, ids->release_id);
  query_bind_int(&query, 4, ids->environment_id);
  bool is_found = query_next(&query);
  query_end(&query);
  return is_found;
}

static int64_t rows_of_hour(struct transaction *tx, const struct bucket *bucket) {
  int64_t count = 0;
  struct query query =
      query_begin(tx, "SELECT count(*) FROM session_hour WHERE project_id = ?1 AND hour = ?2");
  query_bind_int(&query, 1, bucket->project_id);
  query_bind_int(&query, 2, bucket->hour);
  if (query_next(&query)) count = query_int(&query, 0);
  query_end(&query);
  return count;
}

/* The ids under which the bucket is kept. */
static struct release_ids ids_of(struct transaction *tx, const struct bucket *bucket,
                                 bool *is_new) {
  struct release_sighting sighting = {.project_id = bucket->project_id,
                                      .time_ms = clock_now_ms(),
                                      .release = bucket->release,
                                      .environment = bucket->environment};
  struct release_ids ids = release_note(tx, &sighting);
  *is_new = !has_row(tx, bucket, &ids);
  if (!*is_new || rows_of_hour(tx, bucket) < STORE_RELEASES_PER_HOUR) return ids;
  sighting.release = sighting.environment = SLICE(RELEASE_OTHER);
  ids = release_note(tx, &sighting);
  *is_new = !has_row(tx, bucket, &ids);
  return ids;
}

/* Merges what is kept into `sketch`. */
static void merge_kept(struct transaction *tx, struct sketch *sketch, struct slice bytes) {
  struct sketch kept;
  if (sketch_read(&kept, bytes))
    sketch_merge(sketch, &kept);
  else
    transaction_fail(tx, SQLITE_CORRUPT);
}

static void read_users(struct transaction *tx, const struct bucket *bucket,
                       const struct release_ids *ids, struct sketch sketches[2]) {
  struct query query = query_begin(tx,
                                   "SELECT users, crashed_users FROM session_hour WHERE "
                                   "project_id = ?1 AND hour = ?2 AND release_id = ?3 AND "
                                   "environment_id = ?4");
  query_bind_int(&query, 1, bucket->project_id);
  query_bind_int(&query, 2, bucket->hour);
  query_bind_int(&query, 3, ids->release_id);
  query_bind_int(&query, 4, ids->environment_id);
  if (query_next(&query)) {
    merge_kept(tx, &sketches[0], query_borrow(&query, 0));
    merge_kept(tx, &sketches[1], query_borrow(&query, 1));
  }
  query_end(&query);
}

static void write_bucket(struct transaction *tx, const struct bucket *bucket) {
  struct sketch sketches[2] = {{0}, {0}};
  struct buffer users[2] = {buffer_make(SKETCH_REGISTERS + 1), buffer_make(SKETCH_REGISTERS + 1)};
  bool is_new;
  struct release_ids ids = ids_of(tx, bucket, &is_new);
  if (bucket->users) sketches[0] = *bucket->users;
  if (bucket->crashed_users) sketches[1] = *bucket->crashed_users;
  if (!is_new) read_users(tx, bucket, &ids, sketches);
  struct query query = query_begin(
      tx,
      "INSERT INTO session_hour(project_id, hour, release_id, environment_id, total, errored,"
      " crashed, abnormal, users, crashed_users) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
      " ON CONFLICT DO UPDATE SET total = total + ?5, errored = errored + ?6,"
      " crashed = crashed + ?7, abnormal = abnormal + ?8, users = ?9, crashed_users = ?10");
  query_bind_int(&query, 1, bucket->project_id);
  query_bind_int(&query, 2, bucket->hour);
  query_bind_int(&query, 3, ids.release_id);
  query_bind_int(&query, 4, ids.environment_id);
  query_bind_int(&query, 5, bucket->counts.total);
  query_bind_int(&query, 6, bucket->counts.errored);
  query_bind_int(&query, 7, bucket->counts.crashed);
  query_bind_int(&query, 8, bucket->counts.abnormal);
  for (int i = 0; i < 2; i++) {
    if (sketches[i].is_dense || sketches[i].count) sketch_write(&sketches[i], &users[i]);
    query_bind_blob(&query, 9 + i, users[i].data, users[i].len);
  }
  query_run(&query);
  for (int i = 0; i < 2; i++) buffer_free(&users[i]);
}

static void take_gathered(struct session_counter *counter) {
  pthread_mutex_lock(&counter->mutex);
  counter->writing = counter->gathering;
  counter->gathering = (struct bucket_table){0};
  pthread_mutex_unlock(&counter->mutex);
}

static void free_table(struct bucket_table *table) {
  map_free(&table->map);
  arena_free(&table->arena);
  *table = (struct bucket_table){0};
}

static void run_tick(struct transaction *tx, struct store_tick *tick) {
  struct session_counter *counter = (struct session_counter *)tick;
  size_t at = 0;
  take_gathered(counter);
  for (struct map_entry *entry; (entry = map_next(&counter->writing.map, &at));)
    write_bucket(tx, entry->value);
}

/* What could not be written is counted again with what came since. */
static void put_back(struct session_counter *counter) {
  size_t at = 0;
  pthread_mutex_lock(&counter->mutex);
  for (struct map_entry *entry; (entry = map_next(&counter->writing.map, &at));) {
    const struct bucket *old = entry->value;
    const struct session_origin origin = {.project_id = old->project_id,
                                          .started_ms = old->hour * HOUR_MS,
                                          .release = old->release,
                                          .environment = old->environment};
    struct arena *arena = &counter->gathering.arena;
    struct bucket *bucket = bucket_of(&counter->gathering, &origin);
    if (!bucket || !add(counter, &origin, &old->counts, 0)) continue;
    if (old->users && !bucket->users) bucket->users = ARENA_NEW(arena, struct sketch);
    if (old->users) sketch_merge(bucket->users, old->users);
    if (old->crashed_users && !bucket->crashed_users)
      bucket->crashed_users = ARENA_NEW(arena, struct sketch);
    if (old->crashed_users) sketch_merge(bucket->crashed_users, old->crashed_users);
  }
  pthread_mutex_unlock(&counter->mutex);
}

static void finish_tick(struct store_tick *tick, bool is_written) {
  struct session_counter *counter = (struct session_counter *)tick;
  if (!is_written) put_back(counter);
  free_table(&counter->writing);
}

struct session_counter *session_counter_open(struct store *store) {
  struct session_counter *counter = memory_alloc(sizeof *counter);
  memset(counter, 0, sizeof *counter);
  counter->tick = (struct store_tick){.run = run_tick, .done = finish_tick};
  pthread_mutex_init(&counter->mutex, NULL);
  store_add_tick(store, &counter->tick);
  return counter;
}

void session_counter_close(struct session_counter *counter) {
  free_table(&counter->gathering);
  free_table(&counter->writing);
  pthread_mutex_destroy(&counter->mutex);
  free(counter);
}
