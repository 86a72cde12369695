/* dictionary.c - see dictionary.h.
 *
 * Events of a project repeat each other: names, paths, source lines. A dictionary trained on some
 * of them makes the next ones several times smaller, and faster to compress. One thread trains in
 * the background; finished dictionaries are kept in the database, and the newest few that are in
 * use stay ready in memory.
 *
 *   struct dictionaries ──► ready[] {id, project, compressor, decompressor, uses}    under `mutex`
 *                       └─► wanted projects ──► training thread
 *
 * A ready dictionary is counted while a thread uses it, and freed when nobody does and its place is
 * needed.
 */
#include "store/sqlite/dictionary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/limits.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"

#include "base/banned.h"

enum {
  COMPRESSION_LEVEL = 1,
  WANTED_LIMIT = 16,
  SCAN_ROWS_LIMIT = 20000,
  PAYLOAD_LIMIT = 4 * 1024 * 1024,
  SMALLEST_SAMPLE_COUNT = 20,
  PAUSE_MS = 100, /* between two dictionaries, so that many projects cannot keep a core busy */
};

struct dictionary {
  int64_t id, project_id; /* id 0: a free place */
  ZSTD_CDict *compressor;
  ZSTD_DDict *decompressor;
  unsigned users;
  bool is_newest; /* of its project */
  uint64_t last_use;
};

struct wanted {
  int64_t project_id;
  bool is_training_due; /* else the one in the database will do, if there is one */
};

struct dictionaries {
  struct store *store;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  pthread_t thread;
  bool is_stopping;
  struct dictionary ready[STORE_DICTIONARIES_READY];
  uint64_t uses;
  struct wanted wanted[WANTED_LIMIT];
  size_t wanted_count;
};

/* One context a thread, freed when it ends. */
static pthread_key_t compress_key, decompress_key;
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

static void free_compress(void *context) { ZSTD_freeCCtx(context); }
static void free_decompress(void *context) { ZSTD_freeDCtx(context); }
static void make_keys(void) {
  pthread_key_create(&compress_key, free_compress);
  pthread_key_create(&decompress_key, free_decompress);
}

static ZSTD_CCtx *compress_context(void) {
  pthread_once(&keys_once, make_keys);
  ZSTD_CCtx *context = pthread_getspecific(compress_key);
  if (!context) {
    context = ZSTD_createCCtx();
    pthread_setspecific(compress_key, context);
  }
  return context;
}

static ZSTD_DCtx *decompress_context(void) {
  pthread_once(&keys_once, make_keys);
  ZSTD_DCtx *context = pthread_getspecific(decompress_key);
  if (!context) {
    context = ZSTD_createDCtx();
    pthread_setspecific(decompress_key, context);
  }
  return context;
}

/* --- ready dictionaries, under the mutex --------------------------------------------- */

static void free_dictionary(struct dictionary *dictionary) {
  ZSTD_freeCDict(dictionary->compressor);
  ZSTD_freeDDict(dictionary->decompressor);
  *dictionary = (struct dictionary){0};
}

/* The place to put a dictionary: free, or used longest ago by nobody now. Null when all are in use.
 */
static struct dictionary *find_place(struct dictionaries *all) {
  struct dictionary *oldest = NULL;
  for (size_t i = 0; i < STORE_DICTIONARIES_READY; i++) {
    struct dictionary *place = &all->ready[i];
    if (!place->id) return place;
    if (!place->users && (!oldest || place->last_use < oldest->last_use)) oldest = place;
  }
  if (oldest) free_dictionary(oldest);
  return oldest;
}

static struct dictionary *use(struct dictionaries *all, struct dictionary *dictionary) {
  dictionary->users++;
  dictionary->last_use = ++all->uses;
  return dictionary;
}

static struct dictionary *find_newest(struct dictionaries *all, int64_t project_id) {
  for (size_t i = 0; i < STORE_DICTIONARIES_READY; i++) {
    struct dictionary *place = &all->ready[i];
    if (place->id && place->is_newest && place->project_id == project_id) return use(all, place);
  }
  return NULL;
}

static struct dictionary *find_id(struct dictionaries *all, int64_t id) {
  for (size_t i = 0; i < STORE_DICTIONARIES_READY; i++) {
    if (all->ready[i].id == id) return use(all, &all->ready[i]);
  }
  return NULL;
}

static void release(struct dictionaries *all, struct dictionary *dictionary) {
  pthread_mutex_lock(&all->mutex);
  dictionary->users--;
  pthread_mutex_unlock(&all->mutex);
}

/* Puts a dictionary among the ready ones and uses it; null when there is no place. */
static struct dictionary *make_ready(struct dictionaries *all, const struct dictionary *draft,
                                     struct slice data) {
  pthread_mutex_lock(&all->mutex);
  struct dictionary *place = find_id(all, draft->id);
  if (!place && (place = find_place(all))) {
    *place = *draft;
    place->decompressor = ZSTD_createDDict(data.ptr, data.len);
    if (draft->is_newest)
      place->compressor = ZSTD_createCDict(data.ptr, data.len, COMPRESSION_LEVEL);
    use(all, place);
  }
  if (place && draft->is_newest) {
    for (size_t i = 0; i < STORE_DICTIONARIES_READY; i++) {
      struct dictionary *other = &all->ready[i];
      if (other != place && other->project_id == draft->project_id) other->is_newest = false;
    }
  }
  pthread_mutex_unlock(&all->mutex);
  return place;
}

/* --- packing and unpacking -------------------------------------------------------------- */

struct packed_payload store_pack(struct store *store, struct arena *arena, int64_t project_id,
                                 struct slice json) {
  struct dictionaries *all = store->dictionaries;
  pthread_mutex_lock(&all->mutex);
  struct dictionary *dictionary = find_newest(all, project_id);
  pthread_mutex_unlock(&all->mutex);
  size_t bound = ZSTD_compressBound(json.len);
  char *out = arena_alloc_raw(arena, bound);
  ZSTD_CCtx *context = compress_context();
  struct packed_payload packed = {.dictionary_id = dictionary ? dictionary->id : 0};
  size_t size = dictionary
                    ? ZSTD_compress_usingCDict(context, out, bound, json.ptr, json.len,
                                               dictionary->compressor)
                    : ZSTD_compressCCtx(context, out, bound, json.ptr, json.len, COMPRESSION_LEVEL);
  if (dictionary) release(all, dictionary);
  packed.bytes = slice_of(out, ZSTD_isError(size) ? 0 : size);
  return packed;
}

/* Reads a dictionary from the database and makes it ready; null when it is not there. */
static struct dictionary *load(struct transaction *tx, int64_t id) {
  struct dictionary *dictionary = NULL;
  struct query query = query_begin(tx, "SELECT project_id, data FROM dictionary WHERE id = ?1");
  query_bind_int(&query, 1, id);
  if (query_next(&query)) {
    struct dictionary draft = {.id = id, .project_id = query_int(&query, 0)};
    dictionary = make_ready(tx->store->dictionaries, &draft, query_borrow(&query, 1));
  }
  query_end(&query);
  return dictionary;
}

bool dictionary_unpack(struct transaction *tx, struct arena *arena, struct packed_payload packed,
                       struct slice *json) {
  struct dictionaries *all = tx->store->dictionaries;
  struct dictionary *dictionary = NULL;
  unsigned long long size = ZSTD_getFrameContentSize(packed.bytes.ptr, packed.bytes.len);
  if (size > PAYLOAD_LIMIT) return false; /* also when unknown or broken */
  if (packed.dictionary_id) {
    pthread_mutex_lock(&all->mutex);
    dictionary = find_id(all, packed.dictionary_id);
    pthread_mutex_unlock(&all->mutex);
    if (!dictionary) dictionary = load(tx, packed.dictionary_id);
    if (!dictionary) return false;
  }
  char *out = arena_alloc_raw(arena, (size_t)size);
  ZSTD_DCtx *context = decompress_context();
  size_t got = dictionary ? ZSTD_decompress_usingDDict(context, out, (size_t)size, packed.bytes.ptr,
                                                       packed.bytes.len, dictionary->decompressor)
                          : ZSTD_decompressDCtx(context, out, (size_t)size, packed.bytes.ptr,
                                                packed.bytes.len);
  if (dictionary) release(all, dictionary);
  *json = slice_of(out, (size_t)size);
  return got == size;
}

/* --- training ------------------------------------------------------------------------------ */

struct samples {
  struct buffer bytes;
  size_t sizes[STORE_DICTIONARY_SAMPLES];
  size_t count;
};

/* Adds the newest payloads of the project from one day's table. */
static void collect_day(struct transaction *tx, int64_t day, int64_t project_id,
                        struct samples *samples) {
  char sql[TABLE_SQL_BYTES];
  struct arena arena = {0};
  struct query query = query_begin(
      tx,
      table_sql(sql,
                "SELECT project_id, dictionary_id, payload FROM event_@ ORDER BY row DESC LIMIT ?1",
                day));
  query_bind_int(&query, 1, SCAN_ROWS_LIMIT);
  while (samples->count < STORE_DICTIONARY_SAMPLES && query_next(&query)) {
    struct packed_payload packed = {query_borrow(&query, 2), query_int(&query, 1)};
    struct slice json;
    if (query_int(&query, 0) != project_id || !dictionary_unpack(tx, &arena, packed, &json))
      continue;
    buffer_append_slice(&samples->bytes, json);
    if (samples->bytes.is_overflown) break;
    samples->sizes[samples->count++] = json.len;
    arena_reset(&arena);
  }
  query_end(&query);
  arena_free(&arena);
}

static void collect(struct store *store, int64_t project_id, struct samples *samples) {
  int64_t days[2];
  struct transaction *tx = store_begin_read(store);
  size_t count = partition_days(tx, days, 2);
  for (size_t i = 0; i < count && samples->count < STORE_DICTIONARY_SAMPLES; i++)
    collect_day(tx, days[i], project_id, samples);
  store_end_read(tx);
}

struct new_dictionary {
  int64_t project_id, id;
  struct slice data;
};

static enum status insert(struct transaction *tx, void *context, struct problem *problem) {
  struct new_dictionary *made = context;
  (void)problem;
  struct query query =
      query_begin(tx, "INSERT INTO dictionary(project_id, created_ms, data) VALUES(?1, ?2, ?3)");
  query_bind_int(&query, 1, made->project_id);
  query_bind_int(&query, 2, clock_now_ms());
  query_bind_blob(&query, 3, made->data.ptr, made->data.len);
  query_run(&query);
  made->id = database_last_id(tx);
  return STATUS_OK;
}

static size_t train(const struct samples *samples, char *out) {
  ZDICT_fastCover_params_t parameters = {
      .k = 1024, .d = 8, .f = 17, .accel = 4, .zParams = {.compressionLevel = COMPRESSION_LEVEL}};
  return ZDICT_trainFromBuffer_fastCover(out, STORE_DICTIONARY_BYTES, samples->bytes.data,
                                         samples->sizes, (unsigned)samples->count, parameters);
}

static void train_project(struct dictionaries *all, int64_t project_id) {
  struct samples samples = {.bytes = buffer_make(STORE_DICTIONARY_SAMPLE_BYTES)};
  struct new_dictionary made = {.project_id = project_id};
  struct problem problem;
  collect(all->store, project_id, &samples);
  if (samples.count >= SMALLEST_SAMPLE_COUNT) {
    char *data = memory_alloc(STORE_DICTIONARY_BYTES);
    size_t size = train(&samples, data);
    made.data = slice_of(data, ZDICT_isError(size) ? 0 : size);
    if (made.data.len && store_write(all->store, insert, &made, &problem) == STATUS_OK) {
      struct dictionary draft = {.id = made.id, .project_id = project_id, .is_newest = true};
      struct dictionary *ready = make_ready(all, &draft, made.data);
      if (ready) release(all, ready);
      log_write(LOG_INFO, "trained a compression dictionary", "project=%lld samples=%zu bytes=%zu",
                (long long)project_id, samples.count, made.data.len);
    }
    free(data);
  }
  buffer_free(&samples.bytes);
}

/* Makes the project's newest dictionary ready, when it has one. */
static bool load_newest(struct store *store, int64_t project_id) {
  struct transaction *tx = store_begin_read(store);
  struct dictionary *dictionary = NULL;
  struct query query = query_begin(
      tx, "SELECT id, data FROM dictionary WHERE project_id = ?1 ORDER BY id DESC LIMIT 1");
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) {
    struct dictionary draft = {
        .id = query_int(&query, 0), .project_id = project_id, .is_newest = true};
    dictionary = make_ready(store->dictionaries, &draft, query_borrow(&query, 1));
  }
  query_end(&query);
  store_end_read(tx);
  if (dictionary) release(store->dictionaries, dictionary);
  return dictionary != NULL;
}

/* Waits until there is something to do; false when it is time to stop. */
static bool take_wanted(struct dictionaries *all, struct wanted *wanted) {
  pthread_mutex_lock(&all->mutex);
  while (!all->is_stopping && !all->wanted_count) pthread_cond_wait(&all->wake, &all->mutex);
  bool is_taken = !all->is_stopping;
  if (is_taken) *wanted = all->wanted[--all->wanted_count];
  pthread_mutex_unlock(&all->mutex);
  return is_taken;
}

static void *training_main(void *context) {
  struct dictionaries *all = context;
  struct wanted wanted;
  const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
  while (take_wanted(all, &wanted)) {
    if (wanted.is_training_due || !load_newest(all->store, wanted.project_id))
      train_project(all, wanted.project_id);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static bool is_training_due(int64_t event_count, int64_t added) {
  int64_t threshold = STORE_DICTIONARY_FIRST_TRAINING;
  while (threshold <= event_count / 10) threshold *= 10;
  return event_count >= threshold && event_count - added < threshold;
}

void dictionaries_note(struct dictionaries *all, int64_t project_id, int64_t event_count,
                       int64_t added) {
  struct wanted wanted = {project_id, is_training_due(event_count, added)};
  if (event_count < STORE_DICTIONARY_FIRST_TRAINING) return;
  pthread_mutex_lock(&all->mutex);
  struct dictionary *newest = find_newest(all, project_id);
  if (newest) newest->users--;
  bool is_wanted = (wanted.is_training_due || !newest) && all->wanted_count < WANTED_LIMIT;
  for (size_t i = 0; i < all->wanted_count; i++) {
    if (all->wanted[i].project_id == project_id) is_wanted = false;
  }
  if (is_wanted) {
    all->wanted[all->wanted_count++] = wanted;
    pthread_cond_signal(&all->wake);
  }
  pthread_mutex_unlock(&all->mutex);
}

struct dictionaries *dictionaries_open(struct store *store) {
  struct dictionaries *all = memory_alloc(sizeof *all);
  *all = (struct dictionaries){.store = store};
  pthread_mutex_init(&all->mutex, NULL);
  pthread_cond_init(&all->wake, NULL);
  pthread_create(&all->thread, NULL, training_main, all);
  return all;
}

void dictionaries_stop(struct dictionaries *all) {
  pthread_mutex_lock(&all->mutex);
  all->is_stopping = true;
  pthread_cond_signal(&all->wake);
  pthread_mutex_unlock(&all->mutex);
  pthread_join(all->thread, NULL);
}

void dictionaries_free(struct dictionaries *all) {
  for (size_t i = 0; i < STORE_DICTIONARIES_READY; i++) free_dictionary(&all->ready[i]);
  pthread_mutex_destroy(&all->mutex);
  pthread_cond_destroy(&all->wake);
  free(all);
}
