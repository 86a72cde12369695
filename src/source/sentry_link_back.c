/* sentry_link_back.c - tasks that tell a connected Sentry of the GitLab issue of an error.
 *
 * As GitLab does it: when Sentry has the GitLab project as a repository of its GitLab integration,
 * the issue is linked through that integration, else through the GitLab plugin. Linking twice is
 * linking once. Where Sentry has neither, it refuses, and the task is given up.
 *
 * Source: what GitLab's client sends; Sentry's API reference, "Update an External Issue".
 */
#include "http/client_problem.h"
#include "source/action_task.h"
#include "source/sentry_job.h"
#include "source/sentry_question.h"
#include "source/sentry_repository.h"
#include "tracker/link_back.h"

#include "base/banned.h"

/* The integration that has the GitLab project as an active repository; empty: none has. False: the
 * job is over. */
static bool find_integration(struct sentry_job *work, const struct link_back *link,
                             struct slice *integration) {
  struct arena *arena = &work->job->arena;
  struct sentry_repositories found;
  struct slice wanted = arena_printf(arena, "%lld", (long long)link->remote_id);
  const struct sentry_question_parts question = {
      "GET",
      arena_printf(arena, "/api/0/organizations/%.*s/repos/",
                   SLICE_ARGS(url_encode(arena, work->connection.organization_slug))),
      SLICE_EMPTY};
  *integration = SLICE_EMPTY;
  if (!sentry_job_ask(work, &question)) return false;
  if (sentry_repositories_read(arena, work->call.answer, &found, &work->job->problem)) {
    sentry_job_fail(work);
    return false;
  }
  for (size_t i = 0; i < found.count && !integration->len; i++) {
    const struct sentry_repository *repository = &found.repositories[i];
    if (slice_equal_string(repository->status, "active") &&
        slice_equal(repository->external_slug, wanted))
      *integration = repository->integration_id;
  }
  return true;
}

static void link_it(struct sentry_job *work, const struct link_back *link) {
  struct arena *arena = &work->job->arena;
  struct slice integration;
  struct sentry_question_parts question;
  if (!find_integration(work, link, &integration)) return;
  if (integration.len)
    question = (struct sentry_question_parts){
        "PUT",
        arena_printf(arena, "%.*sintegrations/%.*s/",
                     SLICE_ARGS(sentry_issue_path(arena, &work->connection, link->error_id)),
                     SLICE_ARGS(url_encode(arena, integration))),
        arena_printf(arena, "{\"project\":%lld,\"externalIssue\":\"%lld#%lld\"}",
                     (long long)link->remote_id, (long long)link->remote_id,
                     (long long)link->number)};
  else
    question = (struct sentry_question_parts){
        "POST",
        arena_printf(arena, "/api/0/issues/%lld/plugins/gitlab/link/", (long long)link->error_id),
        arena_printf(arena, "{\"issue_id\":%lld}", (long long)link->number)};
  if (sentry_job_ask(work, &question)) work->job->result = OUTBOX_SUCCEEDED;
}

void sentry_link_back_run(struct outbox_job *job) {
  struct sentry_job work;
  struct link_back link;
  job->may_be_done = false; /* linking twice is linking once */
  if (!link_back_read(&job->arena, job->task, &link)) {
    action_refuse(job, "What was to be done is not known any more.");
    return;
  }
  if (!sentry_job_begin(&work, job, link.sentry)) return;
  link_it(&work, &link);
  sentry_job_end(&work);
}
