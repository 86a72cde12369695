/* sentry_job.c - see sentry_job.h. */
#include "source/sentry_job.h"

#include "base/clock.h"
#include "http/client_problem.h"
#include "json/json.h"
#include "source/action_task.h"

#include "base/banned.h"

void sentry_job_fail(struct sentry_job *work) {
  work->job->result = OUTBOX_TRY_AGAIN;
  work->job->wait_ms = work->wait_ms;
}

bool sentry_job_begin(struct sentry_job *work, struct outbox_job *job, struct slice label) {
  *work = (struct sentry_job){.job = job};
  struct transaction *tx = store_begin_read(job->store);
  connection_get(tx, &job->arena, job->task->project_id, &work->connection);
  store_end_read(tx);
  if (work->connection.kind != SOURCE_SENTRY ||
      !slice_equal(label, connection_label(&job->arena, &work->connection))) {
    action_refuse(job, "The project is not connected to that Sentry project any more.");
    return false;
  }
  if (work->connection.is_active) return true;
  problem_set(&job->problem, STATUS_UNAVAILABLE, "Error tracking is off in the settings.");
  sentry_job_fail(work);
  return false;
}

static bool is_refusal(int status) {
  return status == 400 || status == 403 || status == 404 || status == 410 || status == 422;
}

/* Whether a change may have been made although no answer says so. */
static bool may_have_arrived(const struct http_call *call) {
  switch (call->failure) {
    case HTTP_FAILURE_NONE: return call->status >= 500 || call->status == 408;
    case HTTP_FAILURE_TIMEOUT:
    case HTTP_FAILURE_TOO_LARGE:
    case HTTP_FAILURE_BROKEN:
    case HTTP_FAILURE_STOPPED: return true;
    case HTTP_FAILURE_URL:
    case HTTP_FAILURE_HEADER:
    case HTTP_FAILURE_RESOLVE:
    case HTTP_FAILURE_PRIVATE:
    case HTTP_FAILURE_REFUSED:
    case HTTP_FAILURE_TLS:
    case HTTP_FAILURE_CONNECT_TIMEOUT:
    case HTTP_FAILURE_BUSY: return false;
  }
  return true;
}

/* What answers a question has to be JSON; what answers a change is not looked at. */
static bool is_usable(struct outbox_job *job, const struct http_call *call, struct slice body) {
  yyjson_val *root;
  if (body.len || json_read(&job->arena, call->answer, &root, &job->problem) == STATUS_OK)
    return true;
  http_call_not_json(call, SENTRY_NAME, &job->problem);
  return false;
}

bool sentry_job_ask(struct sentry_job *work, const struct sentry_question_parts *question) {
  struct outbox_job *job = work->job;
  struct http_call *call = &work->call;
  const struct sentry_request request = {.connection = &work->connection,
                                         .method = question->method,
                                         .path = question->path,
                                         .body = question->body};
  int64_t now_ms, not_before_ms;
  http_call_free(call);
  *call = (struct http_call){0};
  if (sentry_call_prepare(job->store, &job->arena, &request, call, &job->problem)) {
    sentry_job_fail(work);
    return false;
  }
  http_client_perform(job->client, call);
  sentry_call_wipe(call);
  now_ms = clock_now_ms();
  work->wait_ms = http_call_not_before(call, now_ms, &not_before_ms) ? not_before_ms - now_ms : 0;
  if (!http_call_problem(call, SENTRY_NAME, now_ms, &job->problem) &&
      is_usable(job, call, request.body))
    return true;
  sentry_job_fail(work);
  if (is_refusal(call->status)) job->result = OUTBOX_REFUSED;
  if (request.body.len && may_have_arrived(call)) job->may_be_done = true;
  return false;
}

void sentry_job_end(struct sentry_job *work) { http_call_free(&work->call); }
