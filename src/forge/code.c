/* code.c - commits and source lines, from wherever the project has them: from the GitLab project
 * that it is linked to, or else from its git repository.
 */
#include "forge/gitlab_code.h"

#include "base/banned.h"

/* Only digits of a SHA are looked up: a release may be called like a branch, and what a branch
 * points to changes. */
static bool is_sha(struct slice text) {
  if (text.len < ABBREVIATION_MIN || text.len > SHA_DIGITS) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

static bool is_linked(struct forge *forge, struct arena *arena, const struct project *project,
                      struct forge_project *link) {
  return forge->client && forge_link_get(forge->store, arena, project->id, link);
}

bool forge_commit_of_release(struct forge *forge, struct arena *arena,
                             const struct project *project, struct slice release,
                             struct commit *commit) {
  size_t at = slice_find_last_byte(release, '@');
  struct slice sha = at < release.len ? slice_from(release, at + 1) : release;
  struct forge_project link;
  if (!is_sha(sha)) return false;
  struct gitlab_code code = {.forge = forge, .arena = arena, .link = &link};
  if (is_linked(forge, arena, project, &link) && gitlab_commit_of_sha(&code, sha, commit))
    return true;
  return git_commit_of_sha(forge, arena, project, sha, commit);
}

bool forge_commit_details(struct forge *forge, struct arena *arena, const struct project *project,
                          struct slice sha, struct commit_details *details) {
  struct forge_project link;
  if (!is_sha(sha)) return false;
  struct gitlab_code code = {.forge = forge, .arena = arena, .link = &link};
  if (is_linked(forge, arena, project, &link) && gitlab_commit_details(&code, sha, details))
    return true;
  return git_commit_details(forge, arena, project, sha, details);
}

bool forge_source(struct forge *forge, struct arena *arena, const struct project *project,
                  const struct source_request *request, struct source_lines *source) {
  struct forge_project link;
  struct gitlab_code code = {.forge = forge, .arena = arena, .link = &link};
  if (is_linked(forge, arena, project, &link) && gitlab_source(&code, request, source)) return true;
  return git_source(forge, arena, project, request, source);
}

struct slice forge_source_url(struct forge *forge, struct arena *arena,
                              const struct project *project, const struct source_request *request) {
  struct forge_project link;
  struct gitlab_code code = {.forge = forge, .arena = arena, .link = &link};
  return is_linked(forge, arena, project, &link) ? gitlab_source_url(&code, request) : SLICE_EMPTY;
}

bool forge_has_code(struct forge *forge, struct arena *arena, const struct project *project) {
  struct forge_project link;
  return project->repository.len || is_linked(forge, arena, project, &link);
}

bool forge_is_asking(struct forge *forge, int64_t project_id) {
  return ask_is_busy(&forge->ask, project_id);
}

void forge_wait(struct forge *forge, struct http_request *request, int64_t project_id,
                int64_t until_us) {
  ask_wait(&forge->ask, request, project_id, until_us);
}
