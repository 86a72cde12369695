/* event_text.c - an event as plain text and as Markdown.
 *
 * Text of events goes into fenced blocks or code spans whose fence is longer than any run of
 * backticks inside, so that it cannot end them.
 */
#include "web/event_text.h"

#include "base/clock.h"

#include "base/banned.h"

#define MARKDOWN_BREADCRUMBS 20
#define MARKDOWN_VALUE_BYTES 1000

/* --- stack traces -------------------------------------------------------------------- */

static struct slice path_of(const struct frame *frame) {
  return frame->filename.len ? frame->filename : frame->abs_path;
}

static struct slice function_of(const struct frame *frame) {
  return frame->function.len           ? frame->function
         : frame->symbol.len           ? frame->symbol
         : frame->instruction_addr.len ? frame->instruction_addr
                                       : SLICE("?");
}

static void append_number(struct buffer *plain, const char *before, int64_t number) {
  if (number) {
    buffer_printf(plain, "%s%lld", before, (long long)number);
  }
}

static void append_python_frame(struct buffer *plain, const struct frame *frame) {
  struct slice path = path_of(frame), function = function_of(frame);
  buffer_printf(plain, "  File \"%.*s\"", SLICE_ARGS(path));
  append_number(plain, ", line ", frame->lineno);
  buffer_printf(plain, ", in %.*s\n", SLICE_ARGS(function));
  struct slice line = slice_trim(frame->context_line);
  if (line.len) {
    buffer_printf(plain, "    %.*s\n", SLICE_ARGS(line));
  }
}

static void append_other_frame(struct buffer *plain, const struct frame *frame) {
  struct slice path = path_of(frame), function = function_of(frame);
  BUFFER_APPEND_LITERAL(plain, "    at ");
  if (frame->module.len) {
    buffer_printf(plain, "%.*s.", SLICE_ARGS(frame->module));
  }
  buffer_append_slice(plain, function);
  if (path.len) {
    buffer_printf(plain, " (%.*s", SLICE_ARGS(path));
    append_number(plain, ":", frame->lineno);
    append_number(plain, ":", frame->lineno ? frame->colno : 0);
    BUFFER_APPEND_LITERAL(plain, ")");
  }
  BUFFER_APPEND_LITERAL(plain, "\n");
}

static void append_title(struct buffer *plain, const struct exception *exception) {
  buffer_append_slice(plain, exception->type);
  if (exception->type.len && exception->value.len) {
    BUFFER_APPEND_LITERAL(plain, ": ");
  }
  buffer_append_slice(plain, exception->value);
  BUFFER_APPEND_LITERAL(plain, "\n");
}

static void append_frames(struct buffer *plain, const struct stacktrace *stacktrace,
                          bool is_newest_last) {
  for (size_t i = 0; i < stacktrace->count; i++) {
    if (is_newest_last) {
      append_python_frame(plain, &stacktrace->frames[i]);
    } else {
      append_other_frame(plain, &stacktrace->frames[stacktrace->count - 1 - i]);
    }
  }
  if (stacktrace->omitted) {
    buffer_printf(plain, "    ... %zu frames left out\n", stacktrace->omitted);
  }
}

static void append_python(struct buffer *plain, const struct event *event) {
  for (size_t i = 0; i < event->exception_count; i++) {
    const struct exception *exception = &event->exceptions[i];
    if (i) {
      BUFFER_APPEND_LITERAL(plain, "\nThe exception above led to this one:\n\n");
    }
    if (exception->stacktrace.count) {
      BUFFER_APPEND_LITERAL(plain, "Traceback (most recent call last):\n");
      append_frames(plain, &exception->stacktrace, true);
    }
    append_title(plain, exception);
  }
}

static void append_other(struct buffer *plain, const struct event *event) {
  for (size_t i = event->exception_count; i-- > 0;) {
    if (i + 1 < event->exception_count) {
      BUFFER_APPEND_LITERAL(plain, "Caused by: ");
    }
    append_title(plain, &event->exceptions[i]);
    append_frames(plain, &event->exceptions[i].stacktrace, false);
  }
}

void event_text_stack(struct buffer *plain, const struct event *event) {
  bool is_python = slice_equal_string(event->platform, "python");
  if (event->exception_count && is_python) {
    append_python(plain, event);
  } else if (event->exception_count) {
    append_other(plain, event);
  }
  const struct stacktrace *main = event_main_stacktrace(event);
  bool is_shown = false;
  for (size_t i = 0; i < event->exception_count; i++) {
    is_shown = is_shown || main == &event->exceptions[i].stacktrace;
  }
  if (main && !is_shown) {
    append_frames(plain, main, is_python);
  }
}

/* --- Markdown ---------------------------------------------------------------------------- */

static size_t longest_ticks(struct slice text) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < text.len; i++) {
    run = text.ptr[i] == '`' ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return longest;
}

static void append_ticks(struct buffer *plain, size_t count) {
  for (size_t i = 0; i < count; i++) {
    buffer_append_byte(plain, '`');
  }
}

/* A code span on one line. */
static void append_span(struct buffer *plain, struct slice text) {
  struct slice shown = slice_cut_utf8(text, MARKDOWN_VALUE_BYTES);
  size_t ticks = longest_ticks(shown) + 1;
  append_ticks(plain, ticks);
  buffer_append_byte(plain, ' ');
  for (size_t i = 0; i < shown.len; i++) {
    char c = shown.ptr[i];
    buffer_append_byte(plain, c == '\n' || c == '\r' ? ' ' : c);
  }
  buffer_append(plain, shown.len < text.len ? "… " : " ", shown.len < text.len ? 4 : 1);
  append_ticks(plain, ticks);
}

static void append_fact(struct buffer *plain, const char *name, struct slice value) {
  if (value.len) {
    buffer_printf(plain, "- %s: ", name);
    append_span(plain, value);
    BUFFER_APPEND_LITERAL(plain, "\n");
  }
}

static void append_time_fact(struct buffer *plain, const char *name, int64_t time_ms) {
  char text[TIME_ISO_BYTES];
  time_format_iso(time_ms, text);
  buffer_printf(plain, "- %s: %s\n", name, text);
}

static void append_facts(struct buffer *plain, const struct event_markdown *markdown) {
  const struct event *event = markdown->event;
  const struct group *group = markdown->group;
  buffer_printf(plain, "- Error: [%.*s](%.*s)\n", SLICE_ARGS(markdown->short_id),
                SLICE_ARGS(markdown->address));
  append_time_fact(plain, "Time", markdown->row->timestamp_ms);
  append_fact(plain, "Level", slice_of_string(level_name(event->level)));
  append_fact(plain, "Where", event->culprit);
  append_fact(plain, "Platform", event->platform);
  append_fact(plain, "Release", event->release);
  append_fact(plain, "Environment", event->environment);
  append_fact(plain, "User", event->user_identity);
  append_time_fact(plain, "First seen", group->first_seen_ms);
  append_time_fact(plain, "Last seen", group->last_seen_ms);
  buffer_printf(plain, "- Events: %lld\n- Users: %lld\n", (long long)group->event_count,
                (long long)group->user_count);
}

static void append_block(struct buffer *plain, const char *title, struct slice text) {
  if (!text.len) {
    return;
  }
  size_t ticks = longest_ticks(text) + 1;
  ticks = ticks < 3 ? 3 : ticks;
  buffer_printf(plain, "\n## %s\n\n", title);
  append_ticks(plain, ticks);
  BUFFER_APPEND_LITERAL(plain, "\n");
  buffer_append_slice(plain, text);
  if (!slice_ends_with(text, SLICE("\n"))) {
    BUFFER_APPEND_LITERAL(plain, "\n");
  }
  append_ticks(plain, ticks);
  BUFFER_APPEND_LITERAL(plain, "\n");
}

static void append_breadcrumbs(struct buffer *plain, const struct event *event) {
  size_t count = event->breadcrumb_count;
  if (!count) {
    return;
  }
  BUFFER_APPEND_LITERAL(plain, "\n## Breadcrumbs\n\n");
  for (size_t i = count > MARKDOWN_BREADCRUMBS ? count - MARKDOWN_BREADCRUMBS : 0; i < count; i++) {
    const struct breadcrumb *breadcrumb = &event->breadcrumbs[i];
    char time[TIME_ISO_BYTES];
    time_format_iso(breadcrumb->timestamp_ms, time);
    buffer_printf(plain, "- %s ", breadcrumb->timestamp_ms ? time : "");
    append_span(plain, breadcrumb->category.len ? breadcrumb->category : breadcrumb->type);
    BUFFER_APPEND_LITERAL(plain, " ");
    append_span(plain, breadcrumb->message);
    BUFFER_APPEND_LITERAL(plain, "\n");
  }
}

static void append_tags(struct buffer *plain, const struct event *event) {
  if (!event->tags.count) {
    return;
  }
  BUFFER_APPEND_LITERAL(plain, "\n## Tags\n\n");
  for (size_t i = 0; i < event->tags.count; i++) {
    BUFFER_APPEND_LITERAL(plain, "- ");
    append_span(plain, event->tags.items[i].key);
    BUFFER_APPEND_LITERAL(plain, ": ");
    append_span(plain, event->tags.items[i].value);
    BUFFER_APPEND_LITERAL(plain, "\n");
  }
}

void event_text_markdown(struct buffer *plain, const struct event_markdown *markdown) {
  const struct event *event = markdown->event;
  BUFFER_APPEND_LITERAL(plain, "# ");
  append_span(plain, event->title);
  BUFFER_APPEND_LITERAL(plain, "\n\n");
  append_facts(plain, markdown);
  struct buffer stack = buffer_make(plain->limit);
  event_text_stack(&stack, event);
  append_block(plain, "Stack trace", buffer_slice(&stack));
  buffer_free(&stack);
  append_block(plain, "Message", event->message_formatted);
  append_breadcrumbs(plain, event);
  append_tags(plain, event);
}
