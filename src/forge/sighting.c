/* sighting.c - see sighting.h. */
#include "forge/sighting.h"

#include "base/clock.h"
#include "tracker/builtin.h"
#include "tracker/forge_task.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* What is known of it. An issue of which only the link is known (GitLab told us, as its Sentry) is
 * taken to be open until somebody says otherwise. */
static bool find_known(struct transaction *tx, struct arena *arena,
                       const struct project_forge *project, const struct sighting *sighting,
                       struct forge_issue *known) {
  int64_t project_id = project->project_id, number;
  if (forge_issue_get(tx, arena, project_id, sighting->remote_id, sighting->number, known))
    return true;
  struct issue_link link = {
      .project_id = project_id, .forge = FORGE_NAME_GITLAB, .number = sighting->number};
  if (sighting->remote_id != project->remote_id || !issue_link_find_by_number(tx, arena, &link) ||
      !gitlab_issue_of_url(link.url, project->web_url, &number))
    return false;
  *known = (struct forge_issue){.project_id = project_id,
                                .remote_id = sighting->remote_id,
                                .number = sighting->number,
                                .url = link.url,
                                .is_open = true};
  return true;
}

/* Webhooks tell whole seconds. */
static bool is_news(const struct forge_issue *known, const struct sighting *sighting) {
  if (sighting->updated_ms % SECOND_MS == 0)
    return sighting->updated_ms / SECOND_MS > known->updated_ms / SECOND_MS;
  return sighting->updated_ms > known->updated_ms;
}

/* Whether we are closing it ourselves at this moment: then nobody else did. */
static bool is_ours(struct transaction *tx, struct arena *arena, const struct issue_link *link) {
  struct outbox_task task;
  const struct outbox_topic topic = {.project_id = link->project_id,
                                     .kind = FORGE_TASK_CLOSE,
                                     .subject = forge_task_subject(arena, link)};
  return outbox_find(tx, arena, &topic, &task) && task.state == OUTBOX_WAITING &&
         task.attempt != ATTEMPT_NONE;
}

static void follow(struct transaction *tx, struct arena *arena, struct forge *forge,
                   const struct forge_issue *issue) {
  struct forge_issue_error error;
  if (!forge_issue_error(tx, arena, issue, &error) || is_ours(tx, arena, &error.link)) return;
  if (!error.is_remote)
    tracker_follow_issue(tx, &error.link, issue->is_open);
  else if (forge->follow_remote)
    forge->follow_remote(tx, &error.link, issue->is_open);
}

bool sighting_take(struct transaction *tx, struct forge *forge, const struct project_forge *project,
                   const struct sighting *sighting) {
  struct arena arena = {0};
  struct forge_issue issue;
  bool is_known = find_known(tx, &arena, project, sighting, &issue);
  bool has_news = is_known && (sighting->is_gone || is_news(&issue, sighting));
  if (has_news) {
    bool is_changed = !sighting->is_gone && issue.is_open != sighting->is_open;
    issue.is_open = sighting->is_open;
    issue.is_gone = sighting->is_gone;
    if (sighting->title.len) issue.title = sighting->title;
    if (sighting->updated_ms) issue.updated_ms = sighting->updated_ms;
    forge_issue_set(tx, &issue);
    if (is_changed && project->resolves_on_close) follow(tx, &arena, forge, &issue);
  }
  arena_free(&arena);
  return has_news;
}
