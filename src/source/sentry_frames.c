/* sentry_frames.c - see sentry_frames.h. */
#include "source/sentry_frames.h"

#include "event/limits.h"

#include "base/banned.h"

static void write_value(struct json_writer *writer, yyjson_val *value) {
  json_write_value(writer, value, &JSON_NO_LIMITS);
}

static const char *new_name(struct sentry_names names, struct slice name) {
  for (size_t i = 0; i < names.count; i++) {
    const struct sentry_name *pair = &names.names[i];
    if (name.len && name.ptr[0] == pair->from[0] && slice_equal_string(name, pair->from))
      return pair->to;
  }
  return NULL;
}

void sentry_write_members(struct json_writer *writer, yyjson_val *object,
                          struct sentry_names names) {
  size_t index, max;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(object)) return;
  yyjson_obj_foreach(object, index, max, key, value) {
    const char *name = yyjson_is_null(value) ? NULL : new_name(names, json_text(key));
    if (!name) continue;
    json_write_key(writer, name);
    write_value(writer, value);
  }
}

/* --- source lines --------------------------------------------------------------------- */

enum side { BEFORE = -1, AT = 0, AFTER = 1 };

static enum side side_of(yyjson_val *line, int64_t lineno) {
  int64_t number;
  if (!lineno || !json_integer(yyjson_arr_get(line, 0), &number) || number < lineno) return BEFORE;
  return number == lineno ? AT : AFTER;
}

static void write_line(struct json_writer *writer, yyjson_val *line) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(yyjson_arr_get(line, 1), &text);
  json_write_text(writer, text);
}

static bool has_lines(yyjson_val *context, int64_t lineno, enum side side) {
  size_t index, max;
  yyjson_val *line;
  yyjson_arr_foreach(context, index, max, line) {
    if (side_of(line, lineno) == side) return true;
  }
  return false;
}

static void write_lines(struct json_writer *writer, yyjson_val *context, int64_t lineno,
                        enum side side) {
  size_t index, max;
  yyjson_val *line;
  json_write_array(writer);
  yyjson_arr_foreach(context, index, max, line) {
    if (side_of(line, lineno) == side) write_line(writer, line);
  }
  json_write_array_end(writer);
}

void sentry_write_context(struct json_writer *writer, yyjson_val *frame) {
  int64_t lineno = 0;
  size_t index, max;
  yyjson_val *context = json_member(frame, "context"), *line;
  json_integer(json_member(frame, "lineNo"), &lineno);
  if (has_lines(context, lineno, BEFORE)) {
    json_write_key(writer, "pre_context");
    write_lines(writer, context, lineno, BEFORE);
  }
  yyjson_arr_foreach(context, index, max, line) {
    if (side_of(line, lineno) != AT) continue;
    json_write_key(writer, "context_line");
    write_line(writer, line);
    break;
  }
  if (has_lines(context, lineno, AFTER)) {
    json_write_key(writer, "post_context");
    write_lines(writer, context, lineno, AFTER);
  }
}

/* --- frames --------------------------------------------------------------------------- */

static const struct sentry_name frame_names[] = {
    {"filename", "filename"},
    {"absPath", "abs_path"},
    {"function", "function"},
    {"module", "module"},
    {"lineNo", "lineno"},
    {"colNo", "colno"},
    {"vars", "vars"},
    {"rawFunction", "raw_function"},
    {"package", "package"},
    {"platform", "platform"},
    {"symbol", "symbol"},
    {"instructionAddr", "instruction_addr"},
    {"symbolAddr", "symbol_addr"},
    {"addrMode", "addr_mode"},
    {"trust", "trust"},
    {"sourceLink", "source_link"},
    {"lock", "lock"},
    /* Ours. */
    {"imageAddr", "image_addr"},
    {"functionId", "function_id"},
    {"lang", "lang"},
    {"stackStart", "stack_start"},
    {"data", "data"},
    {"preContext", "pre_context"},
    {"contextLine", "context_line"},
    {"postContext", "post_context"},
};

/* Of a frame that a source map named: where it was before. Sentry keeps it in `data`. */
static void write_source_map(struct json_writer *writer, yyjson_val *frame) {
  static const struct sentry_name names[] = {
      {"origFunction", "orig_function"}, {"origAbsPath", "orig_abs_path"},
      {"origFilename", "orig_filename"}, {"origLineNo", "orig_lineno"},
      {"origColNo", "orig_colno"},       {"symbolicatorStatus", "symbolicator_status"},
  };
  yyjson_val *map = json_member(frame, "mapUrl");
  if (!yyjson_is_str(map)) map = json_member(frame, "map");
  bool has_status = yyjson_is_str(json_member(frame, "symbolicatorStatus"));
  if ((!yyjson_is_str(map) && !has_status) || yyjson_is_obj(json_member(frame, "data"))) return;
  json_write_key(writer, "data");
  json_write_object(writer);
  if (yyjson_is_str(map)) {
    json_write_key(writer, "sourcemap");
    write_value(writer, map);
  }
  sentry_write_members(writer, frame, SENTRY_NAMES(names));
  json_write_object_end(writer);
}

/* Sentry tells what its rules decided; ours decide again, from what the SDK said where that is
 * told. */
static void write_in_app(struct json_writer *writer, yyjson_val *frame) {
  yyjson_val *in_app = json_member(frame, "sentInApp");
  if (!in_app) in_app = json_member(frame, "inApp");
  if (!yyjson_is_bool(in_app)) return;
  json_write_key(writer, "in_app");
  write_value(writer, in_app);
}

static void write_frame(struct json_writer *writer, yyjson_val *frame) {
  json_write_object(writer);
  sentry_write_members(writer, frame, SENTRY_NAMES(frame_names));
  write_in_app(writer, frame);
  write_source_map(writer, frame);
  sentry_write_context(writer, frame);
  json_write_object_end(writer);
}

void sentry_write_stacktrace(struct json_writer *writer, yyjson_val *stacktrace) {
  static const struct sentry_name names[] = {
      {"framesOmitted", "frames_omitted"},
      {"registers", "registers"},
      {"lang", "lang"},
      {"snapshot", "snapshot"},
      {"instructionAddrAdjustment", "instruction_addr_adjustment"},
  };
  size_t index, max;
  yyjson_val *frame;
  json_write_object(writer);
  json_write_key(writer, "frames");
  json_write_array(writer);
  yyjson_arr_foreach(json_member(stacktrace, "frames"), index, max, frame) {
    if (yyjson_is_obj(frame)) write_frame(writer, frame);
  }
  json_write_array_end(writer);
  sentry_write_members(writer, stacktrace, SENTRY_NAMES(names));
  json_write_object_end(writer);
}

void sentry_write_stacktraces(struct json_writer *writer, yyjson_val *owner) {
  yyjson_val *stacktrace = json_member(owner, "stacktrace");
  if (yyjson_is_obj(stacktrace)) {
    json_write_key(writer, "stacktrace");
    sentry_write_stacktrace(writer, stacktrace);
  }
  yyjson_val *raw = json_member(owner, "rawStacktrace");
  if (yyjson_arr_size(json_member(stacktrace, "frames")) || !yyjson_is_obj(raw)) return;
  json_write_key(writer, "raw_stacktrace");
  sentry_write_stacktrace(writer, raw);
}

/* --- what was cut or masked ------------------------------------------------------------- */

static const struct sentry_name other_names[] = {
    {"threadId", "thread_id"},
    {"rawStacktrace", "raw_stacktrace"},
    {"framesOmitted", "frames_omitted"},
    {"heldLocks", "held_locks"},
    {"inApp", "in_app"},
    {"query", "query_string"},
    {"inferredContentType", "inferred_content_type"},
    {"apiTarget", "api_target"},
};

/* Below these stand the sender's own names. */
static bool is_free_in_form(struct slice name) {
  static const char *const names[] = {"vars", "data", "env", "headers", "cookies", "params", NULL};
  for (size_t i = 0; names[i]; i++) {
    if (slice_equal_string(name, names[i])) return true;
  }
  return false;
}

static struct slice renamed(struct slice name, enum sentry_direction direction) {
  static const struct sentry_names tables[] = {SENTRY_NAMES(frame_names),
                                               SENTRY_NAMES(other_names)};
  bool is_to_sdk = direction == SENTRY_TO_SDK;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    for (size_t j = 0; j < tables[i].count; j++) {
      const struct sentry_name *pair = &tables[i].names[j];
      if (slice_equal_string(name, is_to_sdk ? pair->from : pair->to))
        return slice_of_string(is_to_sdk ? pair->to : pair->from);
    }
  }
  return name;
}

static void write_meta(struct json_writer *writer, yyjson_val *meta,
                       enum sentry_direction direction, unsigned depth) {
  size_t index, max;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(meta) || depth == 0) {
    write_value(writer, meta);
    return;
  }
  json_write_object(writer);
  yyjson_obj_foreach(meta, index, max, key, value) {
    struct slice name = json_text(key);
    json_write_key_text(writer, renamed(name, direction));
    write_meta(writer, value, direction, is_free_in_form(name) ? 0 : depth - 1);
  }
  json_write_object_end(writer);
}

void sentry_write_meta(struct json_writer *writer, yyjson_val *meta,
                       enum sentry_direction direction) {
  write_meta(writer, meta, direction, META_DEPTH);
}
