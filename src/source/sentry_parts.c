/* sentry_parts.c - see sentry_parts.h.
 *
 * Source: Sentry's API reference, "Retrieve an Issue"; names of activities as Sentry's Web API
 * gives them.
 */
#include "source/sentry_parts.h"

#include <assert.h>

#include "base/clock.h"
#include "forge/issue.h"
#include "source/sentry_call.h"
#include "store/remote_link.h"

#include "base/banned.h"

/* One event in Sentry's form and then in ours; Sentry takes 1 MiB at most. */
enum { EVENT_BYTES_LIMIT = 16 * 1024 * 1024 };

/* --- numbers ------------------------------------------------------------------------------ */

/* `from` ends with the period that began at `end_ms`; `to` ends with that of now. */
static void move_counts(const int64_t *from, int64_t *to, size_t count, int64_t periods_later) {
  for (size_t i = 0; i < count; i++) {
    int64_t source = (int64_t)i + periods_later;
    to[i] = source >= 0 && source < (int64_t)count ? from[source] : 0;
  }
}

void sentry_fill_hours(const struct sentry_issue *issue, int64_t now_ms,
                       int64_t hours[SOURCE_HOURS]) {
  static_assert(SENTRY_HOURS == SOURCE_HOURS, "both are of one day");
  int64_t later = issue->hours_end_ms ? now_ms / HOUR_MS - issue->hours_end_ms / HOUR_MS : 0;
  move_counts(issue->hours, hours, SOURCE_HOURS, later);
}

void sentry_fill_days(const struct sentry_issue *issue, int64_t now_ms, int64_t days[SOURCE_DAYS]) {
  static_assert(SENTRY_DAYS == SOURCE_DAYS, "both are of one month");
  int64_t later = issue->days_end_ms ? now_ms / DAY_MS - issue->days_end_ms / DAY_MS : 0;
  move_counts(issue->days, days, SOURCE_DAYS, later);
}

/* --- tags and activities -------------------------------------------------------------------- */

size_t sentry_tags_with_values(struct arena *arena, const struct sentry_issue *issue,
                               struct tag_summary **tags) {
  size_t count = 0;
  *tags = ARENA_ARRAY(arena, issue->tag_count, struct tag_summary);
  for (size_t i = 0; i < issue->tag_count; i++)
    if (issue->tags[i].value_count) (*tags)[count++] = issue->tags[i];
  return count;
}

static const struct {
  const char *name;
  enum activity_kind kind;
} activity_kinds[] = {
    {"first_seen", ACTIVITY_FIRST_SEEN},
    {"set_resolved", ACTIVITY_RESOLVED},
    {"set_resolved_by_age", ACTIVITY_RESOLVED},
    {"set_resolved_in_release", ACTIVITY_RESOLVED},
    {"set_resolved_in_commit", ACTIVITY_RESOLVED},
    {"set_resolved_in_pull_request", ACTIVITY_RESOLVED},
    {"set_unresolved", ACTIVITY_UNRESOLVED},
    {"set_ignored", ACTIVITY_IGNORED},
    {"set_regression", ACTIVITY_REGRESSED},
    {"note", ACTIVITY_COMMENT},
};

static bool kind_of(struct slice name, enum activity_kind *kind) {
  for (size_t i = 0; i < sizeof activity_kinds / sizeof activity_kinds[0]; i++) {
    if (!slice_equal_string(name, activity_kinds[i].name)) continue;
    *kind = activity_kinds[i].kind;
    return true;
  }
  return false;
}

static struct activity activity_of(struct arena *arena, const struct sentry_issue *issue,
                                   const struct sentry_activity *from, enum activity_kind kind) {
  struct activity activity = {.id = from->id,
                              .group_id = issue->group.id,
                              .time_ms = from->time_ms,
                              .kind = kind,
                              .username = from->person.username,
                              .user_name = from->person.name};
  struct event_id id;
  struct slice event_id = json_text(json_member(from->data, "event_id"));
  if (kind == ACTIVITY_FIRST_SEEN) activity.release = issue->group.first_release;
  if (kind == ACTIVITY_COMMENT) activity.data = from->text;
  if (kind != ACTIVITY_REGRESSED) return activity;
  activity.release = json_text(json_member(from->data, "version"));
  if (event_id_parse(event_id, &id)) activity.data = event_id_hex(arena, &id);
  return activity;
}

size_t sentry_fill_activities(struct arena *arena, const struct sentry_issue *issue,
                              struct activity **activities) {
  size_t count = 0;
  enum activity_kind kind;
  *activities = ARENA_ARRAY(arena, issue->activity_count, struct activity);
  for (size_t i = 0; i < issue->activity_count && count < SOURCE_ACTIVITIES; i++)
    if (kind_of(issue->activities[i].kind, &kind))
      (*activities)[count++] = activity_of(arena, issue, &issue->activities[i], kind);
  return count;
}

/* --- links ---------------------------------------------------------------------------------- */

bool sentry_find_link(struct source *source, struct transaction *tx,
                      const struct sentry_issue *issue, struct issue_link *link) {
  struct remote_link own;
  int64_t project_id = source->project->id;
  if (remote_link_find(tx, source->arena, project_id, issue->group.id, &own)) {
    *link = own.link;
    return true;
  }
  *link = (struct issue_link){
      .group_id = issue->group.id, .project_id = project_id, .forge = SLICE("gitlab")};
  for (size_t i = 0; i < issue->plugin_issue_count; i++) {
    link->url = issue->plugin_issues[i].url;
    if (forge_owns_issue(tx, source->arena, project_id, link->url, &link->number)) return true;
  }
  for (size_t i = 0; i < issue->annotation_count; i++) {
    link->url = issue->annotations[i].url;
    if (forge_owns_issue(tx, source->arena, project_id, link->url, &link->number)) return true;
  }
  return false;
}

/* --- events --------------------------------------------------------------------------------- */

enum status sentry_keep_event(struct arena *arena, struct slice sdk_json,
                              const struct event_row *row, struct slice *payload,
                              struct problem *problem) {
  const struct event_hints hints = {.received_ms = row->received_ms};
  struct event *event;
  enum status status = event_decode(arena, sdk_json, &hints, &event, problem);
  if (status) return status;
  struct buffer json = buffer_make(EVENT_BYTES_LIMIT);
  event_write(event, &json);
  *payload = arena_copy(arena, buffer_slice(&json));
  buffer_free(&json);
  return STATUS_OK;
}
