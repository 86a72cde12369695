/* item_transaction.c - transactions are counted and dropped; those of health checks under the name
 * of the filter, as Sentry counts them. */
#include "event/filter.h"
#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

enum status item_transaction(struct submission *submission, const struct envelope_item *item,
                             struct problem *problem) {
  const struct filters *filters = submission->config->filters;
  yyjson_val *root;
  (void)problem;
  if (!filters || slice_find(item->payload, SLICE("\"transaction\"")) == item->payload.len ||
      json_read(submission->scratch, item->payload, &root, NULL)) {
    return STATUS_OK;
  }
  struct slice name = filter_transaction(filters, json_text(json_member(root, "transaction")));
  if (name.len) submission_discard(submission, OUTCOME_FILTERED, name);
  return STATUS_OK;
}
