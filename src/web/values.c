/* values.c - names and values of an event, bounded for a page.
 *
 * Events are untrusted and may be large: thousands of variables, values of a megabyte. Tables are
 * cut by number of rows and by bytes of a value, and say so; the whole is one link away.
 */
#include "web/values.h"

#include <stdlib.h>

#include "base/banned.h"

struct show_limits show_limits_of(bool is_all) {
  if (is_all) {
    return (struct show_limits){true,     SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX,
                                SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  }
  return (struct show_limits){
      .value_bytes = 2048,
      .rows = 50,
      .tags = 50,
      .breadcrumbs = 100,
      .frames = 100,
      .threads = 20,
      .tag_keys = 10,
      .tag_values = 4,
  };
}

struct slice value_text(struct arena *arena, yyjson_val *value) {
  if (yyjson_is_str(value)) {
    return slice_of(yyjson_get_str(value), yyjson_get_len(value));
  }
  bool is_deep = yyjson_is_ctn(value) && yyjson_get_len(value) > 0;
  size_t len = 0;
  char *text = yyjson_val_write_opts(
      value, is_deep ? YYJSON_WRITE_PRETTY_TWO_SPACES : YYJSON_WRITE_NOFLAG, NULL, &len, NULL);
  struct slice copy = arena_copy(arena, slice_of(text, len));
  free(text);
  return copy;
}

struct value_row value_row_of(struct slice key, struct slice value,
                              const struct show_limits *limits) {
  return (struct value_row){
      .key = slice_cut_utf8(key, limits->value_bytes),
      .value = slice_cut_utf8(value, limits->value_bytes),
      .is_filtered = slice_equal(value, SLICE("[Filtered]")),
      .is_cut = value.len > limits->value_bytes,
  };
}

static struct value_rows rows_make(struct arena *arena, size_t count,
                                   const struct show_limits *limits) {
  size_t shown = count < limits->rows ? count : limits->rows;
  return (struct value_rows){.items = ARENA_ARRAY(arena, shown, struct value_row),
                             .count = shown,
                             .hidden = count - shown};
}

struct value_rows value_rows_of_pairs(struct arena *arena, struct pairs pairs,
                                      const struct show_limits *limits) {
  struct value_rows rows = rows_make(arena, pairs.count, limits);
  for (size_t i = 0; i < rows.count; i++) {
    rows.items[i] = value_row_of(pairs.items[i].key, pairs.items[i].value, limits);
  }
  return rows;
}

static struct value_rows rows_of_object(struct arena *arena, yyjson_val *object,
                                        const struct show_limits *limits) {
  struct value_rows rows = rows_make(arena, yyjson_obj_size(object), limits);
  yyjson_obj_iter iter = yyjson_obj_iter_with(object);
  for (size_t i = 0; i < rows.count; i++) {
    yyjson_val *key = yyjson_obj_iter_next(&iter);
    rows.items[i] = value_row_of(slice_of(yyjson_get_str(key), yyjson_get_len(key)),
                                 value_text(arena, yyjson_obj_iter_get_val(key)), limits);
  }
  return rows;
}

static struct value_rows rows_of_list(struct arena *arena, yyjson_val *list,
                                      const struct show_limits *limits) {
  struct value_rows rows = rows_make(arena, yyjson_arr_size(list), limits);
  yyjson_arr_iter iter = yyjson_arr_iter_with(list);
  for (size_t i = 0; i < rows.count; i++) {
    rows.items[i] = value_row_of(arena_printf(arena, "%zu", i),
                                 value_text(arena, yyjson_arr_iter_next(&iter)), limits);
  }
  return rows;
}

struct value_rows value_rows_of_json(struct arena *arena, yyjson_val *value,
                                     const struct show_limits *limits) {
  if (!value || yyjson_is_null(value)) {
    return (struct value_rows){0};
  }
  if (yyjson_is_obj(value)) {
    return rows_of_object(arena, value, limits);
  }
  if (yyjson_is_arr(value)) {
    return rows_of_list(arena, value, limits);
  }
  struct value_rows rows = rows_make(arena, 1, limits);
  rows.items[0] = value_row_of(SLICE("value"), value_text(arena, value), limits);
  return rows;
}

void value_rows_add(struct value_rows *rows, const char *key, struct slice value,
                    const struct show_limits *limits) {
  if (value.len) {
    rows->items[rows->count++] = value_row_of(slice_of_string(key), value, limits);
  }
}
