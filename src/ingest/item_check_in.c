/* item_check_in.c - check-ins of monitors, as items of envelopes and by addresses that a shell
 * script can ask for:
 *
 *   GET  /api/42/cron/nightly-rates/KEY/?status=ok
 *   POST /api/42/cron/nightly-rates/      {"status": "ok", "monitor_config": {…}}
 *
 * These answer 202, and are never limited: a job that is refused would be missed.
 *
 * Source: Sentry's documentation of cron monitoring.
 */
#include "ingest/check_in.h"
#include "ingest/item.h"

#include "base/banned.h"

struct check_in_part {
  struct digest_part part; /* first */
  struct check_in_report report;
  struct submission_item *item; /* told what became of it */
};

static void run(struct transaction *tx, struct digest_part *part) {
  struct check_in_part *check_in = (struct check_in_part *)part;
  struct submission_item *item = check_in->item;
  item->outcome = OUTCOME_ACCEPTED;
  item->reason = SLICE_EMPTY;
  switch (monitor_take(tx, &check_in->report)) {
    case CHECK_IN_TAKEN: return;
    case CHECK_IN_LIMITED:
      item->outcome = OUTCOME_RATE_LIMITED;
      item->reason = SLICE("monitor_rate");
      return;
    case CHECK_IN_TOO_MANY:
      item->outcome = OUTCOME_INVALID;
      item->reason = SLICE("too_many_monitors");
      return;
    case CHECK_IN_FINISHED:
      item->outcome = OUTCOME_INVALID;
      item->reason = SLICE("check_in_finished");
      return;
  }
}

static void add(struct submission *submission, struct check_in_part *check_in) {
  check_in->part.run = run;
  check_in->item = submission->current;
  check_in->report.project_id = submission->upload->project_id;
  check_in->report.received_ms = submission->upload->received_ms;
  submission_add(submission, &check_in->part);
}

enum status item_check_in(struct submission *submission, const struct envelope_item *item,
                          struct problem *problem) {
  struct check_in_part *check_in = ARENA_NEW(submission->arena, struct check_in_part);
  const char *wrong =
      check_in_read(submission->arena, item->payload, SLICE_EMPTY, &check_in->report);
  (void)problem;
  if (wrong)
    submission_discard(submission, OUTCOME_INVALID, slice_of_string(wrong));
  else
    add(submission, check_in);
  return STATUS_OK;
}

/* --- by address ------------------------------------------------------------------------------- */

static const char *read_request(struct submission *submission, struct slice body,
                                struct check_in_report *report) {
  const struct http_request *request = submission->upload->request;
  const struct check_in_parameters parameters = {
      .slug = http_parameter(request, "slug"),
      .status = http_query_value(request, "status"),
      .check_in_id = http_query_value(request, "check_in_id"),
      .environment = http_query_value(request, "environment"),
      .duration = http_query_value(request, "duration"),
  };
  if (slice_trim(body).len) return check_in_read(submission->arena, body, parameters.slug, report);
  return check_in_read_parameters(submission->arena, &parameters, report);
}

static enum status read_cron(struct submission *submission, struct slice body,
                             struct problem *problem) {
  struct check_in_part *check_in = ARENA_NEW(submission->arena, struct check_in_part);
  submission->items = submission->current = ARENA_NEW(submission->arena, struct submission_item);
  submission->item_count = 1;
  submission->current->type = item_type_find(SLICE("check_in"));
  const char *wrong = read_request(submission, body, &check_in->report);
  if (wrong) {
    problem_set(
        problem, STATUS_BAD_INPUT,
        "The check-in was not understood (%s). It needs a status: in_progress, ok or error.",
        wrong);
    return upload_fail(submission->upload, STATUS_BAD_INPUT, wrong);
  }
  add(submission, check_in);
  if (!check_in->report.is_latest) {
    submission->event_id = check_in->report.guid;
    submission->has_event_id = true;
  }
  submission->current = NULL;
  return STATUS_OK;
}

static void answer_cron(struct submission *submission) {
  struct http_response *response = submission->upload->response;
  response->status = 202;
  /* The id that the sender named; one that we make is of no use to anybody. */
  struct check_in_part *check_in = (struct check_in_part *)submission->parts;
  if (check_in->report.is_latest) {
    response->static_body = SLICE("{}");
    return;
  }
  struct slice id = event_id_hex(submission->arena, &check_in->report.guid);
  buffer_printf(&response->body, "{\"id\":\"%.*s\"}", SLICE_ARGS(id));
}

static const struct endpoint cron_endpoint = {.read = read_cron, .answer = answer_cron};

void ingest_cron(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &cron_endpoint);
}
