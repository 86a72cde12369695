/* description.c - the Markdown text of an issue made from an error.
 *
 * What senders wrote (types, messages, file names, code) stands only inside one fenced block, whose
 * fence is longer than any run of backticks in it. Outside are a link, times and numbers.
 */
#include "tracker/description.h"

#include "base/clock.h"
#include "tracker/limits.h"

#include "base/banned.h"

enum { DESCRIPTION_LIMIT = 64 * 1024, FENCE_MIN = 3 };

/* One line of the block: cut, without control characters. */
static void append_line(struct buffer *out, const char *indent, struct slice text) {
  struct slice cut = slice_cut_utf8(text, ISSUE_STACK_LINE_BYTES);
  buffer_append_slice(out, slice_of_string(indent));
  for (size_t i = 0; i < cut.len; i++)
    buffer_append_byte(out, (unsigned char)cut.ptr[i] < ' ' ? ' ' : cut.ptr[i]);
  if (cut.len < text.len) BUFFER_APPEND_LITERAL(out, "...");
  buffer_append_byte(out, '\n');
}

static struct slice first_of(struct slice a, struct slice b, struct slice otherwise) {
  return a.len ? a : b.len ? b : otherwise;
}

/* "app/main.py:12:5 in handler", then the line of code. */
static void append_frame(struct buffer *out, struct arena *arena, const struct frame *frame) {
  struct slice file = first_of(frame->filename, frame->abs_path,
                               first_of(frame->module, frame->package, SLICE("<unknown file>")));
  struct slice text = slice_cut_utf8(file, ISSUE_STACK_LINE_BYTES);
  if (frame->lineno > 0) {
    text = arena_printf(arena, "%.*s:%lld", SLICE_ARGS(text), (long long)frame->lineno);
    if (frame->colno > 0)
      text = arena_printf(arena, "%.*s:%lld", SLICE_ARGS(text), (long long)frame->colno);
  }
  if (frame->function.len) {
    struct slice function = slice_cut_utf8(frame->function, ISSUE_STACK_LINE_BYTES / 2);
    text = arena_printf(arena, "%.*s in %.*s", SLICE_ARGS(text), SLICE_ARGS(function));
  }
  append_line(out, "  ", text);
  if (frame->has_context_line && slice_trim(frame->context_line).len)
    append_line(out, "      ", slice_trim(frame->context_line));
}

static void append_frames(struct buffer *out, struct arena *arena,
                          const struct stacktrace *stacktrace) {
  size_t written = 0;
  for (size_t i = stacktrace->count; i > 0; i--) {
    if (written == ISSUE_STACK_FRAMES || out->len > ISSUE_STACK_BYTES) {
      append_line(out, "  ", arena_printf(arena, "... %zu more", i));
      return;
    }
    append_frame(out, arena, &stacktrace->frames[i - 1]);
    written++;
  }
}

static void append_exception(struct buffer *out, struct arena *arena,
                             const struct exception *exception) {
  struct slice type = exception->type, value = exception->value;
  struct slice between = type.len && value.len ? SLICE(": ") : SLICE_EMPTY;
  append_line(out, "",
              arena_concat(arena, arena_concat(arena, type, between),
                           slice_upto(value, slice_find_byte(value, '\n'))));
  append_frames(out, arena, &exception->stacktrace);
}

struct slice describe_stack(struct arena *arena, const struct event *event) {
  struct buffer out = buffer_make(DESCRIPTION_LIMIT);
  for (size_t i = event->exception_count; i > 0 && out.len <= ISSUE_STACK_BYTES; i--) {
    if (i < event->exception_count) append_line(&out, "", SLICE("Caused by:"));
    append_exception(&out, arena, &event->exceptions[i - 1]);
  }
  if (event->exception_count == 0) {
    append_line(&out, "", event->title);
    const struct stacktrace *stacktrace = event_main_stacktrace(event);
    if (stacktrace) append_frames(&out, arena, stacktrace);
  }
  struct slice text = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return text;
}

static size_t longest_run(struct slice text, char byte) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < text.len; i++) {
    run = text.ptr[i] == byte ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

static void append_fenced(struct buffer *out, struct slice text) {
  size_t run = longest_run(text, '`');
  size_t fence = run < FENCE_MIN ? FENCE_MIN : run + 1;
  for (size_t i = 0; i < fence; i++) buffer_append_byte(out, '`');
  BUFFER_APPEND_LITERAL(out, "\n");
  buffer_append_slice(out, text);
  for (size_t i = 0; i < fence; i++) buffer_append_byte(out, '`');
  BUFFER_APPEND_LITERAL(out, "\n");
}

static void append_time(struct buffer *out, const char *label, int64_t time_ms) {
  struct civil_time t = time_civil(time_ms);
  buffer_printf(out, "- %s: %04d-%02d-%02d %02d:%02d:%02d UTC\n", label, t.year, t.month, t.day,
                t.hour, t.minute, t.second);
}

/* A name of ours and a URL that is ours or was made by us of a checked one. */
static void append_link(struct buffer *out, const char *label, struct slice text,
                        struct slice url) {
  buffer_printf(out, "- %s: [%.*s](%.*s)\n", label, SLICE_ARGS(text), SLICE_ARGS(url));
}

struct slice describe_error(struct arena *arena, const struct description *description) {
  const struct group *group = description->group;
  const struct event bare = {.title = group->title};
  struct buffer out = buffer_make(2 * DESCRIPTION_LIMIT);
  BUFFER_APPEND_LITERAL(&out, "## Error details\n\n");
  append_link(&out, "Error", description->short_id, description->url);
  if (description->remote_url.len)
    append_link(&out, "Sentry", SLICE("Sentry event"), description->remote_url);
  append_time(&out, "First seen", group->first_seen_ms);
  append_time(&out, "Last seen", group->last_seen_ms);
  buffer_printf(&out, "- Events: %lld\n- Users: %lld\n\n", (long long)group->event_count,
                (long long)group->user_count);
  BUFFER_APPEND_LITERAL(&out, "## Stack trace\n\n");
  append_fenced(&out, describe_stack(arena, description->event ? description->event : &bare));
  struct slice text = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return text;
}
