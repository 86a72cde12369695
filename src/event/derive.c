/* derive.c - what is read off an event: title, culprit, who, handled, tags.
 *
 * Nothing here depends on anything but the event itself, so that an event read
 * back from the store derives the same. Deriving again replaces what was derived.
 */
#include <string.h>

#include "event/event.h"
#include "event/limits.h"
#include "event/security_report.h"
#include "json/json.h"

#include "base/banned.h"

/* Tags that event_derive() may add at most. */
enum { DERIVED_TAGS = 36 };

const char *level_name(enum level level) {
  static const char *const names[LEVEL_COUNT] = {"debug", "info", "warning", "error", "fatal"};
  return names[level];
}

struct slice pairs_get(struct pairs pairs, struct slice key) {
  for (size_t i = 0; i < pairs.count; i++) {
    if (slice_equal(pairs.items[i].key, key)) return pairs.items[i].value;
  }
  return SLICE_EMPTY;
}

/* --- which exception and which frame ------------------------------------------- */

const struct exception *event_main_exception(const struct event *event) {
  if (event->exception_count == 0) return NULL;
  for (size_t i = event->exception_count; event->main_exception_id > 0 && i-- > 0;) {
    if (event->exceptions[i].mechanism.exception_id == event->main_exception_id) {
      return &event->exceptions[i];
    }
  }
  return &event->exceptions[event->exception_count - 1];
}

static const struct thread *only_thread(const struct event *event, size_t flag_offset) {
  const struct thread *found = NULL;
  for (size_t i = 0; i < event->thread_count; i++) {
    const struct thread *thread = &event->threads[i];
    if (*(const enum tristate *)((const char *)thread + flag_offset) != YES) continue;
    if (found) return NULL;
    found = thread;
  }
  return found;
}

const struct stacktrace *event_main_stacktrace(const struct event *event) {
  const struct exception *exception = event_main_exception(event);
  if (exception && exception->stacktrace.count) return &exception->stacktrace;
  for (size_t i = event->exception_count; i-- > 0;) {
    if (event->exceptions[i].stacktrace.count) return &event->exceptions[i].stacktrace;
  }
  const struct thread *thread = only_thread(event, offsetof(struct thread, crashed));
  if (!thread) thread = only_thread(event, offsetof(struct thread, current));
  if (!thread && event->thread_count == 1) thread = &event->threads[0];
  return thread && thread->stacktrace.count ? &thread->stacktrace : NULL;
}

const struct frame *stacktrace_crash_frame(const struct stacktrace *stacktrace) {
  if (!stacktrace || stacktrace->count == 0) return NULL;
  for (size_t i = stacktrace->count; i-- > 0;) {
    if (stacktrace->frames[i].in_app == YES) return &stacktrace->frames[i];
  }
  return &stacktrace->frames[stacktrace->count - 1];
}

/* --- title ----------------------------------------------------------------------- */

/* The first line that is not blank, with control characters as blanks, cut. */
static struct slice one_line(struct arena *arena, struct slice text, size_t characters) {
  struct slice line = SLICE_EMPTY;
  while (!slice_is_empty(text) && slice_is_empty(line)) {
    line = slice_trim(slice_split(&text, '\n'));
  }
  if (line.len > characters && slice_cut_characters(line, characters).len < line.len) {
    line =
        arena_concat(arena, slice_trim(slice_cut_characters(line, characters - 3)), SLICE("..."));
  }
  for (size_t i = 0; i < line.len; i++) {
    if ((unsigned char)line.ptr[i] >= ' ') continue;
    char *copy = (char *)(uintptr_t)arena_copy(arena, line).ptr;
    for (; i < line.len; i++) {
      if ((unsigned char)copy[i] < ' ') copy[i] = ' ';
    }
    return slice_of(copy, line.len);
  }
  return line;
}

static struct slice join(struct arena *arena, struct slice a, struct slice middle, struct slice b) {
  char *text = arena_alloc_raw(arena, a.len + middle.len + b.len);
  if (a.len) memcpy(text, a.ptr, a.len);
  if (middle.len) memcpy(text + a.len, middle.ptr, middle.len);
  if (b.len) memcpy(text + a.len + middle.len, b.ptr, b.len);
  return slice_of(text, a.len + middle.len + b.len);
}

static bool is_platform(struct slice platform, const char *const *names) {
  for (; *names; names++) {
    if (slice_equal_string(platform, *names)) return true;
  }
  return false;
}

static const char *const native_platforms[] = {"native", "cocoa", "objc", "c", "swift", NULL};

/* The type of a native crash that no exception was thrown for is a signal's name, which says less
 * than where it happened. */
static bool hides_type(const struct event *event, const struct exception *exception) {
  return exception->mechanism.synthetic && !slice_is_empty(event->function) &&
         is_platform(event->platform, native_platforms);
}

static void derive_error_title(struct arena *arena, struct event *event) {
  const struct exception *exception = event_main_exception(event);
  struct slice message = one_line(arena, event->message_formatted, LIMIT_TITLE);
  bool is_error = exception && (!slice_is_empty(exception->type) || slice_is_empty(message));
  if (!is_error) {
    event->title = slice_is_empty(message) ? SLICE("<unlabeled event>") : message;
    return;
  }
  struct slice type = one_line(arena, exception->type, LIMIT_NAME);
  struct slice value = one_line(arena, exception->value, LIMIT_TITLE);
  event->error_type = type;
  event->error_value = value;
  if (hides_type(event, exception)) type = value = SLICE_EMPTY;
  if (slice_is_empty(type)) type = one_line(arena, event->function, LIMIT_NAME);
  if (slice_is_empty(type) && slice_is_empty(value)) type = SLICE("<unknown>");
  bool has_both = !slice_is_empty(type) && !slice_is_empty(value);
  event->title =
      has_both ? join(arena, type, SLICE(": "), value) : (slice_is_empty(type) ? value : type);
}

static void derive_title(struct arena *arena, struct event *event) {
  derive_error_title(arena, event);
  struct slice custom = one_line(arena, event->custom_title, LIMIT_TITLE);
  if (!slice_is_empty(custom)) event->title = custom;
}

/* --- culprit ---------------------------------------------------------------------- */

static struct slice frame_culprit(struct arena *arena, const struct event *event,
                                  const struct frame *frame) {
  static const char *const javascript[] = {"javascript", "node", NULL};
  struct slice platform = slice_is_empty(frame->platform) ? event->platform : frame->platform;
  struct slice where = slice_is_empty(frame->module) ? frame->filename : frame->module;
  struct slice function = slice_is_empty(frame->function) ? SLICE("?") : frame->function;
  if (is_platform(platform, native_platforms))
    return slice_is_empty(frame->function) ? where : function;
  if (is_platform(platform, javascript)) {
    if (slice_is_empty(where)) return function;
    return join(arena, join(arena, function, SLICE("("), where), SLICE(")"), SLICE_EMPTY);
  }
  if (slice_is_empty(where)) return function;
  if (slice_is_empty(frame->function)) return where;
  return join(arena, where, SLICE(" in "), function);
}

static bool has_told_function(const struct frame *frame) {
  return !slice_is_empty(frame->function) && !slice_equal(frame->function, SLICE("<redacted>")) &&
         !slice_equal(frame->function, SLICE("<unknown>"));
}

/* The last frame of the program itself whose function is known. */
static const struct frame *told_frame(const struct stacktrace *stacktrace) {
  for (size_t i = stacktrace->count; i-- > 0;) {
    const struct frame *frame = &stacktrace->frames[i];
    if (frame->in_app == YES && has_told_function(frame)) return frame;
  }
  return NULL;
}

/* Of the newest exception that has one; else the frame to blame. */
static const struct frame *location_frame(const struct event *event, const struct frame *blamed) {
  const struct frame *frame = NULL;
  for (size_t i = event->exception_count; i-- > 0 && !frame;) {
    frame = told_frame(&event->exceptions[i].stacktrace);
  }
  return frame ? frame : blamed;
}

static void derive_culprit(struct arena *arena, struct event *event) {
  const struct frame *frame = stacktrace_crash_frame(event_main_stacktrace(event));
  const struct frame *place = location_frame(event, frame);
  if (place) {
    event->location = slice_is_empty(place->filename) ? place->module : place->filename;
    event->function = place->function;
  }
  /* The stack of a synthetic exception shows where a message was written, which blames nobody. */
  const struct exception *exception = event_main_exception(event);
  bool is_synthetic = exception && exception->mechanism.synthetic;
  struct slice culprit = event->transaction;
  if (slice_is_empty(culprit) && frame && !is_synthetic)
    culprit = frame_culprit(arena, event, frame);
  if (event->report) {
    event->location = security_report_location(arena, event);
    if (slice_is_empty(culprit)) culprit = security_report_culprit(arena, event);
  }
  if (slice_is_empty(culprit)) culprit = event->request.url;
  event->culprit = one_line(arena, culprit, LIMIT_RELEASE);
}

/* --- who, and whether it was handled ------------------------------------------------ */

static void derive_identity(struct arena *arena, struct event *event) {
  const struct event_user *user = &event->user;
  const struct {
    struct slice prefix, value;
  } forms[] = {
      {SLICE("id:"), user->id},
      {SLICE("username:"), user->username},
      {SLICE("email:"), user->email},
      {SLICE("ip:"), user->ip_address},
  };
  for (size_t i = 0; event->has_user && i < sizeof forms / sizeof forms[0]; i++) {
    if (slice_is_empty(forms[i].value)) continue;
    event->user_identity = arena_concat(arena, forms[i].prefix, forms[i].value);
    return;
  }
}

static void derive_handled(struct event *event) {
  event->handled = UNSET;
  for (size_t i = 0; i < event->exception_count; i++) {
    enum tristate handled = event->exceptions[i].mechanism.handled;
    if (handled == NO || event->handled == UNSET) event->handled = handled;
    if (handled == NO) return;
  }
}

/* --- tags --------------------------------------------------------------------------- */

struct tagger {
  struct arena *arena;
  struct event *event;
};

static void add_tag(struct tagger *tagger, struct slice key, struct slice value) {
  struct pairs *tags = &tagger->event->tags;
  value = one_line(tagger->arena, value, LIMIT_RELEASE);
  if (slice_is_empty(value) || tags->count == tagger->event->sent_tag_count + DERIVED_TAGS) return;
  if (!slice_is_empty(pairs_get(*tags, key))) return;
  tags->items[tags->count++] = (struct pair){key, value};
}

static struct slice member_text(yyjson_val *object, const char *name) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(json_member(object, name), &text);
  return slice_cut_characters(text, LIMIT_RELEASE);
}

/* A context becomes "name version" and, by itself, the name. */
static void add_context_tags(struct tagger *tagger, const char *context, struct slice key,
                             struct slice name_key) {
  yyjson_val *object = json_member(tagger->event->contexts, context);
  if (!yyjson_is_obj(object)) return;
  struct slice name = member_text(object, "name"), version = member_text(object, "version");
  if (slice_is_empty(name)) return;
  add_tag(tagger, key,
          slice_is_empty(version) ? name : join(tagger->arena, name, SLICE(" "), version));
  add_tag(tagger, name_key, name);
}

/* Members of contexts that are tags by themselves. The trace is none: every event would bring a
 * value that no other has. */
static void add_member_tags(struct tagger *tagger) {
  static const struct {
    const char *context, *member;
    struct slice key;
  } members[] = {
      {"device", "model", {"device", 6}},
      {"device", "family", {"device.family", 13}},
      {"os", "rooted", {"os.rooted", 9}},
      {"client_os", "rooted", {"os.rooted", 9}},
      {"gpu", "name", {"gpu.name", 8}},
      {"gpu", "vendor_name", {"gpu.vendor", 10}},
      {"app", "device_app_hash", {"app.device", 10}},
      {"monitor", "id", {"monitor.id", 10}},
      {"monitor", "slug", {"monitor.slug", 12}},
      {"replay", "replay_id", {"replayId", 8}},
  };
  yyjson_val *contexts = tagger->event->contexts, *context = NULL;
  const char *found = "";
  for (size_t i = 0; contexts && i < sizeof members / sizeof members[0]; i++) {
    if (strcmp(found, members[i].context) != 0) {
      found = members[i].context;
      context = json_member(contexts, found);
    }
    if (!context) continue;
    struct slice text = member_text(context, members[i].member);
    if (yyjson_is_bool(json_member(context, members[i].member))) {
      text = slice_equal(text, SLICE("true")) ? SLICE("yes") : SLICE("no");
    }
    add_tag(tagger, members[i].key, text);
  }
}

static void add_exception_tags(struct tagger *tagger) {
  struct event *event = tagger->event;
  for (size_t i = event->exception_count; i-- > 0;) {
    struct slice type = event->exceptions[i].mechanism.type;
    if (slice_is_empty(type)) continue;
    add_tag(tagger, SLICE("mechanism"), type);
    break;
  }
  if (event->handled != UNSET) {
    add_tag(tagger, SLICE("handled"), event->handled == YES ? SLICE("yes") : SLICE("no"));
  }
}

static void derive_tags(struct arena *arena, struct event *event) {
  struct tagger tagger = {arena, event};
  size_t sent = event->sent_tag_count;
  struct pair *items = ARENA_ARRAY(arena, sent + DERIVED_TAGS, struct pair);
  if (sent) memcpy(items, event->tags.items, sent * sizeof *items);
  event->tags = (struct pairs){items, sent};
  add_tag(&tagger, SLICE("level"), slice_of_string(level_name(event->level)));
  add_tag(&tagger, SLICE("environment"), event->environment);
  add_tag(&tagger, SLICE("release"), event->release);
  add_tag(&tagger, SLICE("dist"), event->dist);
  add_tag(&tagger, SLICE("user"), event->user_identity);
  add_tag(&tagger, SLICE("logger"), event->logger);
  add_tag(&tagger, SLICE("transaction"), event->transaction);
  add_tag(&tagger, SLICE("server_name"), event->server_name);
  add_tag(&tagger, SLICE("url"), event->request.url);
  add_exception_tags(&tagger);
  add_context_tags(&tagger, "runtime", SLICE("runtime"), SLICE("runtime.name"));
  add_context_tags(&tagger, "os", SLICE("os"), SLICE("os.name"));
  add_context_tags(&tagger, "client_os", SLICE("client_os"), SLICE("client_os.name"));
  add_context_tags(&tagger, "browser", SLICE("browser"), SLICE("browser.name"));
  add_member_tags(&tagger);
}

void event_derive(struct arena *arena, struct event *event) {
  derive_culprit(arena, event);
  derive_title(arena, event);
  derive_identity(arena, event);
  derive_handled(event);
  derive_tags(arena, event);
}
