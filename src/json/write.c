/* write.c - values to JSON text; see json.h. */
#include "json/json.h"

#include <string.h>

#include "base/banned.h"

/* What each byte needs: 0 nothing, 'u' a \u00XX escape, else the letter behind a backslash. */
static const char escapes[256] = {
    [0] = 'u',  [1] = 'u',    [2] = 'u',    [3] = 'u',    [4] = 'u',   [5] = 'u',     [6] = 'u',
    [7] = 'u',  ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [11] = 'u',  ['\f'] = 'f',  ['\r'] = 'r',
    [14] = 'u', [15] = 'u',   [16] = 'u',   [17] = 'u',   [18] = 'u',  [19] = 'u',    [20] = 'u',
    [21] = 'u', [22] = 'u',   [23] = 'u',   [24] = 'u',   [25] = 'u',  [26] = 'u',    [27] = 'u',
    [28] = 'u', [29] = 'u',   [30] = 'u',   [31] = 'u',   ['"'] = '"', ['\\'] = '\\',
};

/* Bytes of `value` that are below 0x20, a quote or a backslash have their top bit set. */
static uint64_t special_bytes(uint64_t value) {
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
  uint64_t quote = value ^ (ones * '"'), backslash = value ^ (ones * '\\');
  uint64_t is_quote = (quote - ones) & ~quote, is_backslash = (backslash - ones) & ~backslash;
  uint64_t is_control = (value - ones * 0x20) & ~value;
  return (is_quote | is_backslash | is_control) & tops;
}

/* Number of bytes at the start of `s` that need no escape. */
static size_t plain_length(struct slice s) {
  size_t at = 0;
  uint64_t eight;
  while (s.len - at >= 8) {
    memcpy(&eight, s.ptr + at, 8);
    if (special_bytes(eight)) break;
    at += 8;
  }
  while (at < s.len && !escapes[(unsigned char)s.ptr[at]]) at++;
  return at;
}

/* Copies and checks eight bytes at a time, up to the first that needs an escape. There have to be
 * eight bytes more room than text. Returns how many were copied. */
static size_t copy_plain(char *out, struct slice text) {
  size_t at = 0;
  uint64_t eight;
  for (; text.len - at >= 8; at += 8) {
    memcpy(&eight, text.ptr + at, 8);
    memcpy(out + at, &eight, 8);
    if (special_bytes(eight)) break;
  }
  for (; at < text.len && !escapes[(unsigned char)text.ptr[at]]; at++) out[at] = text.ptr[at];
  return at;
}

static void append_escape(struct buffer *out, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  const char kind = escapes[byte];
  const char escape[6] = {'\\', kind, '0', '0', digits[byte >> 4], digits[byte & 15]};
  buffer_append(out, escape, kind == 'u' ? 6 : 2);
}

/* Appends `text` in quotes, escaped. "<", ">" and "&" are left alone. */
static void json_append_quoted(struct buffer *out, struct slice text) {
  buffer_append_byte(out, '"');
  while (text.len) {
    size_t plain;
    if (out->capacity - out->len >= text.len + 8) {
      plain = copy_plain(out->data + out->len, text);
      out->len += plain;
    } else {
      plain = plain_length(text);
      buffer_append(out, text.ptr, plain);
    }
    if (plain == text.len) break;
    append_escape(out, (unsigned char)text.ptr[plain]);
    text = slice_from(text, plain + 1);
  }
  buffer_append_byte(out, '"');
}

static void separate(struct json_writer *writer) {
  if (writer->needs_comma) buffer_append_byte(writer->out, ',');
  writer->needs_comma = true;
}

static void open_container(struct json_writer *writer, char bracket) {
  separate(writer);
  buffer_append_byte(writer->out, bracket);
  writer->needs_comma = false;
}

static void close_container(struct json_writer *writer, char bracket) {
  buffer_append_byte(writer->out, bracket);
  writer->needs_comma = true;
}

void json_write_object(struct json_writer *writer) { open_container(writer, '{'); }
void json_write_object_end(struct json_writer *writer) { close_container(writer, '}'); }
void json_write_array(struct json_writer *writer) { open_container(writer, '['); }
void json_write_array_end(struct json_writer *writer) { close_container(writer, ']'); }

void json_write_key_text(struct json_writer *writer, struct slice name) {
  separate(writer);
  json_append_quoted(writer->out, name);
  buffer_append_byte(writer->out, ':');
  writer->needs_comma = false;
}

void json_write_key(struct json_writer *writer, const char *name) {
  json_write_key_text(writer, slice_of_string(name));
}

void json_write_text(struct json_writer *writer, struct slice text) {
  separate(writer);
  json_append_quoted(writer->out, text);
}

void json_write_integer(struct json_writer *writer, int64_t value) {
  separate(writer);
  buffer_append_i64(writer->out, value);
}

void json_write_raw(struct json_writer *writer, struct slice json) {
  separate(writer);
  buffer_append_slice(writer->out, json);
}

void json_write_bool(struct json_writer *writer, bool value) {
  json_write_raw(writer, value ? SLICE("true") : SLICE("false"));
}

void json_write_null(struct json_writer *writer) { json_write_raw(writer, SLICE("null")); }

static void write_limited_text(struct json_writer *writer, struct slice text, size_t characters) {
  struct slice cut = text.len > characters ? slice_cut_characters(text, characters) : text;
  if (cut.len == text.len) {
    json_write_text(writer, text);
    return;
  }
  json_write_text(writer, slice_cut_characters(text, characters - 3));
  writer->out->len -= writer->out->is_overflown ? 0 : 1; /* the closing quote */
  BUFFER_APPEND_LITERAL(writer->out, "...\"");
}

/* Of member names in copied objects. */
enum { KEY_CHARACTERS = 256 };

struct copy {
  struct json_writer *writer;
  const struct json_limits *limits;
  size_t start; /* where the outermost value began */
};

static bool is_full(const struct copy *copy) {
  const struct buffer *out = copy->writer->out;
  return out->is_overflown || out->len - copy->start >= copy->limits->bytes;
}

static void copy_value(const struct copy *copy, yyjson_val *value, unsigned depth);

static void copy_object(const struct copy *copy, yyjson_val *object, unsigned depth) {
  json_write_object(copy->writer);
  size_t index, count;
  yyjson_val *key, *value;
  yyjson_obj_foreach(object, index, count, key, value) {
    if (is_full(copy)) break;
    json_write_key_text(copy->writer, slice_cut_characters(json_text(key), KEY_CHARACTERS));
    copy_value(copy, value, depth);
  }
  json_write_object_end(copy->writer);
}

static void copy_array(const struct copy *copy, yyjson_val *array, unsigned depth) {
  json_write_array(copy->writer);
  size_t index, count;
  yyjson_val *value;
  yyjson_arr_foreach(array, index, count, value) {
    if (is_full(copy)) break;
    copy_value(copy, value, depth);
  }
  json_write_array_end(copy->writer);
}

/* Recurses, at most `limits.depth` deep. */
static void copy_value(const struct copy *copy, yyjson_val *value, unsigned depth) {
  struct slice text;
  if (yyjson_is_str(value)) {
    write_limited_text(copy->writer, json_text(value), copy->limits->characters);
  } else if (json_scalar_text(value, &text)) {
    json_write_raw(copy->writer, text);
  } else if (!yyjson_is_ctn(value)) {
    json_write_null(copy->writer);
  } else if (depth == 0 && yyjson_get_len(value) > 0) {
    json_write_text(copy->writer, yyjson_is_obj(value) ? SLICE("{…}") : SLICE("[…]"));
  } else if (yyjson_is_obj(value)) {
    copy_object(copy, value, depth ? depth - 1 : 0);
  } else {
    copy_array(copy, value, depth ? depth - 1 : 0);
  }
}

void json_write_value(struct json_writer *writer, yyjson_val *value,
                      const struct json_limits *limits) {
  struct copy copy = {writer, limits, writer->out->len};
  copy_value(&copy, value, limits->depth);
}
