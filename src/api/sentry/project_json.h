/* project_json.h - a project as Sentry has it, at four lengths. */
#ifndef CULPRIT_API_SENTRY_PROJECT_JSON_H
#define CULPRIT_API_SENTRY_PROJECT_JSON_H

#include "api/sentry/answer.h"

/* Within other objects: id, name, slug, platform. */
void api_write_project_summary(struct json_writer *writer, const struct project *project);
/* A row of the list, with its organization. Short, because GitLab's client reads all projects in
 * one answer of at most 1 MiB. */
void api_write_project_row(struct json_writer *writer, const struct project *project);
/* What a monitor says of its project. */
void api_write_project(struct json_writer *writer, struct http_request *request,
                       struct transaction *tx, const struct project *project);
/* All of it, with its settings. */
void api_write_project_details(struct json_writer *writer, struct http_request *request,
                               struct transaction *tx, const struct project *project);

#endif
