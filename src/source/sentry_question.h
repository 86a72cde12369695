/* sentry_question.h - what is asked of a connected Sentry: paths and queries below its URL. */
#ifndef CULPRIT_SOURCE_SENTRY_QUESTION_H
#define CULPRIT_SOURCE_SENTRY_QUESTION_H

#include "source/source.h"

/* The list as GitLab's client asks for it: what people typed stands behind "is:STATUS". */
struct slice sentry_list_path(struct arena *arena, const struct connection *connection,
                              const struct source_query *query);
/* The first page of unresolved errors, last seen first: what people see first. */
struct slice sentry_first_page_path(struct arena *arena, const struct connection *connection);
struct slice sentry_issue_path(struct arena *arena, const struct connection *connection,
                               int64_t issue_id);
/* Sentry's schema has the latest and the oldest event below their issue, any other one below the
 * project: the answer says of which issue it is. */
struct slice sentry_event_path(struct arena *arena, const struct connection *connection,
                               int64_t issue_id, const struct source_event_choice *choice);
/* An event of the project, whatever error it belongs to. */
struct slice sentry_project_event_path(struct arena *arena, const struct connection *connection,
                                       const struct event_id *id);
/* An issue by "APP-1A". */
struct slice sentry_short_id_path(struct arena *arena, const struct connection *connection,
                                  struct slice short_id);

#endif
