/* tags.h - the tags of one group, counted; pure, no database. */
#ifndef CULPRIT_STORE_SQLITE_TAGS_H
#define CULPRIT_STORE_SQLITE_TAGS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "event/event.h"
#include "store/group.h"

struct tag_count {
  struct slice value; /* owned by the table */
  int64_t count, last_seen_ms;
};
struct tag_key {
  struct slice key;
  int64_t total, other;
  struct tag_count *values;
  uint32_t value_count, value_room;
};
struct tag_table {
  struct tag_key *keys;
  uint32_t key_count, key_room;
  size_t bytes;  /* of keys and values, for the limit */
  size_t memory; /* bytes that the table takes, about */
};

/* An empty table is all zero. It owns its memory. */
void tag_table_free(struct tag_table *table);
void tag_table_add(struct tag_table *table, struct pairs tags, int64_t time_ms);
/* Adds the counts of `other`. */
void tag_table_join(struct tag_table *table, const struct tag_table *other);
/* Takes back one event that was added before. */
void tag_table_subtract(struct tag_table *table, struct pairs tags);
void tag_table_write(const struct tag_table *table, struct buffer *out);
/* False, leaving the table empty, when the bytes are not what tag_table_write() wrote. */
bool tag_table_read(struct tag_table *table, struct slice bytes);

#endif
