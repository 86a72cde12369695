/* fingerprint.c - fingerprints that clients send: constants and variables.
 *
 *   ["{{ default }}", "checkout"]    as usual, but apart from others
 *   ["{{ transaction }}", "timeout"] by endpoint
 *
 * Source: Sentry's documentation of fingerprint variables.
 */
#include "grouping/parts.h"

#include "base/banned.h"

/* The name in "{{ name }}"; false when `text` is not a variable. */
static bool variable_name(struct slice text, struct slice *name) {
  text = slice_trim(text);
  if (!slice_starts_with(text, SLICE("{{")) || !slice_ends_with(text, SLICE("}}"))) return false;
  if (text.len < 4) return false;
  *name = slice_trim(slice_of(text.ptr + 2, text.len - 4));
  return true;
}

static bool is_default(struct slice text) {
  struct slice name;
  return variable_name(text, &name) && slice_equal(name, SLICE("default"));
}

bool fingerprint_is_default(struct lines fingerprint) {
  return fingerprint.count == 0 || (fingerprint.count == 1 && is_default(fingerprint.items[0]));
}

struct variables {
  const struct event *event;
  const struct exception *exception;
  const struct frame *frame;
};

static struct slice or_else(struct slice value, struct slice missing) {
  return slice_is_empty(value) ? missing : value;
}

static struct slice frame_variable(const struct frame *frame, struct slice name,
                                   struct slice otherwise) {
  static const struct frame no_frame = {0};
  if (!frame) frame = &no_frame;
  if (slice_starts_with(name, SLICE("stack."))) name = slice_from(name, 6);
  if (slice_equal(name, SLICE("function"))) return or_else(frame->function, SLICE("<no-function>"));
  if (slice_equal(name, SLICE("module"))) return or_else(frame->module, SLICE("<no-module>"));
  if (slice_equal(name, SLICE("package"))) return or_else(frame->package, SLICE("<no-package>"));
  if (slice_equal(name, SLICE("filename"))) return or_else(frame->filename, SLICE("<no-filename>"));
  if (slice_equal(name, SLICE("path")) || slice_equal(name, SLICE("abs_path"))) {
    return or_else(frame->abs_path, SLICE("<no-abs-path>"));
  }
  return otherwise;
}

static struct slice variable_value(struct arena *arena, const struct variables *variables,
                                   struct slice name, struct slice text) {
  const struct event *event = variables->event;
  const struct exception *exception = variables->exception;
  if (slice_equal(name, SLICE("transaction"))) {
    return or_else(event->transaction, SLICE("<no-transaction>"));
  }
  if (slice_equal(name, SLICE("message"))) {
    return or_else(event->message_formatted, SLICE("<no-message>"));
  }
  if (slice_equal(name, SLICE("type")) || slice_equal(name, SLICE("error.type"))) {
    return or_else(exception ? exception->type : SLICE_EMPTY, SLICE("<no-type>"));
  }
  if (slice_equal(name, SLICE("value")) || slice_equal(name, SLICE("error.value"))) {
    return or_else(exception ? exception->value : SLICE_EMPTY, SLICE("<no-value>"));
  }
  if (slice_equal(name, SLICE("level"))) return slice_of_string(level_name(event->level));
  if (slice_equal(name, SLICE("logger"))) return or_else(event->logger, SLICE("<no-logger>"));
  if (slice_starts_with(name, SLICE("tags."))) {
    struct slice tag = slice_from(name, 5), value = pairs_get(event->tags, tag);
    if (!slice_is_empty(value)) return value;
    return arena_printf(arena, "<no-value-for-tag-%.*s>", SLICE_ARGS(tag));
  }
  return frame_variable(variables->frame, name, text);
}

void fingerprint_values(struct values *values, const struct event *event,
                        const struct values *defaults) {
  const struct stacktrace *stacktrace = event_main_stacktrace(event);
  const struct variables variables = {event, event_main_exception(event),
                                      stacktrace_crash_frame(stacktrace)};
  for (size_t i = 0; i < event->fingerprint.count; i++) {
    struct slice text = event->fingerprint.items[i], name;
    bool is_variable = variable_name(text, &name);
    if (is_variable && slice_equal(name, SLICE("default"))) {
      for (size_t j = 0; j < defaults->count; j++) {
        values_add(values, defaults->items[j].key, defaults->items[j].value);
      }
      continue;
    }
    if (is_variable) text = variable_value(values->arena, &variables, name, text);
    values_add(values, SLICE("fingerprint"), text);
  }
}
