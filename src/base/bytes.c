/* bytes.c - see bytes.h. */
#include "base/bytes.h"

#include <sodium.h>
#include <string.h>

#include "base/buffer.h"

#include "base/banned.h"

void hex_encode(const void *bytes, size_t size, char *out) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *in = bytes;
  for (size_t i = 0; i < size; i++) {
    out[2 * i] = digits[in[i] >> 4];
    out[2 * i + 1] = digits[in[i] & 15];
  }
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool hex_decode(struct slice hex, void *bytes, size_t size) {
  unsigned char *out = bytes;
  if (hex.len != 2 * size) return false;
  for (size_t i = 0; i < size; i++) {
    int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = (unsigned char)(high << 4 | low);
  }
  return true;
}

void random_fill(void *bytes, size_t size) { randombytes_buf(bytes, size); }

struct slice random_hex(struct arena *arena, size_t bytes) {
  char *out = arena_alloc_raw(arena, 3 * bytes);
  random_fill(out + 2 * bytes, bytes);
  hex_encode(out + 2 * bytes, bytes, out);
  return slice_of(out, 2 * bytes);
}

/* Length of the valid sequence at the start of `s`, or 0. Follows table 3-7 of
 * the Unicode standard: no overlong forms, no surrogates, nothing above 10FFFF. */
static size_t sequence_length(const unsigned char *s, size_t len) {
  unsigned char first = s[0];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (len < length) return 0;
  unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (s[1] < lowest || s[1] > highest) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

/* Number of bytes at the start of `s` that are valid. */
static size_t valid_prefix(struct slice s) {
  const unsigned char *bytes = (const unsigned char *)s.ptr;
  size_t at = 0;
  while (at < s.len) {
    uint64_t eight;
    while (s.len - at >= 8) {
      memcpy(&eight, bytes + at, 8);
      if (eight & UINT64_C(0x8080808080808080)) break;
      at += 8;
    }
    if (at == s.len) break;
    size_t length = sequence_length(bytes + at, s.len - at);
    if (!length) break;
    at += length;
  }
  return at;
}

bool utf8_is_valid(struct slice s) { return valid_prefix(s) == s.len; }

struct slice utf8_repair(struct arena *arena, struct slice s) {
  size_t valid = valid_prefix(s);
  if (valid == s.len) return s;
  char *out = arena_alloc_raw(arena, s.len * 3); /* U+FFFD takes three bytes */
  size_t len = 0;
  while (s.len) {
    memcpy(out + len, s.ptr, valid);
    len += valid;
    s = slice_from(s, valid);
    if (s.len) {
      memcpy(out + len, "\xef\xbf\xbd", 3);
      len += 3;
      s = slice_from(s, 1);
    }
    valid = valid_prefix(s);
  }
  return slice_of(out, len);
}

bool event_id_parse(struct slice text, struct event_id *id) {
  char digits[EVENT_ID_DIGITS];
  size_t count = 0;
  bool has_dashes = text.len == 36;
  if (!has_dashes && text.len != EVENT_ID_DIGITS) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (has_dashes && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text.ptr[i] != '-') return false;
    } else {
      digits[count++] = text.ptr[i];
    }
  }
  if (!hex_decode(slice_of(digits, count), id->bytes, EVENT_ID_BYTES)) return false;
  return !sodium_is_zero(id->bytes, EVENT_ID_BYTES);
}

struct event_id event_id_random(void) {
  struct event_id id;
  random_fill(id.bytes, sizeof id.bytes);
  id.bytes[6] = (unsigned char)((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = (unsigned char)((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

struct slice event_id_hex(struct arena *arena, const struct event_id *id) {
  char *out = arena_alloc_raw(arena, EVENT_ID_DIGITS);
  hex_encode(id->bytes, EVENT_ID_BYTES, out);
  return slice_of(out, EVENT_ID_DIGITS);
}
