/* check_in.c - see check_in.h. */
#include "ingest/check_in.h"

#include "event/event.h"
#include "event/limits.h"
#include "json/json.h"

#include "base/banned.h"

static bool is_nil(struct slice text) {
  size_t digits = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != '0' && text.ptr[i] != '-') return false;
    digits += text.ptr[i] == '0';
  }
  return digits == 0 || digits == EVENT_ID_DIGITS;
}

static const char *read_texts(struct arena *arena, const struct check_in_parameters *given,
                              struct check_in_report *report) {
  report->slug = monitor_slug(arena, given->slug);
  if (!report->slug.len) return "invalid_slug";
  report->is_latest = is_nil(given->check_in_id);
  if (!report->is_latest && !event_id_parse(given->check_in_id, &report->guid))
    return "invalid_check_in_id";
  if (!check_in_status_parse(given->status, &report->status) || report->status > CHECK_IN_ERROR)
    return "invalid_status";
  struct slice environment = slice_cut_characters(slice_trim(given->environment), LIMIT_LOGGER);
  if (environment_is_valid(environment)) report->environment = arena_copy(arena, environment);
  return NULL;
}

static void set_duration(struct check_in_report *report, double seconds) {
  report->duration_ms = -1;
  if (seconds >= 0 && seconds <= CHECK_IN_DURATION_LIMIT_S)
    report->duration_ms = (int64_t)(seconds * 1000);
}

/* --- monitor_config --------------------------------------------------------------------------- */

static enum status read_schedule(struct arena *arena, yyjson_val *schedule,
                                 struct monitor_settings *settings, struct problem *problem) {
  struct slice type = json_text(json_member(schedule, "type")), value;
  yyjson_val *given = json_member(schedule, "value");
  if (slice_equal(type, SLICE("crontab"))) {
    settings->schedule_kind = SCHEDULE_CRONTAB;
    settings->schedule = arena_copy(arena, slice_trim(json_text(given)));
    return STATUS_OK;
  }
  if (slice_equal(type, SLICE("interval"))) {
    struct slice unit = json_text(json_member(schedule, "unit"));
    settings->schedule_kind = SCHEDULE_INTERVAL;
    if (!json_scalar_text(given, &value)) value = SLICE_EMPTY;
    settings->schedule = arena_printf(arena, "%.*s %.*s", SLICE_ARGS(slice_cut_utf8(value, 20)),
                                      SLICE_ARGS(slice_cut_utf8(unit, 20)));
    return STATUS_OK;
  }
  return problem_set_field(problem, STATUS_BAD_INPUT, "schedule",
                           "The type of a schedule is crontab or interval.");
}

static int64_t number(yyjson_val *config, const char *name) {
  int64_t value = 0;
  return json_integer(json_member(config, name), &value) ? value : 0;
}

static void read_config(struct arena *arena, yyjson_val *config, struct check_in_report *report) {
  struct problem problem = {0};
  struct monitor_settings *settings = &report->settings;
  if (!yyjson_is_obj(config)) return;
  *settings = (struct monitor_settings){
      .time_zone = arena_copy(arena, slice_trim(json_text(json_member(config, "timezone")))),
      .margin_minutes = number(config, "checkin_margin"),
      .max_runtime_minutes = number(config, "max_runtime"),
      .failure_threshold = number(config, "failure_issue_threshold"),
      .recovery_threshold = number(config, "recovery_threshold"),
  };
  enum status status = read_schedule(arena, json_member(config, "schedule"), settings, &problem);
  if (!status) status = monitor_settings_check(settings, false, &problem);
  report->has_settings = !status;
  if (status) report->settings_problem = arena_copy(arena, slice_of_string(problem.message));
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static const char *read_root(struct arena *arena, yyjson_val *root, struct slice slug,
                             struct check_in_report *report) {
  const struct check_in_parameters parameters = {
      .slug = slug.len ? slug : json_text(json_member(root, "monitor_slug")),
      .status = json_text(json_member(root, "status")),
      .check_in_id = json_text(json_member(root, "check_in_id")),
      .environment = json_text(json_member(root, "environment")),
  };
  double seconds = -1;
  const char *wrong = read_texts(arena, &parameters, report);
  if (wrong) return wrong;
  if (!json_number(json_member(root, "duration"), &seconds)) seconds = -1;
  set_duration(report, seconds);
  struct slice release = slice_trim(json_text(json_member(root, "release")));
  release = slice_cut_characters(release, LIMIT_RELEASE);
  if (release_is_valid(release)) report->release = arena_copy(arena, release);
  yyjson_val *trace = json_member(json_member(root, "contexts"), "trace");
  struct event_id trace_id;
  struct slice trace_text = json_text(json_member(trace, "trace_id"));
  if (event_id_parse(trace_text, &trace_id)) report->trace_id = event_id_hex(arena, &trace_id);
  read_config(arena, json_member(root, "monitor_config"), report);
  return NULL;
}

const char *check_in_read(struct arena *arena, struct slice json, struct slice slug,
                          struct check_in_report *report) {
  struct arena scratch = {0};
  struct problem problem;
  yyjson_val *root;
  const char *wrong = "invalid_json";
  *report = (struct check_in_report){.duration_ms = -1};
  if (json_read(&scratch, json, &root, &problem) == STATUS_OK && yyjson_is_obj(root))
    wrong = read_root(arena, root, slug, report);
  arena_free(&scratch);
  return wrong;
}

const char *check_in_read_parameters(struct arena *arena,
                                     const struct check_in_parameters *parameters,
                                     struct check_in_report *report) {
  struct arena scratch = {0};
  struct problem problem;
  yyjson_val *duration;
  double seconds = -1;
  *report = (struct check_in_report){.duration_ms = -1};
  const char *wrong = read_texts(arena, parameters, report);
  /* A number is written as in JSON. */
  if (parameters->duration.len && parameters->duration.len < 32 &&
      json_read(&scratch, parameters->duration, &duration, &problem) == STATUS_OK &&
      json_number(duration, &seconds))
    set_duration(report, seconds);
  arena_free(&scratch);
  return wrong;
}
