/* answer.c - how an upload ends. */
#include "base/clock.h"
#include "ingest/limits.h"
#include "ingest/upload.h"
#include "json/json.h"

#include "base/banned.h"

/* Also with 200, when a part of an envelope was dropped. */
static void tell_limits(struct upload *upload) {
  struct http_response *response = upload->response;
  if (!upload->hits.count) return;
  http_set_header(response, "X-Sentry-Rate-Limits",
                  rate_hits_header(upload->request->arena, &upload->hits));
  if (response->status != status_http_code(STATUS_BUSY)) return;
  int64_t retry_after_s = rate_hits_retry_after_s(&upload->hits);
  http_set_header(response, "Retry-After",
                  arena_printf(upload->request->arena, "%lld", (long long)retry_after_s));
}

void upload_finish(struct upload *upload) {
  tell_limits(upload);
  config_release(upload->snapshot);
  if (upload->file_bytes) atomic_fetch_sub(&upload->ingest->file_bytes, upload->file_bytes);
  if (upload->is_parked) http_resume(upload->request);
}

void upload_count_many(struct upload *upload, enum category category, enum outcome outcome,
                       struct slice reason, int64_t quantity) {
  const struct ledger_entry entry = {
      .project_id = upload->project_id,
      .hour = upload->received_ms / HOUR_MS,
      .outcome = outcome,
      .category = category_name(category),
      .reason = reason,
      .quantity = quantity,
  };
  atomic_fetch_add_explicit(&upload->ingest->outcomes[outcome], (uint64_t)quantity,
                            memory_order_relaxed);
  ledger_count(upload->ingest->store, &entry);
}

void upload_count(struct upload *upload, enum category category, enum outcome outcome,
                  struct slice reason) {
  upload_count_many(upload, category, outcome, reason, 1);
}

enum status upload_fail(struct upload *upload, enum status status, const char *reason) {
  if (status && !upload->reason) upload->reason = status == STATUS_TOO_LARGE ? "too_large" : reason;
  return status;
}

/* Requests without a valid key belong to nobody and are counted nowhere. What was in a refused
 * request is not known; it counts as one error. */
static void count_discard(struct upload *upload, enum status status) {
  if (!upload->project || status == STATUS_BUSY) return;
  if (status == STATUS_UNAVAILABLE || status == STATUS_FAILED) upload->reason = "internal";
  upload_count(upload, CATEGORY_ERROR, OUTCOME_INVALID,
               slice_of_string(upload->reason ? upload->reason : "payload"));
}

static void count_refusal(struct ingest *ingest, enum status status) {
  _Atomic uint64_t *counter = &ingest->rejected_malformed;
  if (status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN) {
    counter = &ingest->rejected_auth;
  } else if (status == STATUS_TOO_LARGE) {
    counter = &ingest->rejected_too_large;
  } else if (status == STATUS_BUSY) {
    counter = &ingest->rejected_limited;
  } else if (status == STATUS_UNAVAILABLE || status == STATUS_FAILED) {
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
  count_discard(upload, problem->status);
  upload_finish(upload);
}
