/* release_row.h - releases and environments that the writer keeps at hand.
 *
 *   (project, release, environment) ──► struct release_ids      found by every event and session
 *
 * A cache of what the database holds plus what the running transaction adds: dropped whole when a
 * transaction is rolled back. Writer thread only.
 */
#ifndef CULPRIT_STORE_SQLITE_RELEASE_ROW_H
#define CULPRIT_STORE_SQLITE_RELEASE_ROW_H

#include "store/sqlite/database.h"

struct release_ids {
  int64_t release_id;
  int64_t environment_id; /* 0 for the empty name */
  int64_t last_seen_ms;   /* as written */
};

struct release_cache {
  struct map by_name;  /* release_key bytes -> struct release_ids */
  struct map projects; /* the 8 bytes of a project's id -> struct release_project */
  struct arena arena;  /* all of it */
};
void release_cache_drop(struct release_cache *cache);
void release_cache_close(struct release_cache *cache);

struct release_sighting {
  int64_t project_id, time_ms;
  struct slice release;     /* not empty */
  struct slice environment; /* may be empty */
};
/* Makes the rows that are not there yet and moves last_seen_ms on. */
struct release_ids release_note(struct transaction *tx, const struct release_sighting *sighting);

/* Forgets releases that were not seen since, and sessions before the hour. */
void release_purge(struct transaction *tx, int64_t before_ms);

#endif
