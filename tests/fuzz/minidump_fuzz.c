/* minidump_fuzz.c - crash dumps: what can be read becomes an event that decodes, within limits. */
#include <stdint.h>
#include <stdlib.h>

#include "event/limits.h"
#include "event/minidump.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct arena arena = {0};
  struct minidump dump;
  struct problem problem = {0};
  struct event *event;
  enum status status = minidump_read(&arena, slice_of((const char *)data, size), &dump, &problem);
  if (status) {
    check(status == STATUS_BAD_INPUT && problem.message[0]);
  } else {
    size_t frames = 0;
    for (size_t i = 0; i < dump.thread_count; i++) frames += dump.threads[i].frame_count;
    check(frames <= MINIDUMP_FRAMES_ALL && dump.thread_count <= LIMIT_THREADS);
    check(dump.module_count <= MINIDUMP_MODULES_LIMIT);
    struct buffer out = buffer_make(16 << 20);
    minidump_write_event(&dump, &arena, NULL, &out);
    check(!out.is_overflown);
    status = event_decode(&arena, buffer_slice(&out), &hints, &event, &problem);
    check(status == STATUS_TOO_LARGE || (status == STATUS_OK && event->exception_count == 1));
    buffer_free(&out);
  }
  arena_free(&arena);
  return 0;
}
