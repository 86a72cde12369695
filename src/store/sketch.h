/* sketch.h - how many different users, in little memory.
 *
 *   few users:  hashes[0..count)          exact, sorted
 *   many:       registers[0..2048)        HyperLogLog, off by 2.3 % as a rule
 *
 * Users are given as 64 bits of a keyed hash. Sketches of several hours are merged to one of a day.
 * Plain memory: copied by assignment, all zero is empty.
 *
 * Source: Flajolet and others, "HyperLogLog" (2007), with its correction for small numbers.
 */
#ifndef CULPRIT_STORE_SKETCH_H
#define CULPRIT_STORE_SKETCH_H

#include "base/buffer.h"

#define SKETCH_EXACT_LIMIT 192
#define SKETCH_REGISTERS 2048

struct sketch {
  bool is_dense;
  uint32_t count; /* of hashes; 0 when dense */
  union {
    uint64_t hashes[SKETCH_EXACT_LIMIT];
    uint8_t registers[SKETCH_REGISTERS];
  };
};

void sketch_add(struct sketch *sketch, uint64_t hash);
void sketch_merge(struct sketch *sketch, const struct sketch *other);
/* Exact up to SKETCH_EXACT_LIMIT. */
int64_t sketch_estimate(const struct sketch *sketch);

/* Bytes to keep; at most SKETCH_REGISTERS + 1. */
void sketch_write(const struct sketch *sketch, struct buffer *out);
/* False when the bytes are not a sketch's. */
bool sketch_read(struct sketch *sketch, struct slice bytes);

#endif
