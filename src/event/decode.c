/* decode.c - JSON of any SDK to struct event.
 *
 * Accepts every form that SDKs have sent over the years: lists bare or under
 * "values", "sentry.interfaces.*" names, tags as object or pairs, messages as text
 * or object, times as number or text. What follows a table is read by fields.c;
 * here stand the attributes with forms or rules of their own. People, requests
 * and messages are in decode_parts.c.
 *
 * Nothing is copied that need not be: text is borrowed from the parsed JSON.
 *
 * Source: Sentry's event payload documentation; docs/events.md.
 */
#include "event/decode.h"

#include <string.h>

#include "base/clock.h"
#include "event/limits.h"
#include "event/security_report.h"

#include "base/banned.h"

/* --- lists -------------------------------------------------------------------- */

struct item_list {
  yyjson_val *array; /* or null: then `single`, which may be null too */
  yyjson_val *single;
};

/* {"values": [...]}, a bare list, or a single object. */
static struct item_list list_of(yyjson_val *value) {
  if (yyjson_is_arr(value)) return (struct item_list){value, NULL};
  yyjson_val *values = json_member(value, "values");
  if (yyjson_is_arr(values)) return (struct item_list){values, NULL};
  return (struct item_list){NULL, yyjson_is_obj(value) && !values ? value : NULL};
}

static size_t list_size(struct item_list list) {
  return list.array ? yyjson_arr_size(list.array) : list.single != NULL;
}

/* Whether an item can be read. Nulls are left out in silence. */
static bool is_item(struct reader *reader, yyjson_val *item) {
  if (yyjson_is_obj(item)) return true;
  if (!yyjson_is_null(item)) {
    reader_note(reader, "invalid_data", NULL, item, "expected an object");
  }
  return false;
}

/* The list, with a note when it is something else. */
static struct item_list named_list_of(struct reader *reader, yyjson_val *value) {
  struct item_list list = list_of(value);
  bool is_empty_object = yyjson_is_obj(value) && yyjson_is_null(json_member(value, "values"));
  if (!list.array && !list.single && !is_empty_object) {
    reader_note(reader, "invalid_data", NULL, value, "expected a list");
  }
  return list;
}

/* --- stack traces ------------------------------------------------------------- */

/* "https://host/a/b.js?x" -> "/a/b.js"; anything else stays. */
static struct slice path_of_url(struct slice url) {
  size_t scheme = slice_find(url, SLICE("://"));
  if (scheme == url.len) return url;
  struct slice rest = slice_from(url, scheme + 3);
  struct slice path = slice_from(rest, slice_find_byte(rest, '/'));
  path = slice_upto(path, slice_find_byte(path, '?'));
  return slice_is_empty(path) ? url : path;
}

static void read_frame(struct reader *reader, yyjson_val *value, struct frame *frame) {
  frame->in_app = frame->sent_in_app = UNSET;
  fields_read(reader, &frame_fields, value, frame, NULL);
  if (!reader->is_kept) {
    yyjson_val *source_map = json_member(frame->data, "sourcemap");
    frame->sent_in_app = frame->in_app;
    frame->is_source_mapped = source_map && !yyjson_is_null(source_map);
  }
  frame->has_context_line = frame->context_line.ptr != NULL;
  if (slice_equal(frame->function, SLICE("?"))) frame->function = SLICE_EMPTY;
  if (slice_equal(frame->symbol, SLICE("?"))) frame->symbol = SLICE_EMPTY;
  /* A lone file name is the full one: browsers send the script's URL, and the short form is its
   * path, the same on every host that serves the script. */
  if (slice_is_empty(frame->abs_path)) {
    frame->abs_path = frame->filename;
    frame->filename = SLICE_EMPTY;
  }
  if (slice_is_empty(frame->filename)) frame->filename = path_of_url(frame->abs_path);
  if (frame->lineno < 0) frame->lineno = 0;
  if (frame->colno < 0) frame->colno = 0;
}

/* "frames_omitted": [from, to) of the original list; the frames sent have a hole there. */
static size_t read_omitted(yyjson_val *value) {
  int64_t from, to;
  if (!json_integer(yyjson_arr_get(value, 0), &from)) return 0;
  if (!json_integer(yyjson_arr_get(value, 1), &to)) return 0;
  return from >= 0 && to > from && to < 1000000 ? (size_t)(to - from) : 0;
}

static void decode_stacktrace(struct reader *reader, yyjson_val *value,
                              struct stacktrace *stacktrace) {
  yyjson_val *list = yyjson_is_arr(value) ? value : json_member(value, "frames");
  size_t size = yyjson_arr_size(list);
  size_t cut = size > LIMIT_FRAMES ? size - LIMIT_FRAMES : 0;
  const struct place *outer = reader->place;
  struct place here = {outer, NULL, 0};
  if (size == 0 || stacktrace->frames) return; /* of two members the first counts */
  if (size - cut > LIMIT_FRAMES_ALL - reader->frame_count) {
    reader_note(reader, "value_too_long", NULL, NULL, "the event has too many frames");
    return;
  }
  reader->place = &here;
  reader->frame_count += size - cut;
  stacktrace->frames = ARENA_ARRAY(reader->arena, size - cut, struct frame);
  yyjson_val *item;
  yyjson_arr_foreach(list, here.index, size, item) {
    if (here.index >= LIMIT_FRAMES_OUTER && here.index < LIMIT_FRAMES_OUTER + cut) continue;
    if (!is_item(reader, item)) continue;
    read_frame(reader, item, &stacktrace->frames[stacktrace->count++]);
  }
  reader->place = outer;
  if (!reader->is_kept) stacktrace_slim(stacktrace);
  stacktrace->snapshot = UNSET;
  stacktrace->omitted = cut + read_omitted(json_member(value, "frames_omitted"));
  if (yyjson_is_obj(value)) fields_read(reader, &stacktrace_fields, value, stacktrace, NULL);
}

/* `item` is a structure with `stacktrace` or, where only what it was made from is there,
 * `raw_stacktrace`: addresses and minified names. */
static void read_raw_stacktrace(struct reader *reader, yyjson_val *item,
                                struct stacktrace *stacktrace) {
  if (stacktrace->count) return;
  yyjson_val *raw = json_member(item, "raw_stacktrace");
  if (raw) decode_stacktrace(reader, raw, stacktrace);
}

static void read_named_stacktrace(struct reader *reader, yyjson_val *value,
                                  struct stacktrace *stacktrace) {
  const struct place *outer = reader->place;
  const struct place here = {outer, "stacktrace.frames", 0};
  reader->place = &here;
  decode_stacktrace(reader, value, stacktrace);
  reader->place = outer;
}

/* --- exceptions and threads --------------------------------------------------- */

static void read_exception_member(struct reader *reader, void *structure, yyjson_val *key,
                                  yyjson_val *value) {
  struct exception *exception = structure;
  struct slice name = json_text(key);
  if (slice_equal(name, SLICE("value"))) {
    exception->value = decode_any_text(reader, value, LIMIT_MESSAGE);
  } else if (slice_equal(name, SLICE("stacktrace"))) {
    read_named_stacktrace(reader, value, &exception->stacktrace);
  } else if (slice_equal(name, SLICE("mechanism"))) {
    decode_mechanism(reader, value, exception);
  }
}

/* Old SDKs put "Word: rest" into the value and nothing into the type. */
static void split_value(struct exception *exception) {
  struct slice value = exception->value;
  size_t colon = slice_find_byte(value, ':');
  if (!slice_is_empty(exception->type) || colon == 0 || colon >= value.len) return;
  if (colon > LIMIT_SYMBOL) return;
  if (exception->mechanism.synthetic) return;
  for (size_t i = 0; i < colon; i++) {
    char c = value.ptr[i];
    bool is_letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
    if (!is_letter && !(i > 0 && c >= '0' && c <= '9')) return;
  }
  exception->type = slice_upto(value, colon);
  exception->value = slice_trim(slice_from(value, colon + 1));
}

static void read_exceptions(struct reader *reader, struct event *event, yyjson_val *value) {
  struct item_list list = named_list_of(reader, value);
  size_t size = list_size(list), first = 0;
  if (size == 0) return;
  /* Of too many the outermost causes go: the thrown one is last. */
  if (size > LIMIT_EXCEPTIONS) {
    first = size - LIMIT_EXCEPTIONS;
    reader_note(reader, "value_too_long", NULL, NULL, "only the last 50 are kept");
  }
  event->exceptions = ARENA_ARRAY(reader->arena, size - first, struct exception);
  struct place here = {reader->place, NULL, 0};
  reader->place = &here;
  for (yyjson_val *item = list.array ? yyjson_arr_get_first(list.array) : list.single;
       here.index < size; here.index++) {
    if (here.index >= first && is_item(reader, item)) {
      struct exception *exception = &event->exceptions[event->exception_count];
      exception->mechanism.handled = UNSET;
      exception->mechanism.exception_id = exception->mechanism.parent_id = -1;
      fields_read(reader, &exception_fields, item, exception, read_exception_member);
      read_raw_stacktrace(reader, item, &exception->stacktrace);
      split_value(exception);
      bool is_empty = slice_is_empty(exception->type) && slice_is_empty(exception->value);
      if (is_empty && exception->stacktrace.count == 0) {
        reader_note(reader, "missing_attribute", NULL, NULL, "has neither type nor value");
        *exception = (struct exception){0};
      } else {
        event->exception_count++;
      }
    }
    if (here.index + 1 < size) item = unsafe_yyjson_get_next(item);
  }
  reader->place = here.outer;
}

static void read_thread_member(struct reader *reader, void *structure, yyjson_val *key,
                               yyjson_val *value) {
  struct thread *thread = structure;
  if (slice_equal(json_text(key), SLICE("stacktrace"))) {
    read_named_stacktrace(reader, value, &thread->stacktrace);
  }
}

static void read_threads(struct reader *reader, struct event *event, yyjson_val *value) {
  struct item_list list = named_list_of(reader, value);
  size_t size = list_size(list) < LIMIT_THREADS ? list_size(list) : LIMIT_THREADS;
  if (size == 0) return;
  event->threads = ARENA_ARRAY(reader->arena, size, struct thread);
  struct place here = {reader->place, NULL, 0};
  reader->place = &here;
  for (yyjson_val *item = list.array ? yyjson_arr_get_first(list.array) : list.single;
       here.index < size; here.index++) {
    if (is_item(reader, item)) {
      struct thread *thread = &event->threads[event->thread_count++];
      thread->crashed = thread->current = thread->main = UNSET;
      fields_read(reader, &thread_fields, item, thread, read_thread_member);
      read_raw_stacktrace(reader, item, &thread->stacktrace);
    }
    if (here.index + 1 < size) item = unsafe_yyjson_get_next(item);
  }
  reader->place = here.outer;
}

static bool find_level(struct slice text, enum level *level) {
  static const struct {
    const char *name;
    enum level level;
  } names[] = {
      {"error", LEVEL_ERROR}, {"warning", LEVEL_WARNING}, {"info", LEVEL_INFO},
      {"debug", LEVEL_DEBUG}, {"fatal", LEVEL_FATAL},     {"critical", LEVEL_FATAL},
      {"log", LEVEL_INFO},    {"warn", LEVEL_WARNING},    {"trace", LEVEL_DEBUG},
      {"10", LEVEL_DEBUG},    {"20", LEVEL_INFO},         {"30", LEVEL_WARNING},
      {"40", LEVEL_ERROR},    {"50", LEVEL_FATAL},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!slice_equal_ignore_case(text, slice_of_string(names[i].name))) continue;
    *level = names[i].level;
    return true;
  }
  return false;
}

/* The usual name of a breadcrumb's level; unknown ones stay as they are. */
static struct slice usual_level(struct slice name) {
  enum level level;
  return find_level(name, &level) ? slice_of_string(level_name(level)) : name;
}

static void read_breadcrumbs(struct reader *reader, struct event *event, yyjson_val *value) {
  struct item_list list = named_list_of(reader, value);
  size_t size = list_size(list);
  size_t first = size > LIMIT_BREADCRUMBS ? size - LIMIT_BREADCRUMBS : 0;
  if (size == 0) return;
  event->breadcrumbs = ARENA_ARRAY(reader->arena, size - first, struct breadcrumb);
  struct place here = {reader->place, NULL, 0};
  reader->place = &here;
  for (yyjson_val *item = list.array ? yyjson_arr_get_first(list.array) : list.single;
       here.index < size; here.index++) {
    if (here.index >= first && is_item(reader, item)) {
      struct breadcrumb *breadcrumb = &event->breadcrumbs[event->breadcrumb_count++];
      fields_read(reader, &breadcrumb_fields, item, breadcrumb, NULL);
      breadcrumb->level = usual_level(breadcrumb->level);
    }
    if (here.index + 1 < size) item = unsafe_yyjson_get_next(item);
  }
  reader->place = here.outer;
}

/* --- the small ones ------------------------------------------------------------ */

static void read_event_id(struct reader *reader, struct event *event, yyjson_val *value) {
  event->has_id = event_id_parse(json_text(value), &event->id);
  if (!event->has_id) {
    reader_note(reader, "invalid_data", NULL, value, "expected 32 hexadecimal digits");
  }
}

static void read_level(struct reader *reader, struct event *event, yyjson_val *value) {
  struct slice text = SLICE_EMPTY;
  if (json_scalar_text(value, &text) && find_level(text, &event->level)) return;
  reader_note(reader, "invalid_data", NULL, value, "expected debug, info, warning, error or fatal");
}

static void read_errors(struct reader *reader, struct event *event, yyjson_val *value) {
  size_t index, max;
  yyjson_val *item;
  if (!yyjson_is_arr(value)) return;
  if (!event->errors) {
    event->errors = ARENA_ARRAY(reader->arena, LIMIT_ERRORS, struct event_error);
  }
  size_t limit = reader->is_kept ? LIMIT_ERRORS : LIMIT_ERRORS - LIMIT_ERRORS_OF_ALL;
  yyjson_arr_foreach(value, index, max, item) {
    if (event->error_count >= limit) break;
    if (!yyjson_is_obj(item)) continue;
    struct event_error *error = &event->errors[event->error_count++];
    error->type = decode_any_text(reader, json_member(item, "type"), LIMIT_NAME);
    if (slice_is_empty(error->type)) error->type = SLICE("unknown_error");
    error->name = decode_any_text(reader, json_member(item, "name"), LIMIT_SYMBOL);
    error->value = decode_any_text(reader, json_member(item, "value"), LIMIT_SYMBOL);
    error->reason = decode_any_text(reader, json_member(item, "reason"), LIMIT_SYMBOL);
  }
}

/* --- the event ----------------------------------------------------------------- */

/* Very old clients send text here that a table line cannot hold. */
static void read_culprit(struct reader *reader, struct event *event, yyjson_val *value) {
  if (slice_is_empty(event->transaction)) {
    event->transaction = reader_cut(reader, json_text(value), LIMIT_RELEASE);
  }
}

static void read_contexts(struct reader *reader, struct event *event, yyjson_val *value) {
  (void)reader;
  if (yyjson_is_obj(value)) event->contexts = value;
}

static void read_template(struct reader *reader, struct event *event, yyjson_val *value) {
  (void)reader;
  if (yyjson_is_obj(value)) event->template_info = value;
}

/* The report of a browser makes the event's type, unless there is an exception (normalize.c). */
static void read_report(struct reader *reader, struct event *event, yyjson_val *value) {
  if (event->report || !yyjson_is_obj(value)) return;
  if (security_report_kind(slice_of_string(reader->place->name), &event->type))
    event->report = value;
}

/* A stack trace of the event itself: it belongs to the only exception, or else is the stack of the
 * thread that sent the event. */
static void place_stacktrace(struct reader *reader, struct event *event, yyjson_val *value) {
  struct stacktrace stacktrace = {0};
  read_named_stacktrace(reader, value, &stacktrace);
  if (stacktrace.count == 0) return;
  if (event->exception_count == 1 && event->exceptions[0].stacktrace.count == 0) {
    event->exceptions[0].stacktrace = stacktrace;
  } else if (event->exception_count == 0 && event->thread_count == 0) {
    event->threads = ARENA_NEW(reader->arena, struct thread);
    event->threads[0] =
        (struct thread){.crashed = UNSET, .current = YES, .main = UNSET, .stacktrace = stacktrace};
    event->thread_count = 1;
  }
}

typedef void attribute_reader(struct reader *reader, struct event *event, yyjson_val *value);

static const struct attribute {
  const char *name, *old_name; /* behind "sentry.interfaces." */
  attribute_reader *read;
} attributes[] = {
    {"event_id", NULL, read_event_id},
    {"level", NULL, read_level},
    {"exception", "Exception", read_exceptions},
    {"breadcrumbs", "Breadcrumbs", read_breadcrumbs},
    {"request", "Http", decode_request},
    {"user", "User", decode_user},
    {"tags", NULL, decode_tags},
    {"sdk", NULL, decode_sdk},
    {"logentry", "Message", decode_logentry},
    {"message", NULL, decode_message},
    {"threads", "Threads", read_threads},
    {"errors", NULL, read_errors},
    {"culprit", NULL, read_culprit},
    {"site", NULL, decode_site},
    {"fingerprint", NULL, decode_fingerprint},
    {"modules", NULL, decode_modules},
    {"debug_meta", "DebugMeta", decode_debug_meta},
    {"_meta", NULL, decode_meta},
    {NULL, "Contexts", read_contexts},
    {NULL, "Template", read_template},
    {"csp", "Csp", read_report},
    {"expectct", "ExpectCT", read_report},
    {"expectstaple", "ExpectStaple", read_report},
    {"hpkp", "Hpkp", read_report},
    {"nel", "Nel", read_report},
};

/* Of an attribute that comes twice the first counts, so that an event costs no more than its lists
 * are long. */
static void read_attribute(struct reader *reader, void *structure, yyjson_val *key,
                           yyjson_val *value) {
  static const struct slice prefix = {"sentry.interfaces.", 18};
  struct slice name = json_text(key);
  bool is_old = slice_starts_with(name, prefix);
  if (is_old) name = slice_from(name, prefix.len);
  for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
    const struct attribute *attribute = &attributes[i];
    const char *wanted = is_old ? attribute->old_name : attribute->name;
    if (!wanted || !slice_equal(name, slice_of_string(wanted))) continue;
    if (reader->seen_attributes & 1u << i) return;
    reader->seen_attributes |= 1u << i;
    const struct place here = {reader->place, attribute->name ? attribute->name : wanted, 0};
    reader->place = &here;
    attribute->read(reader, structure, value);
    reader->place = here.outer;
    return;
  }
  if (!is_old && !reader->is_kept && !decode_is_known(name)) {
    reader_note(reader, "invalid_attribute", unsafe_yyjson_get_str(key), NULL,
                "not an attribute of events; left out");
  }
}

static void read_lone_stacktrace(struct reader *reader, struct event *event, yyjson_val *root) {
  yyjson_val *value = json_member(root, "stacktrace");
  if (!value) value = json_member(root, "sentry.interfaces.Stacktrace");
  if (value) place_stacktrace(reader, event, value);
}

enum status event_decode(struct arena *arena, struct slice json, const struct event_hints *hints,
                         struct event **result, struct problem *problem) {
  if (json.len > EVENT_JSON_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE,
                       "The event has %zu bytes of JSON; the limit is %d. Send less extra data or "
                       "shorter texts.",
                       json.len, EVENT_JSON_LIMIT);
  }
  yyjson_val *root;
  enum status status = json_read(arena, json, &root, problem);
  if (status) return status;
  if (!yyjson_is_obj(root)) {
    return problem_set(problem, STATUS_BAD_INPUT, "An event has to be a JSON object.");
  }
  struct event *event = ARENA_NEW(arena, struct event);
  struct reader reader = {.arena = arena, .event = event, .is_kept = !hints};
  event->level = LEVEL_ERROR;
  event->main_exception_id = -1;
  fields_read(&reader, &event_fields, root, event, read_attribute);
  read_lone_stacktrace(&reader, event, root);
  if (!reader.is_kept) { /* grouping's, not the sender's */
    event->main_exception_id = -1;
    event->custom_title = SLICE_EMPTY;
  }
  decode_normalize(&reader, root, hints);
  if (slice_equal(json_text(json_member(root, "type")), SLICE("transaction")))
    event->type = SLICE("transaction");
  *result = event;
  return STATUS_OK;
}

struct event *event_read(struct arena *arena, struct slice json) {
  struct event *event;
  if (event_decode(arena, json, NULL, &event, NULL)) return NULL;
  event_derive(arena, event);
  return event;
}
