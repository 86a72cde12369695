/* action_task.c - what tasks for actions on errors carry, as JSON; see action_task.h. */
#include "source/action_task.h"

#include "json/json.h"
#include "source/limits.h"
#include "tracker/tracker.h"

#include "base/banned.h"

enum status action_check(struct transaction *tx, struct arena *arena, const struct actor *actor,
                         const struct project *project, struct problem *problem) {
  const struct access_request access = {.actor = actor,
                                        .organization = project->organization_slug,
                                        .project = project->slug,
                                        .role = ROLE_TO_ACT,
                                        .scope = SCOPE_EVENT_WRITE};
  struct project found;
  return access_project(tx, arena, &access, &found, problem);
}

void action_refuse(struct outbox_job *job, const char *why) {
  problem_set(&job->problem, STATUS_FAILED, "%s", why);
  job->result = OUTBOX_REFUSED;
}

static struct slice take(struct arena *arena, struct buffer *out) {
  struct slice text = arena_copy(arena, buffer_slice(out));
  buffer_free(out);
  return text;
}

static void write_text(struct json_writer *writer, const char *key, struct slice text) {
  json_write_key(writer, key);
  json_write_text(writer, text);
}

static void write_integer(struct json_writer *writer, const char *key, int64_t value) {
  json_write_key(writer, key);
  json_write_integer(writer, value);
}

static void write_status(struct json_writer *writer, const char *key, int status) {
  write_text(writer, key,
             slice_of_string(status < 0 ? "all" : group_status_name((enum group_status)status)));
}

/* -1 for "all". */
static bool read_status(yyjson_val *value, int *status) {
  enum group_status known;
  *status = -1;
  if (slice_equal_string(json_text(value), "all")) return true;
  if (!group_status_parse(json_text(value), &known)) return false;
  *status = (int)known;
  return true;
}

/* --- one error ----------------------------------------------------------------------- */

struct slice status_task_write(struct arena *arena, const struct status_task *task) {
  struct buffer out = buffer_make(ACTION_TASK_BYTES);
  struct json_writer writer = {.out = &out};
  json_write_object(&writer);
  write_status(&writer, "status", (int)task->status);
  write_text(&writer, "sentry", task->sentry);
  write_text(&writer, "name", slice_cut_characters(task->name, ACTION_NAME_CHARACTERS));
  json_write_object_end(&writer);
  return take(arena, &out);
}

bool status_task_read(struct arena *arena, struct slice data, struct status_task *task) {
  yyjson_val *json;
  int status;
  if (json_read(arena, data, &json, NULL)) return false;
  if (!read_status(json_member(json, "status"), &status) || status < 0) return false;
  task->status = (enum group_status)status;
  task->sentry = json_text(json_member(json, "sentry"));
  task->name = json_text(json_member(json, "name"));
  return true;
}

/* --- all that a search finds ------------------------------------------------------------ */

struct slice bulk_task_write(struct arena *arena, const struct bulk_task *task) {
  struct buffer out = buffer_make(ACTION_TASK_BYTES);
  struct json_writer writer = {.out = &out};
  json_write_object(&writer);
  write_status(&writer, "status", (int)task->status);
  write_status(&writer, "from", task->from);
  write_text(&writer, "text", task->text);
  write_text(&writer, "sentry", task->sentry);
  write_text(&writer, "cursor", task->cursor);
  write_integer(&writer, "done", task->done);
  write_integer(&writer, "total", task->total);
  write_integer(&writer, "waits", task->waits);
  json_write_key(&writer, "isUnsure");
  json_write_bool(&writer, task->is_unsure);
  json_write_key(&writer, "last");
  json_write_array(&writer);
  for (size_t i = 0; i < task->last_count; i++) json_write_integer(&writer, task->last[i]);
  json_write_array_end(&writer);
  json_write_object_end(&writer);
  return take(arena, &out);
}

static bool read_last(struct arena *arena, yyjson_val *list, struct bulk_task *task) {
  yyjson_val *value;
  size_t i, count;
  task->last = ARENA_ARRAY(arena, yyjson_arr_size(list), int64_t);
  yyjson_arr_foreach(list, i, count, value) {
    if (!json_integer(value, &task->last[task->last_count++])) return false;
  }
  return true;
}

bool bulk_task_read(struct arena *arena, struct slice data, struct bulk_task *task) {
  yyjson_val *json;
  int status;
  *task = (struct bulk_task){0};
  if (json_read(arena, data, &json, NULL)) return false;
  if (!read_status(json_member(json, "status"), &status) || status < 0) return false;
  task->status = (enum group_status)status;
  task->text = json_text(json_member(json, "text"));
  task->sentry = json_text(json_member(json, "sentry"));
  task->cursor = json_text(json_member(json, "cursor"));
  task->is_unsure = yyjson_is_true(json_member(json, "isUnsure"));
  return read_status(json_member(json, "from"), &task->from) &&
         json_integer(json_member(json, "done"), &task->done) &&
         json_integer(json_member(json, "total"), &task->total) &&
         json_integer(json_member(json, "waits"), &task->waits) &&
         read_last(arena, json_member(json, "last"), task);
}
