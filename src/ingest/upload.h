/* upload.h - one request of an SDK on its way; what the files of ingest share.
 *
 *   upload_begin() ─► key, origin ─► small? ──yes──► upload_take() ─► parked until it is on disk
 *                                      └──no──► lane.c: queue ─► thread ─► upload_take()
 *
 *   upload_take(): inflate ─► endpoint->read() fills a submission ─► submission_commit() ─► answer
 */
#ifndef CULPRIT_INGEST_UPLOAD_H
#define CULPRIT_INGEST_UPLOAD_H

#include <stdatomic.h>

#include "event/coding.h"
#include "ingest/auth.h"
#include "ingest/config.h"
#include "ingest/category.h"
#include "ingest/ingest.h"
#include "store/ledger.h"

struct lane;
struct submission;

struct ingest {
  struct store *store;
  struct config *config;
  struct lane *lane;
  _Atomic size_t file_bytes; /* of files that wait to be written, all uploads together: file.c */
  _Atomic uint64_t events_accepted, events_duplicate, items_dropped;
  _Atomic uint64_t rejected_auth, rejected_malformed, rejected_too_large, rejected_limited,
      rejected_busy;
  _Atomic uint64_t outcomes[OUTCOME_COUNT];
};

/* What makes an endpoint. */
struct endpoint {
  /* Reads the decoded body into the submission: sets its event, adds parts, discards. Another
   * status than STATUS_OK refuses the request. */
  enum status (*read)(struct submission *submission, struct slice body, struct problem *problem);
  /* Fills the response of a request that is going to be taken. Null: {"id":"…"}, or {} without an
   * event. Runs before the write; a failure of that clears the body again. */
  void (*answer)(struct submission *submission);
  bool may_lack_key; /* in head and query: read() finds it in the body (upload_use_key()) */
};

/* Lives in the request's arena. */
struct upload {
  struct ingest *ingest;
  struct http_request *request;
  struct http_response *response;
  const struct endpoint *endpoint;
  enum coding coding;
  int64_t project_id;    /* of the path, or of the key where the path names none */
  bool is_project_named; /* by the path; else ids of projects are another server's */
  int64_t received_ms;
  struct credentials credentials;
  struct config_snapshot *snapshot;     /* held until the answer */
  const struct key_config *key;         /* null until it is known and may send */
  const struct project_config *project; /* null until `key` is set */
  struct rate_hits hits;                /* limits that were reached */
  const char *reason;                   /* why it is refused, for the ledger; null: by the status */
  size_t file_bytes;                    /* this upload's part of ingest->file_bytes */
  bool is_parked;
  bool is_on_lane;
  struct upload *next; /* the lane's */
};

/* A handler of the endpoint calls this and returns. */
void upload_begin(struct http_request *request, struct http_response *response,
                  const struct endpoint *endpoint);

/* Checks that the key may send to the upload's project, and from the page that the request comes
 * from; sets `key` and `project`. STATUS_FORBIDDEN with a message when it may not. */
enum status upload_use_key(struct upload *upload, struct slice key,
                           struct problem *problem) MUST_CHECK;

/* Decodes, reads and hands over to the store. Fills the response and, when the request is parked,
 * resumes it; afterwards the upload may be gone. On a network thread it returns STATUS_TOO_LARGE,
 * with nothing done, when the body turns out to be one for the heavy lane; STATUS_OK otherwise. */
enum status upload_take(struct upload *upload) MUST_CHECK;

/* Takes one of the category from the limits of the upload's key and project. False when there is
 * nothing left: then the answer tells so by X-Sentry-Rate-Limits, and the caller drops and counts
 * (rate_hits_reason()). */
bool upload_take_rate(struct upload *upload, enum category category) MUST_CHECK;

/* --- answer.c ------------------------------------------------------------------------ */

/* Counts one thing that was sent to the upload's project in the ledger. */
void upload_count(struct upload *upload, enum category category, enum outcome outcome,
                  struct slice reason);
/* The same for `quantity` of them. */
void upload_count_many(struct upload *upload, enum category category, enum outcome outcome,
                       struct slice reason, int64_t quantity);
/* Notes why the request will be refused, unless `status` is STATUS_OK or it was noted before.
 * Returns `status`. */
enum status upload_fail(struct upload *upload, enum status status, const char *reason);

/* Both end the upload, which may be gone afterwards. */

/* The response is complete. */
void upload_finish(struct upload *upload);
/* Answers with the problem's status, and counts it; but for STATUS_BUSY, over a rate, where what
 * was limited is counted by who knows it. */
void upload_refuse(struct upload *upload, const struct problem *problem);

/* --- lane.c: a thread and a bounded queue for bodies that are large or slow to decode ---- */

struct lane *lane_open(void);
void lane_close(struct lane *lane);
/* Parks the request. STATUS_UNAVAILABLE, without parking, when too many wait. */
enum status lane_add(struct lane *lane, struct upload *upload, struct problem *problem) MUST_CHECK;

#endif
