/* session_fuzz.c - items of sessions, and check-ins, as JSON: what is read is within its limits.
 * The first byte chooses the kind of item. */
#include <stdint.h>
#include <stdlib.h>

#include "event/limits.h"
#include "ingest/check_in.h"
#include "ingest/feedback.h"
#include "ingest/session.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void check_line(const struct session_line *line, const struct session_context *context) {
  check(line->origin.release.len > 0);
  check(line->origin.release.len <= 4 * LIMIT_RELEASE);
  check(line->origin.environment.len <= 4 * LIMIT_LOGGER);
  check(line->origin.user.len <= LIMIT_RELEASE && line->update.id.len <= LIMIT_RELEASE);
  check(line->origin.started_ms <= context->received_ms + SESSION_FUTURE_MS);
  check(line->origin.started_ms >= context->received_ms - SESSION_PAST_MS);
  check(line->counts.total >= line->counts.errored);
  check(line->counts.errored >= line->counts.crashed + line->counts.abnormal);
  check(line->counts.crashed >= 0 && line->counts.abnormal >= 0);
  check(line->is_update ? line->update.id.len > 0 : line->counts.total > 0);
}

static void read_sessions(struct arena *arena, struct slice json, bool is_one) {
  static struct session_lines lines;
  static const struct session_context context = {
      .project_id = 1, .received_ms = INT64_C(1795341175000), .sent_at_ms = INT64_C(1795341170000)};
  struct session_line line;
  if (is_one) {
    if (!session_read(arena, json, &context, &line)) check_line(&line, &context);
  } else if (!sessions_read(arena, json, &context, &lines)) {
    check(lines.count >= 1 && lines.count <= SESSION_AGGREGATES_LIMIT);
    for (size_t i = 0; i < lines.count; i++) check_line(&lines.lines[i], &context);
  }
}

static void read_check_in(struct arena *arena, struct slice json) {
  struct check_in_report report;
  if (check_in_read(arena, json, SLICE_EMPTY, &report)) return;
  check(report.slug.len > 0 && report.slug.len <= MONITOR_SLUG_LIMIT);
  check(report.status >= CHECK_IN_IN_PROGRESS && report.status <= CHECK_IN_ERROR);
  check(report.duration_ms >= -1 &&
        report.duration_ms <= CHECK_IN_DURATION_LIMIT_S * INT64_C(1000));
  check(!report.has_settings || !report.settings_problem.len);
  struct schedule schedule;
  const struct monitor_settings *settings = &report.settings;
  if (!report.has_settings) return;
  check(!schedule_parse((enum schedule_kind)settings->schedule_kind, settings->schedule, &schedule,
                        NULL));
  check(settings->margin_minutes >= 1 && settings->margin_minutes <= MONITOR_MINUTES_LIMIT);
  check(settings->failure_threshold >= 1 &&
        settings->recovery_threshold <= MONITOR_THRESHOLD_LIMIT);
}

static void check_feedback(const struct feedback *feedback) {
  check(feedback->message.len > 0 && feedback->message.len <= 4 * FEEDBACK_MESSAGE_LIMIT);
  check(feedback->name.len <= 4 * LIMIT_NAME && feedback->email.len <= 4 * LIMIT_EMAIL);
  check(utf8_is_valid(feedback->message) && utf8_is_valid(feedback->url));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  struct slice json = slice_of((const char *)data + 1, size - 1);
  struct arena arena = {0};
  struct feedback feedback;
  switch (data[0]) {
    case 's':
    case 'a': read_sessions(&arena, json, data[0] == 's'); break;
    case 'c': read_check_in(&arena, json); break;
    case 'r':
      if (!user_report_read(&arena, json, NULL, &feedback)) check_feedback(&feedback);
      break;
    default:
      if (!feedback_read(&arena, json, NULL, &feedback)) check_feedback(&feedback);
  }
  arena_free(&arena);
  return 0;
}
