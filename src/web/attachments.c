/* attachments.c - see attachments.h. */
#include "web/attachments.h"

#include <string.h>

#include "base/clock.h"
#include "store/attachment.h"
#include "web/error_actions.h"

#include "base/banned.h"

/* Files come with the request of their event as a rule, seldom before; this much is looked at. */
#define BEFORE_EVENT_MS DAY_MS

/* "317 bytes", "21.8 KB", "1.5 MB" */
static struct slice size_text(struct arena *arena, size_t bytes) {
  if (bytes < 1024) return arena_printf(arena, "%zu %s", bytes, bytes == 1 ? "byte" : "bytes");
  size_t tenths = bytes < 1024 * 1024 ? bytes * 10 / 1024 : bytes * 10 / (1024 * 1024);
  return arena_printf(arena, "%zu.%zu %s", tenths / 10, tenths % 10,
                      bytes < 1024 * 1024 ? "KB" : "MB");
}

/* What the sender says it is, in words. */
static struct slice kind_of(const struct attachment *attachment) {
  static const struct {
    const char *type, *kind;
  } kinds[] = {{"event.minidump", "Crash dump"},
               {"event.applecrashreport", "Apple crash report"},
               {"event.view_hierarchy", "View hierarchy"},
               {"event.payload", "Event of the native SDK"},
               {"event.breadcrumbs", "Breadcrumbs of the native SDK"}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (slice_equal_string(attachment->type, kinds[i].type)) return slice_of_string(kinds[i].kind);
  }
  return attachment->content_type;
}

size_t attachment_views(struct web *web, struct transaction *tx, const struct event_row *row,
                        struct attachment_view **views) {
  struct attachment *list;
  size_t count = attachment_list(tx, web->arena, row->project_id, &row->id,
                                 row->received_ms - BEFORE_EVENT_MS, &list);
  struct slice event = event_id_hex(web->arena, &row->id);
  *views = ARENA_ARRAY(web->arena, count, struct attachment_view);
  for (size_t i = 0; i < count; i++) {
    (*views)[i] = (struct attachment_view){
        .name = list[i].name,
        .kind = kind_of(&list[i]),
        .size = size_text(web->arena, list[i].size),
        .address = arena_printf(web->arena, "%.*s/%lld/events/%.*s/attachments/%lld",
                                SLICE_ARGS(error_base(web)), (long long)row->group_id,
                                SLICE_ARGS(event), (long long)list[i].id),
        .time_ms = list[i].created_ms,
    };
  }
  return count;
}

static bool find(struct web *web, struct transaction *tx, struct attachment *attachment) {
  struct event_id event_id;
  int64_t id;
  return event_id_parse(http_parameter(web->request, "event"), &event_id) &&
         slice_to_i64(http_parameter(web->request, "attachment"), &id) &&
         attachment_get(tx, web->arena, web->project.id, id, attachment) &&
         memcmp(attachment->event_id.bytes, event_id.bytes, EVENT_ID_BYTES) == 0;
}

void attachment_download(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct attachment attachment;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = find(web, tx, &attachment);
  bool has_room = is_found && http_reserve_body(response, attachment_room(&attachment));
  bool is_read = has_room && attachment_read(tx, &attachment, &response->body);
  store_end_read(tx);
  if (is_found && !has_room) {
    struct problem problem;
    problem_set(&problem, STATUS_UNAVAILABLE,
                "Too many files are downloaded at once. Try again in a few seconds.");
    web_problem(web, &problem);
  } else if (is_read) {
    http_set_download(response, attachment.name, attachment.content_type);
  } else {
    buffer_clear(&response->body);
    web_not_found(web, "This file");
  }
}
