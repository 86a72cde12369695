/* rows.c - see rows.h. Doubling: what is left behind in the arena is at most what is used. */
#include "store/sqlite/rows.h"

#include <string.h>

#include "base/banned.h"

enum { FIRST_CAPACITY = 8 };

void *rows_add(struct rows *rows, struct arena *arena) {
  if (rows->count == rows->capacity) {
    size_t capacity = rows->capacity ? 2 * rows->capacity : FIRST_CAPACITY;
    void *items = arena_array(arena, capacity, rows->item_size);
    if (rows->count) memcpy(items, rows->items, rows->count * rows->item_size);
    rows->items = items;
    rows->capacity = capacity;
  }
  return (char *)rows->items + rows->count++ * rows->item_size;
}
