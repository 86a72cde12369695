/* schedule_fuzz.c - a crontab or an interval on the first line, a time zone file behind it: what is
 * taken goes forward in full minutes, whatever the zone says. */
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tracker/schedule.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void walk(const struct schedule *schedule, const struct time_zone *zone) {
  int64_t now_ms = INT64_C(1774700000000); /* shortly before European clocks change */
  for (int step = 0; step < 50; step++) {
    int64_t next_ms;
    if (!schedule_next(schedule, zone, now_ms, &next_ms)) return;
    check(next_ms > now_ms - MINUTE_MS);
    check(schedule->kind == SCHEDULE_INTERVAL || next_ms > now_ms);
    check(next_ms % MINUTE_MS == 0);
    now_ms = next_ms;
    if (now_ms > INT64_C(253402300799000)) return; /* the year 9999 */
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice rest = slice_of((const char *)data, size);
  struct slice line = slice_split(&rest, '\n');
  struct arena arena = {0};
  struct schedule schedule;
  struct problem problem = {0};
  const struct time_zone *zone = NULL;
  if (rest.len && time_zone_parse(&arena, rest, &zone, &problem)) zone = NULL;
  for (int64_t time_s = INT64_C(-5000000000); zone && time_s < INT64_C(9000000000);
       time_s += INT64_C(97000000)) {
    int64_t moments[2], offset_s = time_zone_offset_s(zone, time_s);
    check(offset_s >= -27 * 3600 && offset_s <= 27 * 3600);
    check(time_zone_moments(zone, time_s, moments) <= 2);
  }
  if (!schedule_parse_crontab(line, &schedule, &problem)) walk(&schedule, zone);
  if (!schedule_parse_interval(line, &schedule, &problem)) walk(&schedule, zone);
  arena_free(&arena);
  return 0;
}
