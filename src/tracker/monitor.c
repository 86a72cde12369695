/* monitor.c - see monitor.h. */
#include "tracker/monitor.h"

#include "base/clock.h"
#include "tracker/tracker.h"

#include "base/banned.h"

#define DEFAULT_ENVIRONMENT SLICE("production")

struct slice monitor_slug(struct arena *arena, struct slice name) {
  char *slug = arena_alloc(arena, MONITOR_SLUG_LIMIT);
  size_t length = 0;
  for (size_t i = 0; i < name.len && length < MONITOR_SLUG_LIMIT; i++) {
    char c = name.ptr[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (is_kept)
      slug[length++] = c;
    else if (length && slug[length - 1] != '-')
      slug[length++] = '-';
  }
  while (length && slug[length - 1] == '-') length--;
  return slice_of(slug, length);
}

/* --- settings ------------------------------------------------------------------------------ */

static enum status check_number(int64_t *value, int64_t standard, int64_t limit, const char *field,
                                struct problem *problem) {
  if (*value == 0) *value = standard;
  if (*value >= 1 && *value <= limit) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, field, "%s takes a number from 1 to %lld.",
                           field, (long long)limit);
}

enum status monitor_settings_check(struct monitor_settings *settings, bool with_time_zone,
                                   struct problem *problem) {
  struct schedule schedule;
  enum status status = schedule_parse((enum schedule_kind)settings->schedule_kind,
                                      settings->schedule, &schedule, problem);
  if (!status)
    status = check_number(&settings->margin_minutes, MONITOR_MARGIN_DEFAULT, MONITOR_MINUTES_LIMIT,
                          "checkin_margin", problem);
  if (!status)
    status = check_number(&settings->max_runtime_minutes, MONITOR_MAX_RUNTIME_DEFAULT,
                          MONITOR_MINUTES_LIMIT, "max_runtime", problem);
  if (!status)
    status = check_number(&settings->failure_threshold, 1, MONITOR_THRESHOLD_LIMIT,
                          "failure_issue_threshold", problem);
  if (!status)
    status = check_number(&settings->recovery_threshold, 1, MONITOR_THRESHOLD_LIMIT,
                          "recovery_threshold", problem);
  if (!status && settings->time_zone.len && !time_zone_name_is_valid(settings->time_zone))
    status = problem_set_field(problem, STATUS_BAD_INPUT, "timezone",
                               "A time zone is a name such as Europe/Berlin, or UTC.");
  if (status || !with_time_zone) return status;
  struct arena arena = {0};
  const struct time_zone *zone;
  status = time_zone_load(&arena, settings->time_zone, &zone, problem);
  arena_free(&arena);
  return status;
}

/* --- what is expected ------------------------------------------------------------------------ */

/* Expects the first scheduled time after `after_ms`; nothing without a schedule, or paused. */
static void expect_next(struct arena *arena, const struct monitor *monitor,
                        struct monitor_environment *environment, int64_t after_ms) {
  const struct monitor_settings *settings = &monitor->settings;
  struct schedule schedule;
  const struct time_zone *zone;
  environment->expected_ms = environment->due_ms = 0;
  if (monitor->is_paused || schedule_parse((enum schedule_kind)settings->schedule_kind,
                                           settings->schedule, &schedule, NULL))
    return;
  /* A zone that this machine has lost counts as UTC. */
  if (time_zone_load(arena, settings->time_zone, &zone, NULL)) zone = NULL;
  if (!schedule_next(&schedule, zone, after_ms, &environment->expected_ms)) return;
  environment->due_ms = environment->expected_ms + settings->margin_minutes * MINUTE_MS;
}

/* --- ok or failed --------------------------------------------------------------------------------
 */

struct ending {
  const struct monitor *monitor;
  struct monitor_environment *environment;
  const struct check_in *check_in;
  struct slice trace_id;
  int64_t now_ms;
};

static void note_success(struct transaction *tx, const struct ending *ending) {
  struct monitor_environment *environment = ending->environment;
  environment->failures = 0;
  environment->successes++;
  if (!environment->is_failing ||
      environment->successes < ending->monitor->settings.recovery_threshold)
    return;
  environment->is_failing = false;
  if (environment->has_error)
    monitor_resolve_error(tx, ending->monitor, environment, ending->now_ms);
  environment->has_error = false;
}

static void note_failure(struct transaction *tx, const struct ending *ending) {
  struct monitor_environment *environment = ending->environment;
  environment->successes = 0;
  environment->failures++;
  if (environment->failures >= ending->monitor->settings.failure_threshold)
    environment->is_failing = true;
  if (!environment->is_failing || ending->monitor->is_paused) return;
  monitor_report_failure(tx, &(struct monitor_failure){.monitor = ending->monitor,
                                                       .environment = environment,
                                                       .check_in = ending->check_in,
                                                       .trace_id = ending->trace_id,
                                                       .now_ms = ending->now_ms});
}

static void end_check_in(struct transaction *tx, const struct ending *ending) {
  ending->environment->status = ending->check_in->status;
  if (ending->check_in->status == CHECK_IN_OK)
    note_success(tx, ending);
  else
    note_failure(tx, ending);
}

/* --- check-ins
 * ------------------------------------------------------------------------------------ */

static void take_settings(struct transaction *tx, struct monitor *monitor,
                          const struct check_in_report *report) {
  struct problem problem = {0};
  struct slice said = report->settings_problem;
  struct monitor_settings settings = report->settings;
  if (report->has_settings) {
    if (monitor_settings_check(&settings, true, &problem))
      said = slice_of_string(problem.message);
    else
      monitor->settings = settings;
  }
  if (!report->has_settings && !said.len) return;
  monitor->problem = said;
  monitor_update(tx, monitor);
}

static bool find_monitor(struct transaction *tx, struct arena *arena,
                         const struct check_in_report *report, struct monitor *monitor) {
  if (monitor_find(tx, arena, report->project_id, report->slug, monitor)) return true;
  if (monitor_count(tx, report->project_id) >= MONITORS_LIMIT) return false;
  *monitor = (struct monitor){
      .project_id = report->project_id,
      .created_ms = report->received_ms,
      .slug = report->slug,
      .name = report->slug,
      .settings = {.margin_minutes = MONITOR_MARGIN_DEFAULT,
                   .max_runtime_minutes = MONITOR_MAX_RUNTIME_DEFAULT,
                   .failure_threshold = 1,
                   .recovery_threshold = 1},
  };
  monitor->id = monitor_insert(tx, monitor);
  return true;
}

static bool find_environment(struct transaction *tx, struct arena *arena,
                             const struct check_in_report *report, const struct monitor *monitor,
                             struct monitor_environment *environment) {
  struct slice name = report->environment.len ? report->environment : DEFAULT_ENVIRONMENT;
  struct monitor_environment *all;
  if (monitor_environment_find(tx, arena, monitor->id, name, environment)) return true;
  if (monitor_environment_list(tx, arena, monitor->id, &all) >= MONITOR_ENVIRONMENTS_LIMIT)
    return false;
  *environment = (struct monitor_environment){.monitor_id = monitor->id, .name = name};
  monitor_environment_save(tx, environment);
  return true;
}

/* Counts the check-in; false when there were too many in this minute. */
static bool is_within_rate(struct monitor_environment *environment, int64_t now_ms) {
  int64_t minute = now_ms / MINUTE_MS;
  if (environment->minute != minute) environment->minute_count = 0;
  environment->minute = minute;
  return ++environment->minute_count <= CHECK_INS_PER_MINUTE;
}

static bool find_check_in(struct transaction *tx, struct arena *arena,
                          const struct check_in_report *report, int64_t environment_id,
                          struct check_in *check_in) {
  return report->is_latest ? check_in_find_open(tx, arena, environment_id, check_in)
                           : check_in_find(tx, arena, environment_id, &report->guid, check_in);
}

static struct check_in new_check_in(const struct check_in_report *report,
                                    const struct monitor_environment *environment) {
  return (struct check_in){.monitor_id = environment->monitor_id,
                           .environment_id = environment->id,
                           .guid = report->is_latest ? event_id_random() : report->guid,
                           .added_ms = report->received_ms,
                           .duration_ms = -1,
                           .expected_ms = environment->expected_ms};
}

static void update_check_in(struct check_in *check_in, const struct check_in_report *report,
                            const struct monitor *monitor) {
  bool is_open = report->status == CHECK_IN_IN_PROGRESS;
  bool is_update = check_in->id != 0;
  check_in->status = report->status;
  check_in->updated_ms = report->received_ms;
  if (report->release.len) check_in->release = report->release;
  check_in->timeout_ms =
      is_open ? report->received_ms + monitor->settings.max_runtime_minutes * MINUTE_MS : 0;
  if (report->duration_ms >= 0)
    check_in->duration_ms = report->duration_ms;
  else if (is_update && !is_open)
    check_in->duration_ms = report->received_ms - check_in->added_ms;
}

/* A job that is a little early, by another clock than ours, has kept the appointment all the same.
 */
static int64_t reference_ms(const struct check_in *check_in) {
  int64_t early_ms = check_in->expected_ms - check_in->added_ms;
  return early_ms > 0 && early_ms <= MINUTE_MS ? check_in->expected_ms : check_in->added_ms;
}

static enum check_in_outcome take(struct transaction *tx, struct arena *arena,
                                  const struct check_in_report *report) {
  struct monitor monitor;
  struct monitor_environment environment;
  struct check_in check_in;
  if (!find_monitor(tx, arena, report, &monitor)) return CHECK_IN_TOO_MANY;
  if (!find_environment(tx, arena, report, &monitor, &environment)) return CHECK_IN_TOO_MANY;
  if (!is_within_rate(&environment, report->received_ms)) {
    monitor_environment_save(tx, &environment);
    return CHECK_IN_LIMITED;
  }
  /* Not before: reading a time zone costs the writer a file. */
  take_settings(tx, &monitor, report);
  enum check_in_outcome outcome = CHECK_IN_TAKEN;
  bool is_known = find_check_in(tx, arena, report, environment.id, &check_in);
  if (is_known && check_in.status != CHECK_IN_IN_PROGRESS) {
    outcome = CHECK_IN_FINISHED;
    if (check_in.status == CHECK_IN_TIMEOUT && report->status != CHECK_IN_IN_PROGRESS) {
      check_in.duration_ms = report->received_ms - check_in.added_ms;
      check_in_save(tx, &check_in);
    }
  } else {
    if (!is_known) check_in = new_check_in(report, &environment);
    update_check_in(&check_in, report, &monitor);
    check_in_save(tx, &check_in);
    environment.last_check_in_ms = report->received_ms;
    if (!is_known || !environment.expected_ms)
      expect_next(arena, &monitor, &environment, reference_ms(&check_in));
    if (report->status != CHECK_IN_IN_PROGRESS)
      end_check_in(tx, &(struct ending){&monitor, &environment, &check_in, report->trace_id,
                                        report->received_ms});
    else if (environment.status == CHECK_IN_NONE)
      environment.status = CHECK_IN_IN_PROGRESS;
  }
  monitor_environment_save(tx, &environment);
  return outcome;
}

enum check_in_outcome monitor_take(struct transaction *tx, const struct check_in_report *report) {
  struct arena arena = {0};
  enum check_in_outcome outcome = take(tx, &arena, report);
  arena_free(&arena);
  return outcome;
}

/* --- time passes --------------------------------------------------------------------------------
 */

static void time_out(struct transaction *tx, struct arena *arena, struct check_in *check_in,
                     int64_t now_ms) {
  struct monitor monitor;
  struct monitor_environment environment;
  check_in->status = CHECK_IN_TIMEOUT;
  check_in->timeout_ms = 0;
  check_in->updated_ms = now_ms;
  check_in->duration_ms = now_ms - check_in->added_ms;
  check_in_save(tx, check_in);
  if (!monitor_environment_get(tx, arena, check_in->environment_id, &environment) ||
      !monitor_get(tx, arena, environment.monitor_id, &monitor))
    return;
  end_check_in(tx, &(struct ending){&monitor, &environment, check_in, SLICE_EMPTY, now_ms});
  monitor_environment_save(tx, &environment);
}

static void miss(struct transaction *tx, struct arena *arena,
                 struct monitor_environment *environment, int64_t now_ms) {
  struct monitor monitor;
  int64_t expected_ms = environment->expected_ms;
  environment->expected_ms = environment->due_ms = 0;
  if (monitor_get(tx, arena, environment->monitor_id, &monitor) && !monitor.is_paused) {
    struct check_in check_in = {.monitor_id = monitor.id,
                                .environment_id = environment->id,
                                .guid = event_id_random(),
                                .status = CHECK_IN_MISSED,
                                .added_ms = expected_ms,
                                .updated_ms = now_ms,
                                .duration_ms = -1,
                                .expected_ms = expected_ms};
    check_in_save(tx, &check_in);
    /* After a long sleep of ours only what may still come is expected. */
    int64_t open_ms = now_ms - monitor.settings.margin_minutes * MINUTE_MS;
    expect_next(arena, &monitor, environment, open_ms > expected_ms ? open_ms : expected_ms);
    end_check_in(tx, &(struct ending){&monitor, environment, &check_in, SLICE_EMPTY, now_ms});
  }
  monitor_environment_save(tx, environment);
}

void monitor_check(struct transaction *tx, int64_t now_ms) {
  struct arena arena = {0};
  struct check_in check_in;
  struct monitor_environment environment;
  for (int i = 0; i < MONITOR_TICK_LIMIT && check_in_overdue(tx, &arena, now_ms, &check_in); i++)
    time_out(tx, &arena, &check_in, now_ms);
  for (int i = 0;
       i < MONITOR_TICK_LIMIT && monitor_environment_due(tx, &arena, now_ms, &environment); i++)
    miss(tx, &arena, &environment, now_ms);
  arena_free(&arena);
}

void monitor_tick(struct transaction *tx, struct store_tick *tick) {
  (void)tick;
  monitor_check(tx, clock_now_ms());
}

/* --- what people do ------------------------------------------------------------------------- */

static void set_paused(struct transaction *tx, struct arena *arena, struct monitor *monitor,
                       bool is_paused) {
  struct monitor_environment *environments;
  monitor->is_paused = is_paused;
  monitor_update(tx, monitor);
  size_t count = monitor_environment_list(tx, arena, monitor->id, &environments);
  for (size_t i = 0; i < count; i++) {
    expect_next(arena, monitor, &environments[i], clock_now_ms());
    monitor_environment_save(tx, &environments[i]);
  }
}

static enum status act(struct transaction *tx, struct arena *arena, const struct monitor_act *act,
                       struct problem *problem) {
  struct project project;
  struct monitor monitor;
  struct access_request access = {
      .actor = act->actor, .role = ROLE_TO_ACT, .scope = SCOPE_PROJECT_WRITE};
  access.project = arena_printf(arena, "%lld", (long long)act->project_id);
  if (!project_get(tx, arena, act->project_id, &project))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such project.");
  access.organization = project.organization_slug;
  enum status status = access_project(tx, arena, &access, &project, problem);
  if (status) return status;
  if (!monitor_find(tx, arena, project.id, act->slug, &monitor))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such monitor.");
  switch (act->action) {
    case MONITOR_PAUSE: set_paused(tx, arena, &monitor, true); break;
    case MONITOR_RESUME: set_paused(tx, arena, &monitor, false); break;
    case MONITOR_DELETE: monitor_delete(tx, monitor.id); break;
  }
  return STATUS_OK;
}

static enum status run_act(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = act(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status monitor_act(struct store *store, const struct monitor_act *wanted,
                        struct problem *problem) {
  struct monitor_act copy = *wanted;
  return store_write(store, run_act, &copy, problem);
}
