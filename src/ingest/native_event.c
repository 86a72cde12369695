/* native_event.c - see native_event.h. */
#include "ingest/native_event.h"

#include "base/clock.h"
#include "event/limits.h"
#include "event/msgpack.h"
#include "json/json.h"

#include "base/banned.h"

void native_files_note(struct native_files *files, struct slice type, struct slice bytes) {
  if (bytes.len > NATIVE_FILE_LIMIT) return;
  if (slice_equal(type, SLICE("event.payload"))) files->event = bytes;
  if (!slice_equal(type, SLICE("event.breadcrumbs"))) return;
  struct slice *place = &files->breadcrumbs[slice_is_empty(files->breadcrumbs[0]) ? 0 : 1];
  *place = bytes;
}

/* Values one after the other, up to the first that cannot be read: the program died while it wrote.
 * Null when there is none. */
static yyjson_val *read_values(struct arena *arena, struct slice rest) {
  yyjson_val *list = NULL;
  struct buffer out = buffer_make(4 * EVENT_JSON_LIMIT);
  buffer_append_byte(&out, '[');
  while (!slice_is_empty(rest)) {
    size_t start = out.len;
    if (start > 1) buffer_append_byte(&out, ',');
    if (msgpack_to_json(&rest, &out)) continue;
    out.len = start;
    out.is_overflown = false;
    break;
  }
  buffer_append_byte(&out, ']');
  bool is_read = !out.is_overflown && !json_read(arena, buffer_slice(&out), &list, NULL);
  buffer_free(&out);
  return is_read && yyjson_arr_size(list) ? list : NULL;
}

/* When the last breadcrumb of a file was left, in milliseconds; 0 when it does not say. */
static int64_t last_time_ms(yyjson_val *list) {
  yyjson_val *time = json_member(yyjson_arr_get_last(list), "timestamp");
  int64_t time_ms = 0;
  double seconds;
  if (json_number(time, &seconds))
    return seconds > 0 && seconds < 1e12 ? (int64_t)(seconds * 1000) : 0;
  return time_parse_iso(json_text(time), &time_ms) ? time_ms : 0;
}

static void write_values(struct json_writer *json, yyjson_val *list) {
  size_t index, max;
  yyjson_val *value;
  if (!list) return;
  yyjson_arr_foreach(list, index, max, value) json_write_value(json, value, &JSON_NO_LIMITS);
}

static void write_breadcrumbs(struct json_writer *json, struct arena *arena,
                              const struct native_files *files) {
  yyjson_val *first = read_values(arena, files->breadcrumbs[0]);
  yyjson_val *second = read_values(arena, files->breadcrumbs[1]);
  bool is_second_older = first && second && last_time_ms(second) < last_time_ms(first);
  if (!first && !second) return;
  json_write_key(json, "breadcrumbs");
  json_write_array(json);
  write_values(json, is_second_older ? second : first);
  write_values(json, is_second_older ? first : second);
  json_write_array_end(json);
}

static struct slice write_event(struct arena *arena, struct arena *parsed,
                                const struct native_files *files) {
  yyjson_val *event = yyjson_arr_get_first(read_values(parsed, files->event)), *key, *value;
  size_t index, max;
  if (!yyjson_is_obj(event)) return SLICE_EMPTY;
  bool has_breadcrumbs = files->breadcrumbs[0].len || files->breadcrumbs[1].len;
  struct buffer out = buffer_make(4 * EVENT_JSON_LIMIT);
  struct json_writer json = {.out = &out};
  json_write_object(&json);
  yyjson_obj_foreach(event, index, max, key, value) {
    if (has_breadcrumbs && slice_equal(json_text(key), SLICE("breadcrumbs"))) continue;
    json_write_key_text(&json, json_text(key));
    json_write_value(&json, value, &JSON_NO_LIMITS);
  }
  write_breadcrumbs(&json, parsed, files);
  json_write_object_end(&json);
  struct slice text = out.is_overflown ? SLICE_EMPTY : arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return text;
}

struct slice native_event_json(struct arena *arena, const struct native_files *files) {
  struct arena parsed = {0};
  struct slice json = files->event.len ? write_event(arena, &parsed, files) : SLICE_EMPTY;
  arena_free(&parsed);
  return json;
}
