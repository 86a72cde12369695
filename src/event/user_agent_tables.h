/* user_agent_tables.h - the form of the tables that tools/user_agents.py makes. */
#ifndef CULPRIT_EVENT_USER_AGENT_TABLES_H
#define CULPRIT_EVENT_USER_AGENT_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* One instruction: operation | a << 4 | b << 18. Places in code count from the pattern's start. */
enum ua_operation {
  UA_SET,   /* one byte of set a */
  UA_SPLIT, /* go on at a, or else at b; behind it stands its number within the pattern */
  UA_JUMP,  /* go on at a */
  UA_SAVE,  /* the place here is bound a: group n has the bounds 2n and 2n + 1 */
  UA_START,
  UA_END,
  UA_BOUNDARY, /* of a word */
  UA_NO_BOUNDARY,
  UA_MATCH,
};

#define UA_REPLACEMENTS 4
#define UA_NONE 0xffff
#define UA_SPLIT_LIMIT 1024

struct ua_pattern {
  uint32_t code;                          /* where it starts in ua_code */
  uint16_t clauses;                       /* where its filter starts in ua_clauses */
  uint16_t first;                         /* the set of bytes that a match starts with */
  uint16_t splits;                        /* how many UA_SPLIT it has, at most UA_SPLIT_LIMIT */
  uint16_t replacements[UA_REPLACEMENTS]; /* in ua_texts, UA_NONE: what the group holds */
};

struct ua_list {
  const struct ua_pattern *patterns; /* the first that matches counts */
  size_t count;
};
extern const struct ua_list ua_browsers, ua_systems, ua_devices;

/* Sequences of letters in lower case: hashes of some of three neighbours. */
#define UA_GRAMS 4
#define UA_GRAM_COUNT 8192
struct ua_word {
  uint16_t grams[UA_GRAMS];
};

extern const unsigned char ua_sets[][32];
extern const uint32_t ua_code[];
extern const struct ua_word ua_words[];
/* Of each pattern: for each clause the number of its words and the words; then 0. A text that
 * matches has one word of each clause. */
extern const uint16_t ua_clauses[];
extern const char ua_texts[];

#endif
