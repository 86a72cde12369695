/* retention.c - drops what is older than STORE_RETENTION_DAYS, once a day.
 *
 * What is dropped follows the last day but one on which the server looked, not the clock alone: one
 * that jumps ahead drops nothing unless it stays there into a second day.
 */
#include "store/sqlite/retention.h"

#include "base/clock.h"
#include "store/limits.h"
#include "store/sqlite/feedback_row.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/monitor_row.h"
#include "store/sqlite/partition.h"

#include "base/banned.h"

/* The day of the last look; 0: never. */
static int64_t last_look(struct transaction *tx) {
  int64_t day = 0;
  struct query query = query_begin(tx, "SELECT value FROM setting WHERE name = 'retention_day'");
  if (query_next(&query)) day = query_int(&query, 0);
  query_end(&query);
  return day;
}

static void note_look(struct transaction *tx, int64_t day) {
  struct query query =
      query_begin(tx, "INSERT OR REPLACE INTO setting(name, value) VALUES('retention_day', ?1)");
  query_bind_int(&query, 1, day);
  query_run(&query);
}

void retention_look(struct transaction *tx, int64_t today) {
  int64_t last = last_look(tx);
  if (last == today) return;
  note_look(tx, today);
  if (last == 0 || last > today) return;
  int64_t first_day = last - STORE_RETENTION_DAYS;
  partition_drop_before(tx, first_day);
  ledger_drop_before(tx, first_day);
  release_purge(tx, first_day * DAY_MS);
  check_in_purge(tx, first_day * DAY_MS);
  feedback_purge(tx, first_day * DAY_MS);
}
