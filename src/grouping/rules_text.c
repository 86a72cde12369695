/* rules_text.c - a project's rules as text: one file with both kinds, and the options that hold
 * them. */
#include <string.h>

#include "grouping/grouping.h"

#include "base/banned.h"

struct grouping_rules_text grouping_rules_split(struct arena *arena, struct slice text) {
  char *stack = arena_alloc_raw(arena, text.len + 1);
  char *fingerprints = arena_alloc_raw(arena, text.len + 1);
  size_t stack_length = 0, fingerprint_length = 0;
  for (struct slice rest = text; !slice_is_empty(rest);) {
    struct slice line = slice_split(&rest, '\n');
    bool is_fingerprint = slice_find(line, SLICE(" -> ")) < line.len;
    char *to = is_fingerprint ? fingerprints + fingerprint_length : stack + stack_length;
    if (line.len) memcpy(to, line.ptr, line.len);
    *(is_fingerprint ? &fingerprint_length : &stack_length) += line.len;
    stack[stack_length++] = fingerprints[fingerprint_length++] = '\n';
  }
  return (struct grouping_rules_text){slice_of(stack, stack_length),
                                      slice_of(fingerprints, fingerprint_length)};
}

struct grouping_rules_text grouping_rules_of_options(struct pairs options) {
  return (struct grouping_rules_text){pairs_get(options, SLICE(OPTION_STACK_RULES)),
                                      pairs_get(options, SLICE(OPTION_FINGERPRINT_RULES))};
}
