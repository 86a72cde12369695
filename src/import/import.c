/* import.c - the threads of an import: one reads the list of issues, some bring issues, and the
 * caller waits and tells how far it is.
 */
#include "import/import.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/client_problem.h"
#include "import/limits.h"
#include "import/parts.h"
#include "store/option.h"

#include "base/banned.h"

static atomic_bool is_stopping;

/* Projects that are being imported into: at most so many workers of the server, and one more. */
enum { RUNNING_LIMIT = 16 };
static struct {
  pthread_mutex_t mutex;
  int64_t project_ids[RUNNING_LIMIT];
} running = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void import_stop(void) { atomic_store(&is_stopping, true); }

/* Puts `to` where `from` is; false when there is none, or `to` is there already. */
static bool exchange_running(int64_t from, int64_t to) {
  int64_t *place = NULL;
  bool is_there = false;
  pthread_mutex_lock(&running.mutex);
  for (size_t i = 0; i < RUNNING_LIMIT; i++) {
    if (to && running.project_ids[i] == to) is_there = true;
    if (!place && running.project_ids[i] == from) place = &running.project_ids[i];
  }
  if (place && !is_there) *place = to;
  pthread_mutex_unlock(&running.mutex);
  return place && !is_there;
}

/* --- how it stands ---------------------------------------------------------------------------- */

bool import_is_over(struct importer *importer) {
  if (atomic_load_explicit(&is_stopping, memory_order_relaxed)) return true;
  pthread_mutex_lock(&importer->mutex);
  bool has_failed = importer->has_failed;
  pthread_mutex_unlock(&importer->mutex);
  return has_failed;
}

void import_fail(struct importer *importer, const struct problem *problem) {
  pthread_mutex_lock(&importer->mutex);
  if (!importer->has_failed) importer->failure = *problem;
  importer->has_failed = true;
  pthread_cond_broadcast(&importer->changed);
  pthread_mutex_unlock(&importer->mutex);
}

void import_note_problem(struct importer *importer, const struct import_job *job,
                         const struct problem *problem) {
  struct import_report *report = importer->report;
  pthread_mutex_lock(&importer->mutex);
  report->problem_total++;
  if (report->problem_count < IMPORT_PROBLEMS_SHOWN)
    report->problems[report->problem_count++] = arena_printf(
        importer->report_arena, "%.*s: %s", SLICE_ARGS(job->short_id), problem->message);
  pthread_mutex_unlock(&importer->mutex);
}

enum status import_write(struct importer *importer, store_write_fn *run, void *context,
                         struct problem *problem) {
  enum status status = STATUS_OK;
  for (int i = 0; i < IMPORT_STORE_TRIES; i++) {
    status = store_write(importer->request->store, run, context, problem);
    if (status != STATUS_UNAVAILABLE || import_is_over(importer)) break;
    usleep(IMPORT_STORE_PAUSE_MS * 1000);
  }
  if (status) import_fail(importer, problem);
  return status;
}

/* --- the list of issues ------------------------------------------------------------------------
 */

void import_job_free(struct import_job *job) {
  arena_free(&job->arena);
  free(job);
}

/* Kinds that are made of other things than errors. */
static bool is_of_errors(struct slice type) {
  static const char *const types[] = {"",     "error",    "default",      "csp",
                                      "hpkp", "expectct", "expectstaple", "nel"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (slice_equal_string(type, types[i])) return true;
  return false;
}

static struct import_job *make_job(const struct sentry_issue *issue) {
  struct import_job *job = memory_alloc(sizeof *job);
  *job = (struct import_job){.issue_id = issue->group.id,
                             .last_seen_ms = issue->group.last_seen_ms,
                             .count = issue->group.event_count,
                             .comment_count = issue->comment_count};
  job->status = arena_copy(&job->arena, issue->status);
  job->short_id = issue->short_id.len
                      ? arena_copy(&job->arena, issue->short_id)
                      : arena_printf(&job->arena, "%lld", (long long)issue->group.id);
  return job;
}

/* Waits for room. */
static void add_job(struct importer *importer, struct import_job *job) {
  pthread_mutex_lock(&importer->mutex);
  while (importer->waiting >= IMPORT_WAITING_LIMIT && !importer->has_failed &&
         !atomic_load_explicit(&is_stopping, memory_order_relaxed))
    pthread_cond_wait(&importer->changed, &importer->mutex);
  if (importer->last)
    importer->last->next = job;
  else
    importer->first = job;
  importer->last = job;
  importer->waiting++;
  pthread_cond_broadcast(&importer->changed);
  pthread_mutex_unlock(&importer->mutex);
}

static void take_issue(struct importer *importer, const struct sentry_issue *issue) {
  if (!is_of_errors(issue->type)) {
    IMPORT_COUNT(importer, other_kinds, 1);
  } else if (!issue->group.last_seen_ms ||
             issue->group.last_seen_ms >= importer->request->since_ms) {
    add_job(importer, make_job(issue));
  }
}

static void note_total(struct importer *importer, const struct http_call *call) {
  int64_t total;
  if (!slice_to_i64(http_call_header(call, "X-Hits"), &total)) return;
  pthread_mutex_lock(&importer->mutex);
  importer->issue_total = total;
  pthread_mutex_unlock(&importer->mutex);
}

static enum status list_page(struct importer *importer, struct import_fetch *fetch,
                             struct slice cursor, struct problem *problem) {
  const struct import_request *request = importer->request;
  struct arena *arena = &fetch->arena;
  struct sentry_issues issues;
  /* Of every status; the order in which they were seen first does not change meanwhile. */
  struct slice path = arena_printf(
      arena, "/api/0/projects/%.*s/%.*s/issues/?query=&sort=new&limit=%d%s%.*s",
      SLICE_ARGS(request->organization), SLICE_ARGS(request->remote_project), IMPORT_PAGE_SIZE,
      cursor.len ? "&cursor=" : "", SLICE_ARGS(url_encode(arena, cursor)));
  enum status status = import_fetch(importer, fetch, path, problem);
  if (!status && !slice_starts_with(slice_trim(fetch->call.answer), SLICE("[")))
    status = http_call_not_json(&fetch->call, "Sentry", problem);
  if (!status) status = sentry_issues_read(arena, fetch->call.answer, &issues, problem);
  if (status) return status;
  note_total(importer, &fetch->call);
  for (size_t i = 0; i < issues.count && !import_is_over(importer); i++)
    take_issue(importer, &issues.issues[i]);
  return STATUS_OK;
}

static enum status list_all(struct importer *importer, struct problem *problem) {
  struct import_cursors cursors = {0};
  enum status status = STATUS_OK;
  do {
    struct import_fetch fetch = {0};
    status = list_page(importer, &fetch, cursors.current, problem);
    if (!status) status = import_cursors_next(&cursors, &fetch.call, problem);
    import_fetch_end(&fetch);
  } while (cursors.current.len && !status && !import_is_over(importer));
  arena_free(&cursors.arena);
  return status;
}

/* Without the list there is no import: any failure ends it. */
static void *run_list(void *context) {
  struct importer *importer = context;
  struct problem problem = {0};
  if (list_all(importer, &problem)) import_fail(importer, &problem);
  pthread_mutex_lock(&importer->mutex);
  importer->is_listed = true;
  importer->running--;
  pthread_cond_broadcast(&importer->changed);
  pthread_mutex_unlock(&importer->mutex);
  return NULL;
}

/* --- workers ------------------------------------------------------------------------------------
 */

/* Null when there is nothing more to do. */
static struct import_job *next_job(struct importer *importer) {
  struct import_job *job = NULL;
  bool is_over = import_is_over(importer);
  pthread_mutex_lock(&importer->mutex);
  while (!is_over && !importer->first && !importer->is_listed && !importer->has_failed)
    pthread_cond_wait(&importer->changed, &importer->mutex);
  if (!is_over && !importer->has_failed && importer->first) {
    job = importer->first;
    importer->first = job->next;
    if (!importer->first) importer->last = NULL;
    importer->waiting--;
    pthread_cond_broadcast(&importer->changed);
  }
  pthread_mutex_unlock(&importer->mutex);
  return job;
}

static void *run_worker(void *context) {
  struct importer *importer = context;
  struct import_job *job;
  while ((job = next_job(importer))) {
    struct problem problem = {0};
    enum status status = import_issue(importer, job, &problem);
    bool has_failed = status && !import_is_over(importer);
    if (has_failed) import_note_problem(importer, job, &problem);
    pthread_mutex_lock(&importer->mutex);
    importer->report->issues++;
    importer->report->failed += has_failed;
    pthread_mutex_unlock(&importer->mutex);
    import_job_free(job);
  }
  pthread_mutex_lock(&importer->mutex);
  importer->running--;
  pthread_cond_broadcast(&importer->changed);
  pthread_mutex_unlock(&importer->mutex);
  return NULL;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static void tell_progress(struct importer *importer) {
  const struct import_request *request = importer->request;
  pthread_mutex_lock(&importer->mutex);
  const struct import_progress progress = {.issues = importer->report->issues,
                                           .issue_total = importer->issue_total,
                                           .events = importer->report->events};
  pthread_mutex_unlock(&importer->mutex);
  if (request->progress) request->progress(request->progress_context, &progress);
}

/* Until all threads are done. */
static void wait_for_threads(struct importer *importer) {
  struct timespec until;
  pthread_mutex_lock(&importer->mutex);
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec++;
  while (importer->running) {
    if (pthread_cond_timedwait(&importer->changed, &importer->mutex, &until) == 0) continue;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (atomic_load(&is_stopping)) pthread_cond_broadcast(&importer->changed);
    pthread_mutex_unlock(&importer->mutex);
    tell_progress(importer);
    pthread_mutex_lock(&importer->mutex);
  }
  pthread_mutex_unlock(&importer->mutex);
}

static void run_threads(struct importer *importer) {
  pthread_t threads[1 + IMPORT_WORKERS];
  size_t count = sizeof threads / sizeof threads[0];
  importer->running = count;
  for (size_t i = 0; i < count; i++) {
    int failed = pthread_create(&threads[i], NULL, i == 0 ? run_list : run_worker, importer);
    assert(!failed);
    (void)failed;
  }
  wait_for_threads(importer);
  for (size_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
  while (importer->first) {
    struct import_job *job = importer->first;
    importer->first = job->next;
    import_job_free(job);
  }
}

static enum status begin(struct transaction *tx, void *context, struct problem *problem) {
  struct importer *importer = context;
  const struct import_request *request = importer->request;
  const struct import import = {request->project->id, request->url, request->organization,
                                request->remote_project};
  (void)problem;
  importer->import_id = import_begin(tx, &import);
  return STATUS_OK;
}

static void load_config(struct importer *importer) {
  const struct import_request *request = importer->request;
  struct transaction *tx = store_begin_read(request->store);
  struct pairs options = option_list(tx, &importer->arena, request->project->id);
  store_end_read(tx);
  importer->config.project_id = request->project->id;
  config_compile(&importer->arena, options, &importer->config);
  importer->config.filters = NULL;
  importer->authorization =
      arena_printf(&importer->arena, "Bearer %.*s", SLICE_ARGS(request->token));
}

static void total_up(struct importer *importer) {
  struct transaction *tx = store_begin_read(importer->request->store);
  struct import_totals totals = import_totals(tx, importer->import_id);
  store_end_read(tx);
  importer->report->total_issues = totals.complete;
  importer->report->total_events = totals.events;
  importer->report->total_extra = totals.extra_events;
}

static enum status run(struct importer *importer, struct problem *problem) {
  int64_t started_us = clock_monotonic_us();
  enum status status = store_write(importer->request->store, begin, importer, problem);
  if (status) return status;
  run_threads(importer);
  total_up(importer);
  importer->report->duration_us = clock_monotonic_us() - started_us;
  if (!importer->has_failed && !atomic_load(&is_stopping)) return STATUS_OK;
  if (importer->has_failed) {
    *problem = importer->failure;
    /* It is the Sentry's answer that is bad, not what was asked for. */
    if (problem->status == STATUS_BAD_INPUT && !problem->field[0]) problem->status = STATUS_FAILED;
    return problem->status;
  }
  return problem_set(problem, STATUS_UNAVAILABLE,
                     "The server is stopping. Run the import again to go on with it.");
}

enum status import_sentry(struct arena *arena, const struct import_request *request,
                          struct import_report *report, struct problem *problem) {
  struct importer importer = {.request = request,
                              .now_ms = clock_now_ms(),
                              .issue_total = -1,
                              .report_arena = arena,
                              .report = report,
                              .mutex = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
  *report = (struct import_report){0};
  if (!exchange_running(0, request->project->id))
    return problem_set(problem, STATUS_CONFLICT, "An import into this project is running already.");
  load_config(&importer);
  enum status status = run(&importer, problem);
  exchange_running(request->project->id, 0);
  if (importer.authorization.len)
    explicit_bzero((char *)(uintptr_t)importer.authorization.ptr, importer.authorization.len);
  arena_free(&importer.arena);
  pthread_mutex_destroy(&importer.mutex);
  pthread_cond_destroy(&importer.changed);
  return status;
}
