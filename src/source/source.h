/* source.h - where a project's errors come from: the one interface of pages and APIs to errors,
 * whether this server keeps them or a connected Sentry does.
 *
 *   page ─► source_open() ─► source_list(), source_details() ─┬─► local.c: the store
 *              │                                              └─► sentry.c: what is known of the
 *              │                                                  answers of Sentry (remote.h),
 * with └─ STATUS_PENDING: source_wait(), then again       our own changes laid over them
 *
 * A connected Sentry is asked in the background. What is known is given at once, with its age; only
 * what was never asked before is waited for: the function then returns STATUS_PENDING, the handler
 * calls source_wait() and returns, and runs again when there is an answer or a failure.
 *
 * Who calls has checked that the actor may see the project's errors; changes check for themselves.
 * All that is given out belongs to the arena of source_open().
 */
#ifndef CULPRIT_SOURCE_SOURCE_H
#define CULPRIT_SOURCE_SOURCE_H

#include "account/account.h"
#include "http/http.h"
#include "store/connection.h"
#include "store/event.h"
#include "store/group.h"
#include "store/project.h"

struct action_states;
struct remote;
struct store;

/* Texts of one search; what does not fit is an error. */
#define SOURCE_SEARCH_LIMIT_BYTES 500
/* Errors of a page of the list, as in GitLab. */
#define SOURCE_PAGE_SIZE 20
#define SOURCE_HOURS 24
#define SOURCE_DAYS 30
#define SOURCE_ACTIVITIES 50

/* What the sources of all projects share; one for the server. */
struct sources {
  struct store *store;
  struct remote *remote; /* null where no other server is asked: on the command line */
};

/* The source of one project, for one request. */
struct source {
  const struct sources *sources;
  struct arena *arena;
  const struct project *project;
  struct connection connection;
  int64_t now_ms;
  /* Set it when somebody wants to see it as it is now: what was asked for before is waited for
   * anew, unless the other server cannot answer. */
  int64_t newer_than_ms;
  bool takes_old;                /* set it when what was known before some change will do */
  struct action_states *actions; /* action_state.h; null until they are asked for */
  /* Questions that have to be answered first, after STATUS_PENDING. */
  struct slice *questions;
  size_t question_count;
};
void source_open(struct source *source, const struct sources *sources, struct arena *arena,
                 const struct project *project);
/* Whether this server keeps the events, so that there is merging, feedback, attachments. */
bool source_is_local(const struct source *source);
/* "https://sentry.example.org/organizations/o/issues/42/": an error at its own server; empty for
 * this one. */
struct slice source_error_url(const struct source *source, int64_t error_id);

/* Parks the request until what returned STATUS_PENDING has an answer, a failure or no more time;
 * then its handler runs again. */
void source_wait(struct source *source, struct http_request *request);

/* How fresh something is. */
struct source_news {
  bool is_live;           /* of this server, as it is now */
  int64_t asked_ms;       /* else when the other server was asked for it */
  struct problem problem; /* why it is not fresher; STATUS_OK: nothing is wrong */
  int64_t retry_ms;       /* with a problem: when it is tried again; 0: when somebody looks */
};

/* One error. `group` has the source's own id. */
struct source_error {
  struct group group;
  struct slice short_id;
  struct slice url; /* at its own server; empty for this one */
  bool has_link;
  struct issue_link link;
  int64_t hours[SOURCE_HOURS]; /* events of the last hours, the newest last */
  /* The status that was asked for here and that the other server does not have yet: `group` shows
   * it already. */
  bool is_pending;
  int64_t task_id;            /* to take it back */
  struct slice pending_error; /* why it has not been done yet; empty: no attempt failed */
};

/* --- the list ------------------------------------------------------------------------- */

struct source_query {
  int status;        /* an enum group_status, or -1 for all */
  struct slice text; /* what people typed */
  enum group_sort sort;
  size_t limit;        /* 1-100 */
  struct slice cursor; /* as the page before gave it; empty: the first page */
};
struct source_page {
  struct source_error *errors;
  size_t count;
  bool has_previous, has_next;
  struct slice previous, next; /* cursors */
  int64_t counts[GROUP_STATUS_COUNT];
  bool has_counts;
  int64_t total; /* errors that the query finds; -1: not known */
  struct source_news news;
};
/* STATUS_PENDING; STATUS_BAD_INPUT: the cursor or the search is not understood; else why there is
 * nothing to show. */
enum status source_list(struct source *source, const struct source_query *query,
                        struct source_page *page, struct problem *problem) MUST_CHECK;

/* --- one error -------------------------------------------------------------------------- */

struct source_event_choice {
  bool is_latest, is_oldest; /* else `id` */
  struct event_id id;
};
struct source_details {
  struct source_error error;
  int64_t days[SOURCE_DAYS]; /* events of the days of the calendar, in UTC; today is the last */
  struct tag_summary *tags;
  size_t tag_count;
  struct activity *activities; /* newest first */
  size_t activity_count;
  struct slice first_release_commit; /* that the other server knows of; empty */

  /* The chosen event; has_event is false when there is none any more. */
  bool has_event;
  struct event_row row; /* ref and strand_id only where this server keeps the events */
  bool has_previous, has_next;
  struct event_id previous, next;
  struct slice payload; /* JSON as event_write() writes it; empty when it has expired */
  struct source_news news;
};
/* STATUS_NOT_FOUND: there is no such error in the project, or no such event of it. */
enum status source_details(struct source *source, int64_t error_id,
                           const struct source_event_choice *choice, struct source_details *details,
                           struct problem *problem) MUST_CHECK;
/* The error alone. */
enum status source_find(struct source *source, int64_t error_id, struct source_error *error,
                        struct problem *problem) MUST_CHECK;
/* By short id ("APP-1A") or event id, of what people type and paste. STATUS_NOT_FOUND: it is
 * neither. `has_event` says that it named an event of the error. */
struct source_place {
  int64_t error_id;
  bool has_event;
  struct event_id event_id;
};
enum status source_look_up(struct source *source, struct slice text, struct source_place *place,
                           struct problem *problem) MUST_CHECK;

/* --- changes ---------------------------------------------------------------------------- */

struct source_change {
  const struct actor *actor;
  const int64_t *ids;
  size_t count; /* SOURCE_CHANGES_LIMIT at most */
  /* As many: how people know the errors, to be told while the change is pending. Empty, or null for
   * all: not known. */
  const struct slice *names;
  enum group_status status;
};
#define SOURCE_CHANGES_LIMIT 100
struct source_change_result {
  size_t count;                /* errors that it is about: those of the project */
  int64_t closed_issue_number; /* of a single error; 0: none was closed */
  bool is_pending;             /* it will be done at the other server */
};
/* Needs ROLE_TO_ACT and SCOPE_EVENT_WRITE. Ids of other projects are left out; STATUS_NOT_FOUND
 * when there are no others. */
enum status source_set_status(struct source *source, const struct source_change *change,
                              struct source_change_result *result,
                              struct problem *problem) MUST_CHECK;

#endif
