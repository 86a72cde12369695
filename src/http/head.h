/* head.h - the head of a request: where it ends, whether it is sound, what it says.
 *
 *   bytes ─► head_scan() ─► whole head ─► head_parse() ─► struct http_head
 *            line ends,                   llhttp, then what is ambiguous or
 *            control bytes,               dangerous: hosts, lengths, codings
 *            size
 *
 * Both are pure and are the fuzz target's way in.
 */
#ifndef CULPRIT_HTTP_HEAD_H
#define CULPRIT_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "http/http.h"

/* Why a request is refused: an HTTP status code and a sentence for people. */
struct http_fault {
  int code;
  const char *reason; /* a literal */
};

/* All zero before the first byte of a head. */
struct head_scanner {
  uint32_t offset; /* bytes looked at */
  uint16_t lines;  /* complete lines, with the request line */
  uint8_t state;
};

enum head_progress { HEAD_MORE, HEAD_WHOLE, HEAD_BAD };

/* Looks at `bytes` from where it stopped the last time; they have to start at the head's first
 * byte each time. HEAD_WHOLE: the head is the first `offset` bytes. HEAD_BAD: `fault` says why. */
enum head_progress head_scan(struct head_scanner *scanner, struct slice bytes,
                             struct http_fault *fault);

struct http_head {
  struct slice method;
  struct slice target; /* "/path?query", also when it was sent in absolute form */
  struct http_header *headers;
  size_t header_count;
  unsigned minor_version; /* of HTTP/1 */
  uint64_t content_length;
  bool has_body; /* a length above zero, or chunked */
  bool is_chunked;
  bool keeps_alive;
  bool expects_continue;
};

/* Reads a head that head_scan() found whole. Slices borrow from `bytes`; the headers are from the
 * arena. False with `fault`; then `head` holds what was understood. */
bool head_parse(struct http_head *head, struct arena *arena, struct slice bytes,
                struct http_fault *fault);

#endif
