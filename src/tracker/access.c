/* access.c - who may see and do what.
 *
 * One question, asked in one order: does it exist, is the actor a member, is the role enough, does
 * the token allow it. The first two fail alike, so that nobody learns what exists elsewhere.
 */
#include "account/forge_roles.h"
#include "tracker/tracker.h"

#include "base/banned.h"

enum role access_role(struct transaction *tx, const struct actor *actor,
                      const struct project *project) {
  if (actor->is_admin) return ROLE_OWNER;
  if (!actor->user_id) return ROLE_NONE;
  return member_role(tx, project->id, actor->user_id);
}

static enum status unknown_project(struct problem *problem) {
  return problem_set(problem, STATUS_NOT_FOUND,
                     "There is no such project, or you are not a member of it.");
}

/* By slugs or decimal ids. Slugs are never digits only. */
static bool find_project(struct transaction *tx, struct arena *arena,
                         const struct access_request *request, struct project *project) {
  int64_t organization_id = 0, project_id = 0;
  bool is_organization_id = slice_to_i64(request->organization, &organization_id);
  if (slice_to_i64(request->project, &project_id))
    return project_get(tx, arena, project_id, project) &&
           (is_organization_id ? project->organization_id == organization_id
                               : slice_equal(project->organization_slug, request->organization));
  if (!is_organization_id)
    return project_find(tx, arena, request->organization, request->project, project);
  struct project *projects;
  size_t count = organization_id ? project_list(tx, arena, organization_id, &projects) : 0;
  for (size_t i = 0; i < count; i++) {
    if (!slice_equal(projects[i].slug, request->project)) continue;
    *project = projects[i];
    return true;
  }
  return false;
}

/* For a project that was found. */
static enum status check(struct transaction *tx, const struct access_request *request,
                         const struct project *project, struct problem *problem) {
  enum role role = access_role(tx, request->actor, project);
  forge_roles_note_use(project->id);
  if (role == ROLE_NONE) return unknown_project(problem);
  if (role < request->role)
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This needs the role %s in the project; yours is %s.",
                       role_name(request->role), role_name(role));
  if (!scopes_allow(request->actor->scopes, request->scope)) {
    struct arena arena = {0};
    struct slice needed = scopes_format(&arena, request->scope);
    enum status status =
        problem_set(problem, STATUS_FORBIDDEN, "This needs an API token with the scope %.*s.",
                    SLICE_ARGS(needed));
    arena_free(&arena);
    return status;
  }
  return STATUS_OK;
}

enum status access_project(struct transaction *tx, struct arena *arena,
                           const struct access_request *request, struct project *project,
                           struct problem *problem) {
  if (!find_project(tx, arena, request, project)) return unknown_project(problem);
  return check(tx, request, project, problem);
}

enum status access_group(struct transaction *tx, struct arena *arena,
                         const struct access_request *request, int64_t group_id,
                         struct project *project, struct group *group, struct problem *problem) {
  enum status status = STATUS_NOT_FOUND;
  if (group_get(tx, arena, group_id, group) && project_get(tx, arena, group->project_id, project))
    status = check(tx, request, project, problem);
  if (status == STATUS_NOT_FOUND)
    return problem_set(problem, STATUS_NOT_FOUND,
                       "There is no such error, or you are not a member of its project.");
  return status;
}

size_t access_projects(struct transaction *tx, struct arena *arena, const struct actor *actor,
                       struct visible_project **projects) {
  struct project *all;
  size_t count = project_list(tx, arena, 0, &all), visible = 0;
  *projects = ARENA_ARRAY(arena, count, struct visible_project);
  for (size_t i = 0; i < count; i++) {
    enum role role = access_role(tx, actor, &all[i]);
    if (role != ROLE_NONE) (*projects)[visible++] = (struct visible_project){all[i], role};
  }
  return visible;
}
