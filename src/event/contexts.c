/* contexts.c - the contexts of a new event: made whole, completed from the User-Agent header, and
 * held within their limit before anything is derived from them.
 *
 * Source: Sentry's documentation of contexts; what is filled in as docs/events.md says.
 */
#include <string.h>

#include "event/decode.h"
#include "event/limits.h"
#include "event/user_agent.h"

#include "base/banned.h"

enum { MADE_CONTEXTS = 3, MADE_MEMBERS = 4 };

/* The new object as it is put together. */
struct context_list {
  struct reader *reader;
  struct json_pair members[LIMIT_CONTEXTS + MADE_CONTEXTS];
  size_t count, bytes;
};

static yyjson_val *text_value(struct arena *arena, struct slice text) {
  yyjson_val *value = ARENA_NEW(arena, yyjson_val);
  *value = json_text_value(text);
  return value;
}

static bool is_object_with(yyjson_val *contexts, const char *name) {
  return yyjson_is_obj(json_member(contexts, name));
}

/* --- of the user agent ---------------------------------------------------------- */

/* One context of texts; empty ones are left out, and all of it when the first is empty. */
static void make_context(struct context_list *list, struct slice name,
                         const struct pair texts[MADE_MEMBERS]) {
  struct arena *arena = list->reader->arena;
  struct json_pair members[MADE_MEMBERS];
  size_t count = 0;
  if (slice_is_empty(texts[0].value)) return;
  for (size_t i = 0; i < MADE_MEMBERS; i++) {
    if (slice_is_empty(texts[i].value)) continue;
    members[count++] =
        (struct json_pair){text_value(arena, texts[i].key), text_value(arena, texts[i].value)};
  }
  list->members[list->count++] =
      (struct json_pair){text_value(arena, name), json_object_of(arena, members, count)};
}

/* The header that the browser sent to the site where it went wrong. Pages that send no headers sent
 * the event themselves; other senders of "javascript" name their HTTP library. */
static struct slice agent_text(const struct event *event, const struct event_hints *hints) {
  struct slice header = pairs_get(event->request.headers, SLICE("User-Agent"));
  if (!slice_is_empty(header)) return header;
  bool is_page = slice_equal(event->platform, SLICE("javascript")) &&
                 slice_starts_with(hints->user_agent, SLICE("Mozilla/"));
  return is_page ? hints->user_agent : SLICE_EMPTY;
}

static void add_agent(struct context_list *list, const struct event_hints *hints) {
  struct event *event = list->reader->event;
  if (is_object_with(event->contexts, "browser")) return;
  struct slice text = agent_text(event, hints);
  if (slice_is_empty(text)) return;
  struct user_agent agent = user_agent_parse(list->reader->arena, text);
  make_context(list, SLICE("browser"),
               (struct pair[MADE_MEMBERS]){{SLICE("name"), agent.browser},
                                           {SLICE("version"), agent.browser_version},
                                           {SLICE("type"), SLICE("browser")}});
  /* A server's own system is in `os`; the visitor's stands beside it. */
  bool is_page = slice_equal(event->platform, SLICE("javascript"));
  struct slice os = is_page ? SLICE("os") : SLICE("client_os");
  if (!is_object_with(event->contexts, is_page ? "os" : "client_os")) {
    make_context(list, os,
                 (struct pair[MADE_MEMBERS]){{SLICE("name"), agent.os},
                                             {SLICE("version"), agent.os_version},
                                             {SLICE("type"), SLICE("os")}});
  }
  if (!is_object_with(event->contexts, "device")) {
    make_context(list, SLICE("device"),
                 (struct pair[MADE_MEMBERS]){{SLICE("family"), agent.device},
                                             {SLICE("model"), agent.model},
                                             {SLICE("brand"), agent.brand},
                                             {SLICE("type"), SLICE("device")}});
  }
}

/* --- as sent -------------------------------------------------------------------- */

/* What fits of a context that is too large, cut as bags are. Null when nothing does. */
static yyjson_val *cut_context(struct reader *reader, yyjson_val *value, size_t bytes) {
  const struct json_limits limits = {BAG_DEPTH, bytes, LIMIT_MESSAGE};
  struct buffer json = buffer_make(EVENT_JSON_LIMIT);
  struct json_writer writer = {.out = &json};
  yyjson_val *cut = NULL;
  json_write_value(&writer, value, &limits);
  if (json_read(reader->arena, buffer_slice(&json), &cut, NULL)) cut = NULL;
  buffer_free(&json);
  return cut;
}

/* "type" says which kind of context it is; it is the name when not said. */
static yyjson_val *with_type(struct arena *arena, yyjson_val *name, yyjson_val *context) {
  size_t size = yyjson_obj_size(context), index, max, count = 0;
  yyjson_val *key, *value;
  if (json_member(context, "type")) return context;
  struct json_pair *members = ARENA_ARRAY(arena, size + 1, struct json_pair);
  yyjson_obj_foreach(context, index, max, key, value) {
    members[count++] = (struct json_pair){key, value};
  }
  members[count++] = (struct json_pair){text_value(arena, SLICE("type")), name};
  return json_object_of(arena, members, count);
}

static void add_sent(struct context_list *list, yyjson_val *name, yyjson_val *context) {
  struct reader *reader = list->reader;
  const char *key = unsafe_yyjson_get_str(name);
  if (yyjson_is_null(context) || slice_equal(json_text(name), SLICE("reprocessing"))) return;
  if (!yyjson_is_obj(context)) {
    reader_note(reader, "invalid_data", key, context, "expected an object");
    return;
  }
  size_t size = json_size(context);
  size_t left = list->bytes < BAG_LARGE_BYTES ? BAG_LARGE_BYTES - list->bytes : 0;
  if (size > left) {
    reader_note(reader, "value_too_long", key, NULL, "the contexts are too large; cut");
    context = left ? cut_context(reader, context, left) : NULL;
    if (!context) return;
    size = json_size(context); /* the last text may go beyond what was left */
  }
  list->bytes += size;
  list->members[list->count++] = (struct json_pair){name, with_type(reader->arena, name, context)};
}

void decode_contexts(struct reader *reader, const struct event_hints *hints) {
  struct event *event = reader->event;
  struct context_list list = {.reader = reader};
  const struct place *outer = reader->place;
  const struct place here = {outer, "contexts", 0};
  size_t index, max;
  yyjson_val *name, *context;
  reader->place = &here;
  add_agent(&list, hints);
  size_t made = list.count;
  if (event->contexts) {
    yyjson_obj_foreach(event->contexts, index, max, name, context) {
      if (list.count - made == LIMIT_CONTEXTS) {
        reader_note(reader, "value_too_long", NULL, NULL, "only the first 64 are kept");
        break;
      }
      add_sent(&list, name, context);
    }
  }
  reader->place = outer;
  event->contexts = list.count ? json_object_of(reader->arena, list.members, list.count) : NULL;
}
