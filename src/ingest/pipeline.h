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
  struct event_id id; /* of the envelope; wins over the id in the event */
  bool has_id;
  bool explain; /* for the grouping */
};
struct pipeline_result {
  struct event *event;      /* always has an id; a new one when nobody gave one */
  struct grouping grouping; /* not computed when filtered */
  struct slice filtered_by; /* the name of the filter; empty when the event is wanted */
};
/* STATUS_BAD_INPUT and STATUS_TOO_LARGE as event_decode(). `config` with null members: nothing is
 * filtered or scrubbed, and grouping has no project rules. From the arena; the JSON has to outlive
 * the result. */
enum status pipeline_run(struct arena *arena, const struct project_config *config,
                         const struct pipeline_input *input, struct pipeline_result *result,
                         struct problem *problem) MUST_CHECK;

#endif
