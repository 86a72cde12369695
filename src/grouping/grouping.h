/* grouping.h - which events have the same cause: a pure, versioned function.
 *
 * event, rules ─► hashes + explanation. No storage, no clock: the same event under the same rules
 * always gives the same hashes for one version. Runs on scrubbed events, fresh or read back, with
 * the same result.
 */
#ifndef CULPRIT_GROUPING_GROUPING_H
#define CULPRIT_GROUPING_GROUPING_H

#include "event/event.h"

#define GROUPING_VERSION 2
#define GROUPING_HASH_BYTES 16
#define GROUPING_MAX_HASHES 4

struct group_hash {
  unsigned char bytes[GROUPING_HASH_BYTES];
};

/* One way to see the event ("app stack trace", "system stack trace", "message", "fingerprint"). */
struct grouping_variant {
  struct slice name;        /* "app", "system", "default", "custom-fingerprint",
                               "built-in-fingerprint", "checksum", "hashed-checksum", "fallback" */
  struct slice description; /* in plain words: "exception type and all frames (8 of 9)" */
  bool contributes;
  struct slice reason;    /* why it does not contribute; empty when it does */
  struct group_hash hash; /* when it contributes */
  struct pairs values; /* what was hashed, in order: key = what it is ("type", "module", "function",
                          "context line", "message", "fingerprint"), value = its text */
};

struct grouping {
  struct group_hash hashes[GROUPING_MAX_HASHES]; /* of the contributing variants, "system" last;
                                                    the first is the event's own */
  size_t hash_count;
  struct grouping_variant *variants; /* in order of preference */
  size_t variant_count;
  struct slice fingerprint_rule; /* the text of the rule that gave the fingerprint; or empty */
};

/* A project's own rules, compiled together with our base. Immutable, for any number of threads. */
struct grouping_rules;
#define GROUPING_RULES_TEXT_LIMIT (64 * 1024)
#define GROUPING_RULES_LIMIT 500
struct grouping_rules_text {
  struct slice enhancements; /* stack-trace rules, one a line; see docs/grouping.md */
  struct slice fingerprints; /* "matcher… -> value… title=…", one a line */
};
/* The project's options that hold them. */
#define OPTION_STACK_RULES "grouping.stack_rules"
#define OPTION_FINGERPRINT_RULES "grouping.fingerprint_rules"
struct grouping_rules_text grouping_rules_of_options(struct pairs options);
/* Both kinds of rules from one text: those with an arrow are for fingerprints. Lines of the other
 * kind are left empty, so that messages name the line in the text. From the arena. */
struct grouping_rules_text grouping_rules_split(struct arena *arena, struct slice text);
/* STATUS_BAD_INPUT names the line and says what is wrong. From the arena. */
enum status grouping_rules_compile(struct arena *arena, const struct grouping_rules_text *text,
                                   const struct grouping_rules **rules,
                                   struct problem *problem) MUST_CHECK;

/* Everything comes from the arena or is borrowed from `event`. Null `rules`: our base alone. With
 * `explain` false the variants that do not contribute and the reasons are left out, which is
 * faster; hashes are equal. Sets in_app and category of each frame, main_exception_id and
 * custom_title, which event_derive() reads. */
void grouping_compute(struct arena *arena, struct event *event, const struct grouping_rules *rules,
                      bool explain, struct grouping *grouping);

#endif
