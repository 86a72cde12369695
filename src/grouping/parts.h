/* parts.h - what the files of grouping share: grouping.c (which strategy decides), exceptions.c and
 * exception_group.c (chains and groups), stack.c and frame.c (stack traces), report.c (security
 * reports, templates), message.c (variables out of messages), fingerprint.c (what clients and rules
 * ask for).
 */
#ifndef CULPRIT_GROUPING_PARTS_H
#define CULPRIT_GROUPING_PARTS_H

#include "grouping/rules.h"

/* Values in the order in which they are hashed. */
struct values {
  struct arena *arena;
  struct pair *items;
  size_t count, capacity;
};
void values_add(struct values *values, struct slice name, struct slice value);
void values_add_all(struct values *values, struct pairs more);
/* MD5 over the values, one behind the other. */
struct group_hash values_hash(struct pairs values);

/* The ways to look at an event. The first two are those of stack traces, in the order of struct
 * stack_view arrays; what has no stack trace has the third alone. */
enum view { VIEW_APP, VIEW_SYSTEM, STACK_VIEWS, VIEW_DEFAULT = STACK_VIEWS, VIEW_COUNT };

/* What a strategy makes of an event in one view. */
struct part {
  bool exists;
  bool contributes;
  bool has_stack;            /* a stack trace contributes to it */
  const char *reason;        /* why it does not contribute; a literal, or null */
  struct slice rule;         /* the rule that took the stack trace out; empty when none did */
  size_t frames, all_frames; /* that count, and of how many */
  struct values values;
};

struct computation {
  struct arena *arena;
  struct event *event;
  const struct grouping_rules *rules;
  bool explain;
};

/* Platforms with rules of their own. */
enum platform {
  PLATFORM_OTHER,
  PLATFORM_JAVASCRIPT,
  PLATFORM_NODE,
  PLATFORM_PYTHON,
  PLATFORM_PHP,
  PLATFORM_RUBY,
  PLATFORM_JAVA,
  PLATFORM_CSHARP,
  PLATFORM_NATIVE, /* all that are compiled to machine code */
};
/* Platforms that share rules of the language; see rules.h. */
enum family { FAMILY_OTHER, FAMILY_JAVASCRIPT, FAMILY_NATIVE };
enum family platform_family(struct slice platform);
/* Of the frame, else of the event. */
enum platform frame_platform(const struct event *event, const struct frame *frame);
bool is_javascript(enum platform platform); /* in browsers and in Node */
/* Whether the path is an address in a browser; "file:" is one where files count as pages. */
bool is_page_address(struct slice path, bool with_files);

/* frame.c: what identifies a frame, at most module or file, function and line of source. */
enum { FRAME_VALUES = 3 };
struct frame_values {
  struct pair items[FRAME_VALUES];
  size_t count;
};
/* Returns false when the frame is one of a browser's own and counts for nothing. */
bool frame_describe(struct arena *arena, const struct event *event, const struct frame *frame,
                    struct frame_values *values);
/* The same place called by itself. */
bool frame_is_recursion(const struct frame *frame, const struct frame *previous);

/* stack.c: adds the values of the frames that count to both views, and sets what else the parts say
 * as of this stack trace alone. `exception` is null for a thread's. */
void stack_add(const struct computation *computation, const struct exception *exception,
               const struct stacktrace *stacktrace, struct part parts[STACK_VIEWS]);

/* exceptions.c: the whole chain. Sets the event's main_exception_id too. */
void exceptions_describe(const struct computation *computation, struct part parts[VIEW_COUNT]);

/* exception_group.c: which exceptions take part and in which order (RFC 79 of Sentry), and which of
 * them gives the title. */
/* What tells exceptions apart, in both views; zero where nothing counts. */
struct exception_hash {
  struct group_hash views[STACK_VIEWS];
};
/* Whether every exception says where in the group it stands, so that hashes are worth making. */
bool exception_group_exists(const struct event *event);
/* The most that can be chosen: one may be, more than once, when two have the same id. */
size_t exception_group_limit(const struct event *event);
/* Returns how many take part; `chosen` has room for exception_group_limit() indexes. */
size_t exception_group_choose(struct arena *arena, struct event *event,
                              const struct exception_hash *hashes, size_t *chosen);

/* report.c: what a security report, or a template that failed, is about. */
void report_describe(const struct computation *computation, struct part parts[VIEW_COUNT]);
void template_describe(const struct computation *computation, struct part parts[VIEW_COUNT]);

/* message.c: the first two lines with ids, numbers, dates and the like as "<int>", "<uuid>", …
 * Linear in the length. From the arena, or `message` itself. */
struct slice message_parameterize(struct arena *arena, struct slice message);

/* fingerprint.c: what the client, or a rule, wants the group to be made of. */
struct fingerprint {
  struct lines values; /* as written */
  struct slice rule;   /* its text; empty when the client's fingerprint counts */
  bool is_built_in;
  size_t defaults; /* how many values are "{{ default }}" */
};
/* The rule that matches wins over the client. A rule's title goes to the event. */
struct fingerprint fingerprint_of(const struct computation *computation);
/* Whether grouping is as usual. */
bool fingerprint_is_default(const struct fingerprint *fingerprint);
/* Adds the values, variables resolved; "{{ default }}" becomes `defaults`. */
void fingerprint_values(const struct computation *computation,
                        const struct fingerprint *fingerprint, struct pairs defaults,
                        struct values *values);

/* The value of a tag: as sent, or what becomes a tag when the event is derived. Empty when there is
 * none. Does not look at derived tags, which a fresh event does not have yet. */
struct slice event_tag(const struct event *event, struct slice name);

#endif
