/* bytes.h - hexadecimal, random bytes and UTF-8. */
#ifndef CULPRIT_BASE_BYTES_H
#define CULPRIT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

/* Writes 2 * size lower-case digits, no NUL. */
void hex_encode(const void *bytes, size_t size, char *out);
/* Exactly 2 * size digits of either case into `bytes`; false otherwise. */
bool hex_decode(struct slice hex, void *bytes, size_t size);

/* Fills with random bytes fit for keys and tokens. */
void random_fill(void *bytes, size_t size);
/* `bytes` random bytes as hexadecimal, from the arena. */
struct slice random_hex(struct arena *arena, size_t bytes);

bool utf8_is_valid(struct slice s);
/* `s` itself when it is valid UTF-8, else a copy from the arena in which each
 * broken sequence became U+FFFD. */
struct slice utf8_repair(struct arena *arena, struct slice s);

/* An event id: 16 bytes, written as 32 hexadecimal digits. */
#define EVENT_ID_BYTES 16
#define EVENT_ID_DIGITS 32
struct event_id {
  unsigned char bytes[EVENT_ID_BYTES];
};
/* 32 digits, or a UUID with dashes; the nil id is refused. */
bool event_id_parse(struct slice text, struct event_id *id);
struct event_id event_id_random(void); /* a version 4 UUID */
struct slice event_id_hex(struct arena *arena, const struct event_id *id);

#endif
