/* file.c - see file.h. */
#include "ingest/file.h"

#include <time.h>

#include "ingest/item.h"
#include "ingest/limits.h"
#include "store/attachment.h"

#include "base/banned.h"

/* Names of files and types, in bytes. */
enum { TEXT_LIMIT = 255 };

struct file_part {
  struct digest_part part; /* first: the tracker gives it back */
  struct submission *submission;
  struct submission_item *item;
  struct attachment attachment;
  struct attachment_chunks chunks;
};

/* On the writer thread, where the event's id is known. The item is counted after it. */
static void write_file(struct transaction *tx, struct digest_part *part) {
  struct file_part *file = (struct file_part *)part;
  struct submission_item *item = file->item;
  file->attachment.event_id = file->submission->event_id;
  enum attachment_outcome outcome = attachment_add(tx, &file->attachment, &file->chunks);
  if (!item) return;
  /* Set anew, as a batch that failed is run again. */
  item->outcome = outcome == ATTACHMENT_KEPT ? OUTCOME_ACCEPTED : OUTCOME_RATE_LIMITED;
  item->reason = outcome == ATTACHMENT_TOO_MANY   ? SLICE("attachments_of_event")
                 : outcome == ATTACHMENT_DAY_FULL ? SLICE("attachments_of_day")
                                                  : SLICE_EMPTY;
}

/* From the submission's arena: valid UTF-8 without control characters, so that it can stand in a
 * header. */
static struct slice clean(struct arena *arena, struct slice text, struct slice otherwise) {
  text = slice_cut_utf8(utf8_repair(arena, slice_trim(text)), TEXT_LIMIT);
  if (slice_is_empty(text)) return otherwise;
  char *copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f) copy[i] = '_';
  }
  return slice_of(copy, text.len);
}

/* Senders write paths, even of other systems. */
static struct slice base_name(struct slice name) {
  for (size_t i = name.len; i-- > 0;) {
    if (name.ptr[i] == '/' || name.ptr[i] == '\\') return slice_from(name, i + 1);
  }
  return name;
}

/* Only the heavy lane waits; what network threads read is small. Another request's files are
 * written soon, or the writer has trouble. */
static bool wait_for_room(struct upload *upload, size_t bytes) {
  struct ingest *ingest = upload->ingest;
  const struct timespec pause = {.tv_nsec = 1000000};
  for (int ms = 0; upload->is_on_lane; ms++) {
    size_t waiting = atomic_load(&ingest->file_bytes);
    bool are_all_ours = waiting <= upload->file_bytes;
    if (are_all_ours || waiting + bytes <= INGEST_FILES_WAITING) break;
    if (ms == INGEST_FILES_WAIT_MS) return false;
    nanosleep(&pause, NULL);
  }
  atomic_fetch_add(&ingest->file_bytes, bytes);
  upload->file_bytes += bytes;
  return true;
}

enum status file_add(struct submission *submission, const struct file *file,
                     struct problem *problem) {
  struct arena *arena = submission->arena;
  if (file->bytes.len > STORE_ATTACHMENT_BYTES) {
    submission_discard(submission, OUTCOME_INVALID, SLICE("too_large"));
    return STATUS_OK;
  }
  /* What falls with its event need not be packed. */
  if (submission->is_event_dropped) return STATUS_OK;
  struct file_part *part = ARENA_NEW(arena, struct file_part);
  part->part.run = write_file;
  part->submission = submission;
  part->item = submission->current;
  part->attachment = (struct attachment){
      .project_id = submission->config->project_id,
      .created_ms = submission->upload->received_ms,
      .name = clean(arena, base_name(file->name), SLICE("attachment")),
      .content_type = clean(arena, file->content_type, SLICE("application/octet-stream")),
      .type = clean(arena, file->type, SLICE("event.attachment")),
  };
  part->chunks = attachment_pack(arena, file->bytes, &part->attachment);
  if (!wait_for_room(submission->upload, part->chunks.bytes)) {
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "Too many files wait to be written. Try again in a few seconds.");
  }
  submission_add(submission, &part->part);
  return STATUS_OK;
}

bool file_open_item(struct submission *submission, const char *item_type, size_t limit) {
  struct upload *upload = submission->upload;
  if (!submission->items)
    submission->items = ARENA_ARRAY(submission->arena, limit, struct submission_item);
  struct submission_item *item = &submission->items[submission->item_count++];
  *item = (struct submission_item){.type = item_type_find(slice_of_string(item_type))};
  submission->current = item;
  if (upload_take_rate(upload, item->type->category)) return true;
  submission_discard(submission, OUTCOME_RATE_LIMITED, rate_hits_reason(&upload->hits));
  return false;
}

struct file file_of_part(const struct multipart_part *part) {
  struct slice type = SLICE_EMPTY;
  /* The names that the native SDK has for what it knows of the event. */
  if (slice_equal(part->name, SLICE("__sentry-event"))) type = SLICE("event.payload");
  if (slice_starts_with(part->name, SLICE("__sentry-breadcrumb")))
    type = SLICE("event.breadcrumbs");
  return (struct file){.name = slice_is_empty(part->filename) ? part->name : part->filename,
                       .content_type = part->content_type,
                       .bytes = part->body,
                       .type = type};
}
