/* jobs.c - see jobs.h. */
#include "base/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

#include "base/banned.h"

/* Less than the default, so that memory stays small; the deepest is libcrypto with some 100 KB. */
enum { STACK_BYTES = 512 * 1024 };

struct jobs {
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  size_t limit, running;
  bool is_closing;
};

struct job {
  struct jobs *jobs;
  void (*run)(void *context);
  void *context;
};

struct jobs *jobs_open(size_t limit) {
  struct jobs *jobs = memory_alloc(sizeof *jobs);
  *jobs = (struct jobs){.limit = limit};
  pthread_mutex_init(&jobs->mutex, NULL);
  pthread_cond_init(&jobs->ended, NULL);
  return jobs;
}

static bool take_place(struct jobs *jobs) {
  pthread_mutex_lock(&jobs->mutex);
  bool has_place = !jobs->is_closing && jobs->running < jobs->limit;
  if (has_place) jobs->running++;
  pthread_mutex_unlock(&jobs->mutex);
  return has_place;
}

/* Under the lock to the end: jobs_close() frees it as soon as the last one is gone. */
static void leave_place(struct jobs *jobs) {
  pthread_mutex_lock(&jobs->mutex);
  jobs->running--;
  pthread_cond_broadcast(&jobs->ended);
  pthread_mutex_unlock(&jobs->mutex);
}

static void *job_main(void *context) {
  struct job job = *(struct job *)context;
  free(context);
  job.run(job.context);
  leave_place(job.jobs);
  return NULL;
}

bool jobs_start(struct jobs *jobs, void (*run)(void *context), void *context) {
  pthread_attr_t attributes;
  pthread_t thread;
  if (!take_place(jobs)) return false;
  struct job *job = memory_alloc(sizeof *job);
  *job = (struct job){jobs, run, context};
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  bool is_started = pthread_create(&thread, &attributes, job_main, job) == 0;
  pthread_attr_destroy(&attributes);
  if (!is_started) {
    free(job);
    leave_place(jobs);
  }
  return is_started;
}

void jobs_close(struct jobs *jobs) {
  pthread_mutex_lock(&jobs->mutex);
  jobs->is_closing = true;
  while (jobs->running) pthread_cond_wait(&jobs->ended, &jobs->mutex);
  pthread_mutex_unlock(&jobs->mutex);
  pthread_cond_destroy(&jobs->ended);
  pthread_mutex_destroy(&jobs->mutex);
  free(jobs);
}
