/* actions.c - see actions.h. */
#include "source/actions.h"

#include "base/clock.h"
#include "source/action_task.h"
#include "source/limits.h"
#include "store/remote_link.h"
#include "tracker/link_back.h"
#include "tracker/tracker.h"

#include "base/banned.h"

const struct outbox_kind action_kinds[] = {
    {TASK_SENTRY_STATUS, sentry_status_run, sentry_status_finish, NULL},
    {TASK_SENTRY_BULK, sentry_bulk_run, sentry_bulk_finish, NULL},
    {LINK_BACK_TASK, sentry_link_back_run, NULL, NULL},
    {TASK_LOCAL_BULK, local_bulk_run, local_bulk_finish, NULL},
    {0},
};

static struct slice lane_of(const struct source *source) {
  return arena_printf(source->arena, "%s:%lld", source_is_local(source) ? "local" : "sentry",
                      (long long)source->project->id);
}

/* Nothing more is taken in while too much waits. */
static enum status check_room(struct transaction *tx, struct source *source, size_t count,
                              struct problem *problem) {
  if (outbox_lane(tx, source->arena, lane_of(source), NULL) + count <= ACTIONS_WAITING_LIMIT)
    return STATUS_OK;
  return problem_set(problem, STATUS_BUSY,
                     "%d actions wait for Sentry already. Take some back, or wait until it can be "
                     "reached.",
                     ACTIONS_WAITING_LIMIT);
}

/* --- one error, or some ------------------------------------------------------------------- */

struct status_write {
  struct source *source;
  const struct source_change *change;
  struct slice label; /* of the Sentry */
  int64_t last_bulk;  /* the newest waiting task for many errors: what comes after it stays so */
};

static struct slice status_data(const struct status_write *write, size_t index) {
  const struct source_change *change = write->change;
  const struct status_task task = {.status = change->status,
                                   .sentry = write->label,
                                   .name = change->names ? change->names[index] : SLICE_EMPTY};
  return status_task_write(write->source->arena, &task);
}

/* Puts the new status into a task that waits; false: a new task is needed. */
static bool replace(struct transaction *tx, const struct status_write *write,
                    struct outbox_task *task, struct slice data) {
  struct status_task waiting;
  if (task->state != OUTBOX_WAITING || task->is_unwanted || task->id < write->last_bulk ||
      !status_task_read(write->source->arena, task->data, &waiting))
    return false;
  if (waiting.status == write->change->status) return true;
  if (task->attempt == ATTEMPT_RUNNING) return false;
  task->data = data;
  task->user_id = write->change->actor->user_id;
  outbox_update(tx, task);
  return true;
}

static void add_status(struct transaction *tx, const struct status_write *write, size_t index) {
  struct source *source = write->source;
  struct outbox_task task;
  struct slice id = arena_printf(source->arena, "%lld", (long long)write->change->ids[index]);
  struct slice data = status_data(write, index);
  const struct outbox_topic topic = {source->project->id, SLICE(TASK_SENTRY_STATUS), id};
  if (outbox_find(tx, source->arena, &topic, &task) && replace(tx, write, &task, data)) return;
  outbox_add(tx, &(struct outbox_task){.project_id = source->project->id,
                                       .lane = lane_of(source),
                                       .kind = SLICE(TASK_SENTRY_STATUS),
                                       .subject = id,
                                       .data = data,
                                       .user_id = write->change->actor->user_id,
                                       .created_ms = clock_now_ms()});
}

static enum status run_status(struct transaction *tx, void *context, struct problem *problem) {
  struct status_write *write = context;
  struct source *source = write->source;
  const struct source_change *change = write->change;
  enum status status = action_check(tx, source->arena, change->actor, source->project, problem);
  if (!status) status = check_room(tx, source, change->count, problem);
  if (status) return status;
  write->last_bulk = outbox_last_waiting(tx, source->project->id, SLICE(TASK_SENTRY_BULK));
  for (size_t i = 0; i < change->count; i++) add_status(tx, write, i);
  return STATUS_OK;
}

enum status actions_set_status(struct source *source, const struct source_change *change,
                               struct source_change_result *result, struct problem *problem) {
  struct status_write write = {.source = source,
                               .change = change,
                               .label = connection_label(source->arena, &source->connection)};
  *result = (struct source_change_result){.count = change->count, .is_pending = true};
  return store_write(source->sources->store, run_status, &write, problem);
}

void actions_follow_issue(struct transaction *tx, const struct issue_link *link, bool is_open) {
  struct arena arena = {0};
  const struct project project = {.id = link->project_id};
  const struct actor server = {0};
  struct source source = {.arena = &arena, .project = &project};
  const struct source_change change = {.actor = &server,
                                       .ids = &link->group_id,
                                       .count = 1,
                                       .status = is_open ? GROUP_UNRESOLVED : GROUP_RESOLVED};
  struct remote_link known;
  connection_get(tx, &arena, project.id, &source.connection);
  bool is_news = remote_link_find(tx, &arena, project.id, link->group_id, &known) &&
                 known.was_resolved == is_open;
  if (is_news && !source_is_local(&source)) {
    const struct status_write write = {
        .source = &source,
        .change = &change,
        .label = connection_label(&arena, &source.connection),
        .last_bulk = outbox_last_waiting(tx, project.id, SLICE(TASK_SENTRY_BULK))};
    add_status(tx, &write, 0);
  }
  arena_free(&arena);
}

/* --- all that a search finds ----------------------------------------------------------------- */

struct bulk_write {
  struct source *source;
  const struct bulk_request *request;
  int64_t task_id;
};

static struct slice bulk_data(const struct bulk_write *write) {
  const struct source *source = write->source;
  const struct bulk_task task = {
      .status = write->request->status,
      .from = write->request->query->status,
      .text = write->request->query->text,
      .sentry = source_is_local(source) ? SLICE_EMPTY
                                        : connection_label(source->arena, &source->connection),
      .total = -1};
  return bulk_task_write(source->arena, &task);
}

/* What makes two of them the same. */
static struct slice bulk_subject(const struct bulk_write *write) {
  const struct bulk_request *request = write->request;
  return arena_printf(write->source->arena, "%d>%d %.*s", request->query->status,
                      (int)request->status, SLICE_ARGS(request->query->text));
}

static enum status run_bulk(struct transaction *tx, void *context, struct problem *problem) {
  struct bulk_write *write = context;
  struct source *source = write->source;
  const struct actor *actor = write->request->actor;
  struct outbox_task known;
  enum status status = action_check(tx, source->arena, actor, source->project, problem);
  if (!status) status = check_room(tx, source, 1, problem);
  if (status) return status;
  struct outbox_task task = {
      .project_id = source->project->id,
      .lane = lane_of(source),
      .kind = source_is_local(source) ? SLICE(TASK_LOCAL_BULK) : SLICE(TASK_SENTRY_BULK),
      .subject = bulk_subject(write),
      .data = bulk_data(write),
      .user_id = actor->user_id,
      .created_ms = clock_now_ms()};
  const struct outbox_topic topic = {task.project_id, task.kind, task.subject};
  bool is_known = outbox_find(tx, source->arena, &topic, &known) && known.state == OUTBOX_WAITING &&
                  !known.is_unwanted;
  write->task_id = is_known ? known.id : outbox_add(tx, &task);
  return STATUS_OK;
}

enum status actions_set_status_of_all(struct source *source, const struct bulk_request *request,
                                      int64_t *task_id, struct problem *problem) {
  struct bulk_write write = {.source = source, .request = request};
  if (request->query->text.len > SOURCE_SEARCH_LIMIT_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "query",
                             "The search text may have at most %d bytes.",
                             SOURCE_SEARCH_LIMIT_BYTES);
  if (request->query->status == (int)request->status)
    return problem_set_field(problem, STATUS_BAD_INPUT, "status",
                             "All errors that this search finds are %s already.",
                             group_status_name(request->status));
  enum status status = store_write(source->sources->store, run_bulk, &write, problem);
  *task_id = write.task_id;
  return status;
}

/* --- taking back --------------------------------------------------------------------------- */

struct undo_write {
  struct source *source;
  const struct action_undo *undo;
};

static enum status run_undo(struct transaction *tx, void *context, struct problem *problem) {
  struct undo_write *write = context;
  struct source *source = write->source;
  struct outbox_task task;
  enum status status =
      action_check(tx, source->arena, write->undo->actor, source->project, problem);
  if (status) return status;
  if (!outbox_get(tx, source->arena, write->undo->task_id, &task) ||
      task.project_id != source->project->id)
    return problem_set(problem, STATUS_NOT_FOUND, "This action is not waiting any more.");
  return outbox_take_back(tx, task.id, problem);
}

enum status actions_take_back(struct source *source, const struct action_undo *undo,
                              struct problem *problem) {
  struct undo_write write = {source, undo};
  return store_write(source->sources->store, run_undo, &write, problem);
}
