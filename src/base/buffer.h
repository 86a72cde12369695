/* buffer.h - bytes that are appended to, with a hard limit.
 *
 * Every buffer states its limit when it is made. Appending past it sets
 * `is_overflown` and drops the rest, so that a chain of appends needs one check
 * at its end. The memory is the buffer's own; free it with buffer_free().
 */
#ifndef CULPRIT_BASE_BUFFER_H
#define CULPRIT_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

struct buffer {
  char *data;
  size_t len;
  size_t capacity;
  size_t limit; /* of len, in bytes */
  bool is_overflown;
};

/* An empty buffer that never grows beyond `limit_bytes`. Allocates nothing yet. */
struct buffer buffer_make(size_t limit_bytes);
void buffer_free(struct buffer *buffer);
/* Empty again; the memory is kept. */
void buffer_clear(struct buffer *buffer);

/* Room for `size` more bytes: a pointer to write to, or null when the limit is
 * passed. After writing, add to `len`. */
char *buffer_reserve(struct buffer *buffer, size_t size);

void buffer_append_grow(struct buffer *buffer, const void *data, size_t size);

static inline void buffer_append(struct buffer *buffer, const void *data, size_t size) {
  if (buffer->capacity - buffer->len < size) {
    buffer_append_grow(buffer, data, size);
  } else if (size) {
    memcpy(buffer->data + buffer->len, data, size);
    buffer->len += size;
  }
}

static inline void buffer_append_byte(struct buffer *buffer, char byte) {
  buffer_append(buffer, &byte, 1);
}

static inline void buffer_append_slice(struct buffer *buffer, struct slice s) {
  buffer_append(buffer, s.ptr, s.len);
}

#define BUFFER_APPEND_LITERAL(buffer, literal) \
  buffer_append((buffer), ("" literal), sizeof(literal) - 1)

void buffer_append_u64(struct buffer *buffer, uint64_t value);
void buffer_append_i64(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is in it; borrows, until the next append. */
struct slice buffer_slice(const struct buffer *buffer);

#endif
