/* clock.c - see clock.h. */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/banned.h"

static _Atomic int64_t fixed_now_ms;

int64_t clock_now_ms(void) {
  int64_t fixed = atomic_load_explicit(&fixed_now_ms, memory_order_relaxed);
  if (fixed) return fixed;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

void clock_set_ms(int64_t now_ms) { atomic_store(&fixed_now_ms, now_ms); }

int64_t clock_monotonic_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are
 * counted from March, so that the leap day is the last of its year; an era is
 * 400 years, 146097 days. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

int64_t time_days(int year, int month, int day) { return days_of_date(year, month, day); }

struct civil_time time_civil(int64_t time_ms) {
  int64_t days = time_ms / DAY_MS, rest = time_ms % DAY_MS;
  if (rest < 0) {
    rest += DAY_MS;
    days--;
  }
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
  return (struct civil_time){
      .year = (int)(year_of_era + era * 400 + (month <= 2)),
      .month = (int)month,
      .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
      .hour = (int)(rest / HOUR_MS),
      .minute = (int)(rest / MINUTE_MS % 60),
      .second = (int)(rest / SECOND_MS % 60),
      .millisecond = (int)(rest % 1000),
  };
}

void time_format_iso(int64_t time_ms, char out[TIME_ISO_BYTES]) {
  const int64_t first = INT64_C(-62167219200000), last = INT64_C(253402300799999);
  if (time_ms < first) time_ms = first;
  if (time_ms > last) time_ms = last;
  struct civil_time t = time_civil(time_ms);
  /* Unsigned and reduced, so that the compiler sees that the text fits. */
  snprintf(out, TIME_ISO_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)t.year % 10000u,
           (unsigned)t.month % 100u, (unsigned)t.day % 100u, (unsigned)t.hour % 100u,
           (unsigned)t.minute % 100u, (unsigned)t.second % 100u, (unsigned)t.millisecond % 1000u);
}

/* Reads exactly `digits` digits from the front of `text`. */
static bool take_number(struct slice *text, size_t digits, int64_t *value) {
  if (text->len < digits || !slice_to_i64(slice_upto(*text, digits), value)) return false;
  *text = slice_from(*text, digits);
  return true;
}

static bool take_byte(struct slice *text, char byte) {
  if (!text->len || text->ptr[0] != byte) return false;
  *text = slice_from(*text, 1);
  return true;
}

static bool take_fraction(struct slice *text, int64_t *milliseconds) {
  int64_t scale = 100;
  size_t digits = 0;
  *milliseconds = 0;
  if (!take_byte(text, '.')) return true;
  for (; text->len && text->ptr[0] >= '0' && text->ptr[0] <= '9'; digits++, scale /= 10) {
    *milliseconds += (text->ptr[0] - '0') * scale;
    *text = slice_from(*text, 1);
  }
  return digits > 0;
}

static bool take_zone(struct slice *text, int64_t *offset_ms) {
  int64_t hours, minutes = 0;
  *offset_ms = 0;
  if (!text->len || take_byte(text, 'Z') || take_byte(text, 'z')) return true;
  bool is_east = take_byte(text, '+');
  if (!is_east && !take_byte(text, '-')) return false;
  if (!take_number(text, 2, &hours)) return false;
  take_byte(text, ':');
  if (text->len && !take_number(text, 2, &minutes)) return false;
  *offset_ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (is_east ? 1 : -1);
  return hours < 24 && minutes < 60;
}

bool time_parse_iso(struct slice text, int64_t *time_ms) {
  int64_t year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, offset = 0;
  if (!take_number(&text, 4, &year) || !take_byte(&text, '-') || !take_number(&text, 2, &month) ||
      !take_byte(&text, '-') || !take_number(&text, 2, &day))
    return false;
  if (text.len) {
    if (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' ')) return false;
    if (!take_number(&text, 2, &hour) || !take_byte(&text, ':') || !take_number(&text, 2, &minute))
      return false;
    if (take_byte(&text, ':') &&
        (!take_number(&text, 2, &second) || !take_fraction(&text, &fraction)))
      return false;
    if (!take_zone(&text, &offset)) return false;
  }
  if (text.len || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
      second > 60)
    return false;
  *time_ms = days_of_date(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS +
             second * SECOND_MS + fraction - offset;
  return true;
}
