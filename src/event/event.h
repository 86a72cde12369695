/* event.h - one event, decoded.
 *
 *   raw JSON ─► event_decode ─► scrub ─► grouping ─► event_derive ─► event_write ─► kept JSON
 *                                                                                     │
 *   pages, API ◄── struct event ◄── event_read (decode and derive) ◄──────────────────┘
 *
 * The same structure serves a fresh event and one read back from the store: what
 * event_write() writes, event_read() reads. Text is valid UTF-8 without NUL.
 * Everything is borrowed from the arena given to event_decode(), or from the JSON
 * text, which must outlive the event. Absent text is the empty slice.
 *
 * Source: Sentry's event payload documentation; attribute rules in
 * docs/events.md.
 */
#ifndef CULPRIT_EVENT_EVENT_H
#define CULPRIT_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "base/status.h"

enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVEL_FATAL };
#define LEVEL_COUNT 5
const char *level_name(enum level level); /* "error" */

/* A yes-or-no that may also be unsaid. */
enum tristate { UNSET = -1, NO = 0, YES = 1 };

struct pair {
  struct slice key, value;
};
struct pairs {
  struct pair *items;
  size_t count;
};
/* The value of the first pair with that key, or the empty slice. */
struct slice pairs_get(struct pairs pairs, struct slice key);

struct lines {
  struct slice *items;
  size_t count;
};

struct frame {
  struct slice function, raw_function, module, package, filename, abs_path, platform, symbol;
  struct slice instruction_addr, symbol_addr, image_addr, trust, source_link, lang;
  int64_t lineno, colno; /* from 1; 0 when unknown */
  struct lines pre_context, post_context;
  struct slice context_line;
  bool has_context_line;     /* it may be an empty line */
  enum tristate in_app;      /* decided by grouping's rules, from what the SDK said */
  enum tristate sent_in_app; /* what the SDK said; kept, so that other rules can decide again */
  struct slice category;     /* of grouping's rules: "threadbase", …; not kept */
  bool is_source_mapped;     /* read off `data`, which may be kept in part */
  struct slice addr_mode, function_id;
  bool stack_start;
  yyjson_val *vars, *data, *lock; /* objects, or null; see json/json.h for numbers in JSON values */
};

/* Frames from the oldest call to the newest: the crash is last. */
struct stacktrace {
  struct frame *frames;
  size_t count;
  size_t omitted; /* cut because there were too many: behind the 50th frame, else at the start */
  struct slice lang, instruction_addr_adjustment;
  enum tristate snapshot; /* taken while the program went on, so that frames may not fit together */
  yyjson_val *registers;
};

struct mechanism {
  struct slice type, description, help_link, source;
  enum tristate handled;
  bool synthetic, is_exception_group;
  int64_t exception_id, parent_id;             /* -1 when absent */
  struct slice ns_error_domain, ns_error_code; /* read off `meta`, which may be kept in part */
  yyjson_val *data, *meta;
};

struct exception {
  struct slice type, value, module, thread_id;
  bool has_mechanism;
  struct mechanism mechanism;
  struct stacktrace stacktrace; /* count 0 when absent */
};

struct thread {
  struct slice id, name, state;
  enum tristate crashed, current, main;
  yyjson_val *held_locks;
  struct stacktrace stacktrace;
};

struct breadcrumb {
  int64_t timestamp_ms;                                  /* 0 when absent */
  struct slice type, category, level, message, event_id; /* no type: "default", no level: "info" */
  yyjson_val *data;
};

struct event_request {
  struct slice url, method, fragment, inferred_content_type, protocol, api_target;
  struct pairs query, headers, cookies, env;
  struct slice query_string; /* as text, when it was text */
  int64_t body_size;         /* 0 when unsaid */
  yyjson_val *data;          /* any JSON value, or null */
};

struct event_user {
  struct slice id, username, email, ip_address, name;
  yyjson_val *geo, *data;
};

struct event_error { /* why an attribute was dropped or changed */
  struct slice type, name, value, reason;
};

struct event {
  struct event_id id;
  bool has_id;
  int64_t timestamp_ms;
  int64_t received_ms;
  enum level level;
  struct slice type; /* "error", "default", a kind of security report: "csp", …, or
                        "transaction", which is no event and not kept */
  struct slice site; /* becomes a tag */
  struct slice platform, logger, release, dist, environment, transaction, server_name;
  /* The log entry: `formatted` is what people read, `template` what it was made from. */
  struct slice message_formatted, message_template;
  yyjson_val *message_params;
  struct exception *exceptions; /* cause first, the thrown one last */
  size_t exception_count;
  struct thread *threads;
  size_t thread_count;
  struct breadcrumb *breadcrumbs; /* oldest first */
  size_t breadcrumb_count;
  bool has_request, has_user;
  struct event_request request;
  struct event_user user;
  struct pairs tags;     /* as sent, then derived ones; first wins */
  size_t sent_tag_count; /* of them as sent; only these are kept, the rest is derived again */
  yyjson_val *contexts, *extra; /* objects, or null */
  struct pairs modules;
  struct lines fingerprint;
  struct slice checksum;
  struct slice sdk_name, sdk_version;
  yyjson_val *sdk_packages, *sdk_integrations, *sdk_features; /* lists, or null */
  yyjson_val *debug_meta;
  yyjson_val *template_info; /* `template`: where a template engine failed */
  yyjson_val *report;        /* of a security report: the object named by `type` */
  yyjson_val *meta;          /* `_meta` as the SDK sent it: what it cut or masked itself */
  struct event_error *errors;
  size_t error_count;

  /* Set by grouping, kept, and read by event_derive(). */
  int64_t main_exception_id; /* mechanism.exception_id of the one that gives the title; -1: none */
  struct slice custom_title; /* by a fingerprint rule; empty: none */

  /* Set by event_derive(). */
  struct slice title;      /* "ValueError: bad input", one line */
  struct slice error_type; /* "ValueError"; empty for messages */
  struct slice error_value;
  struct slice culprit;       /* where: transaction or "module in function" */
  struct slice location;      /* file of the crash frame */
  struct slice function;      /* of the crash frame */
  enum tristate handled;      /* NO when any exception was not handled */
  struct slice user_identity; /* "id:42", "username:…", "email:…", "ip:…"; empty without a user */
};

/* What the server knows and the payload may lack. */
struct event_hints {
  int64_t received_ms;
  struct slice client_address; /* for {{auto}} and browsers without ip_address; may be empty */
  struct slice user_agent;     /* of the ingest request: for pages that send no headers */
  struct slice sdk;            /* sentry_client of the auth: "sentry.python/1.9" */
  int64_t sent_at_ms;          /* of the envelope header; 0 when absent */
};

/* Parses and normalises what an SDK sent; derived fields stay empty until event_derive(). A wrong
 * type never rejects an event: the attribute is dropped and noted in `errors`. STATUS_BAD_INPUT
 * only when `json` is not a JSON object, STATUS_TOO_LARGE when it is longer than the limit. `hints`
 * is null only within event_read(). */
enum status event_decode(struct arena *arena, struct slice json, const struct event_hints *hints,
                         struct event **event, struct problem *problem) MUST_CHECK;

/* Reads what event_write() wrote, and derives. Null when it is not that. */
struct event *event_read(struct arena *arena, struct slice json) MUST_CHECK;

/* Fills the derived fields and adds the derived tags (level, environment, release, user, browser,
 * os, …; never a second of one key), from scrubbed and grouped events only: what is derived is
 * kept in groups and tags. */
void event_derive(struct arena *arena, struct event *event);

/* Appends the canonical JSON that is kept: Sentry's attribute names. */
void event_write(const struct event *event, struct buffer *out);

/* Whether Sentry would take the name ("latest" is no release, "none" no environment). Both take the
 * empty one, which stands for none. */
bool release_is_valid(struct slice release);
bool environment_is_valid(struct slice environment);

/* The exception that gives the title: the last one, unless an exception group says otherwise. Null
 * when there is none. */
const struct exception *event_main_exception(const struct event *event);
/* The stack trace that grouping and pages start from: of the main exception, else of the crashed,
 * current or only thread. Null when there is none. */
const struct stacktrace *event_main_stacktrace(const struct event *event);
/* The frame to blame: the last in-app frame, else the last. Null without frames. */
const struct frame *stacktrace_crash_frame(const struct stacktrace *stacktrace);

#endif
