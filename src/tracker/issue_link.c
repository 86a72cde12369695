/* issue_link.c - the issue in another tracker that belongs to an error, told to us by that tracker.
 *
 * An error has one issue at most. A tracker may say something else than before (its issue was
 * deleted and made anew), and the newer word counts; but it does not take an error away from an
 * issue that was made here, which people would then wait for in vain.
 */
#include "base/clock.h"
#include "tracker/builtin.h"
#include "tracker/tracker.h"

#include "base/banned.h"

static enum status refuse_second(const struct issue_link *old, struct problem *problem) {
  bool is_ours = slice_equal(old->forge, FORGE_NAME_BUILTIN);
  struct slice where = is_ours ? SLICE("this server") : slice_cut_utf8(old->forge, 40);
  return problem_set(problem, STATUS_CONFLICT,
                     "The error is linked to issue #%lld of %.*s already.", (long long)old->number,
                     SLICE_ARGS(where));
}

static enum status link_issue(struct transaction *tx, struct arena *arena,
                              const struct link_request *request, struct problem *problem) {
  const struct access_request access = {
      .actor = request->actor, .role = ROLE_TO_ACT, .scope = SCOPE_EVENT_WRITE};
  struct project project;
  struct group group;
  struct issue_link link = request->link, old;
  enum status status = access_group(tx, arena, &access, link.group_id, &project, &group, problem);
  if (status) return status;
  link.group_id = group.id;
  link.project_id = project.id;
  link.created_ms = clock_now_ms();
  if (issue_link_find(tx, arena, group.id, &old)) {
    if (!slice_equal(old.forge, link.forge)) return refuse_second(&old, problem);
    if (old.number == link.number && slice_equal(old.url, link.url)) return STATUS_OK;
  }
  issue_link_set(tx, &link);
  activity_add(tx, &(struct activity){.group_id = group.id,
                                      .time_ms = link.created_ms,
                                      .kind = ACTIVITY_ISSUE_LINKED,
                                      .user_id = request->actor->user_id,
                                      .data = link.url});
  return STATUS_OK;
}

static enum status run_link(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = link_issue(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

enum status tracker_link_issue(struct store *store, const struct link_request *request,
                               struct problem *problem) {
  struct link_request copy = *request;
  return store_write(store, run_link, &copy, problem);
}
