/* fields.c - the tables, and reading by them; see fields.h. */
#include "event/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/limits.h"

#include "base/banned.h"

/* clang-format off */
#define FIELD(structure, member, json, kind, limit, count) \
  {json, sizeof(json) - 1, kind, offsetof(struct structure, member), limit, count, false}
#define FIELD_BY_HAND(structure, member, json, kind, limit, count) \
  {json, sizeof(json) - 1, kind, offsetof(struct structure, member), limit, count, true}
#define SET(list) {list, sizeof(list) / sizeof((list)[0])}

static const struct field frame_list[] = {
    FIELD(frame, filename, "filename", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, abs_path, "abs_path", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, function, "function", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, module, "module", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, lineno, "lineno", FIELD_INTEGER, 0, 0),
    FIELD(frame, colno, "colno", FIELD_INTEGER, 0, 0),
    FIELD(frame, pre_context, "pre_context", FIELD_LINES, LIMIT_CONTEXT, LIMIT_CONTEXT_LINES),
    FIELD(frame, context_line, "context_line", FIELD_LINE, LIMIT_CONTEXT, 0),
    FIELD(frame, post_context, "post_context", FIELD_LINES, LIMIT_CONTEXT, LIMIT_CONTEXT_LINES),
    FIELD(frame, vars, "vars", FIELD_OBJECT, LIMIT_VARIABLE, BAG_MEDIUM_BYTES),
    FIELD(frame, in_app, "in_app", FIELD_TRISTATE, 0, 0),
    FIELD(frame, sent_in_app, "sent_in_app", FIELD_TRISTATE, 0, 0),
    FIELD(frame, is_source_mapped, "is_source_mapped", FIELD_BOOL, 0, 0),
    FIELD(frame, raw_function, "raw_function", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, package, "package", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, platform, "platform", FIELD_TEXT, LIMIT_LOGGER, 0),
    FIELD(frame, symbol, "symbol", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, instruction_addr, "instruction_addr", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, symbol_addr, "symbol_addr", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, image_addr, "image_addr", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, trust, "trust", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, source_link, "source_link", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(frame, lang, "lang", FIELD_TEXT, LIMIT_LOGGER, 0),
    FIELD(frame, stack_start, "stack_start", FIELD_BOOL, 0, 0),
    FIELD(frame, addr_mode, "addr_mode", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, function_id, "function_id", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(frame, lock, "lock", FIELD_OBJECT, LIMIT_SYMBOL, BAG_SMALL_BYTES),
    FIELD(frame, data, "data", FIELD_OBJECT, LIMIT_VARIABLE, BAG_SMALL_BYTES),
};
static const struct field stacktrace_list[] = {
    FIELD(stacktrace, registers, "registers", FIELD_OBJECT, LIMIT_NAME, BAG_SMALL_BYTES),
    FIELD(stacktrace, lang, "lang", FIELD_TEXT, LIMIT_LOGGER, 0),
    FIELD(stacktrace, instruction_addr_adjustment, "instruction_addr_adjustment", FIELD_TEXT,
          LIMIT_NAME, 0),
    FIELD(stacktrace, snapshot, "snapshot", FIELD_TRISTATE, 0, 0),
};
static const struct field mechanism_list[] = {
    FIELD(mechanism, type, "type", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(mechanism, handled, "handled", FIELD_TRISTATE, 0, 0),
    FIELD(mechanism, description, "description", FIELD_TEXT, LIMIT_MESSAGE, 0),
    FIELD(mechanism, help_link, "help_link", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(mechanism, source, "source", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(mechanism, synthetic, "synthetic", FIELD_BOOL, 0, 0),
    FIELD(mechanism, is_exception_group, "is_exception_group", FIELD_BOOL, 0, 0),
    FIELD(mechanism, exception_id, "exception_id", FIELD_INTEGER, 0, 0),
    FIELD(mechanism, parent_id, "parent_id", FIELD_INTEGER, 0, 0),
    FIELD(mechanism, ns_error_domain, "ns_error_domain", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(mechanism, ns_error_code, "ns_error_code", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(mechanism, data, "data", FIELD_OBJECT, LIMIT_VARIABLE, BAG_MEDIUM_BYTES),
    FIELD(mechanism, meta, "meta", FIELD_OBJECT, LIMIT_VARIABLE, BAG_SMALL_BYTES),
};
static const struct field exception_list[] = {
    FIELD(exception, type, "type", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(exception, module, "module", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(exception, thread_id, "thread_id", FIELD_TEXT, LIMIT_NAME, 0),
};
static const struct field thread_list[] = {
    FIELD(thread, id, "id", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(thread, name, "name", FIELD_TEXT, LIMIT_SYMBOL, 0),
    FIELD(thread, state, "state", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(thread, crashed, "crashed", FIELD_TRISTATE, 0, 0),
    FIELD(thread, current, "current", FIELD_TRISTATE, 0, 0),
    FIELD(thread, main, "main", FIELD_TRISTATE, 0, 0),
    FIELD(thread, held_locks, "held_locks", FIELD_OBJECT, LIMIT_SYMBOL, BAG_SMALL_BYTES),
};
static const struct field breadcrumb_list[] = {
    FIELD(breadcrumb, timestamp_ms, "timestamp", FIELD_TIME, 0, 0),
    FIELD(breadcrumb, type, "type", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(breadcrumb, category, "category", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(breadcrumb, level, "level", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(breadcrumb, message, "message", FIELD_TEXT, LIMIT_MESSAGE, 0),
    FIELD(breadcrumb, data, "data", FIELD_OBJECT, LIMIT_VARIABLE, BAG_SMALL_BYTES),
    FIELD(breadcrumb, event_id, "event_id", FIELD_TEXT, LIMIT_NAME, 0),
};
static const struct field request_list[] = {
    FIELD(event_request, url, "url", FIELD_TEXT, LIMIT_MESSAGE, 0),
    FIELD(event_request, method, "method", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_request, fragment, "fragment", FIELD_TEXT, LIMIT_MESSAGE, 0),
    FIELD(event_request, headers, "headers", FIELD_PAIRS, LIMIT_MESSAGE, LIMIT_PAIRS),
    FIELD(event_request, env, "env", FIELD_MAP, LIMIT_MESSAGE, LIMIT_PAIRS),
    FIELD(event_request, data, "data", FIELD_ANY, LIMIT_MESSAGE, BAG_LARGE_BYTES),
    FIELD(event_request, protocol, "protocol", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_request, api_target, "api_target", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_request, body_size, "body_size", FIELD_INTEGER, 0, 0),
    FIELD(event_request, inferred_content_type, "inferred_content_type", FIELD_TEXT, LIMIT_NAME, 0),
};
static const struct field user_list[] = {
    FIELD(event_user, id, "id", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_user, username, "username", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_user, email, "email", FIELD_TEXT, LIMIT_EMAIL, 0),
    FIELD(event_user, ip_address, "ip_address", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_user, name, "name", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event_user, geo, "geo", FIELD_OBJECT, LIMIT_NAME, BAG_SMALL_BYTES),
};
static const struct field event_list[] = {
    FIELD(event, platform, "platform", FIELD_TEXT, LIMIT_LOGGER, 0),
    FIELD(event, release, "release", FIELD_TEXT, LIMIT_RELEASE, 0),
    FIELD(event, environment, "environment", FIELD_TEXT, LIMIT_RELEASE, 0),
    FIELD(event, server_name, "server_name", FIELD_TEXT, LIMIT_RELEASE, 0),
    FIELD(event, transaction, "transaction", FIELD_TEXT, LIMIT_RELEASE, 0),
    FIELD(event, logger, "logger", FIELD_TEXT, LIMIT_LOGGER, 0),
    FIELD(event, dist, "dist", FIELD_TEXT, LIMIT_RELEASE, 0),
    FIELD(event, timestamp_ms, "timestamp", FIELD_TIME, 0, 0),
    FIELD(event, received_ms, "received", FIELD_TIME, 0, 0),
    FIELD(event, contexts, "contexts", FIELD_OBJECT, LIMIT_MESSAGE, CONTEXTS_KEPT_BYTES),
    FIELD(event, extra, "extra", FIELD_OBJECT, LIMIT_MESSAGE * 2, BAG_MASSIVE_BYTES),
    FIELD_BY_HAND(event, modules, "modules", FIELD_MAP, LIMIT_NAME, LIMIT_MODULES),
    FIELD_BY_HAND(event, fingerprint, "fingerprint", FIELD_LINES, LIMIT_MESSAGE, LIMIT_FINGERPRINT),
    FIELD(event, checksum, "checksum", FIELD_TEXT, LIMIT_NAME, 0),
    FIELD(event, main_exception_id, "main_exception_id", FIELD_INTEGER, 0, 0),
    FIELD(event, custom_title, "custom_title", FIELD_TEXT, LIMIT_TITLE, 0),
    FIELD_BY_HAND(event, debug_meta, "debug_meta", FIELD_OBJECT, LIMIT_SYMBOL, BAG_HUGE_BYTES),
    FIELD(event, template_info, "template", FIELD_OBJECT, LIMIT_CONTEXT, BAG_MEDIUM_BYTES),
};

const struct field_set frame_fields = SET(frame_list), stacktrace_fields = SET(stacktrace_list),
                       mechanism_fields = SET(mechanism_list),
                       exception_fields = SET(exception_list), thread_fields = SET(thread_list),
                       breadcrumb_fields = SET(breadcrumb_list), request_fields = SET(request_list),
                       user_fields = SET(user_list), event_fields = SET(event_list);
/* clang-format on */

/* --- notes -------------------------------------------------------------------- */

static void append_path(struct buffer *out, const struct place *place) {
  if (!place) return;
  append_path(out, place->outer);
  if (place->outer) buffer_append_byte(out, '.');
  if (place->name) {
    buffer_append_slice(out, slice_of_string(place->name));
  } else {
    buffer_append_u64(out, place->index);
  }
}

static struct slice short_text_of(struct arena *arena, yyjson_val *value) {
  static const struct json_limits limits = {2, 200, 200};
  struct buffer text = buffer_make(LIMIT_MESSAGE);
  struct json_writer writer = {.out = &text};
  json_write_value(&writer, value, &limits);
  struct slice kept = arena_copy(arena, slice_cut_characters(buffer_slice(&text), LIMIT_NAME));
  buffer_free(&text);
  return kept;
}

struct event_error *reader_note(struct reader *reader, const char *type, const char *name,
                                yyjson_val *value, const char *reason) {
  struct event *event = reader->event;
  size_t limit = reader->is_all_read ? LIMIT_ERRORS : LIMIT_ERRORS - LIMIT_ERRORS_OF_ALL;
  if (event->error_count >= limit) return NULL;
  if (!event->errors) {
    event->errors = ARENA_ARRAY(reader->arena, LIMIT_ERRORS, struct event_error);
  }
  struct buffer path = buffer_make(LIMIT_MESSAGE);
  const struct place here = {reader->place, name, 0};
  append_path(&path, name ? &here : reader->place);
  struct event_error *error = &event->errors[event->error_count++];
  error->type = slice_of_string(type);
  error->name = reader_cut(reader, arena_copy(reader->arena, buffer_slice(&path)), LIMIT_SYMBOL);
  error->reason = slice_of_string(reason);
  if (value) error->value = short_text_of(reader->arena, value);
  buffer_free(&path);
  return error;
}

/* --- reading ------------------------------------------------------------------ */

struct slice reader_cut(struct reader *reader, struct slice text, size_t limit) {
  if (text.len <= limit || slice_cut_characters(text, limit).len == text.len) return text;
  return arena_concat(reader->arena, slice_cut_characters(text, limit - 3), SLICE("..."));
}

/* Text of a scalar, or JSON of anything else, cut. Null gives the empty slice. */
static struct slice any_text(struct reader *reader, yyjson_val *value, size_t limit) {
  struct slice text = SLICE_EMPTY;
  if (!json_scalar_text(value, &text) && yyjson_is_ctn(value)) {
    text = short_text_of(reader->arena, value);
  }
  return reader_cut(reader, text, limit);
}

static struct slice join_first(struct reader *reader, yyjson_val *value, size_t limit) {
  /* Header values may be lists: the first is what people look for. */
  if (yyjson_is_arr(value) && yyjson_arr_size(value) > 0) value = yyjson_arr_get_first(value);
  return any_text(reader, value, limit);
}

struct pairs reader_pairs(struct reader *reader, yyjson_val *value, size_t limit, size_t count) {
  struct pairs pairs = {0};
  size_t size = yyjson_get_len(value) < count ? yyjson_get_len(value) : count;
  if (!yyjson_is_ctn(value) || size == 0) return pairs;
  pairs.items = ARENA_ARRAY(reader->arena, size, struct pair);
  size_t index, max;
  yyjson_val *key, *item;
  if (yyjson_is_obj(value)) {
    yyjson_obj_foreach(value, index, max, key, item) {
      if (pairs.count == size) break;
      if (yyjson_is_null(item) || yyjson_get_len(key) == 0) continue;
      pairs.items[pairs.count++] = (struct pair){reader_cut(reader, json_text(key), LIMIT_RELEASE),
                                                 join_first(reader, item, limit)};
    }
    return pairs;
  }
  yyjson_arr_foreach(value, index, max, item) {
    if (pairs.count == size) break;
    key = yyjson_is_obj(item) ? json_member(item, "key") : yyjson_arr_get(item, 0);
    yyjson_val *second = yyjson_is_obj(item) ? json_member(item, "value") : yyjson_arr_get(item, 1);
    struct slice name = any_text(reader, key, LIMIT_RELEASE);
    if (slice_is_empty(name) || !second || yyjson_is_null(second)) continue;
    pairs.items[pairs.count++] = (struct pair){name, any_text(reader, second, limit)};
  }
  return pairs;
}

/* Seconds since 1970, perhaps with a fraction, in plain digits. */
static bool parse_seconds(struct slice text, int64_t *time_ms) {
  size_t point = slice_find_byte(text, '.');
  uint64_t seconds, milliseconds = 0;
  if (point > 12 || !slice_to_u64(slice_upto(text, point), &seconds)) return false;
  struct slice fraction = slice_from(text, point + 1);
  for (size_t i = 0, unit = 100; i < fraction.len; i++, unit /= 10) {
    if (fraction.ptr[i] < '0' || fraction.ptr[i] > '9') return false;
    milliseconds += unit * (uint64_t)(fraction.ptr[i] - '0');
  }
  *time_ms = (int64_t)(seconds * 1000 + milliseconds);
  return true;
}

static bool parse_time(yyjson_val *value, int64_t *time_ms) {
  const int64_t latest = INT64_C(253402300799999); /* the end of the year 9999 */
  struct slice text;
  double seconds;
  if (yyjson_is_bool(value) || !json_scalar_text(value, &text)) return false;
  if (!parse_seconds(text, time_ms)) {
    if (json_number(value, &seconds) && seconds >= 0 && seconds < 1e12) {
      *time_ms = (int64_t)(seconds * 1000);
    } else if (!time_parse_iso(text, time_ms)) {
      return false;
    }
  }
  return *time_ms >= 0 && *time_ms <= latest;
}

static struct lines read_lines(struct reader *reader, const struct field *field,
                               yyjson_val *value) {
  struct lines lines = {0};
  if (!yyjson_is_arr(value)) return lines;
  lines.items = ARENA_ARRAY(
      reader->arena, yyjson_arr_size(value) < field->count ? yyjson_arr_size(value) : field->count,
      struct slice);
  size_t index, max;
  yyjson_val *item;
  yyjson_arr_foreach(value, index, max, item) {
    if (lines.count == field->count) break;
    lines.items[lines.count++] = any_text(reader, item, field->limit);
  }
  return lines;
}

static bool read_text(struct reader *reader, const struct field *field, yyjson_val *value,
                      struct slice *text) {
  if (yyjson_is_bool(value) || !json_scalar_text(value, text)) return false;
  *text = reader_cut(reader, *text, field->limit);
  return true;
}

static bool read_integer(yyjson_val *value, int64_t *integer) {
  int64_t number;
  if (!json_integer(value, &number) && !slice_to_i64(json_text(value), &number)) return false;
  *integer = number;
  return true;
}

static bool read_time(yyjson_val *value, int64_t *time_ms) {
  int64_t parsed;
  if (!parse_time(value, &parsed)) return false;
  *time_ms = parsed;
  return true;
}

/* What a member of the wrong type is told. */
static const char *const expectations[] = {
    [FIELD_TEXT] = "expected a text",
    [FIELD_LINE] = "expected a text",
    [FIELD_INTEGER] = "expected a number",
    [FIELD_TRISTATE] = "expected true or false",
    [FIELD_BOOL] = "expected true or false",
    [FIELD_TIME] = "expected a time",
    [FIELD_LINES] = "expected a list",
    [FIELD_MAP] = "expected an object",
    [FIELD_PAIRS] = "expected an object",
    [FIELD_OBJECT] = "expected an object",
    [FIELD_ANY] = "",
};

static bool read_field(struct reader *reader, const struct field *field, yyjson_val *value,
                       void *at) {
  switch ((enum field_kind)field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE: return read_text(reader, field, value, at);
    case FIELD_INTEGER: return read_integer(value, at);
    case FIELD_TIME: return read_time(value, at);
    case FIELD_TRISTATE:
      if (yyjson_is_bool(value)) *(enum tristate *)at = yyjson_get_bool(value) ? YES : NO;
      return yyjson_is_bool(value);
    case FIELD_BOOL:
      if (yyjson_is_bool(value)) *(bool *)at = yyjson_get_bool(value);
      return yyjson_is_bool(value);
    case FIELD_LINES:
      *(struct lines *)at = read_lines(reader, field, value);
      return yyjson_is_arr(value);
    case FIELD_MAP:
    case FIELD_PAIRS:
      *(struct pairs *)at = reader_pairs(reader, value, field->limit, field->count);
      return yyjson_is_ctn(value);
    case FIELD_OBJECT:
      /* PHP writes an empty map as a list, and old clients number what has no names. */
      if (yyjson_is_arr(value)) value = json_object_of_list(reader->arena, value, LIMIT_PAIRS);
      if (yyjson_is_obj(value) && yyjson_obj_size(value)) *(yyjson_val **)at = value;
      return yyjson_is_obj(value);
    case FIELD_ANY: *(yyjson_val **)at = value; return true;
  }
  return false;
}

/* SDKs write members in the same order every time, so the search goes on behind the last find. */
static const struct field *find_field(const struct field_set *set, yyjson_val *key, size_t *from) {
  size_t length = unsafe_yyjson_get_len(key);
  const char *name = unsafe_yyjson_get_str(key);
  for (size_t i = 0, at = *from; i < set->count; i++, at++) {
    if (at >= set->count) at = 0;
    const struct field *field = &set->fields[at];
    if (field->name_length != length || field->name[0] != name[0]) continue;
    if (memcmp(field->name, name, length) != 0) continue;
    *from = at + 1;
    return field;
  }
  return NULL;
}

void fields_read(struct reader *reader, const struct field_set *set, yyjson_val *object,
                 void *structure, field_other *other) {
  size_t index, max, from = 0;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(object)) {
    reader_note(reader, "invalid_data", NULL, object, "expected an object");
    return;
  }
  yyjson_obj_foreach(object, index, max, key, value) {
    if (yyjson_is_null(value)) continue;
    const struct field *field = find_field(set, key, &from);
    if (!field || field->is_read_by_hand) {
      if (other) other(reader, structure, key, value);
    } else if (!read_field(reader, field, value, (char *)structure + field->offset)) {
      reader_note(reader, "invalid_data", field->name, value, expectations[field->kind]);
    }
  }
}
