/* hot.h - groups that events are being counted for, kept at hand by the writer.
 *
 *   hash (project, group hash) ──► struct hot_group ──► counters, tags, pending hours
 *                                        │ dirty list
 *                                        ▼
 *                               hot_flush(): one UPDATE each, before the commit
 *
 * So that a batch of events touches each group's rows once. Everything here is a cache of what the
 * database holds plus what the running transaction will add: dropped whole when a transaction is
 * rolled back. Writer thread only.
 */
#ifndef CULPRIT_STORE_SQLITE_HOT_H
#define CULPRIT_STORE_SQLITE_HOT_H

#include "store/event.h"
#include "store/sqlite/database.h"
#include "store/sqlite/release_row.h"
#include "store/sqlite/tags.h"

#define HOT_PENDING_HOURS 4

struct hot_group {
  struct group group; /* its texts are in `text` */
  struct buffer text; /* owned */
  struct tag_table tags;
  bool are_tags_loaded;
  bool is_dirty;
  bool is_text_stale; /* taken out of the text index, to be put back with the new text */
  struct {
    int64_t hour, count;
  } hours[HOT_PENDING_HOURS];
  size_t hour_count;
  struct hot_group *next_dirty;
};

/* Events of one project in the running transaction. */
struct hot_project {
  int64_t project_id, count, first_ms;
};
#define HOT_PROJECTS 64

struct hot_cache {
  struct map by_id;   /* the 8 bytes of hot_group.group.id -> hot_group */
  struct map by_hash; /* struct hot_hash, in `arena` -> hot_group */
  struct arena arena;
  struct hot_group *dirty;
  size_t tag_memory; /* bytes, of all groups */
  struct hot_project projects[HOT_PROJECTS];
  size_t project_count;
  struct release_cache releases;
  uint64_t *users; /* STORE_HOT_USERS places: hashes of (group, user) counted lately */
};

void hot_open(struct hot_cache *hot);
void hot_close(struct hot_cache *hot);
/* Forgets everything; what was not flushed is lost. */
void hot_drop_all(struct hot_cache *hot);
/* Forgets everything when there is too much, after writing what was counted. Groups found before
 * are gone then. */
void hot_trim(struct transaction *tx);

/* The group, loaded when need be; null when there is none. */
struct hot_group *hot_get(struct transaction *tx, int64_t group_id);
/* The group that owns the hash, as far as the cache knows; null when it does not. */
struct hot_group *hot_find_hash(struct hot_cache *hot, int64_t project_id,
                                const struct group_hash *hash);
void hot_remember_hash(struct hot_cache *hot, int64_t project_id, const struct group_hash *hash,
                       struct hot_group *group);

/* Counts one event in memory. */
void hot_count(struct transaction *tx, struct hot_group *group, const struct digest *digest);
/* Writes what was counted. */
void hot_flush(struct transaction *tx);

#endif
