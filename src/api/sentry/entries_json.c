/* entries_json.c - the `entries` of Sentry's Event object.
 *
 * Frames carry their source lines as "context": [[line number, "text"], ...], made of the lines
 * before, at and after the frame's own.
 */
#include "api/sentry/entries_json.h"

#include "event/limits.h"

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

static void write_context(struct json_writer *writer, const struct frame *frame) {
  json_write_key(writer, "context");
  json_write_array(writer);
  if (frame->has_context_line && frame->lineno > 0) {
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
  if (event->exception_count == 0) return;
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
  if (event->thread_count == 0) return;
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
    write_stacktrace(writer, &thread->stacktrace, budget);
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
  end_entry(writer);
}

/* --- the rest ------------------------------------------------------------------------------- */

static void write_message(struct json_writer *writer, const struct event *event,
                          struct entries_limits *budget) {
  if (event->message_formatted.len == 0 && event->message_template.len == 0) return;
  begin_entry(writer, "message");
  api_write_text(writer, "formatted", event->message_formatted);
  api_write_text_or_null(writer, "message", event->message_template);
  write_value(writer, "params", event->message_params, budget->data_bytes);
  end_entry(writer);
}

static void write_breadcrumbs(struct json_writer *writer, const struct event *event,
                              struct entries_limits *budget) {
  if (event->breadcrumb_count == 0) return;
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
  if (!event->has_request) return;
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
  end_entry(writer);
}

static void write_debug_meta(struct json_writer *writer, const struct event *event,
                             struct entries_limits *budget) {
  if (!event->debug_meta) return;
  json_write_object(writer);
  api_write_text(writer, "type", SLICE("debugmeta"));
  write_value(writer, "data", event->debug_meta, budget->data_bytes);
  json_write_object_end(writer);
}

/* Under the name of its kind: "csp", … */
static void write_report(struct json_writer *writer, const struct event *event,
                         const struct entries_limits *budget) {
  if (!event->report) return;
  json_write_object(writer);
  api_write_text(writer, "type", event->type);
  write_value(writer, "data", event->report, budget->data_bytes);
  json_write_object_end(writer);
}

void api_write_entries(struct json_writer *writer, const struct event *event,
                       const struct entries_limits *limits) {
  struct entries_limits budget = *limits; /* what is left */
  json_write_key(writer, "entries");
  json_write_array(writer);
  write_exceptions(writer, event, &budget);
  write_threads(writer, event, &budget);
  write_message(writer, event, &budget);
  write_breadcrumbs(writer, event, &budget);
  write_request(writer, event, &budget);
  write_report(writer, event, &budget);
  write_debug_meta(writer, event, &budget);
  json_write_array_end(writer);
}
