/* url.c - percent-encoding. */
#include "http/http.h"

#include <string.h>

#include "base/bytes.h"

#include "base/banned.h"

struct slice url_decode(struct arena *arena, struct slice s, bool plus_is_blank) {
  if (slice_find_byte(s, '%') == s.len && (!plus_is_blank || slice_find_byte(s, '+') == s.len))
    return s;
  char *out = arena_alloc_raw(arena, s.len);
  size_t len = 0;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (c == '%' && s.len - i > 2 && hex_decode(slice_of(s.ptr + i + 1, 2), &c, 1))
      i += 2;
    else if (c == '+' && plus_is_blank)
      c = ' ';
    out[len++] = c;
  }
  return slice_of(out, len);
}

static bool is_unreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c && strchr("-._~", c));
}

struct slice url_encode(struct arena *arena, struct slice s) {
  static const char digits[] = "0123456789ABCDEF";
  char *out = arena_array(arena, s.len, 3);
  size_t len = 0;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (is_unreserved(c)) {
      out[len++] = (char)c;
      continue;
    }
    out[len++] = '%';
    out[len++] = digits[c >> 4];
    out[len++] = digits[c & 15];
  }
  return slice_of(out, len);
}
