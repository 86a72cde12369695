/* frame.c - what identifies a frame: module or else file, function, line of source.
 *
 * Names that compilers and runtimes number anew at every build or run are cleaned
 * or left out. Lines of source count for languages whose SDKs always send them.
 */
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

/* Lines longer than this are generated or minified. */
enum { LONGEST_CONTEXT = 120 };

static bool is_any(struct slice text, const char *const *names) {
  for (; *names; names++) {
    if (slice_equal_string(text, *names)) return true;
  }
  return false;
}

enum family platform_family(struct slice platform) {
  static const char *const javascript[] = {"javascript", "node", NULL};
  static const char *const native[] = {"native", "cocoa", "objc", "c", "swift", NULL};
  static const char *const java[] = {"java", "groovy", "kotlin", "scala", NULL};
  if (is_any(platform, javascript)) return FAMILY_JAVASCRIPT;
  if (is_any(platform, native)) return FAMILY_NATIVE;
  if (is_any(platform, java)) return FAMILY_JAVA;
  return FAMILY_OTHER;
}

struct slice frame_platform(const struct event *event, const struct frame *frame) {
  return slice_is_empty(frame->platform) ? event->platform : frame->platform;
}

bool frame_is_recursion(const struct frame *a, const struct frame *b) {
  return a->lineno == b->lineno && a->colno == b->colno && slice_equal(a->function, b->function) &&
         slice_equal(a->filename, b->filename) && slice_equal(a->module, b->module) &&
         slice_equal(a->abs_path, b->abs_path) && slice_equal(a->package, b->package);
}

static bool is_url(struct slice path) {
  return slice_starts_with(path, SLICE("http:")) || slice_starts_with(path, SLICE("https:")) ||
         slice_starts_with(path, SLICE("blob:")) || slice_starts_with(path, SLICE("applewebdata:"));
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'f'; }

/* --- module -------------------------------------------------------------------- */

/* Java's runtimes number the classes they make: what follows the marker becomes "<auto>". */
static struct slice java_module(struct arena *arena, struct slice module) {
  static const char *const markers[] = {"CGLIB$$",
                                        "$$_javassist",
                                        "$fn__",
                                        "EnhancerBy",
                                        "FastClassBy",
                                        "HibernateProxy$",
                                        "GeneratedConstructorAccessor",
                                        "GeneratedSerializationConstructorAccessor",
                                        "GeneratedMethodAccessor"};
  if (slice_find(module, SLICE("$$Lambda$")) < module.len) return SLICE_EMPTY;
  for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++) {
    struct slice marker = slice_of_string(markers[i]);
    size_t at = slice_find(module, marker);
    if (at == module.len) continue;
    at += marker.len;
    /* The number stands at once, or behind "$$" after a library's name. */
    struct slice rest = slice_from(module, at);
    size_t dollars = slice_find(rest, SLICE("$$"));
    if (dollars < rest.len) at += dollars + 2;
    return arena_concat(arena, slice_upto(module, at), SLICE("<auto>"));
  }
  return module;
}

static struct slice frame_module(struct arena *arena, enum family family,
                                 const struct frame *frame) {
  struct slice module = frame->module;
  if (slice_is_empty(module)) return module;
  /* A page's address is not a module. */
  bool is_page =
      slice_find_byte(module, '/') < module.len && slice_ends_with(frame->abs_path, module);
  if (family == FAMILY_JAVASCRIPT && is_page) return SLICE_EMPTY;
  if (family == FAMILY_JAVA) return java_module(arena, module);
  return module;
}

/* --- file ---------------------------------------------------------------------- */

static struct slice lower_case(struct arena *arena, struct slice text) {
  char *copy = NULL;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < 'A' || text.ptr[i] > 'Z') continue;
    if (!copy) text.ptr = copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
    copy[i] = (char)(copy[i] | 0x20);
  }
  return text;
}

static struct slice frame_file(struct arena *arena, const struct frame *frame) {
  struct slice file = frame->filename;
  if (is_url(frame->abs_path) || slice_equal(file, SLICE("<anonymous>")) ||
      slice_equal(file, SLICE("[native code]")))
    return SLICE_EMPTY;
  for (size_t i = file.len; i-- > 0;) {
    if (file.ptr[i] != '/' && file.ptr[i] != '\\') continue;
    file = slice_from(file, i + 1);
    break;
  }
  return lower_case(arena, file);
}

/* --- function ------------------------------------------------------------------ */

static struct slice javascript_function(struct slice function) {
  static const char *const nameless[] = {
      "?", "<anonymous function>", "<anonymous>", "Anonymous function", "", NULL};
  size_t dot = slice_find_last_byte(function, '.');
  if (dot < function.len) function = slice_from(function, dot + 1);
  if (is_any(function, nameless) || slice_ends_with(function, SLICE("/<"))) return SLICE_EMPTY;
  return function;
}

/* "block (2 levels) in run" -> "block"; "_render__123456_78901" -> "_render". */
static struct slice ruby_function(struct slice function) {
  if (slice_starts_with(function, SLICE("block "))) return SLICE("block");
  size_t end = function.len, groups = 0;
  while (end > 0) {
    size_t digits = end;
    while (digits > 0 && is_digit(function.ptr[digits - 1])) digits--;
    if (end - digits < 4 || digits == 0 || function.ptr[digits - 1] != '_') break;
    end = digits - 1;
    groups++;
  }
  if (groups == 2 && end > 1 && function.ptr[end - 1] == '_') return slice_upto(function, end - 1);
  return function;
}

static struct slice php_function(struct slice function) {
  if (!slice_starts_with(function, SLICE("class@anonymous"))) {
    return slice_starts_with(function, SLICE("[Anonymous")) ? SLICE_EMPTY : function;
  }
  size_t method = slice_find(function, SLICE("::"));
  return slice_from(function, method + 2);
}

/* Rust: "f::h0123456789abcdef" -> "f". */
static struct slice native_function(struct slice function) {
  static const char *const nameless[] = {"<redacted>", "<unknown>", NULL};
  if (is_any(function, nameless)) return SLICE_EMPTY;
  if (function.len < 19) return function;
  struct slice tail = slice_from(function, function.len - 19);
  if (!slice_starts_with(tail, SLICE("::h"))) return function;
  for (size_t i = 3; i < tail.len; i++) {
    if (!is_digit(tail.ptr[i]) && !is_hex_letter(tail.ptr[i])) return function;
  }
  return slice_upto(function, function.len - 19);
}

static struct slice frame_function(enum family family, struct slice platform,
                                   const struct frame *frame) {
  struct slice function = slice_is_empty(frame->function) ? frame->raw_function : frame->function;
  if (slice_is_empty(function)) return function;
  if (family == FAMILY_JAVASCRIPT) return javascript_function(function);
  if (family == FAMILY_NATIVE) return native_function(function);
  if (family == FAMILY_JAVA) {
    return slice_starts_with(function, SLICE("lambda$")) ? SLICE_EMPTY : function;
  }
  if (slice_equal(platform, SLICE("ruby"))) return ruby_function(function);
  if (slice_equal(platform, SLICE("php"))) return php_function(function);
  return function;
}

/* --- line of source -------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Runs of white space become one blank. */
static struct slice squeeze(struct arena *arena, struct slice line) {
  size_t at = 0;
  line = slice_trim(line);
  while (at < line.len &&
         (!is_blank(line.ptr[at]) || (line.ptr[at] == ' ' && !is_blank(line.ptr[at + 1]))))
    at++;
  if (at == line.len) return line;
  char *copy = (char *)(uintptr_t)arena_copy(arena, line).ptr;
  size_t len = at;
  for (; at < line.len; at++) {
    bool is_space = is_blank(line.ptr[at]);
    if (is_space && len > 0 && copy[len - 1] == ' ') continue;
    copy[len++] = is_space ? ' ' : line.ptr[at];
  }
  return slice_of(copy, len);
}

static struct slice frame_context(struct arena *arena, const struct event *event,
                                  const struct frame *frame) {
  static const char *const platforms[] = {"javascript", "node", "python", "php", "ruby", NULL};
  struct slice platform = frame_platform(event, frame);
  struct slice line = frame->context_line;
  if (slice_is_empty(line) || line.len > LONGEST_CONTEXT || !is_any(platform, platforms)) {
    return SLICE_EMPTY;
  }
  if (platform_family(platform) == FAMILY_JAVASCRIPT && slice_is_empty(frame->function) &&
      is_url(frame->abs_path))
    return SLICE_EMPTY;
  return squeeze(arena, line);
}

/* --- all ---------------------------------------------------------------------- */

/* Frames of the engine itself, different in every browser. */
static bool is_engine_frame(enum family family, const struct frame *frame) {
  static const char *const places[] = {"[native code]", "native code", "eval code", "<anonymous>",
                                       NULL};
  if (family != FAMILY_JAVASCRIPT) return false;
  return slice_equal(frame->function, SLICE("eval")) || is_any(frame->abs_path, places);
}

void frame_values(struct values *values, const struct event *event, const struct frame *frame) {
  struct slice platform = frame_platform(event, frame);
  enum family family = platform_family(platform);
  if (is_engine_frame(family, frame)) return;
  struct slice module = frame_module(values->arena, family, frame);
  struct slice file = slice_is_empty(module) ? frame_file(values->arena, frame) : SLICE_EMPTY;
  struct slice function = frame_function(family, platform, frame);
  struct slice line = frame_context(values->arena, event, frame);
  if (!slice_is_empty(module)) values_add(values, SLICE("module"), module);
  if (!slice_is_empty(file)) values_add(values, SLICE("file"), file);
  if (!slice_is_empty(function)) values_add(values, SLICE("function"), function);
  if (!slice_is_empty(line)) values_add(values, SLICE("context line"), line);
}
