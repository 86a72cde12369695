/* answer.c - how an upload ends. */
#include "ingest/limits.h"
#include "ingest/upload.h"
#include "json/json.h"

#include "base/banned.h"

void upload_finish(struct upload *upload) {
  config_release(upload->snapshot);
  if (upload->is_parked) http_resume(upload->request);
}

static void count_refusal(struct ingest *ingest, enum status status) {
  _Atomic uint64_t *counter = &ingest->rejected_malformed;
  if (status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN) {
    counter = &ingest->rejected_auth;
  } else if (status == STATUS_TOO_LARGE) {
    counter = &ingest->rejected_too_large;
  } else if (status == STATUS_BUSY || status == STATUS_UNAVAILABLE || status == STATUS_FAILED) {
    counter = &ingest->rejected_busy;
  }
  atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void upload_refuse(struct upload *upload, const struct problem *problem) {
  struct http_response *response = upload->response;
  struct json_writer json = {.out = &response->body};
  buffer_clear(&response->body);
  response->static_body = SLICE_EMPTY;
  json_write_object(&json);
  json_write_key(&json, "detail");
  json_write_text(&json, slice_of_string(problem->message));
  json_write_key(&json, "causes");
  json_write_array(&json);
  json_write_array_end(&json);
  json_write_object_end(&json);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  response->status = status_http_code(problem->status);
  if (problem->status == STATUS_UNAVAILABLE) {
    http_set_header(response, "Retry-After", SLICE(INGEST_RETRY_AFTER));
  }
  count_refusal(upload->ingest, problem->status);
  upload_finish(upload);
}
