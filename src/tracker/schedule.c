/* schedule.c - see schedule.h. */
#include "tracker/schedule.h"

#include "base/clock.h"

#include "base/banned.h"

enum { MINUTE_S = 60, DAY_S = 86400 };
/* How far ahead a change of the clock matters to what runs in every hour. */
enum { CHANGE_S = 3 * 3600 };
/* The 29th of February on a given weekday comes within 40 years, even around 2100. */
enum { DAYS_AHEAD = 41 * 366 };

static const char *const unit_names[SCHEDULE_UNIT_COUNT] = {
    [UNIT_MINUTE] = "minute", [UNIT_HOUR] = "hour",   [UNIT_DAY] = "day",
    [UNIT_WEEK] = "week",     [UNIT_MONTH] = "month", [UNIT_YEAR] = "year",
};

static bool schedule_unit_parse(struct slice name, enum schedule_unit *unit) {
  for (unsigned i = 0; i < SCHEDULE_UNIT_COUNT; i++) {
    if (!slice_equal_string(name, unit_names[i])) continue;
    *unit = (enum schedule_unit)i;
    return true;
  }
  return false;
}

/* --- crontab
 * -------------------------------------------------------------------------------------- */

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

struct field {
  const char *title;
  unsigned low, high;
  const char *const *names; /* of the values from `low` on; null for none */
};
enum { FIELD_MINUTE, FIELD_HOUR, FIELD_DAY, FIELD_MONTH, FIELD_WEEKDAY, FIELD_COUNT };
static const struct field fields[FIELD_COUNT] = {
    {"minute", 0, 59, NULL},          {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},    {"month", 1, 12, month_names},
    {"day of week", 0, 7, day_names},
};

static bool read_value(const struct field *field, struct slice text, unsigned *value) {
  uint64_t number;
  for (unsigned i = 0; field->names && field->names[i]; i++) {
    if (!slice_equal_ignore_case(text, slice_of_string(field->names[i]))) continue;
    *value = field->low + i;
    return true;
  }
  if (text.len > 2 || !slice_to_u64(text, &number) || number < field->low || number > field->high)
    return false;
  *value = (unsigned)number;
  return true;
}

/* One part of a list: "*", "5", "1-5", each perhaps with "/2". */
static bool read_part(const struct field *field, struct slice part, uint64_t *bits) {
  struct slice step_text = part;
  struct slice range = slice_split(&step_text, '/');
  bool has_step = range.len < part.len;
  uint64_t step = 1;
  unsigned first = field->low, last = field->high;
  if (has_step && (!slice_to_u64(step_text, &step) || step == 0 || step > field->high))
    return false;
  if (!slice_equal(range, SLICE("*"))) {
    struct slice end = range;
    struct slice begin = slice_split(&end, '-');
    if (!read_value(field, begin, &first)) return false;
    bool is_range = begin.len < range.len;
    if (is_range && !read_value(field, end, &last)) return false;
    /* "fri-sun" goes on to the Sunday that ends the week. */
    if (is_range && field->high == 7 && last == 0) last = 7;
    if (!is_range && !has_step) last = first;
  } else if (field->high == 7) {
    last = 6;
  }
  if (last < first) return false;
  for (uint64_t value = first; value <= last; value += step) *bits |= UINT64_C(1) << value;
  return true;
}

static enum status read_field(const struct field *field, struct slice text, uint64_t *bits,
                              struct problem *problem) {
  struct slice rest = text;
  *bits = 0;
  for (size_t left = text.len + 1; left;) {
    struct slice part = slice_split(&rest, ',');
    left -= part.len + 1;
    if (read_part(field, part, bits)) continue;
    return problem_set_field(
        problem, STATUS_BAD_INPUT, "schedule",
        "\"%.*s\" is not a %s of a crontab. It takes *, numbers from %u to %u%s, ranges as 1-5, "
        "steps as */2, and lists of these with commas.",
        SLICE_ARGS(slice_cut_utf8(text, 40)), field->title, field->low, field->high,
        field->names ? ", names of three letters" : "");
  }
  return STATUS_OK;
}

static struct slice next_word(struct slice *rest) {
  *rest = slice_trim(*rest);
  size_t end = 0;
  while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t') end++;
  struct slice word = slice_upto(*rest, end);
  *rest = slice_from(*rest, end);
  return word;
}

static struct slice expand_shorthand(struct slice text) {
  static const struct {
    const char *name;
    struct slice crontab;
  } shorthands[] = {
      {"@hourly", {"0 * * * *", 9}},   {"@daily", {"0 0 * * *", 9}},
      {"@midnight", {"0 0 * * *", 9}}, {"@weekly", {"0 0 * * 0", 9}},
      {"@monthly", {"0 0 1 * *", 9}},  {"@yearly", {"0 0 1 1 *", 9}},
      {"@annually", {"0 0 1 1 *", 9}},
  };
  for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++)
    if (slice_equal_ignore_case(text, slice_of_string(shorthands[i].name)))
      return shorthands[i].crontab;
  return text;
}

static enum status wrong_count(struct slice text, struct problem *problem) {
  return problem_set_field(problem, STATUS_BAD_INPUT, "schedule",
                           "The crontab \"%.*s\" has to have five fields: minute, hour, day of "
                           "month, month, day of week; or be @hourly, @daily, @weekly, @monthly "
                           "or @yearly.",
                           SLICE_ARGS(slice_cut_utf8(text, 80)));
}

enum status schedule_parse_crontab(struct slice text, struct schedule *schedule,
                                   struct problem *problem) {
  *schedule = (struct schedule){.kind = SCHEDULE_CRONTAB};
  text = slice_trim(text);
  if (text.len > SCHEDULE_TEXT_LIMIT)
    return problem_set_field(problem, STATUS_BAD_INPUT, "schedule",
                             "The crontab is longer than %d bytes.", SCHEDULE_TEXT_LIMIT);
  struct slice rest = expand_shorthand(text), words[FIELD_COUNT];
  uint64_t bits[FIELD_COUNT];
  for (size_t i = 0; i < FIELD_COUNT; i++) {
    words[i] = next_word(&rest);
    if (!words[i].len) return wrong_count(text, problem);
  }
  if (slice_trim(rest).len) return wrong_count(text, problem);
  for (size_t i = 0; i < FIELD_COUNT; i++) {
    enum status status = read_field(&fields[i], words[i], &bits[i], problem);
    if (status) return status;
  }
  schedule->minutes = bits[FIELD_MINUTE];
  schedule->hours = (uint32_t)bits[FIELD_HOUR];
  schedule->days = (uint32_t)bits[FIELD_DAY];
  schedule->months = (uint32_t)bits[FIELD_MONTH];
  schedule->weekdays = (uint32_t)((bits[FIELD_WEEKDAY] | bits[FIELD_WEEKDAY] >> 7) & 0x7f);
  schedule->is_any_hour = schedule->hours == 0xffffff;
  schedule->is_any_day = words[FIELD_DAY].ptr[0] == '*';
  schedule->is_any_weekday = words[FIELD_WEEKDAY].ptr[0] == '*';
  int64_t never;
  if (schedule_next(schedule, NULL, INT64_C(1700000000000), &never)) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "schedule",
                           "The date of the crontab \"%.*s\" never comes.",
                           SLICE_ARGS(slice_cut_utf8(text, 80)));
}

/* --- interval
 * ------------------------------------------------------------------------------------- */

enum status schedule_parse_interval(struct slice text, struct schedule *schedule,
                                    struct problem *problem) {
  struct slice name = slice_trim(text);
  struct slice number = slice_split(&name, ' ');
  uint64_t every;
  *schedule = (struct schedule){.kind = SCHEDULE_INTERVAL};
  if (!slice_to_u64(number, &every) || every < 1 || every > SCHEDULE_EVERY_LIMIT ||
      !schedule_unit_parse(slice_trim(name), &schedule->unit))
    return problem_set_field(problem, STATUS_BAD_INPUT, "schedule",
                             "The interval \"%.*s\" has to be a number from 1 to %d and minute, "
                             "hour, day, week, month or year.",
                             SLICE_ARGS(slice_cut_utf8(text, 80)), SCHEDULE_EVERY_LIMIT);
  schedule->every = (int64_t)every;
  return STATUS_OK;
}

enum status schedule_parse(enum schedule_kind kind, struct slice text, struct schedule *schedule,
                           struct problem *problem) {
  *schedule = (struct schedule){.kind = SCHEDULE_NONE};
  switch (kind) {
    case SCHEDULE_CRONTAB: return schedule_parse_crontab(text, schedule, problem);
    case SCHEDULE_INTERVAL: return schedule_parse_interval(text, schedule, problem);
    case SCHEDULE_NONE: break;
  }
  return STATUS_OK;
}

/* --- the next time
 * -------------------------------------------------------------------------------- */

static bool is_day_allowed(const struct schedule *schedule, int64_t day) {
  struct civil_time date = time_civil(day * DAY_MS);
  unsigned weekday = (unsigned)(((day + 4) % 7 + 7) % 7);
  if (!(schedule->months >> date.month & 1)) return false;
  bool is_day = schedule->days >> date.day & 1, is_weekday = schedule->weekdays >> weekday & 1;
  if (schedule->is_any_day || schedule->is_any_weekday) return is_day && is_weekday;
  return is_day || is_weekday;
}

/* The first allowed minute of the day from `from` on; false when there is none. */
static bool find_minute(const struct schedule *schedule, int from, int *minute_of_day) {
  for (int hour = from / 60; hour < 24; hour++) {
    if (!(schedule->hours >> hour & 1)) continue;
    int minute = hour == from / 60 ? from % 60 : 0;
    for (; minute < 60; minute++) {
      if (!(schedule->minutes >> minute & 1)) continue;
      *minute_of_day = hour * 60 + minute;
      return true;
    }
  }
  return false;
}

/* The first allowed time of the clock after `local_s`. */
static bool next_on_clock(const struct schedule *schedule, int64_t local_s, int64_t *next_s) {
  int64_t minutes = (local_s - ((local_s % MINUTE_S) + MINUTE_S) % MINUTE_S) / MINUTE_S + 1;
  int64_t day = minutes / 1440 - (minutes % 1440 < 0);
  int from = (int)(minutes - day * 1440), minute;
  for (int i = 0; i < DAYS_AHEAD; i++, day++, from = 0) {
    if (!is_day_allowed(schedule, day) || !find_minute(schedule, from, &minute)) continue;
    *next_s = day * DAY_S + (int64_t)minute * MINUTE_S;
    return true;
  }
  return false;
}

/* Clocks change soon: what runs in every hour follows the hours as they pass, one by one. */
static bool next_by_minutes(const struct schedule *schedule, const struct time_zone *zone,
                            int64_t after_s, int64_t *next_s) {
  for (int64_t time_s = after_s + MINUTE_S; time_s <= after_s + CHANGE_S; time_s += MINUTE_S) {
    int64_t local_s = time_s + time_zone_offset_s(zone, time_s), found_s;
    if (!next_on_clock(schedule, local_s - MINUTE_S, &found_s) || found_s > local_s + 2 * CHANGE_S)
      return false;
    if (found_s != local_s) continue;
    *next_s = time_s;
    return true;
  }
  return false;
}

static bool next_of_crontab(const struct schedule *schedule, const struct time_zone *zone,
                            int64_t after_s, int64_t *next_s) {
  int64_t offset_s = time_zone_offset_s(zone, after_s);
  int64_t local_s = after_s + offset_s, moments[2];
  if (schedule->is_any_hour && offset_s != time_zone_offset_s(zone, after_s + CHANGE_S) &&
      next_by_minutes(schedule, zone, after_s, next_s))
    return true;
  while (next_on_clock(schedule, local_s, &local_s)) {
    time_zone_moments(zone, local_s, moments);
    if (moments[0] <= after_s) continue;
    *next_s = moments[0];
    return true;
  }
  return false;
}

static int64_t add_months(int64_t local_s, int64_t months) {
  int64_t day = local_s / DAY_S - (local_s % DAY_S < 0);
  struct civil_time date = time_civil(day * DAY_MS);
  int64_t month = (int64_t)date.year * 12 + date.month - 1 + months;
  int64_t year = month / 12;
  int month_of_year = (int)(month % 12) + 1, day_of_month = date.day;
  int64_t first = time_days((int)year, month_of_year, 1);
  int64_t following = month_of_year == 12 ? time_days((int)year + 1, 1, 1)
                                          : time_days((int)year, month_of_year + 1, 1);
  if (day_of_month > following - first) day_of_month = (int)(following - first);
  return (first + day_of_month - 1) * DAY_S + (local_s - day * DAY_S);
}

static int64_t next_of_interval(const struct schedule *schedule, const struct time_zone *zone,
                                int64_t after_s) {
  int64_t local_s = after_s + time_zone_offset_s(zone, after_s), moments[2];
  switch (schedule->unit) {
    case UNIT_MINUTE: return after_s + schedule->every * MINUTE_S;
    case UNIT_HOUR: return after_s + schedule->every * 60 * MINUTE_S;
    case UNIT_DAY: local_s += schedule->every * DAY_S; break;
    case UNIT_WEEK: local_s += schedule->every * 7 * DAY_S; break;
    case UNIT_MONTH: local_s = add_months(local_s, schedule->every); break;
    case UNIT_YEAR: local_s = add_months(local_s, schedule->every * 12); break;
  }
  time_zone_moments(zone, local_s, moments);
  return moments[0];
}

bool schedule_next(const struct schedule *schedule, const struct time_zone *zone, int64_t after_ms,
                   int64_t *next_ms) {
  int64_t after_s = after_ms / SECOND_MS, next_s = 0;
  after_s -= ((after_s % MINUTE_S) + MINUTE_S) % MINUTE_S;
  switch (schedule->kind) {
    case SCHEDULE_NONE: return false;
    case SCHEDULE_CRONTAB:
      if (!next_of_crontab(schedule, zone, after_s, &next_s)) return false;
      break;
    case SCHEDULE_INTERVAL: next_s = next_of_interval(schedule, zone, after_s); break;
  }
  /* Offsets of zones may have seconds, and a broken zone file may say anything. */
  next_s -= ((next_s % MINUTE_S) + MINUTE_S) % MINUTE_S;
  if (next_s <= after_s) next_s = after_s + MINUTE_S;
  *next_ms = next_s * SECOND_MS;
  return true;
}
