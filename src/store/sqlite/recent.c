/* recent.c - see recent.h. */
#include "store/sqlite/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "base/banned.h"

enum { PLACES = 1 << 18 }; /* a power of two, more than twice the entries */

/* Keys are hashes already. Returns where the key is, or where it belongs. */
static uint32_t *place_of(const struct recent *recent, int64_t key) {
  for (size_t at = (size_t)key % PLACES;; at = (at + 1) % PLACES) {
    uint32_t number = recent->places[at];
    if (!number || recent->entries[number - 1].key == key) return &recent->places[at];
  }
}

static void rebuild(struct recent *recent) {
  memset(recent->places, 0, PLACES * sizeof *recent->places);
  for (size_t i = 0; i < recent->count; i++)
    *place_of(recent, recent->entries[i].key) = (uint32_t)i + 1;
}

void recent_open(struct recent *recent) {
  *recent = (struct recent){0};
  pthread_rwlock_init(&recent->lock, NULL);
  recent->entries = memory_alloc(RECENT_ROOM * sizeof *recent->entries);
  recent->places = memory_alloc(PLACES * sizeof *recent->places);
  rebuild(recent);
}

void recent_close(struct recent *recent) {
  free(recent->entries);
  free(recent->places);
  pthread_rwlock_destroy(&recent->lock);
}

void recent_start(struct recent *recent, int64_t day, int64_t first_row) {
  pthread_rwlock_wrlock(&recent->lock);
  recent->day = day;
  recent->first_row = first_row;
  recent->count = 0;
  rebuild(recent);
  pthread_rwlock_unlock(&recent->lock);
}

static void drop_oldest(struct recent *recent) {
  recent->count -= RECENT_WINDOW;
  recent->first_row += RECENT_WINDOW;
  memmove(recent->entries, recent->entries + RECENT_WINDOW,
          recent->count * sizeof *recent->entries);
  rebuild(recent);
}

void recent_add(struct recent *recent, int64_t key, int64_t strand_id) {
  pthread_rwlock_wrlock(&recent->lock);
  if (recent->count == RECENT_ROOM) drop_oldest(recent);
  struct recent_entry entry = {recent->first_row + (int64_t)recent->count, key, strand_id};
  recent->entries[recent->count++] = entry;
  *place_of(recent, key) = (uint32_t)recent->count;
  pthread_rwlock_unlock(&recent->lock);
}

void recent_truncate(struct recent *recent, int64_t next_row) {
  pthread_rwlock_wrlock(&recent->lock);
  size_t kept = next_row > recent->first_row ? (size_t)(next_row - recent->first_row) : 0;
  if (kept < recent->count) {
    recent->count = kept;
    rebuild(recent);
  }
  pthread_rwlock_unlock(&recent->lock);
}

int64_t recent_find(struct recent *recent, int64_t day, int64_t key) {
  pthread_rwlock_rdlock(&recent->lock);
  uint32_t number = recent->day == day ? *place_of(recent, key) : 0;
  int64_t row = number ? recent->entries[number - 1].row : 0;
  pthread_rwlock_unlock(&recent->lock);
  return row;
}

void recent_move(struct recent *recent, int64_t day, int64_t row, int64_t strand_id) {
  pthread_rwlock_wrlock(&recent->lock);
  if (recent->day == day && row >= recent->first_row &&
      row < recent->first_row + (int64_t)recent->count)
    recent->entries[row - recent->first_row].strand_id = strand_id;
  pthread_rwlock_unlock(&recent->lock);
}

static bool holds(struct strand_set strands, int64_t strand_id) {
  size_t low = 0, high = strands.count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strands.ids[middle] < strand_id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < strands.count && strands.ids[low] == strand_id;
}

int64_t recent_previous(struct recent *recent, int64_t day, struct strand_set strands,
                        int64_t row) {
  int64_t found = 0;
  pthread_rwlock_rdlock(&recent->lock);
  if (recent->day == day && row > recent->first_row) {
    int64_t before = row - recent->first_row;
    size_t at = before < (int64_t)recent->count ? (size_t)before : recent->count;
    while (at && !holds(strands, recent->entries[at - 1].strand_id)) at--;
    if (at) found = recent->entries[at - 1].row;
  }
  pthread_rwlock_unlock(&recent->lock);
  return found;
}

int64_t recent_next(struct recent *recent, int64_t day, struct strand_set strands, int64_t row) {
  int64_t found = 0;
  pthread_rwlock_rdlock(&recent->lock);
  if (recent->day == day) {
    size_t at = row < recent->first_row ? 0 : (size_t)(row - recent->first_row) + 1;
    while (at < recent->count && !holds(strands, recent->entries[at].strand_id)) at++;
    if (at < recent->count) found = recent->entries[at].row;
  }
  pthread_rwlock_unlock(&recent->lock);
  return found;
}
