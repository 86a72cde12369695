/* html.c - escaping, by the place of a value in a page.
 *
 * html_text() is called for every value of every page: it copies runs of
 * harmless bytes at once and looks each byte up in a table. The same escaping
 * serves text and quoted attributes, so that a value that the compiler took for
 * one and a browser for the other is still harmless.
 */
#include "web/html.h"

#include <assert.h>
#include <string.h>

#include "assets.h"
#include "base/banned.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* What stands for a byte; null for itself. HTML forbids the control characters that become
 * U+FFFD here. */
static const char *const escapes[256] = {
    [0x00] = REPLACEMENT, [0x01] = REPLACEMENT, [0x02] = REPLACEMENT, [0x03] = REPLACEMENT,
    [0x04] = REPLACEMENT, [0x05] = REPLACEMENT, [0x06] = REPLACEMENT, [0x07] = REPLACEMENT,
    [0x08] = REPLACEMENT, [0x0b] = REPLACEMENT, [0x0c] = REPLACEMENT, [0x0e] = REPLACEMENT,
    [0x0f] = REPLACEMENT, [0x10] = REPLACEMENT, [0x11] = REPLACEMENT, [0x12] = REPLACEMENT,
    [0x13] = REPLACEMENT, [0x14] = REPLACEMENT, [0x15] = REPLACEMENT, [0x16] = REPLACEMENT,
    [0x17] = REPLACEMENT, [0x18] = REPLACEMENT, [0x19] = REPLACEMENT, [0x1a] = REPLACEMENT,
    [0x1b] = REPLACEMENT, [0x1c] = REPLACEMENT, [0x1d] = REPLACEMENT, [0x1e] = REPLACEMENT,
    [0x1f] = REPLACEMENT, [0x7f] = REPLACEMENT, ['&'] = "&amp;",      ['<'] = "&lt;",
    ['>'] = "&gt;",       ['"'] = "&quot;",     ['\''] = "&#39;",
};

void html_text(struct buffer *out, struct slice text) {
  size_t start = 0;
  for (size_t i = 0; i < text.len; i++) {
    const char *escape = escapes[(unsigned char)text.ptr[i]];
    if (!escape) continue;
    buffer_append(out, text.ptr + start, i - start);
    buffer_append(out, escape, strlen(escape));
    start = i + 1;
  }
  if (text.len > start) buffer_append(out, text.ptr + start, text.len - start);
}

void html_text_string(struct buffer *out, const char *text) {
  html_text(out, slice_of_string(text));
}

void html_text_i64(struct buffer *out, int64_t number) { buffer_append_i64(out, number); }

void html_text_u64(struct buffer *out, uint64_t number) { buffer_append_u64(out, number); }

/* Browsers drop tabs, line ends and leading control characters from addresses and read '\' as
 * '/', so an address that holds any of them is not what it looks like. */
bool url_is_harmless(struct slice url) {
  static const char *const schemes[] = {"http", "https", "mailto"};
  for (size_t i = 0; i < url.len; i++) {
    unsigned char byte = (unsigned char)url.ptr[i];
    if (byte <= ' ' || byte == 0x7f || byte == '\\') return false;
  }
  if (slice_starts_with(url, SLICE("//"))) return false;
  size_t end = 0;
  while (end < url.len && !strchr(":/?#", url.ptr[end])) end++;
  if (end == url.len || url.ptr[end] != ':') return true;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (slice_equal_ignore_case(slice_upto(url, end), slice_of_string(schemes[i]))) return true;
  }
  return false;
}

void html_url(struct buffer *out, struct slice url) {
  html_text(out, url_is_harmless(url) ? url : SLICE("#"));
}

void html_url_string(struct buffer *out, const char *url) { html_url(out, slice_of_string(url)); }

static bool is_unreserved(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' || byte == '~';
}

void html_url_part(struct buffer *out, struct slice part) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < part.len; i++) {
    unsigned char byte = (unsigned char)part.ptr[i];
    if (is_unreserved(byte)) {
      buffer_append_byte(out, (char)byte);
    } else {
      char escaped[3] = {'%', digits[byte >> 4], digits[byte & 15]};
      buffer_append(out, escaped, sizeof escaped);
    }
  }
}

void html_url_part_string(struct buffer *out, const char *part) {
  html_url_part(out, slice_of_string(part));
}

void html_raw(struct buffer *out, struct html html) { buffer_append_slice(out, html.escaped); }

void html_icon(struct buffer *out, const char *name, bool is_small) {
  if (is_small) {
    BUFFER_APPEND_LITERAL(out, "<svg class=\"icon small\" aria-hidden=\"true\"><use href=\"");
  } else {
    BUFFER_APPEND_LITERAL(out, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"");
  }
  BUFFER_APPEND_LITERAL(out, ASSET_ICONS_SVG "#");
  html_text_string(out, name);
  BUFFER_APPEND_LITERAL(out, "\"></use></svg>");
}

/* The first character of the first two words. */
static struct slice initials_of(struct slice name, char out[8]) {
  size_t len = 0;
  struct slice rest = slice_trim(name);
  for (int word = 0; word < 2 && rest.len; word++) {
    size_t at = slice_find_byte(rest, ' ');
    struct slice first = slice_cut_characters(slice_upto(rest, at), 1);
    if (first.len > 4) first.len = 0;
    if (first.len) memcpy(out + len, first.ptr, first.len);
    if (first.len == 1 && out[len] >= 'a' && out[len] <= 'z') out[len] = (char)(out[len] - 32);
    len += first.len;
    rest = slice_trim(slice_from(rest, at));
  }
  return slice_of(out, len);
}

void html_avatar(struct buffer *out, struct slice name, const char *shape) {
  unsigned colour = 0;
  for (size_t i = 0; i < name.len; i++) colour = colour * 31 + (unsigned char)name.ptr[i];
  char initials[8];
  BUFFER_APPEND_LITERAL(out, "<span class=\"avatar a");
  buffer_append_u64(out, colour % 4 + 1);
  if (shape[0]) buffer_append_byte(out, ' ');
  html_text_string(out, shape);
  BUFFER_APPEND_LITERAL(out, "\" data-i=\"");
  html_text(out, initials_of(name, initials));
  BUFFER_APPEND_LITERAL(out, "\"></span>");
}
