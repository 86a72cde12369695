/* issue.c - issues of errors at the project's forge: the side of the pages; see issue.h.
 *
 * Nothing here talks to a GitLab. What is to be said there becomes a task of the outbox, in the
 * same write that checks whether it may be said and whether it was said already.
 */
#include "forge/issue.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "forge/issue_parts.h"
#include "tracker/builtin.h"
#include "tracker/limits.h"

#include "base/banned.h"

/* --- the task to create one ------------------------------------------------------------------ */

struct slice create_task_subject(struct arena *arena, int64_t error_id, bool is_remote) {
  return arena_printf(arena, "%s%lld", is_remote ? "remote:" : "", (long long)error_id);
}

void create_task_write(struct buffer *out, const struct create_task *task) {
  struct json_writer writer = {.out = out};
  const struct {
    const char *name;
    int64_t value;
  } numbers[] = {{"error", task->error_id},       {"isRemote", task->is_remote},
                 {"remoteId", task->remote_id},   {"number", task->number},
                 {"updatedMs", task->updated_ms}, {"postedMs", task->posted_ms}};
  const struct {
    const char *name;
    struct slice value;
  } texts[] = {{"title", task->title},
               {"description", task->description},
               {"marker", task->marker},
               {"url", task->url}};
  json_write_object(&writer);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    json_write_key(&writer, numbers[i].name);
    json_write_integer(&writer, numbers[i].value);
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    json_write_key(&writer, texts[i].name);
    json_write_text(&writer, texts[i].value);
  }
  json_write_object_end(&writer);
}

bool create_task_read(struct arena *arena, struct slice data, struct create_task *task) {
  yyjson_val *json;
  struct problem problem;
  int64_t is_remote = 0;
  *task = (struct create_task){0};
  if (json_read(arena, data, &json, &problem)) return false;
  task->title = json_text(json_member(json, "title"));
  task->description = json_text(json_member(json, "description"));
  task->marker = json_text(json_member(json, "marker"));
  task->url = json_text(json_member(json, "url"));
  bool is_complete = json_integer(json_member(json, "error"), &task->error_id) &&
                     json_integer(json_member(json, "isRemote"), &is_remote) &&
                     json_integer(json_member(json, "remoteId"), &task->remote_id) &&
                     json_integer(json_member(json, "number"), &task->number) &&
                     json_integer(json_member(json, "updatedMs"), &task->updated_ms) &&
                     json_integer(json_member(json, "postedMs"), &task->posted_ms);
  task->is_remote = is_remote != 0;
  return is_complete && task->marker.len;
}

struct create_write {
  const struct issue_request *request;
  struct arena *arena; /* the caller's, who waits */
  struct issue_link link;
  bool has_link;
  int64_t task_id;
};

/* Somebody wants it now: the next attempt is due, and the last one's failure is not its. */
static void hurry(struct transaction *tx, struct outbox_task *task) {
  if (task->attempt == ATTEMPT_RUNNING) return;
  task->not_before_ms = clock_now_ms();
  task->error = SLICE_EMPTY;
  outbox_update(tx, task);
}

/* A waiting task is joined. One that ended surely made nothing, or the link would be there: while
 * nobody knows, a task is not given up. */
static int64_t add_task(struct transaction *tx, const struct create_write *write) {
  struct arena *arena = write->arena;
  const struct issue_request *request = write->request;
  struct create_task task = {.error_id = write->link.group_id,
                             .is_remote = request->is_remote,
                             .title = tracker_issue_title(arena, request->title),
                             .description = request->description,
                             .marker = random_hex(arena, FORGE_MARKER_BYTES)};
  struct slice subject = create_task_subject(arena, task.error_id, task.is_remote);
  struct outbox_topic topic = {request->project_id, FORGE_TASK_CREATE, subject};
  struct outbox_task old;
  if (outbox_find(tx, arena, &topic, &old) && old.state == OUTBOX_WAITING) {
    hurry(tx, &old);
    return old.id;
  }
  struct buffer data = buffer_make(FORGE_CREATE_BYTES);
  create_task_write(&data, &task);
  int64_t id =
      outbox_add(tx, &(struct outbox_task){
                         .project_id = request->project_id,
                         .lane = arena_printf(arena, "forge:%lld:create:%.*s",
                                              (long long)request->project_id, SLICE_ARGS(subject)),
                         .kind = FORGE_TASK_CREATE,
                         .subject = subject,
                         .data = buffer_slice(&data),
                         .user_id = request->actor->user_id,
                         .created_ms = clock_now_ms()});
  buffer_free(&data);
  return id;
}

static enum status run_create(struct transaction *tx, void *context, struct problem *problem) {
  struct create_write *write = context;
  enum status status =
      tracker_find_issue(tx, write->arena, write->request, &write->link, &write->has_link, problem);
  if (!status && !write->has_link) write->task_id = add_task(tx, write);
  return status;
}

enum status forge_create_issue(struct forge *forge, struct arena *arena,
                               const struct issue_request *request,
                               struct forge_issue_answer *answer, struct problem *problem) {
  struct forge_project link;
  *answer = (struct forge_issue_answer){0};
  if (!forge_link_get(forge->store, arena, request->project_id, &link))
    return tracker_create_issue(forge->store, arena, request, &answer->link, &answer->is_new,
                                problem);
  struct create_write write = {.request = request, .arena = arena};
  enum status status = store_write(forge->store, run_create, &write, problem);
  if (status) return status;
  answer->link = write.link;
  answer->task_id = write.task_id;
  return write.has_link ? STATUS_OK : STATUS_PENDING;
}

/* --- what became of it -------------------------------------------------------------------------
 */

static bool find_link(struct transaction *tx, struct arena *arena, int64_t project_id,
                      const struct create_task *task, struct issue_link *link) {
  struct remote_link remote;
  if (!task->is_remote) return issue_link_find(tx, arena, task->error_id, link);
  if (!remote_link_find(tx, arena, project_id, task->error_id, &remote)) return false;
  *link = remote.link;
  return true;
}

static enum status result_of(struct transaction *tx, struct arena *arena, int64_t task_id,
                             struct forge_issue_answer *answer, struct problem *problem) {
  struct outbox_task task;
  struct create_task create;
  *problem = (struct problem){0};
  if (!outbox_get(tx, arena, task_id, &task) || !create_task_read(arena, task.data, &create))
    return problem_set(problem, STATUS_NOT_FOUND,
                       "What became of the issue is not known any more.");
  if (find_link(tx, arena, task.project_id, &create, &answer->link)) {
    answer->is_new = task.state == OUTBOX_DONE;
    return STATUS_OK;
  }
  struct slice error = slice_cut_utf8(task.error, PROBLEM_MESSAGE_BYTES - 1);
  switch (task.state) {
    case OUTBOX_WAITING:
      if (error.len) problem_set(problem, STATUS_PENDING, "%.*s", SLICE_ARGS(error));
      return STATUS_PENDING;
    case OUTBOX_TAKEN_BACK:
      return problem_set(problem, STATUS_CONFLICT, "Making the issue was taken back.");
    case OUTBOX_DONE: /* somebody removed the link since */
    case OUTBOX_GIVEN_UP: break;
  }
  return problem_set(problem, STATUS_FAILED, "%.*s",
                     SLICE_ARGS(error.len ? error : SLICE("The issue is not linked any more.")));
}

enum status forge_issue_result(struct forge *forge, struct arena *arena, int64_t task_id,
                               struct forge_issue_answer *answer, struct problem *problem) {
  *answer = (struct forge_issue_answer){.task_id = task_id};
  struct transaction *tx = store_begin_read(forge->store);
  enum status status = result_of(tx, arena, task_id, answer, problem);
  store_end_read(tx);
  return status;
}

static enum status run_cancel(struct transaction *tx, void *context, struct problem *problem) {
  const struct forge_issue_cancel *cancel = context;
  const struct issue_request request = {.actor = cancel->actor,
                                        .project_id = cancel->project_id,
                                        .error_id = cancel->error_id,
                                        .is_remote = cancel->is_remote};
  struct arena arena = {0};
  struct issue_link link;
  struct outbox_task task;
  bool has_link;
  enum status status = tracker_find_issue(tx, &arena, &request, &link, &has_link, problem);
  const struct outbox_topic topic = {
      cancel->project_id, FORGE_TASK_CREATE,
      create_task_subject(&arena, cancel->error_id, cancel->is_remote)};
  if (!status && (has_link || !outbox_find(tx, &arena, &topic, &task)))
    status = problem_set(problem, STATUS_CONFLICT, "It is too late: the issue was created.");
  if (!status) status = outbox_take_back(tx, task.id, problem);
  arena_free(&arena);
  return status;
}

enum status forge_cancel_issue(struct forge *forge, const struct forge_issue_cancel *cancel,
                               struct problem *problem) {
  struct forge_issue_cancel copy = *cancel;
  return store_write(forge->store, run_cancel, &copy, problem);
}

/* --- what pages say of it ------------------------------------------------------------------------
 */

static void find_task(struct transaction *tx, struct arena *arena, int64_t project_id,
                      struct slice kind, struct slice subject, struct outbox_task *task) {
  const struct outbox_topic topic = {project_id, kind, subject};
  if (!outbox_find(tx, arena, &topic, task)) *task = (struct outbox_task){0};
}

/* Whether a task that was done changed the issue's state. */
static bool has_changed(struct arena *arena, const struct outbox_task *task) {
  yyjson_val *json;
  struct problem problem;
  return json_read(arena, task->data, &json, &problem) == STATUS_OK &&
         yyjson_is_true(json_member(json, "isChanged"));
}

void forge_issue_state(struct transaction *tx, struct arena *arena,
                       const struct forge_issue_topic *topic, struct forge_issue_state *state) {
  *state = (struct forge_issue_state){0};
  if (!topic->link) {
    find_task(tx, arena, topic->project_id, FORGE_TASK_CREATE,
              create_task_subject(arena, topic->error_id, topic->is_remote), &state->create);
    return;
  }
  struct slice subject = forge_task_subject(arena, topic->link);
  struct project_forge project;
  state->is_known = forge_issue_of_link(tx, arena, topic->link, &state->issue);
  state->closes_issues =
      project_forge_get(tx, arena, topic->project_id, &project) && project.closes_issues;
  find_task(tx, arena, topic->project_id, FORGE_TASK_CLOSE, subject, &state->close);
  state->was_closed = state->close.state == OUTBOX_DONE && has_changed(arena, &state->close);
  find_task(tx, arena, topic->project_id, FORGE_TASK_REGRESS, subject, &state->regress);
}

void forge_wait_for_issue(struct forge *forge, struct http_request *request, int64_t task_id) {
  int64_t until_us = clock_monotonic_us() + GITLAB_CREATE_WAIT_MS * 1000;
  ask_wait_for_task(&forge->ask, request, task_id, until_us);
}

bool forge_owns_issue(struct transaction *tx, struct arena *arena, int64_t project_id,
                      struct slice url, int64_t *number) {
  struct project_forge link;
  return project_forge_get(tx, arena, project_id, &link) &&
         gitlab_issue_of_url(url, link.web_url, number);
}
