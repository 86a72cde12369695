/* upload.c - one request: who sends it, where it is decoded, and on which thread.
 *
 * A key in the path, a header or the query is checked before anything is decoded. Small bodies are
 * decoded and read on the network thread, the others on the heavy lane. The decoded body is freed
 * before the request waits for the disk, so that many waiting requests take little memory.
 */
#include "ingest/upload.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "ingest/application.h"
#include "ingest/limits.h"
#include "ingest/submission.h"

#include "base/banned.h"

/* --- who sends ------------------------------------------------------------------------ */

static enum status check_origin(struct upload *upload, struct problem *problem) {
  if (!upload->project->origins) return STATUS_OK;
  struct slice origin = origin_of_request(upload->request);
  if (origins_allow(upload->project->origins, origin)) return STATUS_OK;
  upload->reason = "cors";
  return problem_set(problem, STATUS_FORBIDDEN,
                     "Pages of %.*s may not send to this project. Add it to the allowed origins in "
                     "the project's settings.",
                     SLICE_ARGS(slice_cut_utf8(utf8_repair(upload->request->arena, origin), 150)));
}

enum status upload_use_key(struct upload *upload, struct slice key, struct problem *problem) {
  const struct key_config *known = config_key(upload->snapshot, key);
  if (!known) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key is not known here. Copy the DSN from the project's settings.");
  }
  if (!upload->project_id) upload->project_id = known->key.project_id;
  if (known->key.project_id != upload->project_id) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key belongs to another project than %lld. Copy the DSN from the "
                       "project's settings.",
                       (long long)upload->project_id);
  }
  if (!known->key.is_active) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key is switched off. Use another one, or switch it on in the "
                       "project's settings.");
  }
  upload->project = config_project(upload->snapshot, known->key.project_id);
  if (!upload->project) {
    return problem_set(problem, STATUS_FORBIDDEN, "The key's project is not there any more.");
  }
  if (upload->project->is_off) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "Error tracking is off for this project. It can be enabled in the project's "
                       "settings.");
  }
  upload->key = known;
  return check_origin(upload, problem);
}

bool upload_take_rate(struct upload *upload, enum category category) {
  const struct rate_owners owners = {upload->key->limits, upload->project->limits};
  if (!owners.key && !owners.project) return true;
  return rate_limits_take(&owners, category, upload->received_ms / SECOND_MS, &upload->hits);
}

/* Where the route has no {project} the key says which it is: `POST /api/store/`, and the addresses
 * of GitLab's DSNs, whose ids are those of the GitLab that they come from. */
static enum status read_project(struct upload *upload, struct problem *problem) {
  struct slice text = http_parameter(upload->request, "project");
  uint64_t project_id;
  if (slice_is_empty(text)) return STATUS_OK;
  if (!slice_to_u64(text, &project_id) || !project_id || project_id > INT64_MAX) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The project in the path is not a number; check the DSN.");
  }
  upload->project_id = (int64_t)project_id;
  upload->is_project_named = true;
  return STATUS_OK;
}

static enum status read_head(struct upload *upload, struct problem *problem) {
  enum status status = read_project(upload, problem);
  if (!status) status = auth_read(upload->request, &upload->credentials, problem);
  if (status) return status;
  if (!slice_is_empty(upload->credentials.key)) {
    status = upload_use_key(upload, upload->credentials.key, problem);
  } else if (!upload->endpoint->may_lack_key) {
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "The request names no key. Send X-Sentry-Auth, or sentry_key in the query.");
  }
  if (status) return status;
  return coding_parse(http_header(upload->request, "Content-Encoding"), &upload->coding, problem);
}

/* --- which thread --------------------------------------------------------------------- */

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

void upload_begin(struct http_request *request, struct http_response *response,
                  const struct endpoint *endpoint) {
  const struct application *application = request->application;
  struct upload *upload = ARENA_NEW(request->arena, struct upload);
  struct problem problem = {0};
  *upload = (struct upload){.ingest = application->ingest,
                            .request = request,
                            .response = response,
                            .endpoint = endpoint,
                            .received_ms = clock_now_ms(),
                            .snapshot = config_acquire(application->ingest->config)};
  ingest_allow_origin(request, response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  if (read_head(upload, &problem)) {
    upload_refuse(upload, &problem);
    return;
  }
  if (is_small(upload) && upload_take(upload) == STATUS_OK) return;
  if (lane_add(application->ingest->lane, upload, &problem)) upload_refuse(upload, &problem);
}

/* --- decoding ------------------------------------------------------------------------- */

/* Decodes under `limit` and hands over. False, with nothing done, when the body does not fit. */
static bool take_within(struct upload *upload, size_t limit, bool is_last_try) {
  struct problem problem = {0};
  struct decoded decoded = {0};
  bool is_budgeted = upload->is_on_lane && upload->coding != CODING_IDENTITY;
  if (is_budgeted && !http_memory_take(limit)) {
    problem_set(&problem, STATUS_UNAVAILABLE,
                "Too many large requests at once. Try again in a few seconds.");
    upload_refuse(upload, &problem);
    return true;
  }
  enum status status =
      coding_decode(upload->coding, upload->request->body, limit, &decoded, &problem);
  bool is_too_large = status == STATUS_TOO_LARGE && !is_last_try;
  status = upload_fail(upload, status, "invalid_compression");
  /* When it is handed over, nothing refers to the decoded body any more; the upload itself may be
   * gone by then. */
  if (!status) status = submission_run(upload, decoded.bytes, &problem);
  if (status && !is_too_large) upload_refuse(upload, &problem);
  free(decoded.memory);
  if (is_budgeted) http_memory_give(limit);
  return !is_too_large;
}

static void take_on_lane(struct upload *upload) {
  size_t limit =
      coding_decoded_size_hint(upload->coding, upload->request->body, INGEST_DECODED_LIMIT + 1);
  if (limit == 0 || limit > INGEST_DECODED_FIRST_TRY) limit = INGEST_DECODED_FIRST_TRY;
  if (upload->coding == CODING_IDENTITY) limit = INGEST_DECODED_LIMIT;
  if (take_within(upload, limit, limit == INGEST_DECODED_LIMIT)) return;
  take_within(upload, INGEST_DECODED_LIMIT, true);
}

enum status upload_take(struct upload *upload) {
  if (upload->is_on_lane)
    take_on_lane(upload);
  else if (!take_within(upload, INGEST_INLINE_DECODED, false))
    return STATUS_TOO_LARGE;
  return STATUS_OK;
}
