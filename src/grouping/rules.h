/* rules.h - what the rule language offers to the strategies; see rules*.c.
 *
 * Rules are applied one after another: for each, first all frames that match are found, then its
 * actions are applied. Project rules come behind our base, so they win.
 */
#ifndef CULPRIT_GROUPING_RULES_H
#define CULPRIT_GROUPING_RULES_H

#include "grouping/grouping.h"

/* Whether a frame, or a stack trace as a whole, counts in a variant. */
struct contribution {
  bool contributes;
  const char *reason; /* why not, in plain words: a literal; null when nothing was decided */
  struct slice rule;  /* the rule that decided last, as written; empty when none did */
};

/* One way to look at a stack trace: by all frames or by the in-app ones. */
struct stack_view {
  struct contribution *frames; /* one for each frame */
  struct contribution whole;
};

/* Stack-trace rules see the exception that owns the stack trace; null for a thread's. */
struct rule_subject {
  struct arena *arena;
  const struct grouping_rules *rules; /* null: our base alone */
  const struct event *event;
  const struct exception *exception;
};

/* Pass 1: sets in_app (from sent_in_app) and category of every frame of the event. Frames that
 * nothing decides become NO. Also trims native function names (native_name.c). */
void rules_mark_frames(struct arena *arena, struct event *event,
                       const struct grouping_rules *rules);

/* Pass 2, over the frames of one stack trace: each view holds what the strategies decided, and
 * ±group, max-frames and min-frames change it. Matches are looked for once for all views.
 * invert-stacktrace changes no hash, as in Sentry's configuration of 2023. */
void rules_update_frames(const struct rule_subject *subject, const struct stacktrace *stacktrace,
                         struct stack_view *views, size_t view_count);

/* The first fingerprint rule that matches; false when none does. Values and title are as written,
 * variables not resolved. */
struct fingerprint_match {
  struct lines values;
  struct slice title; /* may be empty */
  struct slice rule;  /* its text */
  bool is_built_in;
};
bool rules_match_fingerprint(const struct grouping_rules *rules, const struct event *event,
                             struct fingerprint_match *match);

/* A native function's name without argument lists, template arguments, return types, hashes: what
 * stays the same between builds. From the arena or the name itself. Linear. */
struct slice native_name_trim(struct arena *arena, struct slice name);

#endif
