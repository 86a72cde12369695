/* exceptions.c - a chain of exceptions: causes first, the one that was thrown last.
 *
 * Each exception says its stack trace and its type. Its value holds ids and names, so it counts
 * only where no frame does and where it is not an error of Apple's frameworks, which a domain and a
 * code tell apart.
 */
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

/* Where the values of one exception are among those of its chain. */
struct span {
  size_t start, count;
  bool exists, contributes, has_stack;
  size_t frames, all_frames;
  const char *reason;
  struct slice rule;
};

struct chain {
  const struct computation *computation;
  struct part parts[STACK_VIEWS]; /* values of all exceptions, in the order of the event */
  struct span *spans[STACK_VIEWS];
};

/* --- one exception -------------------------------------------------------------------------- */

static void add_value(struct chain *chain, const struct exception *exception, struct slice *text,
                      struct part *part) {
  if (slice_is_empty(exception->value)) return;
  if (!text->ptr) *text = message_parameterize(chain->computation->arena, exception->value);
  values_add(&part->values, SLICE("value"), *text);
}

static void add_names(struct chain *chain, const struct exception *exception, struct slice *text,
                      struct part *part) {
  const struct mechanism *mechanism = &exception->mechanism;
  bool has_code = !slice_is_empty(mechanism->ns_error_code);
  if (!slice_is_empty(exception->type) && !mechanism->synthetic) {
    values_add(&part->values, SLICE("type"), exception->type);
  }
  if (has_code) {
    values_add(&part->values, SLICE("error domain"), mechanism->ns_error_domain);
    values_add(&part->values, SLICE("error code"), mechanism->ns_error_code);
  } else if (!part->has_stack) {
    add_value(chain, exception, text, part);
  }
}

static void add_exception(struct chain *chain, size_t index) {
  const struct exception *exception = &chain->computation->event->exceptions[index];
  bool has_frames = exception->stacktrace.count > 0;
  struct slice text = SLICE_EMPTY; /* the value, once it is needed */
  size_t starts[STACK_VIEWS];
  for (int view = 0; view < STACK_VIEWS; view++) {
    struct part *part = &chain->parts[view];
    starts[view] = part->values.count;
    part->contributes = part->has_stack = false;
    part->reason = NULL;
    part->rule = SLICE_EMPTY;
    part->frames = part->all_frames = 0;
  }
  if (has_frames) {
    stack_add(chain->computation, exception, &exception->stacktrace, chain->parts);
  }
  for (int view = 0; view < STACK_VIEWS; view++) {
    struct part *part = &chain->parts[view];
    struct span *span = &chain->spans[view][index];
    if (view == VIEW_SYSTEM && !has_frames) continue;
    add_names(chain, exception, &text, part);
    *span = (struct span){.start = starts[view],
                          .count = part->values.count - starts[view],
                          .exists = true,
                          .has_stack = part->has_stack,
                          .frames = part->frames,
                          .all_frames = part->all_frames,
                          .reason = part->reason,
                          .rule = part->rule};
    span->contributes = span->has_stack || span->count > 0;
  }
}

/* --- the chain -------------------------------------------------------------------------------- */

static struct pairs span_values(const struct part *part, const struct span *span) {
  if (span->count == 0) return (struct pairs){0};
  return (struct pairs){part->values.items + span->start, span->count};
}

static struct exception_hash *hashes_of(const struct chain *chain) {
  size_t count = chain->computation->event->exception_count;
  struct exception_hash *hashes =
      ARENA_ARRAY(chain->computation->arena, count, struct exception_hash);
  for (size_t i = 0; i < count; i++) {
    for (int view = 0; view < STACK_VIEWS; view++) {
      const struct span *span = &chain->spans[view][i];
      if (!span->contributes) continue;
      hashes[i].views[view] = values_hash(span_values(&chain->parts[view], span));
    }
  }
  return hashes;
}

static void take_span(const struct span *span, struct part *part) {
  if (!span->exists) return;
  part->exists = true;
  part->contributes |= span->contributes;
  part->has_stack |= span->has_stack;
  part->frames += span->frames;
  part->all_frames += span->all_frames;
  if (!part->reason) part->reason = span->reason;
  if (slice_is_empty(part->rule)) part->rule = span->rule;
}

/* Without a group all values are wanted, and are in order already. */
static void take_all(const struct chain *chain, struct part parts[VIEW_COUNT]) {
  for (int view = 0; view < STACK_VIEWS; view++) {
    parts[view] = (struct part){.values = chain->parts[view].values};
    for (size_t i = 0; i < chain->computation->event->exception_count; i++) {
      take_span(&chain->spans[view][i], &parts[view]);
    }
  }
}

static void take_group(const struct chain *chain, struct part parts[VIEW_COUNT]) {
  struct arena *arena = chain->computation->arena;
  struct event *event = chain->computation->event;
  size_t *chosen = ARENA_ARRAY(arena, exception_group_limit(event), size_t);
  size_t count = exception_group_choose(arena, event, hashes_of(chain), chosen);
  for (int view = 0; view < STACK_VIEWS; view++) {
    parts[view] = (struct part){.values = {.arena = arena}};
    for (size_t i = 0; i < count; i++) {
      const struct span *span = &chain->spans[view][chosen[i]];
      values_add_all(&parts[view].values, span_values(&chain->parts[view], span));
      take_span(span, &parts[view]);
    }
  }
}

void exceptions_describe(const struct computation *computation, struct part parts[VIEW_COUNT]) {
  struct arena *arena = computation->arena;
  size_t count = computation->event->exception_count;
  struct chain chain = {.computation = computation};
  if (count == 0) return;
  for (int view = 0; view < STACK_VIEWS; view++) {
    chain.parts[view].values.arena = arena;
    chain.spans[view] = ARENA_ARRAY(arena, count, struct span);
  }
  for (size_t i = 0; i < count; i++) add_exception(&chain, i);
  if (exception_group_exists(computation->event)) {
    take_group(&chain, parts);
  } else {
    take_all(&chain, parts);
  }
}
