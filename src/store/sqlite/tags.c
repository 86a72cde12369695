/* tags.c - see tags.h.
 *
 * Kept form, all numbers as varints, texts with their length before them:
 *
 *   key count, then for each key:
 *     key, total, other, value count, then for each value: value, count, last seen
 *
 * Most events repeat the tags of the one before, in the same order: the look-up
 * starts where the last one ended.
 */
#include "store/sqlite/tags.h"

#include <stdlib.h>
#include <string.h>

#include "store/limits.h"

#include "base/banned.h"

static struct slice own(struct slice s) {
  char *copy = memory_alloc(s.len);
  if (s.len) memcpy(copy, s.ptr, s.len);
  return slice_of(copy, s.len);
}

void tag_table_free(struct tag_table *table) {
  for (uint32_t k = 0; k < table->key_count; k++) {
    struct tag_key *key = &table->keys[k];
    for (uint32_t v = 0; v < key->value_count; v++)
      free((char *)(uintptr_t)key->values[v].value.ptr);
    free(key->values);
    free((char *)(uintptr_t)key->key.ptr);
  }
  free(table->keys);
  *table = (struct tag_table){0};
}

static bool has_room(const struct tag_table *table, struct slice text) {
  return table->bytes + text.len + 16 <= STORE_TAGS_BYTES_LIMIT;
}

/* What malloc takes besides, and the place in an array that doubles. */
static size_t memory_of(struct slice text, size_t item_size) {
  return text.len + 24 + 2 * item_size;
}

static struct tag_key *add_key(struct tag_table *table, struct slice key) {
  if (table->key_count == table->key_room) {
    table->key_room = table->key_room ? table->key_room * 2 : 16;
    table->keys = memory_realloc(table->keys, table->key_room * sizeof *table->keys);
  }
  struct tag_key *added = &table->keys[table->key_count++];
  *added = (struct tag_key){.key = own(key)};
  table->bytes += key.len + 16;
  table->memory += memory_of(key, sizeof *added);
  return added;
}

/* The place of `key`; `hint` is where to look first. Null when the table is full. */
static struct tag_key *key_of(struct tag_table *table, struct slice key, uint32_t hint) {
  if (hint < table->key_count && slice_equal(table->keys[hint].key, key)) return &table->keys[hint];
  for (uint32_t k = 0; k < table->key_count; k++) {
    if (slice_equal(table->keys[k].key, key)) return &table->keys[k];
  }
  if (table->key_count >= STORE_TAG_KEYS_LIMIT || !has_room(table, key)) return NULL;
  return add_key(table, key);
}

static struct tag_count *add_value(struct tag_table *table, struct tag_key *key,
                                   struct slice value) {
  if (key->value_count == key->value_room) {
    key->value_room = key->value_room ? key->value_room * 2 : 2;
    key->values = memory_realloc(key->values, key->value_room * sizeof *key->values);
  }
  struct tag_count *added = &key->values[key->value_count++];
  *added = (struct tag_count){.value = own(value)};
  table->bytes += value.len + 16;
  table->memory += memory_of(value, sizeof *added);
  return added;
}

static struct tag_count *value_of(struct tag_table *table, struct tag_key *key,
                                  struct slice value) {
  for (uint32_t v = 0; v < key->value_count; v++) {
    if (slice_equal(key->values[v].value, value)) return &key->values[v];
  }
  if (key->value_count >= STORE_TAG_VALUES_LIMIT || !has_room(table, value)) return NULL;
  return add_value(table, key, value);
}

void tag_table_add(struct tag_table *table, struct pairs tags, int64_t time_ms) {
  for (size_t i = 0; i < tags.count; i++) {
    struct tag_key *key = key_of(table, tags.items[i].key, (uint32_t)i);
    if (!key) continue;
    key->total++;
    struct tag_count *value = value_of(table, key, tags.items[i].value);
    if (!value) {
      key->other++;
      continue;
    }
    value->count++;
    if (time_ms > value->last_seen_ms) value->last_seen_ms = time_ms;
  }
}

void tag_table_join(struct tag_table *table, const struct tag_table *other) {
  for (uint32_t k = 0; k < other->key_count; k++) {
    const struct tag_key *from = &other->keys[k];
    struct tag_key *key = key_of(table, from->key, k);
    if (!key) continue;
    key->total += from->total;
    key->other += from->other;
    for (uint32_t v = 0; v < from->value_count; v++) {
      struct tag_count *value = value_of(table, key, from->values[v].value);
      if (!value) {
        key->other += from->values[v].count;
        continue;
      }
      value->count += from->values[v].count;
      if (from->values[v].last_seen_ms > value->last_seen_ms)
        value->last_seen_ms = from->values[v].last_seen_ms;
    }
  }
}

static void drop_value(struct tag_table *table, struct tag_key *key, uint32_t at) {
  table->bytes -= key->values[at].value.len + 16;
  table->memory -= memory_of(key->values[at].value, sizeof *key->values);
  free((char *)(uintptr_t)key->values[at].value.ptr);
  memmove(&key->values[at], &key->values[at + 1], (--key->value_count - at) * sizeof *key->values);
}

static void drop_key(struct tag_table *table, uint32_t at) {
  struct tag_key *key = &table->keys[at];
  while (key->value_count) drop_value(table, key, key->value_count - 1);
  table->bytes -= key->key.len + 16;
  table->memory -= memory_of(key->key, sizeof *key);
  free(key->values);
  free((char *)(uintptr_t)key->key.ptr);
  memmove(key, key + 1, (--table->key_count - at) * sizeof *key);
}

/* A value that no event has any more goes, unless others are counted together: one of those that
 * took its place later would be counted from then on only. */
static void subtract_value(struct tag_table *table, struct tag_key *key, struct slice value) {
  for (uint32_t v = 0; v < key->value_count; v++) {
    if (!slice_equal(key->values[v].value, value)) continue;
    if (key->values[v].count) key->values[v].count--;
    if (!key->values[v].count && !key->other) drop_value(table, key, v);
    return;
  }
  if (key->other) key->other--;
}

void tag_table_subtract(struct tag_table *table, struct pairs tags) {
  for (size_t i = 0; i < tags.count; i++) {
    for (uint32_t k = 0; k < table->key_count; k++) {
      struct tag_key *key = &table->keys[k];
      if (!slice_equal(key->key, tags.items[i].key)) continue;
      subtract_value(table, key, tags.items[i].value);
      if (key->total) key->total--;
      if (!key->total) drop_key(table, k);
      break;
    }
  }
}

static void put_number(struct buffer *out, int64_t number) {
  uint64_t rest = (uint64_t)number;
  while (rest >= 0x80) {
    buffer_append_byte(out, (char)(rest | 0x80));
    rest >>= 7;
  }
  buffer_append_byte(out, (char)rest);
}

static void put_text(struct buffer *out, struct slice text) {
  put_number(out, (int64_t)text.len);
  buffer_append_slice(out, text);
}

void tag_table_write(const struct tag_table *table, struct buffer *out) {
  put_number(out, table->key_count);
  for (uint32_t k = 0; k < table->key_count; k++) {
    const struct tag_key *key = &table->keys[k];
    put_text(out, key->key);
    put_number(out, key->total);
    put_number(out, key->other);
    put_number(out, key->value_count);
    for (uint32_t v = 0; v < key->value_count; v++) {
      put_text(out, key->values[v].value);
      put_number(out, key->values[v].count);
      put_number(out, key->values[v].last_seen_ms);
    }
  }
}

static bool get_number(struct slice *bytes, int64_t *number) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (!bytes->len) return false;
    unsigned char byte = (unsigned char)bytes->ptr[0];
    *bytes = slice_from(*bytes, 1);
    result |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *number = (int64_t)result;
      return true;
    }
  }
  return false;
}

static bool get_text(struct slice *bytes, struct slice *text) {
  int64_t length;
  if (!get_number(bytes, &length) || length < 0 || (uint64_t)length > bytes->len) return false;
  *text = slice_upto(*bytes, (size_t)length);
  *bytes = slice_from(*bytes, (size_t)length);
  return true;
}

static bool read_key(struct tag_table *table, struct slice *bytes) {
  struct slice text;
  int64_t values;
  if (!get_text(bytes, &text)) return false;
  struct tag_key *key = add_key(table, text);
  if (!get_number(bytes, &key->total) || !get_number(bytes, &key->other) ||
      !get_number(bytes, &values))
    return false;
  for (int64_t v = 0; v < values; v++) {
    if (!get_text(bytes, &text)) return false;
    struct tag_count *value = add_value(table, key, text);
    if (!get_number(bytes, &value->count) || !get_number(bytes, &value->last_seen_ms)) return false;
  }
  return true;
}

bool tag_table_read(struct tag_table *table, struct slice bytes) {
  int64_t keys;
  *table = (struct tag_table){0};
  bool is_good = get_number(&bytes, &keys);
  for (int64_t k = 0; is_good && k < keys; k++) is_good = read_key(table, &bytes);
  if (!is_good || bytes.len) tag_table_free(table);
  return is_good && !bytes.len;
}
