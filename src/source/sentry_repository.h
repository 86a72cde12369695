/* sentry_repository.h - rows of Sentry's list of repositories,
 * GET /api/0/organizations/{organization}/repos/.
 *
 * Everything is from the arena or borrowed from the JSON.
 */
#ifndef CULPRIT_SOURCE_SENTRY_REPOSITORY_H
#define CULPRIT_SOURCE_SENTRY_REPOSITORY_H

#include "json/json.h"

struct sentry_repository {
  struct slice id, name, status, url;
  struct slice provider;       /* "integrations:gitlab" */
  struct slice integration_id; /* empty: not of an integration */
  struct slice external_slug;  /* what the provider calls it; GitLab: the project's id */
};
struct sentry_repositories {
  struct sentry_repository *repositories;
  size_t count;
};
/* STATUS_BAD_INPUT with a message that says what is wrong with the answer. */
enum status sentry_repositories_read(struct arena *arena, struct slice json,
                                     struct sentry_repositories *repositories,
                                     struct problem *problem) MUST_CHECK;

#endif
