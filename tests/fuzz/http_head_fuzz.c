/* Heads and chunked bodies from arbitrary bytes, whole and in pieces.
 *
 * Input: a byte that says how to cut the rest into pieces, then a stream as a
 * client would send it: a head, and a chunked body behind it.
 */
#include "http/head.h"

#include <assert.h>
#include <stdlib.h>

#include "http/chunked.h"
#include "http/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A head that is accepted is framed in one way only. */
static void check_head(const struct http_head *head) {
  size_t hosts = 0, framings = 0;
  for (size_t i = 0; i < head->header_count; i++) {
    struct slice name = head->headers[i].name;
    assert(name.len > 0 && head->header_count <= HTTP_HEADER_COUNT_LIMIT);
    hosts += slice_equal_ignore_case(name, SLICE("host"));
    framings += slice_equal_ignore_case(name, SLICE("content-length"));
    framings += slice_equal_ignore_case(name, SLICE("transfer-encoding"));
  }
  assert(hosts <= 1 && framings <= 1);
  assert(hosts == 1 || head->minor_version == 0);
  assert(!head->is_chunked || head->content_length == 0);
  assert(head->target.len && (head->target.ptr[0] == '/' || head->target.ptr[0] == '*'));
}

static enum head_progress scan_in_pieces(struct slice bytes, size_t piece, size_t *length) {
  struct head_scanner scanner = {0};
  struct http_fault fault;
  enum head_progress progress = HEAD_MORE;
  for (size_t end = piece; progress == HEAD_MORE; end += piece) {
    progress = head_scan(&scanner, slice_upto(bytes, end), &fault);
    if (end >= bytes.len) break;
  }
  *length = scanner.offset;
  return progress;
}

static enum chunked_step decode(struct slice bytes, size_t piece, size_t *length) {
  struct chunked chunked = {0};
  struct http_fault fault;
  struct slice data;
  enum chunked_step step = CHUNKED_MORE;
  *length = 0;
  while (bytes.len && (step == CHUNKED_MORE || step == CHUNKED_DATA)) {
    struct slice input = slice_upto(bytes, piece);
    size_t before = input.len;
    step = chunked_next(&chunked, &input, &data, &fault);
    if (step == CHUNKED_DATA) *length += data.len;
    bytes = slice_from(bytes, before - input.len);
  }
  return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  size_t piece = (size_t)data[0] + 1, length, length_in_pieces;
  struct slice bytes = slice_of((const char *)data + 1, size - 1);
  enum head_progress progress = scan_in_pieces(bytes, HTTP_HEAD_LIMIT + 1, &length);
  enum head_progress again = scan_in_pieces(bytes, piece, &length_in_pieces);
  assert(progress == again);
  struct slice body = bytes;
  if (progress == HEAD_WHOLE) {
    assert(length == length_in_pieces);
    struct arena arena = {0};
    struct http_head head;
    struct http_fault fault;
    if (head_parse(&head, &arena, slice_upto(bytes, length), &fault))
      check_head(&head);
    else
      assert(fault.code >= 400 && fault.code <= 505);
    arena_free(&arena);
    body = slice_from(bytes, length);
  }
  size_t whole_len, pieces_len;
  enum chunked_step whole = decode(body, SIZE_MAX, &whole_len);
  enum chunked_step pieces = decode(body, piece, &pieces_len);
  assert((whole == CHUNKED_BAD) == (pieces == CHUNKED_BAD) && whole_len == pieces_len);
  return 0;
}
