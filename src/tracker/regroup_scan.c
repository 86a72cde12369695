/* regroup_scan.c - reads all events of a project and groups them again, beside ingest.
 *
 * Two threads take chunks of rows in turn, each with a class table of its own. They have a low
 * priority and a new snapshot for each chunk, so that the log can be copied back. What arrives
 * meanwhile is read at the end, but for a dry run.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tracker/regroup_parts.h"

#include "base/banned.h"

enum { THREADS = 2, CHUNK_ROWS = 1024, NICENESS = 5, EVENT_ARENA_BYTES = 256 * 1024 };

/* While others write, a thread rests so many times as long as it computed: a million events still
 * take less than a minute, and ingest keeps most of the machine. */
enum { REST_FACTOR = 4 };
/* Writes during one chunk that do not count as others' work. */
enum { FEW_WRITES = 10 };

bool regroup_digest(struct arena *arena, const struct regroup_event *row,
                    const struct grouping_rules *rules, bool derives, struct digest *digest) {
  struct event *event;
  struct grouping grouping;
  if (!row->json.len || event_decode(arena, row->json, NULL, &event, NULL)) return false;
  grouping_compute(arena, event, rules, false, &grouping);
  *digest = (struct digest){.timestamp_ms = row->timestamp_ms,
                            .received_ms = row->received_ms,
                            .id = event->id,
                            .hash_count = grouping.hash_count};
  for (size_t i = 0; i < grouping.hash_count; i++) digest->hashes[i] = grouping.hashes[i];
  if (!derives) return grouping.hash_count > 0;
  event_derive(arena, event);
  digest->level = event->level;
  digest->is_unhandled = event->handled == NO;
  digest->error_type = event->error_type;
  digest->error_value = event->error_value;
  digest->title = event->title;
  digest->culprit = event->culprit;
  digest->location = event->location;
  digest->platform = event->platform;
  digest->logger = event->logger;
  digest->release = event->release;
  digest->environment = event->environment;
  digest->user_identity = event->user_identity;
  digest->tags = event->tags;
  return grouping.hash_count > 0;
}

/* --- the threads ------------------------------------------------------------------------- */

struct reading {
  const struct regroup_work *work;
  pthread_mutex_t mutex; /* guards the next three */
  const struct regroup_day *days;
  size_t day_count;
  int64_t next_ref; /* of the first day left; 0: its first */
};

struct reader {
  struct reading *reading;
  pthread_t thread;
  struct arena json, arena;
  struct regroup_classes classes;
  bool is_full;
};

static void take_event(void *context, const struct regroup_event *event) {
  struct reader *reader = context;
  struct digest digest;
  arena_reset(&reader->arena);
  if (!regroup_digest(&reader->arena, event, reader->reading->work->rules, false, &digest)) return;
  struct regroup_class one = {.strand_id = event->strand_id,
                              .hash_count = digest.hash_count,
                              .count = 1,
                              .first_ref = event->ref,
                              .latest_ref = event->ref,
                              .latest_ms = event->timestamp_ms};
  for (size_t i = 0; i < digest.hash_count; i++) one.hashes[i] = digest.hashes[i];
  if (!regroup_classes_add(&reader->classes, &one)) reader->is_full = true;
}

static bool take_chunk(struct reading *reading, int64_t *after, int64_t *until) {
  pthread_mutex_lock(&reading->mutex);
  bool is_taken = reading->day_count > 0;
  if (is_taken) {
    const struct regroup_day *day = reading->days;
    int64_t first = reading->next_ref ? reading->next_ref : day->first_ref;
    *after = first - 1;
    *until = first + CHUNK_ROWS - 1 < day->last_ref ? first + CHUNK_ROWS - 1 : day->last_ref;
    reading->next_ref = *until + 1;
    if (*until == day->last_ref) {
      reading->days++;
      reading->day_count--;
      reading->next_ref = 0;
    }
  }
  pthread_mutex_unlock(&reading->mutex);
  return is_taken;
}

/* Returns the last ref looked at, or 0 at the end. */
static int64_t read_chunk(struct reader *reader, int64_t after, int64_t until) {
  const struct regroup_work *work = reader->reading->work;
  const struct regroup_scan scan = {.project_id = work->project_id,
                                    .after_ref = after,
                                    .until_ref = until,
                                    .limit = CHUNK_ROWS,
                                    .take = take_event,
                                    .context = reader,
                                    .arena = &reader->json};
  struct transaction *tx = store_begin_read(work->store);
  int64_t last = regroup_scan(tx, &scan);
  store_end_read(tx);
  return last;
}

static int64_t thread_cpu_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static uint64_t writes_so_far(const struct reader *reader) {
  struct store_statistics statistics;
  store_statistics(reader->reading->work->store, &statistics);
  return statistics.writes;
}

/* Reads a chunk, and rests after it when others are at work too. */
static void read_and_rest(struct reader *reader, int64_t after, int64_t until) {
  uint64_t writes = writes_so_far(reader);
  int64_t started_ns = thread_cpu_ns();
  read_chunk(reader, after, until);
  if (writes_so_far(reader) - writes <= FEW_WRITES) return;
  int64_t rest_ns = (thread_cpu_ns() - started_ns) * REST_FACTOR;
  nanosleep(&(struct timespec){.tv_sec = rest_ns / 1000000000, .tv_nsec = rest_ns % 1000000000},
            NULL);
}

static void *read_chunks(void *context) {
  struct reader *reader = context;
  int64_t after, until;
  /* Linux gives each thread a priority of its own. */
  setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
  arena_reserve(&reader->arena, EVENT_ARENA_BYTES);
  arena_reserve(&reader->json, EVENT_ARENA_BYTES);
  while (!reader->is_full && !regroup_is_stopping() && take_chunk(reader->reading, &after, &until))
    read_and_rest(reader, after, until);
  return NULL;
}

static void join_classes(struct regroup_classes *into, struct reader *reader, bool *is_full) {
  *is_full |= reader->is_full;
  for (size_t i = 0; i < reader->classes.count && !*is_full; i++)
    *is_full = !regroup_classes_add(into, reader->classes.items[i]);
  regroup_classes_free(&reader->classes);
  arena_free(&reader->arena);
  arena_free(&reader->json);
}

enum status regroup_read_all(const struct regroup_work *work, struct regroup_classes *classes,
                             struct problem *problem) {
  struct arena arena = {0};
  struct regroup_day *days;
  struct reader readers[THREADS + 1] = {0};
  bool is_full = false;
  struct transaction *tx = store_begin_read(work->store);
  size_t count = regroup_days(tx, &arena, &days);
  store_end_read(tx);
  struct reading reading = {.work = work, .days = days, .day_count = count};
  pthread_mutex_init(&reading.mutex, NULL);
  for (size_t i = 0; i <= THREADS; i++) readers[i].reading = &reading;
  for (size_t i = 0; i < THREADS; i++)
    pthread_create(&readers[i].thread, NULL, read_chunks, &readers[i]);
  for (size_t i = 0; i < THREADS; i++) pthread_join(readers[i].thread, NULL);
  int64_t last = count ? days[count - 1].last_ref : 0;
  /* What came since, here, at the caller's own pace. */
  while (!work->is_dry_run && !regroup_is_stopping() &&
         (last = read_chunk(&readers[THREADS], last, 0))) {
  }
  for (size_t i = 0; i <= THREADS; i++) join_classes(classes, &readers[i], &is_full);
  pthread_mutex_destroy(&reading.mutex);
  arena_free(&arena);
  if (regroup_is_stopping()) return regroup_stopped(problem);
  if (!is_full) return STATUS_OK;
  return problem_set(problem, STATUS_TOO_LARGE,
                     "The events have more than %d different hashes, which is more than can be "
                     "regrouped. Do the rules take something that is different in each event?",
                     REGROUP_CLASSES_LIMIT);
}
