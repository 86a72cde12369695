/* regroup.h - all stored events of a project grouped again, under its rules as they are or under
 * others: what would change, changing it, and taking that back. docs/merging.md tells people.
 *
 *   scan ──► plan ──► (dry run: report)
 *                 └─► split strands ──► note ──► switch ──► settle
 *
 * The scan runs on threads of their own with low priority, in short snapshots. What is applied goes
 * through the writer in small writes. A server that was killed goes on at its next start.
 */
#ifndef CULPRIT_TRACKER_REGROUP_H
#define CULPRIT_TRACKER_REGROUP_H

#include "store/project.h"
#include "tracker/regroup_plan.h"
#include "tracker/tracker.h"

struct regroup_request {
  const struct project *project;
  const struct grouping_rules_text *rules; /* null: the project's own; else they become that */
  bool is_dry_run;
};

/* What the pages would show of each cluster of the plan. */
struct regroup_title {
  struct slice title;  /* of the latest event; empty when all have expired */
  struct slice before; /* of the error that it is; empty for a new one */
  int64_t number;      /* of that error; 0 for a new one */
  bool is_renamed;
};
struct regroup_report {
  struct regroup_plan plan;
  struct regroup_title *titles; /* by cluster */
  size_t split, joined, renamed;
  int64_t duration_us; /* of scan and plan */
};
/* Everything from the arena. STATUS_BAD_INPUT: rules; STATUS_CONFLICT: another one runs;
 * STATUS_TOO_LARGE: more than REGROUP_CLASSES_LIMIT. */
enum status tracker_regroup(struct store *store, struct arena *arena,
                            const struct regroup_request *request, struct regroup_report *report,
                            struct problem *problem) MUST_CHECK;

/* Takes the last regrouping of the project back, with the rules that it set. STATUS_NOT_FOUND when
 * there is none, STATUS_CONFLICT when merges or splits since contradict. */
enum status tracker_regroup_undo(struct store *store, int64_t project_id,
                                 struct problem *problem) MUST_CHECK;

/* Goes on with what a killed server left. Takes as long as it takes; to be run on a thread that
 * nobody waits for. */
void tracker_regroup_resume(struct store *store);
/* Lets whatever runs end soon; it goes on at the next start. For good. */
void tracker_regroup_stop(void);

#endif
