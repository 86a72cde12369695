/* sentry_event.c - see sentry_event.h.
 *
 * Tables say which member becomes which attribute. Entries come in any order and are written as
 * they come; tags are read last, because they hold attributes that Sentry's Event has nowhere else:
 * level, environment, logger, transaction and server name.
 */
#include "source/sentry_event.h"

#include <stdio.h>

#include "event/security_report.h"
#include "source/sentry_frames.h"
#include "source/sentry_value.h"

#include "base/banned.h"

/* An answer is at most as long as the client takes; its other shape is shorter, but for escapes. */
#define SDK_JSON_LIMIT ((size_t)64 * 1024 * 1024)

struct conversion {
  struct json_writer *writer;
  yyjson_val *root, *tags;
};

/* --- entries ------------------------------------------------------------------------ */

static void write_exception(struct json_writer *writer, yyjson_val *exception) {
  static const struct sentry_name names[] = {
      {"type", "type"},          {"value", "value"},         {"module", "module"},
      {"threadId", "thread_id"}, {"mechanism", "mechanism"},
  };
  json_write_object(writer);
  sentry_write_members(writer, exception, SENTRY_NAMES(names));
  sentry_write_stacktraces(writer, exception);
  json_write_object_end(writer);
}

static void write_thread(struct json_writer *writer, yyjson_val *thread) {
  static const struct sentry_name names[] = {
      {"id", "id"},           {"name", "name"}, {"crashed", "crashed"},
      {"current", "current"}, {"main", "main"}, {"heldLocks", "held_locks"},
      {"state", "state"},
  };
  json_write_object(writer);
  sentry_write_members(writer, thread, SENTRY_NAMES(names));
  sentry_write_stacktraces(writer, thread);
  json_write_object_end(writer);
}

static void write_values(struct json_writer *writer, yyjson_val *data,
                         void (*write_item)(struct json_writer *writer, yyjson_val *item)) {
  size_t index, max;
  yyjson_val *item, *values = json_member(data, "values");
  json_write_object(writer);
  json_write_key(writer, "values");
  json_write_array(writer);
  yyjson_arr_foreach(values, index, max, item) {
    if (yyjson_is_obj(item)) write_item(writer, item);
  }
  json_write_array_end(writer);
  json_write_object_end(writer);
}

static void write_exceptions(struct json_writer *writer, yyjson_val *data) {
  write_values(writer, data, write_exception);
}

static void write_threads(struct json_writer *writer, yyjson_val *data) {
  write_values(writer, data, write_thread);
}

static void write_request(struct json_writer *writer, yyjson_val *data) {
  static const struct sentry_name names[] = {
      {"url", "url"},
      {"method", "method"},
      {"fragment", "fragment"},
      {"data", "data"},
      {"cookies", "cookies"},
      {"headers", "headers"},
      {"env", "env"},
      {"inferredContentType", "inferred_content_type"},
      {"apiTarget", "api_target"},
      {"protocol", "protocol"},
      {"bodySize", "body_size"},
      {"queryString", "query_string"}, /* ours, when it was sent as text: instead of `query` */
  };
  json_write_object(writer);
  sentry_write_members(writer, data, SENTRY_NAMES(names));
  if (!json_member(data, "queryString")) {
    static const struct sentry_name query[] = {{"query", "query_string"}};
    sentry_write_members(writer, data, SENTRY_NAMES(query));
  }
  json_write_object_end(writer);
}

static void write_template(struct json_writer *writer, yyjson_val *data) {
  static const struct sentry_name names[] = {
      {"filename", "filename"}, {"absPath", "abs_path"}, {"lineNo", "lineno"}};
  json_write_object(writer);
  sentry_write_members(writer, data, SENTRY_NAMES(names));
  sentry_write_context(writer, data);
  json_write_object_end(writer);
}

static void write_as_it_is(struct json_writer *writer, yyjson_val *data) {
  json_write_value(writer, data, &JSON_NO_LIMITS);
}

static const struct entry_kind {
  const char *type, *attribute;
  void (*write)(struct json_writer *writer, yyjson_val *data);
} entry_kinds[] = {
    {"exception", "exception", write_exceptions},
    {"stacktrace", "stacktrace", sentry_write_stacktrace},
    {"threads", "threads", write_threads},
    {"message", "logentry", write_as_it_is},
    {"breadcrumbs", "breadcrumbs", write_as_it_is},
    {"request", "request", write_request},
    {"debugmeta", "debug_meta", write_as_it_is},
    {"template", "template", write_template},
};

/* The attribute that an entry becomes; empty for one that no event holds. */
static struct slice attribute_of(yyjson_val *entry, const struct entry_kind **kind) {
  struct slice type = json_text(json_member(entry, "type")), attribute = SLICE_EMPTY;
  *kind = NULL;
  for (size_t i = 0; i < sizeof entry_kinds / sizeof entry_kinds[0]; i++) {
    if (!slice_equal_string(type, entry_kinds[i].type)) continue;
    *kind = &entry_kinds[i];
    return slice_of_string(entry_kinds[i].attribute);
  }
  return security_report_kind(type, &attribute) ? attribute : SLICE_EMPTY;
}

static void write_entries(const struct conversion *conversion, yyjson_val *entries) {
  size_t index, max;
  yyjson_val *entry;
  yyjson_arr_foreach(entries, index, max, entry) {
    const struct entry_kind *kind;
    struct slice attribute = attribute_of(entry, &kind);
    yyjson_val *data = json_member(entry, "data");
    if (slice_is_empty(attribute) || !yyjson_is_obj(data)) continue;
    json_write_key_text(conversion->writer, attribute);
    (kind ? kind->write : write_as_it_is)(conversion->writer, data);
  }
}

/* A row of a list has no entries; its text is better than none. */
static void write_message_of_row(const struct conversion *conversion) {
  struct slice message = json_text(json_member(conversion->root, "message"));
  if (slice_is_empty(message)) message = json_text(json_member(conversion->root, "title"));
  if (yyjson_is_arr(json_member(conversion->root, "entries")) || slice_is_empty(message)) return;
  json_write_key(conversion->writer, "message");
  json_write_text(conversion->writer, message);
}

/* --- tags --------------------------------------------------------------------------- */

static struct slice tag_key(yyjson_val *tag) {
  return json_text(yyjson_is_arr(tag) ? yyjson_arr_get(tag, 0) : json_member(tag, "key"));
}

static yyjson_val *tag_value(yyjson_val *tag) {
  return yyjson_is_arr(tag) ? yyjson_arr_get(tag, 1) : json_member(tag, "value");
}

static yyjson_val *find_tag(yyjson_val *tags, const char *key) {
  size_t index, max;
  yyjson_val *tag;
  yyjson_arr_foreach(tags, index, max, tag) {
    if (slice_equal_string(tag_key(tag), key)) return tag_value(tag);
  }
  return NULL;
}

/* Attributes that are told as tags, at most also as members of the event. */
static const char *const told_as_tags[] = {"level",       "environment", "logger", "transaction",
                                           "server_name", "release",     "dist"};

/* A release is an object with its version, or text. */
static yyjson_val *attribute_value(const struct conversion *conversion, const char *name) {
  yyjson_val *value = json_member(conversion->root, name);
  if (yyjson_is_obj(value)) value = json_member(value, "version");
  if (!value || yyjson_is_null(value)) value = find_tag(conversion->tags, name);
  return yyjson_is_null(value) ? NULL : value;
}

static void write_attributes(const struct conversion *conversion) {
  for (size_t i = 0; i < sizeof told_as_tags / sizeof told_as_tags[0]; i++) {
    yyjson_val *value = attribute_value(conversion, told_as_tags[i]);
    if (!value) continue;
    json_write_key(conversion->writer, told_as_tags[i]);
    json_write_value(conversion->writer, value, &JSON_NO_LIMITS);
  }
}

/* Whether a tag only repeats an attribute, so that it is derived again. */
static bool is_told(const struct conversion *conversion, yyjson_val *tag) {
  struct slice key = tag_key(tag), value = json_text(tag_value(tag));
  if (slice_equal(key, SLICE("user"))) return true;
  for (size_t i = 0; i < sizeof told_as_tags / sizeof told_as_tags[0]; i++) {
    if (!slice_equal_string(key, told_as_tags[i])) continue;
    return slice_equal(value, json_text(attribute_value(conversion, told_as_tags[i])));
  }
  return false;
}

static void write_tags(const struct conversion *conversion) {
  size_t index, max;
  yyjson_val *tag;
  json_write_key(conversion->writer, "tags");
  json_write_array(conversion->writer);
  yyjson_arr_foreach(conversion->tags, index, max, tag) {
    if (is_told(conversion, tag)) continue;
    json_write_array(conversion->writer);
    json_write_text(conversion->writer, tag_key(tag));
    yyjson_val *value = tag_value(tag);
    if (value)
      json_write_value(conversion->writer, value, &JSON_NO_LIMITS);
    else
      json_write_null(conversion->writer);
    json_write_array_end(conversion->writer);
  }
  json_write_array_end(conversion->writer);
}

/* --- user and errors ---------------------------------------------------------------- */

/* The tag is "id:42", "username:…", "email:…" or "ip:…": all that some answers say of the user. */
static void write_user_of_tag(const struct conversion *conversion) {
  static const struct sentry_name names[] = {
      {"id", "id"}, {"username", "username"}, {"email", "email"}, {"ip", "ip_address"}};
  struct slice value = json_text(find_tag(conversion->tags, "user"));
  struct slice kind = slice_split(&value, ':');
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_is_empty(value) || !slice_equal_string(kind, names[i].from)) continue;
    json_write_key(conversion->writer, "user");
    json_write_object(conversion->writer);
    json_write_key(conversion->writer, names[i].to);
    json_write_text(conversion->writer, value);
    json_write_object_end(conversion->writer);
  }
}

static void write_user(const struct conversion *conversion) {
  yyjson_val *user = json_member(conversion->root, "user");
  if (!yyjson_is_obj(user)) {
    write_user_of_tag(conversion);
    return;
  }
  json_write_key(conversion->writer, "user");
  json_write_value(conversion->writer, user, &JSON_NO_LIMITS);
}

static void write_member_as(struct json_writer *writer, const char *name, yyjson_val *value) {
  if (!value || yyjson_is_null(value)) return;
  json_write_key(writer, name);
  json_write_value(writer, value, &JSON_NO_LIMITS);
}

/* {"type": …, "message": …, "data": {"name": …, "value": …, "reason": …}}; other kinds of errors
 * have other data, which counts as the value. */
static void write_error(struct json_writer *writer, yyjson_val *error) {
  yyjson_val *data = json_member(error, "data"), *name = json_member(data, "name");
  yyjson_val *value = json_member(data, "value"), *reason = json_member(data, "reason");
  if (!name && !value && !reason && yyjson_obj_size(data)) value = data;
  json_write_object(writer);
  write_member_as(writer, "type", json_member(error, "type"));
  write_member_as(writer, "name", name);
  write_member_as(writer, "value", value);
  write_member_as(writer, "reason", reason ? reason : json_member(error, "message"));
  json_write_object_end(writer);
}

static void write_errors(const struct conversion *conversion) {
  size_t index, max;
  yyjson_val *error, *errors = json_member(conversion->root, "errors");
  if (!yyjson_arr_size(errors)) return;
  json_write_key(conversion->writer, "errors");
  json_write_array(conversion->writer);
  yyjson_arr_foreach(errors, index, max, error) {
    if (yyjson_is_obj(error)) write_error(conversion->writer, error);
  }
  json_write_array_end(conversion->writer);
}

/* --- what was cut or masked ----------------------------------------------------------- */

static yyjson_val *meta_of_entry(yyjson_val *metas, size_t index) {
  char digits[24];
  snprintf(digits, sizeof digits, "%zu", index);
  yyjson_val *meta = json_member(metas, digits);
  if (!meta) meta = yyjson_arr_get(metas, index);
  return json_member(meta, "data");
}

/* {"3": {"value": {"": …}}} by the place in the list becomes {"browser": {"": …}}. */
static void write_meta_of_tags(const struct conversion *conversion, yyjson_val *metas) {
  size_t index, max;
  yyjson_val *key, *meta;
  if (!yyjson_obj_size(metas)) return;
  json_write_key(conversion->writer, "tags");
  json_write_object(conversion->writer);
  yyjson_obj_foreach(metas, index, max, key, meta) {
    uint64_t place;
    yyjson_val *value = json_member(meta, "value"), *tag = NULL;
    if (value && slice_to_u64(json_text(key), &place))
      tag = yyjson_arr_get(conversion->tags, (size_t)place);
    json_write_key_text(conversion->writer, tag ? tag_key(tag) : json_text(key));
    json_write_value(conversion->writer, tag ? value : meta, &JSON_NO_LIMITS);
  }
  json_write_object_end(conversion->writer);
}

/* `_meta` is a tree as deep as the event, so it is put into the event's other shape alike. */
static void write_meta(const struct conversion *conversion) {
  static const struct sentry_name names[] = {{"user", "user"},     {"contexts", "contexts"},
                                             {"context", "extra"}, {"packages", "modules"},
                                             {"sdk", "sdk"},       {"platform", "platform"}};
  size_t index, max;
  struct json_writer *writer = conversion->writer;
  yyjson_val *meta = json_member(conversion->root, "_meta"), *entry;
  yyjson_val *metas = json_member(meta, "entries");
  if (!yyjson_is_obj(meta)) return;
  const struct json_writer before = *writer;
  size_t length = writer->out->len;
  json_write_key(writer, "_meta");
  json_write_object(writer);
  size_t empty_length = writer->out->len;
  yyjson_arr_foreach(json_member(conversion->root, "entries"), index, max, entry) {
    const struct entry_kind *kind;
    struct slice attribute = attribute_of(entry, &kind);
    yyjson_val *of_entry = meta_of_entry(metas, index);
    if (slice_is_empty(attribute) || !yyjson_obj_size(of_entry)) continue;
    json_write_key_text(writer, attribute);
    sentry_write_meta(writer, of_entry, SENTRY_TO_SDK);
  }
  sentry_write_members(writer, meta, SENTRY_NAMES(names));
  write_meta_of_tags(conversion, json_member(meta, "tags"));
  json_write_object_end(writer);
  if (writer->out->len > empty_length + 1) return;
  *writer = before; /* it says nothing, as most do */
  writer->out->len = length;
}

/* --- the whole ------------------------------------------------------------------------ */

static void write_event(const struct conversion *conversion) {
  static const struct sentry_name names[] = {
      {"type", "type"},         {"platform", "platform"},       {"contexts", "contexts"},
      {"context", "extra"},     {"packages", "modules"},        {"sdk", "sdk"},
      {"checksum", "checksum"}, {"fingerprint", "fingerprint"}, {"dateCreated", "timestamp"},
  };
  struct json_writer *writer = conversion->writer;
  yyjson_val *root = conversion->root;
  sentry_write_members(writer, root, SENTRY_NAMES(names));
  /* Transactions have no other time. */
  if (!json_text(json_member(root, "dateCreated")).len)
    write_member_as(writer, "timestamp", json_member(root, "endTimestamp"));
  write_entries(conversion, json_member(root, "entries"));
  write_message_of_row(conversion);
  write_attributes(conversion);
  write_tags(conversion);
  write_user(conversion);
  write_errors(conversion);
  write_meta(conversion);
}

static void read_neighbour(yyjson_val *value, bool *is_there, struct event_id *id) {
  *is_there = event_id_parse(json_text(value), id);
}

/* An id of something else than events, which may be missing, but may not be anything else. */
static enum status read_id(yyjson_val *root, const char *name, int64_t *id,
                           struct problem *problem) {
  yyjson_val *value = json_member(root, name);
  *id = 0;
  if (!value || yyjson_is_null(value) || sentry_id(value, id)) return STATUS_OK;
  char what[40];
  snprintf(what, sizeof what, "an event's %s", name);
  return sentry_bad_id(value, what, problem);
}

static enum status read_facts(yyjson_val *root, struct sentry_event_facts *facts,
                              struct problem *problem) {
  *facts = (struct sentry_event_facts){0};
  yyjson_val *id = json_member(root, "eventID");
  if (!yyjson_is_str(id)) id = json_member(root, "id");
  if (!yyjson_is_str(id)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "Sentry's answer is missing keys: id. Check that the URL leads to a "
                       "Sentry.");
  }
  if (!event_id_parse(json_text(id), &facts->id)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "Sentry's answer has \"%.*s\" as an event's id, which should be 32 "
                       "hexadecimal digits.",
                       SLICE_ARGS(slice_cut_utf8(json_text(id), 40)));
  }
  enum status status = read_id(root, "groupID", &facts->group_id, problem);
  if (!status) status = read_id(root, "projectID", &facts->project_id, problem);
  facts->created_ms = sentry_time_ms(json_member(root, "dateCreated"));
  facts->received_ms = sentry_time_ms(json_member(root, "dateReceived"));
  facts->size = sentry_count(json_member(root, "size"));
  read_neighbour(json_member(root, "previousEventID"), &facts->has_previous, &facts->previous);
  read_neighbour(json_member(root, "nextEventID"), &facts->has_next, &facts->next);
  facts->title = json_text(json_member(root, "title"));
  facts->culprit = json_text(json_member(root, "culprit"));
  facts->location = json_text(json_member(root, "location"));
  facts->has_entries = yyjson_is_arr(json_member(root, "entries"));
  return status;
}

enum status sentry_event_value_to_sdk(struct arena *arena, yyjson_val *value,
                                      struct slice *sdk_json, struct sentry_event_facts *facts,
                                      struct problem *problem) {
  if (!yyjson_is_obj(value)) {
    return problem_set(problem, STATUS_BAD_INPUT, "Sentry's answer is not an event.");
  }
  enum status status = read_facts(value, facts, problem);
  if (status) return status;
  struct buffer out = buffer_make(SDK_JSON_LIMIT);
  struct json_writer writer = {.out = &out};
  const struct conversion conversion = {
      .writer = &writer, .root = value, .tags = json_member(value, "tags")};
  json_write_object(&writer);
  json_write_key(&writer, "event_id");
  json_write_text(&writer, event_id_hex(arena, &facts->id));
  write_event(&conversion);
  json_write_object_end(&writer);
  if (out.is_overflown) {
    status = problem_set(problem, STATUS_TOO_LARGE, "Sentry's answer holds too long an event.");
  } else {
    *sdk_json = arena_copy(arena, buffer_slice(&out));
  }
  buffer_free(&out);
  return status;
}

enum status sentry_event_to_sdk(struct arena *arena, struct slice json, struct slice *sdk_json,
                                struct sentry_event_facts *facts, struct problem *problem) {
  yyjson_val *value;
  enum status status = json_read(arena, json, &value, problem);
  return status ? status : sentry_event_value_to_sdk(arena, value, sdk_json, facts, problem);
}
