/* gitlab_memory.c - how much an answer takes in the memory of GitLab's client.
 *
 * Its client measures what it has decoded with ObjectSpace.memsize_of, every value and every key.
 * Short texts and lists cost far more than they are long: "[1]," takes 48 bytes. This counts by the
 * sizes that objects have in CRuby 3.1 (64 bit); numbers, null and booleans take none of their own.
 * The text is JSON that this server wrote, so it is not checked.
 */
#include "api/sentry/gitlab_memory.h"

#include "base/banned.h"

enum {
  OBJECT = 40,      /* one slot of Ruby's heap */
  SLOT_TEXT = 23,   /* bytes of a text that fit in it */
  SLOT_LIST = 3,    /* items */
  SMALL_HASH = 128, /* beside its slot, of up to SMALL_PAIRS */
  SMALL_PAIRS = 8,
  /* Deeper lists count as one with those around them. Answers are less than 100 deep. */
  DEPTH_LIMIT = 128,
};
/* Of a text, however short, that takes more than GITLAB_MEMORY_BYTES there is at least so much:
 * the dearest is {"":0}, with 216 bytes for seven. */
#define FREE_BYTES (GITLAB_MEMORY_BYTES / 40)

static size_t text_bytes(size_t len) { return OBJECT + (len > SLOT_TEXT ? len + 1 : 0); }

/* Lists are made item by item and have room to grow. */
static size_t list_bytes(size_t count) {
  if (count <= SLOT_LIST) return OBJECT;
  return OBJECT + (count < 14 ? 160 : count * 12);
}

/* A table of a power of two of entries, and twice as many places that point to them. */
static size_t hash_bytes_of(size_t count) {
  size_t room = 32;
  if (count == 0) return OBJECT;
  if (count <= SMALL_PAIRS) return OBJECT + SMALL_HASH;
  while (room < count) room *= 2;
  size_t place_bytes = room < 256 ? 1 : room < 65536 ? 2 : 4;
  return OBJECT + 56 + room * 24 + 2 * room * place_bytes;
}

/* The end of the text that starts behind the quote at `at`. */
static size_t end_of_text(struct slice json, size_t at) {
  while (at < json.len && json.ptr[at] != '"') at += json.ptr[at] == '\\' ? 2 : 1;
  return at < json.len ? at : json.len;
}

size_t gitlab_memory_of(struct slice json) {
  size_t counts[DEPTH_LIMIT] = {0}, depth = 0, bytes = 0;
  for (size_t at = 0; at < json.len; at++) {
    size_t *count = &counts[depth < DEPTH_LIMIT ? depth : DEPTH_LIMIT - 1];
    switch (json.ptr[at]) {
      case '"': {
        size_t end = end_of_text(json, at + 1);
        bytes += text_bytes(end - at - 1);
        at = end;
        if (!*count) *count = 1;
        break;
      }
      case '{':
      case '[':
        if (!*count) *count = 1;
        depth++;
        if (depth < DEPTH_LIMIT) counts[depth] = 0;
        break;
      case '}':
      case ']':
        bytes += json.ptr[at] == '}' ? hash_bytes_of(*count) : list_bytes(*count);
        if (depth) depth--;
        break;
      case ',': ++*count; break;
      case '.': bytes += OBJECT; break; /* a number that may need a slot */
      default:
        if (!*count) *count = 1;
    }
  }
  return bytes;
}

bool gitlab_reads(struct slice json) {
  return json.len <= GITLAB_ANSWER_BYTES &&
         (json.len <= FREE_BYTES || gitlab_memory_of(json) <= GITLAB_MEMORY_BYTES);
}
