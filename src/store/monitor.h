/* monitor.h - monitors of scheduled jobs, their environments and check-ins: rows and look-ups.
 *
 *   monitor ──► environment ("production") ──► check-ins, newest first
 *    slug, schedule    state, what is expected when
 *
 * What a check-in does to its monitor is decided in tracker/monitor.h.
 */
#ifndef CULPRIT_STORE_MONITOR_H
#define CULPRIT_STORE_MONITOR_H

#include "base/bytes.h"
#include "grouping/grouping.h"
#include "store/store.h"

/* Sentry: the same names. The last two are made by the server. */
enum check_in_status {
  CHECK_IN_NONE = 0, /* of an environment that has not been heard of */
  CHECK_IN_IN_PROGRESS = 1,
  CHECK_IN_OK = 2,
  CHECK_IN_ERROR = 3,
  CHECK_IN_MISSED = 4,
  CHECK_IN_TIMEOUT = 5
};
const char *check_in_status_name(enum check_in_status status); /* "in_progress" */
bool check_in_status_parse(struct slice name, enum check_in_status *status);

struct monitor_settings {
  int schedule_kind;      /* enum schedule_kind; 0: no schedule, nothing is expected */
  struct slice schedule;  /* "0 2 * * *", or "5 minute" */
  struct slice time_zone; /* IANA name; empty for UTC */
  int64_t margin_minutes, max_runtime_minutes;
  int64_t failure_threshold, recovery_threshold; /* check-ins in a row, from 1 */
};

struct monitor {
  int64_t id, project_id, created_ms;
  struct slice slug, name;
  struct monitor_settings settings;
  bool is_paused;       /* check-ins are kept, nothing is expected and no error is made */
  struct slice problem; /* why the settings that an SDK sent last were not taken; empty mostly */
};

struct monitor_environment {
  int64_t id, monitor_id;
  struct slice name;
  enum check_in_status status; /* of the last check-in that ended, or IN_PROGRESS for the first */
  int64_t last_check_in_ms;
  int64_t expected_ms;         /* the next one; 0 when none is */
  int64_t due_ms;              /* from then on it is missed; 0 when none is */
  int64_t failures, successes; /* in a row */
  bool is_failing;
  bool has_error;               /* an error was made since it is failing */
  struct group_hash error_hash; /* by which that error's group is found */
  int64_t minute, minute_count; /* check-ins that came in that minute since 1970 */
};

struct check_in {
  int64_t id, monitor_id, environment_id;
  struct event_id guid; /* as the SDK named it, or made */
  enum check_in_status status;
  int64_t added_ms, updated_ms;
  int64_t duration_ms; /* -1 when unknown */
  int64_t expected_ms; /* when it was due; 0 when nothing was */
  int64_t timeout_ms;  /* when it counts as too long, while in progress; 0 otherwise */
  struct slice release;
  struct slice environment; /* only read: the name of its environment */
};

/* --- monitors ------------------------------------------------------------------------------ */

bool monitor_get(struct transaction *tx, struct arena *arena, int64_t id, struct monitor *monitor);
bool monitor_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                  struct slice slug, struct monitor *monitor);
int64_t monitor_count(struct transaction *tx, int64_t project_id);
/* Returns the new id. The slug must not be taken. */
int64_t monitor_insert(struct transaction *tx, const struct monitor *monitor);
/* Writes everything but id, project and slug. */
void monitor_update(struct transaction *tx, const struct monitor *monitor);
/* With its environments and check-ins. */
void monitor_delete(struct transaction *tx, int64_t id);

struct monitor_query {
  int64_t project_id;
  int64_t after_id; /* 0: from the start */
  size_t limit;
};
/* By id: in the order in which they were made. */
size_t monitor_list(struct transaction *tx, struct arena *arena, const struct monitor_query *query,
                    struct monitor **monitors);

/* --- environments -------------------------------------------------------------------------- */

bool monitor_environment_get(struct transaction *tx, struct arena *arena, int64_t id,
                             struct monitor_environment *environment);
bool monitor_environment_find(struct transaction *tx, struct arena *arena, int64_t monitor_id,
                              struct slice name, struct monitor_environment *environment);
/* By name. */
size_t monitor_environment_list(struct transaction *tx, struct arena *arena, int64_t monitor_id,
                                struct monitor_environment **environments);
/* id 0 makes a new row, and sets the id. */
void monitor_environment_save(struct transaction *tx, struct monitor_environment *environment);
/* One whose check-in was due at `now_ms` or before; false when there is none. */
bool monitor_environment_due(struct transaction *tx, struct arena *arena, int64_t now_ms,
                             struct monitor_environment *environment);

/* --- check-ins ----------------------------------------------------------------------------- */

bool check_in_find(struct transaction *tx, struct arena *arena, int64_t environment_id,
                   const struct event_id *guid, struct check_in *check_in);
/* The latest that is in progress. */
bool check_in_find_open(struct transaction *tx, struct arena *arena, int64_t environment_id,
                        struct check_in *check_in);
/* One that has been in progress for too long; false when there is none. */
bool check_in_overdue(struct transaction *tx, struct arena *arena, int64_t now_ms,
                      struct check_in *check_in);
/* id 0 makes a new row, and sets the id. */
void check_in_save(struct transaction *tx, struct check_in *check_in);

struct check_in_query {
  int64_t monitor_id, environment_id; /* environment_id 0: all of the monitor */
  int64_t before_id;                  /* 0: from the newest */
  size_t limit;
};
/* Newest first. */
size_t check_in_list(struct transaction *tx, struct arena *arena,
                     const struct check_in_query *query, struct check_in **check_ins);

#endif
