/* event_view.h - one event as the details page shows it. */
#ifndef CULPRIT_WEB_EVENT_VIEW_H
#define CULPRIT_WEB_EVENT_VIEW_H

#include "grouping/grouping.h"
#include "store/event.h"
#include "web/frames.h"

struct breadcrumb_view {
  const char *css_class, *icon;
  struct slice level, category, message;
  struct slice method, url, status_code; /* of requests */
  bool is_cut;
  int64_t time_ms; /* 0: unknown */
  struct value_rows data;
};

struct context_view {
  struct slice name;
  const char *icon;
  struct value_rows rows;
};

struct thread_view {
  struct slice id, name, state;
  bool is_crashed, is_current, is_main;
  struct stack_view stack;
};

struct message_view {
  struct slice formatted, template_text;
  bool is_cut;
  struct value_rows parameters;
};

struct request_view {
  struct slice method, url;
  struct value_rows query, headers, cookies, environment, body;
  struct slice query_text, fragment;
  bool has_body;
};

struct grouping_variant_view {
  const struct grouping_variant *variant;
  struct slice hash;
  struct value_rows values;
};

struct attachment_view; /* attachments.h */

struct event_view {
  const struct event *event;
  const struct event_row *row;
  struct slice id;                             /* 32 digits */
  struct slice oldest, previous, next, latest; /* addresses; empty where there is none */
  struct slice json, markdown;
  int64_t count;          /* of the group's events */
  bool is_received_later; /* in another minute than it happened */
  int64_t clock_skew_ms;  /* how far the client's clock was off; 0 when it is not worth a word */
  enum frames_mode frames;
  struct slice mode_addresses[FRAMES_MODE_COUNT];
  struct slice show_all; /* the address of this page without limits */
  bool is_all;

  struct value_rows highlights;
  struct message_view message;
  bool has_message;
  struct exception_view *exceptions;
  size_t exception_count;
  struct stack_view main_stack; /* of an event without exceptions */
  bool has_main_stack;
  struct slice raw_stack;
  bool has_stack; /* any frame at all */
  struct thread_view *threads;
  size_t thread_count, threads_hidden;
  struct breadcrumb_view *breadcrumbs;
  size_t breadcrumb_count, breadcrumbs_hidden;
  bool has_request;
  struct request_view request;
  bool has_user;
  struct slice user_title;
  struct value_rows user, geography;
  struct value_rows tags;
  struct context_view *contexts;
  size_t context_count;
  struct value_rows extra, modules, packages;
  struct value_rows images; /* programs and libraries of a native event, by their files */
  struct value_rows report; /* of a security report */
  const char *report_name;
  struct attachment_view *attachments; /* set by who reads them */
  size_t attachment_count;
  struct slice sdk, integrations;
  struct value_row *problems; /* of processing: key is the field, value what happened */
  size_t problem_count;
  struct slice grouping_summary; /* a sentence: what makes events this error */
  struct slice fingerprint_rule; /* the rule that gave the fingerprint; or empty */
  struct grouping_variant_view *variants;
  size_t variant_count;
};

struct event_view_request {
  struct arena *arena;
  struct event *event;
  const struct event_row *row;
  const struct grouping_rules *rules; /* the project's; null: our base alone */
  enum frames_mode frames;
  struct show_limits limits;
  struct source_finder source;
};
/* Everything but the addresses and `count`, which the caller knows. Runs the grouping, which
 * decides the frames that are the application's own. */
struct event_view event_view_of(struct event_view_request *request);

#endif
