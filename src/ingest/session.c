/* session.c - see session.h. */
#include "ingest/session.h"

#include "base/clock.h"
#include "event/event.h"
#include "event/limits.h"
#include "json/json.h"

#include "base/banned.h"

/* RFC 3339, or seconds since 1970. */
static bool read_time(yyjson_val *value, int64_t *time_ms) {
  double seconds;
  if (yyjson_is_str(value)) return time_parse_iso(json_text(value), time_ms);
  if (!json_number(value, &seconds) || !(seconds > 0 && seconds < 253402300800.0)) return false;
  *time_ms = (int64_t)(seconds * 1000);
  return true;
}

static const char *read_attributes(yyjson_val *root, struct session_origin *origin) {
  yyjson_val *attributes = json_member(root, "attrs");
  struct slice release = slice_trim(json_text(json_member(attributes, "release")));
  struct slice environment = slice_trim(json_text(json_member(attributes, "environment")));
  origin->release = slice_cut_characters(release, LIMIT_RELEASE);
  origin->environment = slice_cut_characters(environment, LIMIT_LOGGER);
  if (!release.len || !release_is_valid(origin->release)) return "invalid_release";
  if (!environment_is_valid(origin->environment)) origin->environment = SLICE_EMPTY;
  return NULL;
}

/* Identifiers are only compared; numbers are as good as text. */
static struct slice identity(yyjson_val *value) {
  struct slice text;
  return json_scalar_text(value, &text) ? slice_upto(text, LIMIT_RELEASE) : SLICE_EMPTY;
}

/* Puts right when it started, by the sender's clock. */
static const char *read_started(yyjson_val *value, const struct session_context *context,
                                struct session_origin *origin) {
  if (!read_time(value, &origin->started_ms)) return "invalid_time";
  int64_t drift_ms = context->sent_at_ms ? context->received_ms - context->sent_at_ms : 0;
  if (drift_ms >= SESSION_DRIFT_MS || drift_ms <= -SESSION_DRIFT_MS) origin->started_ms += drift_ms;
  if (origin->started_ms > context->received_ms + SESSION_FUTURE_MS) return "future_session";
  if (origin->started_ms < context->received_ms - SESSION_PAST_MS) return "old_session";
  return NULL;
}

/* Unknown ones are of newer SDKs, and not an end. */
static enum session_status read_status(struct slice name) {
  if (slice_equal(name, SLICE("exited"))) return SESSION_EXITED;
  if (slice_equal(name, SLICE("crashed"))) return SESSION_CRASHED;
  if (slice_equal(name, SLICE("abnormal"))) return SESSION_ABNORMAL;
  return SESSION_OK;
}

static bool is_true(yyjson_val *value) {
  int64_t number;
  return yyjson_is_true(value) || (json_integer(value, &number) && number == 1);
}

const char *session_read(struct arena *arena, struct slice json,
                         const struct session_context *context, struct session_line *line) {
  yyjson_val *root;
  struct problem problem;
  int64_t number;
  *line = (struct session_line){.is_update = true};
  line->origin.project_id = context->project_id;
  if (json_read(arena, json, &root, &problem) || !yyjson_is_obj(root)) return "invalid_json";
  const char *wrong = read_attributes(root, &line->origin);
  if (wrong) return wrong;
  wrong = read_started(json_member(root, "started"), context, &line->origin);
  if (wrong) return wrong;
  struct slice status = json_text(json_member(root, "status"));
  line->origin.user = identity(json_member(root, "did"));
  line->update = (struct session_update){
      .id = identity(json_member(root, "sid")),
      .is_init = is_true(json_member(root, "init")) ||
                 (json_integer(json_member(root, "seq"), &number) && number == 0),
      .status = read_status(status),
      .has_errors = (json_integer(json_member(root, "errors"), &number) && number > 0) ||
                    slice_equal(status, SLICE("errored")),
  };
  return line->update.id.len ? NULL : "invalid_session";
}

static int64_t quantity(yyjson_val *aggregate, const char *name) {
  int64_t number;
  if (!json_integer(json_member(aggregate, name), &number) || number < 0) return 0;
  return number < SESSION_QUANTITY_LIMIT ? number : SESSION_QUANTITY_LIMIT;
}

static struct session_counts read_counts(yyjson_val *aggregate) {
  int64_t exited = quantity(aggregate, "exited"), errored = quantity(aggregate, "errored");
  int64_t crashed = quantity(aggregate, "crashed"), abnormal = quantity(aggregate, "abnormal");
  return (struct session_counts){.total = exited + errored + crashed + abnormal,
                                 .errored = errored + crashed + abnormal,
                                 .crashed = crashed,
                                 .abnormal = abnormal};
}

const char *sessions_read(struct arena *arena, struct slice json,
                          const struct session_context *context, struct session_lines *lines) {
  yyjson_val *root, *aggregate;
  struct problem problem;
  struct session_origin origin = {.project_id = context->project_id};
  const char *last_wrong = "invalid_session";
  lines->count = 0;
  if (json_read(arena, json, &root, &problem) || !yyjson_is_obj(root)) return "invalid_json";
  const char *wrong = read_attributes(root, &origin);
  if (wrong) return wrong;
  size_t at, max;
  yyjson_arr_foreach(json_member(root, "aggregates"), at, max, aggregate) {
    if (lines->count == SESSION_AGGREGATES_LIMIT) break;
    struct session_line *line = &lines->lines[lines->count];
    *line = (struct session_line){.origin = origin, .counts = read_counts(aggregate)};
    wrong = read_started(json_member(aggregate, "started"), context, &line->origin);
    if (wrong) last_wrong = wrong;
    if (wrong || !line->counts.total) continue;
    line->origin.user = identity(json_member(aggregate, "did"));
    lines->count++;
  }
  return lines->count ? NULL : last_wrong;
}
