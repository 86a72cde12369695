/* frames.h - stack traces and exceptions as pages show them: newest call first.
 *
 *   exceptions (cause first)  ─► exception_view[] (thrown one first, causes and members after it)
 *   stack trace (crash last)  ─► stack_view ─► frame_run[]: one open frame, or some folded ones
 */
#ifndef CULPRIT_WEB_FRAMES_H
#define CULPRIT_WEB_FRAMES_H

#include "event/event.h"
#include "forge/forge.h"
#include "web/values.h"

/* What of a stack trace is shown; names as in the address: "relevant", "all", "raw". */
enum frames_mode { FRAMES_RELEVANT, FRAMES_ALL, FRAMES_RAW };
#define FRAMES_MODE_COUNT 3
const char *frames_mode_name(enum frames_mode mode);
bool frames_mode_parse(struct slice name, enum frames_mode *mode);

struct code_line {
  int64_t number; /* 0: unknown */
  struct slice text;
  bool is_hit;
};

struct frame_view {
  size_t number;                /* the anchor "frame-N", unique on the page */
  struct slice path, full_path; /* the last parts of it; empty when there is none */
  struct slice function, module;
  struct slice copy; /* "path:line" */
  int64_t line, column;
  bool is_in_app, is_crash, is_open;
  bool is_from_repository;    /* the code lines are */
  struct slice forge_address; /* of the line's page at GitLab; mostly empty */
  struct code_line *lines;
  size_t line_count;
  struct value_rows vars;
};

/* Frames that stand together: one by itself, or several folded into one line. */
struct frame_run {
  bool is_folded;
  struct frame_view *frames;
  size_t count;
  struct slice modules; /* of folded ones: "django.core, gunicorn" */
};

struct stack_view {
  struct frame_run *runs;
  size_t run_count;
  size_t frame_count;
  size_t omitted; /* cut by the SDK or when the event was taken in */
  size_t hidden;  /* left out of this page */
};

struct exception_view {
  size_t number; /* the anchor "exc-N" */
  struct slice type, value, module, mechanism;
  enum tristate handled;
  bool is_value_cut;
  bool is_group; /* holds others */
  size_t depth;  /* how deep in groups */
  /* How it belongs to the one above: "Caused by", "Member of the group"; null for the first. */
  const char *relation;
  struct slice source; /* "errors[0]"; mostly empty */
  struct stack_view stack;
};

/* Source lines for frames that have none, from a commit. */
struct source_finder {
  struct forge *forge;
  const struct project *project;
  struct slice sha;  /* empty: there is no commit to look at */
  size_t files_left; /* looking costs time; so many frames at most */
  size_t links_left; /* the same for pages at GitLab; 0 for other projects */
};

struct frames_request {
  struct arena *arena;
  enum frames_mode mode;
  const struct show_limits *limits;
  struct source_finder *source;
  size_t next_number; /* of frames, counted on over the whole page */
};

struct stack_view stack_view_of(struct frames_request *request,
                                const struct stacktrace *stacktrace);
/* All exceptions, in the order to show them. */
size_t exception_views_of(struct frames_request *request, const struct event *event,
                          struct exception_view **views);

/* A line cut to what is around `column` (from 1; 0 for its beginning) when it is very long, as
 * minified code is. */
struct slice code_line_cut(struct arena *arena, struct slice line, int64_t column);

#endif
