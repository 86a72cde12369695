/* sentry_issue.c - see sentry_issue.h. */
#include "source/sentry_issue.h"

#include "base/clock.h"
#include "source/sentry_value.h"

#include "base/banned.h"

static struct slice member_text(yyjson_val *object, const char *name) {
  return json_text(json_member(object, name));
}

/* A text, or a number as text. */
static struct slice any_text(yyjson_val *object, const char *name) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(json_member(object, name), &text);
  return text;
}

static bool is_true(yyjson_val *object, const char *name) {
  return yyjson_is_true(json_member(object, name));
}

enum group_status sentry_status(struct slice status) {
  if (slice_starts_with(status, SLICE("resolved"))) return GROUP_RESOLVED;
  bool is_ignored = slice_equal(status, SLICE("ignored")) ||
                    slice_equal(status, SLICE("archived")) || slice_equal(status, SLICE("muted"));
  return is_ignored ? GROUP_IGNORED : GROUP_UNRESOLVED;
}

/* --- people and what they did ----------------------------------------------------------- */

static void read_person(yyjson_val *value, struct sentry_person *person) {
  *person = (struct sentry_person){0};
  sentry_id(json_member(value, "id"), &person->id);
  person->name = member_text(value, "name");
  person->username = member_text(value, "username");
  person->email = member_text(value, "email");
}

/* A person or a team as an object, or, of old, as text. */
static void read_assignee(yyjson_val *value, struct sentry_issue *issue) {
  read_person(value, &issue->assignee);
  if (yyjson_is_str(value)) issue->assignee.name = json_text(value);
  issue->is_assigned_to_team = slice_equal(member_text(value, "type"), SLICE("team"));
}

static enum status read_activity(struct arena *arena, yyjson_val *value, void *item,
                                 struct problem *problem) {
  struct sentry_activity *activity = item;
  (void)arena, (void)problem;
  *activity =
      (struct sentry_activity){.kind = member_text(value, "type"),
                               .time_ms = sentry_time_ms(json_member(value, "dateCreated"))};
  sentry_id(json_member(value, "id"), &activity->id); /* what follows from others has none */
  read_person(json_member(value, "user"), &activity->person);
  yyjson_val *data = json_member(value, "data");
  if (yyjson_is_obj(data)) activity->data = data;
  activity->text = member_text(data, "text");
  if (slice_is_empty(activity->text)) activity->text = member_text(value, "text");
  return STATUS_OK;
}

static void read_activities(struct arena *arena, yyjson_val *list, struct sentry_issue *issue) {
  size_t index, max;
  yyjson_val *item;
  issue->activities = ARENA_ARRAY(arena, yyjson_arr_size(list), struct sentry_activity);
  yyjson_arr_foreach(list, index, max, item) {
    if (!yyjson_is_obj(item)) continue;
    struct sentry_activity *activity = &issue->activities[issue->activity_count++];
    if (read_activity(arena, item, activity, NULL)) issue->activity_count--;
  }
}

/* --- links ------------------------------------------------------------------------------ */

/* The five entities that HTML needs, back as characters. */
static struct slice unescaped(struct arena *arena, struct slice html) {
  static const struct {
    struct slice entity;
    char character;
  } entities[] = {{{"&amp;", 5}, '&'},  {{"&lt;", 4}, '<'},   {{"&gt;", 4}, '>'},
                  {{"&quot;", 6}, '"'}, {{"&#39;", 5}, '\''}, {{"&#x27;", 6}, '\''}};
  if (slice_find_byte(html, '&') == html.len) return html;
  char *out = arena_alloc(arena, html.len);
  size_t length = 0;
  while (html.len) {
    size_t taken = 1;
    out[length] = html.ptr[0];
    for (size_t i = 0; html.ptr[0] == '&' && i < sizeof entities / sizeof entities[0]; i++) {
      if (!slice_starts_with(html, entities[i].entity)) continue;
      out[length] = entities[i].character;
      taken = entities[i].entity.len;
      break;
    }
    length++;
    html = slice_from(html, taken);
  }
  return slice_of(out, length);
}

/* The address and the text of the first anchor: '<a href="https://…">PROJ#12</a>'. */
static void read_anchor(struct arena *arena, struct slice html,
                        struct sentry_annotation *annotation) {
  struct slice rest = slice_from(html, slice_find(html, SLICE("<a")));
  rest = slice_from(rest, slice_find(rest, SLICE("href=")) + 5);
  if (slice_is_empty(rest)) return;
  bool is_quoted = rest.ptr[0] == '"' || rest.ptr[0] == '\'';
  char end = is_quoted ? rest.ptr[0] : '>';
  rest = slice_from(rest, is_quoted);
  struct slice url = slice_upto(rest, slice_find_byte(rest, end));
  if (!is_quoted) url = slice_upto(url, slice_find_byte(url, ' '));
  annotation->url = unescaped(arena, slice_trim(url));
  rest = slice_from(rest, slice_find_byte(rest, end));
  rest = slice_from(rest, slice_find_byte(rest, '>') + 1);
  annotation->label = unescaped(arena, slice_trim(slice_upto(rest, slice_find_byte(rest, '<'))));
}

/* Anchors in HTML of older servers, objects of newer ones. */
static void read_annotations(struct arena *arena, yyjson_val *list, struct sentry_issue *issue) {
  size_t index, max;
  yyjson_val *item;
  issue->annotations = ARENA_ARRAY(arena, yyjson_arr_size(list), struct sentry_annotation);
  yyjson_arr_foreach(list, index, max, item) {
    struct sentry_annotation annotation = {member_text(item, "url"),
                                           member_text(item, "displayName")};
    if (yyjson_is_str(item)) read_anchor(arena, json_text(item), &annotation);
    if (annotation.url.len) issue->annotations[issue->annotation_count++] = annotation;
  }
}

static void read_plugin_issues(struct arena *arena, yyjson_val *list, struct sentry_issue *issue) {
  size_t index, max;
  yyjson_val *item;
  issue->plugin_issues = ARENA_ARRAY(arena, yyjson_arr_size(list), struct sentry_plugin_issue);
  yyjson_arr_foreach(list, index, max, item) {
    yyjson_val *linked = json_member(item, "issue");
    if (!yyjson_is_obj(linked)) continue; /* the plugin is there, but has linked nothing */
    struct slice plugin = any_text(item, "id");
    if (slice_is_empty(plugin)) plugin = any_text(item, "slug");
    issue->plugin_issues[issue->plugin_issue_count++] = (struct sentry_plugin_issue){
        plugin, any_text(linked, "issue_id"), member_text(linked, "url")};
  }
}

/* --- figures ---------------------------------------------------------------------------- */

/* [[unix seconds, events], …], oldest first; the last `count` of them. Returns the time of the last
 * one. */
static int64_t read_points(yyjson_val *list, int64_t *counts, size_t count) {
  size_t size = yyjson_arr_size(list), index, max;
  int64_t end_s = 0;
  yyjson_val *point;
  yyjson_arr_foreach(list, index, max, point) {
    if (index + count < size) continue;
    counts[index + count - size] = sentry_count(yyjson_arr_get(point, 1));
    end_s = sentry_count(yyjson_arr_get(point, 0));
  }
  bool is_time = end_s > 0 && end_s < INT64_MAX / SECOND_MS;
  return is_time ? end_s * SECOND_MS : 0;
}

static void read_tag_values(struct arena *arena, yyjson_val *list, struct tag_summary *tag) {
  size_t index, max;
  yyjson_val *item;
  tag->values = ARENA_ARRAY(arena, yyjson_arr_size(list), struct tag_value);
  yyjson_arr_foreach(list, index, max, item) {
    if (!yyjson_is_obj(item)) continue;
    struct slice value = any_text(item, "value");
    int64_t count = sentry_count(json_member(item, "count"));
    tag->values[tag->value_count++] =
        (struct tag_value){value, count, sentry_time_ms(json_member(item, "lastSeen"))};
    tag->other = tag->other > count ? tag->other - count : 0;
  }
}

static void read_tags(struct arena *arena, yyjson_val *list, struct sentry_issue *issue) {
  size_t index, max;
  yyjson_val *item;
  issue->tags = ARENA_ARRAY(arena, yyjson_arr_size(list), struct tag_summary);
  yyjson_arr_foreach(list, index, max, item) {
    struct slice key = member_text(item, "key");
    if (slice_is_empty(key)) continue;
    struct tag_summary *tag = &issue->tags[issue->tag_count++];
    tag->key = key;
    tag->total = tag->other = sentry_count(json_member(item, "totalValues"));
    read_tag_values(arena, json_member(item, "topValues"), tag);
  }
}

/* --- the issue -------------------------------------------------------------------------- */

static void read_release(yyjson_val *value, struct sentry_release *release) {
  release->version = yyjson_is_str(value) ? json_text(value) : member_text(value, "version");
  release->short_version = member_text(value, "shortVersion");
  if (slice_is_empty(release->short_version)) release->short_version = release->version;
  release->commit_id = member_text(json_member(value, "lastCommit"), "id");
}

static enum level level_of(struct slice name) {
  for (int level = 0; level < LEVEL_COUNT; level++) {
    if (slice_equal_string(name, level_name((enum level)level))) return (enum level)level;
  }
  return LEVEL_ERROR;
}

static void read_group(yyjson_val *value, struct sentry_issue *issue) {
  yyjson_val *metadata = json_member(value, "metadata");
  struct group *group = &issue->group;
  group->status = sentry_status(issue->status);
  group->is_regressed =
      group->status == GROUP_UNRESOLVED && slice_equal(issue->substatus, SLICE("regressed"));
  group->is_unhandled = is_true(value, "isUnhandled");
  group->level = level_of(member_text(value, "level"));
  group->error_type = member_text(metadata, "type");
  group->error_value = member_text(metadata, "value");
  group->location = member_text(metadata, "filename");
  group->title = member_text(value, "title");
  group->culprit = member_text(value, "culprit");
  group->platform = member_text(value, "platform");
  group->logger = member_text(value, "logger");
  group->first_seen_ms = sentry_time_ms(json_member(value, "firstSeen"));
  group->last_seen_ms = sentry_time_ms(json_member(value, "lastSeen"));
  group->event_count = sentry_count(json_member(value, "count"));
  group->user_count = sentry_count(json_member(value, "userCount"));
  group->first_release = issue->first_release.version;
  group->last_release = issue->last_release.version;
}

static enum status read_project(yyjson_val *value, struct sentry_project *project,
                                struct problem *problem) {
  yyjson_val *id = json_member(value, "id");
  project->slug = member_text(value, "slug");
  project->name = member_text(value, "name");
  if (!id || yyjson_is_null(id) || sentry_id(id, &project->id)) return STATUS_OK;
  return sentry_bad_id(id, "a project's id", problem);
}

enum status sentry_issue_read_value(struct arena *arena, yyjson_val *value,
                                    struct sentry_issue *issue, struct problem *problem) {
  static const char *const required[] = {"id", "title", "status", NULL};
  yyjson_val *stats = json_member(value, "stats");
  *issue = (struct sentry_issue){0};
  if (!yyjson_is_obj(value))
    return problem_set(problem, STATUS_BAD_INPUT, "Sentry's answer is not an issue.");
  enum status status = sentry_require(value, required, problem);
  if (status) return status;
  if (!sentry_id(json_member(value, "id"), &issue->group.id))
    return sentry_bad_id(json_member(value, "id"), "an issue's id", problem);
  status = read_project(json_member(value, "project"), &issue->project, problem);
  if (status) return status;
  issue->short_id = member_text(value, "shortId");
  issue->permalink = member_text(value, "permalink");
  issue->status = member_text(value, "status");
  issue->substatus = member_text(value, "substatus");
  issue->type = member_text(value, "type");
  read_release(json_member(value, "firstRelease"), &issue->first_release);
  read_release(json_member(value, "lastRelease"), &issue->last_release);
  read_group(value, issue);
  issue->hours_end_ms = read_points(json_member(stats, "24h"), issue->hours, SENTRY_HOURS);
  issue->days_end_ms = read_points(json_member(stats, "30d"), issue->days, SENTRY_DAYS);
  read_annotations(arena, json_member(value, "annotations"), issue);
  read_plugin_issues(arena, json_member(value, "pluginIssues"), issue);
  read_tags(arena, json_member(value, "tags"), issue);
  read_assignee(json_member(value, "assignedTo"), issue);
  read_activities(arena, json_member(value, "activity"), issue);
  issue->comment_count = sentry_count(json_member(value, "numComments"));
  return STATUS_OK;
}

enum status sentry_issue_read(struct arena *arena, struct slice json, struct sentry_issue *issue,
                              struct problem *problem) {
  yyjson_val *value;
  enum status status = json_read(arena, json, &value, problem);
  return status ? status : sentry_issue_read_value(arena, value, issue, problem);
}

static enum status read_issue(struct arena *arena, yyjson_val *value, void *item,
                              struct problem *problem) {
  return sentry_issue_read_value(arena, value, item, problem);
}

enum status sentry_issues_read(struct arena *arena, struct slice json, struct sentry_issues *issues,
                               struct problem *problem) {
  struct sentry_list list;
  enum status status =
      sentry_read_list(arena, json, sizeof *issues->issues, read_issue, &list, problem);
  if (!status) *issues = (struct sentry_issues){list.items, list.count};
  return status;
}

enum status sentry_activities_read(struct arena *arena, struct slice json,
                                   struct sentry_activities *activities, struct problem *problem) {
  struct sentry_list list;
  enum status status =
      sentry_read_list(arena, json, sizeof *activities->activities, read_activity, &list, problem);
  if (!status) *activities = (struct sentry_activities){list.items, list.count};
  return status;
}
