/* attachment.h - files that came with events: crash dumps, logs, screenshots.
 *
 * They belong to an event's id, not to its row: a file may come before its event, after it, or
 * without any. Kept by the day of arrival and dropped with that day's events. The bytes lie in
 * compressed chunks, so that neither writing nor reading needs more memory at once than one chunk.
 */
#ifndef CULPRIT_STORE_ATTACHMENT_H
#define CULPRIT_STORE_ATTACHMENT_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/sha1.h"
#include "store/limits.h"
#include "store/store.h"

struct attachment {
  int64_t id; /* the day of arrival and a number in it; set by attachment_add() */
  int64_t project_id, created_ms;
  struct event_id event_id;
  struct slice name, content_type;
  struct slice type; /* "event.attachment", "event.minidump", … */
  size_t size;       /* in bytes, as it came */
  unsigned char sha1[SHA1_BYTES];
};

/* The bytes as they are kept: each chunk is one zstd frame of up to STORE_ATTACHMENT_CHUNK bytes.
 */
struct attachment_chunks {
  struct slice *items;
  size_t count, bytes; /* of all together */
};

/* Compresses, and sets size and sha1. Thread-safe; the chunks are from the arena. At most
 * STORE_ATTACHMENT_BYTES. */
struct attachment_chunks attachment_pack(struct arena *arena, struct slice bytes,
                                         struct attachment *attachment);

enum attachment_outcome {
  ATTACHMENT_KEPT,
  ATTACHMENT_TOO_MANY, /* the event has STORE_ATTACHMENTS_OF_EVENT of that day */
  ATTACHMENT_DAY_FULL, /* the project's files of the day take STORE_ATTACHMENT_DAY_BYTES */
};
/* On the writer thread. */
enum attachment_outcome attachment_add(struct transaction *tx, struct attachment *attachment,
                                       const struct attachment_chunks *chunks);

/* The files of an event in the order of arrival, of `since_ms` and later (0: all). */
size_t attachment_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       const struct event_id *event_id, int64_t since_ms,
                       struct attachment **attachments);
/* False when there is none of that id in the project. */
bool attachment_get(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t id,
                    struct attachment *attachment);
/* Room that reading takes in the buffer, in bytes. */
static inline size_t attachment_room(const struct attachment *attachment) {
  return attachment->size + STORE_ATTACHMENT_CHUNK;
}
/* Appends the bytes; false when they cannot be read. */
bool attachment_read(struct transaction *tx, const struct attachment *attachment,
                     struct buffer *out);

#endif
