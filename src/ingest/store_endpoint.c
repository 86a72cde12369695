/* store_endpoint.c - one event as the whole body: what SDKs sent before there were envelopes.
 *
 * JSON as it is, or base64 of JSON, or base64 of zlib of JSON. Browsers of old sent the same in the
 * address of an image.
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

/* --- in an image's address --------------------------------------------------------------- */

/* The whole of a GIF of one transparent pixel. */
static const char pixel[] =
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00" /* screen, two colors */
    "!\xf9\x04\x01\x00\x00\x00\x00"                              /* the first is clear */
    ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02"
    "D\x01\x00;"; /* one pixel */

/* Senders that do not encode the plus of base64 send what reads as blanks. */
static struct slice with_plus(struct arena *arena, struct slice text) {
  char *copy = arena_alloc_raw(arena, text.len);
  for (size_t i = 0; i < text.len; i++) copy[i] = text.ptr[i] == ' ' ? '+' : text.ptr[i];
  return slice_of(copy, text.len);
}

static enum status read_query(struct submission *submission, struct slice body,
                              struct problem *problem) {
  (void)body;
  struct slice text = http_query_value(submission->upload->request, "sentry_data");
  bool is_json = slice_starts_with(slice_trim(text), SLICE("{"));
  if (!is_json) text = with_plus(submission->scratch, text);
  return read_text(submission, text, problem);
}

static void answer_pixel(struct submission *submission) {
  struct http_response *response = submission->upload->response;
  http_set_header(response, "Content-Type", SLICE("image/gif"));
  http_set_header(response, "Cache-Control", SLICE("no-store"));
  response->static_body = slice_of(pixel, sizeof pixel - 1);
}

const struct endpoint store_query_endpoint = {.read = read_query, .answer = answer_pixel};
