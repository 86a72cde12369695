/* stats.c - counts of what became of everything that was sent, from the ledger.
 *
 * GET /api/0/projects/{organization}/{project}/stats/        [[time, count], …]
 *     ?stat=received|rejected|blacklisted|generated&since=S&until=S&resolution=1h|1d
 * GET /api/0/organizations/{organization}/stats_v2/          groups with totals and series
 *     ?groupBy=outcome&groupBy=reason&groupBy=category&interval=1h|1d&statsPeriod=24h
 *     &project=ID&category=error&outcome=filtered
 *
 * Times are in seconds. Counts are of hours and days (UTC).
 */
#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"
#include "base/map.h"
#include "store/ledger.h"
#include "store/limits.h"

#include "base/banned.h"

#define HOUR_S INT64_C(3600)
/* Groups of one answer; clients may have made up any number of reasons. */
enum { HOURS_PER_DAY = 24, VALUES_LIMIT = 20, GROUPS_LIMIT = 500 };

/* A span of time in intervals, all borders whole ones. */
struct span {
  int64_t first_hour, interval_hours;
  size_t count;
};

/* Hours `from` to `to`, at most as many as are kept. */
static struct span make_span(int64_t from_hour, int64_t to_hour, int64_t interval_hours) {
  int64_t oldest = to_hour - STORE_RETENTION_DAYS * HOURS_PER_DAY;
  if (from_hour < oldest) from_hour = oldest;
  if (from_hour > to_hour) from_hour = to_hour;
  int64_t first = from_hour / interval_hours * interval_hours;
  int64_t last = to_hour / interval_hours * interval_hours;
  return (struct span){first, interval_hours, (size_t)((last - first) / interval_hours) + 1};
}

static struct ledger_query query_of(const struct span *span, int64_t project_id) {
  return (struct ledger_query){
      .project_id = project_id,
      .from_hour = span->first_hour,
      .to_hour = span->first_hour + (int64_t)span->count * span->interval_hours - 1,
      .interval_hours = span->interval_hours,
  };
}

static size_t bar_of(const struct span *span, const struct ledger_entry *entry) {
  return (size_t)((entry->hour - span->first_hour) / span->interval_hours);
}

/* "1h", "1d", "14d" in hours; `fallback` for anything else. */
static int64_t read_hours(struct slice text, int64_t fallback) {
  uint64_t number;
  if (text.len < 2 || !slice_to_u64(slice_upto(text, text.len - 1), &number)) return fallback;
  if (!number || number > 10000) return fallback;
  char unit = text.ptr[text.len - 1];
  if (unit == 'h') return (int64_t)number;
  if (unit == 'd') return (int64_t)number * HOURS_PER_DAY;
  if (unit == 'w') return (int64_t)number * HOURS_PER_DAY * 7;
  return fallback;
}

static int64_t read_interval(struct slice text) {
  return read_hours(text, 1) >= HOURS_PER_DAY ? HOURS_PER_DAY : 1;
}

/* --- of one project ------------------------------------------------------------------------ */

static int64_t read_time_hour(const struct http_request *request, const char *name,
                              int64_t fallback) {
  struct slice text = http_query_value(request, name);
  int64_t seconds;
  text = slice_upto(text, slice_find_byte(text, '.'));
  if (!slice_to_i64(text, &seconds) || seconds < 0 || seconds / HOUR_S > fallback) return fallback;
  return seconds / HOUR_S;
}

/* Sentry's old names: received is all that came, generated what was kept. */
static bool is_counted(struct slice stat, const struct ledger_entry *entry) {
  bool is_error = slice_equal_string(entry->category, "error") ||
                  slice_equal_string(entry->category, "security");
  if (!is_error || entry->outcome == OUTCOME_CLIENT_DISCARD) return false;
  if (slice_equal_string(stat, "generated")) return entry->outcome == OUTCOME_ACCEPTED;
  if (slice_equal_string(stat, "blacklisted")) return entry->outcome == OUTCOME_FILTERED;
  if (slice_equal_string(stat, "rejected"))
    return entry->outcome == OUTCOME_RATE_LIMITED || entry->outcome == OUTCOME_INVALID;
  return true;
}

void api_project_stats(struct http_request *request, struct http_response *response) {
  struct store *store = api_application(request)->store;
  struct slice stat = http_query_value(request, "stat");
  int64_t now_hour = clock_now_ms() / HOUR_MS;
  int64_t until = read_time_hour(request, "until", now_hour);
  int64_t since = http_query_value(request, "since").len ? read_time_hour(request, "since", until)
                                                         : until - HOURS_PER_DAY + 1;
  struct span span =
      make_span(since, until, read_interval(http_query_value(request, "resolution")));
  struct ledger_entry *entries = NULL;
  struct project project;
  ledger_settle(store);
  struct transaction *tx = store_begin_read(store);
  enum status status = api_find_project(request, response, tx, &project);
  const struct ledger_query query = query_of(&span, status ? 0 : project.id);
  size_t count = status ? 0 : ledger_list(tx, request->arena, &query, &entries);
  store_end_read(tx);
  if (status) return;
  int64_t *counts = ARENA_ARRAY(request->arena, span.count, int64_t);
  for (size_t i = 0; i < count; i++) {
    if (is_counted(stat, &entries[i])) counts[bar_of(&span, &entries[i])] += entries[i].quantity;
  }
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < span.count; i++) {
    json_write_array(&writer);
    json_write_integer(&writer, (span.first_hour + (int64_t)i * span.interval_hours) * HOUR_S);
    json_write_integer(&writer, counts[i]);
    json_write_array_end(&writer);
  }
  json_write_array_end(&writer);
}

/* --- of an organization --------------------------------------------------------------------- */

/* All values of a repeated parameter. */
struct values {
  struct slice items[VALUES_LIMIT];
  size_t count;
};

static struct values read_values(const struct http_request *request, const char *name) {
  struct values values = {0};
  struct slice rest = request->query;
  while (rest.len && values.count < VALUES_LIMIT) {
    struct slice value = slice_split(&rest, '&');
    struct slice key = url_decode(request->arena, slice_split(&value, '='), true);
    if (slice_equal_string(key, name))
      values.items[values.count++] = url_decode(request->arena, value, true);
  }
  return values;
}

static bool has_value(const struct values *values, struct slice value) {
  for (size_t i = 0; i < values->count; i++) {
    if (slice_equal(values->items[i], value)) return true;
  }
  return false;
}

struct stats_group {
  int64_t project_id; /* 0 where it is not grouped by */
  struct slice outcome, category, reason;
  int64_t total, *series;
};

struct stats {
  struct arena *arena;
  struct span span;
  struct values by, categories, outcomes, reasons;
  struct map groups; /* their texts -> struct stats_group */
};

static struct slice part_if(const struct stats *stats, const char *name, struct slice value) {
  return has_value(&stats->by, slice_of_string(name)) ? value : SLICE_EMPTY;
}

static struct stats_group *find_group(struct stats *stats, const struct ledger_entry *entry) {
  bool is_full = stats->groups.count >= GROUPS_LIMIT;
  struct stats_group found = {
      .project_id = has_value(&stats->by, SLICE("project")) ? entry->project_id : 0,
      .outcome = part_if(stats, "outcome", slice_of_string(outcome_name(entry->outcome))),
      .category = part_if(stats, "category", entry->category),
      .reason = part_if(stats, "reason", is_full ? SLICE("other") : entry->reason),
  };
  struct slice key =
      arena_printf(stats->arena, "%lld|%.*s|%.*s|%.*s", (long long)found.project_id,
                   SLICE_ARGS(found.outcome), SLICE_ARGS(found.category), SLICE_ARGS(found.reason));
  struct stats_group *group = map_get(&stats->groups, key);
  if (group) return group;
  group = ARENA_NEW(stats->arena, struct stats_group);
  *group = found;
  group->series = ARENA_ARRAY(stats->arena, stats->span.count, int64_t);
  map_put(&stats->groups, key, group);
  return group;
}

static bool is_wanted(const struct stats *stats, const struct ledger_entry *entry) {
  if (stats->categories.count && !has_value(&stats->categories, entry->category)) return false;
  if (stats->reasons.count && !has_value(&stats->reasons, entry->reason)) return false;
  return !stats->outcomes.count ||
         has_value(&stats->outcomes, slice_of_string(outcome_name(entry->outcome)));
}

static void add_project(struct stats *stats, struct transaction *tx, int64_t project_id) {
  struct ledger_entry *entries;
  const struct ledger_query query = query_of(&stats->span, project_id);
  size_t count = ledger_list(tx, stats->arena, &query, &entries);
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(stats, &entries[i])) continue;
    struct stats_group *group = find_group(stats, &entries[i]);
    group->total += entries[i].quantity;
    group->series[bar_of(&stats->span, &entries[i])] += entries[i].quantity;
  }
}

static void write_group(struct json_writer *writer, const struct stats *stats,
                        const struct stats_group *group) {
  json_write_object(writer);
  json_write_key(writer, "by");
  json_write_object(writer);
  if (group->project_id) api_write_integer(writer, "project", group->project_id);
  if (group->outcome.len) api_write_text(writer, "outcome", group->outcome);
  if (group->category.len) api_write_text(writer, "category", group->category);
  if (has_value(&stats->by, SLICE("reason"))) api_write_text(writer, "reason", group->reason);
  json_write_object_end(writer);
  json_write_key(writer, "totals");
  json_write_object(writer);
  api_write_integer(writer, "sum(quantity)", group->total);
  json_write_object_end(writer);
  json_write_key(writer, "series");
  json_write_object(writer);
  json_write_key(writer, "sum(quantity)");
  json_write_array(writer);
  for (size_t i = 0; i < stats->span.count; i++) json_write_integer(writer, group->series[i]);
  json_write_array_end(writer);
  json_write_object_end(writer);
  json_write_object_end(writer);
}

static void write_stats(struct http_response *response, const struct stats *stats) {
  struct json_writer writer = api_begin_json(response);
  const struct span *span = &stats->span;
  const struct map_entry *entry;
  int64_t end_hour = span->first_hour + (int64_t)span->count * span->interval_hours;
  size_t at = 0;
  json_write_object(&writer);
  api_write_time(&writer, "start", span->first_hour * HOUR_MS);
  api_write_time(&writer, "end", end_hour * HOUR_MS);
  json_write_key(&writer, "intervals");
  json_write_array(&writer);
  for (size_t i = 0; i < span->count; i++) {
    char time[TIME_ISO_BYTES];
    time_format_iso((span->first_hour + (int64_t)i * span->interval_hours) * HOUR_MS, time);
    json_write_text(&writer, slice_of_string(time));
  }
  json_write_array_end(&writer);
  json_write_key(&writer, "groups");
  json_write_array(&writer);
  while ((entry = map_next(&stats->groups, &at))) write_group(&writer, stats, entry->value);
  json_write_array_end(&writer);
  json_write_object_end(&writer);
}

void api_organization_stats(struct http_request *request, struct http_response *response) {
  struct store *store = api_application(request)->store;
  int64_t now_hour = clock_now_ms() / HOUR_MS;
  int64_t hours = read_hours(http_query_value(request, "statsPeriod"), HOURS_PER_DAY);
  int64_t interval = read_interval(http_query_value(request, "interval"));
  struct stats stats = {
      .arena = request->arena,
      .span = make_span(now_hour - hours + 1, now_hour, interval),
      .by = read_values(request, "groupBy"),
      .categories = read_values(request, "category"),
      .outcomes = read_values(request, "outcome"),
      .reasons = read_values(request, "reason"),
  };
  ledger_settle(store);
  struct transaction *tx = store_begin_read(store);
  struct api_projects projects = api_find_projects(request, tx);
  for (size_t i = 0; i < projects.count; i++)
    add_project(&stats, tx, projects.projects[i].project.id);
  store_end_read(tx);
  if (projects.is_member)
    write_stats(response, &stats);
  else
    api_not_found(response);
  map_free(&stats.groups);
}
