/* item_event.c - an item that is an event: the pipeline reads it once all items are known. */
#include "ingest/item.h"

#include "base/banned.h"

enum status item_event(struct submission *submission, const struct envelope_item *item,
                       struct problem *problem) {
  if (slice_is_empty(slice_trim(item->payload))) {
    problem_set(problem, STATUS_BAD_INPUT, "The event's payload is empty.");
    return upload_fail(submission->upload, STATUS_BAD_INPUT, "no_data");
  }
  submission->event_json = item->payload;
  submission->event_category = CATEGORY_ERROR;
  return STATUS_OK;
}
