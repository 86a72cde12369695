/* item_attachment.c - an item that is a file. A crash dump makes the event too, once all items are
 * known. */
#include "ingest/file.h"
#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

bool crash_is_item(const struct envelope_item *item) {
  return slice_equal(item->type, SLICE("attachment")) &&
         slice_equal(json_text(json_member(item->fields, "attachment_type")),
                     SLICE("event.minidump"));
}

enum status item_attachment(struct submission *submission, const struct envelope_item *item,
                            struct problem *problem) {
  const struct file file = {
      .name = json_text(json_member(item->fields, "filename")),
      .content_type = json_text(json_member(item->fields, "content_type")),
      .type = json_text(json_member(item->fields, "attachment_type")),
      .bytes = item->payload,
  };
  native_files_note(&submission->native, file.type, file.bytes);
  return file_add(submission, &file, problem);
}
