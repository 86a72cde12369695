/* arena.c - see arena.h. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { BLOCK_BYTES = 16 * 1024 };

struct arena_block {
  struct arena_block *older;
  size_t size; /* of data */
  size_t used;
  alignas(max_align_t) char data[];
};

static _Noreturn void out_of_memory(size_t size) {
  fprintf(stderr, "culprit: out of memory while asking for %zu bytes; stopping\n", size);
  abort();
}

void *memory_alloc(size_t size) {
  void *memory = malloc(size ? size : 1);
  if (!memory) out_of_memory(size);
  return memory;
}

void *memory_realloc(void *old, size_t size) {
  void *memory = realloc(old, size ? size : 1);
  if (!memory) out_of_memory(size);
  return memory;
}

static size_t round_up(size_t size) {
  size_t mask = alignof(max_align_t) - 1;
  if (size > SIZE_MAX - mask - sizeof(struct arena_block)) out_of_memory(size);
  return (size + mask) & ~mask;
}

static struct arena_block *add_block(struct arena *arena, size_t size) {
  size_t wanted = size > BLOCK_BYTES ? size : BLOCK_BYTES;
  struct arena_block *block = memory_alloc(sizeof *block + wanted);
  block->size = wanted;
  block->used = 0;
  /* A block of its own goes behind the newest, whose room is not lost. */
  if (size > BLOCK_BYTES && arena->newest) {
    block->older = arena->newest->older;
    arena->newest->older = block;
  } else {
    block->older = arena->newest;
    arena->newest = block;
  }
  arena->total_bytes += wanted;
  return block;
}

void arena_reserve(struct arena *arena, size_t size) {
  assert(!arena->newest);
  add_block(arena, round_up(size));
}

void *arena_alloc_raw(struct arena *arena, size_t size) {
  size = round_up(size);
  struct arena_block *block = arena->newest;
  if (!block || block->size - block->used < size) block = add_block(arena, size);
  void *memory = block->data + block->used;
  block->used += size;
  return memory;
}

void *arena_alloc(struct arena *arena, size_t size) {
  return memset(arena_alloc_raw(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) out_of_memory(SIZE_MAX);
  return arena_alloc(arena, total);
}

struct slice arena_copy(struct arena *arena, struct slice s) {
  if (s.len == 0) return SLICE_EMPTY;
  char *copy = arena_alloc_raw(arena, s.len);
  memcpy(copy, s.ptr, s.len);
  return slice_of(copy, s.len);
}

char *arena_string(struct arena *arena, struct slice s) {
  char *copy = arena_alloc_raw(arena, s.len + 1);
  if (s.len) memcpy(copy, s.ptr, s.len);
  copy[s.len] = '\0';
  return copy;
}

struct slice arena_printf(struct arena *arena, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  size_t size = (size_t)(length < 0 ? 0 : length);
  char *text = arena_alloc_raw(arena, size + 1);
  vsnprintf(text, size + 1, format, again);
  va_end(again);
  return slice_of(text, size);
}

struct slice arena_concat(struct arena *arena, struct slice a, struct slice b) {
  char *text = arena_alloc_raw(arena, a.len + b.len);
  if (a.len) memcpy(text, a.ptr, a.len);
  if (b.len) memcpy(text + a.len, b.ptr, b.len);
  return slice_of(text, a.len + b.len);
}

void arena_reset(struct arena *arena) {
  struct arena_block *block = arena->newest;
  while (block && block->older) {
    struct arena_block *older = block->older;
    free(block);
    block = older;
  }
  if (block && block->size > BLOCK_BYTES) {
    free(block);
    block = NULL;
  }
  if (block) block->used = 0;
  arena->newest = block;
  arena->total_bytes = block ? block->size : 0;
}

void arena_free(struct arena *arena) {
  arena_reset(arena);
  free(arena->newest);
  *arena = (struct arena){0};
}
