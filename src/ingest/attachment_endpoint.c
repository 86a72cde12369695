/* attachment_endpoint.c - files of an event that was sent before, or will be: a form with files. */
#include "ingest/file.h"

#include "base/banned.h"

static enum status read_files(struct submission *submission, struct slice boundary,
                              struct slice body, struct problem *problem) {
  struct multipart multipart;
  struct multipart_part part;
  enum status status = multipart_open(&multipart, submission->scratch, boundary, body, problem);
  while (!status && !(status = multipart_next(&multipart, submission->scratch, &part, problem))) {
    const struct file file = file_of_part(&part);
    if (!part.is_file) continue;
    if (file_open_item(submission, "attachment", MULTIPART_PARTS_LIMIT))
      status = file_add(submission, &file, problem);
  }
  if (status != STATUS_END) return upload_fail(submission->upload, status, "invalid_multipart");
  return STATUS_OK;
}

static enum status read_form(struct submission *submission, struct slice body,
                             struct problem *problem) {
  struct http_request *request = submission->upload->request;
  struct slice boundary;
  if (!event_id_parse(http_parameter(request, "event"), &submission->event_id)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The event's id in the path is not 32 hexadecimal digits.");
  }
  submission->has_event_id = true;
  if (!multipart_boundary(http_header(request, "Content-Type"), &boundary)) {
    submission->upload->reason = "invalid_multipart";
    return problem_set(problem, STATUS_BAD_INPUT,
                       "Attachments are sent as multipart/form-data with a boundary.");
  }
  enum status status = read_files(submission, boundary, body, problem);
  submission->current = NULL;
  return status;
}

static void answer_created(struct submission *submission) {
  submission->upload->response->status = 201;
}

const struct endpoint attachment_endpoint = {.read = read_form, .answer = answer_created};
