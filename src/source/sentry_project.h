/* sentry_project.h - rows of Sentry's list of projects, GET /api/0/projects/. */
#ifndef CULPRIT_SOURCE_SENTRY_PROJECT_H
#define CULPRIT_SOURCE_SENTRY_PROJECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

struct sentry_project {
  int64_t id; /* 0: not said */
  struct slice slug, name, organization_slug, organization_name;
};

/* Reads one page of the list, from the arena. STATUS_BAD_INPUT: it is not JSON, no list, or a row
 * lacks what makes a project; the problem says which. */
enum status sentry_projects_read(struct arena *arena, struct slice json,
                                 struct sentry_project **projects, size_t *count,
                                 struct problem *problem) MUST_CHECK;

#endif
