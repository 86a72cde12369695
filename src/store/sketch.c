/* sketch.c - see sketch.h. */
#include "store/sketch.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

enum { INDEX_BITS = 11, FORM_EXACT = 1, FORM_DENSE = 2 };
_Static_assert(1 << INDEX_BITS == SKETCH_REGISTERS, "registers are chosen by the first bits");

static void add_dense(struct sketch *sketch, uint64_t hash) {
  size_t index = hash >> (64 - INDEX_BITS);
  uint64_t rest = hash << INDEX_BITS;
  uint8_t rank = rest ? (uint8_t)(__builtin_clzll(rest) + 1) : 64 - INDEX_BITS + 1;
  if (sketch->registers[index] < rank) sketch->registers[index] = rank;
}

static void make_dense(struct sketch *sketch) {
  const struct sketch exact = *sketch;
  *sketch = (struct sketch){.is_dense = true};
  memset(sketch->registers, 0, sizeof sketch->registers);
  for (uint32_t i = 0; i < exact.count; i++) add_dense(sketch, exact.hashes[i]);
}

void sketch_add(struct sketch *sketch, uint64_t hash) {
  if (sketch->is_dense) {
    add_dense(sketch, hash);
    return;
  }
  uint32_t low = 0, high = sketch->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (sketch->hashes[middle] < hash)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < sketch->count && sketch->hashes[low] == hash) return;
  if (sketch->count == SKETCH_EXACT_LIMIT) {
    make_dense(sketch);
    add_dense(sketch, hash);
    return;
  }
  memmove(&sketch->hashes[low + 1], &sketch->hashes[low],
          (sketch->count - low) * sizeof sketch->hashes[0]);
  sketch->hashes[low] = hash;
  sketch->count++;
}

void sketch_merge(struct sketch *sketch, const struct sketch *other) {
  if (!other->is_dense) {
    for (uint32_t i = 0; i < other->count; i++) sketch_add(sketch, other->hashes[i]);
    return;
  }
  if (!sketch->is_dense) make_dense(sketch);
  for (size_t i = 0; i < SKETCH_REGISTERS; i++)
    if (sketch->registers[i] < other->registers[i]) sketch->registers[i] = other->registers[i];
}

int64_t sketch_estimate(const struct sketch *sketch) {
  if (!sketch->is_dense) return sketch->count;
  const double count = SKETCH_REGISTERS, alpha = 0.7213 / (1 + 1.079 / count);
  double sum = 0;
  size_t zeros = 0;
  for (size_t i = 0; i < SKETCH_REGISTERS; i++) {
    sum += ldexp(1, -sketch->registers[i]);
    zeros += sketch->registers[i] == 0;
  }
  double estimate = alpha * count * count / sum;
  if (estimate <= 2.5 * count && zeros) estimate = count * log(count / (double)zeros);
  return llround(estimate);
}

void sketch_write(const struct sketch *sketch, struct buffer *out) {
  buffer_append_byte(out, sketch->is_dense ? FORM_DENSE : FORM_EXACT);
  if (sketch->is_dense)
    buffer_append(out, sketch->registers, sizeof sketch->registers);
  else
    buffer_append(out, sketch->hashes, sketch->count * sizeof sketch->hashes[0]);
}

bool sketch_read(struct sketch *sketch, struct slice bytes) {
  *sketch = (struct sketch){0};
  if (!bytes.len) return true;
  struct slice data = slice_from(bytes, 1);
  if (bytes.ptr[0] == FORM_DENSE && data.len == SKETCH_REGISTERS) {
    sketch->is_dense = true;
    memcpy(sketch->registers, data.ptr, data.len);
    return true;
  }
  size_t count = data.len / sizeof sketch->hashes[0];
  if (bytes.ptr[0] != FORM_EXACT || count > SKETCH_EXACT_LIMIT ||
      count * sizeof sketch->hashes[0] != data.len)
    return false;
  memcpy(sketch->hashes, data.ptr, data.len);
  sketch->count = (uint32_t)count;
  for (uint32_t i = 1; i < sketch->count; i++)
    if (sketch->hashes[i - 1] >= sketch->hashes[i]) return false;
  return true;
}
