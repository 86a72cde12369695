/* monitor.h - what check-ins do to their monitor, and what their absence does.
 *
 *   check-in ──► monitor_take()  ─┐                      ┌─ too many in a row ─► an error (event)
 *                                 ├─► ok or failed ──────┤
 *   time ─────► monitor_check()  ─┘   missed, timeout    └─ well again ─► the error is resolved
 *
 * Everything runs on the writer thread, so that a check-in, what it means, and the error that it
 * makes are on disk together. What was missed while the server was down is recorded once, not once
 * for each time.
 *
 * Source: Sentry's documentation of cron monitoring.
 */
#ifndef CULPRIT_TRACKER_MONITOR_H
#define CULPRIT_TRACKER_MONITOR_H

#include "account/account.h"
#include "store/monitor.h"
#include "store/project.h"
#include "tracker/limits.h"
#include "tracker/schedule.h"

/* "Nightly rates!" to "nightly-rates": lower-case letters, digits, '-' and '_', at most
 * MONITOR_SLUG_LIMIT; empty when nothing is left. */
struct slice monitor_slug(struct arena *arena, struct slice name);

/* Fills in defaults for what is 0, and checks. STATUS_BAD_INPUT names the field and says what it
 * takes. Whether the time zone is known to this machine is checked when `with_time_zone`, which
 * reads a file: not on network threads. */
enum status monitor_settings_check(struct monitor_settings *settings, bool with_time_zone,
                                   struct problem *problem) MUST_CHECK;

/* --- check-ins ---------------------------------------------------------------------------- */

struct check_in_report {
  int64_t project_id, received_ms;
  struct slice slug;                           /* as monitor_slug() made it */
  struct slice environment, release, trace_id; /* environment empty: "production" */
  struct event_id guid;
  bool is_latest;              /* no guid: the latest that is in progress, or a new one */
  enum check_in_status status; /* IN_PROGRESS, OK or ERROR */
  int64_t duration_ms;         /* -1 when unknown */
  bool has_settings;           /* checked, but for the time zone */
  struct monitor_settings settings;
  struct slice settings_problem; /* why settings that were sent are not in `settings` */
};
enum check_in_outcome {
  CHECK_IN_TAKEN,
  CHECK_IN_LIMITED,  /* more than CHECK_INS_PER_MINUTE */
  CHECK_IN_TOO_MANY, /* of monitors or environments */
  CHECK_IN_FINISHED, /* it had ended before */
};
enum check_in_outcome monitor_take(struct transaction *tx, const struct check_in_report *report);

/* Records what is missed or takes too long at `now_ms`, MONITOR_TICK_LIMIT of each at most. */
void monitor_check(struct transaction *tx, int64_t now_ms);
/* A tick that calls it; to be added to the store of a server. */
void monitor_tick(struct transaction *tx, struct store_tick *tick);

/* --- what people do ------------------------------------------------------------------------- */

enum monitor_action { MONITOR_PAUSE, MONITOR_RESUME, MONITOR_DELETE };
struct monitor_act {
  const struct actor *actor;
  int64_t project_id;
  struct slice slug;
  enum monitor_action action;
};
/* Needs ROLE_TO_ACT and SCOPE_PROJECT_WRITE. */
enum status monitor_act(struct store *store, const struct monitor_act *act,
                        struct problem *problem) MUST_CHECK;

/* --- for monitor.c: monitor_error.c ----------------------------------------------------------- */

struct monitor_failure {
  const struct monitor *monitor;
  struct monitor_environment *environment; /* its error_hash is set */
  const struct check_in *check_in;
  struct slice trace_id;
  int64_t now_ms;
};
/* Takes an event in that tells of the failure; all of one monitor and environment are one error. */
void monitor_report_failure(struct transaction *tx, const struct monitor_failure *failure);
/* Resolves the error, unless somebody has ignored or resolved it. */
void monitor_resolve_error(struct transaction *tx, const struct monitor *monitor,
                           struct monitor_environment *environment, int64_t now_ms);

#endif
