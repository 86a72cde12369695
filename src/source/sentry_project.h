/* sentry_project.h - rows of Sentry's list of projects, GET /api/0/projects/. */
#ifndef CULPRIT_SOURCE_SENTRY_PROJECT_H
#define CULPRIT_SOURCE_SENTRY_PROJECT_H

#include "json/json.h"

struct sentry_project {
  int64_t id; /* 0: not said */
  struct slice slug, name, organization_slug, organization_name;
};

/* Reads one page of the list, into the arena; borrows its texts. STATUS_FAILED: it is no list, or a
 * row lacks what makes a project; the problem says which. */
enum status sentry_projects_read(struct arena *arena, yyjson_val *list,
                                 struct sentry_project **projects, size_t *count,
                                 struct problem *problem) MUST_CHECK;

#endif
