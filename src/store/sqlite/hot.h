/* hot.h - groups that events are being counted for, kept at hand by the writer.
 *
 *   hash (project, group hash) ──► struct hot_strand ──► tags, pending hours, own figures
 *                                        │                    │ dirty list
 *                                        ▼                    ▼
 *                                  struct hot_group      hot_flush(): one UPDATE each,
 *                                        │ dirty list    before the commit
 *
 * So that a batch of events touches each group's rows once. Everything here is a cache of what the
 * database holds plus what the running transaction will add: dropped whole when a transaction is
 * rolled back, and by who changes these rows in another way. Writer thread only.
 */
#ifndef CULPRIT_STORE_SQLITE_HOT_H
#define CULPRIT_STORE_SQLITE_HOT_H

#include "store/event.h"
#include "store/sqlite/database.h"
#include "store/sqlite/release_row.h"
#include "store/sqlite/tags.h"

#define HOT_PENDING_HOURS 4

struct hot_totals {
  struct group group; /* its texts are in `text` */
  struct buffer text; /* owned */
};

struct hot_group {
  struct hot_totals totals;
  bool is_dirty;
  bool is_text_stale; /* taken out of the text index, to be put back with the new text */
  struct hot_group *next_dirty;
};

struct hot_strand {
  int64_t id;
  struct hot_group *owner;
  struct group_hash hash;
  struct hot_totals own; /* kept up while the owner has several strands */
  struct tag_table tags;
  bool are_tags_loaded;
  bool is_dirty;
  struct {
    int64_t hour, count;
  } hours[HOT_PENDING_HOURS];
  size_t hour_count;
  struct hot_strand *next_dirty;
};

/* Events of one project in the running transaction. */
struct hot_project {
  int64_t project_id, count, first_ms;
};
#define HOT_PROJECTS 64

struct hot_cache {
  struct map by_id;     /* the 8 bytes of the group's id -> hot_group */
  struct map by_strand; /* the 8 bytes of hot_strand.id -> hot_strand */
  struct map by_hash;   /* struct hot_hash, in `arena` -> hot_strand */
  struct arena arena;
  struct hot_group *dirty;
  struct hot_strand *dirty_strands;
  size_t tag_memory; /* bytes, of all strands */
  struct hot_project projects[HOT_PROJECTS];
  size_t project_count;
  struct release_cache releases;
  uint64_t *users; /* STORE_HOT_USERS places: hashes of (strand, user) counted lately */
};

void hot_open(struct hot_cache *hot);
void hot_close(struct hot_cache *hot);
/* Forgets everything; what was not flushed is lost. */
void hot_drop_all(struct hot_cache *hot);
/* Forgets everything when there is too much, after writing what was counted. Groups found before
 * are gone then. */
void hot_trim(struct transaction *tx);

/* The group or strand, loaded when need be; null when there is none. */
struct hot_group *hot_get(struct transaction *tx, int64_t group_id);
struct hot_strand *hot_get_strand(struct transaction *tx, int64_t strand_id);
/* The strand that the hash leads to, as far as the cache knows; null when it does not. */
struct hot_strand *hot_find_hash(struct hot_cache *hot, int64_t project_id,
                                 const struct group_hash *hash);
void hot_remember_hash(struct hot_cache *hot, int64_t project_id, const struct group_hash *hash,
                       struct hot_strand *strand);
/* A new strand of the group, which gets its texts from `own`. */
struct hot_strand *hot_add_strand(struct transaction *tx, struct hot_group *group,
                                  const struct group_hash *hash, const struct group *own);

/* Counts one event in memory. */
void hot_count(struct transaction *tx, struct hot_strand *strand, const struct digest *digest);
/* Counts an event that moves from one strand of a group to another, from none of which the group
 * changes. Users, times and texts of the strand it leaves are put right by regroup_settle_strand().
 */
void hot_move(struct transaction *tx, struct hot_strand *from, struct hot_strand *to,
              const struct digest *digest);
/* The 64 bits by which a user is told apart; the same after a restart. */
int64_t hot_user_hash(struct transaction *tx, struct slice identity);
/* Writes what was counted. */
void hot_flush(struct transaction *tx);

#endif
