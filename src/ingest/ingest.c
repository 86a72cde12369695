/* ingest.c - the endpoints that SDKs post to: see ingest.h.
 *
 * Handlers run on network threads and never block.
 */
#include "ingest/ingest.h"

#include <stdlib.h>

#include "ingest/submission.h"

#include "base/banned.h"

struct ingest *ingest_open(struct store *store) {
  struct ingest *ingest = memory_alloc(sizeof *ingest);
  *ingest = (struct ingest){.store = store};
  ingest->config = config_open(store);
  ingest->lane = lane_open();
  return ingest;
}

void ingest_close(struct ingest *ingest) {
  lane_close(ingest->lane);
  config_close(ingest->config);
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
      .rejected_limited = ingest->rejected_limited,
      .rejected_busy = ingest->rejected_busy,
  };
  for (size_t i = 0; i < OUTCOME_COUNT; i++) statistics->outcomes[i] = ingest->outcomes[i];
  /* Events are counted by their writes. */
  statistics->outcomes[OUTCOME_ACCEPTED] += statistics->events_accepted;
  statistics->outcomes[OUTCOME_INVALID] += statistics->events_duplicate;
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

void ingest_envelope(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &envelope_endpoint);
}

void ingest_store(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &store_endpoint);
}

void ingest_store_query(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &store_query_endpoint);
}

void ingest_minidump(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &minidump_endpoint);
}

void ingest_attachments(struct http_request *request, struct http_response *response) {
  upload_begin(request, response, &attachment_endpoint);
}
