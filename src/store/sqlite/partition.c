/* partition.c - see partition.h. */
#include "store/sqlite/partition.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#include "base/banned.h"

const char *table_sql(char out[TABLE_SQL_BYTES], const char *format, int64_t day) {
  char number[24];
  size_t digits = (size_t)snprintf(number, sizeof number, "%lld", (long long)day), len = 0;
  for (; *format && len < TABLE_SQL_BYTES - sizeof number; format++) {
    if (*format == '@') {
      memcpy(out + len, number, digits);
      len += digits;
    } else {
      out[len++] = *format;
    }
  }
  out[len] = '\0';
  return out;
}

size_t partition_days(struct transaction *tx, int64_t *days, size_t limit) {
  size_t count = 0;
  struct query query =
      query_begin(tx,
                  "SELECT CAST(substr(name, 7) AS INTEGER) AS day FROM sqlite_schema"
                  " WHERE type = 'table' AND name GLOB 'event_[0-9]*' ORDER BY day DESC");
  while (count < limit && query_next(&query)) days[count++] = query_int(&query, 0);
  query_end(&query);
  return count;
}

bool partition_exists(struct transaction *tx, int64_t day) {
  char name[40];
  int length = snprintf(name, sizeof name, "event_%lld", (long long)day);
  struct query query =
      query_begin(tx, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
  query_bind_text(&query, 1, slice_of(name, (size_t)length));
  bool exists = query_next(&query);
  query_end(&query);
  return exists;
}

void partition_prepare(struct transaction *tx, int64_t day) {
  char sql[TABLE_SQL_BYTES];
  database_execute(
      tx,
      table_sql(sql,
                "CREATE TABLE IF NOT EXISTS event_@(row INTEGER PRIMARY KEY,"
                " strand_id INTEGER NOT NULL, project_id INTEGER NOT NULL,"
                " timestamp_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
                " event_id BLOB NOT NULL, dictionary_id INTEGER NOT NULL, payload BLOB NOT NULL)",
                day));
  database_execute(tx,
                   table_sql(sql,
                             "CREATE TABLE IF NOT EXISTS event_strand_@(strand_id INTEGER NOT NULL,"
                             " row INTEGER NOT NULL, PRIMARY KEY(strand_id, row)) WITHOUT ROWID",
                             day));
  database_execute(
      tx,
      table_sql(
          sql,
          "CREATE TABLE IF NOT EXISTS event_id_@(key INTEGER PRIMARY KEY, row INTEGER NOT NULL)",
          day));
}

void partition_drop_before(struct transaction *tx, int64_t day) {
  int64_t days[PARTITION_DAYS_LIMIT];
  char sql[TABLE_SQL_BYTES];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  for (size_t i = 0; i < count; i++) {
    if (days[i] >= day) continue;
    database_execute(tx, table_sql(sql, "DROP TABLE event_@", days[i]));
    database_execute(tx, table_sql(sql, "DROP TABLE IF EXISTS event_id_@", days[i]));
    database_execute(tx, table_sql(sql, "DROP TABLE IF EXISTS event_strand_@", days[i]));
    log_write(LOG_INFO, "dropped the events of a day past retention", "day=%lld",
              (long long)days[i]);
  }
}
