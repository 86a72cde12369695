/* rules_fingerprint.c - which fingerprint rule an event falls under.
 *
 * Matchers are about one of several kinds of things: messages, exceptions, frames, the log entry,
 * tags, the SDK, the release. All matchers of a kind have to hold for the same thing of that kind;
 * what is not there matches nothing.
 *
 * As with stack-trace rules there is a budget, for rules that are made to be slow: those that are
 * left when it is spent do not match.
 */
#include "grouping/rules_parts.h"

#include "base/banned.h"

enum kind { KIND_MESSAGE, KIND_EXCEPTION, KIND_FRAME, KIND_EVENT };
#define KINDS 4

static enum kind matcher_kind(enum rule_field field) {
  switch (field) {
    case RULE_MESSAGE: return KIND_MESSAGE;
    case RULE_TYPE:
    case RULE_VALUE: return KIND_EXCEPTION;
    case RULE_FUNCTION:
    case RULE_MODULE:
    case RULE_PATH:
    case RULE_PACKAGE:
    case RULE_APP: return KIND_FRAME;
    default: return KIND_EVENT;
  }
}

/* Some 20 ms: 500 patterns against the longest message, and more for each frame. */
enum { STEPS_PER_EVENT = 8 * 1024 * 1024, STEPS_PER_FRAME = 4096 };

/* One thing to be matched: of the pointers the one of its kind is set. */
struct thing {
  const struct event *event;
  struct slice message;
  const struct exception *exception;
  const struct frame *frame;
  int64_t *steps_left;
};

static struct slice or_unknown(struct slice text) {
  return slice_is_empty(text) ? SLICE("<unknown>") : text;
}

static struct slice thing_text(const struct thing *thing, const struct matcher *matcher) {
  const struct event *event = thing->event;
  switch (matcher->field) {
    case RULE_MESSAGE: return thing->message;
    case RULE_TYPE: return thing->exception->type;
    case RULE_VALUE: return thing->exception->value;
    case RULE_FUNCTION: return or_unknown(thing->frame->function);
    case RULE_MODULE: return or_unknown(thing->frame->module);
    case RULE_PATH: return or_unknown(thing->frame->abs_path);
    case RULE_PACKAGE: return or_unknown(thing->frame->package);
    case RULE_LOGGER: return event->logger;
    case RULE_LEVEL: return slice_of_string(level_name(event->level));
    case RULE_TAG: return event_tag(event, matcher->tag);
    case RULE_SDK: return event->sdk_name;
    case RULE_RELEASE: return event->release;
    default: return SLICE_EMPTY;
  }
}

static bool matcher_holds(const struct thing *thing, const struct matcher *matcher) {
  bool holds;
  if (matcher->field == RULE_FAMILY) {
    holds = (matcher->families & rule_family(thing->event->platform)) != 0;
  } else if (matcher->field == RULE_APP) {
    holds = (thing->frame->in_app == YES) == matcher->is_app;
  } else {
    struct slice text = thing_text(thing, matcher);
    *thing->steps_left -= (int64_t)pattern_cost(&matcher->pattern, text);
    if (*thing->steps_left <= 0) return false;
    holds = text.len > 0 && pattern_matches(&matcher->pattern, text);
  }
  return holds != matcher->is_negated;
}

/* Whether all matchers of the kind hold for the thing. */
static bool holds_for(const struct rule *rule, enum kind kind, const struct thing *thing) {
  for (size_t i = 0; i < rule->matcher_count; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (matcher_kind(matcher->field) == kind && !matcher_holds(thing, matcher)) return false;
  }
  return true;
}

static bool holds_for_message(const struct rule *rule, struct thing thing) {
  const struct event *event = thing.event;
  thing.message = event->message_formatted;
  if (slice_is_empty(thing.message)) thing.message = event->message_template;
  if (thing.message.len && holds_for(rule, KIND_MESSAGE, &thing)) return true;
  for (size_t i = 0; i < event->exception_count; i++) {
    thing.message = event->exceptions[i].value;
    if (holds_for(rule, KIND_MESSAGE, &thing)) return true;
  }
  return false;
}

static bool holds_for_exception(const struct rule *rule, struct thing thing) {
  const struct event *event = thing.event;
  for (size_t i = 0; i < event->exception_count; i++) {
    thing.exception = &event->exceptions[i];
    if (holds_for(rule, KIND_EXCEPTION, &thing)) return true;
  }
  return false;
}

static bool holds_in_stacktrace(const struct rule *rule, struct thing thing,
                                const struct stacktrace *stacktrace) {
  for (size_t i = 0; i < stacktrace->count; i++) {
    thing.frame = &stacktrace->frames[i];
    if (holds_for(rule, KIND_FRAME, &thing)) return true;
  }
  return false;
}

/* Frames of all exceptions; of the thread that matters when exceptions have none. */
static bool holds_for_frame(const struct rule *rule, struct thing thing) {
  const struct event *event = thing.event;
  size_t frames = 0;
  for (size_t i = 0; i < event->exception_count; i++) {
    frames += event->exceptions[i].stacktrace.count;
    if (holds_in_stacktrace(rule, thing, &event->exceptions[i].stacktrace)) return true;
  }
  const struct stacktrace *stacktrace = frames ? NULL : event_main_stacktrace(event);
  return stacktrace && holds_in_stacktrace(rule, thing, stacktrace);
}

static bool rule_holds(const struct rule *rule, struct thing thing) {
  bool asks[KINDS] = {false};
  for (size_t i = 0; i < rule->matcher_count; i++)
    asks[matcher_kind(rule->matchers[i].field)] = true;
  return (!asks[KIND_EVENT] || holds_for(rule, KIND_EVENT, &thing)) &&
         (!asks[KIND_MESSAGE] || holds_for_message(rule, thing)) &&
         (!asks[KIND_EXCEPTION] || holds_for_exception(rule, thing)) &&
         (!asks[KIND_FRAME] || holds_for_frame(rule, thing));
}

static int64_t steps_for(const struct event *event) {
  size_t frames = 0;
  for (size_t i = 0; i < event->exception_count; i++) {
    frames += event->exceptions[i].stacktrace.count;
  }
  return STEPS_PER_EVENT + (int64_t)frames * STEPS_PER_FRAME;
}

static bool match_list(struct rule_list list, const struct event *event,
                       struct fingerprint_match *match) {
  if (list.count == 0) return false;
  unsigned family = rule_family(event->platform);
  int64_t steps_left = steps_for(event);
  const struct thing thing = {.event = event, .steps_left = &steps_left};
  for (size_t i = 0; i < list.count && steps_left > 0; i++) {
    const struct rule *rule = &list.rules[i];
    if ((rule->families & family) == 0 || !rule_holds(rule, thing)) continue;
    *match = (struct fingerprint_match){
        .values = rule->values, .title = rule->title, .rule = rule->text};
    return true;
  }
  return false;
}

bool rules_match_fingerprint(const struct grouping_rules *rules, const struct event *event,
                             struct fingerprint_match *match) {
  if (rules && match_list(rules->fingerprints, event, match)) return true;
  if (!match_list(rules_base()->fingerprints, event, match)) return false;
  match->is_built_in = true;
  return true;
}
