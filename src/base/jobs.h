/* jobs.h - work that waits for other servers, each piece on a thread of its own.
 *
 * For what is rare, blocks for seconds and must not hold up a worker that serves pages: a sign-in
 * that asks GitLab, a look at who its members are. Limited in number; all are waited for at the
 * end.
 */
#ifndef CULPRIT_BASE_JOBS_H
#define CULPRIT_BASE_JOBS_H

#include <stdbool.h>
#include <stddef.h>

struct jobs;

struct jobs *jobs_open(size_t limit);
/* Calls `run` on a thread of its own. False, with nothing done, when as many as allowed run already
 * or jobs_close() has begun. */
bool jobs_start(struct jobs *jobs, void (*run)(void *context), void *context);
/* Takes no more, waits for those that run, and frees. */
void jobs_close(struct jobs *jobs);

#endif
