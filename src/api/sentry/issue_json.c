/* issue_json.c - a group as Sentry's Issue object.
 *
 * Attributes that this server knows nothing about are left out, or, where Sentry's schema requires
 * them, null, false or empty. What clients insist on keeps its type: ids are strings of digits,
 * `count` is a string, `userCount` a number.
 *
 * `annotations` is always empty: Sentry's schema has objects there in the details, and GitLab's
 * client reads them as HTML and fails on anything else. Both find a linked issue in `pluginIssues`.
 */
#include "api/sentry/issue_json.h"

#include "api/sentry/constant.h"
#include "api/sentry/project_json.h"
#include "api/sentry/release_json.h"
#include "store/feedback.h"

#include "base/banned.h"

enum { HOURS_A_DAY = 24, DAYS_SHORT = 14, DAYS_LONG = 30, ACTIVITY_LIMIT = 100, TOP_VALUES = 10 };
/* Sentry calls an error new for this long. */
#define NEW_FOR_MS (7 * DAY_MS)

/* Nobody shares, assigns, bookmarks, watches or ranks errors here, and who has seen one is not
 * remembered. */
static const struct constant all_issues[] = {
    {"shareId", IS_NULL, NULL},
    {"assignedTo", IS_NULL, NULL},
    {"isBookmarked", IS_FALSE, NULL},
    {"isSubscribed", IS_FALSE, NULL},
    {"hasSeen", IS_FALSE, NULL},
    {"isPublic", IS_FALSE, NULL},
    {"subscriptionDetails", IS_NULL, NULL},
    {"priority", IS_NULL, NULL},
    {"priorityLockedAt", IS_NULL, NULL},
    {"statusDetails", IS_OBJECT, NULL},
    {"annotations", IS_LIST, NULL},
    {"issueType", IS_TEXT, "error"},
    {"issueCategory", IS_TEXT, "error"},
    {0},
};
static const struct constant all_details[] = {
    {"seerFixabilityScore", IS_NULL, NULL},
    {"seerAutofixLastTriggered", IS_NULL, NULL},
    {"seerExplorerAutofixLastTriggered", IS_NULL, NULL},
    {"seenBy", IS_LIST, NULL},
    {"participants", IS_LIST, NULL},
    {0},
};

/* --- parts ------------------------------------------------------------------------------ */

static const char *substatus_name(const struct group *group) {
  switch (group->status) {
    case GROUP_RESOLVED: return NULL;
    case GROUP_IGNORED: return "archived_forever";
    case GROUP_UNRESOLVED: break;
  }
  if (group->is_regressed) return "regressed";
  return clock_now_ms() - group->first_seen_ms < NEW_FOR_MS ? "new" : "ongoing";
}

static void write_metadata(struct json_writer *writer, const struct group *group) {
  json_write_key(writer, "metadata");
  json_write_object(writer);
  if (group->error_type.len || group->error_value.len) {
    api_write_text(writer, "type", group->error_type);
    api_write_text(writer, "value", group->error_value);
    api_write_text(writer, "filename", group->location);
  } else {
    api_write_text(writer, "title", group->title);
  }
  json_write_object_end(writer);
}

/* [[unix seconds, events], ...] of the last `days`, in steps of `step_hours`, oldest first. */
static void write_stats(struct json_writer *writer, const struct issue_context *context,
                        const struct group *group, size_t hours, size_t step_hours) {
  int64_t now_ms = clock_now_ms();
  int64_t *counts = ARENA_ARRAY(context->request->arena, hours, int64_t);
  group_hours(context->tx, group->id, now_ms, hours, counts);
  int64_t first_hour = now_ms / HOUR_MS - (int64_t)hours + 1;
  json_write_array(writer);
  for (size_t i = 0; i < hours; i += step_hours) {
    int64_t sum = 0;
    for (size_t j = i; j < i + step_hours; j++) sum += counts[j];
    json_write_array(writer);
    json_write_integer(writer, (first_hour + (int64_t)i) * (HOUR_MS / SECOND_MS));
    json_write_integer(writer, sum);
    json_write_array_end(writer);
  }
  json_write_array_end(writer);
}

static struct slice issue_address(const struct issue_context *context,
                                  const struct project *project, const struct issue_link *link) {
  if (link->url.len) return link->url;
  return arena_printf(context->request->arena, "%.*s/%.*s/%.*s/-/issues/%lld",
                      SLICE_ARGS(api_application(context->request)->public_url),
                      SLICE_ARGS(project->organization_slug), SLICE_ARGS(project->slug),
                      (long long)link->number);
}

/* The linked issue, in the place where Sentry lists issues of its plug-ins. */
static void write_linked_issue(struct json_writer *writer, const struct issue_context *context,
                               const struct api_group *found) {
  struct issue_link link;
  json_write_key(writer, "pluginIssues");
  json_write_array(writer);
  if (issue_link_find(context->tx, context->request->arena, found->group.id, &link)) {
    json_write_object(writer);
    api_write_text(writer, "id", link.forge);
    api_write_text(writer, "slug", link.forge);
    json_write_key(writer, "issue");
    json_write_object(writer);
    api_write_digits(writer, "issue_id", link.number);
    api_write_text(writer, "label",
                   arena_printf(context->request->arena, "#%lld", (long long)link.number));
    api_write_text(writer, "url", issue_address(context, &found->project, &link));
    json_write_object_end(writer);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
}

/* What the list and the details share; inside the object. */
static void write_common(struct json_writer *writer, const struct issue_context *context,
                         const struct api_group *found) {
  const struct group *group = &found->group;
  const struct project *project = &found->project;
  struct arena *arena = context->request->arena;
  const char *substatus = substatus_name(group);
  api_write_digits(writer, "id", group->id);
  api_write_text(writer, "shortId", group_short_id(arena, project, group));
  api_write_text(writer, "title", group->title);
  api_write_text(writer, "culprit", group->culprit);
  api_write_text(writer, "permalink",
                 arena_printf(arena, "%.*s/%.*s/%.*s/-/error_tracking/%lld/details",
                              SLICE_ARGS(api_application(context->request)->public_url),
                              SLICE_ARGS(project->organization_slug), SLICE_ARGS(project->slug),
                              (long long)group->id));
  api_write_text_or_null(writer, "logger", group->logger);
  api_write_text(writer, "level", slice_of_string(level_name(group->level)));
  api_write_text(writer, "status", slice_of_string(group_status_name(group->status)));
  api_write_text_or_null(writer, "substatus", slice_of_string(substatus));
  api_write_text_or_null(writer, "platform", group->platform);
  json_write_key(writer, "project");
  api_write_project_summary(writer, project);
  api_write_text(writer, "type", group->error_type.len ? SLICE("error") : SLICE("default"));
  write_metadata(writer, group);
  write_linked_issue(writer, context, found);
  api_write_integer(writer, "numComments",
                    activity_count(context->tx, group->id, ACTIVITY_COMMENT));
  api_write_bool(writer, "isUnhandled", group->is_unhandled);
  api_write_digits(writer, "count", group->event_count);
  api_write_integer(writer, "userCount", group->user_count);
  api_write_time(writer, "firstSeen", group->first_seen_ms);
  api_write_time(writer, "lastSeen", group->last_seen_ms);
  api_write_constants(writer, all_issues);
}

void api_write_issue(struct json_writer *writer, const struct issue_context *context,
                     const struct api_group *found) {
  json_write_object(writer);
  write_common(writer, context, found);
  json_write_key(writer, "stats");
  json_write_object(writer);
  if (context->period != PERIOD_NONE) {
    bool is_day = context->period == PERIOD_24H;
    json_write_key(writer, is_day ? "24h" : "14d");
    write_stats(writer, context, &found->group, is_day ? HOURS_A_DAY : DAYS_SHORT * HOURS_A_DAY,
                is_day ? 1 : HOURS_A_DAY);
  }
  json_write_object_end(writer);
  json_write_object_end(writer);
}

/* --- details ------------------------------------------------------------------------------ */

/* Capital in front: "browser" is shown as "Browser". */
static struct slice tag_title(struct arena *arena, struct slice key) {
  char *title = arena_string(arena, key);
  if (key.len && title[0] >= 'a' && title[0] <= 'z') title[0] = (char)(title[0] - 'a' + 'A');
  return slice_of(title, key.len);
}

static void write_tag(struct json_writer *writer, struct arena *arena,
                      const struct tag_summary *tag) {
  json_write_object(writer);
  api_write_text(writer, "key", tag->key);
  api_write_text(writer, "name", tag_title(arena, tag->key));
  api_write_integer(writer, "totalValues", tag->total);
  api_write_integer(writer, "uniqueValues", (int64_t)tag->value_count);
  json_write_key(writer, "topValues");
  json_write_array(writer);
  for (size_t i = 0; i < tag->value_count && i < TOP_VALUES; i++) {
    json_write_object(writer);
    api_write_text(writer, "value", tag->values[i].value);
    api_write_integer(writer, "count", tag->values[i].count);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
  json_write_object_end(writer);
}

static const char *activity_type(enum activity_kind kind) {
  switch (kind) {
    case ACTIVITY_FIRST_SEEN: return "first_seen";
    case ACTIVITY_RESOLVED: return "set_resolved";
    case ACTIVITY_UNRESOLVED: return "set_unresolved";
    case ACTIVITY_IGNORED: return "set_ignored";
    case ACTIVITY_REGRESSED: return "set_regression";
    case ACTIVITY_ISSUE_CREATED:
    case ACTIVITY_ISSUE_LINKED: return "create_issue";
    case ACTIVITY_ISSUE_CLOSED: return "close_issue";
    case ACTIVITY_ISSUE_REOPENED: return "reopen_issue";
    case ACTIVITY_COMMENT: return "note";
    case ACTIVITY_MERGED: return "merge";
    case ACTIVITY_SPLIT_OFF: return "unmerge_source";
    case ACTIVITY_SPLIT_FROM: return "unmerge_destination";
    case ACTIVITY_MERGE_UNDONE: return "undo_merge";
    case ACTIVITY_SPLIT_UNDONE: return "undo_unmerge";
  }
  return "unknown";
}

static void write_activity_data(struct json_writer *writer, const struct activity *activity) {
  json_write_object(writer);
  if (activity->kind == ACTIVITY_REGRESSED || activity->kind == ACTIVITY_FIRST_SEEN) {
    api_write_text(writer, "event_id", activity->data);
    api_write_text(writer, "version", activity->release);
  } else if (activity->kind == ACTIVITY_COMMENT) {
    api_write_text(writer, "text", activity->data);
  } else if (activity->kind >= ACTIVITY_MERGED && activity->kind <= ACTIVITY_SPLIT_UNDONE) {
    api_write_text(writer, "issues", activity->data);
  } else if (activity->kind == ACTIVITY_ISSUE_LINKED) {
    api_write_text(writer, "location", activity->data);
    api_write_bool(writer, "new", false);
  } else if (activity->data.len) {
    api_write_text(writer, "issue", activity->data);
  }
  json_write_object_end(writer);
}

static void write_activity(struct json_writer *writer, const struct activity *activity) {
  json_write_object(writer);
  api_write_digits(writer, "id", activity->id);
  api_write_text(writer, "type", slice_of_string(activity_type(activity->kind)));
  api_write_time(writer, "dateCreated", activity->time_ms);
  json_write_key(writer, "user");
  if (activity->user_id || activity->user_name.len) {
    json_write_object(writer);
    api_write_digits(writer, "id", activity->user_id);
    api_write_text(writer, "username", activity->username);
    api_write_text(writer, "name", activity->user_name);
    api_write_text(writer, "email", activity->user_email);
    json_write_object_end(writer);
  } else {
    json_write_null(writer);
  }
  json_write_key(writer, "data");
  write_activity_data(writer, activity);
  json_write_object_end(writer);
}

static void write_tags(struct json_writer *writer, const struct issue_context *context,
                       int64_t group_id) {
  struct tag_summary *tags;
  size_t count = group_tags(context->tx, context->request->arena, group_id, &tags);
  json_write_key(writer, "tags");
  json_write_array(writer);
  for (size_t i = 0; i < count; i++) write_tag(writer, context->request->arena, &tags[i]);
  json_write_array_end(writer);
}

static void write_activities(struct json_writer *writer, const struct issue_context *context,
                             int64_t group_id) {
  struct activity *activities;
  size_t count =
      activity_list(context->tx, context->request->arena, group_id, ACTIVITY_LIMIT, &activities);
  json_write_key(writer, "activity");
  json_write_array(writer);
  for (size_t i = 0; i < count; i++) write_activity(writer, &activities[i]);
  json_write_array_end(writer);
}

void api_write_issue_details(struct json_writer *writer, const struct issue_context *context,
                             const struct api_group *found) {
  const struct group *group = &found->group;
  json_write_object(writer);
  write_common(writer, context, found);
  json_write_key(writer, "stats");
  json_write_object(writer);
  json_write_key(writer, "24h");
  write_stats(writer, context, group, HOURS_A_DAY, 1);
  json_write_key(writer, "30d");
  write_stats(writer, context, group, DAYS_LONG * HOURS_A_DAY, HOURS_A_DAY);
  json_write_object_end(writer);
  json_write_key(writer, "firstRelease");
  api_write_release_of(writer, context->request, &found->project, group->first_release);
  json_write_key(writer, "lastRelease");
  api_write_release_of(writer, context->request, &found->project, group->last_release);
  write_tags(writer, context, group->id);
  write_activities(writer, context, group->id);
  api_write_integer(writer, "userReportCount", feedback_count(context->tx, group->id));
  api_write_constants(writer, all_details);
  json_write_object_end(writer);
}
