/* sentry.h - a connected Sentry as the source of a project's errors; the functions of source.h. */
#ifndef CULPRIT_SOURCE_SENTRY_H
#define CULPRIT_SOURCE_SENTRY_H

#include "source/source.h"

struct slice sentry_error_url(const struct source *source, int64_t error_id);
enum status sentry_list(struct source *source, const struct source_query *query,
                        struct source_page *page, struct problem *problem) MUST_CHECK;
enum status sentry_details(struct source *source, int64_t error_id,
                           const struct source_event_choice *choice, struct source_details *details,
                           struct problem *problem) MUST_CHECK;
enum status sentry_find(struct source *source, int64_t error_id, struct source_error *error,
                        struct problem *problem) MUST_CHECK;
enum status sentry_look_up(struct source *source, struct slice text, struct source_place *place,
                           struct problem *problem) MUST_CHECK;

#endif
