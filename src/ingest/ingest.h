/* ingest.h - the endpoints that SDKs post to. */
#ifndef CULPRIT_INGEST_INGEST_H
#define CULPRIT_INGEST_INGEST_H

#include "http/http.h"
#include "ingest/limits.h"
#include "store/ledger.h"
#include "store/store.h"

struct ingest; /* compiled settings, keys and the heavy lane; one for the server */

/* Reads all keys and settings and follows their changes (store_on_project_change). */
struct ingest *ingest_open(struct store *store);
void ingest_close(struct ingest *ingest);

/* What happened to everything that came, since the start; for /-/metrics. */
struct ingest_statistics {
  uint64_t events_accepted, events_duplicate, items_dropped;
  uint64_t rejected_auth, rejected_malformed, rejected_too_large, rejected_limited, rejected_busy;
  uint64_t outcomes[OUTCOME_COUNT]; /* of items, as in the ledger */
};
void ingest_statistics(struct ingest *ingest, struct ingest_statistics *statistics);

/* Lets pages of every origin read the answer; for answers that the server gives by itself. */
void ingest_allow_origin(const struct http_request *request, struct http_response *response);

/* Handlers for the server's route table; `request->application` is a struct application
 * (ingest/application.h). */
void ingest_envelope(struct http_request *request, struct http_response *response);
void ingest_store(struct http_request *request, struct http_response *response);
/* GET with the event in `sentry_data`; answers an image. */
void ingest_store_query(struct http_request *request, struct http_response *response);
/* Check-ins by address: item_check_in.c. */
void ingest_cron(struct http_request *request, struct http_response *response);
/* What the form of the browser SDK sends: item_feedback.c. */
void ingest_report_dialog(struct http_request *request, struct http_response *response);
/* Reports of browsers; minidumps; files of the event in the path. */
void ingest_security(struct http_request *request, struct http_response *response);
void ingest_minidump(struct http_request *request, struct http_response *response);
void ingest_attachments(struct http_request *request, struct http_response *response);
void ingest_preflight(struct http_request *request, struct http_response *response);

#endif
