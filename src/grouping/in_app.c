/* in_app.c - whose code a frame is, where the SDK does not say or cannot know.
 *
 * A frame is in-app unless a rule says that a runtime or a library owns it: it is
 * better to show a library's frame too many than to hide the developer's own.
 */
#include "grouping/parts.h"

#include "base/banned.h"

/* Anywhere in the path, with '/' for '\'. */
static const char *const library_paths[] = {
    "/node_modules/",
    "/site-packages/",
    "/dist-packages/",
    "/gems/",
    "/vendor/",
    "/pkg/mod/",
    "/.cargo/",
    "/rustc/",
    "/usr/local/go/src/",
    "/usr/share/gocode/",
    "/rubygems/",
    "/.rbenv/",
    "/.rvm/",
    "/lib/ruby/",
    "/.pyenv/",
    "/webpack/bootstrap",
    "/webpack/runtime",
};

/* At the start of the path or the package. */
static const char *const system_paths[] = {
    "/usr/lib",    "/lib/",       "/lib64/",          "/usr/local/lib/", "/System/Library/",
    "/usr/share/", "C:/Windows/", "C:/Program Files", "node:",           "internal/",
    "native ",     "<frozen ",    "webpack/",
};

/* At the start of the module, each up to a dot, a slash or the end. */
static const struct {
  const char *platform, *module;
} library_modules[] = {
    {"java", "java"},
    {"java", "javax"},
    {"java", "jdk"},
    {"java", "sun"},
    {"java", "com.sun"},
    {"java", "kotlin"},
    {"java", "kotlinx"},
    {"java", "scala"},
    {"java", "groovy"},
    {"java", "jakarta"},
    {"java", "android"},
    {"java", "androidx"},
    {"java", "com.android"},
    {"java", "org.apache"},
    {"java", "org.springframework"},
    {"java", "org.eclipse"},
    {"java", "org.hibernate"},
    {"java", "io.netty"},
    {"java", "io.sentry"},
    {"java", "reactor"},
    {"java", "org.junit"},
    {"csharp", "System"},
    {"csharp", "Microsoft"},
    {"csharp", "Sentry"},
    {"go", "runtime"},
    {"go", "net"},
    {"go", "testing"},
    {"go", "reflect"},
    {"go", "sync"},
    {"go", "syscall"},
    {"go", "os"},
    {"go", "io"},
    {"go", "github.com/getsentry/sentry-go"},
    {"python", "sentry_sdk"},
    {"python", "raven"},
    {"python", "importlib"},
};

/* At the start of the function's name. */
static const char *const native_functions[] = {
    "std::",    "core::",  "alloc::",  "backtrace::", "sentry::",          "sentry_",
    "__libc_",  "_start",  "___rust_", "__rust_",     "rust_begin_unwind", "rust_panic",
    "<alloc::", "<core::", "<std::",   "<sentry",     "__rustc::",
};

/* Case matters, but '\' is '/'. */
static bool matches_at(struct slice path, size_t at, struct slice text) {
  if (path.len - at < text.len) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = path.ptr[at + i];
    if ((c == '\\' ? '/' : c) != text.ptr[i]) return false;
  }
  return true;
}

static bool is_library_path(struct slice path) {
  for (size_t i = 0; i < sizeof system_paths / sizeof system_paths[0]; i++) {
    if (matches_at(path, 0, slice_of_string(system_paths[i]))) return true;
  }
  for (size_t at = 0; at < path.len; at++) {
    if (path.ptr[at] != '/' && path.ptr[at] != '\\') continue;
    for (size_t i = 0; i < sizeof library_paths / sizeof library_paths[0]; i++) {
      if (matches_at(path, at, slice_of_string(library_paths[i]))) return true;
    }
  }
  return false;
}

static bool is_library_module(struct slice platform, struct slice module) {
  for (size_t i = 0; i < sizeof library_modules / sizeof library_modules[0]; i++) {
    struct slice prefix = slice_of_string(library_modules[i].module);
    if (!slice_equal_string(platform, library_modules[i].platform)) continue;
    if (!slice_starts_with(module, prefix)) continue;
    if (module.len == prefix.len || module.ptr[prefix.len] == '.' || module.ptr[prefix.len] == '/')
      return true;
  }
  return false;
}

static bool is_library_function(struct slice function) {
  for (size_t i = 0; i < sizeof native_functions / sizeof native_functions[0]; i++) {
    if (slice_starts_with(function, slice_of_string(native_functions[i]))) return true;
  }
  return false;
}

/* Node's own modules have names like "events.js" or "node:events": not a path. */
static bool is_node_builtin(const struct frame *frame) {
  struct slice path = frame->abs_path;
  if (slice_is_empty(path)) return false;
  return path.ptr[0] != '/' && !(path.len > 1 && path.ptr[1] == ':') &&
         !slice_starts_with(path, SLICE("app:")) && !slice_starts_with(path, SLICE("webpack")) &&
         !slice_starts_with(path, SLICE("file:")) && slice_find_byte(path, '/') == path.len;
}

static bool is_in_app(struct slice platform, const struct frame *frame) {
  enum family family = platform_family(platform);
  if (slice_equal(frame->filename, SLICE("[native code]"))) return false;
  if (is_library_path(frame->abs_path) || is_library_path(frame->filename) ||
      is_library_path(frame->package))
    return false;
  if (is_library_module(platform, frame->module)) return false;
  if (slice_equal(platform, SLICE("node")) && is_node_builtin(frame)) return false;
  if (family != FAMILY_NATIVE) return true;
  bool is_named =
      !slice_is_empty(frame->function) && !slice_equal(frame->function, SLICE("<unknown>"));
  bool is_known = is_named || !slice_is_empty(frame->abs_path) || !slice_is_empty(frame->package);
  return is_known && !is_library_function(frame->function);
}

/* The SDK's word holds, but for native code: SDKs there believe in a list of names, and call what
 * is not on it the developer's, such as the panic handler of the language and of the SDK itself. */
static bool is_settled(struct slice platform, const struct frame *frame) {
  return frame->in_app == NO ||
         (frame->in_app == YES && platform_family(platform) != FAMILY_NATIVE);
}

static void mark_stacktrace(const struct event *event, struct stacktrace *stacktrace) {
  for (size_t i = 0; i < stacktrace->count; i++) {
    struct frame *frame = &stacktrace->frames[i];
    struct slice platform = frame_platform(event, frame);
    frame->in_app = frame->sent_in_app;
    if (is_settled(platform, frame)) continue;
    frame->in_app = is_in_app(platform, frame) ? YES : NO;
  }
}

void rules_mark_frames(struct arena *arena, struct event *event,
                       const struct grouping_rules *rules) {
  (void)arena, (void)rules;
  for (size_t i = 0; i < event->exception_count; i++) {
    mark_stacktrace(event, &event->exceptions[i].stacktrace);
  }
  for (size_t i = 0; i < event->thread_count; i++) {
    mark_stacktrace(event, &event->threads[i].stacktrace);
  }
}

void rules_update_frames(const struct rule_subject *subject, const struct stacktrace *stacktrace,
                         struct stack_view *views, size_t view_count) {
  (void)subject, (void)stacktrace, (void)views, (void)view_count;
}

bool rules_match_fingerprint(const struct grouping_rules *rules, const struct event *event,
                             struct fingerprint_match *match) {
  (void)rules, (void)event, (void)match;
  return false;
}

enum status grouping_rules_compile(struct arena *arena, const struct grouping_rules_text *text,
                                   const struct grouping_rules **rules, struct problem *problem) {
  (void)arena, (void)text, (void)problem;
  *rules = NULL;
  return STATUS_OK;
}
