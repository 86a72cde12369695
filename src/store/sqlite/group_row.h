/* group_row.h - rows of error_group and of the text index over them. */
#ifndef CULPRIT_STORE_SQLITE_GROUP_ROW_H
#define CULPRIT_STORE_SQLITE_GROUP_ROW_H

#include "store/event.h"
#include "store/sqlite/database.h"

/* For SELECT; group_row_read() takes them in this order, starting at column 0. */
#define GROUP_COLUMNS                                                                           \
  "id, project_id, number, status, is_regressed, is_unhandled, level, event_count, user_count," \
  " first_seen_ms, last_seen_ms, status_changed_ms, error_type, error_value, title, culprit,"   \
  " location, platform, logger, first_release, last_release, strand_count, merged_into"
/* Where title and culprit stand among them. */
enum { GROUP_TITLE_COLUMN = 14, GROUP_CULPRIT_COLUMN = 15 };
/* Added to the status of groups that were merged into others. */
#define GROUP_HIDDEN 16
void group_row_read(const struct query *query, struct arena *arena, struct group *group);

/* The row itself, merged or not. */
bool group_row_get(struct transaction *tx, struct arena *arena, int64_t id, struct group *group);
/* Moves one group from one status to the other in the project's counts; GROUP_HIDDEN counts
 * nowhere.
 */
void group_count_status(struct transaction *tx, int64_t project_id, int from, int to);

/* A new row with the digest's texts and no events yet; takes the project's next number. Returns the
 * id. */
int64_t group_row_insert(struct transaction *tx, const struct digest *digest);
/* Writes everything that events change often: counters, times, texts, the last release. Not the
 * status, nor the first release, which has an index that would be written again each time. */
void group_row_update(struct transaction *tx, const struct group *group);
void group_row_set_first_release(struct transaction *tx, int64_t group_id, struct slice release);

/* The text index holds title and culprit; removing needs the texts that were added. */
void group_text_add(struct transaction *tx, const struct group *group);
void group_text_remove(struct transaction *tx, const struct group *group);

#endif
