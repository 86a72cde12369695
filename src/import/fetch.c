/* fetch.c - asking the Sentry, patiently and no faster than it allows.
 *
 * When it asks for a pause, all workers keep it.
 */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "http/client_problem.h"
#include "import/limits.h"
#include "import/parts.h"
#include "source/sentry_link.h"

#include "base/banned.h"

static const char peer[] = "Sentry";

static void note_done(struct http_call *call) {
  struct import_fetch *fetch = (struct import_fetch *)call;
  struct importer *importer = fetch->importer;
  pthread_mutex_lock(&importer->mutex);
  fetch->is_done = true;
  pthread_cond_broadcast(&importer->changed);
  pthread_mutex_unlock(&importer->mutex);
}

/* --- waiting ------------------------------------------------------------------------------ */

/* With the mutex; wakes up now and then to see whether the server stops. */
static void wait_a_moment(struct importer *importer) {
  enum { MOMENT_NS = 200 * 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += MOMENT_NS;
  if (until.tv_nsec >= SECOND_NS) {
    until.tv_nsec -= SECOND_NS;
    until.tv_sec++;
  }
  pthread_cond_timedwait(&importer->changed, &importer->mutex, &until);
}

/* Until the time has come and the Sentry allows requests. */
static void pause_until(struct importer *importer, int64_t time_ms) {
  while (!import_is_over(importer)) {
    pthread_mutex_lock(&importer->mutex);
    int64_t now_ms = clock_now_ms();
    bool is_time = now_ms >= time_ms && now_ms >= importer->not_before_ms;
    if (!is_time) wait_a_moment(importer);
    pthread_mutex_unlock(&importer->mutex);
    if (is_time) return;
  }
}

static void wait_for_answer(struct import_fetch *fetch) {
  struct importer *importer = fetch->importer;
  pthread_mutex_lock(&importer->mutex);
  while (!fetch->is_done) pthread_cond_wait(&importer->changed, &importer->mutex);
  pthread_mutex_unlock(&importer->mutex);
}

/* --- one call ------------------------------------------------------------------------------- */

static void start(struct import_fetch *fetch) {
  fetch->is_done = false;
  fetch->is_started = true;
  http_client_start(fetch->importer->request->client, &fetch->call);
}

void import_fetch_start(struct importer *importer, struct import_fetch *fetch, struct slice path) {
  fetch->importer = importer;
  fetch->headers[0] = (struct http_header){SLICE("Authorization"), importer->authorization};
  fetch->headers[1] = (struct http_header){SLICE("Accept"), SLICE("application/json")};
  fetch->call = (struct http_call){
      .method = "GET",
      .url = arena_concat(&fetch->arena, importer->request->url, path),
      .headers = fetch->headers,
      .header_count = sizeof fetch->headers / sizeof fetch->headers[0],
      .timeout_ms = IMPORT_TIMEOUT_MS,
      .done = note_done,
  };
  pause_until(importer, 0);
  start(fetch);
}

void import_fetch_end(struct import_fetch *fetch) {
  if (!fetch->is_started) return;
  wait_for_answer(fetch);
  http_call_free(&fetch->call);
  arena_free(&fetch->arena);
  *fetch = (struct import_fetch){0};
}

/* Takes what the answer says of pauses. Returns when the Sentry gave a good answer last. */
static int64_t note_answer(struct import_fetch *fetch, bool is_good) {
  struct importer *importer = fetch->importer;
  int64_t now_ms = clock_now_ms(), not_before_ms;
  pthread_mutex_lock(&importer->mutex);
  if (http_call_not_before(&fetch->call, now_ms, &not_before_ms) &&
      not_before_ms > importer->not_before_ms)
    importer->not_before_ms = not_before_ms;
  if (is_good) importer->answered_ms = now_ms;
  int64_t answered_ms = importer->answered_ms;
  pthread_mutex_unlock(&importer->mutex);
  return answered_ms;
}

static enum status stopped(struct problem *problem) {
  return problem_set(problem, STATUS_UNAVAILABLE,
                     "The server is stopping. Run the import again to go on with it.");
}

struct attempts {
  int count;
  int64_t first_failure_ms;
};

/* Whether to ask once more. Else the status says whether the import is over with it. */
static bool may_try_again(const struct attempts *attempts, int64_t answered_ms,
                          enum status *status) {
  if (*status == STATUS_BUSY) return true; /* as often as it says when to */
  if (*status != STATUS_UNAVAILABLE) return false;
  if (answered_ms == 0) return false; /* it never worked: the URL is wrong rather */
  if (answered_ms <= attempts->first_failure_ms)
    return clock_now_ms() - attempts->first_failure_ms < IMPORT_PATIENCE_MS;
  if (attempts->count < IMPORT_TRIES) return true;
  *status = STATUS_FAILED; /* others are answered: it is about this question */
  return false;
}

static int64_t pause_after(int count) {
  int64_t pause_ms = IMPORT_PAUSE_MS;
  while (--count > 0 && pause_ms < IMPORT_PAUSE_LIMIT_MS) pause_ms *= 2;
  return pause_ms < IMPORT_PAUSE_LIMIT_MS ? pause_ms : IMPORT_PAUSE_LIMIT_MS;
}

static bool ends_import(enum status status) {
  return status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN || status == STATUS_BUSY ||
         status == STATUS_UNAVAILABLE;
}

enum status import_fetch_wait(struct import_fetch *fetch, struct problem *problem) {
  struct importer *importer = fetch->importer;
  struct attempts attempts = {0};
  enum status status;
  for (;;) {
    wait_for_answer(fetch);
    status = http_call_problem(&fetch->call, peer, clock_now_ms(), problem);
    int64_t answered_ms = note_answer(fetch, !status);
    if (!status) return STATUS_OK;
    if (attempts.count++ == 0) attempts.first_failure_ms = clock_now_ms();
    bool is_stopped = fetch->call.failure == HTTP_FAILURE_STOPPED || import_is_over(importer);
    if (is_stopped) status = stopped(problem);
    if (is_stopped || !may_try_again(&attempts, answered_ms, &status)) break;
    http_call_free(&fetch->call);
    pause_until(importer, clock_now_ms() + pause_after(attempts.count));
    start(fetch);
  }
  problem->status = status;
  if (ends_import(status)) import_fail(importer, problem);
  return status;
}

/* One of them is remembered, later and later ones: a circle comes by there in time. */
enum status import_cursors_next(struct import_cursors *cursors, const struct http_call *call,
                                struct problem *problem) {
  struct sentry_link link = sentry_link_read(http_call_header(call, "Link"));
  bool is_known = link.next.len && (slice_equal(link.next, cursors->current) ||
                                    slice_equal(link.next, cursors->remembered));
  cursors->current = arena_copy(&cursors->arena, link.next);
  if (is_known)
    return problem_set(problem, STATUS_BAD_INPUT, "Sentry's list goes round in a circle.");
  if (cursors->steps++ >= cursors->remember_at) {
    cursors->remembered = cursors->current;
    cursors->remember_at = cursors->steps * 2;
  }
  return STATUS_OK;
}

enum status import_fetch(struct importer *importer, struct import_fetch *fetch, struct slice path,
                         struct problem *problem) {
  import_fetch_start(importer, fetch, path);
  return import_fetch_wait(fetch, problem);
}
