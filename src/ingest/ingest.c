/* ingest.c - the endpoints that SDKs post to: see ingest.h and upload.h.
 *
 * Handlers run on network threads and never block. A key in a header or the query
 * is checked before anything is decoded.
 */
#include "ingest/ingest.h"

#include <stdlib.h>

#include "base/clock.h"
#include "ingest/application.h"
#include "ingest/limits.h"
#include "ingest/upload.h"

#include "base/banned.h"

struct ingest *ingest_open(struct store *store) {
  struct ingest *ingest = memory_alloc(sizeof *ingest);
  *ingest = (struct ingest){.store = store};
  keys_open(&ingest->keys, store);
  ingest->lane = lane_open();
  return ingest;
}

void ingest_close(struct ingest *ingest) {
  lane_close(ingest->lane);
  keys_close(&ingest->keys);
  free(ingest);
}

void ingest_statistics(struct ingest *ingest, struct ingest_statistics *statistics) {
  *statistics = (struct ingest_statistics){
      .events_accepted = ingest->events_accepted,
      .events_duplicate = ingest->events_duplicate,
      .items_dropped = ingest->items_dropped,
      .rejected_auth = ingest->rejected_auth,
      .rejected_malformed = ingest->rejected_malformed,
      .rejected_too_large = ingest->rejected_too_large,
      .rejected_busy = ingest->rejected_busy,
  };
}

void ingest_allow_origin(const struct http_request *request, struct http_response *response) {
  http_set_header(response, "Access-Control-Allow-Origin", SLICE("*"));
  if (!http_has_header(request, "Origin")) return;
  http_set_header(response, "Access-Control-Expose-Headers",
                  SLICE("x-sentry-error, x-sentry-rate-limits, retry-after"));
}

/* Browsers ask before they send headers of their own. */
void ingest_preflight(struct http_request *request, struct http_response *response) {
  ingest_allow_origin(request, response);
  http_set_header(response, "Access-Control-Allow-Methods", SLICE("POST"));
  http_set_header(
      response, "Access-Control-Allow-Headers",
      SLICE("x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, "
            "content-type, authentication, authorization, content-encoding, "
            "transfer-encoding, sentry-trace, baggage"));
  http_set_header(response, "Access-Control-Max-Age", SLICE("3600"));
}

static enum status read_head(struct upload *upload, struct problem *problem) {
  struct http_request *request = upload->request;
  uint64_t project_id;
  if (!slice_to_u64(http_parameter(request, "project"), &project_id) || project_id > INT64_MAX) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The project in the path is not a number; check the DSN.");
  }
  upload->project_id = (int64_t)project_id;
  enum status status = auth_read(request, &upload->credentials, problem);
  if (status) return status;
  if (!slice_is_empty(upload->credentials.key)) {
    status = upload_check_key(upload, upload->credentials.key, problem);
    if (status) return status;
  } else if (upload->kind == UPLOAD_STORE) {
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "The request names no key. Send X-Sentry-Auth, or sentry_key in the query.");
  }
  return coding_parse(http_header(request, "Content-Encoding"), &upload->coding, problem);
}

/* Whether a network thread can take it on without making others wait. */
static bool is_small(const struct upload *upload) {
  struct slice body = upload->request->body;
  if (body.len > INGEST_INLINE_WIRE) return false;
  switch (upload->coding) {
    case CODING_IDENTITY: return true;
    case CODING_GZIP:
      return coding_decoded_size_hint(CODING_GZIP, body, INGEST_INLINE_DECODED + 1) <=
             INGEST_INLINE_DECODED;
    case CODING_DEFLATE: return true;
    case CODING_BROTLI:
    case CODING_ZSTD: return false;
  }
  return false;
}

static void take(struct http_request *request, struct http_response *response,
                 enum upload_kind kind) {
  const struct application *application = request->application;
  struct upload *upload = ARENA_NEW(request->arena, struct upload);
  struct problem problem = {0};
  *upload = (struct upload){.ingest = application->ingest,
                            .request = request,
                            .response = response,
                            .kind = kind,
                            .received_ms = clock_now_ms()};
  ingest_allow_origin(request, response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  enum status status = read_head(upload, &problem);
  if (status) {
    upload_refuse(upload, &problem);
    return;
  }
  if (is_small(upload) && upload_take(upload) == STATUS_OK) return;
  if (lane_add(application->ingest->lane, upload, &problem)) upload_refuse(upload, &problem);
}

void ingest_envelope(struct http_request *request, struct http_response *response) {
  take(request, response, UPLOAD_ENVELOPE);
}

void ingest_store(struct http_request *request, struct http_response *response) {
  take(request, response, UPLOAD_STORE);
}
