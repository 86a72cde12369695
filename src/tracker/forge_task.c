/* forge_task.c - tasks for issues at a forge, as rows of the outbox.
 *
 * Whether the project wants its issues closed is asked when the error is resolved, not when the
 * task runs: what a person saw when they pressed the button is what happens.
 */
#include "tracker/forge_task.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "json/json.h"
#include "store/forge_server.h"
#include "tracker/limits.h"

#include "base/banned.h"

struct slice forge_task_subject(struct arena *arena, const struct issue_link *link) {
  return arena_printf(arena, "%lld:%.*s", (long long)link->number, SLICE_ARGS(link->url));
}

struct slice forge_task_write(struct arena *arena, const struct forge_task *task) {
  struct buffer out = buffer_make(FORGE_TASK_BYTES);
  struct json_writer writer = {.out = &out};
  json_write_object(&writer);
  json_write_key(&writer, "error");
  json_write_integer(&writer, task->link.group_id);
  json_write_key(&writer, "isRemote");
  json_write_bool(&writer, task->is_remote);
  json_write_key(&writer, "forge");
  json_write_text(&writer, task->link.forge);
  json_write_key(&writer, "number");
  json_write_integer(&writer, task->link.number);
  json_write_key(&writer, "url");
  json_write_text(&writer, task->link.url);
  json_write_key(&writer, "event");
  json_write_text(&writer, task->event);
  json_write_key(&writer, "release");
  json_write_text(&writer, task->release);
  json_write_key(&writer, "marker");
  json_write_text(&writer, task->marker);
  json_write_key(&writer, "postedMs");
  json_write_integer(&writer, task->posted_ms);
  json_write_object_end(&writer);
  struct slice text = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return text;
}

bool forge_task_read(struct arena *arena, const struct outbox_task *task,
                     struct forge_task *carried) {
  yyjson_val *json;
  if (json_read(arena, task->data, &json, NULL)) return false;
  *carried = (struct forge_task){
      .link = {.project_id = task->project_id,
               .forge = json_text(json_member(json, "forge")),
               .url = json_text(json_member(json, "url"))},
      .is_remote = yyjson_is_true(json_member(json, "isRemote")),
      .user_id = task->user_id,
      .event = json_text(json_member(json, "event")),
      .release = json_text(json_member(json, "release")),
      .marker = json_text(json_member(json, "marker")),
  };
  return json_integer(json_member(json, "error"), &carried->link.group_id) &&
         json_integer(json_member(json, "number"), &carried->link.number) &&
         json_integer(json_member(json, "postedMs"), &carried->posted_ms);
}

static void add(struct transaction *tx, const struct forge_task *draft, struct slice kind) {
  struct arena arena = {0};
  struct forge_task task = *draft;
  task.marker = random_hex(&arena, FORGE_MARKER_BYTES);
  outbox_add(tx, &(struct outbox_task){.project_id = task.link.project_id,
                                       .lane = arena_printf(&arena, "forge:%lld:%lld",
                                                            (long long)task.link.project_id,
                                                            (long long)task.link.number),
                                       .kind = kind,
                                       .subject = forge_task_subject(&arena, &task.link),
                                       .data = forge_task_write(&arena, &task),
                                       .user_id = task.user_id,
                                       .created_ms = clock_now_ms()});
  arena_free(&arena);
}

/* The project's link to a forge, as far as is asked for here. */
enum wish { WISH_NONE, WISH_NOTE, WISH_NOTE_AND_CLOSE };

static enum wish wish_of(struct transaction *tx, const struct issue_link *link) {
  struct arena arena = {0};
  struct project_forge project;
  enum wish wish = WISH_NONE;
  if (link->url.len && project_forge_get(tx, &arena, link->project_id, &project))
    wish = project.closes_issues ? WISH_NOTE_AND_CLOSE : WISH_NOTE;
  arena_free(&arena);
  return wish;
}

void forge_task_close(struct transaction *tx, const struct forge_task *draft) {
  if (wish_of(tx, &draft->link) == WISH_NOTE_AND_CLOSE) add(tx, draft, FORGE_TASK_CLOSE);
}

void forge_task_regress(struct transaction *tx, const struct forge_task *draft) {
  if (wish_of(tx, &draft->link) != WISH_NONE) add(tx, draft, FORGE_TASK_REGRESS);
}

void forge_task_keep_open(struct transaction *tx, const struct issue_link *link) {
  struct arena arena = {0};
  struct outbox_task task;
  const struct outbox_topic topic = {.project_id = link->project_id,
                                     .kind = FORGE_TASK_CLOSE,
                                     .subject = forge_task_subject(&arena, link)};
  if (link->url.len && outbox_find(tx, &arena, &topic, &task) && task.state == OUTBOX_WAITING) {
    if (task.attempt == ATTEMPT_NONE) {
      task.state = OUTBOX_TAKEN_BACK;
      task.ended_ms = clock_now_ms();
    } else {
      task.is_unwanted = true;
    }
    outbox_update(tx, &task);
  }
  arena_free(&arena);
}
