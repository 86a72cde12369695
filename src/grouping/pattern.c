/* pattern.c - globs as sets of states.
 *
 * A pattern is a row of items that each take one character, with stars between
 * them. State n means "the first n items have been seen"; a star behind item n is
 * a loop on state n. All states that are possible are kept as bits and moved at
 * once for each byte, so no pattern makes the matcher go back:
 *
 *   a*b?      a      b      ?           bits 0 1 2 3
 *         0 ────► 1 ────► 2 ────► 3      start: 0001, accepted: 1000
 *                 ↺ any
 *
 * Characters beyond ASCII: "?" and "[!x]" take the first byte, and the state behind
 * them loops on the bytes that continue a character. Most patterns have one literal
 * and stars at its ends; these are compared without states.
 */
#include "grouping/pattern.h"

#include <string.h>

#include "base/banned.h"

enum { WORD_BITS = 64 };

struct pattern_states {
  size_t words; /* for item_count + 1 states */
  size_t item_count;
  unsigned char class_of[256];  /* of a byte as it stands in the text */
  uint64_t *takes;              /* [class][word]: bit n: item n takes the class */
  uint64_t *loops_any;          /* [word]: bit n: "**" behind n items */
  uint64_t *loops_segment;      /* [word]: '*' that stops at '/' */
  uint64_t *loops_continuation; /* [word]: bytes that continue a character */
};

/* --- folding --------------------------------------------------------------------- */

static unsigned char folds[PATTERN_STYLES][256];

__attribute__((constructor)) static void fill_folds(void) {
  for (int style = 0; style < PATTERN_STYLES; style++) {
    for (int c = 0; c < 256; c++) {
      bool is_upper = c >= 'A' && c <= 'Z';
      folds[style][c] = (unsigned char)(style != PATTERN_PLAIN && is_upper ? c | 0x20 : c);
    }
  }
  folds[PATTERN_PATH]['\\'] = '/';
}

const unsigned char *pattern_fold(enum pattern_style style) { return folds[style]; }

static bool equals(const struct pattern *pattern, const char *text, struct slice literal) {
  if (pattern->style == PATTERN_PLAIN) return memcmp(text, literal.ptr, literal.len) == 0;
  const unsigned char *fold = folds[pattern->style];
  for (size_t i = 0; i < literal.len; i++) {
    if (fold[(unsigned char)text[i]] != (unsigned char)literal.ptr[i]) return false;
  }
  return true;
}

/* --- items ----------------------------------------------------------------------- */

enum star { STAR_NONE, STAR_SEGMENT, STAR_ANY };

struct item {
  bool is_literal;
  unsigned char byte;     /* of a literal, folded */
  uint64_t set[4];        /* of the others: the folded bytes that are taken */
  bool takes_first_bytes; /* of characters beyond ASCII */
};

struct items {
  struct item *items;
  enum star *stars; /* [count + 1]: in front of each item, and behind the last */
  size_t count;
};

static void set_add(uint64_t set[4], unsigned char byte) {
  set[byte / 64] |= UINT64_C(1) << byte % 64;
}
static bool set_has(const uint64_t set[4], unsigned char byte) {
  return set[byte / 64] >> byte % 64 & 1;
}

/* Reads "[…]" at `*at`; false when it does not end. */
static bool read_set(struct slice text, size_t *at, const unsigned char *fold, struct item *item) {
  size_t i = *at + 1;
  bool is_negated = i < text.len && (text.ptr[i] == '!' || text.ptr[i] == '^');
  if (is_negated) i++;
  size_t first = i;
  uint64_t set[4] = {0};
  for (; i < text.len && (text.ptr[i] != ']' || i == first); i++) {
    unsigned char from = (unsigned char)text.ptr[i], to = from;
    if (i + 2 < text.len && text.ptr[i + 1] == '-' && text.ptr[i + 2] != ']') {
      to = (unsigned char)text.ptr[i + 2];
      i += 2;
    }
    for (unsigned c = from; c <= to; c++) set_add(set, fold[c]);
  }
  if (i >= text.len) return false;
  *at = i + 1;
  for (unsigned c = 0; c < 128; c++) {
    if (set_has(set, (unsigned char)c) != is_negated) set_add(item->set, (unsigned char)c);
  }
  item->takes_first_bytes = is_negated;
  return true;
}

static struct items read_items(struct arena *arena, struct slice text, enum pattern_style style) {
  const unsigned char *fold = folds[style];
  struct items items = {ARENA_ARRAY(arena, text.len + 1, struct item),
                        ARENA_ARRAY(arena, text.len + 1, enum star), 0};
  size_t at = 0;
  while (at < text.len) {
    struct item *item = &items.items[items.count];
    char c = text.ptr[at];
    if (c == '*') {
      bool is_double = at + 1 < text.len && text.ptr[at + 1] == '*';
      enum star star = is_double || style != PATTERN_PATH ? STAR_ANY : STAR_SEGMENT;
      if (items.stars[items.count] < star) items.stars[items.count] = star;
      at += is_double ? 2 : 1;
      continue;
    }
    if (c == '?') {
      for (unsigned byte = 0; byte < 128; byte++) set_add(item->set, (unsigned char)byte);
      item->takes_first_bytes = true;
      at++;
    } else if (c != '[' || !read_set(text, &at, fold, item)) {
      item->is_literal = true;
      item->byte = fold[(unsigned char)c];
      at++;
    }
    items.count++;
  }
  return items;
}

/* --- compiling ------------------------------------------------------------------- */

static struct slice literal_between(struct arena *arena, const struct items *items, size_t from,
                                    size_t to) {
  char *text = arena_alloc_raw(arena, to - from + 1);
  for (size_t i = from; i < to; i++) text[i - from] = (char)items->items[i].byte;
  return slice_of(text, to - from);
}

/* The longest run of literals without a star in it. */
static void find_key(struct arena *arena, const struct items *items, struct pattern *pattern) {
  size_t best = 0, best_len = 0, start = 0;
  for (size_t i = 0; i <= items->count; i++) {
    bool is_end = i == items->count || !items->items[i].is_literal;
    if (!is_end && items->stars[i] == STAR_NONE) continue;
    if (i - start > best_len) {
      best = start;
      best_len = i - start;
    }
    start = is_end ? i + 1 : i;
  }
  pattern->key.text = literal_between(arena, items, best, best + best_len);
  pattern->key.is_at_start = best == 0 && items->stars[0] == STAR_NONE;
}

static bool item_takes(const struct item *item, unsigned char folded) {
  if (item->is_literal) return folded == item->byte;
  if (folded >= 0xC0) return item->takes_first_bytes;
  return set_has(item->set, folded);
}

/* Bytes that no item tells apart share a class. */
static size_t classify(const struct items *items, const unsigned char *fold,
                       unsigned char class_of[256]) {
  unsigned char class_of_literal[256] = {0};
  bool has_sets = false;
  size_t classes = 1;
  for (size_t i = 0; i < items->count; i++) {
    const struct item *item = &items->items[i];
    has_sets |= !item->is_literal;
    if (item->is_literal && !class_of_literal[item->byte]) {
      /* The 256th distinct byte cannot occur: 0xFF is no part of UTF-8. */
      class_of_literal[item->byte] = (unsigned char)classes++;
      if (classes == 256) break;
    }
  }
  for (unsigned c = 0; c < 256; c++) {
    class_of[c] = has_sets ? fold[c] : class_of_literal[fold[c]];
  }
  return has_sets ? 256 : classes;
}

static void set_bit(uint64_t *words, size_t bit) {
  words[bit / WORD_BITS] |= UINT64_C(1) << bit % WORD_BITS;
}

static const struct pattern_states *make_states(struct arena *arena, const struct items *items,
                                                enum pattern_style style) {
  struct pattern_states *states = ARENA_NEW(arena, struct pattern_states);
  states->item_count = items->count;
  states->words = items->count / WORD_BITS + 1;
  size_t classes = classify(items, folds[style], states->class_of);
  states->takes = ARENA_ARRAY(arena, classes * states->words, uint64_t);
  states->loops_any = ARENA_ARRAY(arena, states->words, uint64_t);
  states->loops_segment = ARENA_ARRAY(arena, states->words, uint64_t);
  states->loops_continuation = ARENA_ARRAY(arena, states->words, uint64_t);
  for (size_t i = 0; i < items->count; i++) {
    const struct item *item = &items->items[i];
    for (unsigned c = 0; c < 256; c++) {
      if (!item_takes(item, folds[style][c])) continue;
      set_bit(states->takes + states->class_of[c] * states->words, i);
    }
    if (!item->is_literal) set_bit(states->loops_continuation, i + 1);
  }
  for (size_t i = 0; i <= items->count; i++) {
    if (items->stars[i] == STAR_ANY) set_bit(states->loops_any, i);
    if (items->stars[i] == STAR_SEGMENT) set_bit(states->loops_segment, i);
  }
  return states;
}

/* Whether all items are literals and stars, if any, are "anything" at the ends. */
static bool is_simple(const struct items *items) {
  for (size_t i = 0; i < items->count; i++) {
    if (!items->items[i].is_literal || (i > 0 && items->stars[i] != STAR_NONE)) return false;
  }
  return items->stars[0] != STAR_SEGMENT && items->stars[items->count] != STAR_SEGMENT;
}

struct pattern pattern_compile(struct arena *arena, struct slice text, enum pattern_style style) {
  struct items items = read_items(arena, text, style);
  struct pattern pattern = {.style = style, .kind = PATTERN_STATES};
  find_key(arena, &items, &pattern);
  if (!is_simple(&items)) {
    pattern.states = make_states(arena, &items, style);
    return pattern;
  }
  bool is_open = items.stars[0] == STAR_ANY, goes_on = items.stars[items.count] == STAR_ANY;
  pattern.literal = pattern.key.text;
  if (items.count == 0) {
    pattern.kind = is_open ? PATTERN_ANY : PATTERN_EXACT;
  } else if (!is_open) {
    pattern.kind = goes_on ? PATTERN_PREFIX : PATTERN_EXACT;
  } else {
    pattern.kind = goes_on ? PATTERN_CONTAINS : PATTERN_SUFFIX;
  }
  /* A search that folds is done by states, which is linear. */
  if (pattern.kind == PATTERN_CONTAINS && style != PATTERN_PLAIN) {
    pattern.kind = PATTERN_STATES;
    pattern.states = make_states(arena, &items, style);
  }
  pattern.key.is_all_there_is = goes_on && items.count > 0;
  return pattern;
}

/* --- matching -------------------------------------------------------------------- */

static void step(const struct pattern_states *states, uint64_t *set, unsigned char byte) {
  const uint64_t *takes = states->takes + states->class_of[byte] * states->words;
  bool is_slash = byte == '/' || byte == '\\', is_continuation = (byte & 0xC0) == 0x80;
  uint64_t carry = 0;
  for (size_t word = 0; word < states->words; word++) {
    uint64_t old = set[word], moved = old & takes[word];
    uint64_t stays = states->loops_any[word];
    if (!is_slash) stays |= states->loops_segment[word];
    if (is_continuation) stays |= states->loops_continuation[word];
    set[word] = moved << 1 | carry | (old & stays);
    carry = moved >> (WORD_BITS - 1);
  }
}

static bool run_word(const struct pattern_states *states, struct slice text, bool has_slash) {
  uint64_t set = 1, any = states->loops_any[0], segment = any | states->loops_segment[0];
  uint64_t continuation = states->loops_continuation[0];
  if (has_slash) step(states, &set, '/');
  for (size_t i = 0; i < text.len && set; i++) {
    unsigned char byte = (unsigned char)text.ptr[i];
    uint64_t stays = byte == '/' || byte == '\\' ? any : segment;
    if ((byte & 0xC0) == 0x80) stays |= continuation;
    set = (set & states->takes[states->class_of[byte]]) << 1 | (set & stays);
  }
  return set >> states->item_count & 1;
}

static bool run(const struct pattern_states *states, struct slice text, bool has_slash) {
  if (states->words == 1) return run_word(states, text, has_slash);
  enum { MOST_WORDS = 1025 }; /* a pattern is at most a project's rule text: 64 KiB */
  uint64_t set[MOST_WORDS] = {1};
  if (states->words > MOST_WORDS) return false;
  memset(set, 0, states->words * sizeof *set);
  set[0] = 1;
  if (has_slash) step(states, set, '/');
  for (size_t i = 0; i < text.len; i++) step(states, set, (unsigned char)text.ptr[i]);
  return set[states->item_count / WORD_BITS] >> states->item_count % WORD_BITS & 1;
}

static bool matches_literal(const struct pattern *pattern, struct slice text,
                            struct slice literal) {
  if (text.len < literal.len) return false;
  switch (pattern->kind) {
    case PATTERN_EXACT: return text.len == literal.len && equals(pattern, text.ptr, literal);
    case PATTERN_PREFIX: return equals(pattern, text.ptr, literal);
    case PATTERN_SUFFIX: return equals(pattern, text.ptr + text.len - literal.len, literal);
    default: return literal.len == 0 || memmem(text.ptr, text.len, literal.ptr, literal.len);
  }
}

/* A relative path under the literal's leading slash. */
static bool matches_below_root(const struct pattern *pattern, struct slice text) {
  struct slice literal = slice_from(pattern->literal, 1);
  if (slice_is_empty(pattern->literal) || pattern->literal.ptr[0] != '/') return false;
  if (pattern->kind == PATTERN_SUFFIX) {
    return text.len == literal.len && equals(pattern, text.ptr, literal);
  }
  return matches_literal(pattern, text, literal);
}

bool pattern_matches(const struct pattern *pattern, struct slice text) {
  if (pattern->kind == PATTERN_ANY) return true;
  bool is_relative =
      pattern->style == PATTERN_PATH && text.len > 0 && text.ptr[0] != '/' && text.ptr[0] != '\\';
  if (pattern->kind == PATTERN_STATES) {
    return run(pattern->states, text, false) || (is_relative && run(pattern->states, text, true));
  }
  return matches_literal(pattern, text, pattern->literal) ||
         (is_relative && matches_below_root(pattern, text));
}

size_t pattern_cost(const struct pattern *pattern, struct slice text) {
  if (pattern->kind == PATTERN_STATES) return (text.len + 1) * pattern->states->words;
  return pattern->kind == PATTERN_CONTAINS ? text.len / 8 + 1 : 1;
}
