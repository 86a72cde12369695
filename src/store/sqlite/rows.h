/* rows.h - a growing array in an arena, for queries that return a list.
 *
 *   struct rows rows = ROWS_OF(struct user);
 *   while (query_next(&query)) *(struct user *)rows_add(&rows, arena) = ...;
 *   *users = rows.items;  return rows.count;
 *
 * Private to store/sqlite/.
 */
#ifndef CULPRIT_STORE_SQLITE_ROWS_H
#define CULPRIT_STORE_SQLITE_ROWS_H

#include "base/arena.h"

struct rows {
  void *items; /* null while empty */
  size_t count, capacity, item_size;
};

#define ROWS_OF(type) ((struct rows){.item_size = sizeof(type)})

/* One more item, zeroed. Earlier pointers to items become invalid. */
void *rows_add(struct rows *rows, struct arena *arena);

#endif
