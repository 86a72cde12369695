/* parts.h - what the files of an import share: import.c (threads), fetch.c (asking the Sentry),
 * issue.c (one issue), events.c (a page of events), page.c and finish.c (the writes). */
#ifndef CULPRIT_IMPORT_PARTS_H
#define CULPRIT_IMPORT_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "import/import.h"
#include "ingest/config.h"
#include "source/sentry_issue.h"
#include "store/import.h"

/* An issue of the list that waits for a worker. Owned by who has taken it; import_job_free(). */
struct import_job {
  struct arena arena;
  int64_t issue_id, last_seen_ms, count, comment_count;
  struct slice status, short_id;
  struct import_job *next;
};

/* One import that runs. What is below the mutex is guarded by it. */
struct importer {
  const struct import_request *request;
  struct project_config config; /* without filters: what a Sentry has kept is wanted */
  struct arena arena;           /* of config and authorization */
  struct slice authorization;   /* "Bearer ..." */
  int64_t import_id, now_ms;
  atomic_bool uses_old_paths; /* /api/0/issues/ID/, of servers before organizations were in them */

  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct import_job *first, *last;
  size_t waiting, running; /* jobs; threads */
  bool is_listed;          /* there are no further jobs */
  bool has_failed;
  struct problem failure;
  int64_t not_before_ms; /* the Sentry asked for no request before */
  int64_t answered_ms;   /* when it gave a good answer last; 0: never */
  int64_t issue_total;
  struct arena *report_arena;
  struct import_report *report;
};

/* --- import.c ------------------------------------------------------------------- */

/* Whether to stop as soon as possible. */
bool import_is_over(struct importer *importer);
/* Ends the import; the first problem counts. */
void import_fail(struct importer *importer, const struct problem *problem);
/* Adds to the report. */
void import_note_problem(struct importer *importer, const struct import_job *job,
                         const struct problem *problem);
#define IMPORT_COUNT(importer, member, number) \
  do {                                         \
    pthread_mutex_lock(&(importer)->mutex);    \
    (importer)->report->member += (number);    \
    pthread_mutex_unlock(&(importer)->mutex);  \
  } while (0)
/* As store_write(), but patient while the store has too much to do. Any failure ends the import. */
enum status import_write(struct importer *importer, store_write_fn *run, void *context,
                         struct problem *problem) MUST_CHECK;
void import_job_free(struct import_job *job);

/* --- fetch.c --------------------------------------------------------------------- */

/* A question to the Sentry, all zero at first. Its answer lives until import_fetch_end(). */
struct import_fetch {
  struct http_call call; /* first: the client gives it back */
  struct importer *importer;
  struct arena arena;
  struct http_header headers[2];
  bool is_started, is_done;
};
/* Asks for a path and query below the server's URL, which is copied. */
void import_fetch_start(struct importer *importer, struct import_fetch *fetch, struct slice path);
/* Waits for the answer, and asks again after failures that may pass. STATUS_UNAUTHENTICATED,
 * FORBIDDEN, BUSY and UNAVAILABLE have ended the import; others are of this question alone. */
enum status import_fetch_wait(struct import_fetch *fetch, struct problem *problem) MUST_CHECK;
/* Forgets it; waits for an answer that is under way. Needs no start. */
void import_fetch_end(struct import_fetch *fetch);
/* Both. */
enum status import_fetch(struct importer *importer, struct import_fetch *fetch, struct slice path,
                         struct problem *problem) MUST_CHECK;

/* Cursors of one list, one after the other, so that a server whose list goes round in a circle is
 * noticed. All zero at first. */
struct import_cursors {
  struct arena arena;
  struct slice current, remembered; /* `current`: empty for the first page, and behind the last */
  size_t steps, remember_at;
};
/* Takes the cursor of the next page from an answer. STATUS_BAD_INPUT: there was a page with that
 * cursor before. */
enum status import_cursors_next(struct import_cursors *cursors, const struct http_call *call,
                                struct problem *problem) MUST_CHECK;

/* --- issue.c --------------------------------------------------------------------- */

/* Brings one issue. A failure is of this issue alone, unless the import has ended. */
enum status import_issue(struct importer *importer, const struct import_job *job,
                         struct problem *problem) MUST_CHECK;
/* "/api/0/organizations/ORG/issues/ID/REST" */
struct slice import_issue_path(struct importer *importer, struct arena *arena, int64_t issue_id,
                               const char *rest);

/* --- events.c -------------------------------------------------------------------- */

/* A page of events, ready to be written, oldest first. */
struct import_page {
  struct digest **digests;
  size_t count, total; /* `total` of the answer */
  size_t expired;      /* of these too old to be kept, or from before what is wanted */
  size_t refused;
};
/* Reads an answer's list. From the arena. STATUS_BAD_INPUT: it is no list of events. */
enum status import_page_read(struct importer *importer, const struct import_job *job,
                             struct arena *arena, struct slice json, struct import_page *page,
                             struct problem *problem) MUST_CHECK;

/* --- page.c and finish.c ----------------------------------------------------------- */

struct import_page_write {
  struct importer *importer;
  int64_t issue_id;
  const struct import_page *page;
  struct slice cursor; /* where reading goes on */
  enum import_stage stage;
  /* What came of it. */
  int64_t stored, known, elsewhere;
};
enum status import_page_run(struct transaction *tx, void *context, struct problem *problem);

struct import_finish_write {
  struct importer *importer;
  const struct import_job *job;
  const struct sentry_issue *issue;
  const struct sentry_activity *comments; /* beside those among the issue's activities */
  size_t comment_count;
  /* What came of it. */
  bool is_made, is_first, is_joined, is_without_events, is_assigned;
  int64_t comments_added, links_added;
};
enum status import_finish_run(struct transaction *tx, void *context, struct problem *problem);

#endif
