/* store_endpoint.c - one event as the whole body: what SDKs sent before there were envelopes.
 *
 * JSON as it is, or base64 of JSON, or base64 of zlib of JSON.
 */
#include "event/limits.h"
#include "ingest/submission.h"

#include <stdlib.h>

#include "base/banned.h"

/* Base64, and in it JSON or zlib of JSON. From the scratch arena. */
static enum status unwrap(struct arena *scratch, struct slice text, struct slice *json,
                          struct problem *problem) {
  if (text.len > 2 * EVENT_JSON_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE, "The event is larger than %d bytes of JSON.",
                       EVENT_JSON_LIMIT);
  }
  if (!base64_decode(scratch, text, json)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The body is neither a JSON object nor base64 of one.");
  }
  if (slice_starts_with(slice_trim(*json), SLICE("{"))) return STATUS_OK;
  struct decoded decoded;
  enum status status = coding_decode(CODING_DEFLATE, *json, EVENT_JSON_LIMIT, &decoded, problem);
  if (status) return status;
  *json = arena_copy(scratch, decoded.bytes);
  free(decoded.memory);
  return STATUS_OK;
}

static enum status read_text(struct submission *submission, struct slice text,
                             struct problem *problem) {
  text = slice_trim(text);
  if (slice_is_empty(text)) {
    problem_set(problem, STATUS_BAD_INPUT, "The body is empty; send an event as JSON.");
    return upload_fail(submission->upload, STATUS_BAD_INPUT, "no_data");
  }
  if (!upload_take_rate(submission->upload, CATEGORY_ERROR)) {
    upload_count(submission->upload, CATEGORY_ERROR, OUTCOME_RATE_LIMITED,
                 rate_hits_reason(&submission->upload->hits));
    return problem_set(problem, STATUS_BUSY,
                       "The rate limit of this project or key is reached. It is in the project's "
                       "settings.");
  }
  submission->event_category = CATEGORY_ERROR;
  submission->event_json = text;
  bool is_json = text.ptr[0] == '{' || text.ptr[0] == '[' || text.ptr[0] == '\xef';
  return is_json ? STATUS_OK : unwrap(submission->scratch, text, &submission->event_json, problem);
}

const struct endpoint store_endpoint = {.read = read_text};
