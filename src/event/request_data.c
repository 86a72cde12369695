/* request_data.c - the body of a request that an SDK sent as one text.
 *
 * Browsers post JSON and forms, and both are worth more as objects: people read
 * them, and what is scrubbed by name is found.
 *
 * Source: Sentry's documentation of the request interface, `data`.
 */
#include <string.h>

#include "event/decode.h"
#include "event/limits.h"

#include "base/banned.h"

/* Longer text stays text, and is cut. */
#define DATA_TEXT_LIMIT (256 * 1024)
#define FORM_FIELDS LIMIT_PAIRS

static yyjson_val *json_data(struct reader *reader, struct slice text) {
  yyjson_val *value = NULL;
  struct slice trimmed = slice_trim(text);
  if (!slice_starts_with(trimmed, SLICE("{")) && !slice_starts_with(trimmed, SLICE("["))) {
    return NULL;
  }
  if (json_read(reader->arena, text, &value, NULL)) return NULL;
  return value;
}

/* "a%20b+c" -> "a b c". Broken escapes stay; what decodes to no text is repaired. */
static struct slice decoded(struct arena *arena, struct slice text) {
  char *copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
  size_t length = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char byte = (unsigned char)text.ptr[i];
    if (byte == '+') byte = ' ';
    if (byte == '%' && hex_decode(slice_upto(slice_from(text, i + 1), 2), &byte, 1)) i += 2;
    copy[length++] = byte ? (char)byte : '?';
  }
  return utf8_repair(arena, slice_of(copy, length));
}

/* Whether it looks like a form: names and values without anything that forms escape. A lone word
 * with "=" at its end is rather base64. */
static bool is_form(struct slice text) {
  size_t equals = slice_find_byte(text, '=');
  if (equals == 0 || equals + 1 >= text.len) return false;
  if (slice_equal(slice_from(text, equals), SLICE("=="))) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || memchr("<>{}\"`\\", text.ptr[i], 7))
      return false;
  }
  return true;
}

static yyjson_val *form_data(struct reader *reader, struct slice text) {
  size_t count = 0;
  if (!is_form(text)) return NULL;
  struct json_pair *members = ARENA_ARRAY(reader->arena, FORM_FIELDS, struct json_pair);
  yyjson_val *values = ARENA_ARRAY(reader->arena, FORM_FIELDS * 2, yyjson_val);
  while (!slice_is_empty(text) && count < FORM_FIELDS) {
    struct slice field = slice_split(&text, '&'), name = slice_split(&field, '=');
    if (slice_is_empty(name)) continue;
    yyjson_val *key = &values[count * 2], *value = key + 1;
    *key = json_text_value(decoded(reader->arena, name));
    *value = json_text_value(decoded(reader->arena, field));
    members[count++] = (struct json_pair){key, value};
  }
  return json_object_of(reader->arena, members, count);
}

void decode_request_data(struct reader *reader, struct event_request *request) {
  struct slice text = json_text(request->data), type = SLICE_EMPTY;
  bool is_text = !slice_is_empty(text) && text.len <= DATA_TEXT_LIMIT;
  yyjson_val *value = is_text ? json_data(reader, text) : NULL;
  if (value) type = SLICE("application/json");
  if (is_text && !value && (value = form_data(reader, text))) {
    type = SLICE("application/x-www-form-urlencoded");
  }
  if (value) request->data = value;
  if (!request->data || !slice_is_empty(request->inferred_content_type)) return;
  if (slice_is_empty(type)) type = pairs_get(request->headers, SLICE("Content-Type"));
  type = slice_trim(slice_upto(type, slice_find_byte(type, ';')));
  request->inferred_content_type = reader_cut(reader, type, LIMIT_NAME);
}
