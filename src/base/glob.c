/* glob.c - see glob.h. */
#include "base/glob.h"

#include "base/banned.h"

struct slice glob_text(struct arena *arena, struct slice text) {
  char *copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
  for (size_t i = 0; i < text.len; i++) {
    if (copy[i] >= 'A' && copy[i] <= 'Z') copy[i] = (char)(copy[i] | 0x20);
  }
  return slice_of(copy, text.len);
}

struct glob glob_make(struct arena *arena, struct slice pattern) {
  struct slice rest = glob_text(arena, pattern);
  struct glob glob = {.is_open_at_start = slice_starts_with(rest, SLICE("*")),
                      .is_open_at_end = slice_ends_with(rest, SLICE("*"))};
  size_t room = 1;
  for (size_t i = 0; i < rest.len; i++) room += rest.ptr[i] == '*';
  glob.pieces = ARENA_ARRAY(arena, room, struct slice);
  while (!slice_is_empty(rest)) {
    struct slice piece = slice_split(&rest, '*');
    if (piece.len) glob.pieces[glob.count++] = piece;
  }
  return glob;
}

bool glob_match(const struct glob *glob, struct slice text) {
  size_t first = 0, last = glob->count;
  if (glob->count == 0) return glob->is_open_at_start || text.len == 0;
  if (!glob->is_open_at_start) {
    if (!slice_starts_with(text, glob->pieces[0])) return false;
    text = slice_from(text, glob->pieces[0].len);
    first = 1;
  }
  if (!glob->is_open_at_end) {
    if (first == last) return text.len == 0;
    last--;
    if (!slice_ends_with(text, glob->pieces[last])) return false;
    text = slice_upto(text, text.len - glob->pieces[last].len);
  }
  for (size_t i = first; i < last; i++) {
    size_t at = slice_find(text, glob->pieces[i]);
    if (at == text.len) return false;
    text = slice_from(text, at + glob->pieces[i].len);
  }
  return true;
}
