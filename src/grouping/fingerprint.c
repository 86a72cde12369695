/* fingerprint.c - fingerprints that clients send or rules give: constants and variables.
 *
 *   ["{{ default }}", "checkout"]    as usual, but apart from others
 *   ["{{ transaction }}", "timeout"] by endpoint
 *
 * Source: Sentry's documentation of fingerprint variables.
 */
#include "event/limits.h"
#include "grouping/parts.h"

#include "base/banned.h"

/* --- tags ------------------------------------------------------------------------------------ */

struct slice event_tag(const struct event *event, struct slice name) {
  const struct pairs sent = {event->tags.items, event->sent_tag_count};
  const struct {
    struct slice name, value;
  } derived[] = {
      {SLICE("level"), slice_of_string(level_name(event->level))},
      {SLICE("logger"), event->logger},
      {SLICE("release"), event->release},
      {SLICE("dist"), event->dist},
      {SLICE("environment"), event->environment},
      {SLICE("transaction"), event->transaction},
      {SLICE("server_name"), event->server_name},
      {SLICE("url"), event->request.url},
  };
  struct slice value = pairs_get(sent, name);
  if (!slice_is_empty(value)) return value;
  for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
    if (slice_equal(derived[i].name, name)) return derived[i].value;
  }
  return SLICE_EMPTY;
}

/* --- variables ------------------------------------------------------------------------------- */

/* The name in "{{ name }}"; false when `text` is not a variable. */
static bool variable_name(struct slice text, struct slice *name) {
  if (text.len < 4 || !slice_starts_with(text, SLICE("{{")) || !slice_ends_with(text, SLICE("}}")))
    return false;
  *name = slice_trim(slice_of(text.ptr + 2, text.len - 4));
  for (size_t i = 0; i < name->len; i++) {
    if (slice_is_empty(slice_trim(slice_of(name->ptr + i, 1)))) return false;
  }
  return !slice_is_empty(*name);
}

static bool is_default(struct slice text) {
  struct slice name;
  return variable_name(slice_trim(text), &name) && slice_equal(name, SLICE("default"));
}

static struct slice last_exception_text(const struct event *event, size_t offset) {
  if (event->exception_count == 0) return SLICE_EMPTY;
  const struct exception *last = &event->exceptions[event->exception_count - 1];
  return *(const struct slice *)(const void *)((const char *)last + offset);
}

static struct slice message_of(const struct event *event) {
  if (!slice_is_empty(event->message_formatted)) return event->message_formatted;
  if (!slice_is_empty(event->message_template)) return event->message_template;
  return last_exception_text(event, offsetof(struct exception, value));
}

/* Frames are those of the error that was thrown, else of the thread that counts. */
static const struct frame *crash_frame(const struct event *event) {
  if (event->exception_count) {
    const struct exception *last = &event->exceptions[event->exception_count - 1];
    if (last->stacktrace.count) return stacktrace_crash_frame(&last->stacktrace);
  }
  return stacktrace_crash_frame(event_main_stacktrace(event));
}

static struct slice base_name(struct slice path) {
  for (size_t i = path.len; i-- > 0;) {
    if (path.ptr[i] == '/' || path.ptr[i] == '\\') return slice_from(path, i + 1);
  }
  return path;
}

enum variable {
  VARIABLE_TRANSACTION,
  VARIABLE_MESSAGE,
  VARIABLE_TYPE,
  VARIABLE_VALUE,
  VARIABLE_FUNCTION,
  VARIABLE_PATH,
  VARIABLE_FILENAME,
  VARIABLE_MODULE,
  VARIABLE_PACKAGE,
  VARIABLE_LEVEL,
  VARIABLE_LOGGER,
};

static const struct {
  const char *name;
  enum variable variable;
  const char *missing;
} variables[] = {
    {"transaction", VARIABLE_TRANSACTION, "<no-transaction>"},
    {"message", VARIABLE_MESSAGE, "<no-message>"},
    {"type", VARIABLE_TYPE, "<no-type>"},
    {"error.type", VARIABLE_TYPE, "<no-type>"},
    {"value", VARIABLE_VALUE, "<no-value>"},
    {"error.value", VARIABLE_VALUE, "<no-value>"},
    {"function", VARIABLE_FUNCTION, "<no-function>"},
    {"stack.function", VARIABLE_FUNCTION, "<no-function>"},
    {"path", VARIABLE_PATH, "<no-abs-path>"},
    {"stack.abs_path", VARIABLE_PATH, "<no-abs-path>"},
    {"stack.filename", VARIABLE_FILENAME, "<no-filename>"},
    {"module", VARIABLE_MODULE, "<no-module>"},
    {"stack.module", VARIABLE_MODULE, "<no-module>"},
    {"package", VARIABLE_PACKAGE, "<no-package>"},
    {"stack.package", VARIABLE_PACKAGE, "<no-package>"},
    {"level", VARIABLE_LEVEL, "<no-level>"},
    {"logger", VARIABLE_LOGGER, "<no-logger>"},
};

static struct slice frame_variable(const struct event *event, enum variable variable) {
  const struct frame *frame = crash_frame(event);
  if (!frame) return SLICE_EMPTY;
  switch (variable) {
    case VARIABLE_FUNCTION: return frame->function;
    case VARIABLE_PATH: return slice_is_empty(frame->abs_path) ? frame->filename : frame->abs_path;
    case VARIABLE_FILENAME:
      return slice_is_empty(frame->filename) ? frame->abs_path : frame->filename;
    case VARIABLE_MODULE: return frame->module;
    case VARIABLE_PACKAGE: return base_name(frame->package);
    default: return SLICE_EMPTY;
  }
}

static struct slice event_variable(const struct event *event, enum variable variable) {
  switch (variable) {
    case VARIABLE_TRANSACTION: return event->transaction;
    case VARIABLE_MESSAGE: return message_of(event);
    case VARIABLE_TYPE: return last_exception_text(event, offsetof(struct exception, type));
    case VARIABLE_VALUE: return last_exception_text(event, offsetof(struct exception, value));
    case VARIABLE_LEVEL: return slice_of_string(level_name(event->level));
    case VARIABLE_LOGGER: return event->logger;
    default: return frame_variable(event, variable);
  }
}

/* What stands for the variable; `text`, its whole form, when nobody knows it. */
static struct slice resolve(struct arena *arena, const struct event *event, struct slice name,
                            struct slice text) {
  if (slice_starts_with(name, SLICE("tags."))) {
    struct slice tag = slice_from(name, 5), value = event_tag(event, tag);
    if (!slice_is_empty(value)) return value;
    return arena_printf(arena, "<no-value-for-tag-%.*s>", SLICE_ARGS(tag));
  }
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    if (!slice_equal_string(name, variables[i].name)) continue;
    struct slice value = event_variable(event, variables[i].variable);
    return slice_is_empty(value) ? slice_of_string(variables[i].missing) : value;
  }
  return text;
}

static void append_cut(struct buffer *out, struct slice text) {
  buffer_append_slice(out, slice_cut_characters(text, LIMIT_TITLE));
}

/* A title with variables anywhere in it. */
static struct slice resolve_title(struct arena *arena, const struct event *event,
                                  struct slice title) {
  enum { LONGEST_TITLE = LIMIT_TITLE * 4 /* bytes in UTF-8 */ };
  struct buffer out = buffer_make(LONGEST_TITLE * 3);
  while (!slice_is_empty(title) && out.len < LONGEST_TITLE) {
    size_t start = slice_find(title, SLICE("{{"));
    struct slice rest = slice_from(title, start), name;
    size_t length = slice_find(rest, SLICE("}}")) + 2;
    append_cut(&out, slice_upto(title, start));
    if (length > rest.len) {
      append_cut(&out, rest);
      break;
    }
    struct slice text = slice_upto(rest, length);
    bool is_variable = variable_name(text, &name);
    append_cut(&out, is_variable ? resolve(arena, event, name, text) : text);
    title = slice_from(rest, length);
  }
  struct slice resolved = arena_copy(arena, slice_cut_characters(buffer_slice(&out), LIMIT_TITLE));
  buffer_free(&out);
  return resolved;
}

/* --- the fingerprint -------------------------------------------------------------------------- */

static void count_defaults(struct fingerprint *fingerprint) {
  for (size_t i = 0; i < fingerprint->values.count; i++) {
    fingerprint->defaults += is_default(fingerprint->values.items[i]);
  }
}

struct fingerprint fingerprint_of(const struct computation *computation) {
  struct event *event = computation->event;
  struct fingerprint_match match;
  struct fingerprint fingerprint = {.values = event->fingerprint};
  if (rules_match_fingerprint(computation->rules, event, &match)) {
    fingerprint.values = match.values;
    fingerprint.rule = match.rule;
    fingerprint.is_built_in = match.is_built_in;
    event->custom_title = resolve_title(computation->arena, event, match.title);
  }
  count_defaults(&fingerprint);
  return fingerprint;
}

bool fingerprint_is_default(const struct fingerprint *fingerprint) {
  return fingerprint->values.count == fingerprint->defaults && fingerprint->defaults <= 1;
}

void fingerprint_values(const struct computation *computation,
                        const struct fingerprint *fingerprint, struct pairs defaults,
                        struct values *values) {
  for (size_t i = 0; i < fingerprint->values.count; i++) {
    struct slice text = fingerprint->values.items[i], name;
    if (is_default(text)) {
      values_add_all(values, defaults);
      continue;
    }
    if (variable_name(text, &name)) {
      text = resolve(computation->arena, computation->event, name, text);
    }
    values_add(values, SLICE("fingerprint"), text);
  }
}
