/* format.c - times, numbers and small charts, as pages show them.
 *
 * Nothing here takes text from outside but through html_text(); the rest is
 * digits and fixed words.
 */
#include "web/format.h"

#include "base/clock.h"
#include "web/html.h"
#include "base/banned.h"

/* --- times ------------------------------------------------------------------- */

static const struct {
  int64_t length_ms;
  const char *unit;
} steps[] = {
    {365 * DAY_MS, "y"}, {30 * DAY_MS, "mo"}, {7 * DAY_MS, "wk"},
    {DAY_MS, "d"},       {HOUR_MS, "h"},      {MINUTE_MS, "min"},
};

static void append_time_tag(struct buffer *out, const struct civil_time *time) {
  buffer_printf(out, "<time datetime=\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", time->year, time->month,
                time->day, time->hour, time->minute, time->second);
}

static void append_full_title(struct buffer *out, const struct civil_time *time) {
  buffer_printf(out, " title=\"%04d-%02d-%02d %02d:%02d:%02d UTC\"", time->year, time->month,
                time->day, time->hour, time->minute, time->second);
}

void format_ago(struct buffer *out, int64_t now_ms, int64_t time_ms) {
  struct civil_time time = time_civil(time_ms);
  append_time_tag(out, &time);
  append_full_title(out, &time);
  BUFFER_APPEND_LITERAL(out, " data-ago>");
  int64_t age_ms = now_ms - time_ms;
  size_t i = 0;
  while (i < sizeof steps / sizeof *steps && age_ms < steps[i].length_ms) i++;
  if (i == sizeof steps / sizeof *steps) {
    BUFFER_APPEND_LITERAL(out, "just now</time>");
    return;
  }
  buffer_append_i64(out, age_ms / steps[i].length_ms);
  buffer_append_byte(out, ' ');
  buffer_append_slice(out, slice_of_string(steps[i].unit));
  BUFFER_APPEND_LITERAL(out, " ago</time>");
}

void format_time(struct buffer *out, int64_t time_ms) {
  struct civil_time time = time_civil(time_ms);
  append_time_tag(out, &time);
  append_full_title(out, &time);
  buffer_printf(out, ">%04d-%02d-%02d %02d:%02d UTC</time>", time.year, time.month, time.day,
                time.hour, time.minute);
}

void format_date(struct buffer *out, int64_t time_ms) {
  struct civil_time time = time_civil(time_ms);
  append_time_tag(out, &time);
  append_full_title(out, &time);
  buffer_printf(out, ">%04d-%02d-%02d</time>", time.year, time.month, time.day);
}

void format_clock(struct buffer *out, int64_t time_ms) {
  struct civil_time time = time_civil(time_ms);
  append_time_tag(out, &time);
  append_full_title(out, &time);
  buffer_printf(out, ">%02d:%02d:%02d.%03d</time>", time.hour, time.minute, time.second,
                time.millisecond);
}

/* --- numbers ------------------------------------------------------------------- */

void format_number(struct buffer *out, int64_t number) {
  char digits[32];
  size_t len = 0, at = sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do {
    if (len && len % 3 == 0) digits[--at] = ',';
    digits[--at] = (char)('0' + rest % 10);
    len++;
  } while ((rest /= 10) > 0);
  if (number < 0) digits[--at] = '-';
  buffer_append(out, digits + at, sizeof digits - at);
}

void format_count(struct buffer *out, int64_t count) {
  static const struct {
    int64_t size;
    char unit;
  } sizes[] = {{1000000000, 'G'}, {1000000, 'M'}, {1000, 'k'}};
  if (count < 10000) {
    format_number(out, count);
    return;
  }
  size_t i = 0;
  while (count < sizes[i].size) i++;
  int64_t tenths = count / (sizes[i].size / 10);
  format_number(out, tenths / 10);
  if (tenths < 1000 && tenths % 10) {
    buffer_append_byte(out, '.');
    buffer_append_i64(out, tenths % 10);
  }
  buffer_append_byte(out, sizes[i].unit);
}

/* --- charts ---------------------------------------------------------------------- */

enum { CHART_WIDTH = 120, CHART_HEIGHT = 28, BAR_HEIGHT_MIN = 2, BAR_HEIGHT_MAX = 26 };

/* A bar as a part of a path; positions in tenths of the chart's unit. */
static void append_bar(struct buffer *out, size_t index, size_t bars, int64_t height) {
  int64_t pitch = CHART_WIDTH * 10 / (int64_t)bars;
  int64_t left = (int64_t)index * CHART_WIDTH * 10 / (int64_t)bars;
  int64_t width = pitch * 4 / 5 > 0 ? pitch * 4 / 5 : 1;
  buffer_printf(out, "M%d.%d %dv-%dh%d.%dv%dz", (int)(left / 10), (int)(left % 10), CHART_HEIGHT,
                (int)height, (int)(width / 10), (int)(width % 10), (int)height);
}

void format_percent(struct buffer *out, int64_t part, int64_t whole) {
  if (whole <= 0) {
    BUFFER_APPEND_LITERAL(out, "–");
    return;
  }
  int64_t hundredths = (int64_t)((double)part * 10000.0 / (double)whole);
  buffer_append_i64(out, hundredths / 100);
  if (hundredths % 100) buffer_printf(out, ".%02lld", (long long)(hundredths % 100));
  buffer_append_byte(out, '%');
}

void format_duration(struct buffer *out, int64_t duration_ms) {
  long long seconds = duration_ms / SECOND_MS;
  if (duration_ms < SECOND_MS)
    buffer_printf(out, "%lld ms", (long long)duration_ms);
  else if (seconds < 60)
    buffer_printf(out, "%lld.%lld s", seconds, (long long)(duration_ms % SECOND_MS / 100));
  else if (seconds < 3600)
    buffer_printf(out, "%lld min %lld s", seconds / 60, seconds % 60);
  else
    buffer_printf(out, "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
}

static void append_bars(struct buffer *out, const struct sparkline *sparkline, int64_t peak,
                        bool is_peak) {
  for (size_t i = 0; i < sparkline->count; i++) {
    int64_t count = sparkline->counts[i];
    if (count <= 0 || (count == peak) != is_peak) continue;
    double share = (double)count / (double)peak;
    append_bar(out, i, sparkline->count,
               BAR_HEIGHT_MIN + (int64_t)(share * (BAR_HEIGHT_MAX - BAR_HEIGHT_MIN)));
  }
}

void format_sparkline(struct buffer *out, const struct sparkline *sparkline) {
  int64_t total = 0, peak = 0;
  for (size_t i = 0; i < sparkline->count; i++) {
    total += sparkline->counts[i];
    if (sparkline->counts[i] > peak) peak = sparkline->counts[i];
  }
  BUFFER_APPEND_LITERAL(out, "<svg class=\"spark");
  if (sparkline->is_hot) BUFFER_APPEND_LITERAL(out, " hot");
  BUFFER_APPEND_LITERAL(out,
                        "\" viewBox=\"0 0 120 28\" preserveAspectRatio=\"none\" role=\"img\" "
                        "aria-label=\"");
  html_text_string(out, sparkline->what ? sparkline->what : "Events");
  BUFFER_APPEND_LITERAL(out, ", ");
  html_text_string(out, sparkline->period);
  BUFFER_APPEND_LITERAL(out, ": ");
  format_number(out, total);
  BUFFER_APPEND_LITERAL(out, " in all, at most ");
  format_number(out, peak);
  BUFFER_APPEND_LITERAL(out, " ");
  html_text_string(out, sparkline->unit);
  BUFFER_APPEND_LITERAL(out, "\"><path class=\"base\" d=\"M0 27.5h120\"/>");
  if (total > 0) {
    BUFFER_APPEND_LITERAL(out, "<path class=\"b\" d=\"");
    append_bars(out, sparkline, peak, false);
    BUFFER_APPEND_LITERAL(out, "\"/><path class=\"h\" d=\"");
    append_bars(out, sparkline, peak, true);
    BUFFER_APPEND_LITERAL(out, "\"/>");
  }
  BUFFER_APPEND_LITERAL(out, "</svg>");
}
