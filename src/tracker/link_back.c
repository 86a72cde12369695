/* link_back.c - tasks that tell a connected Sentry of an issue; see link_back.h. */
#include "tracker/link_back.h"

#include "base/clock.h"
#include "json/json.h"
#include "store/connection.h"
#include "tracker/limits.h"

#include "base/banned.h"

static void write(struct buffer *out, const struct link_back *link) {
  struct json_writer writer = {.out = out};
  json_write_object(&writer);
  json_write_key(&writer, "sentry");
  json_write_text(&writer, link->sentry);
  json_write_key(&writer, "remoteId");
  json_write_integer(&writer, link->remote_id);
  json_write_key(&writer, "number");
  json_write_integer(&writer, link->number);
  json_write_object_end(&writer);
}

void link_back_add(struct transaction *tx, const struct link_back *draft) {
  struct arena arena = {0};
  struct connection connection;
  struct link_back link = *draft;
  struct buffer data = buffer_make(FORGE_TASK_BYTES);
  connection_get(tx, &arena, link.project_id, &connection);
  if (connection.kind == SOURCE_SENTRY) {
    link.sentry = connection_label(&arena, &connection);
    write(&data, &link);
    /* A lane of its own: it may fail for long, and nothing else waits for it. */
    outbox_add(tx, &(struct outbox_task){
                       .project_id = link.project_id,
                       .lane = arena_printf(&arena, "sentry-link:%lld", (long long)link.project_id),
                       .kind = SLICE(LINK_BACK_TASK),
                       .subject = arena_printf(&arena, "%lld", (long long)link.error_id),
                       .data = buffer_slice(&data),
                       .user_id = link.user_id,
                       .created_ms = clock_now_ms()});
  }
  buffer_free(&data);
  arena_free(&arena);
}

bool link_back_read(struct arena *arena, const struct outbox_task *task,
                    struct link_back *carried) {
  yyjson_val *json;
  *carried = (struct link_back){.project_id = task->project_id, .user_id = task->user_id};
  if (json_read(arena, task->data, &json, NULL)) return false;
  carried->sentry = json_text(json_member(json, "sentry"));
  return slice_to_i64(task->subject, &carried->error_id) &&
         json_integer(json_member(json, "remoteId"), &carried->remote_id) &&
         json_integer(json_member(json, "number"), &carried->number);
}
