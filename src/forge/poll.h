/* poll.h - asks each linked GitLab project now and then what became of the issues that errors are
 * linked to, for those whose webhooks do not reach us.
 */
#ifndef CULPRIT_FORGE_POLL_H
#define CULPRIT_FORGE_POLL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct forge;

/* What is remembered of one project since the start. */
struct poll_project {
  int64_t project_id;
  int64_t next_ms;  /* when it is asked again */
  int64_t full_ms;  /* when all issues were looked at; 0: never */
  int64_t since_ms; /* by GitLab's clock: what changed before is known */
  int64_t hook_ms;  /* when a webhook came last */
  int64_t failures; /* in a row */
  struct poll_project *next;
};

struct poll {
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t mutex; /* guards what is below */
  pthread_cond_t wake;
  struct poll_project *projects;
  bool has_news, is_stopping;
};

void poll_start(struct forge *forge);
void poll_stop(struct forge *forge);
/* The project's link has changed: all of it is asked anew, at once. */
void poll_hurry(struct poll *poll, int64_t project_id);
/* Its webhook works: it has to be asked less often. */
void poll_note_hook(struct poll *poll, int64_t project_id);

#endif
