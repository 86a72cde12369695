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

/* A value behind a name and a separator: what is to be replaced, and by what. */
struct pair_find {
  size_t start, end;
  struct slice replacement;
};
/* `separator` is the position of a ':' or '=' in `text`; nothing before `floor` is looked at. False
 * when there is no secret value. With true and start == end the value is filtered already, and ends
 * there. */
bool scrub_pair_find(const struct scrubber *scrubber, struct slice text, size_t separator,
                     size_t floor, enum text_mode mode, struct pair_find *find);

#endif
