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

/* In the order in which they are made; "@" is the day. */
static const char *const day_tables[] = {
    "event_@(row INTEGER PRIMARY KEY, strand_id INTEGER NOT NULL, project_id INTEGER NOT NULL,"
    " timestamp_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, event_id BLOB NOT NULL,"
    " dictionary_id INTEGER NOT NULL, payload BLOB NOT NULL)",
    "event_strand_@(strand_id INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(strand_id, row))"
    " WITHOUT ROWID",
    "event_id_@(key INTEGER PRIMARY KEY, row INTEGER NOT NULL)",
    "attachment_@(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, event_id BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL,"
    " type TEXT NOT NULL, size INTEGER NOT NULL, sha1 BLOB NOT NULL)",
    "attachment_chunk_@(id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "attachment_total_@(project_id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL)",
};

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
  static const char create[] = "CREATE TABLE IF NOT EXISTS ";
  char format[TABLE_SQL_BYTES], sql[TABLE_SQL_BYTES];
  for (size_t i = 0; i < sizeof day_tables / sizeof day_tables[0]; i++) {
    snprintf(format, sizeof format, "%s%s", create, day_tables[i]);
    database_execute(tx, table_sql(sql, format, day));
  }
  database_execute(tx, table_sql(sql,
                                 "CREATE INDEX IF NOT EXISTS attachment_event_@ ON"
                                 " attachment_@(project_id, event_id)",
                                 day));
}

/* Tables by name, up to the "(" of their definition. */
static void drop_day(struct transaction *tx, int64_t day) {
  char format[TABLE_SQL_BYTES], sql[TABLE_SQL_BYTES];
  for (size_t i = 0; i < sizeof day_tables / sizeof day_tables[0]; i++) {
    struct slice table = slice_of_string(day_tables[i]);
    table = slice_upto(table, slice_find_byte(table, '('));
    snprintf(format, sizeof format, "DROP TABLE IF EXISTS %.*s", SLICE_ARGS(table));
    database_execute(tx, table_sql(sql, format, day));
  }
}

void partition_drop_before(struct transaction *tx, int64_t day) {
  int64_t days[PARTITION_DAYS_LIMIT];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  for (size_t i = 0; i < count; i++) {
    if (days[i] >= day) continue;
    drop_day(tx, days[i]);
    log_write(LOG_INFO, "dropped the events of a day past retention", "day=%lld",
              (long long)days[i]);
  }
}
