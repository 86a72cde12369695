/* gitlab_project.h - which GitLab project the errors of a project belong to. Whoever needs to know
 * asks here.
 *
 * It is the one that the project is linked to, or else the one whose repository the project names
 * by an http or https URL.
 */
#ifndef CULPRIT_FORGE_GITLAB_PROJECT_H
#define CULPRIT_FORGE_GITLAB_PROJECT_H

#include "base/arena.h"
#include "base/slice.h"
#include "store/project.h"

struct gitlab_project {
  struct slice url;  /* "https://gitlab.example.org/team/app" */
  struct slice path; /* "team/app" */
  int64_t id;        /* GitLab's; 0: not known, since a repository's URL does not tell it */
};

/* False when it belongs to none. From the arena, or borrowed of `project`. */
bool gitlab_project_of(struct transaction *tx, struct arena *arena, const struct project *project,
                       struct gitlab_project *found);

/* The page of its issue with that number. */
struct slice gitlab_issue_url(struct arena *arena, const struct gitlab_project *project,
                              int64_t number);

#endif
