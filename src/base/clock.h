/* clock.h - the one source of time. UTC, milliseconds since 1970. */
#ifndef CULPRIT_BASE_CLOCK_H
#define CULPRIT_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

int64_t clock_now_ms(void);
/* Tests set the time; 0 gives the real clock back. */
void clock_set_ms(int64_t now_ms);
/* For measuring spans; unrelated to the calendar. */
int64_t clock_monotonic_us(void);

/* "2026-11-22T09:38:00.123Z" with NUL; 25 bytes. Years 0000-9999; others are clamped. */
#define TIME_ISO_BYTES 25
void time_format_iso(int64_t time_ms, char out[TIME_ISO_BYTES]);

/* RFC 3339 with or without zone (none means UTC), fraction, 'T' or ' '. */
bool time_parse_iso(struct slice text, int64_t *time_ms);

struct civil_time {
  int year, month, day, hour, minute, second, millisecond; /* month and day from 1 */
};
struct civil_time time_civil(int64_t time_ms);
/* Days from 1970-01-01 to a date; month and day from 1. */
int64_t time_days(int year, int month, int day);

#endif
