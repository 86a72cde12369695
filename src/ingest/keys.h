/* keys.h - the client keys that requests are checked against, in memory.
 *
 * Read by all network threads, replaced as a whole when projects or keys change.
 */
#ifndef CULPRIT_INGEST_KEYS_H
#define CULPRIT_INGEST_KEYS_H

#include <pthread.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/store.h"

struct keys {
  struct store *store;
  pthread_rwlock_t lock;
  struct map map; /* public key -> struct client_key */
  struct arena arena;
};

/* Reads all keys and follows changes until the store is closed. */
void keys_open(struct keys *keys, struct store *store);
void keys_close(struct keys *keys);

enum key_state { KEY_UNKNOWN, KEY_INACTIVE, KEY_ACTIVE };
/* `project_id` is set unless the key is unknown. */
enum key_state keys_find(struct keys *keys, struct slice public_key, int64_t *project_id);

#endif
