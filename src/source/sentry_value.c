/* sentry_value.c - see sentry_value.h. */
#include "source/sentry_value.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#include "base/banned.h"

bool sentry_id(yyjson_val *value, int64_t *id) {
  struct slice digits;
  *id = 0;
  return !yyjson_is_bool(value) && json_scalar_text(value, &digits) && slice_to_i64(digits, id) &&
         *id > 0;
}

int64_t sentry_count(yyjson_val *value) {
  struct slice digits;
  int64_t count = 0;
  if (json_scalar_text(value, &digits) && slice_to_i64(digits, &count)) return count;
  double number;
  bool is_count = json_number(value, &number) && number >= 0 && number < 9e18;
  return is_count ? (int64_t)number : 0; /* old servers write 17.0 */
}

int64_t sentry_time_ms(yyjson_val *value) {
  int64_t time_ms;
  return time_parse_iso(json_text(value), &time_ms) && time_ms > 0 ? time_ms : 0;
}

static bool has_key(yyjson_val *object, const char *path) {
  struct slice rest = slice_of_string(path);
  while (object && rest.len) {
    struct slice name = slice_split(&rest, '.');
    object = yyjson_obj_getn(object, name.ptr, name.len);
  }
  return object != NULL;
}

enum status sentry_require(yyjson_val *object, const char *const *keys, struct problem *problem) {
  char missing[PROBLEM_MESSAGE_BYTES / 2] = "";
  size_t length = 0;
  for (; *keys; keys++) {
    if (has_key(object, *keys)) continue;
    int written =
        snprintf(missing + length, sizeof missing - length, "%s%s", length ? ", " : "", *keys);
    if (written > 0 && (size_t)written < sizeof missing - length) length += (size_t)written;
  }
  if (!length) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Sentry's answer is missing keys: %s. Check that the URL leads to a "
                     "Sentry.",
                     missing);
}

enum status sentry_bad_id(yyjson_val *value, const char *what, struct problem *problem) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(value, &text);
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Sentry's answer has \"%.*s\" as %s, which should be digits.",
                     SLICE_ARGS(slice_cut_utf8(text, 40)), what);
}

enum status sentry_read_list(struct arena *arena, struct slice json, size_t size,
                             sentry_read_item *read, struct sentry_list *list,
                             struct problem *problem) {
  yyjson_val *root, *item;
  size_t index, max;
  enum status status = json_read(arena, json, &root, problem);
  if (status) return status;
  if (!yyjson_is_arr(root))
    return problem_set(problem, STATUS_BAD_INPUT, "Sentry's answer is not a list.");
  *list = (struct sentry_list){arena_array(arena, yyjson_arr_size(root), size), 0};
  yyjson_arr_foreach(root, index, max, item) {
    status = read(arena, item, (char *)list->items + list->count * size, problem);
    if (status) return status;
    list->count++;
  }
  return STATUS_OK;
}
