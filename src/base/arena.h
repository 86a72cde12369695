/* arena.h - memory that is freed all at once.
 *
 *   struct arena ──► block ──► block ──► (null)
 *                    [used....|free]     newest first
 *
 * Everything that belongs to one request, one event or one page lives in one
 * arena and dies with it. Nothing in an arena is freed by itself. Out of memory
 * ends the process with a message. An arena belongs to one thread at a time.
 */
#ifndef CULPRIT_BASE_ARENA_H
#define CULPRIT_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
  struct arena_block *newest;
  size_t total_bytes; /* of all blocks */
};

/* An empty arena is all zero: `struct arena arena = {0};`. */

/* Zeroed memory for `size` bytes, aligned for any type. Never null. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same without zeroing, for buffers that are written at once. */
void *arena_alloc_raw(struct arena *arena, size_t size);
/* Zeroed array; ends the process when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* Makes room for about `size` bytes in one block, which spares making several. Only for an empty
 * arena. */
void arena_reserve(struct arena *arena, size_t size);

struct slice arena_copy(struct arena *arena, struct slice s);
/* A copy that ends in NUL, for C interfaces; the slice's own NULs stay in it. */
char *arena_string(struct arena *arena, struct slice s);
struct slice arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct slice arena_concat(struct arena *arena, struct slice a, struct slice b);

/* Forgets everything but keeps the first block for the next use. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

/* malloc that ends the process when there is no memory. Owned by the caller, freed by free(). */
void *memory_alloc(size_t size);
void *memory_realloc(void *old, size_t size);

#endif
