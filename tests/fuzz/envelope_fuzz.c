/* envelope_fuzz.c - bodies of every content coding, split into envelope items: the first byte
 * chooses the coding. Items lie inside the body, and reading ends. */
#include <stdint.h>
#include <stdlib.h>

#include "event/coding.h"
#include "event/envelope.h"

#include "base/banned.h"

enum { DECODED_LIMIT = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void split(struct arena *arena, struct slice body) {
  struct envelope envelope;
  struct envelope_header header;
  struct envelope_item item;
  struct problem problem = {0};
  enum status status = envelope_open(&envelope, arena, body, &header, &problem);
  while (!status) {
    status = envelope_next(&envelope, arena, &item, &problem);
    if (status) break;
    check(!slice_is_empty(item.type));
    check(slice_is_empty(item.payload) ||
          (item.payload.ptr >= body.ptr &&
           item.payload.ptr + item.payload.len <= body.ptr + body.len));
  }
  check(status == STATUS_END || (status == STATUS_BAD_INPUT && problem.message[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum coding codings[] = {CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODING_BROTLI,
                                        CODING_ZSTD};
  struct arena arena = {0};
  struct decoded decoded;
  struct problem problem = {0};
  if (size == 0) return 0;
  struct slice body = slice_of((const char *)data + 1, size - 1);
  enum coding coding = codings[data[0] % 5];
  if (coding_decode(coding, body, DECODED_LIMIT, &decoded, &problem) == STATUS_OK) {
    struct slice bytes;
    check(decoded.bytes.len <= DECODED_LIMIT);
    split(&arena, decoded.bytes);
    check(!base64_decode(&arena, decoded.bytes, &bytes) || bytes.len <= decoded.bytes.len);
    free(decoded.memory);
  }
  arena_free(&arena);
  return 0;
}
