/* graphql_stack.c - the stack trace of an error's latest event. */
#include "api/gitlab/graphql_schema.h"

#include "base/banned.h"

static struct slice number_or_null(struct arena *arena, int64_t number) {
  return number ? gitlab_digits(arena, number) : SLICE_EMPTY;
}

static void fill_frames(struct arena *arena, const struct stacktrace *trace,
                        struct stack_view *view) {
  view->count = trace->count;
  view->frames = ARENA_ARRAY(arena, trace->count, struct frame_view);
  for (size_t i = 0; i < trace->count; i++) {
    const struct frame *frame = &trace->frames[i];
    struct slice file = frame->filename.len ? frame->filename : frame->abs_path;
    view->frames[i] = (struct frame_view){.frame = frame,
                                          .file_name = gitlab_text_or_null(file),
                                          .function = gitlab_text_or_null(frame->function),
                                          .line = number_or_null(arena, frame->lineno),
                                          .column = number_or_null(arena, frame->colno)};
  }
}

/* Null when the event or its content is not there any more, or has no stack trace. */
static struct stack_view *stack_view_of(const struct graphql_call *call,
                                        const struct source_details *details) {
  struct event *event = details->payload.len ? event_read(call->arena, details->payload) : NULL;
  const struct stacktrace *trace = event ? event_main_stacktrace(event) : NULL;
  if (!trace) return NULL;
  struct stack_view *view = ARENA_NEW(call->arena, struct stack_view);
  view->error_id = gitlab_digits(call->arena, details->error.group.id);
  view->date_received = gitlab_time(call->arena, details->row.received_ms);
  fill_frames(call->arena, trace, view);
  return view;
}

enum status gitlab_resolve_stack_trace(const struct graphql_call *call,
                                       struct graphql_result *result, struct problem *problem) {
  struct source *source = &((struct project_view *)call->parent)->source;
  const struct source_event_choice latest = {.is_latest = true};
  struct source_details details;
  int64_t id;
  enum status status = gitlab_error_id(call, &id, problem);
  if (status) return status;
  status = source_details(source, id, &latest, &details, problem);
  if (status) return gitlab_source_status(call, source, status);
  const struct stack_view *view = stack_view_of(call, &details);
  if (view) gitlab_set_object(result, view);
  return STATUS_OK;
}

enum status gitlab_resolve_frames(const struct graphql_call *call, struct graphql_result *result,
                                  struct problem *problem) {
  const struct stack_view *view = call->parent;
  (void)problem;
  gitlab_set_list(call->arena, result, view->count);
  for (size_t i = 0; i < view->count; i++) gitlab_set_object(&result->items[i], &view->frames[i]);
  return STATUS_OK;
}

static void set_line(const struct graphql_call *call, struct graphql_result *item, int64_t line,
                     struct slice code) {
  struct context_view *view = ARENA_NEW(call->arena, struct context_view);
  *view = (struct context_view){line, gitlab_text(code)};
  gitlab_set_object(item, view);
}

/* Null for a frame without a line of its own, or without a number to count from. */
enum status gitlab_resolve_context(const struct graphql_call *call, struct graphql_result *result,
                                   struct problem *problem) {
  const struct frame *frame = ((const struct frame_view *)call->parent)->frame;
  size_t before = frame->pre_context.count, after = frame->post_context.count;
  (void)problem;
  if (!frame->has_context_line || !frame->lineno) return STATUS_OK;
  gitlab_set_list(call->arena, result, before + 1 + after);
  struct graphql_result *items = result->items;
  for (size_t i = 0; i < before; i++)
    set_line(call, &items[i], frame->lineno - (int64_t)(before - i), frame->pre_context.items[i]);
  set_line(call, &items[before], frame->lineno, frame->context_line);
  for (size_t i = 0; i < after; i++)
    set_line(call, &items[before + 1 + i], frame->lineno + 1 + (int64_t)i,
             frame->post_context.items[i]);
  return STATUS_OK;
}
