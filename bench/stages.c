/* stages.c - what each stage of taking an event in costs, one after another on one thread.
 *
 *   stages EVENT.json DIRECTORY
 *
 * Prints "name microseconds" lines: the median over the rounds for the stages that run on network
 * threads; for the commit the median CPU time of the whole process over batches of 32 events, which
 * share it. DIRECTORY
 * is where a store is made; it has to be on the disk that is asked about.
 */
#include <libdeflate.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "event/coding.h"
#include "event/envelope.h"
#include "event/limits.h"
#include "ingest/config.h"
#include "json/json.h"
#include "store/event.h"
#include "tracker/tracker.h"

enum { ROUNDS = 3200, WARM_UP = 400, BATCH = 32, FILE_LIMIT = 1024 * 1024 };

enum stage {
  INFLATE,
  ENVELOPE,
  PARSE,
  DECODE,
  FILTER,
  SCRUB,
  GROUP,
  DERIVE,
  WRITE,
  COMPRESS,
  STAGES
};

static int64_t *samples[STAGES]; /* nanoseconds */
static size_t sample_count;
static bool is_measuring;

static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static double median_us(enum stage stage) {
  qsort(samples[stage], sample_count, sizeof *samples[stage], compare);
  return (double)samples[stage][sample_count / 2] / 1000;
}

static void check(enum status status, const struct problem *problem) {
  if (!status) return;
  fprintf(stderr, "stages: %s\n", problem->message);
  exit(1);
}

/* --- the event, as it comes ------------------------------------------------------------ */

static struct slice read_file(struct arena *arena, const char *path) {
  FILE *file = fopen(path, "re");
  char *bytes = arena_alloc_raw(arena, FILE_LIMIT);
  size_t len = file ? fread(bytes, 1, FILE_LIMIT, file) : 0;
  if (file) fclose(file);
  if (len) return slice_of(bytes, len);
  fprintf(stderr, "stages: cannot read %s\n", path);
  exit(1);
}

static struct slice gzip(struct arena *arena, struct slice text) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  size_t room = libdeflate_gzip_compress_bound(compressor, text.len);
  char *bytes = arena_alloc_raw(arena, room);
  size_t len = libdeflate_gzip_compress(compressor, text.ptr, text.len, bytes, room);
  libdeflate_free_compressor(compressor);
  return slice_of(bytes, len);
}

struct work {
  struct arena arena; /* of the whole run */
  struct slice json, envelope, compressed;
  struct store *store;
  struct project_config config;
  int64_t project_id;
};

/* --- one round ------------------------------------------------------------------------- */

struct sending {
  struct digest_write write;
  _Atomic bool *is_last_done;
};

static void lap(enum stage stage, int64_t *since_ns) {
  int64_t now = now_ns(CLOCK_MONOTONIC);
  if (is_measuring) samples[stage][sample_count] = now - *since_ns;
  *since_ns = now_ns(CLOCK_MONOTONIC);
}

static void read_items(struct work *work, struct arena *arena, struct slice *payload) {
  struct envelope envelope;
  struct envelope_header header;
  struct envelope_item item;
  struct problem problem = {0};
  check(envelope_open(&envelope, arena, work->envelope, &header, &problem), &problem);
  check(envelope_next(&envelope, arena, &item, &problem), &problem);
  *payload = item.payload;
}

static void fill_digest(struct digest *digest, const struct event *event,
                        const struct grouping *grouping) {
  digest->received_ms = event->received_ms;
  digest->timestamp_ms = event->timestamp_ms;
  digest->id = event_id_random();
  digest->hash_count = grouping->hash_count;
  for (size_t i = 0; i < grouping->hash_count; i++) digest->hashes[i] = grouping->hashes[i];
  digest->level = event->level;
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
  digest->category = SLICE("error");
}

/* All stages in their order; what they make is in the arena. */
static void run_stages(struct work *work, struct arena *arena, struct digest *digest) {
  const struct event_hints hints = {.received_ms = clock_now_ms(),
                                    .client_address = SLICE("203.0.113.7")};
  struct problem problem = {0};
  struct decoded decoded;
  struct slice payload;
  yyjson_val *root;
  struct event *event;
  struct grouping grouping;
  struct arena parsed = {0};
  arena_reserve(&parsed, work->json.len * 5);
  int64_t time = now_ns(CLOCK_MONOTONIC);
  check(coding_decode(CODING_GZIP, work->compressed, FILE_LIMIT, &decoded, &problem), &problem);
  lap(INFLATE, &time);
  read_items(work, arena, &payload);
  lap(ENVELOPE, &time);
  check(json_read(&parsed, payload, &root, &problem), &problem);
  lap(PARSE, &time);
  check(event_decode(arena, payload, &hints, &event, &problem), &problem);
  lap(DECODE, &time);
  struct slice filter = filter_event(work->config.filters, event, &hints);
  lap(FILTER, &time);
  scrub_event(arena, event, work->config.scrubber, NULL);
  lap(SCRUB, &time);
  grouping_compute(arena, event, work->config.grouping_rules, false, &grouping);
  lap(GROUP, &time);
  event_derive(arena, event);
  lap(DERIVE, &time);
  struct buffer kept = buffer_make(4 * EVENT_JSON_LIMIT);
  buffer_reserve(&kept, payload.len + 1024);
  event_write(event, &kept);
  lap(WRITE, &time);
  digest->payload = store_pack(work->store, arena, work->project_id, buffer_slice(&kept));
  lap(COMPRESS, &time);
  if (is_measuring) sample_count++;
  digest->project_id = work->project_id;
  fill_digest(digest, event, &grouping);
  buffer_free(&kept);
  free(decoded.memory);
  arena_free(&parsed);
  if (filter.len) fprintf(stderr, "stages: the event is filtered (%.*s)\n", SLICE_ARGS(filter));
}

/* --- the commit -------------------------------------------------------------------------- */

static void note_done(struct store_write *write) {
  struct sending *sending = (struct sending *)write;
  if (sending->is_last_done) atomic_store(sending->is_last_done, true);
}

/* Writes one batch, as so many waiting connections make it; nanoseconds of CPU. */
static int64_t write_batch(struct work *work, struct arena *arenas, struct sending *batch) {
  _Atomic bool is_done = false;
  struct problem problem = {0};
  for (size_t i = 0; i < BATCH; i++) {
    batch[i] = (struct sending){.write = {.write.done = note_done, .has_event = true}};
    run_stages(work, &arenas[i], &batch[i].write.digest);
  }
  batch[BATCH - 1].is_last_done = &is_done;
  int64_t started = now_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (size_t i = 0; i < BATCH; i++) {
    problem_set(&problem, STATUS_FAILED, "the store takes no event");
    check(tracker_digest(work->store, &batch[i].write), &problem);
  }
  while (!atomic_load(&is_done)) nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
  int64_t used = now_ns(CLOCK_PROCESS_CPUTIME_ID) - started;
  for (size_t i = 0; i < BATCH; i++) arena_reset(&arenas[i]);
  return used;
}

static enum status add_project(struct transaction *tx, void *context, struct problem *problem) {
  struct work *work = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  const struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  return status ? status : project_create(tx, &draft, &work->project_id, problem);
}

/* All rounds; the commit's median in microseconds an event. */
static double run(struct work *work, size_t rounds) {
  struct arena *arenas = ARENA_ARRAY(&work->arena, BATCH, struct arena);
  struct sending *batch = ARENA_ARRAY(&work->arena, BATCH, struct sending);
  int64_t *commits = ARENA_ARRAY(&work->arena, rounds / BATCH, int64_t);
  size_t count = 0;
  for (size_t i = 0; i < BATCH; i++) arena_reserve(&arenas[i], work->json.len * 6);
  for (size_t i = 0; i < WARM_UP; i += BATCH) write_batch(work, arenas, batch);
  nanosleep(&(struct timespec){.tv_sec = 1}, NULL); /* a dictionary is trained meanwhile */
  write_batch(work, arenas, batch);
  is_measuring = true;
  for (size_t done = 0; done < rounds; done += BATCH)
    commits[count++] = write_batch(work, arenas, batch);
  for (size_t i = 0; i < BATCH; i++) arena_free(&arenas[i]);
  qsort(commits, count, sizeof *commits, compare);
  return (double)commits[count / 2] / 1000 / BATCH;
}

int main(int argc, char **argv) {
  struct work work = {0};
  struct problem problem = {0};
  if (argc < 3) {
    fprintf(stderr, "usage: stages EVENT.json DIRECTORY\n");
    return 2;
  }
  work.json = slice_trim(read_file(&work.arena, argv[1]));
  work.envelope = arena_printf(&work.arena, "{}\n{\"type\":\"event\",\"length\":%zu}\n%.*s\n",
                               work.json.len, SLICE_ARGS(work.json));
  work.compressed = gzip(&work.arena, work.envelope);
  for (size_t i = 0; i < STAGES; i++) samples[i] = ARENA_ARRAY(&work.arena, ROUNDS, int64_t);
  check(store_open(argv[2], &work.store, &problem), &problem);
  check(store_write(work.store, add_project, &work, &problem), &problem);
  config_compile(&work.arena, (struct pairs){0}, &work.config);
  double commit_us = run(&work, ROUNDS);
  double parse_us = median_us(PARSE);
  printf("inflate %.2f\nenvelope %.2f\nparse %.2f\nnormalise %.2f\n", median_us(INFLATE),
         median_us(ENVELOPE), parse_us, median_us(DECODE) - parse_us);
  printf(
      "filter %.2f\nscrub %.2f\ngroup %.2f\nderive %.2f\nwrite %.2f\ncompress %.2f\ncommit %.2f\n",
      median_us(FILTER), median_us(SCRUB), median_us(GROUP), median_us(DERIVE), median_us(WRITE),
      median_us(COMPRESS), commit_us);
  store_close(work.store);
  arena_free(&work.arena);
  return 0;
}
