/* release_health.h - releases, and how many of their sessions ended well.
 *
 *   network threads ── session_count() ──► counts in memory ── once a second ──► rows by the hour
 *
 * Counting never waits for the disk; a crash loses at most the last second of counts, never an
 * event. Sessions count in the hour in which they started.
 *
 * Source: Sentry developer docs, "Sessions".
 */
#ifndef CULPRIT_STORE_RELEASE_HEALTH_H
#define CULPRIT_STORE_RELEASE_HEALTH_H

#include "store/store.h"

/* --- counting ------------------------------------------------------------------------------- */

/* `errored` are all sessions with an error, crashed and abnormal ones included. */
struct session_counts {
  int64_t total, errored, crashed, abnormal;
};

struct session_origin {
  int64_t project_id, started_ms;
  struct slice release;     /* not empty */
  struct slice environment; /* may be empty */
  struct slice user;        /* `did`; kept as a keyed hash alone; may be empty */
};

enum session_status { SESSION_OK, SESSION_EXITED, SESSION_CRASHED, SESSION_ABNORMAL };
struct session_update {
  struct slice id; /* `sid` */
  bool is_init;    /* the first of its session */
  enum session_status status;
  bool has_errors;
};
/* One update of one session: each of total, errored, crashed and abnormal counts once in a session
 * however often it is updated, and nothing after its end. Sessions are remembered for that: the
 * last STORE_SESSIONS_REMEMBERED of the server. False when it could not be counted, since too many
 * releases came within a second. Any thread. */
bool session_count(struct store *store, const struct session_origin *origin,
                   const struct session_update *update);
/* Sessions that the SDK has counted itself. */
bool session_count_many(struct store *store, const struct session_origin *origin,
                        const struct session_counts *counts);

/* Under this name count releases (and environments) beyond the limits of store/limits.h. */
#define RELEASE_OTHER "(other)"

/* --- reading -------------------------------------------------------------------------------- */

struct release {
  int64_t id, project_id;
  struct slice version;
  int64_t first_seen_ms, last_seen_ms; /* by events or sessions; the last to within a minute */
};
struct release_health {
  struct release release;
  int64_t new_groups; /* errors that came first in this release */
  struct session_counts sessions;
  int64_t users, crashed_users; /* beyond 192 an estimate */
};

struct release_query {
  int64_t project_id;
  struct slice environment;   /* empty: all */
  int64_t from_hour, to_hour; /* of the sessions; inclusive, hours since 1970 */
  size_t limit;               /* 1-100 */
  struct cursor cursor;       /* by first_seen_ms, newest first */
};
struct release_page {
  struct release_health *releases;
  size_t count;
  bool has_previous, has_next;
  struct cursor previous, next;
};
void release_list(struct transaction *tx, struct arena *arena, const struct release_query *query,
                  struct release_page *page);

bool release_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                  struct slice version, struct release *release);
/* The release with its figures; of `query` the environment and the hours count. */
void release_health_of(struct transaction *tx, const struct release *release,
                       const struct release_query *query, struct release_health *health);
/* The same of all releases of the project together; `release` and `new_groups` stay empty. */
void project_sessions(struct transaction *tx, const struct release_query *query,
                      struct release_health *health);
/* Sessions of a release (0: of all the project's) in each hour from query->from_hour to
 * query->to_hour, oldest first. */
void release_hours(struct transaction *tx, int64_t release_id, const struct release_query *query,
                   struct session_counts *hours);
/* Environments that events or sessions of the project named, by name. */
size_t environment_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                        struct slice **names);

#endif
