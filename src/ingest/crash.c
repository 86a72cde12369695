/* crash.c - a crash dump becomes the event of its request; see file.h. */
#include <stdlib.h>

#include "event/limits.h"
#include "event/minidump.h"
#include "ingest/file.h"
#include "ingest/limits.h"
#include "json/json.h"
#include "store/limits.h"

#include "base/banned.h"

/* What the sender said, a dump's own part, and the JSON around both. */
enum { EVENT_BUFFER_LIMIT = 8 * EVENT_JSON_LIMIT };

enum status crash_unpack(struct submission *submission, struct slice bytes,
                         struct unpacked *unpacked, struct problem *problem) {
  bool is_gzip = slice_starts_with(bytes, SLICE("\x1f\x8b"));
  bool is_zstd = slice_starts_with(bytes, SLICE("\x28\xb5\x2f\xfd"));
  *unpacked = (struct unpacked){.decoded.bytes = bytes};
  if (slice_starts_with(bytes, SLICE("\xfd"
                                     "7zXZ")) ||
      slice_starts_with(bytes, SLICE("BZh"))) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The minidump is compressed by xz or bzip2; send it as it is, or by gzip or "
                       "zstd.");
  }
  if (!is_gzip && !is_zstd) return STATUS_OK;
  /* On a network thread STATUS_TOO_LARGE sends the request to the heavy lane. */
  size_t limit = submission->upload->is_on_lane ? STORE_ATTACHMENT_BYTES : INGEST_INLINE_DECODED;
  enum coding coding = is_gzip ? CODING_GZIP : CODING_ZSTD;
  size_t hint = coding_decoded_size_hint(coding, bytes, limit), size = hint ? hint : limit;
  if (!http_memory_take(size)) {
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "Too many large requests at once. Try again in a few seconds.");
  }
  unpacked->taken = size;
  enum status status = coding_decode(coding, bytes, size, &unpacked->decoded, problem);
  if (status) crash_free(unpacked);
  return status;
}

void crash_free(struct unpacked *unpacked) {
  free(unpacked->decoded.memory);
  if (unpacked->taken) http_memory_give(unpacked->taken);
  *unpacked = (struct unpacked){0};
}

/* The event's JSON in the scratch arena; the empty slice when it is longer than an event may be. */
static struct slice event_of(struct submission *submission, const struct minidump *dump,
                             yyjson_val *base) {
  struct buffer out = buffer_make(EVENT_BUFFER_LIMIT);
  minidump_write_event(dump, submission->scratch, base, &out);
  bool is_short = !out.is_overflown && out.len <= EVENT_JSON_LIMIT;
  struct slice json = is_short ? arena_copy(submission->scratch, buffer_slice(&out)) : SLICE_EMPTY;
  buffer_free(&out);
  return json;
}

enum status crash_take(struct submission *submission, struct slice bytes, bool is_strict,
                       struct problem *problem) {
  struct arena parsed = {0};
  struct minidump dump;
  yyjson_val *base = NULL;
  bool is_readable = !minidump_read(submission->scratch, bytes, &dump, problem);
  if (!is_readable && is_strict)
    return upload_fail(submission->upload, STATUS_BAD_INPUT, "invalid_minidump");
  if (!slice_is_empty(submission->event_json)) {
    enum status status = json_read(&parsed, submission->event_json, &base, problem);
    if (status) {
      arena_free(&parsed);
      return upload_fail(submission->upload, status, "invalid_json");
    }
  }
  struct slice json = event_of(submission, is_readable ? &dump : NULL, base);
  /* A crash without what the sender added is better than none. */
  if (slice_is_empty(json)) json = event_of(submission, is_readable ? &dump : NULL, NULL);
  arena_free(&parsed);
  submission->event_json = json;
  submission->event_category = CATEGORY_ERROR;
  return STATUS_OK;
}

enum status crash_take_item(struct submission *submission, struct problem *problem) {
  struct unpacked unpacked;
  struct upload *upload = submission->upload;
  bool has_crash = submission->minidump.len || submission->native.event.len;
  if (!has_crash || submission->is_event_dropped) return STATUS_OK;
  /* An event of its own was asked for already. */
  if (slice_is_empty(submission->event_json) && !upload_take_rate(upload, CATEGORY_ERROR)) {
    submission->is_event_dropped = true;
    upload_count(upload, CATEGORY_ERROR, OUTCOME_RATE_LIMITED, rate_hits_reason(&upload->hits));
    return STATUS_OK;
  }
  if (slice_is_empty(submission->event_json)) {
    submission->event_category = CATEGORY_ERROR;
    submission->event_json = native_event_json(submission->scratch, &submission->native);
  }
  if (slice_is_empty(submission->minidump)) return STATUS_OK;
  enum status status = crash_unpack(submission, submission->minidump, &unpacked, problem);
  bool is_for_lane = status == STATUS_TOO_LARGE && !upload->is_on_lane;
  if (is_for_lane || status == STATUS_UNAVAILABLE) return status;
  /* Broken compression is a broken dump. */
  if (status) unpacked = (struct unpacked){0};
  status = crash_take(submission, unpacked.decoded.bytes, false, problem);
  crash_free(&unpacked);
  return status;
}
