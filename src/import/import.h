/* import.h - bringing a project of a Sentry in: its errors with their events, so that a team can
 * leave.
 *
 *   Sentry ─► list of issues ─► workers: events, page by page ─► pipeline ─► one write a page
 *                                        details, comments ────────────────► one write an issue
 *
 * Events keep their ids and times. Each page is written with where reading goes on
 * (store/import.h), so that an import that was cut off, in whatever way, goes on when it is run
 * again, and one that was done brings only what is new there. What people changed here meanwhile
 * stays.
 *
 * Events of one issue make one error here, unless this server knows their hash already: then they
 * are of the error that has it, as all later ones would be. docs/import.md.
 */
#ifndef CULPRIT_IMPORT_IMPORT_H
#define CULPRIT_IMPORT_IMPORT_H

#include "http/client.h"
#include "store/project.h"

struct import_progress {
  int64_t issues, issue_total; /* read so far, and there are; -1: not known */
  int64_t events;              /* that came */
};

struct import_request {
  struct store *store;
  struct http_client *client;
  const struct project *project; /* here */
  struct slice url;              /* of the Sentry, without a slash at the end */
  struct slice token;
  struct slice organization, remote_project; /* slugs there */
  int64_t since_ms; /* issues that were seen since, and their events since; 0: all */
  /* Called about once a second, on the caller's thread. */
  void (*progress)(void *context, const struct import_progress *progress);
  void *progress_context;
};

#define IMPORT_PROBLEMS_SHOWN 20
struct import_report {
  /* Issues of this run, each counted once. */
  int64_t issues;    /* looked at */
  int64_t unchanged; /* as when they were brought before */
  int64_t made;      /* new errors */
  int64_t updated;   /* known ones, that had something new */
  int64_t joined;    /* whose events all belong to errors that have others too */
  int64_t without_events;
  int64_t other_kinds; /* performance, feedback: not brought */
  int64_t failed;
  /* Events. */
  int64_t events, known, expired, refused, elsewhere;
  /* The rest. */
  int64_t comments, links, assigned;
  /* Since the first run. */
  int64_t total_issues, total_events, total_extra;
  int64_t duration_us;
  /* What went wrong, from the arena. */
  struct slice problems[IMPORT_PROBLEMS_SHOWN];
  size_t problem_count;
  int64_t problem_total;
};

/* Waits until it is done, perhaps for hours. What could not come is in the report; a failure is
 * what ended it early, and then the report holds what came until then. STATUS_CONFLICT: the project
 * is being imported into already. */
enum status import_sentry(struct arena *arena, const struct import_request *request,
                          struct import_report *report, struct problem *problem) MUST_CHECK;
/* Lets imports end soon, for good: the server is stopping. */
void import_stop(void);

#endif
