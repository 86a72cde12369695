/* stack.c - which frames of a stack trace count, seen by all frames and by those in the app.
 *
 * First the strategies decide (recursion, frames that say nothing, frames that are not the app's),
 * then the project's rules, which have the last word.
 */
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

struct described_frames {
  struct frame_values *values;
  struct stack_view views[STACK_VIEWS];
};

static void decide(struct contribution *contribution, const char *reason) {
  contribution->contributes = reason == NULL;
  contribution->reason = reason;
}

static void describe_frames(const struct computation *computation,
                            const struct stacktrace *stacktrace,
                            struct described_frames *described) {
  for (size_t i = 0; i < stacktrace->count; i++) {
    const struct frame *frame = &stacktrace->frames[i];
    struct frame_values *values = &described->values[i];
    const char *reason = NULL;
    bool is_useful = frame_describe(computation->arena, computation->event, frame, values);
    if (i > 0 && frame_is_recursion(frame, frame - 1)) {
      reason = "the same as the frame before it";
    } else if (!is_useful) {
      reason = "a frame of the browser itself";
    } else if (values->count == 0) {
      reason = "says nothing that stays the same";
    }
    decide(&described->views[VIEW_SYSTEM].frames[i], reason);
    if (frame->in_app != YES) reason = "not in the app";
    decide(&described->views[VIEW_APP].frames[i], reason);
  }
}

/* A lone frame without a function, in a page, says no more than which page it was. */
static bool is_lone_page(const struct event *event, const struct stacktrace *stacktrace) {
  const struct frame *frame = stacktrace->frames;
  return stacktrace->count == 1 && slice_is_empty(frame->function) &&
         is_javascript(frame_platform(event, frame)) && is_page_address(frame->abs_path, true);
}

static void take_view(const struct stacktrace *stacktrace, const struct frame_values *values,
                      const struct stack_view *view, struct part *part) {
  size_t counted = 0;
  for (size_t i = 0; i < stacktrace->count; i++) counted += view->frames[i].contributes;
  part->all_frames = stacktrace->count;
  part->frames = counted;
  part->contributes = part->has_stack = counted > 0 && view->whole.contributes;
  part->reason = NULL;
  part->rule = view->whole.rule;
  if (!part->contributes) {
    part->reason = view->whole.reason;
    return;
  }
  for (size_t i = 0; i < stacktrace->count; i++) {
    if (!view->frames[i].contributes) continue;
    values_add_all(&part->values, (struct pairs){(struct pair *)values[i].items, values[i].count});
  }
}

void stack_add(const struct computation *computation, const struct exception *exception,
               const struct stacktrace *stacktrace, struct part parts[STACK_VIEWS]) {
  struct arena *arena = computation->arena;
  struct described_frames described = {
      .values = arena_alloc_raw(arena, stacktrace->count * sizeof *described.values)};
  for (int view = 0; view < STACK_VIEWS; view++) {
    described.views[view].frames = ARENA_ARRAY(arena, stacktrace->count, struct contribution);
    decide(&described.views[view].whole, NULL);
  }
  describe_frames(computation, stacktrace, &described);
  if (is_lone_page(computation->event, stacktrace)) {
    for (int view = 0; view < STACK_VIEWS; view++) {
      struct contribution *only = &described.views[view].frames[0];
      if (only->contributes) decide(only, "a lone frame without a function");
    }
  }
  const struct rule_subject subject = {arena, computation->rules, computation->event, exception};
  rules_update_frames(&subject, stacktrace, described.views, STACK_VIEWS);
  for (int view = 0; view < STACK_VIEWS; view++) {
    take_view(stacktrace, described.values, &described.views[view], &parts[view]);
  }
}
