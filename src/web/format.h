/* format.h - times, numbers and small charts, as pages show them.
 *
 * Each function writes HTML to `out`; templates call them as statements:
 * {% format_ago(out, page->now_ms, group->last_seen_ms) %}.
 */
#ifndef CULPRIT_WEB_FORMAT_H
#define CULPRIT_WEB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

/* <time> with "2 min ago" as text and the full time in UTC as title. The script keeps it fresh. */
void format_ago(struct buffer *out, int64_t now_ms, int64_t time_ms);
/* <time> with "2026-11-22 09:38 UTC". */
void format_time(struct buffer *out, int64_t time_ms);
/* <time> with "2026-11-22". */
void format_date(struct buffer *out, int64_t time_ms);
/* <time> with "09:38:00.123", for breadcrumbs. */
void format_clock(struct buffer *out, int64_t time_ms);

/* "4,218"; "18.9k" and "1.2M" from ten thousand on. */
void format_count(struct buffer *out, int64_t count);
/* "1,234,567" */
void format_number(struct buffer *out, int64_t number);

/* "99.95%" for a part of a whole, rounded down so that only all is 100%; "–" of nothing. */
void format_percent(struct buffer *out, int64_t part, int64_t whole);
/* "250 ms", "3.2 s", "4 min 5 s", "2 h 10 min". */
void format_duration(struct buffer *out, int64_t duration_ms);

/* Bars of equal width for counts, oldest first, the highest one marked; red when `is_hot`. An <svg>
 * of the class "spark" with a text for those who do not see it: "Events, PERIOD: 12 in all, at most
 * 5 UNIT". */
#define SPARKLINE_BARS 24
struct sparkline {
  const int64_t *counts;
  size_t count;       /* at most 1000 */
  const char *period; /* "last 24 hours" */
  const char *unit;   /* what a bar stands for: "an hour" */
  bool is_hot;
  const char *what; /* what is counted; null: "Events" */
};
void format_sparkline(struct buffer *out, const struct sparkline *sparkline);

#endif
