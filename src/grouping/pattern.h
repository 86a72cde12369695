/* pattern.h - globs of the rule language, matched in one pass.
 *
 *   *      anything; in paths anything but '/'
 *   **     anything
 *   ?      one character
 *   [abc] [a-z] [!abc]   one ASCII character of these, or not of these
 *
 * Everything else stands for itself. A pattern never fails to compile: a '[' without its ']' is
 * a plain bracket. Matching takes time linear in the text, times the pattern's length divided by
 * 64, whatever the pattern is.
 */
#ifndef CULPRIT_GROUPING_PATTERN_H
#define CULPRIT_GROUPING_PATTERN_H

#include "base/arena.h"
#include "base/slice.h"

enum pattern_style {
  PATTERN_PLAIN,
  PATTERN_FOLDED, /* ASCII case does not matter */
  PATTERN_PATH,   /* neither does case, '\' is '/', and "a/b" is also tried as "/a/b" */
};
#define PATTERN_STYLES 3

enum pattern_kind {
  PATTERN_ANY,      /* "*" */
  PATTERN_EXACT,    /* "literal" */
  PATTERN_PREFIX,   /* "literal*" */
  PATTERN_SUFFIX,   /* "*literal" */
  PATTERN_CONTAINS, /* "*literal*" */
  PATTERN_STATES,   /* all else: see pattern.c */
};

struct pattern_states;

/* What every text that matches contains. */
struct pattern_key {
  struct slice text;    /* folded as the style says; empty when there is no such text */
  bool is_at_start;     /* and begins with */
  bool is_all_there_is; /* a text with the key matches: nothing is left to be checked */
};

struct pattern {
  enum pattern_style style;
  enum pattern_kind kind;
  struct slice literal; /* folded; for all kinds but ANY and STATES */
  const struct pattern_states *states;
  struct pattern_key key;
};

/* Borrows nothing: all is from the arena. */
struct pattern pattern_compile(struct arena *arena, struct slice text, enum pattern_style style);
bool pattern_matches(const struct pattern *pattern, struct slice text);
/* How much work that is at most, in steps of some nanoseconds. */
size_t pattern_cost(const struct pattern *pattern, struct slice text);

/* How a style sees each byte. */
const unsigned char *pattern_fold(enum pattern_style style);

#endif
