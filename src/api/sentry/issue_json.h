/* issue_json.h - a group as Sentry's Issue object. */
#ifndef CULPRIT_API_SENTRY_ISSUE_JSON_H
#define CULPRIT_API_SENTRY_ISSUE_JSON_H

#include "api/sentry/answer.h"

enum issue_period { PERIOD_NONE, PERIOD_24H, PERIOD_14D };

struct issue_context {
  struct transaction *tx;
  struct http_request *request;
  enum issue_period period; /* of `stats` in the list */
};

/* One row of the list. */
void api_write_issue(struct json_writer *writer, const struct issue_context *context,
                     const struct api_group *found);
/* The same with activity, releases, tags and stats of 24 hours and 30 days. */
void api_write_issue_details(struct json_writer *writer, const struct issue_context *context,
                             const struct api_group *found);

#endif
