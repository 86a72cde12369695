/* monitors.c - monitors of scheduled jobs, over all projects of an organization.
 *
 * GET    /api/0/organizations/{organization}/monitors/              ?project=ID
 * GET    /api/0/organizations/{organization}/monitors/{slug}/
 * PUT    …                                                          {"status": "disabled"}
 * DELETE …
 * GET    /api/0/organizations/{organization}/monitors/{slug}/checkins/
 *
 * A slug is one of its project; where two projects have the same, `project` says which is meant.
 */
#include "tracker/monitor.h"

#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"
#include "api/sentry/project_json.h"

#include "base/banned.h"

/* A project's JSON has some 2 KB. */
enum { MONITORS_OF_A_PROJECT = MONITORS_LIMIT, PROJECT_JSON_BYTES = 64 * 1024 };

static void write_schedule(struct json_writer *writer, const struct monitor_settings *settings) {
  if (settings->schedule_kind == SCHEDULE_CRONTAB) {
    api_write_text(writer, "schedule_type", SLICE("crontab"));
    api_write_text(writer, "schedule", settings->schedule);
  } else if (settings->schedule_kind == SCHEDULE_INTERVAL) {
    struct slice unit = settings->schedule;
    struct slice every = slice_split(&unit, ' ');
    api_write_text(writer, "schedule_type", SLICE("interval"));
    json_write_key(writer, "schedule");
    json_write_array(writer);
    json_write_raw(writer, every);
    json_write_text(writer, unit);
    json_write_array_end(writer);
  } else {
    api_write_null(writer, "schedule_type");
    api_write_null(writer, "schedule");
  }
}

static void write_config(struct json_writer *writer, const struct monitor_settings *settings) {
  json_write_object(writer);
  write_schedule(writer, settings);
  api_write_integer(writer, "checkin_margin", settings->margin_minutes);
  api_write_integer(writer, "max_runtime", settings->max_runtime_minutes);
  api_write_text(writer, "timezone", settings->time_zone.len ? settings->time_zone : SLICE("UTC"));
  api_write_integer(writer, "failure_issue_threshold", settings->failure_threshold);
  api_write_integer(writer, "recovery_threshold", settings->recovery_threshold);
  api_write_null(writer, "alert_rule_id");
  json_write_object_end(writer);
}

static void write_environments(struct json_writer *writer, struct transaction *tx,
                               struct arena *arena, int64_t monitor_id) {
  struct monitor_environment *environments;
  size_t count = monitor_environment_list(tx, arena, monitor_id, &environments);
  json_write_key(writer, "environments");
  json_write_array(writer);
  for (size_t i = 0; i < count; i++) {
    const struct monitor_environment *environment = &environments[i];
    bool is_waiting = environment->status == CHECK_IN_NONE;
    json_write_object(writer);
    api_write_text(writer, "name", environment->name);
    api_write_text(
        writer, "status",
        slice_of_string(is_waiting ? "active" : check_in_status_name(environment->status)));
    api_write_bool(writer, "isMuted", false);
    api_write_time(writer, "lastCheckIn", environment->last_check_in_ms);
    api_write_time(writer, "nextCheckIn", environment->expected_ms);
    api_write_time(writer, "nextCheckInLatest", environment->due_ms);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
}

struct found_monitor {
  struct project project;
  struct slice project_json; /* the same for all monitors of a project */
  struct monitor monitor;
};

static struct slice make_project_json(struct http_request *request, struct transaction *tx,
                                      const struct project *project) {
  struct buffer text = buffer_make(PROJECT_JSON_BYTES);
  struct json_writer writer = {.out = &text};
  api_write_project(&writer, request, tx, project);
  struct slice json = arena_copy(request->arena, buffer_slice(&text));
  buffer_free(&text);
  return json;
}

static void write_monitor(struct json_writer *writer, struct transaction *tx, struct arena *arena,
                          const struct found_monitor *found) {
  const struct monitor *monitor = &found->monitor;
  json_write_object(writer);
  api_write_digits(writer, "id", monitor->id);
  api_write_text(writer, "slug", monitor->slug);
  api_write_text(writer, "name", monitor->name);
  api_write_text(writer, "type", SLICE("cron_job"));
  api_write_text(writer, "status", slice_of_string(monitor->is_paused ? "disabled" : "active"));
  api_write_bool(writer, "isMuted", false);
  /* Settings come with check-ins, when there are any. */
  api_write_bool(writer, "isUpserting", monitor->settings.schedule_kind != SCHEDULE_NONE);
  api_write_null(writer, "owner");
  api_write_time(writer, "dateCreated", monitor->created_ms);
  json_write_key(writer, "config");
  write_config(writer, &monitor->settings);
  write_environments(writer, tx, arena, monitor->id);
  json_write_key(writer, "project");
  json_write_raw(writer, found->project_json);
  json_write_object_end(writer);
}

/* --- which ------------------------------------------------------------------------------------ */

static bool find_monitor(struct http_request *request, struct transaction *tx,
                         struct found_monitor *found) {
  struct api_projects projects = api_find_projects(request, tx);
  for (size_t i = 0; i < projects.count; i++) {
    found->project = projects.projects[i].project;
    if (monitor_find(tx, request->arena, found->project.id, http_parameter(request, "monitor"),
                     &found->monitor))
      return true;
  }
  return false;
}

/* --- answers -------------------------------------------------------------------------------- */

void api_monitor_list(struct http_request *request, struct http_response *response) {
  struct transaction *tx = store_begin_read(api_application(request)->store);
  struct api_projects projects = api_find_projects(request, tx);
  if (projects.count) {
    struct json_writer writer = api_begin_json(response);
    json_write_array(&writer);
    for (size_t i = 0; i < projects.count; i++) {
      const struct project *project = &projects.projects[i].project;
      struct monitor *monitors;
      const struct monitor_query query = {.project_id = project->id,
                                          .limit = MONITORS_OF_A_PROJECT};
      size_t found = monitor_list(tx, request->arena, &query, &monitors);
      struct slice json = found ? make_project_json(request, tx, project) : SLICE_EMPTY;
      for (size_t at = 0; at < found; at++)
        write_monitor(&writer, tx, request->arena,
                      &(struct found_monitor){*project, json, monitors[at]});
    }
    json_write_array_end(&writer);
    api_set_links(request, response, &(struct api_links){0});
  } else {
    api_not_found(response);
  }
  store_end_read(tx);
}

void api_monitor_get(struct http_request *request, struct http_response *response) {
  struct found_monitor found;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (find_monitor(request, tx, &found)) {
    struct json_writer writer = api_begin_json(response);
    found.project_json = make_project_json(request, tx, &found.project);
    write_monitor(&writer, tx, request->arena, &found);
  } else {
    api_not_found(response);
  }
  store_end_read(tx);
}

/* Does it to the monitor of the path; false when the response was filled with a refusal. */
static bool act(struct http_request *request, struct http_response *response,
                enum monitor_action action) {
  struct found_monitor found;
  struct problem problem;
  struct store *store = api_application(request)->store;
  struct transaction *tx = store_begin_read(store);
  bool is_found = find_monitor(request, tx, &found);
  store_end_read(tx);
  if (!is_found) {
    api_not_found(response);
    return false;
  }
  const struct monitor_act wanted = {.actor = api_actor(request),
                                     .project_id = found.project.id,
                                     .slug = found.monitor.slug,
                                     .action = action};
  if (monitor_act(store, &wanted, &problem) == STATUS_OK) return true;
  api_fail(response, &problem);
  return false;
}

void api_monitor_put(struct http_request *request, struct http_response *response) {
  yyjson_val *body;
  struct problem problem;
  enum status status = json_read(request->arena, request->body, &body, &problem);
  struct slice wanted = status ? SLICE_EMPTY : json_text(json_member(body, "status"));
  bool is_active = slice_equal(wanted, SLICE("active"));
  if (!status && !is_active && !slice_equal(wanted, SLICE("disabled")))
    status = problem_set_field(&problem, STATUS_BAD_INPUT, "status",
                               "The status can be set to active or disabled. What else a monitor "
                               "is comes with its check-ins, in monitor_config.");
  if (status)
    api_fail(response, &problem);
  else if (act(request, response, is_active ? MONITOR_RESUME : MONITOR_PAUSE))
    api_monitor_get(request, response);
}

void api_monitor_delete(struct http_request *request, struct http_response *response) {
  if (act(request, response, MONITOR_DELETE)) response->status = 202;
}

/* --- check-ins -------------------------------------------------------------------------------- */

static void write_check_in(struct json_writer *writer, struct arena *arena,
                           const struct monitor *monitor, const struct check_in *check_in) {
  json_write_object(writer);
  api_write_text(writer, "id", event_id_hex(arena, &check_in->guid));
  api_write_text(writer, "environment", check_in->environment);
  api_write_text(writer, "status", slice_of_string(check_in_status_name(check_in->status)));
  if (check_in->duration_ms >= 0)
    api_write_integer(writer, "duration", check_in->duration_ms);
  else
    api_write_null(writer, "duration");
  api_write_time(writer, "dateCreated", check_in->added_ms);
  api_write_time(writer, "dateAdded", check_in->added_ms);
  api_write_time(writer, "dateClock", check_in->added_ms);
  api_write_time(writer, "dateUpdated", check_in->updated_ms);
  api_write_null(writer, "dateInProgress");
  api_write_time(writer, "expectedTime", check_in->expected_ms);
  /* What the monitor is now; what it was then is not kept. */
  json_write_key(writer, "monitorConfig");
  write_config(writer, &monitor->settings);
  json_write_object_end(writer);
}

void api_check_in_list(struct http_request *request, struct http_response *response) {
  struct api_page page;
  struct found_monitor found;
  struct check_in *check_ins;
  if (api_read_page(request, response, &page)) return;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  bool is_found = find_monitor(request, tx, &found);
  const struct check_in_query query = {.monitor_id = is_found ? found.monitor.id : 0,
                                       .before_id = page.cursor.id,
                                       .limit = page.limit + 1};
  size_t count = check_in_list(tx, request->arena, &query, &check_ins);
  store_end_read(tx);
  if (!is_found) {
    api_not_found(response);
    return;
  }
  struct api_links links = {.has_next = count > page.limit};
  if (links.has_next) count = page.limit;
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < count; i++)
    write_check_in(&writer, request->arena, &found.monitor, &check_ins[i]);
  json_write_array_end(&writer);
  if (count)
    links.next = (struct cursor){check_ins[count - 1].id, check_ins[count - 1].id, .is_set = true};
  api_set_links(request, response, &links);
}
