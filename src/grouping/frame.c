/* frame.c - what identifies a frame: module or else file, function, line of source.
 *
 * Names that compilers and runtimes number anew at every build or run are cleaned
 * or left out. Lines of source count for languages whose SDKs always send them.
 * Every rule looks at a name once: the whole is linear.
 */
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

/* Lines longer than this are generated or minified. In characters. */
enum { LONGEST_CONTEXT = 120 };

static bool is_any(struct slice text, const char *const *names) {
  for (; *names; names++) {
    if (slice_equal_string(text, *names)) return true;
  }
  return false;
}

static enum platform platform_named(struct slice name) {
  static const struct {
    struct slice name;
    enum platform platform;
  } names[] = {
      {{"javascript", 10}, PLATFORM_JAVASCRIPT},
      {{"node", 4}, PLATFORM_NODE},
      {{"python", 6}, PLATFORM_PYTHON},
      {{"php", 3}, PLATFORM_PHP},
      {{"ruby", 4}, PLATFORM_RUBY},
      {{"java", 4}, PLATFORM_JAVA},
      {{"csharp", 6}, PLATFORM_CSHARP},
      {{"native", 6}, PLATFORM_NATIVE},
      {{"cocoa", 5}, PLATFORM_NATIVE},
      {{"objc", 4}, PLATFORM_NATIVE},
      {{"swift", 5}, PLATFORM_NATIVE},
      {{"c", 1}, PLATFORM_NATIVE},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal(name, names[i].name)) return names[i].platform;
  }
  return PLATFORM_OTHER;
}

enum platform frame_platform(const struct event *event, const struct frame *frame) {
  return platform_named(slice_is_empty(frame->platform) ? event->platform : frame->platform);
}

bool is_javascript(enum platform platform) {
  return platform == PLATFORM_JAVASCRIPT || platform == PLATFORM_NODE;
}

enum family platform_family(struct slice name) {
  enum platform platform = platform_named(name);
  if (is_javascript(platform)) return FAMILY_JAVASCRIPT;
  return platform == PLATFORM_NATIVE ? FAMILY_NATIVE : FAMILY_OTHER;
}

bool frame_is_recursion(const struct frame *a, const struct frame *b) {
  return a->lineno == b->lineno && a->colno == b->colno && slice_equal(a->function, b->function) &&
         slice_equal(a->filename, b->filename) && slice_equal(a->module, b->module) &&
         slice_equal(a->abs_path, b->abs_path) && slice_equal(a->package, b->package);
}

bool is_page_address(struct slice path, bool with_files) {
  static const char *const schemes[] = {"http:", "https:", "applewebdata:", "blob:", NULL};
  for (const char *const *scheme = schemes; *scheme; scheme++) {
    if (slice_starts_with(path, slice_of_string(*scheme))) return true;
  }
  return with_files && slice_starts_with(path, SLICE("file:"));
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex_digit(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
static bool is_word(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         (unsigned char)c >= 0x80;
}

/* The number of bytes from `from` on that are of a kind. */
static size_t run_of(struct slice text, size_t from, bool (*is_kind)(char)) {
  size_t length = 0;
  while (from + length < text.len && is_kind(text.ptr[from + length])) length++;
  return length;
}

/* --- names that Java's runtimes make ------------------------------------------------- */

/* Classes that are made at run time are numbered: what follows their mark becomes "<auto>".
 *
 *   sun.reflect.GeneratedConstructorAccessor17          digits
 *   Config$$EnhancerBySpringCGLIB$$1ebdd_0              $…By, word, one or two $, hexadecimal
 *   User$HibernateProxy$zBo7l                           $, one or two $, word
 */
struct generated {
  const char *mark;
  bool takes_word;      /* a word stands behind the mark */
  bool takes_dollars;   /* and then one or two '$' */
  const char *word_end; /* what the word has to end in; null: anything */
  bool (*is_tail)(char);
  bool is_tail_optional;
};

static const struct generated generated_names[] = {
    {"sun.reflect.GeneratedConstructorAccessor", .is_tail = is_digit},
    {"sun.reflect.GeneratedSerializationConstructorAccessor", .is_tail = is_digit},
    {"$$", true, true, "CGLIB", is_hex_digit, false},
    {"$$_javassist", .is_tail = is_digit, .is_tail_optional = true},
    {"$fn__", .is_tail = is_digit},
    {"$EnhancerBy", true, true, NULL, is_hex_digit, false},
    {"$FastClassBy", true, true, NULL, is_hex_digit, false},
    {"$HibernateProxy", false, true, NULL, is_word, false},
};

static const struct generated javassist = {"$$_javassist", .is_tail = is_digit,
                                           .is_tail_optional = true};

/* "_0" behind the tail belongs to it. */
static size_t numbered_suffix(struct slice text, size_t at) {
  if (at >= text.len || text.ptr[at] != '_') return 0;
  size_t digits = run_of(text, at + 1, is_digit);
  return digits ? digits + 1 : 0;
}

/* Reads what stands behind the mark: `*kept` is where the tail begins and `*end` where it ends.
 * False when the name is not a generated one. */
static bool read_generated(const struct generated *name, struct slice text, size_t at, size_t *kept,
                           size_t *end) {
  if (name->takes_word) {
    size_t word = run_of(text, at, is_word);
    struct slice wanted = slice_of_string(name->word_end);
    /* The word is more than its end. */
    if (word <= wanted.len) return false;
    if (!slice_ends_with(slice_upto(text, at + word), wanted)) return false;
    at += word;
  }
  if (name->takes_dollars) {
    size_t dollars = 0;
    while (dollars < 2 && at + dollars < text.len && text.ptr[at + dollars] == '$') dollars++;
    if (dollars < (name->word_end ? 2u : 1u)) return false;
    at += dollars;
  }
  *kept = at;
  if (name->is_tail_optional) {
    if (slice_starts_with(slice_from(text, at), SLICE("_seam"))) at += 5;
    *end = at + numbered_suffix(text, at);
    return true;
  }
  size_t tail = run_of(text, at, name->is_tail);
  *end = at + tail;
  if (name->is_tail == is_hex_digit) *end += numbered_suffix(text, *end);
  return tail > 0;
}

static char *append(char *to, struct slice text) {
  if (text.len) memcpy(to, text.ptr, text.len);
  return to + text.len;
}

static struct slice clean_generated(struct arena *arena, struct slice text,
                                    const struct generated *name) {
  static const struct slice placeholder = {"<auto>", 6};
  struct slice mark = slice_of_string(name->mark);
  char *copy = NULL, *to = NULL;
  size_t copied = 0, from = 0, kept, end;
  for (;;) {
    size_t at = from + slice_find(slice_from(text, from), mark);
    if (at >= text.len) break;
    if (!read_generated(name, text, at + mark.len, &kept, &end)) {
      from = at + 1;
      continue;
    }
    /* A mark takes more than one byte, and so there is room for all placeholders. */
    if (!copy) to = copy = arena_alloc_raw(arena, text.len * (placeholder.len + 1));
    to = append(append(to, slice_from(slice_upto(text, kept), copied)), placeholder);
    copied = from = end;
  }
  if (!copy) return text;
  to = append(to, slice_from(text, copied));
  return slice_of(copy, (size_t)(to - copy));
}

static struct slice java_module(struct arena *arena, struct slice module) {
  static const char *const accessors[] = {"sun.reflect.GeneratedMethodAccessor",
                                          "jdk.internal.reflect.GeneratedMethodAccessor"};
  for (size_t i = 0; i < sizeof accessors / sizeof accessors[0]; i++) {
    struct slice accessor = slice_of_string(accessors[i]);
    if (slice_starts_with(module, accessor)) return accessor;
  }
  bool may_be_generated = slice_find_byte(module, '$') < module.len ||
                          slice_find(module, SLICE("sun.reflect.Generated")) < module.len;
  if (!may_be_generated) return module;
  if (slice_find(module, SLICE("$$Lambda$")) < module.len) return SLICE_EMPTY;
  for (size_t i = 0; i < sizeof generated_names / sizeof generated_names[0]; i++) {
    module = clean_generated(arena, module, &generated_names[i]);
  }
  return module;
}

/* --- module and file ------------------------------------------------------------------- */

static struct slice frame_module(struct arena *arena, enum platform platform,
                                 const struct frame *frame) {
  struct slice module = frame->module;
  if (slice_is_empty(module)) return module;
  if (platform == PLATFORM_JAVA) return java_module(arena, module);
  /* A page's address is not a module. */
  bool is_page =
      slice_find_byte(module, '/') < module.len && slice_ends_with(frame->abs_path, module);
  return platform == PLATFORM_JAVASCRIPT && is_page ? SLICE_EMPTY : module;
}

static struct slice lower_case(struct arena *arena, struct slice text) {
  char *copy = NULL;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < 'A' || text.ptr[i] > 'Z') continue;
    if (!copy) text.ptr = copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
    copy[i] = (char)(copy[i] | 0x20);
  }
  return text;
}

static struct slice frame_file(struct arena *arena, enum platform platform,
                               const struct frame *frame) {
  struct slice file = frame->filename;
  for (size_t i = file.len; i-- > 0;) {
    if (file.ptr[i] != '/' && file.ptr[i] != '\\') continue;
    file = slice_from(file, i + 1);
    break;
  }
  file = lower_case(arena, file);
  if (is_page_address(frame->abs_path, false) || slice_equal(file, SLICE("<anonymous>")) ||
      slice_equal(file, SLICE("[native code]")))
    return SLICE_EMPTY;
  if (platform == PLATFORM_JAVA) return clean_generated(arena, file, &javassist);
  return file;
}

/* --- function ------------------------------------------------------------------------------ */

static struct slice last_part(struct slice function) {
  size_t dot = slice_find_last_byte(function, '.');
  return dot < function.len ? slice_from(function, dot + 1) : function;
}

/* Browsers and engines put the object before the method, each in its own way. */
static struct slice javascript_function(const struct frame *frame, struct slice function) {
  static const char *const nameless[] = {
      "?", "<anonymous function>", "<anonymous>", "Anonymous function", "", NULL};
  struct slice raw =
      last_part(slice_is_empty(frame->raw_function) ? frame->function : frame->raw_function);
  if (is_any(raw, nameless) || slice_ends_with(raw, SLICE("/<"))) return SLICE_EMPTY;
  return last_part(function);
}

/* "block (2 levels) in run" -> "block"; "_render__123456_78901" -> "_render". */
static struct slice ruby_function(struct slice function) {
  if (slice_starts_with(function, SLICE("block "))) return SLICE("block");
  size_t end = function.len;
  for (int group = 0; group < 2; group++) {
    size_t digits = end;
    while (digits > 0 && is_digit(function.ptr[digits - 1])) digits--;
    if (end - digits < 4 || digits == 0 || function.ptr[digits - 1] != '_') return function;
    end = digits - 1;
  }
  if (end == 0 || function.ptr[end - 1] != '_') return function;
  return slice_upto(function, end - 1);
}

/* PHP puts a NUL, which decoding replaced, and the place behind the name of a nameless class. */
static struct slice php_function(struct slice function) {
  if (slice_starts_with(function, SLICE("[Anonymous"))) return SLICE_EMPTY;
  if (!slice_starts_with(function, SLICE("class@anonymous"))) return function;
  for (size_t i = function.len; i >= 2; i--) {
    if (function.ptr[i - 1] == ':' && function.ptr[i - 2] == ':') return slice_from(function, i);
  }
  return slice_starts_with(function, SLICE("class@anonymous\xef\xbf\xbd")) ? SLICE_EMPTY : function;
}

static struct slice native_function(struct slice function) {
  static const char *const nameless[] = {"<redacted>", "<unknown>", NULL};
  return is_any(function, nameless) ? SLICE_EMPTY : function;
}

static struct slice frame_function(enum platform platform, const struct frame *frame) {
  bool prefers_raw = platform == PLATFORM_CSHARP;
  struct slice first = prefers_raw ? frame->raw_function : frame->function;
  struct slice second = prefers_raw ? frame->function : frame->raw_function;
  struct slice function = slice_is_empty(first) ? second : first;
  if (slice_is_empty(function)) return function;
  switch (platform) {
    case PLATFORM_JAVASCRIPT:
    case PLATFORM_NODE: return javascript_function(frame, function);
    case PLATFORM_NATIVE: return native_function(function);
    case PLATFORM_JAVA:
      return slice_starts_with(function, SLICE("lambda$")) ? SLICE_EMPTY : function;
    case PLATFORM_RUBY: return ruby_function(function);
    case PLATFORM_PHP: return php_function(function);
    default: return function;
  }
}

/* --- line of source -------------------------------------------------------------------------- */

/* Bytes of the white space at `at`, by Unicode; 0 when there is none. */
static size_t blank_at(struct slice line, size_t at) {
  const unsigned char *p = (const unsigned char *)line.ptr + at;
  size_t left = line.len - at;
  if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r') || (p[0] >= 0x1c && p[0] <= 0x1f)) return 1;
  if (p[0] < 0xc2) return 0;
  if (left >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0)) return 2;
  if (left < 3) return 0;
  unsigned code = (unsigned)(p[0] & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
  if ((p[0] & 0xf0) != 0xe0) return 0;
  bool is_blank = code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
                  code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
  return is_blank ? 3 : 0;
}

/* Bytes that may begin white space. */
static const bool may_be_blank[256] = {
    ['\t' ... '\r'] = true, [0x1c ... 0x20] = true, [0xc2] = true, [0xe1 ... 0xe3] = true};

static size_t plain_run(struct slice line, size_t at) {
  size_t start = at;
  while (at < line.len && !may_be_blank[(unsigned char)line.ptr[at]]) at++;
  return at - start;
}

/* Runs of white space become one blank, at the ends none. */
static struct slice squeeze(struct arena *arena, struct slice line) {
  char *copy = arena_alloc_raw(arena, line.len + 1);
  size_t len = 0;
  bool is_pending = false;
  for (size_t at = 0; at < line.len;) {
    size_t blank = blank_at(line, at);
    if (blank) {
      is_pending = len > 0;
      at += blank;
      continue;
    }
    if (is_pending) copy[len++] = ' ';
    is_pending = false;
    size_t run = 1 + plain_run(line, at + 1);
    memcpy(copy + len, line.ptr + at, run);
    len += run;
    at += run;
  }
  return slice_of(copy, len);
}

static struct slice frame_context(struct arena *arena, enum platform platform,
                                  const struct frame *frame) {
  struct slice line = frame->context_line;
  bool has_lines = is_javascript(platform) || platform == PLATFORM_PYTHON ||
                   platform == PLATFORM_PHP || platform == PLATFORM_RUBY;
  if (slice_is_empty(line) || !has_lines) return SLICE_EMPTY;
  if (line.len > LONGEST_CONTEXT && slice_cut_characters(line, LONGEST_CONTEXT).len < line.len) {
    return SLICE_EMPTY;
  }
  if (is_javascript(platform) && slice_is_empty(frame->function) &&
      is_page_address(frame->abs_path, true))
    return SLICE_EMPTY;
  return squeeze(arena, line);
}

/* --- all ------------------------------------------------------------------------------------- */

/* Frames of the engine itself, different in every browser. */
static bool is_engine_frame(enum platform platform, const struct frame *frame) {
  static const char *const places[] = {"[native code]", "native code", "eval code", "<anonymous>",
                                       NULL};
  if (!is_javascript(platform)) return false;
  struct slice function =
      slice_is_empty(frame->raw_function) ? frame->function : frame->raw_function;
  return slice_equal(last_part(function), SLICE("eval")) || is_any(frame->abs_path, places);
}

static void add(struct frame_values *values, struct slice name, struct slice value) {
  if (!slice_is_empty(value)) values->items[values->count++] = (struct pair){name, value};
}

bool frame_describe(struct arena *arena, const struct event *event, const struct frame *frame,
                    struct frame_values *values) {
  enum platform platform = frame_platform(event, frame);
  values->count = 0;
  struct slice module = frame_module(arena, platform, frame);
  add(values, SLICE("module"), module);
  if (slice_is_empty(module)) add(values, SLICE("file"), frame_file(arena, platform, frame));
  struct slice line = frame_context(arena, platform, frame);
  /* Names in source maps are unreliable; the line says more. */
  bool is_named_by_map = frame->is_source_mapped && !slice_is_empty(line);
  if (!is_named_by_map) add(values, SLICE("function"), frame_function(platform, frame));
  add(values, SLICE("context line"), line);
  return !is_engine_frame(platform, frame);
}
