/* releases.c - releases with their sessions.
 *
 * GET /api/0/projects/{organization}/{project}/releases/   newest first; beside Sentry's members
 *     `sessions`, with counts of the last statsPeriod in the environment asked for
 * GET /api/0/organizations/{organization}/sessions/        groups with totals and series
 *     ?field=sum(session)&field=crash_free_rate(session)&groupBy=release&project=ID
 *     &environment=NAME&statsPeriod=24h&interval=1h|1d
 */
#include "store/release_health.h"

#include "api/sentry/answer.h"
#include "api/sentry/constant.h"
#include "api/sentry/handlers.h"
#include "api/sentry/release_json.h"
#include "store/limits.h"

#include "base/banned.h"

enum { HOURS_PER_DAY = 24, FIELDS_LIMIT = 6, RELEASES_LIMIT = 100, PROJECTS_LIMIT = 20 };

/* "24h", "14d", "2w" in hours; false for anything else. */
static bool read_period(const struct http_request *request, int64_t *hours) {
  struct slice text = http_query_value(request, "statsPeriod");
  uint64_t number;
  *hours = HOURS_PER_DAY;
  if (!text.len) return true;
  char unit = text.ptr[text.len - 1];
  if (!slice_to_u64(slice_upto(text, text.len - 1), &number) || !number || number > 10000)
    return false;
  *hours = (int64_t)number * (unit == 'w' ? 7 * HOURS_PER_DAY : unit == 'd' ? HOURS_PER_DAY : 1);
  if (*hours > STORE_RETENTION_DAYS * HOURS_PER_DAY) *hours = STORE_RETENTION_DAYS * HOURS_PER_DAY;
  return unit == 'h' || unit == 'd' || unit == 'w';
}

static void refuse(struct http_response *response, const char *field, const char *message) {
  struct problem problem;
  problem_set_field(&problem, STATUS_BAD_INPUT, field, "%s", message);
  api_fail(response, &problem);
}

/* Fills the hours and the environment; false when the request was refused. */
static bool read_span(struct http_request *request, struct http_response *response,
                      struct release_query *query) {
  int64_t hours;
  if (!read_period(request, &hours)) {
    refuse(response, "statsPeriod", "Invalid statsPeriod. Use a number and h, d or w.");
    return false;
  }
  query->to_hour = clock_now_ms() / HOUR_MS;
  query->from_hour = query->to_hour - hours + 1;
  query->environment = http_query_value(request, "environment");
  return true;
}

/* --- releases --------------------------------------------------------------------------------- */

static void write_sessions(struct json_writer *writer, const struct release_health *health) {
  json_write_key(writer, "sessions");
  json_write_object(writer);
  api_write_integer(writer, "total", health->sessions.total);
  api_write_integer(writer, "errored", health->sessions.errored);
  api_write_integer(writer, "crashed", health->sessions.crashed);
  api_write_integer(writer, "abnormal", health->sessions.abnormal);
  api_write_integer(writer, "users", health->users);
  api_write_integer(writer, "crashedUsers", health->crashed_users);
  json_write_object_end(writer);
}

/* Nobody makes releases here, they come with events and sessions: nothing is deployed, and there
 * are no commits but the one that a release may name. */
static const struct constant all_releases[] = {
    {"status", IS_TEXT, "open"},    {"dateReleased", IS_NULL, NULL},
    {"versionInfo", IS_NULL, NULL}, {"commitCount", IS_ZERO, NULL},
    {"deployCount", IS_ZERO, NULL}, {"authors", IS_LIST, NULL},
    {"data", IS_OBJECT, NULL},      {0},
};

/* Sentry's releases are of an organization; ours of one project. */
static void write_projects(struct json_writer *writer, const struct project *project,
                           const struct release_health *health) {
  json_write_key(writer, "projects");
  json_write_array(writer);
  json_write_object(writer);
  api_write_integer(writer, "id", project->id);
  api_write_text(writer, "slug", project->slug);
  api_write_text(writer, "name", project->name);
  api_write_text_or_null(writer, "platform", project->platform);
  api_write_null(writer, "platforms");
  api_write_bool(writer, "hasHealthData", health->sessions.total > 0);
  api_write_integer(writer, "newGroups", health->new_groups);
  json_write_object_end(writer);
  json_write_array_end(writer);
}

static void write_release(struct json_writer *writer, const struct project *project,
                          const struct release_health *health) {
  const struct release *release = &health->release;
  json_write_object(writer);
  /* A number, as Sentry has it in this place. */
  api_write_integer(writer, "id", release->id);
  api_write_text(writer, "version", release->version);
  api_write_text(writer, "shortVersion", release_short_version(release->version));
  api_write_time(writer, "dateCreated", release->first_seen_ms);
  api_write_time(writer, "firstEvent", release->first_seen_ms);
  api_write_time(writer, "lastEvent", release->last_seen_ms);
  api_write_integer(writer, "newGroups", health->new_groups);
  write_projects(writer, project, health);
  write_sessions(writer, health);
  api_write_constants(writer, all_releases);
  json_write_object_end(writer);
}

void api_release_list(struct http_request *request, struct http_response *response) {
  struct api_page page;
  struct project project;
  struct release_query query = {0};
  struct release_page releases;
  if (api_read_page(request, response, &page) || !read_span(request, response, &query)) return;
  query.limit = page.limit;
  query.cursor = page.cursor;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  enum status status = api_find_project(request, response, tx, &project);
  query.project_id = project.id;
  if (!status) release_list(tx, request->arena, &query, &releases);
  store_end_read(tx);
  if (status) return;
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < releases.count; i++)
    write_release(&writer, &project, &releases.releases[i]);
  json_write_array_end(&writer);
  api_set_links(request, response,
                &(struct api_links){.has_previous = releases.has_previous,
                                    .has_next = releases.has_next,
                                    .previous = releases.previous,
                                    .next = releases.next});
}

/* --- sessions --------------------------------------------------------------------------------- */

enum field {
  SUM_SESSION,
  CRASH_FREE_SESSION,
  CRASH_SESSION,
  COUNT_USER,
  CRASH_FREE_USER,
  CRASH_USER
};
static const char *const field_names[FIELDS_LIMIT] = {
    [SUM_SESSION] = "sum(session)",
    [CRASH_FREE_SESSION] = "crash_free_rate(session)",
    [CRASH_SESSION] = "crash_rate(session)",
    [COUNT_USER] = "count_unique(user)",
    [CRASH_FREE_USER] = "crash_free_rate(user)",
    [CRASH_USER] = "crash_rate(user)",
};

/* What a request asks for, and the parts that are found. */
struct session_request {
  struct http_request *request;
  struct release_query query; /* from_hour starts an interval */
  int64_t interval_hours;
  bool has_field[FIELDS_LIMIT];
  bool by_release, by_project;
  struct json_writer writer;
};

/* One group: a release, a project, or everything. */
struct session_group {
  struct session_counts counts, *hours;
  int64_t users, crashed_users;
  int64_t project_id;   /* 0 where it is not grouped by */
  struct slice release; /* empty where it is not grouped by */
};

static bool read_field(struct session_request *wanted, struct slice name) {
  for (size_t i = 0; i < FIELDS_LIMIT; i++) {
    if (!slice_equal_string(name, field_names[i])) continue;
    wanted->has_field[i] = true;
    return true;
  }
  return false;
}

/* Reads the repeated parameters field and groupBy. Returns the one that is not understood, or null.
 */
static const char *read_lists(struct session_request *wanted) {
  struct slice rest = wanted->request->query;
  bool has_any = false;
  while (rest.len) {
    struct slice value = slice_split(&rest, '&');
    struct slice name = url_decode(wanted->request->arena, slice_split(&value, '='), true);
    value = url_decode(wanted->request->arena, value, true);
    if (slice_equal(name, SLICE("field"))) {
      if (!read_field(wanted, value)) return "field";
      has_any = true;
    } else if (slice_equal(name, SLICE("groupBy"))) {
      if (slice_equal(value, SLICE("release")))
        wanted->by_release = true;
      else if (slice_equal(value, SLICE("project")))
        wanted->by_project = true;
      else
        return "groupBy";
    }
  }
  return has_any ? NULL : "field";
}

static void write_rate(struct json_writer *writer, int64_t part, int64_t whole) {
  struct buffer text = buffer_make(40);
  if (whole <= 0) {
    json_write_null(writer);
    return;
  }
  buffer_printf(&text, "%.10f", (double)part / (double)whole);
  json_write_raw(writer, buffer_slice(&text));
  buffer_free(&text);
}

static void write_field(struct json_writer *writer, enum field field,
                        const struct session_counts *counts, const int64_t users[2]) {
  switch (field) {
    case SUM_SESSION: json_write_integer(writer, counts->total); return;
    case CRASH_FREE_SESSION:
      write_rate(writer, counts->total - counts->crashed, counts->total);
      return;
    case CRASH_SESSION: write_rate(writer, counts->crashed, counts->total); return;
    case COUNT_USER: json_write_integer(writer, users[0]); return;
    case CRASH_FREE_USER: write_rate(writer, users[0] - users[1], users[0]); return;
    case CRASH_USER: write_rate(writer, users[1], users[0]); return;
  }
}

/* Of users there are no series: they are told apart over the whole span. */
static void write_series(struct session_request *wanted, const struct session_group *group) {
  struct json_writer *writer = &wanted->writer;
  json_write_key(writer, "series");
  json_write_object(writer);
  for (size_t i = 0; i < FIELDS_LIMIT; i++) {
    if (!wanted->has_field[i] || i >= COUNT_USER) continue;
    json_write_key(writer, field_names[i]);
    json_write_array(writer);
    for (int64_t hour = wanted->query.from_hour; hour <= wanted->query.to_hour;
         hour += wanted->interval_hours) {
      struct session_counts sum = {0};
      for (int64_t at = hour; at < hour + wanted->interval_hours && at <= wanted->query.to_hour;
           at++) {
        sum.total += group->hours[at - wanted->query.from_hour].total;
        sum.crashed += group->hours[at - wanted->query.from_hour].crashed;
      }
      write_field(writer, (enum field)i, &sum, (const int64_t[2]){0, 0});
    }
    json_write_array_end(writer);
  }
  json_write_object_end(writer);
}

static void write_group(struct session_request *wanted, const struct session_group *group) {
  struct json_writer *writer = &wanted->writer;
  const int64_t users[2] = {group->users, group->crashed_users};
  json_write_object(writer);
  json_write_key(writer, "by");
  json_write_object(writer);
  if (group->project_id) api_write_integer(writer, "project", group->project_id);
  if (group->release.len) api_write_text(writer, "release", group->release);
  json_write_object_end(writer);
  json_write_key(writer, "totals");
  json_write_object(writer);
  for (size_t i = 0; i < FIELDS_LIMIT; i++) {
    if (!wanted->has_field[i]) continue;
    json_write_key(writer, field_names[i]);
    write_field(writer, (enum field)i, &group->counts, users);
  }
  json_write_object_end(writer);
  write_series(wanted, group);
  json_write_object_end(writer);
}

static size_t hour_count(const struct session_request *wanted) {
  return (size_t)(wanted->query.to_hour - wanted->query.from_hour + 1);
}

static void write_health(struct session_request *wanted, struct transaction *tx,
                         const struct release_health *health) {
  struct session_group group = {
      .counts = health->sessions,
      .users = health->users,
      .crashed_users = health->crashed_users,
      .project_id = wanted->by_project ? wanted->query.project_id : 0,
      .release = health->release.version,
      .hours = ARENA_ARRAY(wanted->request->arena, hour_count(wanted), struct session_counts),
  };
  release_hours(tx, health->release.id, &wanted->query, group.hours);
  write_group(wanted, &group);
}

/* The project's newest releases as groups, or all of its sessions as one. */
static void write_project(struct session_request *wanted, struct transaction *tx,
                          int64_t project_id) {
  struct release_health all;
  struct release_page page;
  wanted->query.project_id = project_id;
  wanted->query.limit = RELEASES_LIMIT;
  if (!wanted->by_release) {
    project_sessions(tx, &wanted->query, &all);
    write_health(wanted, tx, &all);
    return;
  }
  release_list(tx, wanted->request->arena, &wanted->query, &page);
  for (size_t i = 0; i < page.count; i++)
    if (page.releases[i].sessions.total) write_health(wanted, tx, &page.releases[i]);
}

static void write_intervals(struct session_request *wanted) {
  struct json_writer *writer = &wanted->writer;
  char time[TIME_ISO_BYTES];
  api_write_time(writer, "start", wanted->query.from_hour * HOUR_MS);
  api_write_time(writer, "end", (wanted->query.to_hour + 1) * HOUR_MS);
  api_write_text(writer, "query", SLICE_EMPTY);
  json_write_key(writer, "intervals");
  json_write_array(writer);
  for (int64_t hour = wanted->query.from_hour; hour <= wanted->query.to_hour;
       hour += wanted->interval_hours) {
    time_format_iso(hour * HOUR_MS, time);
    json_write_text(writer, slice_of_string(time));
  }
  json_write_array_end(writer);
}

static void answer_sessions(struct session_request *wanted, struct http_response *response) {
  struct transaction *tx = store_begin_read(api_application(wanted->request)->store);
  struct api_projects projects = api_find_projects(wanted->request, tx);
  if (projects.is_member) {
    size_t count = projects.count < PROJECTS_LIMIT ? projects.count : PROJECTS_LIMIT;
    if (count > 1) wanted->by_project = true;
    wanted->writer = api_begin_json(response);
    json_write_object(&wanted->writer);
    write_intervals(wanted);
    json_write_key(&wanted->writer, "groups");
    json_write_array(&wanted->writer);
    for (size_t i = 0; i < count; i++) write_project(wanted, tx, projects.projects[i].project.id);
    json_write_array_end(&wanted->writer);
    json_write_object_end(&wanted->writer);
  } else {
    api_not_found(response);
  }
  store_end_read(tx);
}

void api_sessions(struct http_request *request, struct http_response *response) {
  struct session_request wanted = {.request = request, .interval_hours = 1};
  struct slice interval = http_query_value(request, "interval");
  if (!read_span(request, response, &wanted.query)) return;
  const char *wrong = read_lists(&wanted);
  if (slice_equal(interval, SLICE("1d")))
    wanted.interval_hours = HOURS_PER_DAY;
  else if (interval.len && !slice_equal(interval, SLICE("1h")))
    wrong = "interval";
  if (wrong) {
    refuse(response, wrong,
           "Invalid value. Fields are sum(session), count_unique(user), and crash_rate and "
           "crash_free_rate of both; groups are by release or project; intervals are 1h and 1d.");
    return;
  }
  answer_sessions(&wanted, response);
}
