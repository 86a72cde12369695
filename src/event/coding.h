/* coding.h - content codings of request bodies, and base64; see coding.c. */
#ifndef CULPRIT_EVENT_CODING_H
#define CULPRIT_EVENT_CODING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODING_BROTLI, CODING_ZSTD };

/* The coding that a Content-Encoding header names; the empty value is identity. STATUS_BAD_INPUT
 * for unknown ones and for lists. */
enum status coding_parse(struct slice header, enum coding *coding,
                         struct problem *problem) MUST_CHECK;

/* Bytes that the decoded body will take, where the body says so (gzip, zstd), clamped to `limit`;
 * otherwise `limit`. A hint from outside: never more than a size to reserve. */
size_t coding_decoded_size_hint(enum coding coding, struct slice body, size_t limit);

/* Decodes `body` into memory that the caller owns and frees with free(). STATUS_TOO_LARGE beyond
 * `limit` bytes, STATUS_BAD_INPUT when the stream is broken or cut short. For CODING_IDENTITY
 * nothing is allocated: *memory is null and *decoded borrows `body`. */
struct decoded {
  struct slice bytes;
  char *memory; /* the caller's to free(); null when nothing was decoded */
};
enum status coding_decode(enum coding coding, struct slice body, size_t limit,
                          struct decoded *decoded, struct problem *problem) MUST_CHECK;

/* Standard or URL alphabet, padding optional, white space skipped; false when malformed. From the
 * arena. */
bool base64_decode(struct arena *arena, struct slice text, struct slice *bytes);

#endif
