/* sentry_issue.h - Sentry's Issue object: a row of a list, or the details of one.
 *
 * Reads what is there; old and new servers leave different things out. Only what an issue cannot be
 * without is required: id, title and status. Ids are digits, in quotes or not; so is `count`.
 * Everything is from the arena or borrowed from the JSON, which has to live as long.
 *
 * Source: Sentry's API reference, "List a Project's Issues" and "Retrieve an Issue".
 */
#ifndef CULPRIT_SOURCE_SENTRY_ISSUE_H
#define CULPRIT_SOURCE_SENTRY_ISSUE_H

#include "json/json.h"
#include "source/sentry_project.h"
#include "store/group.h"

struct sentry_release {
  struct slice version, short_version; /* empty: the issue has no such release */
  struct slice commit_id;              /* of its last commit */
};

/* Something elsewhere that the issue is linked to. */
struct sentry_annotation {
  struct slice url, label;
};
struct sentry_plugin_issue {
  struct slice plugin;     /* "gitlab" */
  struct slice issue, url; /* `issue`: its number or name there */
};

/* Somebody at that server, or what acts there; empty when it is not told. */
struct sentry_person {
  int64_t id;
  struct slice name, username, email;
};

struct sentry_activity {
  int64_t id;
  struct slice kind; /* "note", "set_resolved", … */
  int64_t time_ms;
  struct sentry_person person;
  struct slice text; /* of a note */
  yyjson_val *data;  /* an object, or null */
};

#define SENTRY_HOURS 24
#define SENTRY_DAYS 30

struct sentry_issue {
  /* id, status, is_regressed, is_unhandled, level, texts, times, counts and releases: of that
   * server. The rest is 0. */
  struct group group;
  struct slice short_id, permalink, status, substatus, type;
  struct sentry_project project; /* id, slug and name; 0 and empty: not told */
  /* Events in the last hours and days, oldest first; the last is of the hour and day that began at
   * hours_end_ms and days_end_ms, 0 when they are not told. */
  int64_t hours[SENTRY_HOURS], days[SENTRY_DAYS];
  int64_t hours_end_ms, days_end_ms;
  struct sentry_release first_release, last_release;
  struct sentry_annotation *annotations;
  size_t annotation_count;
  struct sentry_plugin_issue *plugin_issues;
  size_t plugin_issue_count;
  struct tag_summary *tags; /* values where the server tells them */
  size_t tag_count;
  struct sentry_person assignee; /* a team has a name alone */
  bool is_assigned_to_team;
  struct sentry_activity *activities; /* newest first, as told */
  size_t activity_count;
  int64_t comment_count;
};

/* STATUS_BAD_INPUT with a message that says what is wrong with the answer. */
enum status sentry_issue_read(struct arena *arena, struct slice json, struct sentry_issue *issue,
                              struct problem *problem) MUST_CHECK;
/* The same for JSON that was parsed before. */
enum status sentry_issue_read_value(struct arena *arena, yyjson_val *value,
                                    struct sentry_issue *issue, struct problem *problem) MUST_CHECK;
/* A list of issues. */
struct sentry_issues {
  struct sentry_issue *issues;
  size_t count;
};
enum status sentry_issues_read(struct arena *arena, struct slice json, struct sentry_issues *issues,
                               struct problem *problem) MUST_CHECK;
/* A list of activities or comments. */
struct sentry_activities {
  struct sentry_activity *activities;
  size_t count;
};
enum status sentry_activities_read(struct arena *arena, struct slice json,
                                   struct sentry_activities *activities,
                                   struct problem *problem) MUST_CHECK;

/* What Sentry calls it is ours to show: "muted" and "archived" are ignored, every kind of resolved
 * is resolved, and all else is unresolved. */
enum group_status sentry_status(struct slice status);

#endif
