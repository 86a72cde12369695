/* monitor_error.c - the error that a failing monitor makes: an event like any other, in the
 * transaction of the check-in that failed. */
#include "base/clock.h"
#include "json/json.h"
#include "tracker/monitor.h"
#include "tracker/tracker.h"

#include "base/banned.h"

enum { EVENT_LIMIT_BYTES = 64 * 1024 };

static const char *failure_title(enum check_in_status status) {
  switch (status) {
    case CHECK_IN_MISSED: return "Missed check-in";
    case CHECK_IN_TIMEOUT: return "Check-in timed out";
    default: return "Failed check-in";
  }
}

static void write_text(struct json_writer *json, const char *name, struct slice text) {
  if (!text.len) return;
  json_write_key(json, name);
  json_write_text(json, text);
}

static void write_time(struct json_writer *json, const char *name, int64_t time_ms) {
  char text[TIME_ISO_BYTES];
  if (!time_ms) return;
  time_format_iso(time_ms, text);
  write_text(json, name, slice_of_string(text));
}

static void write_contexts(struct json_writer *json, struct arena *arena,
                           const struct monitor_failure *failure) {
  const struct monitor *monitor = failure->monitor;
  const struct check_in *check_in = failure->check_in;
  json_write_key(json, "contexts");
  json_write_object(json);
  json_write_key(json, "monitor");
  json_write_object(json);
  write_text(json, "slug", monitor->slug);
  write_text(json, "name", monitor->name);
  write_text(json, "status", slice_of_string(check_in_status_name(check_in->status)));
  write_text(json, "schedule", monitor->settings.schedule);
  write_text(json, "timezone", monitor->settings.time_zone);
  write_time(json, "expected", check_in->expected_ms);
  write_text(json, "check_in_id", event_id_hex(arena, &check_in->guid));
  json_write_key(json, "failures_in_a_row");
  json_write_integer(json, failure->environment->failures);
  json_write_object_end(json);
  if (failure->trace_id.len) {
    json_write_key(json, "trace");
    json_write_object(json);
    write_text(json, "trace_id", failure->trace_id);
    json_write_object_end(json);
  }
  json_write_object_end(json);
}

static void write_event(struct json_writer *json, struct arena *arena,
                        const struct monitor_failure *failure) {
  const struct monitor *monitor = failure->monitor;
  struct slice environment = failure->environment->name;
  json_write_object(json);
  write_text(json, "platform", SLICE("other"));
  write_text(json, "level", SLICE("error"));
  write_text(json, "environment", environment);
  write_text(json, "release", failure->check_in->release);
  write_text(json, "transaction", monitor->slug);
  write_text(json, "message",
             arena_printf(arena, "%s: %.*s (%.*s)", failure_title(failure->check_in->status),
                          SLICE_ARGS(monitor->name), SLICE_ARGS(environment)));
  json_write_key(json, "fingerprint");
  json_write_array(json);
  json_write_text(json, SLICE("monitor"));
  json_write_text(json, monitor->slug);
  json_write_text(json, environment);
  json_write_array_end(json);
  json_write_key(json, "tags");
  json_write_object(json);
  write_text(json, "monitor.slug", monitor->slug);
  json_write_object_end(json);
  write_contexts(json, arena, failure);
  json_write_object_end(json);
}

/* The event, decoded, grouped and packed; false when it cannot be, which would be our mistake. */
static bool make_digest(struct transaction *tx, struct arena *arena,
                        const struct monitor_failure *failure, struct digest *digest) {
  struct buffer text = buffer_make(EVENT_LIMIT_BYTES), kept = buffer_make(4 * EVENT_LIMIT_BYTES);
  struct json_writer json = {.out = &text};
  const struct event_hints hints = {.received_ms = failure->now_ms};
  struct event *event;
  struct grouping grouping;
  write_event(&json, arena, failure);
  bool is_made = event_decode(arena, buffer_slice(&text), &hints, &event, NULL) == STATUS_OK;
  if (is_made) {
    event->id = event_id_random();
    event->has_id = true;
    grouping_compute(arena, event, NULL, false, &grouping);
    event_derive(arena, event);
    event_write(event, &kept);
    digest->project_id = failure->monitor->project_id;
    digest->category = SLICE("error");
    digest->payload =
        store_pack(transaction_store(tx), arena, digest->project_id, buffer_slice(&kept));
    tracker_fill_digest(arena, digest, event, &grouping);
  }
  buffer_free(&text);
  buffer_free(&kept);
  return is_made;
}

void monitor_report_failure(struct transaction *tx, const struct monitor_failure *failure) {
  struct arena arena = {0};
  struct digest_write write = {.has_event = true};
  if (make_digest(tx, &arena, failure, &write.digest)) {
    tracker_digest_now(tx, &write);
    failure->environment->error_hash = write.digest.hashes[0];
    failure->environment->has_error = true;
  }
  arena_free(&arena);
}

void monitor_resolve_error(struct transaction *tx, const struct monitor *monitor,
                           struct monitor_environment *environment, int64_t now_ms) {
  struct group group;
  struct digest digest = {
      .project_id = monitor->project_id, .hashes = {environment->error_hash}, .hash_count = 1};
  if (!digest_find_group(tx, &digest, &group) || group.status != GROUP_UNRESOLVED) return;
  group_set_status(tx, group.id, GROUP_RESOLVED, false, now_ms);
  activity_add(
      tx, &(struct activity){.group_id = group.id, .time_ms = now_ms, .kind = ACTIVITY_RESOLVED});
}
