/* minidump_endpoint.c - crash reporters send a dump: as a form with files, or as the whole body.
 *
 *   upload_file_minidump=…   the dump     other files   attachments     fields   form_event.h
 *
 * Answers the event's id as a UUID in plain text, which Crashpad and Breakpad write down.
 *
 * Source: Sentry's documentation of its minidump endpoint; Crashpad's uploader.
 */
#include "event/minidump.h"
#include "ingest/file.h"
#include "ingest/form_event.h"

#include "base/banned.h"

static const struct slice dump_field = {"upload_file_minidump", 20};

/* Some senders wrap the dump in a form of its own within its part: then the part begins with that
 * form's boundary. */
static struct slice unwrap(struct arena *scratch, struct slice bytes) {
  struct multipart multipart;
  struct multipart_part part;
  if (!slice_starts_with(bytes, SLICE("--"))) return bytes;
  struct slice boundary = slice_from(slice_upto(bytes, slice_find(bytes, SLICE("\r\n"))), 2);
  if (slice_is_empty(boundary) || boundary.len > MULTIPART_BOUNDARY_LIMIT ||
      multipart_open(&multipart, scratch, boundary, bytes, NULL))
    return bytes;
  while (multipart_next(&multipart, scratch, &part, NULL) == STATUS_OK) {
    if (slice_equal(part.name, dump_field)) return part.body;
  }
  return bytes;
}

static enum status read_form(struct submission *submission, struct slice boundary,
                             struct slice body, struct file *dump, struct problem *problem) {
  struct multipart multipart;
  struct multipart_part part;
  struct form_event form = {.arena = submission->scratch};
  enum status status = multipart_open(&multipart, submission->scratch, boundary, body, problem);
  while (!status && !(status = multipart_next(&multipart, submission->scratch, &part, problem))) {
    if (slice_equal(part.name, dump_field)) {
      *dump = file_of_part(&part);
      dump->bytes = unwrap(submission->scratch, part.body);
    } else if (!part.is_file) {
      form_event_add(&form, part.name, part.body);
    } else {
      const struct file file = file_of_part(&part);
      native_files_note(&submission->native, file.type, file.bytes);
      if (file_open_item(submission, "attachment", MULTIPART_PARTS_LIMIT + 1))
        status = file_add(submission, &file, problem);
    }
  }
  if (status != STATUS_END) return upload_fail(submission->upload, status, "invalid_multipart");
  if (slice_is_empty(form.json))
    form.json = native_event_json(submission->scratch, &submission->native);
  submission->event_json = form_event_json(&form);
  return STATUS_OK;
}

static enum status keep_dump(struct submission *submission, struct file *dump,
                             struct problem *problem) {
  struct unpacked unpacked;
  enum status status = crash_unpack(submission, dump->bytes, &unpacked, problem);
  if (status) return upload_fail(submission->upload, status, "invalid_compression");
  dump->bytes = unpacked.decoded.bytes;
  dump->type = SLICE("event.minidump");
  if (slice_is_empty(dump->content_type)) dump->content_type = SLICE("application/x-dmp");
  status = crash_take(submission, dump->bytes, true, problem);
  if (!status && file_open_item(submission, "attachment", MULTIPART_PARTS_LIMIT + 1))
    status = file_add(submission, dump, problem);
  crash_free(&unpacked);
  return status;
}

static enum status read_minidump(struct submission *submission, struct slice body,
                                 struct problem *problem) {
  struct upload *upload = submission->upload;
  struct slice boundary, type = http_header(upload->request, "Content-Type");
  struct file dump = {.name = SLICE("minidump.dmp"), .bytes = body};
  enum status status = STATUS_OK;
  if (!upload_take_rate(upload, CATEGORY_ERROR)) {
    upload_count(upload, CATEGORY_ERROR, OUTCOME_RATE_LIMITED, rate_hits_reason(&upload->hits));
    return problem_set(problem, STATUS_BUSY,
                       "The rate limit of this project or key is reached. It is in the project's "
                       "settings.");
  }
  if (multipart_boundary(type, &boundary)) {
    dump = (struct file){0};
    status = read_form(submission, boundary, body, &dump, problem);
  }
  if (status) return status;
  if (slice_is_empty(dump.bytes)) {
    upload->reason = "missing_minidump_upload";
    return problem_set(problem, STATUS_BAD_INPUT,
                       "There is no minidump. Send it in the form's field upload_file_minidump, or "
                       "as the whole body.");
  }
  return keep_dump(submission, &dump, problem);
}

/* "6ba7b810-9dad-11d1-80b4-00c04fd430c8" */
static void answer_uuid(struct submission *submission) {
  struct http_response *response = submission->upload->response;
  char digits[EVENT_ID_DIGITS];
  hex_encode(submission->event_id.bytes, EVENT_ID_BYTES, digits);
  http_set_header(response, "Content-Type", SLICE("text/plain; charset=utf-8"));
  for (size_t i = 0; i < EVENT_ID_DIGITS; i++) {
    if (i == 8 || i == 12 || i == 16 || i == 20) buffer_append_byte(&response->body, '-');
    buffer_append_byte(&response->body, digits[i]);
  }
}

const struct endpoint minidump_endpoint = {.read = read_minidump, .answer = answer_uuid};
