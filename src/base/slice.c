/* slice.c - see slice.h. */
#include "base/slice.h"

#include <string.h>

#include "base/banned.h"

struct slice slice_of(const char *ptr, size_t len) {
  return (struct slice){ptr, len};
}

struct slice slice_of_string(const char *string) {
  return (struct slice){string, string ? strlen(string) : 0};
}

bool slice_is_empty(struct slice s) { return s.len == 0; }

bool slice_equal(struct slice a, struct slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_equal_string(struct slice s, const char *string) {
  return slice_equal(s, slice_of_string(string));
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

bool slice_equal_ignore_case(struct slice a, struct slice b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  }
  return true;
}

int slice_compare(struct slice a, struct slice b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
  if (order) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

bool slice_starts_with(struct slice s, struct slice prefix) {
  return s.len >= prefix.len && slice_equal(slice_upto(s, prefix.len), prefix);
}

bool slice_ends_with(struct slice s, struct slice suffix) {
  return s.len >= suffix.len && slice_equal(slice_from(s, s.len - suffix.len), suffix);
}

size_t slice_find_byte(struct slice s, char byte) {
  const char *found = s.len ? memchr(s.ptr, byte, s.len) : NULL;
  return found ? (size_t)(found - s.ptr) : s.len;
}

size_t slice_find(struct slice s, struct slice needle) {
  /* memchr is vectorised and memmem is not: for the short needles here this is several times
   * faster. */
  for (size_t at = 0; needle.len <= s.len - at; at++) {
    if (needle.len == 0) return at;
    at += slice_find_byte(slice_of(s.ptr + at, s.len - at - needle.len + 1), needle.ptr[0]);
    if (needle.len > s.len - at) break;
    if (memcmp(s.ptr + at, needle.ptr, needle.len) == 0) return at;
  }
  return s.len;
}

size_t slice_find_last_byte(struct slice s, char byte) {
  const char *found = s.len ? memrchr(s.ptr, byte, s.len) : NULL;
  return found ? (size_t)(found - s.ptr) : s.len;
}

struct slice slice_from(struct slice s, size_t start) {
  if (start >= s.len) return SLICE_EMPTY;
  return (struct slice){s.ptr + start, s.len - start};
}

struct slice slice_upto(struct slice s, size_t end) {
  return (struct slice){s.ptr, end < s.len ? end : s.len};
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct slice slice_trim(struct slice s) {
  while (s.len && is_space(s.ptr[0])) s = slice_from(s, 1);
  while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
  return s;
}

struct slice slice_split(struct slice *rest, char separator) {
  size_t at = slice_find_byte(*rest, separator);
  struct slice head = slice_upto(*rest, at);
  *rest = slice_from(*rest, at + 1);
  return head;
}

bool slice_to_u64(struct slice s, uint64_t *value) {
  uint64_t result = 0;
  if (s.len == 0) return false;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    if (__builtin_mul_overflow(result, 10u, &result) ||
        __builtin_add_overflow(result, (uint64_t)(s.ptr[i] - '0'), &result))
      return false;
  }
  *value = result;
  return true;
}

bool slice_to_i64(struct slice s, int64_t *value) {
  uint64_t result;
  if (!slice_to_u64(s, &result) || result > INT64_MAX) return false;
  *value = (int64_t)result;
  return true;
}

static bool is_continuation(char c) { return ((unsigned char)c & 0xc0u) == 0x80u; }

struct slice slice_cut_utf8(struct slice s, size_t max_bytes) {
  if (s.len <= max_bytes) return s;
  while (max_bytes && is_continuation(s.ptr[max_bytes])) max_bytes--;
  return slice_upto(s, max_bytes);
}

struct slice slice_cut_characters(struct slice s, size_t max_characters) {
  size_t characters = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (is_continuation(s.ptr[i])) continue;
    if (characters++ == max_characters) return slice_upto(s, i);
  }
  return s;
}
