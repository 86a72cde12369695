/* throttle.c - see throttle.h.
 *
 *   table:  row 0 [ place 0 | place 1 | ... | place 7 ]     a key may stand in any place of
 *           row 1 [ ...                               ]     its row; a full row gives up the
 *           ...                                             place with the fewest failures
 *
 * Keys are 64-bit keyed hashes: nothing that was typed is kept, and a guesser cannot aim at a row.
 * Whoever wants to push a login out of the table has to fail eight others in its row as often,
 * which costs a throttled attempt each.
 */
#include "account/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"

#include "base/banned.h"

enum { ROWS = 512, PLACES = 8, KEY_BYTES = 256 };

struct policy {
  char kind; /* keeps logins and addresses apart */
  unsigned free_failures;
  int64_t longest_wait_ms;
};
/* Many people may share an address. A login's wait stays short, because a stranger can cause it. */
static const struct policy login_policy = {'l', 5, 5 * MINUTE_MS};
static const struct policy address_policy = {'a', 20, 15 * MINUTE_MS};
static const int64_t first_wait_ms = SECOND_MS;
static const int64_t forgotten_after_ms = HOUR_MS;

struct place {
  uint64_t key; /* 0: free */
  int64_t last_ms, blocked_until_ms;
  unsigned failures;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct place table[ROWS][PLACES];

/* Any case of a login is one login; an IPv6 network of 64 bits is one address. */
static uint64_t key_of(const struct policy *policy, struct slice text) {
  char key[KEY_BYTES];
  size_t len = 0;
  struct in6_addr address;
  char name[INET6_ADDRSTRLEN];
  key[len++] = policy->kind;
  snprintf(name, sizeof name, "%.*s", SLICE_ARGS(slice_upto(text, sizeof name - 1)));
  if (policy == &address_policy && inet_pton(AF_INET6, name, &address) == 1) {
    memcpy(key + len, &address, 8);
    return hash_bytes(slice_of(key, len + 8)) | 1;
  }
  for (size_t i = 0; i < text.len && len < sizeof key; i++) {
    char c = text.ptr[i];
    key[len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  return hash_bytes(slice_of(key, len)) | 1;
}

static struct place *place_find(uint64_t key) {
  struct place *row = table[(key >> 8) % ROWS];
  for (size_t i = 0; i < PLACES; i++) {
    if (row[i].key == key) return &row[i];
  }
  return NULL;
}

/* The key's place, or a new one. */
static struct place *place_take(uint64_t key, int64_t now_ms) {
  struct place *row = table[(key >> 8) % ROWS], *place = place_find(key), *least = row;
  if (place && now_ms - place->last_ms <= forgotten_after_ms) return place;
  for (size_t i = 0; !place && i < PLACES; i++) {
    bool is_old = now_ms - row[i].last_ms > forgotten_after_ms;
    if (!row[i].key || is_old) place = &row[i];
    if (row[i].failures < least->failures) least = &row[i];
  }
  if (!place) place = least;
  *place = (struct place){.key = key, .last_ms = now_ms};
  return place;
}

static void place_count(struct place *place, const struct policy *policy, int64_t now_ms) {
  place->failures++;
  place->last_ms = now_ms;
  if (place->failures < policy->free_failures) return;
  unsigned doublings = place->failures - policy->free_failures;
  int64_t wait_ms = doublings < 20 ? first_wait_ms << doublings : policy->longest_wait_ms;
  if (wait_ms > policy->longest_wait_ms) wait_ms = policy->longest_wait_ms;
  place->blocked_until_ms = now_ms + wait_ms;
}

int64_t throttle_attempt(struct slice login, struct slice address) {
  int64_t now_ms = clock_now_ms(), wait_ms = 0;
  uint64_t login_key = key_of(&login_policy, login);
  uint64_t address_key = key_of(&address_policy, address);
  pthread_mutex_lock(&mutex);
  struct place *by_login = place_take(login_key, now_ms);
  if (by_login->blocked_until_ms > now_ms) wait_ms = by_login->blocked_until_ms - now_ms;
  if (address.len) {
    struct place *by_address = place_take(address_key, now_ms);
    int64_t address_wait_ms = by_address->blocked_until_ms - now_ms;
    if (address_wait_ms > wait_ms) wait_ms = address_wait_ms;
    if (!wait_ms) place_count(by_address, &address_policy, now_ms);
  }
  /* Looked up again: the address may have taken the login's place. */
  if (!wait_ms) place_count(place_take(login_key, now_ms), &login_policy, now_ms);
  pthread_mutex_unlock(&mutex);
  return wait_ms;
}

void throttle_forgive(struct slice login, struct slice address) {
  uint64_t login_key = key_of(&login_policy, login);
  uint64_t address_key = key_of(&address_policy, address);
  pthread_mutex_lock(&mutex);
  struct place *place = place_find(login_key);
  if (place) *place = (struct place){0};
  place = place_find(address_key);
  if (address.len && place && place->failures) {
    place->failures--;
    place->blocked_until_ms = 0;
  }
  pthread_mutex_unlock(&mutex);
}

void throttle_reset(void) {
  pthread_mutex_lock(&mutex);
  memset(table, 0, sizeof table);
  pthread_mutex_unlock(&mutex);
}
