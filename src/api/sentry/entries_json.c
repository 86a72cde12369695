/* entries_json.c - the `entries` of Sentry's Event object.
 *
 * Frames carry their source lines as "context": [[line number, "text"], ...], made of the lines
 * before, at and after the frame's own. Members that Sentry's Event does not have are added where
 * an event has them, so that another server of ours gets all of it (source/sentry_event.h reads
 * them).
 */
#include "api/sentry/entries_json.h"

#include "event/limits.h"
#include "source/sentry_frames.h"

#include "base/banned.h"

static void begin_entry(struct json_writer *writer, const char *type) {
  json_write_object(writer);
  api_write_text(writer, "type", slice_of_string(type));
  json_write_key(writer, "data");
  json_write_object(writer);
}

static void end_entry(struct json_writer *writer) {
  json_write_object_end(writer);
  json_write_object_end(writer);
}

/* A JSON value of the sender's, null when it is absent or `limits` are used up. */
static void write_value(struct json_writer *writer, const char *name, yyjson_val *value,
                        size_t limit_bytes) {
  json_write_key(writer, name);
  if (value && limit_bytes > 0)
    json_write_value(
        writer, value,
        &(struct json_limits){.depth = 64, .bytes = limit_bytes, .characters = SIZE_MAX});
  else
    json_write_null(writer);
}

static void write_tristate(struct json_writer *writer, const char *name, enum tristate value) {
  if (value == UNSET)
    api_write_null(writer, name);
  else
    api_write_bool(writer, name, value == YES);
}

static void write_pairs(struct json_writer *writer, const char *name, struct pairs pairs) {
  json_write_key(writer, name);
  json_write_array(writer);
  for (size_t i = 0; i < pairs.count; i++) {
    json_write_array(writer);
    json_write_text(writer, pairs.items[i].key);
    json_write_text(writer, pairs.items[i].value);
    json_write_array_end(writer);
  }
  json_write_array_end(writer);
}

/* --- frames ---------------------------------------------------------------------------- */

static void write_line(struct json_writer *writer, int64_t number, struct slice text) {
  json_write_array(writer);
  json_write_integer(writer, number);
  json_write_text(writer, text);
  json_write_array_end(writer);
}

static void write_lines(struct json_writer *writer, const char *name, struct lines lines) {
  if (lines.count == 0) return;
  json_write_key(writer, name);
  json_write_array(writer);
  for (size_t i = 0; i < lines.count; i++) json_write_text(writer, lines.items[i]);
  json_write_array_end(writer);
}

/* Lines without a number, or around one that is not there. Sentry has no members for them. */
static void write_lone_lines(struct json_writer *writer, const struct frame *frame) {
  write_lines(writer, "preContext", frame->pre_context);
  if (frame->has_context_line) api_write_text(writer, "contextLine", frame->context_line);
  write_lines(writer, "postContext", frame->post_context);
}

static void write_context(struct json_writer *writer, const struct frame *frame) {
  bool is_numbered = frame->has_context_line && frame->lineno > 0;
  if (!is_numbered) write_lone_lines(writer, frame);
  json_write_key(writer, "context");
  json_write_array(writer);
  if (is_numbered) {
    size_t before = frame->pre_context.count;
    for (size_t i = 0; i < before; i++)
      write_line(writer, frame->lineno - (int64_t)(before - i), frame->pre_context.items[i]);
    write_line(writer, frame->lineno, frame->context_line);
    for (size_t i = 0; i < frame->post_context.count; i++)
      write_line(writer, frame->lineno + 1 + (int64_t)i, frame->post_context.items[i]);
  }
  json_write_array_end(writer);
}

static void write_text_if_any(struct json_writer *writer, const char *name, struct slice text) {
  if (text.len) api_write_text(writer, name, text);
}

static void write_number_or_null(struct json_writer *writer, const char *name, int64_t value) {
  if (value > 0)
    api_write_integer(writer, name, value);
  else
    api_write_null(writer, name);
}

static void write_vars(struct json_writer *writer, const struct frame *frame,
                       struct entries_limits *budget) {
  size_t before = writer->out->len;
  write_value(writer, "vars", frame->vars, budget->vars_bytes);
  size_t written = writer->out->len - before;
  budget->vars_bytes -= written < budget->vars_bytes ? written : budget->vars_bytes;
}

/* What the SDK said of being in the app, where it is not what our rules decided. Not Sentry's. */
static void write_sent_in_app(struct json_writer *writer, const struct frame *frame) {
  enum tristate shown = frame->in_app == YES ? YES : NO;
  if (frame->sent_in_app != shown) write_tristate(writer, "sentInApp", frame->sent_in_app);
}

/* Members that few frames have; the second half is not Sentry's. */
static void write_rest_of_frame(struct json_writer *writer, const struct frame *frame,
                                const struct entries_limits *budget) {
  write_text_if_any(writer, "addrMode", frame->addr_mode);
  if (frame->lock) write_value(writer, "lock", frame->lock, budget->data_bytes);
  write_text_if_any(writer, "imageAddr", frame->image_addr);
  write_text_if_any(writer, "functionId", frame->function_id);
  write_text_if_any(writer, "lang", frame->lang);
  if (frame->stack_start) api_write_bool(writer, "stackStart", true);
  if (frame->data) write_value(writer, "data", frame->data, budget->data_bytes);
  write_sent_in_app(writer, frame);
}

static void write_frame(struct json_writer *writer, const struct frame *frame,
                        struct entries_limits *budget) {
  json_write_object(writer);
  api_write_text_or_null(writer, "filename", frame->filename);
  api_write_text_or_null(writer, "absPath", frame->abs_path);
  api_write_text_or_null(writer, "module", frame->module);
  api_write_text_or_null(writer, "function", frame->function);
  write_text_if_any(writer, "package", frame->package);
  write_text_if_any(writer, "platform", frame->platform);
  write_text_if_any(writer, "rawFunction", frame->raw_function);
  write_text_if_any(writer, "symbol", frame->symbol);
  write_text_if_any(writer, "instructionAddr", frame->instruction_addr);
  write_text_if_any(writer, "symbolAddr", frame->symbol_addr);
  write_text_if_any(writer, "trust", frame->trust);
  write_text_if_any(writer, "sourceLink", frame->source_link);
  write_number_or_null(writer, "lineNo", frame->lineno);
  write_number_or_null(writer, "colNo", frame->colno);
  api_write_bool(writer, "inApp", frame->in_app == YES);
  write_context(writer, frame);
  write_vars(writer, frame, budget);
  write_rest_of_frame(writer, frame, budget);
  json_write_object_end(writer);
}

/* "framesOmitted": [from, to) of the original list. Frames were cut by us just now at the start, or
 * when the event was taken in. */
static void write_omitted(struct json_writer *writer, const struct stacktrace *stacktrace,
                          size_t written) {
  size_t cut = stacktrace->count - written;
  size_t omitted = cut + stacktrace->omitted;
  bool is_at_start = cut > 0 || written <= LIMIT_FRAMES_OUTER;
  if (omitted == 0) {
    api_write_null(writer, "framesOmitted");
    return;
  }
  int64_t from = is_at_start ? 0 : LIMIT_FRAMES_OUTER;
  json_write_key(writer, "framesOmitted");
  json_write_array(writer);
  json_write_integer(writer, from);
  json_write_integer(writer, from + (int64_t)omitted);
  json_write_array_end(writer);
}

/* The members of Sentry's stack trace object. */
static void write_stacktrace_members(struct json_writer *writer,
                                     const struct stacktrace *stacktrace,
                                     struct entries_limits *budget) {
  bool has_system_frames = false;
  size_t count = stacktrace->count < budget->frames ? stacktrace->count : budget->frames;
  budget->frames -= count;
  json_write_key(writer, "frames");
  json_write_array(writer);
  for (size_t i = stacktrace->count - count; i < stacktrace->count; i++) {
    write_frame(writer, &stacktrace->frames[i], budget);
    if (stacktrace->frames[i].in_app != YES) has_system_frames = true;
  }
  json_write_array_end(writer);
  write_omitted(writer, stacktrace, count);
  write_value(writer, "registers", stacktrace->registers, budget->data_bytes);
  api_write_bool(writer, "hasSystemFrames", has_system_frames);
  write_text_if_any(writer, "lang", stacktrace->lang);
  write_text_if_any(writer, "instructionAddrAdjustment", stacktrace->instruction_addr_adjustment);
  if (stacktrace->snapshot != UNSET) write_tristate(writer, "snapshot", stacktrace->snapshot);
}

static void write_stacktrace(struct json_writer *writer, const struct stacktrace *stacktrace,
                             struct entries_limits *budget) {
  json_write_key(writer, "stacktrace");
  if (stacktrace->count == 0) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  write_stacktrace_members(writer, stacktrace, budget);
  json_write_object_end(writer);
}

/* --- exceptions and threads ---------------------------------------------------------------- */

static void write_mechanism(struct json_writer *writer, const struct exception *exception,
                            struct entries_limits *budget) {
  const struct mechanism *mechanism = &exception->mechanism;
  json_write_key(writer, "mechanism");
  if (!exception->has_mechanism) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text(writer, "type", mechanism->type);
  if (mechanism->description.len) api_write_text(writer, "description", mechanism->description);
  if (mechanism->help_link.len) api_write_text(writer, "help_link", mechanism->help_link);
  if (mechanism->source.len) api_write_text(writer, "source", mechanism->source);
  write_tristate(writer, "handled", mechanism->handled);
  if (mechanism->synthetic) api_write_bool(writer, "synthetic", true);
  if (mechanism->is_exception_group) api_write_bool(writer, "is_exception_group", true);
  if (mechanism->exception_id >= 0)
    api_write_integer(writer, "exception_id", mechanism->exception_id);
  if (mechanism->parent_id >= 0) api_write_integer(writer, "parent_id", mechanism->parent_id);
  if (mechanism->data) write_value(writer, "data", mechanism->data, budget->data_bytes);
  if (mechanism->meta) write_value(writer, "meta", mechanism->meta, budget->data_bytes);
  json_write_object_end(writer);
}

static void write_exceptions(struct json_writer *writer, const struct event *event,
                             struct entries_limits *budget) {
  begin_entry(writer, "exception");
  json_write_key(writer, "values");
  json_write_array(writer);
  for (size_t i = 0; i < event->exception_count; i++) {
    const struct exception *exception = &event->exceptions[i];
    json_write_object(writer);
    api_write_text_or_null(writer, "type", exception->type);
    api_write_text_or_null(writer, "value", exception->value);
    api_write_text_or_null(writer, "module", exception->module);
    api_write_text_or_null(writer, "threadId", exception->thread_id);
    write_mechanism(writer, exception, budget);
    write_stacktrace(writer, &exception->stacktrace, budget);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
  api_write_null(writer, "excOmitted");
  end_entry(writer);
}

static void write_threads(struct json_writer *writer, const struct event *event,
                          struct entries_limits *budget) {
  begin_entry(writer, "threads");
  json_write_key(writer, "values");
  json_write_array(writer);
  for (size_t i = 0; i < event->thread_count; i++) {
    const struct thread *thread = &event->threads[i];
    json_write_object(writer);
    api_write_text_or_null(writer, "id", thread->id);
    api_write_text_or_null(writer, "name", thread->name);
    api_write_text_or_null(writer, "state", thread->state);
    write_tristate(writer, "crashed", thread->crashed);
    write_tristate(writer, "current", thread->current);
    if (thread->main != UNSET) write_tristate(writer, "main", thread->main);
    write_value(writer, "heldLocks", thread->held_locks, budget->data_bytes);
    write_stacktrace(writer, &thread->stacktrace, budget);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
  end_entry(writer);
}

/* --- the rest ------------------------------------------------------------------------------- */

static void write_message(struct json_writer *writer, const struct event *event,
                          struct entries_limits *budget) {
  begin_entry(writer, "message");
  api_write_text(writer, "formatted", event->message_formatted);
  api_write_text_or_null(writer, "message", event->message_template);
  write_value(writer, "params", event->message_params, budget->data_bytes);
  end_entry(writer);
}

static void write_breadcrumbs(struct json_writer *writer, const struct event *event,
                              struct entries_limits *budget) {
  begin_entry(writer, "breadcrumbs");
  json_write_key(writer, "values");
  json_write_array(writer);
  for (size_t i = 0; i < event->breadcrumb_count; i++) {
    const struct breadcrumb *breadcrumb = &event->breadcrumbs[i];
    json_write_object(writer);
    api_write_time(writer, "timestamp", breadcrumb->timestamp_ms);
    /* The protocol's defaults, which most SDKs leave out. */
    api_write_text(writer, "type", breadcrumb->type.len ? breadcrumb->type : SLICE("default"));
    api_write_text_or_null(writer, "category", breadcrumb->category);
    api_write_text(writer, "level", breadcrumb->level.len ? breadcrumb->level : SLICE("info"));
    api_write_text_or_null(writer, "message", breadcrumb->message);
    api_write_text_or_null(writer, "event_id", breadcrumb->event_id);
    write_value(writer, "data", breadcrumb->data, budget->data_bytes);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
  end_entry(writer);
}

static void write_env(struct json_writer *writer, struct pairs env) {
  json_write_key(writer, "env");
  json_write_object(writer);
  for (size_t i = 0; i < env.count; i++) {
    json_write_key_text(writer, env.items[i].key);
    json_write_text(writer, env.items[i].value);
  }
  json_write_object_end(writer);
}

/* [[name, value], ...]; what was sent as one text is taken apart. */
static void write_query(struct json_writer *writer, const struct event_request *request) {
  struct slice rest = request->query.count ? SLICE_EMPTY : request->query_string;
  struct arena arena = {0};
  if (rest.len == 0) {
    write_pairs(writer, "query", request->query);
    return;
  }
  json_write_key(writer, "query");
  json_write_array(writer);
  while (rest.len) {
    struct slice value = slice_split(&rest, '&'), name = slice_split(&value, '=');
    if (name.len == 0) continue;
    json_write_array(writer);
    json_write_text(writer, utf8_repair(&arena, url_decode(&arena, name, true)));
    json_write_text(writer, utf8_repair(&arena, url_decode(&arena, value, true)));
    json_write_array_end(writer);
  }
  json_write_array_end(writer);
  arena_free(&arena);
}

static void write_request(struct json_writer *writer, const struct event *event,
                          struct entries_limits *budget) {
  const struct event_request *request = &event->request;
  begin_entry(writer, "request");
  api_write_text(writer, "url", request->url);
  api_write_text_or_null(writer, "method", request->method);
  api_write_text_or_null(writer, "fragment", request->fragment);
  write_query(writer, request);
  write_value(writer, "data", request->data, budget->data_bytes);
  write_pairs(writer, "headers", request->headers);
  write_pairs(writer, "cookies", request->cookies);
  write_env(writer, request->env);
  api_write_text_or_null(writer, "inferredContentType", request->inferred_content_type);
  api_write_text_or_null(writer, "apiTarget", request->api_target);
  /* Not Sentry's. */
  write_text_if_any(writer, "queryString", request->query_string);
  write_text_if_any(writer, "protocol", request->protocol);
  if (request->body_size > 0) api_write_integer(writer, "bodySize", request->body_size);
  end_entry(writer);
}

static void write_whole(struct json_writer *writer, struct slice type, yyjson_val *value,
                        const struct entries_limits *budget) {
  json_write_object(writer);
  api_write_text(writer, "type", type);
  write_value(writer, "data", value, budget->data_bytes);
  json_write_object_end(writer);
}

static void write_debug_meta(struct json_writer *writer, const struct event *event,
                             struct entries_limits *budget) {
  write_whole(writer, SLICE("debugmeta"), event->debug_meta, budget);
}

/* Under the name of its kind: "csp", … */
static void write_report(struct json_writer *writer, const struct event *event,
                         struct entries_limits *budget) {
  write_whole(writer, event->type, event->report, budget);
}

static void write_numbered_lines(struct json_writer *writer, yyjson_val *lines, int64_t first) {
  size_t index, max;
  yyjson_val *line;
  yyjson_arr_foreach(lines, index, max, line) {
    if (yyjson_is_str(line)) write_line(writer, first + (int64_t)index, json_text(line));
  }
}

/* Where a template engine failed. Other members than these nobody sends. */
static void write_template(struct json_writer *writer, const struct event *event,
                           struct entries_limits *budget) {
  yyjson_val *info = event->template_info, *before = json_member(info, "pre_context");
  int64_t lineno = 0;
  (void)budget;
  json_integer(json_member(info, "lineno"), &lineno);
  begin_entry(writer, "template");
  api_write_text_or_null(writer, "filename", json_text(json_member(info, "filename")));
  api_write_text_or_null(writer, "absPath", json_text(json_member(info, "abs_path")));
  write_number_or_null(writer, "lineNo", lineno);
  json_write_key(writer, "context");
  json_write_array(writer);
  write_numbered_lines(writer, before, lineno - (int64_t)yyjson_arr_size(before));
  write_line(writer, lineno, json_text(json_member(info, "context_line")));
  write_numbered_lines(writer, json_member(info, "post_context"), lineno + 1);
  json_write_array_end(writer);
  end_entry(writer);
}

/* --- the list -------------------------------------------------------------------------------- */

enum entry_kind { EXCEPTION, THREADS, MESSAGE, TEMPLATE, BREADCRUMBS, REQUEST, REPORT, DEBUG_META };
#define ENTRY_COUNT (DEBUG_META + 1)

static const struct {
  const char *attribute; /* of the event; null: its type */
  void (*write)(struct json_writer *writer, const struct event *event,
                struct entries_limits *budget);
} entry_kinds[ENTRY_COUNT] = {
    [EXCEPTION] = {"exception", write_exceptions},
    [THREADS] = {"threads", write_threads},
    [MESSAGE] = {"logentry", write_message},
    [TEMPLATE] = {"template", write_template},
    [BREADCRUMBS] = {"breadcrumbs", write_breadcrumbs},
    [REQUEST] = {"request", write_request},
    [REPORT] = {NULL, write_report},
    [DEBUG_META] = {"debug_meta", write_debug_meta},
};

static bool has_entry(const struct event *event, enum entry_kind kind) {
  switch (kind) {
    case EXCEPTION: return event->exception_count > 0;
    case THREADS: return event->thread_count > 0;
    case MESSAGE: return event->message_formatted.len > 0 || event->message_template.len > 0;
    case TEMPLATE: return event->template_info != NULL;
    case BREADCRUMBS: return event->breadcrumb_count > 0;
    case REQUEST: return event->has_request;
    case REPORT: return event->report != NULL;
    case DEBUG_META: return event->debug_meta != NULL;
  }
  return false;
}

void api_write_entries(struct json_writer *writer, const struct event *event,
                       const struct entries_limits *limits) {
  struct entries_limits budget = *limits; /* what is left */
  json_write_key(writer, "entries");
  json_write_array(writer);
  for (enum entry_kind kind = EXCEPTION; kind < ENTRY_COUNT; kind++) {
    if (has_entry(event, kind)) entry_kinds[kind].write(writer, event, &budget);
  }
  json_write_array_end(writer);
}

void api_write_entries_meta(struct json_writer *writer, const struct event *event) {
  char place[2] = "0"; /* of fewer than ten */
  json_write_key(writer, "entries");
  json_write_object(writer);
  for (enum entry_kind kind = EXCEPTION; kind < ENTRY_COUNT; kind++) {
    struct slice name = kind == REPORT ? event->type : slice_of_string(entry_kinds[kind].attribute);
    if (!has_entry(event, kind)) continue;
    yyjson_val *meta = yyjson_obj_getn(event->meta, name.ptr, name.len);
    if (yyjson_is_obj(meta)) {
      json_write_key(writer, place);
      json_write_object(writer);
      json_write_key(writer, "data");
      sentry_write_meta(writer, meta, SENTRY_TO_API);
      json_write_object_end(writer);
    }
    place[0]++;
  }
  json_write_object_end(writer);
}
