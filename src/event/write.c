/* write.c - an event to the JSON that is kept, with Sentry's attribute names.
 *
 * Free-form objects are cut to their limits here and not when they are read, so
 * that they are walked once. Should the whole still be too long, it is written
 * again with less: first without variables, then without the bulk of source
 * context and free-form data, at last with few frames.
 *
 * What is written here is what decode.c reads: writing, reading and writing again
 * gives the same bytes.
 */
#include <string.h>

#include "event/fields.h"
#include "event/limits.h"

#include "base/banned.h"

/* How much is left out; each step includes those before it. */
enum thrift { KEEP_ALL, NO_VARIABLES, NO_BULK, FEW_FRAMES };

/* Frames of one stack trace in the last step, the newest. */
enum { FEW_FRAMES_COUNT = 20, FEW_LIST_ITEMS = 10 };

struct event_writer {
  struct json_writer json;
  enum thrift thrift;
  unsigned skipped_in_frames, skipped; /* kinds of fields, by bit */
};

static void write_time(struct json_writer *json, int64_t time_ms) {
  json_write_integer(json, time_ms / 1000);
  int milliseconds = (int)(time_ms % 1000);
  if (milliseconds == 0) return;
  const char fraction[4] = {'.', (char)('0' + milliseconds / 100),
                            (char)('0' + milliseconds / 10 % 10), (char)('0' + milliseconds % 10)};
  buffer_append(json->out, fraction, sizeof fraction);
}

static void write_pairs(struct json_writer *json, struct pairs pairs, bool is_map) {
  if (is_map)
    json_write_object(json);
  else
    json_write_array(json);
  for (size_t i = 0; i < pairs.count; i++) {
    if (is_map) {
      json_write_key_text(json, pairs.items[i].key);
      json_write_text(json, pairs.items[i].value);
      continue;
    }
    json_write_array(json);
    json_write_text(json, pairs.items[i].key);
    json_write_text(json, pairs.items[i].value);
    json_write_array_end(json);
  }
  if (is_map)
    json_write_object_end(json);
  else
    json_write_array_end(json);
}

static void write_lines(struct json_writer *json, struct lines lines) {
  json_write_array(json);
  for (size_t i = 0; i < lines.count; i++) json_write_text(json, lines.items[i]);
  json_write_array_end(json);
}

/* Names in tables need no escape. */
static void write_name(struct json_writer *json, const struct field *field) {
  struct buffer *out = json->out;
  char *room = buffer_reserve(out, field->name_length + 4u);
  if (!room) return;
  char *at = room;
  if (json->needs_comma) *at++ = ',';
  *at++ = '"';
  at = (char *)memcpy(at, field->name, field->name_length) + field->name_length;
  *at++ = '"';
  *at++ = ':';
  out->len += (size_t)(at - room);
  json->needs_comma = false;
}

static bool is_set(const struct field *field, const void *at) {
  switch ((enum field_kind)field->kind) {
    case FIELD_TEXT: return ((const struct slice *)at)->len != 0;
    case FIELD_LINE: return ((const struct slice *)at)->ptr != NULL;
    case FIELD_INTEGER: return *(const int64_t *)at > 0;
    case FIELD_TIME: return *(const int64_t *)at != 0;
    case FIELD_TRISTATE: return *(const enum tristate *)at != UNSET;
    case FIELD_BOOL: return *(const bool *)at;
    case FIELD_LINES: return ((const struct lines *)at)->count != 0;
    case FIELD_MAP:
    case FIELD_PAIRS: return ((const struct pairs *)at)->count != 0;
    case FIELD_OBJECT:
    case FIELD_ANY: return *(yyjson_val *const *)at != NULL;
  }
  return false;
}

static void write_field(struct json_writer *json, const struct field *field, const void *at) {
  const struct json_limits limits = {BAG_DEPTH, field->count, field->limit};
  write_name(json, field);
  switch ((enum field_kind)field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE: json_write_text(json, *(const struct slice *)at); break;
    case FIELD_INTEGER: json_write_integer(json, *(const int64_t *)at); break;
    case FIELD_TIME: write_time(json, *(const int64_t *)at); break;
    case FIELD_TRISTATE: json_write_bool(json, *(const enum tristate *)at == YES); break;
    case FIELD_BOOL: json_write_bool(json, *(const bool *)at); break;
    case FIELD_LINES: write_lines(json, *(const struct lines *)at); break;
    case FIELD_MAP: write_pairs(json, *(const struct pairs *)at, true); break;
    case FIELD_PAIRS: write_pairs(json, *(const struct pairs *)at, false); break;
    case FIELD_OBJECT:
    case FIELD_ANY: json_write_value(json, *(yyjson_val *const *)at, &limits); break;
  }
}

/* Writes the members that are set, in the order of the table. Kinds in `skipped` (a bit for each
 * enum field_kind) are left out. */
static void fields_write(struct json_writer *json, const struct field_set *set,
                         const void *structure, unsigned skipped) {
  for (size_t i = 0; i < set->count; i++) {
    const struct field *field = &set->fields[i];
    const void *at = (const char *)structure + field->offset;
    if (is_set(field, at) && !(skipped & 1u << field->kind)) write_field(json, field, at);
  }
}

static void write_text_member(struct json_writer *json, const char *name, struct slice text) {
  if (slice_is_empty(text)) return;
  json_write_key(json, name);
  json_write_text(json, text);
}

static void write_value_member(struct json_writer *json, const char *name, yyjson_val *value,
                               size_t bytes) {
  if (!value) return;
  const struct json_limits limits = {BAG_DEPTH, bytes, LIMIT_VARIABLE};
  json_write_key(json, name);
  json_write_value(json, value, &limits);
}

/* --- the parts ------------------------------------------------------------------ */

/* Frames are cut behind the outermost LIMIT_FRAMES_OUTER, in short lists at the start. */
static void write_omitted(struct json_writer *json, size_t count, size_t omitted) {
  int64_t from = count > LIMIT_FRAMES_OUTER ? LIMIT_FRAMES_OUTER : 0;
  if (!omitted) return;
  json_write_key(json, "frames_omitted");
  json_write_array(json);
  json_write_integer(json, from);
  json_write_integer(json, from + (int64_t)omitted);
  json_write_array_end(json);
}

static void write_stacktrace(struct event_writer *writer, const struct stacktrace *stacktrace) {
  struct json_writer *json = &writer->json;
  size_t first = 0, omitted = stacktrace->omitted;
  if (stacktrace->count == 0) return;
  if (writer->thrift == FEW_FRAMES && stacktrace->count > FEW_FRAMES_COUNT) {
    first = stacktrace->count - FEW_FRAMES_COUNT;
    omitted += first;
  }
  json_write_key(json, "stacktrace");
  json_write_object(json);
  json_write_key(json, "frames");
  json_write_array(json);
  for (size_t i = first; i < stacktrace->count; i++) {
    json_write_object(json);
    fields_write(json, &frame_fields, &stacktrace->frames[i], writer->skipped_in_frames);
    json_write_object_end(json);
  }
  json_write_array_end(json);
  write_omitted(json, stacktrace->count - first, omitted);
  fields_write(json, &stacktrace_fields, stacktrace, writer->skipped);
  json_write_object_end(json);
}

static void open_values(struct json_writer *json, const char *name) {
  json_write_key(json, name);
  json_write_object(json);
  json_write_key(json, "values");
  json_write_array(json);
}

static void close_values(struct json_writer *json) {
  json_write_array_end(json);
  json_write_object_end(json);
}

/* Where to start in a list of which, when there is little room, only the end is kept. */
static size_t list_start(const struct event_writer *writer, size_t count) {
  return writer->thrift == FEW_FRAMES && count > FEW_LIST_ITEMS ? count - FEW_LIST_ITEMS : 0;
}

static void write_mechanism(struct event_writer *writer, const struct exception *exception) {
  struct json_writer *json = &writer->json;
  const struct mechanism *mechanism = &exception->mechanism;
  if (!exception->has_mechanism) return;
  json_write_key(json, "mechanism");
  json_write_object(json);
  fields_write(json, &mechanism_fields, mechanism, writer->skipped);
  /* 0 is a valid id, and so not covered by the table. */
  if (mechanism->exception_id == 0) {
    json_write_key(json, "exception_id");
    json_write_integer(json, 0);
  }
  if (mechanism->parent_id == 0) {
    json_write_key(json, "parent_id");
    json_write_integer(json, 0);
  }
  json_write_object_end(json);
}

static void write_exceptions(struct event_writer *writer, const struct event *event) {
  struct json_writer *json = &writer->json;
  if (event->exception_count == 0) return;
  open_values(json, "exception");
  for (size_t i = list_start(writer, event->exception_count); i < event->exception_count; i++) {
    const struct exception *exception = &event->exceptions[i];
    json_write_object(json);
    fields_write(json, &exception_fields, exception, writer->skipped);
    write_text_member(json, "value", exception->value);
    write_mechanism(writer, exception);
    write_stacktrace(writer, &exception->stacktrace);
    json_write_object_end(json);
  }
  close_values(json);
}

static void write_threads(struct event_writer *writer, const struct event *event) {
  struct json_writer *json = &writer->json;
  bool has_room = writer->thrift < NO_BULK;
  if (event->thread_count == 0) return;
  open_values(json, "threads");
  for (size_t i = 0; i < event->thread_count; i++) {
    const struct thread *thread = &event->threads[i];
    bool is_chosen = &thread->stacktrace == event_main_stacktrace(event);
    if (writer->thrift == FEW_FRAMES && !is_chosen) continue;
    json_write_object(json);
    fields_write(json, &thread_fields, thread, writer->skipped);
    if (has_room || is_chosen) write_stacktrace(writer, &thread->stacktrace);
    json_write_object_end(json);
  }
  close_values(json);
}

static void write_breadcrumbs(struct event_writer *writer, const struct event *event) {
  struct json_writer *json = &writer->json;
  if (event->breadcrumb_count == 0) return;
  open_values(json, "breadcrumbs");
  for (size_t i = list_start(writer, event->breadcrumb_count); i < event->breadcrumb_count; i++) {
    json_write_object(json);
    fields_write(json, &breadcrumb_fields, &event->breadcrumbs[i], writer->skipped);
    json_write_object_end(json);
  }
  close_values(json);
}

static void write_request(struct event_writer *writer, const struct event_request *request) {
  struct json_writer *json = &writer->json;
  json_write_key(json, "request");
  json_write_object(json);
  fields_write(json, &request_fields, request, writer->skipped);
  if (writer->thrift < NO_BULK) {
    write_text_member(json, "query_string", request->query_string);
    if (request->query.count) {
      json_write_key(json, "query_string");
      write_pairs(json, request->query, false);
    }
    if (request->cookies.count) {
      json_write_key(json, "cookies");
      write_pairs(json, request->cookies, false);
    }
  }
  json_write_object_end(json);
}

static void write_user(struct event_writer *writer, const struct event_user *user) {
  struct json_writer *json = &writer->json;
  json_write_key(json, "user");
  json_write_object(json);
  fields_write(json, &user_fields, user, writer->skipped);
  if (writer->thrift < NO_BULK) write_value_member(json, "data", user->data, BAG_SMALL_BYTES);
  json_write_object_end(json);
}

static void write_message(struct event_writer *writer, const struct event *event) {
  struct json_writer *json = &writer->json;
  if (slice_is_empty(event->message_formatted)) return;
  json_write_key(json, "logentry");
  json_write_object(json);
  write_text_member(json, "formatted", event->message_formatted);
  /* Scrubbing may have made both the same. */
  if (!slice_equal(event->message_template, event->message_formatted)) {
    write_text_member(json, "message", event->message_template);
  }
  if (writer->thrift < NO_BULK) {
    write_value_member(json, "params", event->message_params, BAG_SMALL_BYTES);
  }
  json_write_object_end(json);
}

/* Under the name of its kind. Certificate chains are long texts, and there may be several. */
static void write_report(struct json_writer *json, const struct event *event) {
  static const struct json_limits limits = {BAG_DEPTH, BAG_LARGE_BYTES, LIMIT_MESSAGE};
  if (!event->report) return;
  json_write_key_text(json, event->type);
  json_write_value(json, event->report, &limits);
}

static void write_sdk(struct json_writer *json, const struct event *event) {
  if (slice_is_empty(event->sdk_name)) return;
  json_write_key(json, "sdk");
  json_write_object(json);
  write_text_member(json, "name", event->sdk_name);
  write_text_member(json, "version", event->sdk_version);
  write_value_member(json, "packages", event->sdk_packages, BAG_SMALL_BYTES);
  write_value_member(json, "integrations", event->sdk_integrations, BAG_SMALL_BYTES);
  write_value_member(json, "features", event->sdk_features, BAG_SMALL_BYTES);
  json_write_object_end(json);
}

static void write_errors(struct json_writer *json, const struct event *event) {
  if (event->error_count == 0) return;
  json_write_key(json, "errors");
  json_write_array(json);
  for (size_t i = 0; i < event->error_count; i++) {
    const struct event_error *error = &event->errors[i];
    json_write_object(json);
    write_text_member(json, "type", error->type);
    write_text_member(json, "name", error->name);
    write_text_member(json, "value", error->value);
    write_text_member(json, "reason", error->reason);
    json_write_object_end(json);
  }
  json_write_array_end(json);
}

/* A tree as deep as the event: beside each value that the SDK cut or masked it says so. */
static void write_meta(struct event_writer *writer, const struct event *event) {
  const struct json_limits limits = {META_DEPTH, BAG_MEDIUM_BYTES, LIMIT_NAME};
  if (!event->meta || writer->thrift >= NO_BULK) return;
  json_write_key(&writer->json, "_meta");
  json_write_value(&writer->json, event->meta, &limits);
}

/* The table writes it unless lists are left out; without it the grouping could not be explained. */
static void write_fingerprint(struct event_writer *writer, const struct event *event) {
  if (!(writer->skipped & 1u << FIELD_LINES) || !event->fingerprint.count) return;
  json_write_key(&writer->json, "fingerprint");
  write_lines(&writer->json, event->fingerprint);
}

static void write_all(struct event_writer *writer, const struct event *event) {
  struct json_writer *json = &writer->json;
  struct pairs sent_tags = {event->tags.items, event->sent_tag_count};
  json_write_object(json);
  if (event->has_id) {
    char id[EVENT_ID_DIGITS];
    hex_encode(event->id.bytes, EVENT_ID_BYTES, id);
    write_text_member(json, "event_id", slice_of(id, sizeof id));
  }
  write_text_member(json, "type", event->type);
  write_text_member(json, "level", slice_of_string(level_name(event->level)));
  fields_write(json, &event_fields, event, writer->skipped);
  write_fingerprint(writer, event);
  write_message(writer, event);
  write_exceptions(writer, event);
  write_threads(writer, event);
  if (sent_tags.count) {
    json_write_key(json, "tags");
    write_pairs(json, sent_tags, false);
  }
  if (event->has_user) write_user(writer, &event->user);
  if (event->has_request) write_request(writer, &event->request);
  write_breadcrumbs(writer, event);
  write_report(json, event);
  write_sdk(json, event);
  write_errors(json, event);
  write_meta(writer, event);
  json_write_object_end(json);
}

void event_write(const struct event *event, struct buffer *out) {
  enum {
    BULK = 1 << FIELD_OBJECT | 1 << FIELD_ANY | 1 << FIELD_LINES | 1 << FIELD_MAP | 1 << FIELD_PAIRS
  };
  static const struct {
    unsigned in_frames, elsewhere;
  } skipped[] = {
      [KEEP_ALL] = {0, 0},
      [NO_VARIABLES] = {1 << FIELD_OBJECT, 0},
      [NO_BULK] = {BULK, BULK},
      [FEW_FRAMES] = {BULK, BULK},
  };
  size_t start = out->len;
  for (int thrift = KEEP_ALL; thrift <= FEW_FRAMES; thrift++) {
    struct event_writer writer = {.json = {.out = out},
                                  .thrift = (enum thrift)thrift,
                                  .skipped_in_frames = skipped[thrift].in_frames,
                                  .skipped = skipped[thrift].elsewhere};
    out->len = start;
    out->is_overflown = false;
    write_all(&writer, event);
    if (!out->is_overflown && out->len - start <= EVENT_KEPT_LIMIT) return;
  }
}
