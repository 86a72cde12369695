/* ask.h - questions to GitLab that pages need answered, asked in the background; and requests that
 * wait for them.
 *
 *   page ─► is it known? ── no ──► ask_start() ─► threads ─► cache
 *     └──── ask_wait(): parked until nothing is asked for the project any more, or no more time
 *
 * A question that is under way is not asked twice. Threads start when they are needed first, so
 * that a server without GitLab has none. Requests may wait for a task of the outbox as well.
 */
#ifndef CULPRIT_FORGE_ASK_H
#define CULPRIT_FORGE_ASK_H

#include <pthread.h>

#include "base/arena.h"
#include "base/map.h"
#include "forge/limits.h"
#include "http/http.h"
#include "store/store.h"

/* One question. Made by ask_job_new(), freed by whoever runs it. */
struct ask_job {
  void (*run)(struct ask_job *job);
  void (*drop)(struct ask_job *job); /* in place of `run`, when it cannot run; null: nothing */
  void *context;
  int64_t project_id;
  struct slice key; /* what it asks, as the cache has it */
  struct arena arena;
  struct ask_job *next;
};

/* A parked request, and what it waits for. */
struct ask_waiter {
  struct http_request *request;
  int64_t project_id; /* its questions; 0: a task */
  int64_t task_id;
  int64_t until_us;
  struct ask_waiter *next;
};

struct ask {
  struct store *store;
  pthread_mutex_t mutex; /* guards what is below */
  pthread_cond_t has_job, has_waiter;
  pthread_t threads[ASK_THREADS], watcher;
  size_t thread_count, idle_count, queued;
  struct ask_job *first, **last;
  struct map under_way; /* jobs by key, queued and running */
  struct ask_waiter *waiters;
  bool has_watcher, is_stopping;
};

void ask_init(struct ask *ask, struct store *store);
/* Lets all who wait run, and lets nobody wait any more. */
void ask_stop_waiting(struct ask *ask);
/* Drops what is queued, and joins the threads. */
void ask_destroy(struct ask *ask);

struct ask_job *ask_job_new(struct slice key, int64_t project_id);
/* Takes the job. Nothing is done when the same is under way, or too much is queued. */
void ask_start(struct ask *ask, struct ask_job *job);
/* Whether something is asked for the project. */
bool ask_is_busy(struct ask *ask, int64_t project_id);

/* Both park the request, which then runs again. */
void ask_wait(struct ask *ask, struct http_request *request, int64_t project_id, int64_t until_us);
void ask_wait_for_task(struct ask *ask, struct http_request *request, int64_t task_id,
                       int64_t until_us);

#endif
