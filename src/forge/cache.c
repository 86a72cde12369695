/* cache.c - bytes by key, the least recently used given up first. */
#include "forge/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "base/banned.h"

void cache_init(struct cache *cache, size_t limit_bytes) {
  *cache = (struct cache){.limit_bytes = limit_bytes};
  pthread_mutex_init(&cache->mutex, NULL);
}

static size_t entry_bytes(const struct cache_entry *entry) {
  return sizeof(*entry) + entry->key.len + entry->data.len;
}

static void entry_release(struct cache_entry *entry) {
  if (--entry->users == 0) free(entry);
}

static void unlink_entry(struct cache *cache, struct cache_entry *entry) {
  if (entry->newer) entry->newer->older = entry->older;
  if (entry->older) entry->older->newer = entry->newer;
  if (cache->newest == entry) cache->newest = entry->older;
  if (cache->oldest == entry) cache->oldest = entry->newer;
  entry->newer = entry->older = NULL;
}

static void link_newest(struct cache *cache, struct cache_entry *entry) {
  entry->older = cache->newest;
  if (cache->newest) cache->newest->newer = entry;
  cache->newest = entry;
  if (!cache->oldest) cache->oldest = entry;
}

static void give_up(struct cache *cache, struct cache_entry *entry) {
  map_remove(&cache->entries, entry->key);
  unlink_entry(cache, entry);
  cache->bytes -= entry_bytes(entry);
  entry_release(entry);
}

void cache_destroy(struct cache *cache) {
  while (cache->oldest) give_up(cache, cache->oldest);
  map_free(&cache->entries);
  pthread_mutex_destroy(&cache->mutex);
}

/* Holds the entry, moved to the front; null when there is none. Call with the lock. */
static struct cache_entry *find(struct cache *cache, struct slice key) {
  struct cache_entry *entry = map_get(&cache->entries, key);
  if (!entry) return NULL;
  unlink_entry(cache, entry);
  link_newest(cache, entry);
  entry->users++;
  return entry;
}

struct cache_entry *cache_get(struct cache *cache, struct slice key) {
  pthread_mutex_lock(&cache->mutex);
  struct cache_entry *entry = find(cache, key);
  pthread_mutex_unlock(&cache->mutex);
  return entry;
}

/* One allocation: the entry, its key, its data. */
static struct cache_entry *entry_make(struct slice key, struct slice data) {
  struct cache_entry *entry = memory_alloc(sizeof(*entry) + key.len + data.len);
  char *bytes = (char *)(entry + 1);
  if (key.len) memcpy(bytes, key.ptr, key.len);
  if (data.len) memcpy(bytes + key.len, data.ptr, data.len);
  *entry = (struct cache_entry){
      .key = slice_of(bytes, key.len), .data = slice_of(bytes + key.len, data.len), .users = 2};
  return entry;
}

struct cache_entry *cache_put(struct cache *cache, struct slice key, struct slice data) {
  pthread_mutex_lock(&cache->mutex);
  struct cache_entry *entry = find(cache, key);
  if (!entry) {
    entry = entry_make(key, data);
    map_put(&cache->entries, entry->key, entry);
    link_newest(cache, entry);
    cache->bytes += entry_bytes(entry);
    while (cache->bytes > cache->limit_bytes && cache->oldest) give_up(cache, cache->oldest);
  }
  pthread_mutex_unlock(&cache->mutex);
  return entry;
}

void cache_release(struct cache *cache, struct cache_entry *entry) {
  pthread_mutex_lock(&cache->mutex);
  entry_release(entry);
  pthread_mutex_unlock(&cache->mutex);
}

void cache_forget(struct cache *cache, struct slice prefix) {
  pthread_mutex_lock(&cache->mutex);
  struct cache_entry *entry = cache->oldest;
  while (entry) {
    struct cache_entry *newer = entry->newer;
    if (slice_starts_with(entry->key, prefix)) give_up(cache, entry);
    entry = newer;
  }
  pthread_mutex_unlock(&cache->mutex);
}
