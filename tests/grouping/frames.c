/* frames.c - prints what our stack-trace rules make of the frames of events, for the scorers.
 *
 *   frames FILE…    for each frame of each exception or thread, from the oldest call:
 *                   file, stack trace, frame, category or "-", in_app ("yes" or "no"), function; a
 * tab between
 */
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "grouping/rules.h"

enum { FILE_LIMIT = 1024 * 1024 };

static void print_stacktrace(const char *file, size_t number, const struct stacktrace *stacktrace) {
  for (size_t i = 0; i < stacktrace->count; i++) {
    const struct frame *frame = &stacktrace->frames[i];
    struct slice category = frame->category.len ? frame->category : SLICE("-");
    printf("%s\t%zu\t%zu\t%.*s\t%s\t%.*s\n", file, number, i, SLICE_ARGS(category),
           frame->in_app == YES ? "yes" : "no", SLICE_ARGS(frame->function));
  }
}

static struct slice read_file(struct arena *arena, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(2);
  }
  char *text = arena_alloc_raw(arena, FILE_LIMIT);
  size_t len = fread(text, 1, FILE_LIMIT, file);
  fclose(file);
  return slice_of(text, len);
}

static void print_file(const char *path) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct arena arena = {0};
  struct event *event;
  struct problem problem;
  if (event_decode(&arena, read_file(&arena, path), &hints, &event, &problem)) {
    fprintf(stderr, "%s: %s\n", path, problem.message);
    exit(2);
  }
  rules_mark_frames(&arena, event, NULL);
  size_t number = 0;
  for (size_t i = 0; i < event->exception_count; i++) {
    print_stacktrace(path, number++, &event->exceptions[i].stacktrace);
  }
  for (size_t i = 0; i < event->thread_count; i++) {
    print_stacktrace(path, number++, &event->threads[i].stacktrace);
  }
  arena_free(&arena);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) print_file(argv[i]);
  return 0;
}
