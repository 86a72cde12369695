/* rules_parts.h - what the files of the rule language share.
 *
 *   rules_parse.c        text ─► struct rule, for both kinds of rules
 *   rules_base.c, rules_base_native.c   our own rules, as text
 *   rules_index.c        which rules could match a frame, found in one pass over its texts
 *   rules_frames.c       applies stack-trace rules
 *   rules_fingerprint.c  matches fingerprint rules
 *   rules.c              compiles a project's rules
 */
#ifndef CULPRIT_GROUPING_RULES_PARTS_H
#define CULPRIT_GROUPING_RULES_PARTS_H

#include "grouping/parts.h"
#include "grouping/pattern.h"
#include "grouping/rules.h"

/* What a matcher looks at. The first four are a frame's texts, for which there is an index. */
enum rule_field {
  RULE_FUNCTION,
  RULE_MODULE,
  RULE_PATH,
  RULE_PACKAGE,
  RULE_CATEGORY,
  RULE_FAMILY,
  RULE_APP,
  RULE_TYPE,
  RULE_VALUE,
  RULE_MECHANISM,
  /* In fingerprint rules only. */
  RULE_MESSAGE,
  RULE_LOGGER,
  RULE_LEVEL,
  RULE_TAG,
  RULE_SDK,
  RULE_RELEASE,
};
#define RULE_INDEXED_FIELDS 4

/* Families as rules name them: bits. Java and all else are "other". */
enum { RULE_NATIVE = 1, RULE_JAVASCRIPT = 2, RULE_OTHER = 4, RULE_ALL_FAMILIES = 7 };
#define RULE_FAMILIES 3
unsigned rule_family(struct slice platform); /* one bit */

struct matcher {
  enum rule_field field;
  bool is_negated;
  bool is_app;            /* RULE_APP: what in_app has to be */
  unsigned families;      /* RULE_FAMILY */
  struct slice tag;       /* RULE_TAG: its key */
  struct pattern pattern; /* of all other fields */
};

enum rule_range { RANGE_FRAME, RANGE_TOWARDS_CRASH, RANGE_AWAY_FROM_CRASH };
enum rule_verb {
  VERB_APP,
  VERB_GROUP,
  VERB_CATEGORY,
  VERB_MAX_FRAMES,
  VERB_MIN_FRAMES,
  VERB_INVERT,
};
struct rule_action {
  enum rule_verb verb;
  enum rule_range range; /* APP and GROUP */
  bool is_on;            /* APP and GROUP: '+'; INVERT: yes */
  int64_t frames;        /* MAX_FRAMES and MIN_FRAMES */
  struct slice category; /* CATEGORY */
};

struct rule {
  struct slice text; /* the line, without white space at its ends */
  struct matcher *matchers;
  size_t matcher_count;
  struct matcher *caller, *callee; /* of the neighbours; null when not asked for */
  unsigned families;               /* of platforms that can match at all */
  /* Of stack-trace rules. */
  struct rule_action *actions;
  size_t action_count;
  /* Of fingerprint rules. */
  struct lines values; /* text and variables, apart: "log-{{ level }}" is two */
  struct slice title;
};

struct rule_list {
  struct rule *rules;
  size_t count;
};

/* Parses one rule a line; '#' begins a comment. More than `limit` rules are refused.
 * STATUS_BAD_INPUT names line and column. All from the arena. */
enum rule_kind { STACK_TRACE_RULES, FINGERPRINT_RULES };
enum status rules_parse(struct arena *arena, struct slice text, enum rule_kind kind, size_t limit,
                        struct rule_list *list, struct problem *problem) MUST_CHECK;

/* Our own rules, in this order; each a list of texts with null behind the last. */
extern const char *const rules_base_places[];
extern const char *const rules_base_native[];
extern const char *const rules_base_rest[];
extern const char *const rules_base_fingerprints;

/* --- stack-trace rules, compiled ------------------------------------------------- */

/* Pass 1 sets in_app and category, pass 2 what is hashed. */
enum rule_pass { PASS_MARK, PASS_UPDATE };
#define RULE_PASSES 2

/* The rules of one text, in order. */
struct rule_set {
  struct rule_list list;
  const struct rule_index *passes[RULE_PASSES]; /* null: no rule has anything to do then */
};

struct grouping_rules {
  struct rule_set own;
  struct rule_list fingerprints;
};

/* Our base, compiled at first use; for any thread. */
struct rules_base {
  struct rule_set set;
  struct rule_list fingerprints;
};
const struct rules_base *rules_base(void);

#endif
