/* attachments.c - files of events: listed by the event's id, and downloaded. */
#include "store/attachment.h"

#include <string.h>

#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"

#include "base/banned.h"

static void write_attachment(struct json_writer *writer, const struct attachment *attachment) {
  char event_id[EVENT_ID_DIGITS], digest[2 * SHA1_BYTES];
  hex_encode(attachment->event_id.bytes, EVENT_ID_BYTES, event_id);
  hex_encode(attachment->sha1, SHA1_BYTES, digest);
  json_write_object(writer);
  api_write_digits(writer, "id", attachment->id);
  api_write_text(writer, "event_id", slice_of(event_id, sizeof event_id));
  api_write_text(writer, "type", attachment->type);
  api_write_text(writer, "name", attachment->name);
  api_write_text(writer, "mimetype", attachment->content_type);
  api_write_time(writer, "dateCreated", attachment->created_ms);
  api_write_integer(writer, "size", (int64_t)attachment->size);
  json_write_key(writer, "headers");
  json_write_object(writer);
  api_write_text(writer, "Content-Type", attachment->content_type);
  json_write_object_end(writer);
  api_write_text(writer, "sha1", slice_of(digest, sizeof digest));
  json_write_object_end(writer);
}

void api_event_attachments(struct http_request *request, struct http_response *response) {
  struct project project;
  struct event_id id;
  struct attachment *attachments;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_project(request, response, tx, &project) == STATUS_OK) {
    if (event_id_parse(http_parameter(request, "event"), &id)) {
      size_t count = attachment_list(tx, request->arena, project.id, &id, 0, &attachments);
      struct json_writer writer = api_begin_json(response);
      json_write_array(&writer);
      for (size_t i = 0; i < count; i++) write_attachment(&writer, &attachments[i]);
      json_write_array_end(&writer);
    } else {
      api_not_found(response);
    }
  }
  store_end_read(tx);
}

/* The attachment of the path; on failure the response is filled. */
static bool find_attachment(struct transaction *tx, struct http_request *request,
                            struct http_response *response, struct attachment *attachment) {
  struct project project;
  struct event_id event_id;
  int64_t id;
  if (api_find_project(request, response, tx, &project)) return false;
  if (event_id_parse(http_parameter(request, "event"), &event_id) &&
      slice_to_i64(http_parameter(request, "attachment"), &id) &&
      attachment_get(tx, request->arena, project.id, id, attachment) &&
      memcmp(event_id.bytes, attachment->event_id.bytes, EVENT_ID_BYTES) == 0)
    return true;
  api_not_found(response);
  return false;
}

/* With ?download, of any value, the bytes; else what is known of them. */
void api_event_attachment(struct http_request *request, struct http_response *response) {
  struct attachment attachment;
  struct slice value;
  bool is_download = http_query(request, "download", &value);
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (find_attachment(tx, request, response, &attachment)) {
    struct problem problem;
    if (!is_download) {
      struct json_writer writer = api_begin_json(response);
      write_attachment(&writer, &attachment);
    } else if (!http_reserve_body(response, attachment_room(&attachment))) {
      problem_set(&problem, STATUS_UNAVAILABLE,
                  "Too many files are downloaded at once. Try again in a few seconds.");
      api_fail(response, &problem);
    } else if (attachment_read(tx, &attachment, &response->body)) {
      http_set_download(response, attachment.name, attachment.content_type);
    } else {
      buffer_clear(&response->body);
      api_not_found(response);
    }
  }
  store_end_read(tx);
}
