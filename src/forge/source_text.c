/* source_text.c - paths as frames give them, and lines of a file; the same for every forge. */
#include "base/bytes.h"
#include "forge/builtin.h"

#include "base/banned.h"

/* --- paths ------------------------------------------------------------------------------ */

struct slice source_clean_path(struct arena *arena, struct slice path) {
  size_t scheme = slice_find(path, SLICE("://"));
  if (scheme < path.len) {
    path = slice_from(path, scheme + 3);
    size_t slash = slice_find_byte(path, '/');
    path = slice_from(path, slash + 1);
    path = slice_upto(path, slice_find_byte(path, '?'));
  }
  if (path.len > SOURCE_PATH_BYTES || slice_find_byte(path, 0) < path.len ||
      slice_find_byte(path, '\n') < path.len)
    return SLICE_EMPTY;
  struct slice clean = arena_copy(arena, path);
  char *bytes = arena_string(arena, clean);
  for (size_t i = 0; i < clean.len; i++)
    if (bytes[i] == '\\') bytes[i] = '/';
  clean.ptr = bytes;
  while (slice_starts_with(clean, SLICE("./")) || slice_starts_with(clean, SLICE("~/")) ||
         slice_starts_with(clean, SLICE("/")))
    clean = slice_from(clean, clean.ptr[0] == '/' ? 1 : 2);
  return slice_find(clean, SLICE("../")) < clean.len ? SLICE_EMPTY : clean;
}

struct slice source_name_that_ends(struct slice names, struct arena *arena, struct slice path) {
  struct slice needle = arena_printf(arena, "/%.*s\n", SLICE_ARGS(path));
  size_t at = slice_find(names, needle);
  if (at == names.len) return SLICE_EMPTY;
  if (slice_find(slice_from(names, at + 1), needle) < names.len - at - 1) return SLICE_EMPTY;
  struct slice before = slice_upto(names, at);
  size_t newline = slice_find_last_byte(before, '\n');
  size_t start = newline < before.len ? newline + 1 : 0;
  return slice_of(names.ptr + start, at + needle.len - 1 - start);
}

/* --- lines ---------------------------------------------------------------------------------- */

bool source_copy_lines(struct arena *arena, struct slice text, const struct source_request *request,
                       struct source_lines *source) {
  size_t context =
      request->context < SOURCE_CONTEXT_LINES ? request->context : SOURCE_CONTEXT_LINES;
  int64_t first = request->line - (int64_t)context, last = request->line + (int64_t)context;
  bool has_line = false;
  if (first < 1) first = 1;
  source->first_line = first;
  source->lines = ARENA_ARRAY(arena, 2 * context + 1, struct slice);
  source->count = 0;
  for (int64_t number = 1; number <= last && text.len > 0; number++) {
    struct slice line = slice_split(&text, '\n');
    if (number < first) continue;
    if (slice_ends_with(line, SLICE("\r"))) line.len--;
    line = arena_copy(arena, slice_upto(line, SOURCE_LINE_BYTES));
    source->lines[source->count++] = utf8_repair(arena, line);
    if (number == request->line) has_line = true;
  }
  return has_line;
}
