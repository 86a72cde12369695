/* sentry_job.h - a task of the outbox asks the Sentry that its project is connected to. Private to
 * source/.
 *
 *   begin ─► ask, ask, … ─► end
 *
 * Where one of them says false the job is over and its result is set: refused for good when the
 * answer says so (400, 403, 404, 410, 422), to be tried again for all else. A refused token waits
 * too: it may be replaced.
 */
#ifndef CULPRIT_SOURCE_SENTRY_JOB_H
#define CULPRIT_SOURCE_SENTRY_JOB_H

#include "outbox/outbox.h"
#include "source/sentry_call.h"

struct sentry_job {
  struct outbox_job *job;
  struct connection connection;
  struct http_call call; /* the latest answer */
  int64_t wait_ms;       /* that Sentry asks for before the next question */
};

/* `label` says which Sentry the task is for (connection_label()). */
bool sentry_job_begin(struct sentry_job *work, struct outbox_job *job,
                      struct slice label) MUST_CHECK;
struct sentry_question_parts {
  const char *method;
  struct slice path; /* and query */
  struct slice body; /* JSON; empty: none */
};
bool sentry_job_ask(struct sentry_job *work,
                    const struct sentry_question_parts *question) MUST_CHECK;
/* The answer could not be read: `job->problem` says why. */
void sentry_job_fail(struct sentry_job *work);
void sentry_job_end(struct sentry_job *work);

#endif
