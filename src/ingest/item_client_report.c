/* item_client_report.c - what an SDK threw away by itself, and why; it ends up in the ledger.
 *
 *   {"timestamp":…,"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3}]}
 *
 * Source: Sentry developer docs, "Client Reports".
 */
#include "ingest/item.h"
#include "json/json.h"

#include "base/banned.h"

/* A report that says more than that about one reason is wrong. */
enum { QUANTITY_LIMIT = 1000000000 };

static void count_entry(struct submission *submission, enum outcome outcome, yyjson_val *value) {
  struct slice reason = json_text(json_member(value, "reason"));
  enum category category;
  int64_t quantity = 0;
  json_integer(json_member(value, "quantity"), &quantity);
  if (!reason.len || quantity <= 0 || quantity > QUANTITY_LIMIT) return;
  if (!category_parse(json_text(json_member(value, "category")), &category))
    category = CATEGORY_UNKNOWN;
  upload_count_many(submission->upload, category, outcome, reason, quantity);
}

enum status item_client_report(struct submission *submission, const struct envelope_item *item,
                               struct problem *problem) {
  static const struct {
    const char *name;
    enum outcome outcome;
  } lists[] = {
      {"discarded_events", OUTCOME_CLIENT_DISCARD},
      /* What a Relay between the SDK and here did. */
      {"rate_limited_events", OUTCOME_RATE_LIMITED},
      {"filtered_events", OUTCOME_FILTERED},
      {"filtered_sampling_events", OUTCOME_FILTERED},
  };
  yyjson_val *root;
  (void)problem;
  if (json_read(submission->scratch, item->payload, &root, NULL) || !yyjson_is_obj(root)) {
    submission_discard(submission, OUTCOME_INVALID, SLICE("invalid_json"));
    return STATUS_OK;
  }
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    yyjson_val *list = json_member(root, lists[i].name), *value;
    yyjson_arr_iter entries;
    yyjson_arr_iter_init(list, &entries);
    while ((value = yyjson_arr_iter_next(&entries)))
      count_entry(submission, lists[i].outcome, value);
  }
  return STATUS_OK;
}
