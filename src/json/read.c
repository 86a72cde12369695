/* read.c - JSON text to values; see json.h.
 *
 * The text is first given to yyjson as it is: that is the fast way and nearly
 * always enough. Only when yyjson refuses a string, or the text holds an escaped
 * NUL, a repaired copy is made and read instead.
 */
#include "json/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "base/banned.h"

/* yyjson's allocator over an arena: nothing is given back before the arena is. */
struct memory {
  struct arena *arena;
  size_t left;
};

static void *memory_get(void *context, size_t size) {
  struct memory *memory = context;
  if (size > memory->left) return NULL;
  memory->left -= size;
  return arena_alloc_raw(memory->arena, size);
}

static void *memory_grow(void *context, void *old, size_t old_size, size_t size) {
  void *grown = memory_get(context, size);
  if (grown) memcpy(grown, old, old_size < size ? old_size : size);
  return grown;
}

static void memory_return(void *context, void *memory) {
  (void)context;
  (void)memory;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of "\uXXXX" at the start of `s`, or -1. */
static int escaped_unit(struct slice s) {
  if (s.len < 6 || s.ptr[0] != '\\' || s.ptr[1] != 'u') return -1;
  int unit = 0;
  for (size_t i = 2; i < 6; i++) {
    int digit = hex_digit(s.ptr[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

static bool is_high_surrogate(int unit) { return unit >= 0xd800 && unit <= 0xdbff; }
static bool is_low_surrogate(int unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

/* A copy with valid UTF-8 in which escapes of NUL and of lone surrogates became "\ufffd". A
 * backslash outside of a string is an error in any case, so strings need not be told apart. */
static struct slice repair(struct arena *arena, struct slice text) {
  text = arena_copy(arena, utf8_repair(arena, text));
  char *out = (char *)(uintptr_t)text.ptr;
  for (size_t at = slice_find_byte(text, '\\'); at < text.len;) {
    size_t length = 2;
    int unit = escaped_unit(slice_from(text, at));
    if (unit >= 0) {
      length = 6;
      if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(slice_from(text, at + 6)))) {
        length = 12;
      } else if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit)) {
        memcpy(out + at, "\\ufffd", 6);
      }
    }
    at += length;
    at += slice_find_byte(slice_from(text, at), '\\');
  }
  return text;
}

/* Whether the text has "\\u0000" as an escape. Most texts have few backslashes. */
static bool has_escaped_nul(struct slice text) {
  size_t at = slice_find_byte(text, '\\');
  while (at < text.len) {
    if (text.len - at >= 6 && memcmp(text.ptr + at + 1, "u0000", 5) == 0) return true;
    at += 2;
    at += slice_find_byte(slice_from(text, at), '\\');
  }
  return false;
}

static enum status read_problem(const yyjson_read_err *error, struct problem *problem) {
  if (error->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
    return problem_set(problem, STATUS_TOO_LARGE,
                       "The JSON has too many values: reading it would take more than %d MiB.",
                       JSON_MEMORY_LIMIT / (1024 * 1024));
  }
  return problem_set(problem, STATUS_BAD_INPUT, "Invalid JSON at byte %zu: %s.", error->pos,
                     error->msg);
}

enum status json_read(struct arena *arena, struct slice text, yyjson_val **root,
                      struct problem *problem) {
  const yyjson_read_flag flags = YYJSON_READ_ALLOW_INF_AND_NAN | YYJSON_READ_NUMBER_AS_RAW;
  struct memory memory = {arena, JSON_MEMORY_LIMIT};
  const yyjson_alc allocator = {memory_get, memory_grow, memory_return, &memory};
  if (slice_starts_with(text, SLICE("\xef\xbb\xbf"))) text = slice_from(text, 3);
  bool is_repaired = has_escaped_nul(text);
  if (is_repaired) text = repair(arena, text);
  yyjson_read_err error;
  char *bytes = (char *)(uintptr_t)text.ptr; /* not written to without YYJSON_READ_INSITU */
  yyjson_doc *document = yyjson_read_opts(bytes, text.len, flags, &allocator, &error);
  if (!document && error.code == YYJSON_READ_ERROR_INVALID_STRING && !is_repaired) {
    text = repair(arena, text);
    bytes = (char *)(uintptr_t)text.ptr;
    document = yyjson_read_opts(bytes, text.len, flags, &allocator, &error);
  }
  if (!document) return read_problem(&error, problem);
  *root = yyjson_doc_get_root(document);
  return STATUS_OK;
}

yyjson_val *json_member(yyjson_val *object, const char *name) {
  return yyjson_obj_getn(object, name, strlen(name));
}

/* NaN and Infinity, with or without a sign, are raw values too. */
bool json_is_number(yyjson_val *value) {
  if (!yyjson_is_raw(value)) return false;
  const char *text = yyjson_get_raw(value);
  char first = text[0] == '-' ? text[1] : text[0];
  return first >= '0' && first <= '9';
}

bool json_number(yyjson_val *value, double *number) {
  if (!json_is_number(value)) return false;
  /* yyjson ends raw values in NUL. */
  *number = strtod(yyjson_get_raw(value), NULL);
  return isfinite(*number);
}

bool json_integer(yyjson_val *value, int64_t *integer) {
  if (!json_is_number(value)) return false;
  struct slice text = slice_of(yyjson_get_raw(value), yyjson_get_len(value));
  if (slice_to_i64(text, integer)) return true;
  double number;
  if (!json_number(value, &number) || fabs(number) > 9.2e18) return false;
  *integer = (int64_t)number;
  return true;
}

bool json_scalar_text(yyjson_val *value, struct slice *text) {
  if (yyjson_is_str(value)) {
    *text = json_text(value);
  } else if (yyjson_is_bool(value)) {
    *text = yyjson_get_bool(value) ? SLICE("true") : SLICE("false");
  } else if (json_is_number(value)) {
    *text = slice_of(yyjson_get_raw(value), yyjson_get_len(value));
  } else {
    return false;
  }
  return true;
}

static size_t value_span(yyjson_val *value) {
  return (size_t)(unsafe_yyjson_get_next(value) - value);
}

/* yyjson keeps a container and all below it side by side, with relative offsets, so that a subtree
 * can be copied as bytes. */
static yyjson_val *container_of(struct arena *arena, const struct json_pair *members, size_t count,
                                bool has_keys) {
  size_t total = 1 + (has_keys ? count : 0);
  for (size_t i = 0; i < count; i++) total += value_span(members[i].value);
  yyjson_val *container = arena_array(arena, total, sizeof *container);
  if (has_keys)
    unsafe_yyjson_set_obj(container, count);
  else
    unsafe_yyjson_set_arr(container, count);
  container->uni.ofs = total * sizeof *container;
  yyjson_val *at = container + 1;
  for (size_t i = 0; i < count; i++) {
    size_t span = value_span(members[i].value);
    if (has_keys) *at++ = *members[i].key;
    memcpy(at, members[i].value, span * sizeof *at);
    at += span;
  }
  return container;
}

yyjson_val *json_object_of(struct arena *arena, const struct json_pair *members, size_t count) {
  return container_of(arena, members, count, true);
}

yyjson_val *json_list_of(struct arena *arena, const struct json_pair *members, size_t count) {
  return container_of(arena, members, count, false);
}

yyjson_val json_text_value(struct slice text) {
  yyjson_val value = {.tag = (uint64_t)text.len << YYJSON_TAG_BIT | YYJSON_TYPE_STR};
  value.uni.str = text.ptr ? text.ptr : "";
  return value;
}

yyjson_val *json_object_of_list(struct arena *arena, yyjson_val *list, size_t limit) {
  size_t size = yyjson_arr_size(list) < limit ? yyjson_arr_size(list) : limit, index, max;
  struct json_pair *members = ARENA_ARRAY(arena, size + 1, struct json_pair);
  yyjson_val *keys = ARENA_ARRAY(arena, size + 1, yyjson_val), *item;
  yyjson_arr_foreach(list, index, max, item) {
    if (index == size) break;
    keys[index] = json_text_value(arena_printf(arena, "%zu", index));
    members[index] = (struct json_pair){&keys[index], item};
  }
  return json_object_of(arena, members, size);
}

size_t json_size(yyjson_val *value) {
  /* Quotes, a comma and a colon for each text; braces and a comma for each container. */
  enum { PUNCTUATION = 4 };
  size_t size = 0;
  yyjson_val *end = unsafe_yyjson_get_next(value);
  for (yyjson_val *at = value; at < end; at++) {
    size += PUNCTUATION;
    if (!unsafe_yyjson_is_ctn(at)) size += unsafe_yyjson_get_len(at);
  }
  return size;
}
