/* pipeline.c - see pipeline.h. */
#include "ingest/pipeline.h"

#include "base/banned.h"

/* Transactions are counted and dropped in any case, so that SDKs need not be told apart. */
static struct slice find_filter(const struct project_config *config, const struct event *event,
                                const struct event_hints *hints) {
  bool is_transaction = slice_equal_string(event->type, "transaction");
  struct slice filter = SLICE_EMPTY;
  if (config->filters && is_transaction) {
    filter = filter_transaction(config->filters, event->transaction);
  } else if (config->filters) {
    filter = filter_event(config->filters, event, hints);
  }
  return is_transaction && slice_is_empty(filter) ? SLICE("not_kept") : filter;
}

enum status pipeline_run(struct arena *arena, const struct project_config *config,
                         const struct pipeline_input *input, struct pipeline_result *result,
                         struct problem *problem) {
  struct event *event;
  *result = (struct pipeline_result){0};
  enum status status = event_decode(arena, input->json, input->hints, &event, problem);
  if (status) return status;
  result->event = event;
  if (input->has_id)
    event->id = input->id;
  else if (!event->has_id)
    event->id = event_id_random();
  event->has_id = true;
  result->filtered_by = find_filter(config, event, input->hints);
  if (!slice_is_empty(result->filtered_by)) return STATUS_OK;
  if (config->scrubber) scrub_event(arena, event, config->scrubber, NULL);
  grouping_compute(arena, event, config->grouping_rules, input->explain, &result->grouping);
  event_derive(arena, event);
  return STATUS_OK;
}
