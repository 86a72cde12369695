/* map.h - a hash map from bytes to a pointer.
 *
 * Open addressing with linear probing, keyed hashing (so that senders cannot
 * choose collisions), no deletion of single keys beyond map_remove(). Keys are
 * borrowed: they must outlive the map or their removal. One thread at a time.
 */
#ifndef CULPRIT_BASE_MAP_H
#define CULPRIT_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct map_entry {
  struct slice key; /* ptr is null where the place is free */
  void *value;
  uint64_t hash;
};

struct map {
  struct map_entry *entries;
  size_t capacity; /* a power of two, or 0 */
  size_t count;
};

/* An empty map is all zero. The values are the caller's to free. */
void map_free(struct map *map);
void map_clear(struct map *map);

/* The value, or null. */
void *map_get(const struct map *map, struct slice key);
/* Puts or replaces. `key` must not be empty, `value` not null. */
void map_put(struct map *map, struct slice key, void *value);
/* Removes and returns the value, or null. */
void *map_remove(struct map *map, struct slice key);

/* Walks all entries in no order: start with `*at` = 0; null at the end. */
struct map_entry *map_next(const struct map *map, size_t *at);

/* The keyed hash that maps use; differs from one process to the next. */
uint64_t hash_bytes(struct slice s);

#endif
