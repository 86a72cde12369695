/* config.h - the settings of every project, compiled, and the client keys; in memory.
 *
 *   store ── a project, key or option changed ──► new snapshot ──► config.current
 *                                                                      │ config_acquire()
 *                           requests on their way keep the one they ◄──┘
 *                           began with until config_release()
 *
 * Read by all network threads for each request. A snapshot never changes; one that is in use stays
 * as it is until it is given back. Projects whose options did not change are taken over from the
 * snapshot before, so that a change compiles one project and not all.
 */
#ifndef CULPRIT_INGEST_CONFIG_H
#define CULPRIT_INGEST_CONFIG_H

#include "event/filter.h"
#include "event/scrub.h"
#include "grouping/grouping.h"
#include "ingest/origins.h"
#include "ingest/rate_limit.h"
#include "store/project.h"

struct project_config {
  int64_t project_id;
  bool is_off; /* error tracking is off: nothing is taken */
  const struct scrubber *scrubber;
  const struct filters *filters;
  const struct grouping_rules *grouping_rules; /* null: our base alone */
  const struct origins *origins;               /* null: every page */
  struct rate_limits *limits;                  /* null: none; the counts in it change */
};

struct key_config {
  struct client_key key;
  struct rate_limits *limits; /* null: none */
};

struct config; /* one for the server */
/* Compiles the settings of all projects and follows changes until config_close(). */
struct config *config_open(struct store *store);
/* No snapshot may be in use any more. */
void config_close(struct config *config);

struct config_snapshot;
struct config_snapshot *config_acquire(struct config *config);
/* Null is allowed. */
void config_release(struct config_snapshot *snapshot);

/* Null when there is no such project. Lives as long as the snapshot. */
const struct project_config *config_project(const struct config_snapshot *snapshot,
                                            int64_t project_id);
/* Null for an unknown key. Lives as long as the snapshot. */
const struct key_config *config_key(const struct config_snapshot *snapshot,
                                    struct slice public_key);

/* Names of options that belong to ingest itself. */
#define OPTION_ORIGINS "ingest.origins"       /* as in origins.h */
#define OPTION_RATE_LIMIT "ingest.rate_limit" /* as in rate_limit.h */

/* Compiles a project's options ("scrub.…", "filter.…", "grouping.…", "ingest.…") as the snapshots
 * do. An option that does not compile (it was checked when it was saved, by an older
 * version perhaps) counts as its default, with a warning in the log. From the arena. */
void config_compile(struct arena *arena, struct pairs options, struct project_config *config);

#endif
