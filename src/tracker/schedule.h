/* schedule.h - when a monitor's next check-in is expected: a pure function.
 *
 *   crontab   "30 4 * * mon-fri", "0-30/10 9-17 * jan,jul *", "@daily"
 *   interval  every so many minutes, hours, days, weeks, months or years
 *
 * Fields of a crontab: minute hour day-of-month month day-of-week; each a list of "*", numbers,
 * names and ranges, with "/step". When both days are restricted, either is enough, as in cron. What
 * only some programs know (seconds, years, L, W, #, @reboot) is refused.
 *
 * Local time: clocks set forward move what falls into the gap behind it; of the two times when
 * clocks are set back the first counts, and both for a crontab whose hour is "*".
 */
#ifndef CULPRIT_TRACKER_SCHEDULE_H
#define CULPRIT_TRACKER_SCHEDULE_H

#include "base/arena.h"
#include "base/status.h"
#include "tracker/time_zone.h"

#define SCHEDULE_TEXT_LIMIT 200    /* bytes of a crontab */
#define SCHEDULE_EVERY_LIMIT 10000 /* units of an interval */

enum schedule_kind { SCHEDULE_NONE = 0, SCHEDULE_CRONTAB = 1, SCHEDULE_INTERVAL = 2 };
enum schedule_unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR };
#define SCHEDULE_UNIT_COUNT 6

struct schedule {
  enum schedule_kind kind;
  /* Of a crontab: one bit for each allowed value. */
  uint64_t minutes;
  uint32_t hours, days, months; /* days and months from bit 1 */
  uint32_t weekdays;            /* Sunday is bit 0 */
  bool is_any_day, is_any_weekday, is_any_hour;
  /* Of an interval. */
  int64_t every;
  enum schedule_unit unit;
};

/* STATUS_BAD_INPUT says which field is wrong and what it may hold; also when the date never comes
 * (the 30th of February). */
enum status schedule_parse_crontab(struct slice text, struct schedule *schedule,
                                   struct problem *problem) MUST_CHECK;
/* "5 minute": how an interval is kept. */
enum status schedule_parse_interval(struct slice text, struct schedule *schedule,
                                    struct problem *problem) MUST_CHECK;
/* Either, by kind; SCHEDULE_NONE takes anything. */
enum status schedule_parse(enum schedule_kind kind, struct slice text, struct schedule *schedule,
                           struct problem *problem) MUST_CHECK;

/* The first expected time after `after_ms`, at a full minute. False for SCHEDULE_NONE. Takes some
 * microseconds at most. */
bool schedule_next(const struct schedule *schedule, const struct time_zone *zone, int64_t after_ms,
                   int64_t *next_ms);

#endif
