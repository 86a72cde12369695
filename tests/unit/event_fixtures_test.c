/* event_fixtures_test.c - every event among the shared fixtures decodes, and what is kept of it
 * reads back the same: bytes, title, culprit and group. Skipped where there are no fixtures. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/limits.h"
#include "grouping/grouping.h"

static size_t event_count;

static struct slice written(struct arena *arena, const struct event *event) {
  struct buffer out = buffer_make(1 << 24);
  event_write(event, &out);
  struct slice json = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

static void check_event(struct arena *arena, struct slice json, const char *path) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};
  struct event *event;
  struct grouping first, again;
  if (event_decode(arena, json, &hints, &event, NULL)) return; /* some fixtures are no events */
  grouping_compute(arena, event, NULL, false, &first);
  event_derive(arena, event);
  struct slice kept = written(arena, event);
  struct event *copy = event_read(arena, kept);
  if (!copy) fail_msg("%s: does not read back", path);
  grouping_compute(arena, copy, NULL, true, &again);
  bool is_same = slice_equal(kept, written(arena, copy)) &&
                 slice_equal(event->title, copy->title) &&
                 slice_equal(event->culprit, copy->culprit) &&
                 memcmp(&first.hashes[0], &again.hashes[0], sizeof first.hashes[0]) == 0;
  if (!is_same) fail_msg("%s: reads back differently", path);
  event_count++;
}

static int check_file(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  struct arena arena = {0};
  (void)walk;
  if (kind != FTW_F || status->st_size == 0 || status->st_size > EVENT_JSON_LIMIT) return 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *bytes = arena_alloc_raw(&arena, (size_t)status->st_size);
  size_t length = fread(bytes, 1, (size_t)status->st_size, file);
  fclose(file);
  if (length && bytes[0] == '{') check_event(&arena, slice_of(bytes, length), path);
  arena_free(&arena);
  return 0;
}

static void reads_back_every_fixture(void **state) {
  static const char *const folders[] = {"grouping/inputs",
                                        "grouping/fingerprint-inputs",
                                        "grouping/categorization-inputs",
                                        "relay/events",
                                        "relay/basic",
                                        "sentry/events",
                                        "sentry/samples",
                                        "gitlab/events"};
  (void)state;
  const char *base = getenv("CULPRIT_SHARED");
  if (!base) base = access("../shared", R_OK) == 0 ? "../shared" : "../../shared";
  if (access(base, R_OK) != 0) {
    /* cmocka's skip() prints "not ok". */
    print_message("# skipped: the directory of shared fixtures is not there\n");
    return;
  }
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/data/%s", base, folders[i]);
    if (access(path, R_OK) == 0) nftw(path, check_file, 16, FTW_PHYS);
  }
  assert_true(event_count > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_back_every_fixture)};
  return cmocka_run_group_tests_name("event fixtures", tests, NULL, NULL);
}
