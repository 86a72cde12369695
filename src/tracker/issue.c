/* issue.c - issues made from errors, and what people do to issues.
 *
 * An error has one issue at most. The store enforces it; here the link is looked for in the same
 * write that makes the issue, so that of two people who press at once the second gets the first
 * one's issue. Title and description come ready: composing them reads and decodes an event, and the
 * writer thread has better things to do.
 */
#include "base/clock.h"
#include "store/remote_link.h"
#include "tracker/builtin.h"
#include "tracker/limits.h"
#include "tracker/tracker.h"

#include "base/banned.h"

struct slice tracker_issue_title(struct arena *arena, struct slice text) {
  struct slice title = slice_cut_characters(slice_trim(text), ISSUE_TITLE_CHARACTERS);
  char *line = arena_string(arena, title);
  for (size_t i = 0; i < title.len; i++)
    if ((unsigned char)line[i] < ' ') line[i] = ' ';
  return slice_of(line, title.len);
}

static enum status insert_issue(struct transaction *tx, const struct issue *draft, int64_t *number,
                                struct problem *problem) {
  struct issue issue = *draft;
  issue.created_ms = clock_now_ms();
  return issue_create(tx, &issue, number, problem);
}

static enum status access_by_project_id(struct transaction *tx, struct arena *arena,
                                        struct access_request *access, int64_t project_id,
                                        struct problem *problem) {
  struct project project;
  if (project_get(tx, arena, project_id, &project)) {
    access->organization = project.organization_slug;
    access->project = project.slug;
  }
  return access_project(tx, arena, access, &project, problem);
}

/* --- from an error ---------------------------------------------------------------- */

/* The error itself: of one that was merged, what has its events now. */
static enum status find_error(struct transaction *tx, struct arena *arena,
                              const struct issue_request *request, int64_t *error_id,
                              struct problem *problem) {
  struct access_request access = {
      .actor = request->actor, .role = ROLE_TO_ACT, .scope = SCOPE_EVENT_WRITE};
  struct project project;
  struct group group;
  *error_id = request->error_id;
  if (request->is_remote)
    return access_by_project_id(tx, arena, &access, request->project_id, problem);
  enum status status =
      access_group(tx, arena, &access, request->error_id, &project, &group, problem);
  if (status) return status;
  *error_id = group.id;
  if (project.id == request->project_id) return STATUS_OK;
  return problem_set(problem, STATUS_NOT_FOUND, "There is no such error in this project.");
}

enum status tracker_find_issue(struct transaction *tx, struct arena *arena,
                               const struct issue_request *request, struct issue_link *link,
                               bool *has_link, struct problem *problem) {
  int64_t error_id;
  struct remote_link remote;
  enum status status = find_error(tx, arena, request, &error_id, problem);
  *has_link = false;
  if (status) return status;
  if (!request->is_remote) {
    *has_link = issue_link_find(tx, arena, error_id, link);
  } else if (remote_link_find(tx, arena, request->project_id, error_id, &remote)) {
    *has_link = true;
    *link = remote.link;
  }
  if (!*has_link)
    *link = (struct issue_link){.group_id = error_id, .project_id = request->project_id};
  return STATUS_OK;
}

enum status tracker_keep_link(struct transaction *tx, const struct issue_link *link, bool is_remote,
                              int64_t user_id, struct problem *problem) {
  if (is_remote) return remote_link_create(tx, link, problem);
  enum status status = issue_link_create(tx, link, problem);
  if (status) return status;
  struct arena arena = {0};
  activity_add(
      tx, &(struct activity){.group_id = link->group_id,
                             .time_ms = link->created_ms,
                             .kind = ACTIVITY_ISSUE_CREATED,
                             .user_id = user_id,
                             .data = link->url.len
                                         ? link->url
                                         : arena_printf(&arena, "%lld", (long long)link->number)});
  arena_free(&arena);
  return STATUS_OK;
}

struct create_write {
  const struct issue_request *request;
  struct arena *arena; /* the caller's, who waits */
  struct issue_link link;
  bool is_new;
};

static enum status run_create(struct transaction *tx, void *context, struct problem *problem) {
  struct create_write *write = context;
  const struct issue_request *request = write->request;
  bool has_link;
  enum status status =
      tracker_find_issue(tx, write->arena, request, &write->link, &has_link, problem);
  write->is_new = !has_link;
  if (status || has_link) return status;

  struct issue issue = {.project_id = request->project_id,
                        .author_id = request->actor->user_id,
                        .title = tracker_issue_title(write->arena, request->title),
                        .description = request->description};
  write->link.created_ms = clock_now_ms();
  write->link.forge = FORGE_NAME_BUILTIN;
  status = insert_issue(tx, &issue, &write->link.number, problem);
  if (status) return status;
  return tracker_keep_link(tx, &write->link, request->is_remote, issue.author_id, problem);
}

enum status tracker_create_issue(struct store *store, struct arena *arena,
                                 const struct issue_request *request, struct issue_link *link,
                                 bool *is_new, struct problem *problem) {
  struct create_write write = {.request = request, .arena = arena};
  enum status status = store_write(store, run_create, &write, problem);
  if (status) return status;
  *link = write.link;
  *is_new = write.is_new;
  return STATUS_OK;
}

/* --- what people do to issues ------------------------------------------------------- */

static void note_reopened(struct transaction *tx, struct arena *arena, const struct issue *issue,
                          const struct actor *actor) {
  struct issue_link link = {
      .project_id = issue->project_id, .forge = FORGE_NAME_BUILTIN, .number = issue->number};
  if (!issue_link_find_by_number(tx, arena, &link)) return;
  activity_add(tx,
               &(struct activity){.group_id = link.group_id,
                                  .time_ms = clock_now_ms(),
                                  .kind = ACTIVITY_ISSUE_REOPENED,
                                  .user_id = actor->user_id,
                                  .data = arena_printf(arena, "%lld", (long long)issue->number)});
}

static enum status apply_action(struct transaction *tx, struct arena *arena,
                                const struct issue_action *action, struct problem *problem) {
  struct access_request access = {
      .actor = action->actor,
      .role = action->kind == NOTE_COMMENT ? ROLE_REPORTER : ROLE_TO_ACT,
      .scope = SCOPE_EVENT_WRITE};
  enum status status = access_by_project_id(tx, arena, &access, action->project_id, problem);
  if (status) return status;
  struct issue issue;
  if (!issue_find(tx, arena, action->project_id, action->number, &issue))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no issue #%lld in this project.",
                       (long long)action->number);
  bool is_open = issue.closed_ms == 0;
  bool changes_nothing = action->kind == NOTE_CLOSED     ? !is_open
                         : action->kind == NOTE_REOPENED ? is_open
                                                         : false;
  if (changes_nothing) return STATUS_OK;
  note_add(tx, &(struct note){
                   .issue_id = issue.id,
                   .author_id = action->actor->user_id,
                   .created_ms = clock_now_ms(),
                   .kind = action->kind,
                   .body = action->kind == NOTE_COMMENT ? slice_trim(action->body) : SLICE_EMPTY});
  if (action->kind == NOTE_REOPENED) note_reopened(tx, arena, &issue, action->actor);
  return STATUS_OK;
}

static enum status run_action(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = apply_action(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status tracker_act_on_issue(struct store *store, const struct issue_action *action,
                                 struct problem *problem) {
  struct issue_action copy = *action;
  switch (action->kind) {
    case NOTE_COMMENT:
      if (slice_is_empty(slice_trim(action->body)))
        return problem_set_field(problem, STATUS_BAD_INPUT, "body", "Write a comment first.");
      if (action->body.len > NOTE_BODY_BYTES)
        return problem_set_field(problem, STATUS_BAD_INPUT, "body",
                                 "The comment is longer than %d KiB. Shorten it.",
                                 NOTE_BODY_BYTES / 1024);
      break;
    case NOTE_CLOSED:
    case NOTE_REOPENED: break;
    case NOTE_RESOLVED:
    case NOTE_REGRESSED:
      return problem_set(problem, STATUS_BAD_INPUT, "Only the server writes notes of this kind.");
  }
  return store_write(store, run_action, &copy, problem);
}

struct open_write {
  const struct issue_draft *draft;
  int64_t number;
};

static enum status run_open(struct transaction *tx, void *context, struct problem *problem) {
  struct open_write *write = context;
  const struct issue_draft *draft = write->draft;
  struct arena arena = {0};
  struct access_request access = {
      .actor = draft->actor, .role = ROLE_REPORTER, .scope = SCOPE_EVENT_WRITE};
  enum status status = access_by_project_id(tx, &arena, &access, draft->project_id, problem);
  if (!status) {
    struct issue issue = {.project_id = draft->project_id,
                          .author_id = draft->actor->user_id,
                          .title = tracker_issue_title(&arena, draft->title),
                          .description = draft->description};
    status = insert_issue(tx, &issue, &write->number, problem);
  }
  arena_free(&arena);
  return status;
}

enum status tracker_open_issue(struct store *store, const struct issue_draft *draft,
                               int64_t *number, struct problem *problem) {
  if (slice_is_empty(slice_trim(draft->title)))
    return problem_set_field(problem, STATUS_BAD_INPUT, "title", "Give the issue a title.");
  if (draft->description.len > ISSUE_DESCRIPTION_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "description",
                             "The description is longer than %d KiB. Shorten it.",
                             ISSUE_DESCRIPTION_BYTES / 1024);
  struct open_write write = {.draft = draft};
  enum status status = store_write(store, run_open, &write, problem);
  *number = write.number;
  return status;
}
