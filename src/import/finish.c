/* finish.c - what an issue is besides its events: status, times, counts, comments, links; in one
 * write.
 *
 * A status of there is taken once, and again when it changes there as long as nobody changed it
 * here. Where several issues make one error, the most pressing status counts: unresolved before
 * resolved before ignored.
 */
#include "base/clock.h"
#include "base/md5.h"
#include "import/parts.h"
#include "store/account.h"

#include "base/banned.h"

struct finishing {
  struct import_finish_write *write;
  struct arena arena;
  struct transaction *tx;
  struct import_issue row;
  struct group group; /* that the issue is, or is part of */
  int64_t now_ms;
};

/* --- the group ------------------------------------------------------------------------------ */

/* No event of it is left: the error is made of what Sentry tells. Its hash is of no event. */
static void make_group(struct finishing *finishing) {
  const struct group *told = &finishing->write->issue->group;
  const struct import_request *request = finishing->write->importer->request;
  struct digest digest = {
      .project_id = request->project->id,
      .received_ms = finishing->now_ms,
      .timestamp_ms = told->first_seen_ms ? told->first_seen_ms : finishing->now_ms,
      .hash_count = 1,
      .level = told->level,
      .is_unhandled = told->is_unhandled,
      .error_type = told->error_type,
      .error_value = told->error_value,
      .title = told->title,
      .culprit = told->culprit,
      .location = told->location,
      .platform = told->platform,
      .logger = told->logger,
      .release = told->first_release};
  struct slice name = arena_printf(&finishing->arena, "%.*s/issues/%lld", SLICE_ARGS(request->url),
                                   (long long)finishing->write->job->issue_id);
  struct md5 sum;
  md5_start(&sum);
  md5_add(&sum, name);
  md5_finish(&sum, digest.hashes[0].bytes);
  struct group known;
  if (digest_find_group(finishing->tx, &digest, &known))
    finishing->row.group_id = known.id;
  else
    digest_create_group(finishing->tx, &digest, &finishing->group);
  if (!finishing->row.group_id) {
    finishing->row.group_id = finishing->group.id;
    finishing->row.is_made = true;
  }
  finishing->write->is_without_events = true;
}

/* False only after a failed statement. */
static bool find_group(struct finishing *finishing) {
  struct import_issue *row = &finishing->row;
  if (!row->group_id && !row->other_id) make_group(finishing);
  int64_t id = row->group_id ? row->group_id : row->other_id;
  if (!group_get(finishing->tx, &finishing->arena, id, &finishing->group)) return false;
  if (row->group_id) row->group_id = finishing->group.id;
  finishing->write->is_joined = !row->group_id;
  return true;
}

/* Events that are counted there and did not come, and times before and after those that did. */
static void add_extra(struct finishing *finishing) {
  struct import_issue *row = &finishing->row;
  const struct group *told = &finishing->write->issue->group;
  bool is_own = row->group_id != 0;
  int64_t missing = told->event_count - row->known_count;
  int64_t users = told->user_count - (finishing->group.user_count - row->extra_users);
  if (missing < 0) missing = 0;
  if (users < 0 || !is_own) users = 0;
  const struct group_extra extra = {
      .events = missing - row->extra_events,
      .users = users - row->extra_users,
      .first_seen_ms = told->first_seen_ms,
      .last_seen_ms = told->last_seen_ms,
      .first_release = is_own ? told->first_release : SLICE_EMPTY,
  };
  group_add_extra(finishing->tx, finishing->group.id, &extra);
  row->extra_events = missing;
  row->extra_users = users;
}

/* --- status ----------------------------------------------------------------------------------- */

static int urgency(enum group_status status) {
  return status == GROUP_UNRESOLVED ? 2 : status == GROUP_RESOLVED ? 1 : 0;
}

/* An event that came here after all that is known there has brought the error back. Of errors that
 * have events of several issues that cannot be told. */
static bool came_back_here(const struct finishing *finishing,
                           const struct import_sharing *sharing) {
  const struct group *told = &finishing->write->issue->group;
  return told->last_seen_ms && !sharing->is_shared &&
         finishing->group.last_seen_ms > told->last_seen_ms + MINUTE_MS;
}

/* Whether somebody here has decided otherwise. */
static bool is_decided_here(const struct import_issue *row, const struct group *group) {
  if (row->is_complete) return group->status_changed_ms != row->status_ms;
  return row->group_id && !row->is_made && group->status != GROUP_UNRESOLVED;
}

static bool keeps_status(const struct finishing *finishing) {
  const struct import_issue *row = &finishing->row;
  const struct group *told = &finishing->write->issue->group, *group = &finishing->group;
  if (row->is_complete && slice_equal(row->status, finishing->write->issue->status)) return true;
  if (is_decided_here(row, group)) return true;
  if (!row->group_id) return urgency(told->status) <= urgency(group->status);
  struct import_sharing sharing = import_sharing(finishing->tx, row->import_id, group->id);
  if (told->status == GROUP_UNRESOLVED) return false;
  return sharing.has_unresolved ||
         (told->status == GROUP_RESOLVED && came_back_here(finishing, &sharing));
}

static void set_status(struct finishing *finishing) {
  const struct group *told = &finishing->write->issue->group, *group = &finishing->group;
  bool is_same = told->status == group->status && told->is_regressed == group->is_regressed;
  if (is_same || keeps_status(finishing)) return;
  group_set_status(finishing->tx, group->id, told->status, told->is_regressed, finishing->now_ms);
}

/* --- what people did ----------------------------------------------------------------------------
 */

static bool kind_of(struct slice name, enum activity_kind *kind) {
  static const struct {
    const char *name;
    enum activity_kind kind;
  } kinds[] = {{"note", ACTIVITY_COMMENT},
               {"set_resolved", ACTIVITY_RESOLVED},
               {"set_resolved_by_age", ACTIVITY_RESOLVED},
               {"set_resolved_in_release", ACTIVITY_RESOLVED},
               {"set_resolved_in_commit", ACTIVITY_RESOLVED},
               {"set_resolved_in_pull_request", ACTIVITY_RESOLVED},
               {"set_unresolved", ACTIVITY_UNRESOLVED},
               {"set_ignored", ACTIVITY_IGNORED},
               {"set_regression", ACTIVITY_REGRESSED}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (!slice_equal_string(name, kinds[i].name)) continue;
    *kind = kinds[i].kind;
    return true;
  }
  return false;
}

static struct slice event_id_of(struct arena *arena, const struct sentry_activity *activity) {
  struct event_id id;
  struct slice text = json_text(json_member(activity->data, "event_id"));
  return event_id_parse(text, &id) ? event_id_hex(arena, &id) : SLICE_EMPTY;
}

/* People are who has the same e-mail address here; others keep their names. */
static void set_person(struct finishing *finishing, const struct sentry_person *person,
                       struct activity *activity) {
  struct user user;
  activity->user_name = person->name.len    ? person->name
                        : person->email.len ? person->email
                                            : person->username;
  if (slice_find_byte(person->email, '@') < person->email.len &&
      user_find(finishing->tx, &finishing->arena, person->email, &user))
    activity->user_id = user.id;
}

static void add_activity(struct finishing *finishing, const struct sentry_activity *from) {
  struct activity activity = {.group_id = finishing->group.id, .time_ms = from->time_ms};
  if (!kind_of(from->kind, &activity.kind)) return;
  if (activity.kind == ACTIVITY_COMMENT) activity.data = from->text;
  if (activity.kind == ACTIVITY_COMMENT && !from->text.len) return;
  if (activity.kind == ACTIVITY_REGRESSED) {
    activity.data = event_id_of(&finishing->arena, from);
    activity.release = json_text(json_member(from->data, "version"));
  }
  if (!activity.time_ms) activity.time_ms = finishing->now_ms;
  set_person(finishing, &from->person, &activity);
  activity_add(finishing->tx, &activity);
  finishing->write->comments_added += activity.kind == ACTIVITY_COMMENT;
}

static bool is_among(const struct sentry_issue *issue, int64_t id) {
  for (size_t i = 0; i < issue->activity_count; i++)
    if (issue->activities[i].id == id) return true;
  return false;
}

/* Newest first, as they are told; ids grow. What has none follows from the rest. */
static void add_list(struct finishing *finishing, const struct sentry_activity *list, size_t count,
                     int64_t *newest) {
  const struct sentry_issue *issue = finishing->write->issue;
  for (size_t i = count; i-- > 0;) {
    if (list[i].id <= finishing->row.activity_id) continue;
    if (list != issue->activities && is_among(issue, list[i].id)) continue;
    add_activity(finishing, &list[i]);
    if (list[i].id > *newest) *newest = list[i].id;
  }
}

static void add_activities(struct finishing *finishing) {
  const struct import_finish_write *write = finishing->write;
  int64_t newest = finishing->row.activity_id;
  add_list(finishing, write->comments, write->comment_count, &newest);
  add_list(finishing, write->issue->activities, write->issue->activity_count, &newest);
  finishing->row.activity_id = newest;
}

static void add_first_seen(struct finishing *finishing) {
  if (!finishing->row.is_made || finishing->row.is_complete) return;
  const struct group *told = &finishing->write->issue->group;
  int64_t time_ms = finishing->group.first_seen_ms;
  if (told->first_seen_ms && told->first_seen_ms < time_ms) time_ms = told->first_seen_ms;
  const struct activity activity = {.group_id = finishing->group.id,
                                    .time_ms = time_ms,
                                    .kind = ACTIVITY_FIRST_SEEN,
                                    .release = told->first_release};
  activity_add(finishing->tx, &activity);
}

/* Says where the error comes from, and whose it was: nobody is assigned here. */
static void add_origin(struct finishing *finishing) {
  const struct sentry_issue *issue = finishing->write->issue;
  const struct sentry_person *person = &issue->assignee;
  struct arena *arena = &finishing->arena;
  struct slice who = person->name.len ? person->name : person->email, text;
  if (finishing->row.is_complete) return;
  text = arena_printf(arena, "Brought from Sentry, where it was %.*s.",
                      SLICE_ARGS(issue->short_id.len ? issue->short_id : SLICE("without a name")));
  if (issue->permalink.len)
    text = arena_printf(arena, "%.*s\n\n%.*s", SLICE_ARGS(text), SLICE_ARGS(issue->permalink));
  finishing->write->is_assigned = who.len > 0;
  if (who.len)
    text = arena_printf(arena, "%.*s\n\nIt was assigned to %s%.*s.", SLICE_ARGS(text),
                        issue->is_assigned_to_team ? "the team " : "", SLICE_ARGS(who));
  activity_add(finishing->tx, &(struct activity){.group_id = finishing->group.id,
                                                 .time_ms = finishing->now_ms,
                                                 .kind = ACTIVITY_COMMENT,
                                                 .data = text});
}

/* --- the linked issue ------------------------------------------------------------------------- */

/* The digits that an address ends in; 0: none. */
static int64_t number_at_end(struct slice url) {
  int64_t number;
  size_t at = url.len;
  while (at > 0 && url.ptr[at - 1] >= '0' && url.ptr[at - 1] <= '9') at--;
  return slice_to_i64(slice_from(url, at), &number) ? number : 0;
}

static bool link_issue(struct finishing *finishing, struct slice forge, struct slice url) {
  struct problem ignored;
  bool is_gitlab = slice_find(url, SLICE("/-/issues/")) < url.len;
  const struct issue_link link = {
      .group_id = finishing->group.id,
      .project_id = finishing->write->importer->request->project->id,
      .created_ms = finishing->now_ms,
      .forge = is_gitlab ? SLICE("gitlab") : forge,
      .number = number_at_end(url),
      .url = url,
  };
  bool is_address =
      slice_starts_with(url, SLICE("https://")) || slice_starts_with(url, SLICE("http://"));
  if (!is_address || !link.number || !forge.len) return false;
  if (!issue_link_create(finishing->tx, &link, &ignored)) finishing->write->links_added++;
  return true; /* or it has one already */
}

static void add_link(struct finishing *finishing) {
  const struct sentry_issue *issue = finishing->write->issue;
  for (size_t i = 0; i < issue->plugin_issue_count; i++)
    if (link_issue(finishing, issue->plugin_issues[i].plugin, issue->plugin_issues[i].url)) return;
  for (size_t i = 0; i < issue->annotation_count; i++)
    if (link_issue(finishing, SLICE("sentry"), issue->annotations[i].url)) return;
}

/* --- all of it ------------------------------------------------------------------------------ */

static void note_state(struct finishing *finishing) {
  const struct import_job *job = finishing->write->job;
  struct import_issue *row = &finishing->row;
  struct group group;
  if (group_get(finishing->tx, &finishing->arena, finishing->group.id, &group))
    row->status_ms = group.status_changed_ms;
  row->is_complete = true;
  row->stage = IMPORT_IDLE;
  row->cursor = SLICE_EMPTY;
  row->last_seen_ms = job->last_seen_ms;
  row->remote_count = job->count;
  row->comment_count = job->comment_count;
  row->status = job->status;
  import_issue_set(finishing->tx, row);
}

static void finish(struct finishing *finishing) {
  struct import_finish_write *write = finishing->write;
  if (!find_group(finishing)) return;
  write->is_first = !finishing->row.is_complete;
  write->is_made = write->is_first && finishing->row.is_made;
  set_status(finishing);
  add_extra(finishing);
  add_first_seen(finishing);
  add_activities(finishing);
  add_origin(finishing);
  add_link(finishing);
  note_state(finishing);
}

enum status import_finish_run(struct transaction *tx, void *context, struct problem *problem) {
  struct import_finish_write *write = context;
  struct finishing finishing = {.write = write, .tx = tx, .now_ms = clock_now_ms()};
  (void)problem;
  write->is_made = write->is_first = write->is_joined = false; /* it may be run again */
  write->is_without_events = write->is_assigned = false;
  write->comments_added = write->links_added = 0;
  finishing.row = (struct import_issue){.import_id = write->importer->import_id,
                                        .issue_id = write->job->issue_id};
  import_issue_get(tx, &finishing.arena, finishing.row.import_id, finishing.row.issue_id,
                   &finishing.row);
  finish(&finishing);
  arena_free(&finishing.arena);
  return STATUS_OK;
}
