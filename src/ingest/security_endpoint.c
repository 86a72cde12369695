/* security_endpoint.c - reports that browsers send by themselves: one, or a list.
 *
 * Release and environment are in the address that the page's policy names, like the key.
 */
#include "event/security_report.h"

#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

/* Network errors are errors, in Sentry's categories. */
static enum category category_of(const struct security_event *event) {
  return event->is_network_error ? CATEGORY_ERROR : CATEGORY_SECURITY;
}

/* Adds the events of reports; one alone takes the id that was asked for. */
static enum status take_reports(struct submission *submission,
                                const struct security_reports *reports, struct problem *problem) {
  if (reports->dropped) {
    for (size_t i = 0; i < reports->dropped; i++)
      upload_count(submission->upload, CATEGORY_SECURITY, OUTCOME_INVALID,
                   SLICE("security_report"));
  }
  if (reports->count == 1 && slice_is_empty(submission->event_json)) {
    submission->event_json = reports->events[0].json;
    submission->event_category = category_of(&reports->events[0]);
    return STATUS_OK;
  }
  enum status status = STATUS_OK;
  for (size_t i = 0; i < reports->count && !status; i++) {
    const struct security_event *event = &reports->events[i];
    status = submission_take_event(submission, event->json, category_of(event), problem);
  }
  return status;
}

/* --- the endpoint
 * --------------------------------------------------------------------------------- */

/* Leaves the reports that the rates allow; false when that is none of some. */
static bool apply_rate(struct submission *submission, struct security_reports *reports) {
  struct upload *upload = submission->upload;
  size_t allowed = 0, count = reports->count;
  for (size_t i = 0; i < count; i++) {
    enum category category = category_of(&reports->events[i]);
    if (upload_take_rate(upload, category))
      reports->events[allowed++] = reports->events[i];
    else
      upload_count(upload, category, OUTCOME_RATE_LIMITED, rate_hits_reason(&upload->hits));
  }
  reports->count = allowed;
  return allowed || !count;
}

static enum status read_security(struct submission *submission, struct slice body,
                                 struct problem *problem) {
  struct upload *upload = submission->upload;
  struct security_reports reports;
  const struct security_report_source source = {
      .release = http_query_value(upload->request, "sentry_release"),
      .environment = http_query_value(upload->request, "sentry_environment"),
      .user_agent = http_header(upload->request, "User-Agent"),
      .received_ms = upload->received_ms,
  };
  enum status status = security_reports_read(submission->scratch, body, &source, &reports, problem);
  if (status) return upload_fail(upload, status, "security_report");
  if (!apply_rate(submission, &reports)) {
    return problem_set(problem, STATUS_BUSY,
                       "The rate limit of this project or key is reached. It is in the project's "
                       "settings.");
  }
  return take_reports(submission, &reports, problem);
}

/* Browsers do not look at the answer. */
static void answer_nothing(struct submission *submission) { (void)submission; }

static const struct endpoint security_endpoint = {.read = read_security, .answer = answer_nothing};

static bool is_report_type(struct slice header) {
  static const char *const types[] = {
      "application/csp-report",
      "application/json",
      "application/reports+json",
      "application/expect-ct-report",
      "application/expect-ct-report+json",
      "application/expect-staple-report",
      "application/expect-staple-report+json",
  };
  struct slice type = slice_trim(slice_upto(header, slice_find_byte(header, ';')));
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (slice_equal_ignore_case(type, slice_of_string(types[i]))) return true;
  }
  return false;
}

void ingest_security(struct http_request *request, struct http_response *response) {
  if (is_report_type(http_header(request, "Content-Type"))) {
    upload_begin(request, response, &security_endpoint);
    return;
  }
  struct json_writer json = {.out = &response->body};
  ingest_allow_origin(request, response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  response->status = 415;
  json_write_object(&json);
  json_write_key(&json, "detail");
  json_write_text(&json, SLICE("Reports are sent as application/csp-report, "
                               "application/reports+json or application/json."));
  json_write_key(&json, "causes");
  json_write_array(&json);
  json_write_array_end(&json);
  json_write_object_end(&json);
}

/* --- in envelopes
 * ---------------------------------------------------------------------------------- */

/* An item holds what the endpoint takes, or the event that a Relay made of it. */
enum status item_security(struct submission *submission, const struct envelope_item *item,
                          struct problem *problem) {
  struct security_reports reports;
  const struct security_report_source source = {
      .release = json_text(json_member(item->fields, "sentry_release")),
      .environment = json_text(json_member(item->fields, "sentry_environment")),
      .user_agent = http_header(submission->upload->request, "User-Agent"),
      .received_ms = submission->upload->received_ms,
  };
  if (!security_reports_read(submission->scratch, item->payload, &source, &reports, NULL))
    return take_reports(submission, &reports, problem);
  if (slice_equal(item->type, SLICE("security"))) {
    submission->event_json = item->payload;
    submission->event_category = CATEGORY_SECURITY;
    return STATUS_OK;
  }
  submission_discard(submission, OUTCOME_INVALID, SLICE("security_report"));
  return STATUS_OK;
}
