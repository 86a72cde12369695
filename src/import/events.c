/* events.c - a page of Sentry's events through the pipeline that events of SDKs take.
 *
 * Filters are left out: what a Sentry has kept is wanted. Scrubbing and grouping are those of the
 * project here. Not on the writer thread.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "event/limits.h"
#include "import/limits.h"
#include "import/parts.h"
#include "ingest/category.h"
#include "ingest/pipeline.h"
#include "source/sentry_event.h"
#include "store/limits.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* No event's JSON grows to this, whatever its texts are. */
enum { KEPT_BUFFER_LIMIT = 4 * EVENT_JSON_LIMIT };

struct reading {
  struct importer *importer;
  const struct import_job *job;
  struct arena *arena;    /* of the page */
  struct arena scratch;   /* of one event */
  struct digest *digests; /* as they are told, newest first */
  struct import_page *page;
};

/* Days are dropped whole, and not before the server has lived through them. */
static bool is_wanted(const struct importer *importer, const struct sentry_event_facts *facts) {
  int64_t oldest_ms = (importer->now_ms / DAY_MS - STORE_RETENTION_DAYS + 1) * DAY_MS;
  return facts->received_ms >= oldest_ms && facts->created_ms >= importer->request->since_ms;
}

/* What is not told was when the other was, and at the latest now. */
static void complete_times(const struct importer *importer, struct sentry_event_facts *facts) {
  if (!facts->received_ms) facts->received_ms = facts->created_ms;
  if (!facts->received_ms || facts->received_ms > importer->now_ms)
    facts->received_ms = importer->now_ms;
  if (!facts->created_ms) facts->created_ms = facts->received_ms;
}

/* --- one event ------------------------------------------------------------------------------ */

static void pack(struct reading *reading, const struct event *event, struct digest *digest) {
  struct buffer kept = buffer_make(KEPT_BUFFER_LIMIT);
  event_write(event, &kept);
  digest->payload = store_pack(reading->importer->request->store, &reading->scratch,
                               digest->project_id, buffer_slice(&kept));
  digest->payload.bytes = arena_copy(reading->arena, digest->payload.bytes);
  buffer_free(&kept);
}

/* STATUS_END: it is a transaction, which is not kept. */
static enum status take_event(struct reading *reading, struct slice json,
                              const struct sentry_event_facts *facts, struct problem *problem) {
  struct importer *importer = reading->importer;
  struct pipeline_result result;
  const struct event_hints hints = {.received_ms = facts->received_ms};
  const struct pipeline_input input = {
      .json = json, .hints = &hints, .id = facts->id, .has_id = true};
  enum status status = pipeline_run(&reading->scratch, &importer->config, &input, &result, problem);
  if (status) return status;
  if (result.filtered_by.len) return STATUS_END;
  struct digest *digest = &reading->digests[reading->page->count];
  reading->page->digests[reading->page->count++] = digest;
  digest->project_id = importer->request->project->id;
  digest->category = category_name(result.event->report ? CATEGORY_SECURITY : CATEGORY_ERROR);
  tracker_fill_digest(reading->arena, digest, result.event, &result.grouping);
  pack(reading, result.event, digest);
  return STATUS_OK;
}

/* The whole of an event of which the list told only a row. */
static enum status fetch_event(struct reading *reading, struct sentry_event_facts *facts,
                               struct slice *json, struct problem *problem) {
  const struct import_request *request = reading->importer->request;
  struct import_fetch fetch = {0};
  struct slice path =
      arena_printf(&reading->scratch, "/api/0/projects/%.*s/%.*s/events/%.*s/",
                   SLICE_ARGS(request->organization), SLICE_ARGS(request->remote_project),
                   SLICE_ARGS(event_id_hex(&reading->scratch, &facts->id)));
  enum status status = import_fetch(reading->importer, &fetch, path, problem);
  if (!status)
    status = sentry_event_to_sdk(
        &reading->scratch, arena_copy(&reading->scratch, fetch.call.answer), json, facts, problem);
  import_fetch_end(&fetch);
  return status;
}

static enum status read_event(struct reading *reading, struct slice item, struct problem *problem) {
  struct sentry_event_facts facts;
  struct slice json;
  enum status status = sentry_event_to_sdk(&reading->scratch, item, &json, &facts, problem);
  if (status) return status;
  complete_times(reading->importer, &facts);
  if (!is_wanted(reading->importer, &facts)) {
    reading->page->expired++;
    return STATUS_OK;
  }
  if (!facts.has_entries) {
    status = fetch_event(reading, &facts, &json, problem);
    complete_times(reading->importer, &facts);
  }
  return status ? status : take_event(reading, json, &facts, problem);
}

/* --- the page ------------------------------------------------------------------------------- */

/* In the order in which they arrived. Days of events are tables of their own: each is opened once a
 * page. */
static int by_time(const void *a, const void *b) {
  const struct digest *x = *(struct digest *const *)a, *y = *(struct digest *const *)b;
  if (x->received_ms != y->received_ms) return x->received_ms < y->received_ms ? -1 : 1;
  return x > y ? -1 : x < y;
}

static enum status read_items(struct reading *reading, struct slice json, struct problem *problem) {
  struct json_items items = {.rest = json};
  struct slice item;
  enum status status;
  while (!(status = json_next_item(&items, &item, problem))) {
    struct problem refused = {0};
    if (reading->page->total++ >= IMPORT_PAGE_LIMIT)
      return problem_set(problem, STATUS_BAD_INPUT, "Sentry's answer has too many events.");
    status = read_event(reading, item, &refused);
    arena_reset(&reading->scratch);
    if (import_is_over(reading->importer)) return STATUS_OK;
    if (!status || status == STATUS_END) continue;
    reading->page->refused++;
    import_note_problem(reading->importer, reading->job, &refused);
  }
  return status == STATUS_END ? STATUS_OK : status;
}

enum status import_page_read(struct importer *importer, const struct import_job *job,
                             struct arena *arena, struct slice json, struct import_page *page,
                             struct problem *problem) {
  struct reading reading = {.importer = importer,
                            .job = job,
                            .arena = arena,
                            .digests = ARENA_ARRAY(arena, IMPORT_PAGE_LIMIT, struct digest),
                            .page = page};
  *page = (struct import_page){.digests = ARENA_ARRAY(arena, IMPORT_PAGE_LIMIT, struct digest *)};
  enum status status = read_items(&reading, json, problem);
  arena_free(&reading.scratch);
  if (page->count) qsort(page->digests, page->count, sizeof *page->digests, by_time);
  return status;
}
