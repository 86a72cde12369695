/* remote_notice.c - see remote_notice.h. */
#include "source/remote_notice.h"

#include "source/sentry_issue.h"
#include "store/remote_link.h"
#include "tracker/regress.h"

#include "base/banned.h"

static struct remote_sight sight_of(const struct sentry_issue *issue) {
  return (struct remote_sight){.error_id = issue->group.id,
                               .is_resolved = issue->group.status == GROUP_RESOLVED};
}

void remote_sights_read(struct arena *arena, enum remote_kind kind, struct slice body,
                        struct remote_sights *sights) {
  struct problem problem;
  struct sentry_issues list = {0};
  struct sentry_issue issue;
  *sights = (struct remote_sights){0};
  if (kind == REMOTE_ISSUE && sentry_issue_read(arena, body, &issue, &problem) == STATUS_OK)
    list = (struct sentry_issues){&issue, 1};
  else if (kind != REMOTE_ISSUES || sentry_issues_read(arena, body, &list, &problem))
    return;
  sights->sights = ARENA_ARRAY(arena, list.count, struct remote_sight);
  for (size_t i = 0; i < list.count; i++)
    sights->sights[sights->count++] = sight_of(&list.issues[i]);
}

void remote_notice(struct transaction *tx, int64_t project_id, int64_t asked_ms,
                   const struct remote_sights *sights) {
  struct arena arena = {0};
  struct remote_link found;
  for (size_t i = 0; i < sights->count; i++) {
    const struct remote_sight *sight = &sights->sights[i];
    if (!remote_link_find(tx, &arena, project_id, sight->error_id, &found) ||
        found.was_resolved == sight->is_resolved || asked_ms <= found.told_ms)
      continue;
    remote_link_set_resolved(tx, &(struct remote_status){.project_id = project_id,
                                                         .error_id = sight->error_id,
                                                         .is_resolved = sight->is_resolved,
                                                         .time_ms = asked_ms});
    if (found.was_resolved) tracker_note_remote_regress(tx, &found.link);
  }
  arena_free(&arena);
}
