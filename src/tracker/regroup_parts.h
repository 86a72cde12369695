/* regroup_parts.h - what the files of regrouping share: regroup.c (the order of things),
 * regroup_scan.c (reading events), regroup_split.c (strands whose events differ now). */
#ifndef CULPRIT_TRACKER_REGROUP_PARTS_H
#define CULPRIT_TRACKER_REGROUP_PARTS_H

#include "tracker/regroup.h"

/* An event as it would be taken in now; false when it cannot be read or gets no hash. Borrows the
 * event's JSON. With `derives` false only id and hashes are filled. */
bool regroup_digest(struct arena *arena, const struct regroup_event *event,
                    const struct grouping_rules *rules, bool derives, struct digest *digest);

/* store_write(), waiting when the queue is full; STATUS_UNAVAILABLE when the server stops. */
enum status regroup_write(struct store *store, store_write_fn *run, void *context,
                          struct problem *problem) MUST_CHECK;
bool regroup_is_stopping(void);
enum status regroup_stopped(struct problem *problem);

/* Reads all events of the project into classes. */
struct regroup_work {
  struct store *store;
  int64_t project_id;
  const struct grouping_rules *rules;
  bool is_dry_run; /* what comes while it reads is left for those who apply */
};
enum status regroup_read_all(const struct regroup_work *work, struct regroup_classes *classes,
                             struct problem *problem) MUST_CHECK;

/* Gives the events of a strand that have another primary hash than `main` to strands of their own.
 * Can be done again after a failure. */
struct regroup_splitting {
  const struct regroup_work *work;
  const struct regroup_run *run;
  int64_t strand_id;
  struct group_hash main;
};
enum status regroup_split_strand(const struct regroup_splitting *splitting,
                                 struct problem *problem) MUST_CHECK;

#endif
