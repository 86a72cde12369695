/* cache.h - bytes by key, the least recently used given up first.
 *
 * An entry that somebody holds stays valid after it was given up, until it is released. Safe from
 * every thread.
 */
#ifndef CULPRIT_FORGE_CACHE_H
#define CULPRIT_FORGE_CACHE_H

#include <pthread.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/slice.h"

struct cache_entry {
  struct slice key, data; /* both owned */
  size_t users;           /* holders, and one for the cache itself */
  struct cache_entry *newer, *older;
};

struct cache {
  pthread_mutex_t mutex;
  struct map entries;
  struct cache_entry *newest, *oldest;
  size_t bytes, limit_bytes;
};

void cache_init(struct cache *cache, size_t limit_bytes);
void cache_destroy(struct cache *cache);

/* Both return an entry to be given back by cache_release(); cache_get() null when there is none.
 * cache_put() copies; if another thread was faster its entry is returned. */
struct cache_entry *cache_get(struct cache *cache, struct slice key);
struct cache_entry *cache_put(struct cache *cache, struct slice key, struct slice data);
void cache_release(struct cache *cache, struct cache_entry *entry);
/* Gives up every entry whose key starts with `prefix`. */
void cache_forget(struct cache *cache, struct slice prefix);

#endif
