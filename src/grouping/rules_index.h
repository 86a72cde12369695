/* rules_index.h - which rules can match which frames, without trying all.
 *
 * Most rules ask for a certain text in a frame's function, module, path or package. The longest
 * such text of each rule goes into an automaton (Aho-Corasick) that finds all of them in one pass
 * over the field. Rules that ask for a category come into play when a frame has it; the few that
 * are left are tried on every frame.
 */
#ifndef CULPRIT_GROUPING_RULES_INDEX_H
#define CULPRIT_GROUPING_RULES_INDEX_H

#include "grouping/rules_parts.h"

struct automaton;

/* The rules that begin with asking for a category: a bit each. */
struct category_rules {
  struct slice name;
  uint64_t *rules;
};

struct rule_index {
  size_t rule_count, words; /* of a set of rules, as bits */
  const struct automaton *automata[RULE_FAMILIES][RULE_INDEXED_FIELDS]; /* null: nothing to find */
  bool *is_keyed;   /* [rule]: found by an automaton */
  uint64_t *always; /* tried on every frame */
  struct category_rules *categories;
  size_t category_count;
};

/* Null when no rule of the list takes part in the pass. From the arena. */
const struct rule_index *rule_index_build(struct arena *arena, struct rule_list list,
                                          enum rule_pass pass);

/* A frame whose text holds what the rule looks for. */
struct rule_hit {
  uint32_t rule, frame;
  uint32_t next;      /* hit of the same rule in a later frame; RULE_HIT_NONE: none */
  bool is_key_enough; /* the matcher that was the key need not be looked at again */
};
#define RULE_HIT_NONE UINT32_MAX

/* The hits of one stack trace. */
struct rule_hits {
  struct arena *arena;
  const struct rule_index *index;
  uint64_t *rules; /* bits of those hit */
  uint32_t *first; /* [rule]: valid when its bit is set */
  struct rule_hit *hits;
  uint32_t count, capacity;
};
void rule_hits_start(struct arena *arena, const struct rule_index *index, struct rule_hits *hits);
/* Frames have to come from the last to the first. */
void rule_hits_find(struct rule_hits *hits, unsigned family_number, enum rule_field field,
                    uint32_t frame, struct slice text);

#endif
