/* keys.c - see keys.h. */
#include "ingest/keys.h"

#include "store/project.h"

#include "base/banned.h"

static void read_keys(struct store *store, struct arena *arena, struct map *map) {
  struct client_key *keys;
  struct transaction *tx = store_begin_read(store);
  size_t count = client_key_list_all(tx, arena, &keys);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) {
    if (!slice_is_empty(keys[i].public_key)) map_put(map, keys[i].public_key, &keys[i]);
  }
}

static void refresh(void *context) {
  struct keys *keys = context;
  struct arena arena = {0};
  struct map map = {0};
  read_keys(keys->store, &arena, &map);
  pthread_rwlock_wrlock(&keys->lock);
  struct arena old_arena = keys->arena;
  struct map old_map = keys->map;
  keys->arena = arena;
  keys->map = map;
  pthread_rwlock_unlock(&keys->lock);
  map_free(&old_map);
  arena_free(&old_arena);
}

void keys_open(struct keys *keys, struct store *store) {
  *keys = (struct keys){.store = store};
  pthread_rwlock_init(&keys->lock, NULL);
  store_on_project_change(store, refresh, keys);
  refresh(keys);
}

void keys_close(struct keys *keys) {
  store_on_project_change(keys->store, NULL, NULL);
  map_free(&keys->map);
  arena_free(&keys->arena);
  pthread_rwlock_destroy(&keys->lock);
}

enum key_state keys_find(struct keys *keys, struct slice public_key, int64_t *project_id) {
  enum key_state state = KEY_UNKNOWN;
  if (slice_is_empty(public_key)) return state;
  pthread_rwlock_rdlock(&keys->lock);
  const struct client_key *key = map_get(&keys->map, public_key);
  if (key) {
    *project_id = key->project_id;
    state = key->is_active ? KEY_ACTIVE : KEY_INACTIVE;
  }
  pthread_rwlock_unlock(&keys->lock);
  return state;
}
