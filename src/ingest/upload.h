/* upload.h - one request of an SDK on its way; what the files of ingest share.
 *
 *   ingest.c: handler ─► check key ─► small? ──yes──► upload_take() ─► parked until digested
 *                                        └──no──► lane.c: queue ─► thread ─► upload_take()
 */
#ifndef CULPRIT_INGEST_UPLOAD_H
#define CULPRIT_INGEST_UPLOAD_H

#include <stdatomic.h>

#include "event/coding.h"
#include "ingest/auth.h"
#include "ingest/ingest.h"
#include "ingest/keys.h"

struct lane;

struct ingest {
  struct store *store;
  struct keys keys;
  struct lane *lane;
  _Atomic uint64_t events_accepted, events_duplicate, items_dropped;
  _Atomic uint64_t rejected_auth, rejected_malformed, rejected_too_large, rejected_busy;
};

enum upload_kind { UPLOAD_ENVELOPE, UPLOAD_STORE };

/* Lives in the request's arena. */
struct upload {
  struct ingest *ingest;
  struct http_request *request;
  struct http_response *response;
  enum upload_kind kind;
  enum coding coding;
  int64_t project_id; /* of the path */
  int64_t received_ms;
  struct credentials credentials;
  bool is_key_checked;
  bool is_parked;
  bool is_on_lane;
  struct upload *next; /* the lane's */
};

/* Whether the key may send to the upload's project. STATUS_FORBIDDEN with a message when not. */
enum status upload_check_key(struct upload *upload, struct slice key,
                             struct problem *problem) MUST_CHECK;

/* Decodes, reads and hands over to the store. Fills the response and, when the request is parked,
 * resumes it; afterwards the upload may be gone. On a network thread it returns STATUS_TOO_LARGE,
 * with nothing done, when the body turns out to be one for the heavy lane; STATUS_OK otherwise. */
enum status upload_take(struct upload *upload) MUST_CHECK;

/* Answers with the problem's status, and counts it. */
void upload_refuse(struct upload *upload, const struct problem *problem);

/* lane.c: a thread and a bounded queue for bodies that are large or slow to decode. */
struct lane *lane_open(void);
void lane_close(struct lane *lane);
/* Parks the request. STATUS_UNAVAILABLE, without parking, when too many wait. */
enum status lane_add(struct lane *lane, struct upload *upload, struct problem *problem) MUST_CHECK;

#endif
