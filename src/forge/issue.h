/* issue.h - issues of errors at the project's forge, GitLab's or the built-in one.
 *
 *   page ─► forge_create_issue() ─┬─ built-in: made at once
 *                                 └─ GitLab: a task in the outbox ──► issue_task.c asks GitLab
 *                STATUS_PENDING: forge_wait_for_issue(), then forge_issue_result()
 *
 * A task is what makes an issue be made exactly once: it is on disk before GitLab is asked, it
 * carries a random marker that stands in the description, and an attempt of which nobody knows what
 * became of it is followed by a look for that marker. Of two people who press at once the second
 * waits for the first one's task.
 */
#ifndef CULPRIT_FORGE_ISSUE_H
#define CULPRIT_FORGE_ISSUE_H

#include "forge/forge.h"
#include "http/http.h"
#include "outbox/outbox.h"
#include "store/forge_issue.h"
#include "tracker/tracker.h"

struct forge_issue_answer {
  struct issue_link link;
  bool is_new;
  int64_t task_id; /* with STATUS_PENDING */
};
/* Makes an issue from an error, or finds the one there is. */
enum status forge_create_issue(struct forge *forge, struct arena *arena,
                               const struct issue_request *request,
                               struct forge_issue_answer *answer,
                               struct problem *problem) MUST_CHECK;
/* Parks a request until the task has ended, failed once, or GITLAB_CREATE_WAIT_MS have passed; then
 * its handler runs again. */
void forge_wait_for_issue(struct forge *forge, struct http_request *request, int64_t task_id);
/* What became of the task. STATUS_PENDING: it is still to be done; `problem` has a message when an
 * attempt failed. */
enum status forge_issue_result(struct forge *forge, struct arena *arena, int64_t task_id,
                               struct forge_issue_answer *answer,
                               struct problem *problem) MUST_CHECK;

/* Takes a task back that was not done yet. Needs what creating one needs. */
struct forge_issue_cancel {
  const struct actor *actor;
  int64_t project_id, error_id;
  bool is_remote;
};
enum status forge_cancel_issue(struct forge *forge, const struct forge_issue_cancel *cancel,
                               struct problem *problem) MUST_CHECK;

/* What pages say of an error's issue at GitLab. */
struct forge_issue_state {
  bool is_known; /* the rest of this part is valid */
  struct forge_issue issue;
  /* The latest task to create, to close or to tell a regress; id 0: there is none. */
  struct outbox_task create, close, regress;
  bool was_closed;    /* by `close`, because the error was resolved */
  bool closes_issues; /* the project wants that */
};
struct forge_issue_topic {
  int64_t project_id, error_id;
  bool is_remote;
  const struct issue_link *link; /* null: the error has none */
};
void forge_issue_state(struct transaction *tx, struct arena *arena,
                       const struct forge_issue_topic *topic, struct forge_issue_state *state);
/* Whether the URL is of an issue of the GitLab project that the project is linked to. */
bool forge_owns_issue(struct transaction *tx, struct arena *arena, int64_t project_id,
                      struct slice url, int64_t *number);

/* The kinds of tasks that this folder runs, for outbox_open(); their context is `forge`. */
const struct outbox_kind *forge_outbox_kinds(struct forge *forge);

#endif
