/* time_zone.c - see time_zone.h.
 *
 *   TZif: header, v1 block │ header, v2 block │ "\n" POSIX rule "\n"
 *
 * The first block has times of 32 bits and is skipped when a second one follows. After the last
 * transition the rule holds ("CET-1CEST,M3.5.0,M10.5.0/3"): two dates a year.
 */
#include "tracker/time_zone.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

enum { DAY_S = 86400, HOUR_S = 3600, WEEK_DAYS = 7 };
/* The largest real offset is 15 hours, rules may say 24 and dates of rules 167 hours. */
enum { OFFSET_LIMIT_S = 26 * HOUR_S, RULE_TIME_LIMIT_S = 167 * HOUR_S };
enum { HEADER_BYTES = 44, TRANSITIONS_LIMIT = 2000, TYPES_LIMIT = 256 };

struct transition {
  int64_t time_s;
  int32_t offset_s; /* from then on */
};

/* A date of a POSIX rule: month, week and weekday, or a day of the year. */
struct rule_date {
  enum { DATE_MONTH, DATE_JULIAN, DATE_DAY } kind;
  int month, week, day;
  int64_t time_s; /* of the local day */
};

struct rule {
  bool has_summer;
  int64_t offset_s, summer_offset_s;
  struct rule_date begin, end;
};

struct time_zone {
  struct transition *transitions;
  size_t count;
  int64_t first_offset_s; /* before all transitions */
  bool has_rule;
  struct rule rule;
};

/* --- the rule at the end of a file -------------------------------------------------------------
 */

/* What is left to read; reading past the end gives NUL. */
struct cursor_text {
  struct slice rest;
};

static char peek(const struct cursor_text *text) { return text->rest.len ? text->rest.ptr[0] : 0; }

static bool accept(struct cursor_text *text, char wanted) {
  if (!text->rest.len || peek(text) != wanted) return false;
  text->rest = slice_from(text->rest, 1);
  return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read_number(struct cursor_text *text, int limit, int *number) {
  *number = 0;
  if (!is_digit(peek(text))) return false;
  while (is_digit(peek(text))) {
    *number = *number * 10 + (peek(text) - '0');
    if (*number > limit) return false;
    text->rest = slice_from(text->rest, 1);
  }
  return true;
}

/* "[+-]hh[:mm[:ss]]" */
static bool read_time(struct cursor_text *text, int64_t *seconds) {
  int hours = 0, minutes = 0, rest = 0;
  bool is_negative = accept(text, '-');
  if (!is_negative) accept(text, '+');
  if (!read_number(text, 167, &hours)) return false;
  if (accept(text, ':') && !read_number(text, 59, &minutes)) return false;
  if (minutes >= 0 && accept(text, ':') && !read_number(text, 59, &rest)) return false;
  *seconds = (int64_t)hours * HOUR_S + minutes * 60 + rest;
  if (is_negative) *seconds = -*seconds;
  return true;
}

/* "CET" or "<+0330>" */
static bool skip_name(struct cursor_text *text) {
  if (accept(text, '<')) {
    while (peek(text) && peek(text) != '>') text->rest = slice_from(text->rest, 1);
    return accept(text, '>');
  }
  size_t before = text->rest.len;
  while ((peek(text) >= 'A' && peek(text) <= 'Z') || (peek(text) >= 'a' && peek(text) <= 'z'))
    text->rest = slice_from(text->rest, 1);
  return before - text->rest.len >= 3;
}

static bool read_date(struct cursor_text *text, struct rule_date *date) {
  bool is_read;
  *date = (struct rule_date){.time_s = 2 * HOUR_S};
  if (accept(text, 'M')) {
    date->kind = DATE_MONTH;
    is_read = read_number(text, 12, &date->month) && date->month > 0 && accept(text, '.') &&
              read_number(text, 5, &date->week) && date->week > 0 && accept(text, '.') &&
              read_number(text, 6, &date->day);
  } else if (accept(text, 'J')) {
    date->kind = DATE_JULIAN;
    is_read = read_number(text, 365, &date->day) && date->day > 0;
  } else {
    date->kind = DATE_DAY;
    is_read = read_number(text, 365, &date->day);
  }
  if (!is_read) return false;
  return !accept(text, '/') || read_time(text, &date->time_s);
}

static bool read_rule(struct slice line, struct rule *rule) {
  struct cursor_text text = {line};
  int64_t west_s;
  if (!skip_name(&text) || !read_time(&text, &west_s)) return false;
  rule->offset_s = -west_s;
  if (rule->offset_s > OFFSET_LIMIT_S || rule->offset_s < -OFFSET_LIMIT_S) return false;
  if (!text.rest.len) return true;
  rule->has_summer = true;
  if (!skip_name(&text)) return false;
  rule->summer_offset_s = rule->offset_s + HOUR_S;
  if (peek(&text) != ',') {
    if (!read_time(&text, &west_s)) return false;
    rule->summer_offset_s = -west_s;
    if (west_s > OFFSET_LIMIT_S || west_s < -OFFSET_LIMIT_S) return false;
  }
  return accept(&text, ',') && read_date(&text, &rule->begin) && accept(&text, ',') &&
         read_date(&text, &rule->end) && !text.rest.len;
}

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int days_of_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* The day of the date in that year, as days since 1970. */
static int64_t day_of_rule(const struct rule_date *date, int year) {
  if (date->kind == DATE_MONTH) {
    int64_t first = time_days(year, date->month, 1);
    int weekday = (int)(((first + 4) % WEEK_DAYS + WEEK_DAYS) % WEEK_DAYS);
    int day = (date->day - weekday + WEEK_DAYS) % WEEK_DAYS + (date->week - 1) * WEEK_DAYS;
    while (day >= days_of_month(year, date->month)) day -= WEEK_DAYS;
    return first + day;
  }
  int64_t first = time_days(year, 1, 1);
  if (date->kind == DATE_DAY) return first + date->day;
  return first + date->day - 1 + (is_leap(year) && date->day >= 60);
}

static int64_t offset_by_rule(const struct rule *rule, int64_t time_s) {
  if (!rule->has_summer) return rule->offset_s;
  int year = time_civil((time_s + rule->offset_s) * SECOND_MS).year;
  int64_t begin_s = day_of_rule(&rule->begin, year) * DAY_S + rule->begin.time_s - rule->offset_s;
  int64_t end_s = day_of_rule(&rule->end, year) * DAY_S + rule->end.time_s - rule->summer_offset_s;
  bool is_summer =
      begin_s < end_s ? time_s >= begin_s && time_s < end_s : time_s >= begin_s || time_s < end_s;
  return is_summer ? rule->summer_offset_s : rule->offset_s;
}

/* --- the file ------------------------------------------------------------------------------------
 */

struct block {
  unsigned version;
  uint64_t universal, standard, leaps, times, types, characters;
  struct slice data; /* behind the header */
};

static uint64_t big_endian(const char *bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | (unsigned char)bytes[i];
  return value;
}

static bool read_header(struct slice file, struct block *block) {
  if (file.len < HEADER_BYTES || !slice_starts_with(file, SLICE("TZif"))) return false;
  const char *counts = file.ptr + 20;
  *block = (struct block){
      .version = (unsigned char)file.ptr[4],
      .universal = big_endian(counts, 4),
      .standard = big_endian(counts + 4, 4),
      .leaps = big_endian(counts + 8, 4),
      .times = big_endian(counts + 12, 4),
      .types = big_endian(counts + 16, 4),
      .characters = big_endian(counts + 20, 4),
      .data = slice_from(file, HEADER_BYTES),
  };
  return block->times <= TRANSITIONS_LIMIT && block->types >= 1 && block->types <= TYPES_LIMIT;
}

static uint64_t block_bytes(const struct block *block, size_t time_bytes) {
  return block->times * (time_bytes + 1) + block->types * 6 + block->characters +
         block->leaps * (time_bytes + 4) + block->standard + block->universal;
}

static bool read_block(struct arena *arena, const struct block *block, size_t time_bytes,
                       struct time_zone *zone) {
  if (block_bytes(block, time_bytes) > block->data.len) return false;
  const char *times = block->data.ptr, *indexes = times + block->times * time_bytes;
  const char *types = indexes + block->times;
  int64_t offsets[TYPES_LIMIT];
  for (size_t i = 0; i < block->types; i++) {
    offsets[i] = (int32_t)(uint32_t)big_endian(types + i * 6, 4);
    if (offsets[i] > OFFSET_LIMIT_S || offsets[i] < -OFFSET_LIMIT_S) return false;
  }
  zone->first_offset_s = offsets[0];
  zone->transitions = ARENA_ARRAY(arena, block->times, struct transition);
  zone->count = block->times;
  for (size_t i = 0; i < block->times; i++) {
    size_t type = (unsigned char)indexes[i];
    uint64_t raw = big_endian(times + i * time_bytes, time_bytes);
    int64_t time_s = time_bytes == 4 ? (int64_t)(int32_t)(uint32_t)raw : (int64_t)raw;
    if (type >= block->types) return false;
    if (i && time_s <= zone->transitions[i - 1].time_s) return false;
    zone->transitions[i] = (struct transition){time_s, (int32_t)offsets[type]};
  }
  return true;
}

enum status time_zone_parse(struct arena *arena, struct slice file, const struct time_zone **result,
                            struct problem *problem) {
  struct block block;
  struct time_zone *zone = ARENA_NEW(arena, struct time_zone);
  bool is_read = file.len <= TIME_ZONE_FILE_LIMIT && read_header(file, &block);
  size_t time_bytes = 4;
  if (is_read && block.version >= '2') {
    uint64_t skipped = block_bytes(&block, time_bytes);
    is_read = skipped <= block.data.len && read_header(slice_from(block.data, skipped), &block);
    time_bytes = 8;
  }
  is_read = is_read && read_block(arena, &block, time_bytes, zone);
  if (is_read && time_bytes == 8) {
    struct slice footer = slice_from(block.data, block_bytes(&block, time_bytes));
    slice_split(&footer, '\n');
    struct slice line = slice_split(&footer, '\n');
    zone->has_rule = line.len > 0;
    is_read = !line.len || read_rule(line, &zone->rule);
  }
  *result = zone;
  return is_read ? STATUS_OK
                 : problem_set(problem, STATUS_BAD_INPUT, "This is not a time zone file.");
}

bool time_zone_name_is_valid(struct slice name) {
  if (!name.len || name.len > TIME_ZONE_NAME_LIMIT) return false;
  char before = '/';
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c);
    if (!is_letter && c != '_' && c != '+' && c != '-' && (c != '/' || before == '/')) return false;
    before = c;
  }
  return before != '/';
}

static bool read_file(const char *path, char *out, size_t size, size_t *length) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  *length = 0;
  ssize_t got = 1;
  while (*length < size && (got = read(file, out + *length, size - *length)) > 0)
    *length += (size_t)got;
  close(file);
  return got >= 0;
}

enum status time_zone_load(struct arena *arena, struct slice name, const struct time_zone **zone,
                           struct problem *problem) {
  *zone = NULL;
  if (!name.len || slice_equal(name, SLICE("UTC")) || slice_equal(name, SLICE("GMT")) ||
      slice_equal(name, SLICE("Etc/UTC")))
    return STATUS_OK;
  if (time_zone_name_is_valid(name)) {
    struct slice path = arena_printf(arena, TIME_ZONE_DIRECTORY "/%.*s", SLICE_ARGS(name));
    char *bytes = arena_alloc_raw(arena, TIME_ZONE_FILE_LIMIT);
    size_t length;
    if (read_file(arena_string(arena, path), bytes, TIME_ZONE_FILE_LIMIT, &length) &&
        time_zone_parse(arena, slice_of(bytes, length), zone, problem) == STATUS_OK)
      return STATUS_OK;
  }
  *zone = NULL;
  return problem_set_field(problem, STATUS_BAD_INPUT, "timezone",
                           "There is no time zone \"%.*s\" on this server. Use a name such as "
                           "Europe/Berlin, or UTC.",
                           SLICE_ARGS(slice_cut_utf8(name, TIME_ZONE_NAME_LIMIT)));
}

/* --- asking
 * ---------------------------------------------------------------------------------------- */

int64_t time_zone_offset_s(const struct time_zone *zone, int64_t time_s) {
  if (!zone) return 0;
  size_t low = 0, high = zone->count; /* transitions before `low` have happened */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (zone->transitions[middle].time_s <= time_s)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == zone->count && zone->has_rule) return offset_by_rule(&zone->rule, time_s);
  return low ? zone->transitions[low - 1].offset_s : zone->first_offset_s;
}

size_t time_zone_moments(const struct time_zone *zone, int64_t local_s, int64_t moments[2]) {
  /* Offsets a day before and after: between them lies one change at most. */
  int64_t before_s = time_zone_offset_s(zone, local_s - DAY_S);
  int64_t after_s = time_zone_offset_s(zone, local_s + DAY_S);
  size_t count = 0;
  int64_t earlier = local_s - before_s, later = local_s - after_s;
  if (time_zone_offset_s(zone, earlier) == before_s) moments[count++] = earlier;
  if (later != earlier && time_zone_offset_s(zone, later) == after_s) moments[count++] = later;
  if (count == 2 && moments[1] < moments[0]) {
    int64_t swapped = moments[0];
    moments[0] = moments[1];
    moments[1] = swapped;
  }
  if (!count) moments[0] = earlier;
  return count;
}
