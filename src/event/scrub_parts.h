/* scrub_parts.h - what the files of the scrubber share.
 *
 *   scrub.c          walks an event and decides which rules apply where
 *   scrub_key.c      is a name one of a secret?          "X-Api-Key", "db_password"
 *   scrub_text.c     what within a text is a secret?     cards, keys, "password=..."
 *   scrub_pair.c     ... where it stands behind a name within a text
 *   scrub_rule.c     a project's own rules by path
 *   scrub_options.c  a project's options to a struct scrubber
 */
#ifndef CULPRIT_EVENT_SCRUB_PARTS_H
#define CULPRIT_EVENT_SCRUB_PARTS_H

#include "event/scrub.h"

#define SCRUB_FILTERED SLICE("[Filtered]")

/* --- names: scrub_key.c ----------------------------------------------------------- */

enum key_kind {
  KEY_PLAIN,
  KEY_OF_TEXT, /* a text under it is secret; objects are looked into: "cookies" */
  KEY_SECRET,
};

/* An Aho-Corasick automaton over names in lower case without separators, so that one pass over a
 * name finds every word in it:
 *
 *   next[state * KEY_CLASSES + class] ─► state;  accepts[state] says what ends there
 */
enum { KEY_CLASSES = 64 };
struct key_matcher {
  const uint16_t *next;
  const unsigned char *accepts; /* bits, see scrub_key.c */
  const unsigned char *depth;   /* of each state: letters since the root */
  /* Most names end here: of each word one rare pair of letters, as a bit for the second letter in
   * the mask of the first. A name without any of the pairs holds none of the words. */
  uint64_t pairs[KEY_CLASSES];
};

/* The words known to everyone. Built at the first call; lives as long as the program. */
const struct key_matcher *key_matcher_default(void);
/* From a project's words, from the arena; null when there are none. */
const struct key_matcher *key_matcher_make(struct arena *arena, const struct slice *words,
                                           size_t count);
enum key_kind key_matcher_find(const struct key_matcher *matcher, struct slice name);
/* The same name, but for case and separators. */
bool key_is_same(struct slice a, struct slice b);

/* --- the compiled options ---------------------------------------------------------- */

struct scrub_rule;

struct scrubber {
  bool is_enabled;
  bool has_defaults;
  bool removes_addresses;
  const struct key_matcher *keys;   /* of the defaults, or null */
  const struct key_matcher *fields; /* of the project, or null */
  struct lines safe_fields;
  const struct scrub_rule *rules;
  size_t rule_count;
};

/* By defaults and the project's fields, without its safe fields. */
enum key_kind scrubber_key(const struct scrubber *scrubber, struct slice name);

/* --- texts: scrub_text.c ------------------------------------------------------------ */

enum text_mode {
  TEXT_LOOSE,  /* "password: x" within it loses x */
  TEXT_STRICT, /* a message: only "password=x" and "'password': x" do, since people write colons */
};
struct text_result {
  struct slice text; /* the same slice when nothing was found */
  const char *rule;  /* of the first find; null when there was none */
};
/* Makes the tables. Once before the first text; scrubber_compile() does it. */
void scrub_text_prepare(void);
struct text_result scrub_text_find(struct arena *arena, const struct scrubber *scrubber,
                                   struct slice text, enum text_mode mode);
/* Finds of one rule only ("creditcard"), each put through `rule`. */
struct text_result scrub_text_find_by(struct arena *arena, const struct scrub_rule *rule,
                                      struct slice text);

/* A value behind a name and a separator: what is to be replaced, and by what. */
struct pair_find {
  size_t start, end;
  struct slice replacement;
};
/* `separator` is the position of one of ":=,%>" in `text`; nothing before `floor` is looked at.
 * False when there is no secret value. With true and start == end the value is filtered already,
 * and ends there. */
bool scrub_pair_find(const struct scrubber *scrubber, struct slice text, size_t separator,
                     size_t floor, enum text_mode mode, struct pair_find *find);

/* --- a project's own rules: scrub_rule.c ---------------------------------------------- */

/* Rules, and segments of a path. */
enum { SCRUB_RULES = 50, SCRUB_PATH_SEGMENTS = 16 };

enum scrub_method { SCRUB_REMOVE, SCRUB_FILTER, SCRUB_MASK, SCRUB_HASH, SCRUB_REPLACE };

/* METHOD WHAT from PATH [with "TEXT"] */
struct scrub_rule {
  enum scrub_method method;
  const char *what;    /* "anything", "email", "ip", or a name in scrub_text.c; null: `pieces` */
  struct lines pieces; /* of a text in quotes, between its stars */
  struct lines path;
  struct slice text; /* that takes its place */
  struct slice line; /* as it was written, for reports */
};

/* One a line. STATUS_BAD_INPUT names the line. */
enum status scrub_rules_compile(struct arena *arena, struct lines lines, struct scrubber *scrubber,
                                struct problem *problem) MUST_CHECK;
/* What takes the place of `found`. From the arena. */
struct slice scrub_rule_replace(struct arena *arena, const struct scrub_rule *rule,
                                struct slice found);
/* The text by that rule; the same slice when it does not apply. */
struct slice scrub_rule_apply(struct arena *arena, const struct scrub_rule *rule,
                              struct slice text);
/* Whether it can match a path that begins, or ends, with that name. */
bool scrub_rule_may_begin(const struct scrub_rule *rule, struct slice name);
bool scrub_rule_may_end(const struct scrub_rule *rule, struct slice name);
bool scrub_rule_matches(const struct scrub_rule *rule, const struct slice *path, size_t count);

/* --- walking: scrub.c and scrub_walk.c --------------------------------------------------- */

/* Where the walk is: a chain on the C stack that becomes a path in a report. */
struct step {
  const struct step *outer;
  struct slice name; /* null for an index */
  size_t index;
};

struct walk {
  struct arena *arena;
  const struct scrubber *scrubber;
  struct scrub_report *report; /* or null */
  const struct step *at;
  uint64_t rules;  /* bits: the project's own that may match within this part of the event */
  bool is_in_meta; /* whose names are those of what was masked, and no secrets themselves */
};

/* Adds to the report, if there is one. */
void scrub_note(struct walk *walk, struct slice before, struct slice after, struct slice rule);
/* JSON of a value, short, to be shown. */
struct slice scrub_shown_json(struct walk *walk, yyjson_val *value);
/* The project's own rules, over every text and value of the event. */
void scrub_by_rules(struct walk *walk, struct event *event);

/* Where the next member of a container is to go, and where it is: they differ behind a gap, which
 * an object leaves that became a text. */
struct gap {
  yyjson_val *to, *from;
};
/* Moves what is between gap->from and `next`. */
void gap_close(struct gap *gap, yyjson_val *next);

/* What is deeper is not kept anyhow. */
enum { SCRUB_DEPTH = 32 };

#endif
