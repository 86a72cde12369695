/* pipeline.h - what every new event goes through, in this order:
 *
 *   decode and normalise ─► filter ─► scrub ─► group ─► derive
 *
 * Pure: no storage, no network. Ingest, `culprit explain` and the preview page use the same.
 */
#ifndef CULPRIT_INGEST_PIPELINE_H
#define CULPRIT_INGEST_PIPELINE_H

#include "ingest/config.h"

struct pipeline_input {
  struct slice json;
  const struct event_hints *hints;
  struct event_id id; /* given by the envelope, or made by the caller when the event has none */
  bool has_id;        /* then `id` wins over the id in the event */
  bool explain;
};
struct pipeline_result {
  struct event *event;
  struct grouping grouping; /* not computed when filtered */
  struct slice filtered_by; /* the name of the filter; empty when the event is wanted */
};
enum status pipeline_run(struct arena *arena, const struct project_config *config,
                         const struct pipeline_input *input, struct pipeline_result *result,
                         struct problem *problem) MUST_CHECK;

#endif
