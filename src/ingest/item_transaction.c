/* item_transaction.c - transactions are counted and dropped; those of health checks under the name
 * of the filter, as Sentry counts them. */
#include "event/filter.h"
#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

/* "filtered-transaction", or empty. Most transactions do not even name what could be filtered. */
static struct slice find_filter(const struct submission *submission, struct slice payload) {
  const struct filters *filters = submission->config->filters;
  yyjson_val *root;
  if (!filters || slice_find(payload, SLICE("\"transaction\"")) == payload.len) return SLICE_EMPTY;
  if (json_read(submission->scratch, payload, &root, NULL)) return SLICE_EMPTY;
  return filter_transaction(filters, json_text(json_member(root, "transaction")));
}

enum status item_transaction(struct submission *submission, const struct envelope_item *item,
                             struct problem *problem) {
  (void)problem;
  struct slice filter = find_filter(submission, item->payload);
  submission_discard(submission, OUTCOME_FILTERED, filter.len ? filter : SLICE("not_kept"));
  return STATUS_OK;
}
