/* pipeline.c - see pipeline.h. */
#include "ingest/pipeline.h"

#include "base/banned.h"

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
  if (config->filters) result->filtered_by = filter_event(config->filters, event, input->hints);
  if (result->filtered_by.len) return STATUS_OK;
  if (config->scrubber) scrub_event(arena, event, config->scrubber, NULL);
  grouping_compute(arena, event, config->grouping_rules, input->explain, &result->grouping);
  event_derive(arena, event);
  return STATUS_OK;
}
