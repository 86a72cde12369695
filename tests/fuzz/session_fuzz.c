/* session_fuzz.c - items of sessions, and check-ins, as JSON: what is read is within its limits.
 * The first byte chooses the kind of item. */
#include <stdint.h>
#include <stdlib.h>

#include "event/limits.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct session_lines lines;
  static const struct session_context context = {
      .project_id = 1, .received_ms = INT64_C(1795341175000), .sent_at_ms = INT64_C(1795341170000)};
  if (!size) return 0;
  struct slice json = slice_of((const char *)data + 1, size - 1);
  struct arena arena = {0};
  struct session_line line;
  if (data[0] == 's') {
    if (!session_read(&arena, json, &context, &line)) check_line(&line, &context);
  } else if (!sessions_read(&arena, json, &context, &lines)) {
    check(lines.count >= 1 && lines.count <= SESSION_AGGREGATES_LIMIT);
    for (size_t i = 0; i < lines.count; i++) check_line(&lines.lines[i], &context);
  }
  arena_free(&arena);
  return 0;
}
