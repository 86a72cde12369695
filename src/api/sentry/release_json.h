/* release_json.h - a release as Sentry names it, within other objects. */
#ifndef CULPRIT_API_SENTRY_RELEASE_JSON_H
#define CULPRIT_API_SENTRY_RELEASE_JSON_H

#include "api/sentry/answer.h"

/* What is behind "package@", a SHA cut short. */
struct slice release_short_version(struct slice release);

/* {"version", "shortVersion", "lastCommit"} of a release of the project's; null without one. */
void api_write_release_of(struct json_writer *writer, struct http_request *request,
                          const struct project *project, struct slice release);

#endif
