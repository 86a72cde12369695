/* json.h - reading and writing JSON.
 *
 * Reading is yyjson's, into an arena, with the repairs that real senders need:
 * a byte order mark is skipped, broken UTF-8 and lone surrogates become U+FFFD,
 * and so does NUL, which no text in this program holds. NaN and Infinity are
 * read and count as null. Reading does not recurse, so depth is harmless; what
 * walks the values limits its own depth.
 *
 * Numbers keep their text (yyjson's "raw" values): they are copied exactly, never
 * rounded. Use json_integer() and json_number(), not yyjson_get_int() and friends.
 */
#ifndef CULPRIT_JSON_JSON_H
#define CULPRIT_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

/* Memory that the values of one text may take: 16 bytes each and a copy of the text. Bounds what
 * "[1,1,1,..." can cost; 1 MiB of ordinary JSON takes 4 MiB. */
#define JSON_MEMORY_LIMIT (12 * 1024 * 1024)

/* --- reading ------------------------------------------------------------------ */

/* Parses one JSON text into the arena; `text` may go afterwards. STATUS_BAD_INPUT with the
 * position, STATUS_TOO_LARGE beyond JSON_MEMORY_LIMIT. */
enum status json_read(struct arena *arena, struct slice text, yyjson_val **root,
                      struct problem *problem) MUST_CHECK;

/* The items of a list as text, one after the other, for lists that are longer than memory for their
 * values allows. Only finds where items end: whether they are JSON shows when they are read.
 *
 *   struct json_items items = {text};
 *   while ((status = json_next_item(&items, &item, problem)) == STATUS_OK) ...
 */
struct json_items {
  struct slice rest;
  bool is_begun;
};
/* STATUS_END behind the last one; STATUS_BAD_INPUT when it is no list, or ends in the middle. */
enum status json_next_item(struct json_items *items, struct slice *item,
                           struct problem *problem) MUST_CHECK;

/* Text of a string; the empty slice for everything else, null pointers included. */
static inline struct slice json_text(yyjson_val *value) {
  if (!yyjson_is_str(value)) return SLICE_EMPTY;
  return slice_of(unsafe_yyjson_get_str(value), unsafe_yyjson_get_len(value));
}
/* The member of that name, or null; null too when `object` is not an object. */
yyjson_val *json_member(yyjson_val *object, const char *name);
bool json_is_number(yyjson_val *value);
/* A number cut to an integer; false when it is not a number or does not fit. */
bool json_integer(yyjson_val *value, int64_t *integer);
bool json_number(yyjson_val *value, double *number);
/* Number as it was written ("1.50"), "true", "false", or a string's text. False for null, lists and
 * objects. */
bool json_scalar_text(yyjson_val *value, struct slice *text);

/* An object made of members that were read before; keys are strings. */
struct json_pair {
  yyjson_val *key, *value;
};
yyjson_val *json_object_of(struct arena *arena, const struct json_pair *members, size_t count);
/* A list of the members' values; their keys are not looked at. */
yyjson_val *json_list_of(struct arena *arena, const struct json_pair *members, size_t count);
/* A list's items as an object's members "0", "1", …; the first `limit` of them. */
yyjson_val *json_object_of_list(struct arena *arena, yyjson_val *list, size_t limit);
/* A string value that borrows its text. */
yyjson_val json_text_value(struct slice text);
/* About how many bytes a value takes as JSON: exact but for escapes and a comma or two. Does not
 * recurse. */
size_t json_size(yyjson_val *value);

/* --- writing ------------------------------------------------------------------ */

/* Appends JSON to a buffer and puts the commas:
 *
 *   struct json_writer writer = {.out = &buffer};
 *   json_write_object(&writer);
 *   json_write_key(&writer, "id");
 *   json_write_integer(&writer, 42);
 *   json_write_object_end(&writer);
 */
struct json_writer {
  struct buffer *out;
  bool needs_comma;
};

void json_write_object(struct json_writer *writer);
void json_write_object_end(struct json_writer *writer);
void json_write_array(struct json_writer *writer);
void json_write_array_end(struct json_writer *writer);
void json_write_key(struct json_writer *writer, const char *name);
void json_write_key_text(struct json_writer *writer, struct slice name);
void json_write_text(struct json_writer *writer, struct slice text);
void json_write_integer(struct json_writer *writer, int64_t value);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
/* JSON that is ready. */
void json_write_raw(struct json_writer *writer, struct slice json);

/* How much of a value is copied. Deeper objects and lists become "{…}" and "[…]"; longer texts end
 * in
 * "..."; once `bytes` are written the remaining members are left out. Copying the copy under the
 * same limits changes nothing. */
struct json_limits {
  unsigned depth;
  size_t bytes;
  size_t characters; /* of one text */
};
#define JSON_NO_LIMITS ((struct json_limits){64, SIZE_MAX, SIZE_MAX})
void json_write_value(struct json_writer *writer, yyjson_val *value,
                      const struct json_limits *limits);

#endif
