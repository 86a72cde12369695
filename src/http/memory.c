/* memory.c - the budget of bytes that bodies may take, for the whole process. */
#include <assert.h>
#include <stdatomic.h>

#include "http/http.h"
#include "http/limits.h"
#include "http/memory.h"

#include "base/banned.h"

static _Atomic size_t taken;

bool http_memory_take(size_t bytes) {
  if (bytes > HTTP_BODIES_LIMIT) return false;
  size_t before = atomic_fetch_add_explicit(&taken, bytes, memory_order_relaxed);
  if (before <= HTTP_BODIES_LIMIT - bytes) return true;
  atomic_fetch_sub_explicit(&taken, bytes, memory_order_relaxed);
  return false;
}

void http_memory_give(size_t bytes) {
  size_t before = atomic_fetch_sub_explicit(&taken, bytes, memory_order_relaxed);
  assert(before >= bytes);
}

size_t http_memory_taken(void) { return atomic_load_explicit(&taken, memory_order_relaxed); }
