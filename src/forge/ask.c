/* ask.c - see ask.h.
 *
 * The watcher looks after parked requests. Questions tell it when they are done; of tasks, which
 * the outbox runs, it reads the state every ASK_WATCH_MS while somebody waits for one.
 */
#include "forge/ask.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/outbox.h"

#include "base/banned.h"

/* --- questions ------------------------------------------------------------------------------- */

struct ask_job *ask_job_new(struct slice key, int64_t project_id) {
  struct ask_job *job = memory_alloc(sizeof(*job));
  *job = (struct ask_job){.project_id = project_id};
  job->key = arena_copy(&job->arena, key);
  return job;
}

static void free_job(struct ask_job *job) {
  arena_free(&job->arena);
  free(job);
}

static void drop_job(struct ask_job *job) {
  if (job->drop) job->drop(job);
  free_job(job);
}

static struct ask_job *take_job(struct ask *ask) {
  struct ask_job *job = ask->first;
  ask->first = job->next;
  if (!ask->first) ask->last = &ask->first;
  ask->queued--;
  return job;
}

static void *run_jobs(void *context) {
  struct ask *ask = context;
  pthread_mutex_lock(&ask->mutex);
  while (!ask->is_stopping) {
    if (!ask->first) {
      ask->idle_count++;
      pthread_cond_wait(&ask->has_job, &ask->mutex);
      ask->idle_count--;
      continue;
    }
    struct ask_job *job = take_job(ask);
    pthread_mutex_unlock(&ask->mutex);
    job->run(job);
    pthread_mutex_lock(&ask->mutex);
    map_remove(&ask->under_way, job->key);
    free_job(job);
    pthread_cond_signal(&ask->has_waiter);
  }
  pthread_mutex_unlock(&ask->mutex);
  return NULL;
}

static bool start_thread(pthread_t *thread, void *(*run)(void *), struct ask *ask) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, ASK_STACK_BYTES);
  int failure = pthread_create(thread, &attributes, run, ask);
  pthread_attr_destroy(&attributes);
  if (failure) log_write(LOG_WARNING, "no thread for questions to GitLab", "%s", "");
  return failure == 0;
}

void ask_start(struct ask *ask, struct ask_job *job) {
  pthread_mutex_lock(&ask->mutex);
  bool is_taken =
      !ask->is_stopping && ask->queued < ASK_QUEUE_LIMIT && !map_get(&ask->under_way, job->key);
  if (is_taken && ask->idle_count <= ask->queued && ask->thread_count < ASK_THREADS &&
      start_thread(&ask->threads[ask->thread_count], run_jobs, ask))
    ask->thread_count++;
  is_taken = is_taken && ask->thread_count > 0;
  if (is_taken) {
    map_put(&ask->under_way, job->key, job);
    *ask->last = job;
    ask->last = &job->next;
    ask->queued++;
    pthread_cond_signal(&ask->has_job);
  }
  pthread_mutex_unlock(&ask->mutex);
  if (!is_taken) drop_job(job);
}

static bool is_busy(const struct ask *ask, int64_t project_id) {
  const struct map_entry *entry;
  size_t at = 0;
  while ((entry = map_next(&ask->under_way, &at)))
    if (((const struct ask_job *)entry->value)->project_id == project_id) return true;
  return false;
}

bool ask_is_busy(struct ask *ask, int64_t project_id) {
  pthread_mutex_lock(&ask->mutex);
  bool result = is_busy(ask, project_id);
  pthread_mutex_unlock(&ask->mutex);
  return result;
}

/* --- those who wait -----------------------------------------------------------------------------
 */

/* Whether the task has ended, or its latest attempt failed for sure. Reads the store: not under the
 * mutex. */
static bool has_news(struct store *store, const struct ask_waiter *waiter) {
  struct arena arena = {0};
  struct outbox_task task;
  struct transaction *tx = store_begin_read(store);
  bool is_there = outbox_get(tx, &arena, waiter->task_id, &task);
  bool has_failed = is_there && task.error.len && task.attempt == ATTEMPT_NONE;
  bool is_over = !is_there || task.state != OUTBOX_WAITING;
  store_end_read(tx);
  arena_free(&arena);
  return is_over || has_failed;
}

/* Takes out of the list whom `is_due` lets go. */
static struct ask_waiter *take_due(struct ask *ask, int64_t now_us) {
  struct ask_waiter *due = NULL, **at = &ask->waiters;
  while (*at) {
    struct ask_waiter *waiter = *at;
    bool is_due = ask->is_stopping || now_us >= waiter->until_us ||
                  (waiter->project_id && !is_busy(ask, waiter->project_id));
    if (!is_due) {
      at = &waiter->next;
      continue;
    }
    *at = waiter->next;
    waiter->next = due;
    due = waiter;
  }
  return due;
}

static void let_run(struct ask_waiter *list) {
  while (list) {
    struct ask_waiter *next = list->next;
    http_run_again(list->request);
    free(list);
    list = next;
  }
}

/* Waiters for tasks, taken out of the list while their tasks are read. */
static struct ask_waiter *take_task_waiters(struct ask *ask) {
  struct ask_waiter *taken = NULL, **at = &ask->waiters;
  while (*at) {
    struct ask_waiter *waiter = *at;
    if (waiter->project_id) {
      at = &waiter->next;
      continue;
    }
    *at = waiter->next;
    waiter->next = taken;
    taken = waiter;
  }
  return taken;
}

static void look_at_tasks(struct ask *ask) {
  struct ask_waiter *taken = take_task_waiters(ask), *due = NULL, *rest = NULL;
  pthread_mutex_unlock(&ask->mutex);
  while (taken) {
    struct ask_waiter *waiter = taken, **list = has_news(ask->store, taken) ? &due : &rest;
    taken = taken->next;
    waiter->next = *list;
    *list = waiter;
  }
  let_run(due);
  pthread_mutex_lock(&ask->mutex);
  while (rest) {
    struct ask_waiter *waiter = rest;
    rest = rest->next;
    waiter->next = ask->waiters;
    ask->waiters = waiter;
  }
}

static void *watch(void *context) {
  struct ask *ask = context;
  pthread_mutex_lock(&ask->mutex);
  while (!ask->is_stopping || ask->waiters) {
    struct ask_waiter *due = take_due(ask, clock_monotonic_us());
    if (due) {
      pthread_mutex_unlock(&ask->mutex);
      let_run(due);
      pthread_mutex_lock(&ask->mutex);
      continue;
    }
    if (!ask->waiters) {
      pthread_cond_wait(&ask->has_waiter, &ask->mutex);
      continue;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ASK_WATCH_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&ask->has_waiter, &ask->mutex, &until);
    look_at_tasks(ask);
  }
  pthread_mutex_unlock(&ask->mutex);
  return NULL;
}

static void add_waiter(struct ask *ask, const struct ask_waiter *draft) {
  struct ask_waiter *waiter = memory_alloc(sizeof(*waiter));
  *waiter = *draft;
  http_park(draft->request);
  pthread_mutex_lock(&ask->mutex);
  if (!ask->is_stopping && !ask->has_watcher)
    ask->has_watcher = start_thread(&ask->watcher, watch, ask);
  bool is_watched = !ask->is_stopping && ask->has_watcher;
  if (is_watched) {
    waiter->next = ask->waiters;
    ask->waiters = waiter;
    pthread_cond_signal(&ask->has_waiter);
  }
  pthread_mutex_unlock(&ask->mutex);
  if (is_watched) return;
  free(waiter);
  http_run_again(draft->request);
}

void ask_wait(struct ask *ask, struct http_request *request, int64_t project_id, int64_t until_us) {
  add_waiter(ask, &(struct ask_waiter){
                      .request = request, .project_id = project_id, .until_us = until_us});
}

void ask_wait_for_task(struct ask *ask, struct http_request *request, int64_t task_id,
                       int64_t until_us) {
  add_waiter(ask,
             &(struct ask_waiter){.request = request, .task_id = task_id, .until_us = until_us});
}

/* --- life
 * ------------------------------------------------------------------------------------------ */

void ask_init(struct ask *ask, struct store *store) {
  pthread_condattr_t attributes;
  *ask = (struct ask){.store = store};
  ask->last = &ask->first;
  pthread_mutex_init(&ask->mutex, NULL);
  pthread_cond_init(&ask->has_job, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&ask->has_waiter, &attributes);
  pthread_condattr_destroy(&attributes);
}

void ask_stop_waiting(struct ask *ask) {
  pthread_mutex_lock(&ask->mutex);
  ask->is_stopping = true;
  pthread_cond_broadcast(&ask->has_job);
  pthread_cond_broadcast(&ask->has_waiter);
  while (ask->first) {
    struct ask_job *job = take_job(ask);
    map_remove(&ask->under_way, job->key);
    drop_job(job);
  }
  pthread_mutex_unlock(&ask->mutex);
}

void ask_destroy(struct ask *ask) {
  ask_stop_waiting(ask);
  for (size_t i = 0; i < ask->thread_count; i++) pthread_join(ask->threads[i], NULL);
  if (ask->has_watcher) pthread_join(ask->watcher, NULL);
  map_free(&ask->under_way);
  pthread_cond_destroy(&ask->has_job);
  pthread_cond_destroy(&ask->has_waiter);
  pthread_mutex_destroy(&ask->mutex);
}
