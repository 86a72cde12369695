/* outbox.c - the threads of the outbox: one that hands out, some that wait for other servers.
 *
 * What is due is asked of the store, never kept in memory, so that there is one truth: on disk.
 * `changes` counts what may have made something due (a task was added, an attempt ended); the
 * dispatcher looks again when it moved since it looked.
 */
#include "outbox/outbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "outbox/attempt.h"
#include "outbox/limits.h"

#include "base/banned.h"

enum {
  TABLES_LIMIT = 8,
  /* Clocks jump; and what is due is looked for again so often whatever is known. */
  LONGEST_SLEEP_MS = 30 * 1000,
  STORE_TROUBLE_MS = 1000,
};

struct outbox {
  struct store *store;
  struct http_client *client;
  const struct outbox_kind *tables[TABLES_LIMIT + 1];
  pthread_t dispatcher, workers[OUTBOX_THREADS];

  pthread_mutex_t mutex;
  pthread_cond_t changed; /* `changes` moved, or it is stopping */
  pthread_cond_t work;    /* there is an attempt to run, or it is stopping */
  uint64_t changes;
  struct attempt *attempts; /* begun on disk, not taken by a worker yet */
  size_t running, retrying; /* begun and not ended; those of them that are retries */
  bool is_stopping, is_dispatcher_over;

  int64_t purged_ms; /* the dispatcher's */
};

static void note_change(struct outbox *outbox) {
  pthread_mutex_lock(&outbox->mutex);
  outbox->changes++;
  pthread_cond_broadcast(&outbox->changed);
  pthread_mutex_unlock(&outbox->mutex);
}

static void outbox_changed(void *context) { note_change(context); }

static bool is_stopping(struct outbox *outbox) {
  pthread_mutex_lock(&outbox->mutex);
  bool stopping = outbox->is_stopping;
  pthread_mutex_unlock(&outbox->mutex);
  return stopping;
}

static struct timespec after_ms(int64_t wait_ms) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t ns = until.tv_nsec + wait_ms % 1000 * 1000000;
  until.tv_sec += wait_ms / 1000 + ns / 1000000000;
  until.tv_nsec = ns % 1000000000;
  return until;
}

/* Waits until something changed since `seen`, it is stopping, or the time is over. */
static void wait_for_change(struct outbox *outbox, uint64_t seen, int64_t limit_ms) {
  struct timespec until = after_ms(limit_ms);
  pthread_mutex_lock(&outbox->mutex);
  while (!outbox->is_stopping && outbox->changes == seen)
    if (pthread_cond_timedwait(&outbox->changed, &outbox->mutex, &until)) break;
  pthread_mutex_unlock(&outbox->mutex);
}

/* The store takes no writes: a full disk, a full queue. Returns false when it is stopping. */
static bool wait_for_store(struct outbox *outbox) {
  struct timespec until = after_ms(STORE_TROUBLE_MS);
  pthread_mutex_lock(&outbox->mutex);
  while (!outbox->is_stopping)
    if (pthread_cond_timedwait(&outbox->changed, &outbox->mutex, &until)) break;
  bool stopping = outbox->is_stopping;
  pthread_mutex_unlock(&outbox->mutex);
  return !stopping;
}

/* --- a worker -------------------------------------------------------------------------- */

/* The next attempt to run; null when there will be none any more. */
static struct attempt *take(struct outbox *outbox) {
  pthread_mutex_lock(&outbox->mutex);
  while (!outbox->attempts && !outbox->is_dispatcher_over)
    pthread_cond_wait(&outbox->work, &outbox->mutex);
  struct attempt *attempt = outbox->attempts;
  if (attempt) outbox->attempts = attempt->next;
  pthread_mutex_unlock(&outbox->mutex);
  return attempt;
}

static void run(struct outbox *outbox, struct attempt *attempt) {
  struct outbox_job *job = &attempt->job;
  job->client = outbox->client;
  job->result = OUTBOX_TRY_AGAIN;
  if (is_stopping(outbox)) return;
  if (attempt->kind) {
    job->context = attempt->kind->context;
    attempt->kind->run(job);
    return;
  }
  job->result = OUTBOX_REFUSED;
  problem_set(&job->problem, STATUS_FAILED,
              "This version of Culprit does not know how to do that.");
}

/* Until it is on disk, or the server stops: then the task counts as cut off at the next start. */
static void end(struct outbox *outbox, struct attempt *attempt) {
  struct problem problem;
  while (attempt_end(attempt, is_stopping(outbox), &problem))
    if (!wait_for_store(outbox)) break;
}

static void *work(void *context) {
  struct outbox *outbox = context;
  struct attempt *attempt;
  while ((attempt = take(outbox))) {
    run(outbox, attempt);
    end(outbox, attempt);
    pthread_mutex_lock(&outbox->mutex);
    outbox->running--;
    outbox->retrying -= attempt->is_retry;
    pthread_mutex_unlock(&outbox->mutex);
    attempt_free(attempt);
    note_change(outbox);
  }
  return NULL;
}

/* --- the dispatcher ---------------------------------------------------------------------- */

static void hand_out(struct outbox *outbox, struct attempt_plan *plan) {
  struct attempt *attempt = plan->first;
  pthread_mutex_lock(&outbox->mutex);
  outbox->running += plan->count;
  while (attempt) {
    struct attempt *next = attempt->next;
    outbox->retrying += attempt->is_retry;
    attempt->next = outbox->attempts;
    outbox->attempts = attempt;
    attempt = next;
  }
  pthread_cond_broadcast(&outbox->work);
  pthread_mutex_unlock(&outbox->mutex);
}

/* Begins what is due and there is room for. Returns how long there is nothing to do but what
 * changes bring. */
static int64_t dispatch(struct outbox *outbox, struct attempt_plan *plan) {
  struct problem problem;
  int64_t next_ms = attempt_look(outbox->store, plan), now_ms = clock_now_ms();
  if (!next_ms) return LONGEST_SLEEP_MS;
  if (next_ms > now_ms)
    return next_ms - now_ms < LONGEST_SLEEP_MS ? next_ms - now_ms : LONGEST_SLEEP_MS;
  if (attempt_begin(outbox->store, plan, &problem)) return STORE_TROUBLE_MS;
  hand_out(outbox, plan);
  return plan->count ? 0 : STORE_TROUBLE_MS; /* there may be more of it */
}

static enum status run_cut_off(struct transaction *tx, void *context, struct problem *problem) {
  (void)context;
  (void)problem;
  outbox_cut_off(tx);
  return STATUS_OK;
}

static enum status run_purge(struct transaction *tx, void *context, struct problem *problem) {
  (void)context;
  (void)problem;
  outbox_purge(tx, clock_now_ms() - OUTBOX_KEPT_MS);
  return STATUS_OK;
}

static void purge(struct outbox *outbox) {
  struct problem problem;
  int64_t now_ms = clock_now_ms(), since_ms = now_ms - outbox->purged_ms;
  if (since_ms >= 0 && since_ms < HOUR_MS) return;
  if (!store_write(outbox->store, run_purge, NULL, &problem)) outbox->purged_ms = now_ms;
}

/* What there is room for now; false when it is stopping. */
static bool plan(struct outbox *outbox, struct attempt_plan *plan, uint64_t *seen) {
  *plan = (struct attempt_plan){.tables = outbox->tables};
  pthread_mutex_lock(&outbox->mutex);
  bool stopping = outbox->is_stopping;
  *seen = outbox->changes;
  plan->limit = OUTBOX_THREADS - outbox->running;
  plan->retry_limit = OUTBOX_THREADS_FOR_RETRIES - outbox->retrying;
  pthread_mutex_unlock(&outbox->mutex);
  return !stopping;
}

static void *dispatcher_main(void *context) {
  struct outbox *outbox = context;
  struct attempt_plan room;
  struct problem problem;
  uint64_t seen;
  while (store_write(outbox->store, run_cut_off, NULL, &problem))
    if (!wait_for_store(outbox)) break;
  while (plan(outbox, &room, &seen)) {
    purge(outbox);
    wait_for_change(outbox, seen, dispatch(outbox, &room));
  }
  pthread_mutex_lock(&outbox->mutex);
  outbox->is_dispatcher_over = true;
  pthread_cond_broadcast(&outbox->work);
  pthread_mutex_unlock(&outbox->mutex);
  return NULL;
}

/* --- opening and closing ------------------------------------------------------------------- */

static void prepare(struct outbox *outbox) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&outbox->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_cond_init(&outbox->work, NULL);
  pthread_mutex_init(&outbox->mutex, NULL);
}

static void start_threads(struct outbox *outbox) {
  pthread_attr_t small;
  int failure = 0;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, OUTBOX_STACK_BYTES);
  for (size_t i = 0; i < OUTBOX_THREADS; i++)
    failure |= pthread_create(&outbox->workers[i], &small, work, outbox);
  failure |= pthread_create(&outbox->dispatcher, &small, dispatcher_main, outbox);
  pthread_attr_destroy(&small);
  if (!failure) return;
  log_write(LOG_ERROR, "no more threads can be started", "threads=%d", OUTBOX_THREADS + 1);
  abort();
}

struct outbox *outbox_open(struct store *store, struct http_client *client,
                           const struct outbox_kind *const *tables) {
  struct outbox *outbox = memory_alloc(sizeof *outbox);
  *outbox = (struct outbox){.store = store, .client = client};
  for (size_t i = 0; tables[i]; i++) {
    assert(i < TABLES_LIMIT);
    outbox->tables[i] = tables[i];
  }
  prepare(outbox);
  store_on_outbox_change(store, outbox_changed, outbox);
  start_threads(outbox);
  return outbox;
}

void outbox_stop(struct outbox *outbox) {
  pthread_mutex_lock(&outbox->mutex);
  outbox->is_stopping = true;
  pthread_cond_broadcast(&outbox->changed);
  pthread_mutex_unlock(&outbox->mutex);
}

void outbox_close(struct outbox *outbox) {
  outbox_stop(outbox);
  pthread_join(outbox->dispatcher, NULL);
  for (size_t i = 0; i < OUTBOX_THREADS; i++) pthread_join(outbox->workers[i], NULL);
  store_on_outbox_change(outbox->store, NULL, NULL);
  pthread_cond_destroy(&outbox->work);
  pthread_cond_destroy(&outbox->changed);
  pthread_mutex_destroy(&outbox->mutex);
  free(outbox);
}
