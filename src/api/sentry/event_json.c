/* event_json.c - a kept event as Sentry's Event object.
 *
 * `entries` is a list of {type, data} in the order Sentry gives them: exception, stacktrace or
 * threads, message, breadcrumbs, request, debugmeta. Stack traces are in entries_json.c.
 */
#include "api/sentry/event_json.h"

#include "api/sentry/constant.h"
#include "api/sentry/feedback_json.h"
#include "source/sentry_frames.h"

#include "base/banned.h"

static void write_id(struct json_writer *writer, const char *name, const struct event_id *id) {
  char digits[EVENT_ID_DIGITS];
  hex_encode(id->bytes, EVENT_ID_BYTES, digits);
  api_write_text(writer, name, slice_of(digits, sizeof(digits)));
}

static void write_value(struct json_writer *writer, const char *name, yyjson_val *value) {
  json_write_key(writer, name);
  if (value)
    json_write_value(writer, value, &JSON_NO_LIMITS);
  else
    json_write_null(writer);
}

/* As write_value(), but {} for nothing. */
static void write_object_value(struct json_writer *writer, const char *name, yyjson_val *value,
                               size_t limit_bytes) {
  json_write_key(writer, name);
  if (value) {
    json_write_value(
        writer, value,
        &(struct json_limits){.depth = 64, .bytes = limit_bytes, .characters = SIZE_MAX});
  } else {
    json_write_object(writer);
    json_write_object_end(writer);
  }
}

/* Names of places; Sentry has texts here, whatever an SDK sent. */
static void write_geo(struct json_writer *writer, yyjson_val *geo) {
  size_t index, max;
  yyjson_val *key, *value;
  json_write_key(writer, "geo");
  if (!yyjson_is_obj(geo)) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  yyjson_obj_foreach(geo, index, max, key, value) {
    struct slice text;
    if (!json_scalar_text(value, &text)) continue;
    json_write_key_text(writer, json_text(key));
    json_write_text(writer, text);
  }
  json_write_object_end(writer);
}

static void write_user(struct json_writer *writer, const struct event *event) {
  const struct event_user *user = &event->user;
  json_write_key(writer, "user");
  if (!event->has_user) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text_or_null(writer, "id", user->id);
  api_write_text_or_null(writer, "email", user->email);
  api_write_text_or_null(writer, "username", user->username);
  api_write_text_or_null(writer, "ip_address", user->ip_address);
  api_write_text_or_null(writer, "name", user->name);
  write_geo(writer, user->geo);
  write_object_value(writer, "data", user->data, SIZE_MAX);
  json_write_object_end(writer);
}

static void write_tags(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "tags");
  json_write_array(writer);
  for (size_t i = 0; i < event->tags.count; i++) {
    json_write_object(writer);
    api_write_text(writer, "key", event->tags.items[i].key);
    api_write_text(writer, "value", event->tags.items[i].value);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
}

static void write_metadata(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "metadata");
  json_write_object(writer);
  if (event->error_type.len || event->error_value.len) {
    api_write_text(writer, "type", event->error_type);
    api_write_text(writer, "value", event->error_value);
    if (event->location.len) api_write_text(writer, "filename", event->location);
    if (event->function.len) api_write_text(writer, "function", event->function);
  } else {
    api_write_text(writer, "title", event->title);
  }
  json_write_object_end(writer);
}

/* What a list row and the details share; inside the object. */
static void write_common(struct json_writer *writer, const struct event_view *view,
                         const struct event *event) {
  const struct event_row *row = view->row;
  write_id(writer, "id", &row->id);
  write_id(writer, "eventID", &row->id);
  api_write_digits(writer, "groupID", row->group_id);
  api_write_digits(writer, "projectID", row->project_id);
  api_write_time(writer, "dateCreated", row->timestamp_ms);
  api_write_time(writer, "dateReceived", row->received_ms);
  api_write_text(writer, "type", event->type);
  api_write_text(writer, "title", event->title);
  api_write_text(writer, "message", event->message_formatted);
  api_write_text_or_null(writer, "location", event->location);
  api_write_text(writer, "culprit", event->culprit);
  api_write_text_or_null(writer, "platform", event->platform);
  write_user(writer, event);
  write_tags(writer, event);
  write_metadata(writer, event);
  api_write_null(writer, "crashFile");
}

/* An event whose content has expired says nothing of itself. */
static const struct event *event_or_none(const struct event_view *view, struct event *none) {
  *none = (struct event){.type = SLICE("default"), .platform = SLICE("other")};
  return view->event ? view->event : none;
}

void api_write_event(struct json_writer *writer, const struct event_view *view) {
  struct event none;
  const struct event *event = event_or_none(view, &none);
  json_write_object(writer);
  write_common(writer, view, event);
  api_write_text(writer, "event.type", event->type);
  json_write_object_end(writer);
}

/* --- details -------------------------------------------------------------------------- */

static void write_sdk(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "sdk");
  if (event->sdk_name.len == 0) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text(writer, "name", event->sdk_name);
  api_write_text(writer, "version", event->sdk_version);
  /* Not Sentry's. */
  if (event->sdk_packages) write_value(writer, "packages", event->sdk_packages);
  if (event->sdk_integrations) write_value(writer, "integrations", event->sdk_integrations);
  if (event->sdk_features) write_value(writer, "features", event->sdk_features);
  json_write_object_end(writer);
}

static void write_release(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "release");
  if (event->release.len == 0) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text(writer, "version", event->release);
  json_write_object_end(writer);
}

static void write_modules(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "packages");
  json_write_object(writer);
  for (size_t i = 0; i < event->modules.count; i++) {
    json_write_key_text(writer, event->modules.items[i].key);
    json_write_text(writer, event->modules.items[i].value);
  }
  json_write_object_end(writer);
}

static void write_errors(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "errors");
  json_write_array(writer);
  for (size_t i = 0; i < event->error_count; i++) {
    const struct event_error *error = &event->errors[i];
    json_write_object(writer);
    api_write_text(writer, "type", error->type);
    api_write_text(writer, "message",
                   error->reason.len ? error->reason : SLICE("Discarded invalid value"));
    json_write_key(writer, "data");
    json_write_object(writer);
    if (error->name.len) api_write_text(writer, "name", error->name);
    if (error->value.len) api_write_text(writer, "value", error->value);
    if (error->reason.len) api_write_text(writer, "reason", error->reason);
    json_write_object_end(writer);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
}

static void write_neighbour(struct json_writer *writer, const char *name, bool is_there,
                            const struct event_id *id) {
  if (is_there)
    write_id(writer, name, id);
  else
    api_write_null(writer, name);
}

static void write_fingerprint(struct json_writer *writer, const struct event *event) {
  json_write_key(writer, "fingerprint");
  json_write_array(writer);
  for (size_t i = 0; i < event->fingerprint.count; i++)
    json_write_text(writer, event->fingerprint.items[i]);
  json_write_array_end(writer);
}

/* What SDKs cut or masked themselves: a tree as deep as the answer. */
static void write_meta(struct json_writer *writer, const struct event *event) {
  static const struct sentry_name names[] = {{"user", "user"},     {"contexts", "contexts"},
                                             {"extra", "context"}, {"modules", "packages"},
                                             {"sdk", "sdk"},       {"tags", "tags"}};
  json_write_key(writer, "_meta");
  json_write_object(writer);
  if (event->meta) {
    api_write_entries_meta(writer, event);
    sentry_write_members(writer, event->meta, SENTRY_NAMES(names));
  }
  json_write_object_end(writer);
}

/* What Sentry knows of an event, and this server never does. */
static const struct constant all_events[] = {
    {"occurrence", IS_NULL, NULL},
    {"sdkUpdates", IS_LIST, NULL},
    {"resolvedWith", IS_LIST, NULL},
    {0},
};

static void write_feedback(struct json_writer *writer, const struct event_view *view) {
  struct arena arena = {0};
  json_write_key(writer, "userReport");
  if (view->has_feedback) {
    json_write_object(writer);
    api_write_feedback(writer, &arena, &view->feedback);
    json_write_object_end(writer);
  } else {
    json_write_null(writer);
  }
  arena_free(&arena);
}

void api_write_event_details(struct json_writer *writer, const struct event_view *view,
                             const struct entries_limits *limits) {
  struct event none;
  const struct event *event = event_or_none(view, &none);
  json_write_object(writer);
  write_common(writer, view, event);
  write_neighbour(writer, "previousEventID", view->has_previous, &view->previous);
  write_neighbour(writer, "nextEventID", view->has_next, &view->next);
  api_write_integer(writer, "size", (int64_t)view->payload_bytes);
  api_write_text_or_null(writer, "dist", event->dist);
  write_release(writer, event);
  write_sdk(writer, event);
  api_write_entries(writer, event, limits);
  write_object_value(writer, "contexts", event->contexts, limits->bag_bytes);
  write_object_value(writer, "context", event->extra, limits->bag_bytes);
  write_modules(writer, event);
  write_fingerprint(writer, event);
  if (event->checksum.len) api_write_text(writer, "checksum", event->checksum); /* not Sentry's */
  write_errors(writer, event);
  write_meta(writer, event);
  write_feedback(writer, view);
  api_write_constants(writer, all_events);
  json_write_object_end(writer);
}
