/* recent.h - the newest events of the newest day, kept in memory until the day's indexes have them.
 *
 *   first_row                                   next row
 *      ▼                                           ▼
 *      [ in the indexes as well │ some are, some not ]      entries, by row
 *                               └─ the last RECENT_WINDOW rows
 *
 * An index over ids and one over strands would change a page each for every event. So the writer
 * puts entries there a slice at a time (day_index.c), and who looks something up asks the tables
 * and then here. Entries stay for a while after that, for readers whose snapshot is older.
 *
 * Pure, without database. The writer changes it, any thread asks; a lock guards both.
 */
#ifndef CULPRIT_STORE_SQLITE_RECENT_H
#define CULPRIT_STORE_SQLITE_RECENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_WINDOW 32768
#define RECENT_ROOM (3 * RECENT_WINDOW)

struct recent_entry {
  int64_t row, key, strand_id;
};

/* The strands of a group, ascending. */
struct strand_set {
  int64_t *ids;
  size_t count;
};

struct recent {
  pthread_rwlock_t lock;
  int64_t day; /* 0: none */
  int64_t first_row;
  size_t count;
  struct recent_entry *entries;
  uint32_t *places; /* by key: number of the entry, from 1; 0 is free */
};

void recent_open(struct recent *recent);
void recent_close(struct recent *recent);

/* Empties it for a day whose next row is `first_row`. */
void recent_start(struct recent *recent, int64_t day, int64_t first_row);
/* Adds the next row. */
void recent_add(struct recent *recent, int64_t key, int64_t strand_id);
/* Forgets the row `next_row` and those behind it. */
void recent_truncate(struct recent *recent, int64_t next_row);

/* The row with that key, or 0. */
int64_t recent_find(struct recent *recent, int64_t day, int64_t key);
/* Says that the row, if it is here, belongs to another strand now. */
void recent_move(struct recent *recent, int64_t day, int64_t row, int64_t strand_id);

/* The last row of the strands before `row`, or the first one behind it; 0 when there is none here.
 */
int64_t recent_previous(struct recent *recent, int64_t day, struct strand_set strands, int64_t row);
int64_t recent_next(struct recent *recent, int64_t day, struct strand_set strands, int64_t row);

#endif
