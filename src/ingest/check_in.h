/* check_in.h - reading check-ins of monitors: pure, JSON in, report out.
 *
 * Source: Sentry developer docs, "Check-Ins".
 */
#ifndef CULPRIT_INGEST_CHECK_IN_H
#define CULPRIT_INGEST_CHECK_IN_H

#include "tracker/monitor.h"

/* A job that runs for a year is no job. */
#define CHECK_IN_DURATION_LIMIT_S (366 * 86400)

/* Returns null, or why the check-in cannot be taken (a literal for the ledger). Fills all but
 * project_id and received_ms. `slug` wins over the one in the JSON; empty: the JSON's. A wrong
 * monitor_config does not refuse the check-in: report->settings_problem says what is wrong. All
 * from the arena; `json` may go. */
const char *check_in_read(struct arena *arena, struct slice json, struct slice slug,
                          struct check_in_report *report) MUST_CHECK;

/* The same from the parameters of an address; empty slices for absent ones. */
struct check_in_parameters {
  struct slice slug, status, check_in_id, environment, duration;
};
const char *check_in_read_parameters(struct arena *arena,
                                     const struct check_in_parameters *parameters,
                                     struct check_in_report *report) MUST_CHECK;

#endif
