/* item_feedback.c - what users wrote, in three ways: an item of either form, or the form that the
 * browser SDK shows after an error (Sentry.showReportDialog()):
 *
 *   GET  /api/embed/error-page/?dsn=…&eventId=…    the script that shows it: web/report_dialog.c
 *   POST /api/embed/error-page/?dsn=…&eventId=…    name=…&email=…&comments=…
 */
#include "ingest/feedback.h"
#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

struct feedback_part {
  struct digest_part part; /* first */
  struct feedback feedback;
};

static void run(struct transaction *tx, struct digest_part *part) {
  feedback_save(tx, &((struct feedback_part *)part)->feedback);
}

static void add(struct submission *submission, struct feedback_part *part) {
  part->part.run = run;
  part->feedback.project_id = submission->upload->project_id;
  part->feedback.received_ms = submission->upload->received_ms;
  submission_add(submission, &part->part);
}

typedef const char *feedback_reader(struct arena *arena, struct slice json,
                                    const struct scrubber *scrubber, struct feedback *feedback);

static enum status take(struct submission *submission, struct slice json, feedback_reader *read) {
  struct feedback_part *part = ARENA_NEW(submission->arena, struct feedback_part);
  const char *wrong = read(submission->arena, json, submission->config->scrubber, &part->feedback);
  if (wrong)
    submission_discard(submission, OUTCOME_INVALID, slice_of_string(wrong));
  else
    add(submission, part);
  return STATUS_OK;
}

enum status item_feedback(struct submission *submission, const struct envelope_item *item,
                          struct problem *problem) {
  (void)problem;
  return take(submission, item->payload, feedback_read);
}

enum status item_user_report(struct submission *submission, const struct envelope_item *item,
                             struct problem *problem) {
  (void)problem;
  return take(submission, item->payload, user_report_read);
}

/* --- the form of the browser SDK ---------------------------------------------------------------
 */

static enum status use_dsn(struct upload *upload, struct problem *problem) {
  struct slice key, project;
  uint64_t project_id;
  if (upload->key) return STATUS_OK;
  if (!auth_parse_dsn(http_query_value(upload->request, "dsn"), &key, &project) ||
      !slice_to_u64(project, &project_id) || project_id == 0 || project_id > INT64_MAX)
    return problem_set_field(problem, STATUS_BAD_INPUT, "dsn",
                             "The address needs the parameter dsn.");
  upload->project_id = (int64_t)project_id;
  return upload_use_key(upload, key, problem);
}

static enum status read_form(struct submission *submission, struct slice body,
                             struct problem *problem) {
  struct upload *upload = submission->upload;
  const struct http_request *request = upload->request;
  struct feedback_part *part = ARENA_NEW(submission->arena, struct feedback_part);
  enum status status = use_dsn(upload, problem);
  (void)body;
  if (status) return status;
  submission->config = upload->project;
  submission->items = submission->current = ARENA_NEW(submission->arena, struct submission_item);
  submission->item_count = 1;
  submission->current->type = item_type_find(SLICE("user_report"));
  const struct user_report_parts parts = {
      .event_id = http_query_value(request, "eventId"),
      .name = http_form_value(request, "name"),
      .email = http_form_value(request, "email"),
      .comments = http_form_value(request, "comments"),
  };
  const char *wrong =
      user_report_of(submission->arena, &parts, submission->config->scrubber, &part->feedback);
  if (wrong) {
    bool is_empty = slice_equal_string(SLICE("empty_feedback"), wrong);
    problem_set_field(problem, STATUS_BAD_INPUT, is_empty ? "comments" : "eventId", "%s",
                      is_empty ? "Say in a few words what happened."
                               : "The address needs the parameter eventId, an event's id.");
    return upload_fail(upload, STATUS_BAD_INPUT, wrong);
  }
  add(submission, part);
  submission->current = NULL;
  return STATUS_OK;
}

static void answer_form(struct submission *submission) {
  submission->upload->response->static_body = SLICE("{}");
}

static const struct endpoint form_endpoint = {
    .read = read_form, .answer = answer_form, .may_lack_key = true};

void ingest_report_dialog(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &form_endpoint);
}
