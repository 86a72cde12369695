/* file.h - files that come with requests: kept as attachments of the request's event, and of a
 * crash dump the event itself is made. */
#ifndef CULPRIT_INGEST_FILE_H
#define CULPRIT_INGEST_FILE_H

#include "http/multipart.h"
#include "ingest/submission.h"

struct file {
  struct slice name, content_type, bytes;
  struct slice type; /* "event.attachment", "event.minidump", …; empty: the first */
};

/* Keeps the file; what is too large or over a limit is left out, and counted so. Of the item that
 * is being read. The bytes may go afterwards. STATUS_UNAVAILABLE when too many files wait for the
 * disk: then the request is refused, to be sent again. */
enum status file_add(struct submission *submission, const struct file *file,
                     struct problem *problem) MUST_CHECK;

/* For endpoints without envelope: each file, or event, counts as an item like that of an envelope.
 * Opens the next; false when it is over its rate. At most `limit` (of the first call) in all. */
bool file_open_item(struct submission *submission, const char *item_type, size_t limit);

/* The file of a part of a form. */
struct file file_of_part(const struct multipart_part *part);

/* --- crash.c: crash dumps ------------------------------------------------------------------------
 */

/* Makes the submission's event of a dump, upon what the sender said of it (event_json, if any).
 * With `is_strict` a dump that cannot be read is refused; else the event says so, since the
 * sender's part of it is good. */
enum status crash_take(struct submission *submission, struct slice dump, bool is_strict,
                       struct problem *problem) MUST_CHECK;
/* Whether an item is a dump: the crash is an event, and counts as one, even where the file is over
 * the rate of files. */
bool crash_is_item(const struct envelope_item *item);
/* After the items of an envelope: the dump among them makes its event. */
enum status crash_take_item(struct submission *submission, struct problem *problem) MUST_CHECK;

/* Dumps may be compressed by themselves: gzip or zstd. What is decoded counts against the memory of
 * bodies until crash_free(). */
struct unpacked {
  struct decoded decoded;
  size_t taken;
};
enum status crash_unpack(struct submission *submission, struct slice bytes,
                         struct unpacked *unpacked, struct problem *problem) MUST_CHECK;
void crash_free(struct unpacked *unpacked);

#endif
