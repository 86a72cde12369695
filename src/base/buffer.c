/* buffer.c - see buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

#include "base/banned.h"

struct buffer buffer_make(size_t limit_bytes) {
  return (struct buffer){.limit = limit_bytes};
}

void buffer_free(struct buffer *buffer) {
  free(buffer->data);
  *buffer = buffer_make(buffer->limit);
}

void buffer_clear(struct buffer *buffer) {
  buffer->len = 0;
  buffer->is_overflown = false;
}

char *buffer_reserve(struct buffer *buffer, size_t size) {
  if (size > buffer->limit - buffer->len) {
    buffer->is_overflown = true;
    return NULL;
  }
  size_t needed = buffer->len + size;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    if (capacity < needed) capacity = needed;
    if (capacity > buffer->limit) capacity = buffer->limit;
    buffer->data = memory_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
  }
  return buffer->data + buffer->len;
}

void buffer_append_grow(struct buffer *buffer, const void *data, size_t size) {
  char *room = buffer->is_overflown ? NULL : buffer_reserve(buffer, size);
  if (!room || !size) return;
  memcpy(room, data, size);
  buffer->len += size;
}

void buffer_append_u64(struct buffer *buffer, uint64_t value) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  buffer_append(buffer, digits + at, sizeof digits - at);
}

void buffer_append_i64(struct buffer *buffer, int64_t value) {
  if (value < 0) {
    buffer_append_byte(buffer, '-');
    buffer_append_u64(buffer, 0 - (uint64_t)value);
  } else {
    buffer_append_u64(buffer, (uint64_t)value);
  }
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *room = length >= 0 ? buffer_reserve(buffer, (size_t)length + 1) : NULL;
  if (room) {
    vsnprintf(room, (size_t)length + 1, format, again);
    buffer->len += (size_t)length;
  }
  va_end(again);
}

struct slice buffer_slice(const struct buffer *buffer) {
  return slice_of(buffer->data, buffer->len);
}
