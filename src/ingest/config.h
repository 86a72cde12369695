/* config.h - the settings of every project, compiled, and the client keys; in memory.
 *
 * Read by all network threads for each request; a new snapshot replaces the old one when a project,
 * a key or an option changes. A snapshot that is in use stays as it is until it is given back.
 */
#ifndef CULPRIT_INGEST_CONFIG_H
#define CULPRIT_INGEST_CONFIG_H

#include "event/filter.h"
#include "event/scrub.h"
#include "grouping/grouping.h"
#include "store/project.h"

struct origins;     /* allowed origins, compiled: origins.h */
struct rate_limits; /* limits by key and project: rate_limit.h */

struct project_config {
  int64_t project_id;
  const struct scrubber *scrubber;
  const struct filters *filters;
  const struct grouping_rules *grouping_rules;
  const struct origins *origins;
};

struct config; /* one for the server */
struct config *config_open(struct store *store);
void config_close(struct config *config);

struct config_snapshot;
struct config_snapshot *config_acquire(struct config *config);
void config_release(struct config_snapshot *snapshot);

/* Null when there is no such project. Lives as long as the snapshot. */
const struct project_config *config_project(const struct config_snapshot *snapshot,
                                            int64_t project_id);
/* Null for an unknown key. */
const struct client_key *config_key(const struct config_snapshot *snapshot,
                                    struct slice public_key);

/* An option that does not compile (it was checked when it was saved, by an older version perhaps)
 * counts as its default, with a warning in the log. */

#endif
