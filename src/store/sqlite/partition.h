/* partition.h - the tables of one day: events, their ids for finding duplicates, attachments.
 *
 *   ref = day << 32 | row        event_DAY(row)     the event and its payload
 *                                event_id_DAY(key)  keyed hash of (project, event id) -> row
 *
 * A day is the day of arrival, counted from 1970. Old days go by DROP TABLE.
 */
#ifndef CULPRIT_STORE_SQLITE_PARTITION_H
#define CULPRIT_STORE_SQLITE_PARTITION_H

#include "store/sqlite/database.h"

static inline int64_t ref_make(int64_t day, int64_t row) { return day << 32 | row; }
static inline int64_t ref_day(int64_t ref) { return ref >> 32; }
static inline int64_t ref_row(int64_t ref) { return ref & INT64_C(0xffffffff); }

#define TABLE_SQL_BYTES 400
/* `format` with every "@" replaced by the day's number. Returns `out`. */
const char *table_sql(char out[TABLE_SQL_BYTES], const char *format, int64_t day);

/* The days that have tables, newest first, at most `limit`. */
size_t partition_days(struct transaction *tx, int64_t *days, size_t limit);
#define PARTITION_DAYS_LIMIT 400

bool partition_exists(struct transaction *tx, int64_t day);
/* Makes the day's tables when they are missing. */
void partition_prepare(struct transaction *tx, int64_t day);
/* Drops all days before `day`. */
void partition_drop_before(struct transaction *tx, int64_t day);

#endif
