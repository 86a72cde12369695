/* local.h - this server as the source of a project's errors; the functions of source.h. */
#ifndef CULPRIT_SOURCE_LOCAL_H
#define CULPRIT_SOURCE_LOCAL_H

#include "source/source.h"

enum status local_list(struct source *source, const struct source_query *query,
                       struct source_page *page, struct problem *problem) MUST_CHECK;
enum status local_details(struct source *source, int64_t error_id,
                          const struct source_event_choice *choice, struct source_details *details,
                          struct problem *problem) MUST_CHECK;
enum status local_find(struct source *source, int64_t error_id, struct source_error *error,
                       struct problem *problem) MUST_CHECK;
enum status local_look_up(struct source *source, struct slice text, struct source_place *place,
                          struct problem *problem) MUST_CHECK;
enum status local_set_status(struct source *source, const struct source_change *change,
                             struct source_change_result *result,
                             struct problem *problem) MUST_CHECK;

#endif
