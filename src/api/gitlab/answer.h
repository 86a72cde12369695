/* answer.h - how handlers of GitLab's API begin and end. */
#ifndef CULPRIT_API_GITLAB_ANSWER_H
#define CULPRIT_API_GITLAB_ANSWER_H

#include "api/sentry/answer.h"
#include "tracker/settings.h"

/* {"message": "404 Not found"} and the like for what is wrong with the request as a whole,
 * {"error": "active is missing"} where the problem names a field: GitLab tells them apart so. */
void gitlab_fail(struct http_response *response, const struct problem *problem);
/* 403 for a token with too small a scope. */
void gitlab_fail_scope(struct http_request *request, struct http_response *response,
                       enum scope needed);

/* The project of the path parameter "id", a number or "organization/project", checked with the
 * route's access. On failure the response is filled. */
enum status gitlab_find_project(struct http_request *request, struct http_response *response,
                                struct project *project) MUST_CHECK;
/* The same by a path or number, which need not be the route's. */
enum status gitlab_access_project(struct transaction *tx, struct arena *arena,
                                  const struct access_request *request, struct slice id,
                                  struct project *project, struct problem *problem) MUST_CHECK;

#endif
