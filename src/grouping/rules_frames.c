/* rules_frames.c - applies stack-trace rules to the frames of one stack trace.
 *
 * For each rule in order: which frames match, then its actions on them. The index says which rules
 * may match at all and where; rules that ask for a category come in when a frame gets it.
 *
 * Rules times frames times lengths of texts is bounded, but is seconds for the worst rules and the
 * largest event. So there is a budget for each set of rules, which no sensible one comes near:
 * rules that are left when it is spent are not applied.
 */
#include "event/limits.h"
#include "grouping/rules_index.h"

#include <string.h>

#include "base/banned.h"

/* Some 25 us: two hundred patterns that are no plain texts, against names of forty bytes. */
enum { STEPS_PER_FRAME = 8192 };

struct run {
  struct arena *arena;
  const struct rule_subject *subject;
  struct frame *frames;
  size_t count;
  unsigned char *families; /* [frame]: number of the bit */
  enum rule_pass pass;
  uint64_t *triggered; /* bits: rules that may match */
  uint32_t *matched;   /* frames that the rule at hand matches, ascending */
  size_t matched_count;
  struct stack_view *views; /* PASS_UPDATE */
  size_t view_count;
  int64_t max_frames, min_frames;  /* 0: no limit */
  struct slice max_rule, min_rule; /* which set them */
  int64_t steps_left;              /* of the set at hand */
};

/* --- texts of frames -------------------------------------------------------------- */

unsigned rule_family(struct slice platform) {
  switch (platform_family(platform)) {
    case FAMILY_NATIVE: return RULE_NATIVE;
    case FAMILY_JAVASCRIPT: return RULE_JAVASCRIPT;
    default: return RULE_OTHER;
  }
}

static unsigned char family_number(unsigned bit) {
  return bit == RULE_NATIVE ? 0 : bit == RULE_JAVASCRIPT ? 1 : 2;
}

static struct slice frame_text(const struct frame *frame, enum rule_field field) {
  switch (field) {
    case RULE_FUNCTION:
      if (slice_is_empty(frame->function)) return SLICE("<unknown>");
      return frame->function;
    case RULE_MODULE: return frame->module;
    case RULE_PATH: return frame->abs_path;
    case RULE_PACKAGE: return frame->package;
    default: return frame->category;
  }
}

/* --- matching ---------------------------------------------------------------------- */

static bool try_pattern(struct run *run, const struct matcher *matcher, struct slice text) {
  run->steps_left -= (int64_t)pattern_cost(&matcher->pattern, text);
  return pattern_matches(&matcher->pattern, text);
}

static bool frame_matches(struct run *run, const struct matcher *matcher, size_t index) {
  const struct frame *frame = &run->frames[index];
  bool matches;
  if (matcher->field == RULE_FAMILY) {
    matches = (matcher->families >> run->families[index] & 1) != 0;
  } else if (matcher->field == RULE_APP) {
    matches = (frame->in_app == YES) == matcher->is_app;
  } else {
    struct slice text = frame_text(frame, matcher->field);
    matches = text.len > 0 && try_pattern(run, matcher, text);
  }
  return matches != matcher->is_negated;
}

static bool is_about_exception(const struct matcher *matcher) {
  return matcher->field == RULE_TYPE || matcher->field == RULE_VALUE ||
         matcher->field == RULE_MECHANISM;
}

static bool exception_matches(struct run *run, const struct matcher *matcher) {
  const struct exception *exception = run->subject->exception;
  struct slice text = SLICE_EMPTY;
  if (exception) {
    text = matcher->field == RULE_TYPE    ? exception->type
           : matcher->field == RULE_VALUE ? exception->value
                                          : exception->mechanism.type;
  }
  if (slice_is_empty(text)) text = SLICE("<unknown>");
  return try_pattern(run, matcher, text) != matcher->is_negated;
}

static bool matcher_holds(struct run *run, const struct matcher *matcher, size_t index) {
  return is_about_exception(matcher) ? exception_matches(run, matcher)
                                     : frame_matches(run, matcher, index);
}

/* Whether the rule can hold for any frame of this stack trace. */
static bool may_hold(struct run *run, const struct rule *rule) {
  for (size_t i = 0; i < rule->matcher_count; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (is_about_exception(matcher) && !exception_matches(run, matcher)) return false;
  }
  return true;
}

/* All but the matchers on the exception, which hold. */
static bool rule_matches(struct run *run, const struct rule *rule, size_t index,
                         bool is_key_enough) {
  if (run->steps_left <= 0) return false;
  bool is_single = is_key_enough && rule->matcher_count == 1;
  for (size_t i = 0; i < rule->matcher_count && !is_single; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (!is_about_exception(matcher) && !frame_matches(run, matcher, index)) return false;
  }
  if (rule->caller && (index == 0 || !matcher_holds(run, rule->caller, index - 1))) return false;
  return !rule->callee || (index + 1 < run->count && matcher_holds(run, rule->callee, index + 1));
}

/* --- actions ------------------------------------------------------------------------ */

/* A frame got a category: rules that ask for it may match now. */
static void trigger_category(struct run *run, const struct rule_index *index,
                             struct slice category) {
  for (size_t i = 0; i < index->category_count; i++) {
    const struct category_rules *known = &index->categories[i];
    if (!slice_equal(known->name, category)) continue;
    for (size_t word = 0; word < index->words; word++) run->triggered[word] |= known->rules[word];
    return;
  }
}

static void set_flag(struct run *run, const struct rule *rule, const struct rule_action *action,
                     size_t index) {
  if (action->verb == VERB_APP) {
    run->frames[index].in_app = action->is_on ? YES : NO;
    return;
  }
  for (size_t i = 0; i < run->view_count; i++) {
    struct contribution *contribution = &run->views[i].frames[index];
    if (contribution->contributes == action->is_on) continue;
    *contribution = (struct contribution){
        action->is_on, action->is_on ? NULL : "a stack-trace rule leaves it out", rule->text};
  }
}

/* Frame by frame in the order of the matches, but each frame only once: what a later match is
 * going to set again is left out. */
static void apply_flag(struct run *run, const struct rule *rule, const struct rule_action *action,
                       size_t match) {
  size_t index = run->matched[match], from = index, to = index + 1;
  bool is_last = match + 1 == run->matched_count;
  if (action->range == RANGE_TOWARDS_CRASH) {
    from = index + 1;
    to = is_last ? run->count : run->matched[match + 1] + 1;
  } else if (action->range == RANGE_AWAY_FROM_CRASH) {
    from = is_last ? 0 : index;
    to = index;
  }
  for (size_t i = from; i < to; i++) set_flag(run, rule, action, i);
}

static void apply_action(struct run *run, const struct rule *rule, const struct rule_action *action,
                         size_t match) {
  switch (action->verb) {
    case VERB_APP:
    case VERB_GROUP: {
      bool is_mark = action->verb == VERB_APP;
      if (is_mark == (run->pass == PASS_MARK)) apply_flag(run, rule, action, match);
      return;
    }
    case VERB_CATEGORY:
      if (run->pass == PASS_MARK) run->frames[run->matched[match]].category = action->category;
      return;
    case VERB_MAX_FRAMES: run->max_frames = action->frames; return;
    case VERB_MIN_FRAMES: run->min_frames = action->frames; return;
    case VERB_INVERT: /* changes no hash */ return;
  }
}

static void apply_actions(struct run *run, const struct rule_index *index,
                          const struct rule *rule) {
  for (size_t match = 0; match < run->matched_count; match++) {
    for (size_t i = 0; i < rule->action_count; i++) {
      apply_action(run, rule, &rule->actions[i], match);
    }
  }
  for (size_t i = 0; i < rule->action_count && run->matched_count; i++) {
    if (rule->actions[i].verb == VERB_CATEGORY && run->pass == PASS_MARK) {
      trigger_category(run, index, rule->actions[i].category);
    }
  }
}

/* --- one rule ----------------------------------------------------------------------- */

static void apply_rule(struct run *run, const struct rule_index *index, const struct rule *rule,
                       const struct rule_hits *hits, size_t number) {
  run->matched_count = 0;
  if (!may_hold(run, rule)) return;
  if (index->is_keyed[number]) {
    for (uint32_t at = hits->first[number]; at != RULE_HIT_NONE; at = hits->hits[at].next) {
      const struct rule_hit *hit = &hits->hits[at];
      if (rule_matches(run, rule, hit->frame, hit->is_key_enough)) {
        run->matched[run->matched_count++] = hit->frame;
      }
    }
  } else {
    for (size_t i = 0; i < run->count; i++) {
      if (rule_matches(run, rule, i, false)) run->matched[run->matched_count++] = (uint32_t)i;
    }
  }
  apply_actions(run, index, rule);
}

static void find_hits(struct run *run, struct rule_hits *hits) {
  for (size_t i = run->count; i-- > 0;) {
    for (enum rule_field field = 0; field < RULE_INDEXED_FIELDS; field++) {
      if (!hits->index->automata[run->families[i]][field]) continue;
      rule_hits_find(hits, run->families[i], field, (uint32_t)i,
                     frame_text(&run->frames[i], field));
    }
  }
}

static void apply_set(struct run *run, const struct rule_set *set) {
  const struct rule_index *index = set->passes[run->pass];
  struct rule_hits hits;
  if (!index) return;
  rule_hits_start(run->arena, index, &hits);
  find_hits(run, &hits);
  run->triggered = hits.rules;
  run->steps_left = (int64_t)run->count * STEPS_PER_FRAME;
  for (size_t word = 0; word < index->words; word++) run->triggered[word] |= index->always[word];
  struct slice last = SLICE_EMPTY;
  for (size_t i = 0; i < run->count && index->category_count; i++) {
    struct slice category = run->frames[i].category;
    if (category.len && category.ptr != last.ptr) trigger_category(run, index, category);
    last = category;
  }
  for (size_t word = 0; word < index->words; word++) {
    /* Applying a rule may trigger later ones. */
    for (uint64_t done = 0, bits;
         run->steps_left > 0 && (bits = run->triggered[word] & ~done) != 0;) {
      unsigned bit = (unsigned)__builtin_ctzll(bits);
      done |= bit == 63 ? ~UINT64_C(0) : (UINT64_C(1) << (bit + 1)) - 1;
      size_t number = word * 64 + bit;
      apply_rule(run, index, &set->list.rules[number], &hits, number);
    }
  }
}

static void start_run(struct run *run, const struct event *event) {
  struct slice last = SLICE_EMPTY;
  unsigned char number = 0;
  run->families = arena_alloc_raw(run->arena, run->count);
  run->matched = arena_alloc_raw(run->arena, run->count * sizeof *run->matched);
  for (size_t i = 0; i < run->count; i++) {
    struct slice platform = run->frames[i].platform;
    if (slice_is_empty(platform)) platform = event->platform;
    if (i == 0 || platform.ptr != last.ptr) number = family_number(rule_family(platform));
    run->families[i] = number;
    last = platform;
  }
}

/* --- pass 1 -------------------------------------------------------------------------- */

/* Node's own modules have names like "events.js" or "node:events": not a path. */
static bool is_node_builtin(struct slice path) {
  if (slice_is_empty(path) || path.ptr[0] == '/' || path.ptr[0] == '\\') return false;
  return !(path.len > 1 && path.ptr[1] == ':') && !slice_starts_with(path, SLICE("app:")) &&
         !slice_starts_with(path, SLICE("webpack")) && !slice_starts_with(path, SLICE("file:"));
}

/* An address that no debug information knows: whatever the SDK says, nobody's code is named. */
static bool is_nameless(const struct frame *frame) {
  /* Names are trimmed only after this, and have to give the same when they were. */
  struct slice function = slice_trim(frame->function);
  bool has_function = !slice_is_empty(function) && !slice_equal(function, SLICE("<unknown>"));
  return !has_function && slice_is_empty(frame->module) && slice_is_empty(frame->package) &&
         slice_is_empty(frame->filename) && slice_is_empty(frame->abs_path);
}

/* What holds before any rule. */
static enum tristate first_in_app(const struct event *event, const struct frame *frame,
                                  unsigned char family) {
  if (family == family_number(RULE_JAVASCRIPT)) {
    struct slice platform = slice_is_empty(frame->platform) ? event->platform : frame->platform;
    if (slice_equal(frame->abs_path, SLICE("native")) ||
        slice_equal(frame->filename, SLICE("[native code]")))
      return NO;
    if (slice_equal(platform, SLICE("node")) && is_node_builtin(frame->abs_path)) return NO;
  }
  if (family == family_number(RULE_NATIVE) && is_nameless(frame)) return NO;
  return frame->sent_in_app;
}

static bool is_csharp(const struct event *event, const struct frame *frame) {
  struct slice platform = slice_is_empty(frame->platform) ? event->platform : frame->platform;
  return slice_equal(platform, SLICE("csharp"));
}

/* Native functions get their short name, once: a frame with a raw name has been here before. */
static void trim_name(struct run *run, const struct event *event, size_t index) {
  struct frame *frame = &run->frames[index];
  if (slice_is_empty(frame->function) || !slice_is_empty(frame->raw_function)) return;
  struct slice name = frame->function;
  if (run->families[index] == family_number(RULE_NATIVE)) {
    name = native_name_trim(run->arena, name);
  } else if (run->families[index] == family_number(RULE_OTHER) && is_csharp(event, frame)) {
    name = slice_upto(name, slice_find(name, SLICE(" (")));
  }
  if (slice_is_empty(name) || slice_equal(name, frame->function)) return;
  if (slice_equal(name, SLICE("?"))) return; /* it would read back as no name at all */
  frame->raw_function = frame->function;
  /* "<T>" for "<>" may make a name longer than is kept. */
  frame->function = slice_cut_characters(name, LIMIT_SYMBOL);
}

static void mark_stacktrace(const struct rule_subject *subject, struct stacktrace *stacktrace) {
  struct run run = {.arena = subject->arena,
                    .subject = subject,
                    .frames = stacktrace->frames,
                    .count = stacktrace->count,
                    .pass = PASS_MARK};
  if (run.count == 0) return;
  start_run(&run, subject->event);
  for (size_t i = 0; i < run.count; i++) {
    struct frame *frame = &run.frames[i];
    trim_name(&run, subject->event, i); /* first: an event read back has short names already */
    frame->in_app = first_in_app(subject->event, frame, run.families[i]);
    frame->category = SLICE_EMPTY;
  }
  apply_set(&run, &rules_base()->set);
  if (subject->rules) apply_set(&run, &subject->rules->own);
  for (size_t i = 0; i < run.count; i++) {
    if (run.frames[i].in_app == UNSET) run.frames[i].in_app = NO;
  }
}

void rules_mark_frames(struct arena *arena, struct event *event,
                       const struct grouping_rules *rules) {
  for (size_t i = 0; i < event->exception_count; i++) {
    const struct rule_subject subject = {arena, rules, event, &event->exceptions[i]};
    mark_stacktrace(&subject, &event->exceptions[i].stacktrace);
  }
  for (size_t i = 0; i < event->thread_count; i++) {
    const struct rule_subject subject = {arena, rules, event, NULL};
    mark_stacktrace(&subject, &event->threads[i].stacktrace);
  }
}

/* --- pass 2 -------------------------------------------------------------------------- */

/* The frames nearest to the crash are kept, up to the limit; a stack trace of too few is left out.
 */
static void limit_frames(const struct run *run, struct stack_view *view) {
  int64_t contributing = 0;
  for (size_t i = run->count; i-- > 0;) {
    struct contribution *contribution = &view->frames[i];
    if (!contribution->contributes) continue;
    if (run->max_frames > 0 && contributing == run->max_frames) {
      *contribution = (struct contribution){false, "a stack-trace rule limits the number of frames",
                                            run->max_rule};
    } else {
      contributing++;
    }
  }
  if (contributing >= run->min_frames || !view->whole.contributes) return;
  view->whole = (struct contribution){false, "a stack-trace rule asks for more frames than count",
                                      run->min_rule};
}

void rules_update_frames(const struct rule_subject *subject, const struct stacktrace *stacktrace,
                         struct stack_view *views, size_t view_count) {
  struct run run = {.arena = subject->arena,
                    .subject = subject,
                    .frames = stacktrace->frames,
                    .count = stacktrace->count,
                    .pass = PASS_UPDATE,
                    .views = views,
                    .view_count = view_count};
  if (run.count == 0) return;
  start_run(&run, subject->event);
  apply_set(&run, &rules_base()->set);
  if (subject->rules) apply_set(&run, &subject->rules->own);
  if (run.max_frames == 0 && run.min_frames == 0) return;
  for (size_t i = 0; i < view_count; i++) limit_frames(&run, &views[i]);
}
