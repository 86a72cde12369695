/* security_report_fuzz.c - what browsers report: every event that is made of it decodes and reads
 * back the same. */
#include <stdint.h>
#include <stdlib.h>

#include "event/limits.h"
#include "event/security_report.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static struct slice written(struct arena *arena, const struct event *event) {
  struct buffer out = buffer_make(8 << 20);
  event_write(event, &out);
  struct slice json = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct security_report_source source = {
      .release = {"1.0", 3}, .user_agent = {"Mozilla/5.0", 11}, .received_ms = 1795341175000};
  static const struct event_hints hints = {.received_ms = 1795341175000};
  struct arena arena = {0};
  struct security_reports reports;
  struct problem problem = {0};
  struct slice body = slice_of((const char *)data, size);
  if (security_reports_read(&arena, body, &source, &reports, &problem)) {
    check(problem.message[0]);
    reports.count = 0;
  }
  check(reports.count <= SECURITY_REPORTS_LIMIT);
  for (size_t i = 0; i < reports.count; i++) {
    struct event *event, *copy;
    enum status status = event_decode(&arena, reports.events[i].json, &hints, &event, &problem);
    check(status == STATUS_OK || status == STATUS_TOO_LARGE);
    if (status) continue;
    check(event->report && !slice_is_empty(event->message_formatted));
    event_derive(&arena, event);
    struct slice kept = written(&arena, event);
    check((copy = event_read(&arena, kept)) != NULL);
    check(slice_equal(copy->culprit, event->culprit) && slice_equal(copy->type, event->type));
    check(slice_equal(kept, written(&arena, copy)));
  }
  arena_free(&arena);
  return 0;
}
