/* lane.c - the heavy lane: one thread that decodes what is large, so that a bomb costs its own
 * sender time, and nobody else. The queue is bounded; its mutex guards all of the state. */
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "ingest/limits.h"
#include "ingest/upload.h"

#include "base/banned.h"

struct lane {
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  pthread_t thread;
  struct upload *first, *last;
  size_t length;
  bool is_closing;
};

static struct upload *take_first(struct lane *lane) {
  pthread_mutex_lock(&lane->mutex);
  while (!lane->first && !lane->is_closing) pthread_cond_wait(&lane->wake, &lane->mutex);
  struct upload *upload = lane->first;
  if (upload) {
    lane->first = upload->next;
    if (!lane->first) lane->last = NULL;
    lane->length--;
  }
  pthread_mutex_unlock(&lane->mutex);
  return upload;
}

static void *run(void *context) {
  struct lane *lane = context;
  struct upload *upload;
  while ((upload = take_first(lane))) {
    enum status status = upload_take(upload);
    (void)status; /* too large for a network thread only */
  }
  return NULL;
}

struct lane *lane_open(void) {
  struct lane *lane = memory_alloc(sizeof *lane);
  *lane = (struct lane){0};
  pthread_mutex_init(&lane->mutex, NULL);
  pthread_cond_init(&lane->wake, NULL);
  if (pthread_create(&lane->thread, NULL, run, lane) != 0) {
    log_write(LOG_ERROR, "cannot start a thread", "%s", "thread=ingest");
    abort();
  }
  return lane;
}

void lane_close(struct lane *lane) {
  pthread_mutex_lock(&lane->mutex);
  lane->is_closing = true;
  pthread_cond_signal(&lane->wake);
  pthread_mutex_unlock(&lane->mutex);
  pthread_join(lane->thread, NULL);
  pthread_cond_destroy(&lane->wake);
  pthread_mutex_destroy(&lane->mutex);
  free(lane);
}

enum status lane_add(struct lane *lane, struct upload *upload, struct problem *problem) {
  pthread_mutex_lock(&lane->mutex);
  bool is_refused = lane->is_closing || lane->length == INGEST_LANE_LIMIT;
  if (!is_refused) {
    upload->next = NULL;
    upload->is_on_lane = upload->is_parked = true;
    http_park(upload->request);
    if (lane->last)
      lane->last->next = upload;
    else
      lane->first = upload;
    lane->last = upload;
    lane->length++;
    pthread_cond_signal(&lane->wake);
  }
  pthread_mutex_unlock(&lane->mutex);
  if (!is_refused) return STATUS_OK;
  return problem_set(problem, STATUS_UNAVAILABLE,
                     "Too many large requests are waiting. Try again in a few seconds.");
}
