/* gitlab_code.h - commits and source lines of a project from GitLab; what forge.h says of them.
 *
 * Nothing here waits. What is not known yet is asked for in the background (ask.h) and counts as
 * not there; a page looks again when the answer has come. What a commit is never changes, so
 * answers stay in memory until others need the room; what GitLab does not have, or could not say,
 * is asked for again after a while.
 */
#ifndef CULPRIT_FORGE_GITLAB_CODE_H
#define CULPRIT_FORGE_GITLAB_CODE_H

#include "forge/builtin.h"
#include "forge/link.h"

struct gitlab_code {
  struct forge *forge;
  struct arena *arena;
  const struct forge_project *link;
};
bool gitlab_commit_of_sha(const struct gitlab_code *code, struct slice sha, struct commit *commit);
bool gitlab_commit_details(const struct gitlab_code *code, struct slice sha,
                           struct commit_details *details);
bool gitlab_source(const struct gitlab_code *code, const struct source_request *request,
                   struct source_lines *source);
/* The page of the line that a frame names; empty when the file is not known to be there. */
struct slice gitlab_source_url(const struct gitlab_code *code,
                               const struct source_request *request);

#endif
