/* frames.c - from an event's stack traces to what a page shows of them.
 *
 * "Relevant" opens the frame that is to blame and the next of the application's own, and folds runs
 * of library frames. When nothing is the application's own, the first and last two frames stand for
 * themselves and the middle is folded. "All" folds nothing. Frames come oldest first and are shown
 * newest first, as the crash is what people look for.
 *
 * Exceptions of one event form a chain or, with exception groups, a tree: each may name its parent.
 * The tree is walked from the thrown one. What names no parent, or one that does not exist, follows
 * in the chain's order; so nothing is lost whatever an SDK sends.
 */
#include "web/frames.h"

#include <assert.h>

#include "web/labels.h"

#include "base/banned.h"

#define PATH_PARTS_SHOWN 3
#define CODE_LINE_CHARACTERS 300
#define OPEN_FRAMES 2
#define SOURCE_CONTEXT_LINES 5
#define LONE_FRAMES 2 /* at each end when no frame is the application's own */
#define MODULES_SHOWN 3
#define TREE_DEPTH_LIMIT 32

static const char *const mode_names[FRAMES_MODE_COUNT] = {"relevant", "all", "raw"};

const char *frames_mode_name(enum frames_mode mode) { return mode_names[mode]; }

bool frames_mode_parse(struct slice name, enum frames_mode *mode) {
  for (int i = 0; i < FRAMES_MODE_COUNT; i++) {
    if (slice_equal_string(name, mode_names[i])) {
      *mode = (enum frames_mode)i;
      return true;
    }
  }
  return false;
}

/* --- code --------------------------------------------------------------------------- */

struct slice code_line_cut(struct arena *arena, struct slice line, int64_t column) {
  if (slice_cut_characters(line, CODE_LINE_CHARACTERS).len == line.len) {
    return line;
  }
  size_t start = 0;
  if (column > CODE_LINE_CHARACTERS / 2 && (size_t)column <= line.len) {
    start = (size_t)column - CODE_LINE_CHARACTERS / 2;
    while (start < line.len && ((unsigned char)line.ptr[start] & 0xc0u) == 0x80u) {
      start++; /* not within a character */
    }
  }
  struct slice rest = slice_from(line, start);
  struct slice part = slice_cut_characters(rest, CODE_LINE_CHARACTERS);
  return arena_printf(arena, "%s%.*s%s", start ? "… " : "", SLICE_ARGS(part),
                      part.len < rest.len ? " …" : "");
}

static void add_line(struct frame_view *view, struct arena *arena, struct code_line line) {
  line.text = code_line_cut(arena, line.text, line.is_hit ? view->column : 0);
  view->lines[view->line_count++] = line;
}

static void add_own_context(struct frame_view *view, struct arena *arena,
                            const struct frame *frame) {
  size_t count = frame->pre_context.count + 1 + frame->post_context.count;
  view->lines = ARENA_ARRAY(arena, count, struct code_line);
  int64_t before = (int64_t)frame->pre_context.count;
  for (size_t i = 0; i < frame->pre_context.count; i++) {
    int64_t number = frame->lineno ? frame->lineno - before + (int64_t)i : 0;
    add_line(view, arena,
             (struct code_line){number > 0 ? number : 0, frame->pre_context.items[i], false});
  }
  add_line(view, arena, (struct code_line){frame->lineno, frame->context_line, true});
  for (size_t i = 0; i < frame->post_context.count; i++) {
    int64_t number = frame->lineno ? frame->lineno + 1 + (int64_t)i : 0;
    add_line(view, arena, (struct code_line){number, frame->post_context.items[i], false});
  }
}

static void add_repository_context(struct frame_view *view, struct frames_request *request,
                                   const struct frame *frame) {
  struct source_finder *finder = request->source;
  struct slice path = frame->filename.len ? frame->filename : frame->abs_path;
  if (!finder || !finder->sha.len || !finder->files_left || !frame->lineno || !path.len) {
    return;
  }
  finder->files_left--;
  struct source_request wanted = {
      .sha = finder->sha, .path = path, .line = frame->lineno, .context = SOURCE_CONTEXT_LINES};
  struct source_lines found;
  if (!forge_source(finder->forge, request->arena, finder->project, &wanted, &found)) {
    return;
  }
  view->is_from_repository = true;
  view->lines = ARENA_ARRAY(request->arena, found.count, struct code_line);
  for (size_t i = 0; i < found.count; i++) {
    int64_t number = found.first_line + (int64_t)i;
    add_line(view, request->arena,
             (struct code_line){number, found.lines[i], number == frame->lineno});
  }
}

/* Where the line is shown at GitLab. */
static void add_forge_link(struct frame_view *view, struct frames_request *request,
                           const struct frame *frame) {
  struct source_finder *finder = request->source;
  struct slice path = frame->filename.len ? frame->filename : frame->abs_path;
  if (!finder || !finder->sha.len || !finder->links_left || !frame->lineno || !path.len) {
    return;
  }
  finder->links_left--;
  struct source_request wanted = {.sha = finder->sha, .path = path, .line = frame->lineno};
  view->forge_address = forge_source_url(finder->forge, request->arena, finder->project, &wanted);
}

/* --- one frame ------------------------------------------------------------------------ */

/* "c/d/e.go" of "/a/b/c/d/e.go". */
static struct slice last_parts(struct slice path) {
  size_t parts = 0;
  for (size_t i = path.len; i > 0; i--) {
    char c = path.ptr[i - 1];
    if ((c == '/' || c == '\\') && i < path.len && ++parts == PATH_PARTS_SHOWN) {
      return slice_from(path, i);
    }
  }
  return path;
}

static bool is_absolute(struct slice path) {
  return slice_starts_with(path, SLICE("/")) || slice_find(path, SLICE("://")) < path.len ||
         (path.len > 2 && path.ptr[1] == ':');
}

static void name_frame(struct frame_view *view, struct arena *arena, const struct frame *frame) {
  struct slice path = frame->filename.len ? frame->filename : frame->abs_path;
  view->full_path = frame->abs_path.len ? frame->abs_path : path;
  view->path = is_absolute(path) ? last_parts(path) : path;
  view->module = frame->module.len ? frame->module : frame->package;
  view->function = frame->function.len ? frame->function
                   : frame->symbol.len ? frame->symbol
                                       : frame->instruction_addr;
  if (path.len && frame->lineno) {
    view->copy = arena_printf(arena, "%.*s:%lld", SLICE_ARGS(path), (long long)frame->lineno);
  } else {
    view->copy = path;
  }
}

static struct frame_view frame_view_of(struct frames_request *request, const struct frame *frame) {
  struct frame_view view = {
      .number = ++request->next_number,
      .line = frame->lineno,
      .column = frame->colno,
      .is_in_app = frame->in_app == YES,
  };
  name_frame(&view, request->arena, frame);
  if (frame->has_context_line) {
    add_own_context(&view, request->arena, frame);
  } else if (view.is_in_app) {
    add_repository_context(&view, request, frame);
  }
  if (view.is_in_app) {
    add_forge_link(&view, request, frame);
  }
  view.vars = value_rows_of_json(request->arena, frame->vars, request->limits);
  return view;
}

/* --- a stack trace --------------------------------------------------------------------- */

/* "django" of "django.core.handlers", "UIKit" of "/System/Frameworks/UIKit". */
static struct slice frame_group_name(const struct frame_view *frame) {
  struct slice name = frame->module.len ? frame->module : frame->path;
  size_t slash = slice_find_last_byte(name, '/');
  if (frame->module.len && slash < name.len) {
    return slice_from(name, slash + 1);
  }
  struct slice rest = name;
  struct slice first = slice_split(&rest, frame->module.len ? '.' : '/');
  return first.len ? first : name;
}

/* The first few different names of folded frames, with commas. */
static struct slice names_of_run(struct arena *arena, const struct frame_run *run) {
  struct slice names[MODULES_SHOWN], all = SLICE_EMPTY;
  size_t count = 0;
  for (size_t i = 0; i < run->count && count < MODULES_SHOWN; i++) {
    struct slice name = frame_group_name(&run->frames[i]);
    bool is_known = !name.len;
    for (size_t j = 0; j < count; j++) {
      is_known = is_known || slice_equal(names[j], name);
    }
    if (!is_known) {
      names[count++] = name;
      all = all.len ? arena_printf(arena, "%.*s, %.*s", SLICE_ARGS(all), SLICE_ARGS(name)) : name;
    }
  }
  return all;
}

/* Which frames stand for themselves; the others are folded with their neighbours. */
static bool stands_alone(const struct frame_view *frames, size_t count, size_t index,
                         bool has_in_app) {
  return has_in_app ? frames[index].is_in_app : index < LONE_FRAMES || index + LONE_FRAMES >= count;
}

static void fold(struct stack_view *view, struct arena *arena, struct frame_view *frames,
                 bool has_in_app) {
  view->runs = ARENA_ARRAY(arena, view->frame_count, struct frame_run);
  size_t i = 0;
  while (i < view->frame_count) {
    struct frame_run *run = &view->runs[view->run_count++];
    run->frames = &frames[i];
    run->count = 1;
    if (!stands_alone(frames, view->frame_count, i, has_in_app)) {
      while (i + run->count < view->frame_count &&
             !stands_alone(frames, view->frame_count, i + run->count, has_in_app)) {
        run->count++;
      }
      run->is_folded = run->count > 1;
      run->modules = names_of_run(arena, run);
    }
    i += run->count;
  }
}

static void keep_apart(struct stack_view *view, struct arena *arena, struct frame_view *frames) {
  view->runs = ARENA_ARRAY(arena, view->frame_count, struct frame_run);
  view->run_count = view->frame_count;
  for (size_t i = 0; i < view->frame_count; i++) {
    view->runs[i] = (struct frame_run){.frames = &frames[i], .count = 1};
  }
}

static void open_frames(struct frame_view *frames, size_t count, bool has_in_app) {
  size_t open = 0;
  for (size_t i = 0; i < count && open < OPEN_FRAMES; i++) {
    if (!has_in_app || frames[i].is_in_app) {
      frames[i].is_open = true;
      open++;
    }
  }
}

struct stack_view stack_view_of(struct frames_request *request,
                                const struct stacktrace *stacktrace) {
  size_t limit = request->limits->frames;
  struct stack_view view = {.omitted = stacktrace->omitted};
  view.frame_count = stacktrace->count < limit ? stacktrace->count : limit;
  view.hidden = stacktrace->count - view.frame_count;
  const struct frame *crash = stacktrace_crash_frame(stacktrace);
  struct frame_view *frames = ARENA_ARRAY(request->arena, view.frame_count, struct frame_view);
  bool has_in_app = false;
  for (size_t i = 0; i < view.frame_count; i++) {
    const struct frame *frame = &stacktrace->frames[stacktrace->count - 1 - i];
    frames[i] = frame_view_of(request, frame);
    frames[i].is_crash = frame == crash;
    has_in_app = has_in_app || frames[i].is_in_app;
  }
  open_frames(frames, view.frame_count, has_in_app);
  if (request->mode == FRAMES_RELEVANT) {
    fold(&view, request->arena, frames, has_in_app);
  } else {
    keep_apart(&view, request->arena, frames);
  }
  return view;
}

/* --- exceptions -------------------------------------------------------------------------- */

struct exception_walk {
  struct frames_request *request;
  const struct event *event;
  bool *is_seen;
  struct exception_view *views;
  size_t count;
};

static void visit(struct exception_walk *walk, size_t index, size_t depth, const char *relation) {
  const struct exception *exception = &walk->event->exceptions[index];
  const struct mechanism *mechanism = &exception->mechanism;
  struct slice value = slice_cut_utf8(exception->value, walk->request->limits->value_bytes);
  walk->is_seen[index] = true;
  struct exception_view *view = &walk->views[walk->count++];
  *view = (struct exception_view){
      .number = walk->count,
      .type = exception->type,
      .value = value,
      .is_value_cut = value.len < exception->value.len,
      .module = exception->module,
      .handled = UNSET,
      .depth = depth,
      .relation = walk->count == 1 ? NULL : relation,
      .stack = stack_view_of(walk->request, &exception->stacktrace),
  };
  if (exception->has_mechanism) {
    view->mechanism = mechanism_title(mechanism->type);
    view->handled = mechanism->handled;
    view->is_group = mechanism->is_exception_group;
  }
}

/* The children of exception `parent`, each followed by its own. */
static void visit_children(struct exception_walk *walk, size_t parent, size_t depth) {
  const struct exception *above = &walk->event->exceptions[parent];
  if (!above->has_mechanism || above->mechanism.exception_id < 0 || depth > TREE_DEPTH_LIMIT) {
    return;
  }
  for (size_t i = walk->event->exception_count; i-- > 0;) {
    const struct exception *exception = &walk->event->exceptions[i];
    if (walk->is_seen[i] || !exception->has_mechanism ||
        exception->mechanism.parent_id != above->mechanism.exception_id) {
      continue;
    }
    bool is_member = above->mechanism.is_exception_group;
    size_t child_depth = depth + (is_member ? 1 : 0);
    struct slice source = exception->mechanism.source;
    visit(walk, i, child_depth,
          is_member                                   ? "Member of the group"
          : slice_equal_string(source, "__context__") ? "Raised while handling"
                                                      : "Caused by");
    if (is_member) {
      walk->views[walk->count - 1].source = source;
    }
    visit_children(walk, i, child_depth);
  }
}

size_t exception_views_of(struct frames_request *request, const struct event *event,
                          struct exception_view **views) {
  struct exception_walk walk = {
      .request = request,
      .event = event,
      .is_seen = ARENA_ARRAY(request->arena, event->exception_count, bool),
      .views = ARENA_ARRAY(request->arena, event->exception_count, struct exception_view),
  };
  for (size_t i = event->exception_count; i-- > 0;) {
    if (!walk.is_seen[i]) {
      visit(&walk, i, 0, "Caused by");
      visit_children(&walk, i, 0);
    }
  }
  assert(walk.count == event->exception_count);
  *views = walk.views;
  return walk.count;
}
