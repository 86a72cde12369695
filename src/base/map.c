/* map.c - see map.h. */
#include "base/map.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "base/banned.h"

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_hash_key(void) { randombytes_buf(hash_key, sizeof hash_key); }

uint64_t hash_bytes(struct slice s) {
  uint64_t hash;
  pthread_once(&hash_key_once, make_hash_key);
  crypto_shorthash((unsigned char *)&hash, (const unsigned char *)s.ptr, s.len, hash_key);
  return hash;
}

void map_free(struct map *map) {
  free(map->entries);
  *map = (struct map){0};
}

void map_clear(struct map *map) {
  if (map->entries) memset(map->entries, 0, map->capacity * sizeof *map->entries);
  map->count = 0;
}

/* The place of `key`, or the free place where it belongs. */
static struct map_entry *place_of(const struct map *map, struct slice key, uint64_t hash) {
  size_t mask = map->capacity - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    struct map_entry *entry = &map->entries[at];
    if (!entry->key.ptr) return entry;
    if (entry->hash == hash && slice_equal(entry->key, key)) return entry;
  }
}

static void grow(struct map *map) {
  struct map old = *map;
  map->capacity = old.capacity ? old.capacity * 2 : 16;
  size_t bytes = map->capacity * sizeof *map->entries;
  map->entries = memset(memory_alloc(bytes), 0, bytes);
  for (size_t i = 0; i < old.capacity; i++) {
    if (old.entries[i].key.ptr)
      *place_of(map, old.entries[i].key, old.entries[i].hash) = old.entries[i];
  }
  free(old.entries);
}

void *map_get(const struct map *map, struct slice key) {
  if (!map->count) return NULL;
  return place_of(map, key, hash_bytes(key))->value;
}

void map_put(struct map *map, struct slice key, void *value) {
  if ((map->count + 1) * 4 > map->capacity * 3) grow(map);
  uint64_t hash = hash_bytes(key);
  struct map_entry *entry = place_of(map, key, hash);
  if (!entry->key.ptr) map->count++;
  *entry = (struct map_entry){key, value, hash};
}

/* Moves what follows back into the hole, so that probing never meets a gap. */
static void close_hole(struct map *map, size_t hole) {
  size_t mask = map->capacity - 1;
  for (size_t at = (hole + 1) & mask; map->entries[at].key.ptr; at = (at + 1) & mask) {
    size_t home = map->entries[at].hash & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    map->entries[hole] = map->entries[at];
    hole = at;
  }
  map->entries[hole] = (struct map_entry){0};
}

void *map_remove(struct map *map, struct slice key) {
  if (!map->count) return NULL;
  struct map_entry *entry = place_of(map, key, hash_bytes(key));
  void *value = entry->value;
  if (!entry->key.ptr) return NULL;
  map->count--;
  close_hole(map, (size_t)(entry - map->entries));
  return value;
}

struct map_entry *map_next(const struct map *map, size_t *at) {
  while (*at < map->capacity) {
    struct map_entry *entry = &map->entries[(*at)++];
    if (entry->key.ptr) return entry;
  }
  return NULL;
}
