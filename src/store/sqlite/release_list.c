/* release_list.c - reading releases and their sessions; see store/release_health.h. */
#include "base/clock.h"
#include "store/release_health.h"
#include "store/sketch.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define RELEASE_COLUMNS \
  "SELECT release.id, release.project_id, version, first_seen_ms, last_seen_ms FROM release "

static struct release read_release(const struct query *query, struct arena *arena) {
  return (struct release){.id = query_int(query, 0),
                          .project_id = query_int(query, 1),
                          .version = query_text(query, 2, arena),
                          .first_seen_ms = query_int(query, 3),
                          .last_seen_ms = query_int(query, 4)};
}

/* The environment's id; -1 for a name that the project does not know. 0 means all. */
static int64_t find_environment(struct transaction *tx, int64_t project_id, struct slice name) {
  int64_t id = -1;
  if (!name.len) return 0;
  struct query query =
      query_begin(tx, "SELECT id FROM environment WHERE project_id = ?1 AND name = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, name);
  if (query_next(&query)) id = query_int(&query, 0);
  query_end(&query);
  return id;
}

bool release_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                  struct slice version, struct release *release) {
  struct query query = query_begin(tx, RELEASE_COLUMNS "WHERE project_id = ?1 AND version = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, version);
  bool is_found = query_next(&query);
  if (is_found) *release = read_release(&query, arena);
  query_end(&query);
  return is_found;
}

size_t environment_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                        struct slice **names) {
  struct rows rows = ROWS_OF(struct slice);
  struct query query =
      query_begin(tx, "SELECT name FROM environment WHERE project_id = ?1 ORDER BY name");
  query_bind_int(&query, 1, project_id);
  while (query_next(&query)) *(struct slice *)rows_add(&rows, arena) = query_text(&query, 0, arena);
  query_end(&query);
  *names = rows.items;
  return rows.count;
}

/* --- figures -------------------------------------------------------------------------------- */

/* ?1 release or project, ?2 and ?3 hours, ?4 environment or 0. */
#define OF_ENVIRONMENT_HOURS " AND hour BETWEEN ?2 AND ?3 AND (?4 = 0 OR environment_id = ?4)"
#define OF_RELEASE " FROM session_hour WHERE release_id = ?1" OF_ENVIRONMENT_HOURS
#define OF_PROJECT " FROM session_hour WHERE project_id = ?1" OF_ENVIRONMENT_HOURS

/* Begins the one for a release, or for the whole project when `release_id` is 0. */
struct hours_sql {
  const char *of_release, *of_project;
};
static struct query begin_hours(struct transaction *tx, const struct hours_sql *sql,
                                int64_t release_id, const struct release_query *wanted) {
  int64_t environment_id = find_environment(tx, wanted->project_id, wanted->environment);
  struct query query = query_begin(tx, release_id ? sql->of_release : sql->of_project);
  query_bind_int(&query, 1, release_id ? release_id : wanted->project_id);
  query_bind_int(&query, 2, wanted->from_hour);
  query_bind_int(&query, 3, wanted->to_hour);
  query_bind_int(&query, 4, environment_id);
  return query;
}

/* Updates of a session may come without its first one; then there are more errors than sessions. */
static void clamp(struct session_counts *counts) {
  if (counts->errored > counts->total) counts->errored = counts->total;
  if (counts->crashed > counts->errored) counts->crashed = counts->errored;
  if (counts->abnormal > counts->errored - counts->crashed)
    counts->abnormal = counts->errored - counts->crashed;
}

#define SUMS "SELECT total, errored, crashed, abnormal, users, crashed_users"

static void sum_sessions(struct transaction *tx, struct release_health *health,
                         const struct release_query *wanted) {
  static const struct hours_sql sql = {SUMS OF_RELEASE, SUMS OF_PROJECT};
  struct sketch users = {0}, crashed_users = {0}, kept;
  struct query query = begin_hours(tx, &sql, health->release.id, wanted);
  while (query_next(&query)) {
    health->sessions.total += query_int(&query, 0);
    health->sessions.errored += query_int(&query, 1);
    health->sessions.crashed += query_int(&query, 2);
    health->sessions.abnormal += query_int(&query, 3);
    if (sketch_read(&kept, query_borrow(&query, 4))) sketch_merge(&users, &kept);
    if (sketch_read(&kept, query_borrow(&query, 5))) sketch_merge(&crashed_users, &kept);
  }
  query_end(&query);
  clamp(&health->sessions);
  health->users = sketch_estimate(&users);
  health->crashed_users = sketch_estimate(&crashed_users);
  if (health->crashed_users > health->users) health->crashed_users = health->users;
}

void release_health_of(struct transaction *tx, const struct release *release,
                       const struct release_query *wanted, struct release_health *health) {
  *health = (struct release_health){.release = *release};
  struct query query =
      query_begin(tx,
                  "SELECT count(*) FROM error_group WHERE project_id = ?1 AND first_release = ?2"
                  " AND merged_into = 0");
  query_bind_int(&query, 1, release->project_id);
  query_bind_text(&query, 2, release->version);
  if (query_next(&query)) health->new_groups = query_int(&query, 0);
  query_end(&query);
  sum_sessions(tx, health, wanted);
}

void project_sessions(struct transaction *tx, const struct release_query *wanted,
                      struct release_health *health) {
  *health = (struct release_health){0};
  sum_sessions(tx, health, wanted);
}

#define HOURS "SELECT hour, sum(total), sum(errored), sum(crashed), sum(abnormal)"
#define BY_HOUR " GROUP BY hour"

void release_hours(struct transaction *tx, int64_t release_id, const struct release_query *wanted,
                   struct session_counts *hours) {
  static const struct hours_sql sql = {HOURS OF_RELEASE BY_HOUR, HOURS OF_PROJECT BY_HOUR};
  for (int64_t hour = wanted->from_hour; hour <= wanted->to_hour; hour++)
    hours[hour - wanted->from_hour] = (struct session_counts){0};
  struct query query = begin_hours(tx, &sql, release_id, wanted);
  while (query_next(&query)) {
    struct session_counts *counts = &hours[query_int(&query, 0) - wanted->from_hour];
    *counts = (struct session_counts){query_int(&query, 1), query_int(&query, 2),
                                      query_int(&query, 3), query_int(&query, 4)};
    clamp(counts);
  }
  query_end(&query);
}

/* --- the list ------------------------------------------------------------------------------- */

/* ?1 project, ?2 environment or 0, ?3 and ?4 where the page starts, ?5 limit. */
#define OF_ENVIRONMENT                                                                      \
  " AND (?2 = 0 OR EXISTS (SELECT 1 FROM release_environment WHERE release_id = release.id" \
  " AND environment_id = ?2)) "
#define RELEASES_AFTER                                                              \
  RELEASE_COLUMNS                                                                   \
  "WHERE project_id = ?1 AND (first_seen_ms, release.id) < (?3, ?4)" OF_ENVIRONMENT \
  "ORDER BY first_seen_ms DESC, release.id DESC LIMIT ?5"
#define RELEASES_BEFORE                                                             \
  RELEASE_COLUMNS                                                                   \
  "WHERE project_id = ?1 AND (first_seen_ms, release.id) > (?3, ?4)" OF_ENVIRONMENT \
  "ORDER BY first_seen_ms, release.id LIMIT ?5"

static void reverse(struct release_health *releases, size_t count) {
  for (size_t i = 0; i + 1 < count - i; i++) {
    struct release_health swapped = releases[i];
    releases[i] = releases[count - 1 - i];
    releases[count - 1 - i] = swapped;
  }
}

static size_t read_page(struct transaction *tx, struct arena *arena,
                        const struct release_query *wanted, struct release_health *releases) {
  const struct cursor *cursor = &wanted->cursor;
  size_t count = 0;
  struct query query =
      query_begin(tx, cursor->is_set && cursor->is_before ? RELEASES_BEFORE : RELEASES_AFTER);
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, find_environment(tx, wanted->project_id, wanted->environment));
  query_bind_int(&query, 3, cursor->is_set ? cursor->value : INT64_MAX);
  query_bind_int(&query, 4, cursor->is_set ? cursor->id : INT64_MAX);
  query_bind_int(&query, 5, (int64_t)wanted->limit + 1);
  while (count <= wanted->limit && query_next(&query))
    releases[count++].release = read_release(&query, arena);
  query_end(&query);
  return count;
}

void release_list(struct transaction *tx, struct arena *arena, const struct release_query *wanted,
                  struct release_page *page) {
  bool is_before = wanted->cursor.is_set && wanted->cursor.is_before;
  *page = (struct release_page){.releases =
                                    ARENA_ARRAY(arena, wanted->limit + 1, struct release_health)};
  page->count = read_page(tx, arena, wanted, page->releases);
  bool has_more = page->count > wanted->limit;
  if (has_more) page->count = wanted->limit;
  if (is_before) reverse(page->releases, page->count);
  for (size_t i = 0; i < page->count; i++) {
    const struct release release = page->releases[i].release;
    release_health_of(tx, &release, wanted, &page->releases[i]);
  }
  if (!page->count) return;
  page->has_previous = is_before ? has_more : wanted->cursor.is_set;
  page->has_next = is_before || has_more;
  const struct release *first = &page->releases[0].release;
  const struct release *last = &page->releases[page->count - 1].release;
  page->previous =
      (struct cursor){first->first_seen_ms, first->id, .is_before = true, .is_set = true};
  page->next = (struct cursor){last->first_seen_ms, last->id, .is_set = true};
}
