/* submission.c - see submission.h.
 *
 * What the store needs until it is done is copied into the request's arena, a few KB. Several
 * events of one request are several writes; the last one that is done answers.
 */
#include "ingest/submission.h"

#include "event/limits.h"
#include "ingest/item.h"
#include "ingest/pipeline.h"

#include "base/banned.h"

/* No event's JSON grows to this, whatever its texts are. */
enum { KEPT_BUFFER_LIMIT = 4 * EVENT_JSON_LIMIT };

/* One write: an event, parts, or both. */
struct submission_event {
  struct digest_write write; /* first: the store gives it back */
  struct submission *submission;
  struct submission_event *next;
};

/* --- gathering ------------------------------------------------------------------------ */

static void append_part(struct digest_part **first, struct digest_part **last,
                        struct digest_part *part) {
  part->next = NULL;
  if (*last)
    (*last)->next = part;
  else
    *first = part;
  *last = part;
}

static bool is_of_event(const struct submission_item *item) {
  return item && item->type && item->type->is_of_event;
}

void submission_add(struct submission *submission, struct digest_part *part) {
  if (is_of_event(submission->current))
    append_part(&submission->parts_of_event, &submission->last_part_of_event, part);
  else
    append_part(&submission->parts, &submission->last_part, part);
}

static void discard(struct submission_item *item, enum outcome outcome, struct slice reason) {
  if (!item || item->outcome != OUTCOME_ACCEPTED) return;
  item->outcome = outcome;
  item->reason = reason;
}

void submission_discard(struct submission *submission, enum outcome outcome, struct slice reason) {
  discard(submission->current, outcome, reason);
}

/* --- the event -------------------------------------------------------------------------- */

/* The payload that is kept, compressed. */
static void pack(struct submission *submission, struct digest *digest, const struct event *event,
                 size_t sent_bytes) {
  struct buffer kept = buffer_make(KEPT_BUFFER_LIMIT);
  buffer_reserve(&kept, sent_bytes + 1024);
  event_write(event, &kept);
  digest->payload = store_pack(submission->upload->ingest->store, submission->scratch,
                               submission->config->project_id, buffer_slice(&kept));
  digest->payload.bytes = arena_copy(submission->arena, digest->payload.bytes);
  buffer_free(&kept);
}

static enum status run_pipeline(struct submission *submission, struct slice json,
                                struct pipeline_result *result, struct problem *problem) {
  const struct upload *upload = submission->upload;
  const struct event_hints hints = {
      .received_ms = upload->received_ms,
      .client_address = upload->request->client_address,
      .user_agent = http_header(upload->request, "User-Agent"),
      .sdk = upload->credentials.client,
      .sent_at_ms = submission->header.sent_at_ms,
  };
  const struct pipeline_input input = {.json = json,
                                       .hints = &hints,
                                       .id = submission->event_id,
                                       .has_id = submission->has_event_id && !submission->events};
  return pipeline_run(submission->scratch, submission->config, &input, result, problem);
}

/* What depends on the event goes with it. */
static void drop_event(struct submission *submission, enum category category, struct slice filter) {
  submission->is_event_dropped = true;
  upload_count(submission->upload, category, OUTCOME_FILTERED, filter);
  for (size_t i = 0; i < submission->item_count; i++) {
    if (is_of_event(&submission->items[i]))
      discard(&submission->items[i], OUTCOME_FILTERED, filter);
  }
}

static struct submission_event *add_write(struct submission *submission);

enum status submission_take_event(struct submission *submission, struct slice json,
                                  enum category category, struct problem *problem) {
  struct pipeline_result result;
  enum status status = run_pipeline(submission, json, &result, problem);
  if (status) return upload_fail(submission->upload, status, "invalid_json");
  /* Further events have ids of their own. */
  if (!submission->events) {
    submission->event_id = result.event->id;
    submission->has_event_id = true;
  }
  if (result.filtered_by.len) {
    if (slice_equal_string(result.event->type, "transaction")) category = CATEGORY_TRANSACTION;
    drop_event(submission, category, result.filtered_by);
    return STATUS_OK;
  }
  struct submission_event *taken = add_write(submission);
  taken->write.has_event = true;
  taken->write.digest.project_id = submission->config->project_id;
  taken->write.digest.category = category_name(category);
  pack(submission, &taken->write.digest, result.event, json.len);
  tracker_fill_digest(submission->arena, &taken->write.digest, result.event, &result.grouping);
  return STATUS_OK;
}

/* --- writing ---------------------------------------------------------------------------- */

/* Accepted events are counted by the write itself, and those that were not wanted by
 * submission_take_event(). */
static bool is_counted_elsewhere(enum category category, enum outcome outcome) {
  if (category == CATEGORY_INTERNAL) return outcome == OUTCOME_ACCEPTED;
  bool is_event = category == CATEGORY_ERROR || category == CATEGORY_SECURITY;
  return is_event && outcome == OUTCOME_ACCEPTED;
}

void submission_count_items(struct submission *submission) {
  struct ingest *ingest = submission->upload->ingest;
  size_t dropped = 0;
  for (size_t i = 0; i < submission->item_count; i++) {
    const struct submission_item *item = &submission->items[i];
    enum category category = item->type ? item->type->category : CATEGORY_UNKNOWN;
    if (item->outcome != OUTCOME_ACCEPTED) dropped++;
    if (is_counted_elsewhere(category, item->outcome)) continue;
    upload_count(submission->upload, category, item->outcome, item->reason);
  }
  if (dropped) atomic_fetch_add_explicit(&ingest->items_dropped, dropped, memory_order_relaxed);
}

/* An event that was here already: what belongs to it was not written again. */
static void drop_duplicate(struct submission *submission) {
  if (!submission->events || submission->events->write.outcome != DIGEST_DUPLICATE) return;
  for (size_t i = 0; i < submission->item_count; i++) {
    if (is_of_event(&submission->items[i]))
      discard(&submission->items[i], OUTCOME_INVALID, SLICE("duplicate"));
  }
}

static void count_events(const struct submission *submission) {
  struct ingest *ingest = submission->upload->ingest;
  for (struct submission_event *event = submission->events; event; event = event->next) {
    if (event->write.outcome == DIGEST_NONE) continue;
    bool is_new = event->write.outcome == DIGEST_STORED;
    atomic_fetch_add_explicit(is_new ? &ingest->events_accepted : &ingest->events_duplicate, 1,
                              memory_order_relaxed);
  }
}

/* Everything is on disk, or something is not: then the sender has to try again. What was written
 * of several events is recognized by its ids then. */
static void end(struct submission *submission) {
  for (struct submission_event *event = submission->events; event; event = event->next) {
    if (!event->write.write.status) continue;
    upload_refuse(submission->upload, &event->write.write.problem);
    return;
  }
  count_events(submission);
  drop_duplicate(submission);
  submission_count_items(submission);
  upload_finish(submission->upload);
}

/* On the writer thread. */
static void write_done(struct store_write *write) {
  struct submission *submission = ((struct submission_event *)write)->submission;
  if (atomic_fetch_sub(&submission->waiting, 1) == 1) end(submission);
}

static struct submission_event *add_write(struct submission *submission) {
  struct submission_event *event = ARENA_NEW(submission->arena, struct submission_event);
  event->submission = submission;
  event->write.write.done = write_done;
  struct submission_event **end_of_list = &submission->events;
  while (*end_of_list) end_of_list = &(*end_of_list)->next;
  *end_of_list = event;
  return event;
}

/* What belongs to a dropped event goes with it. */
static struct digest_part *gather_parts(struct submission *submission) {
  if (submission->parts_of_event && !submission->is_event_dropped) {
    submission->last_part_of_event->next = submission->parts;
    return submission->parts_of_event;
  }
  return submission->parts;
}

/* The last reference to the submission is given away by it. */
static void submit(struct submission *submission) {
  struct upload *upload = submission->upload;
  struct submission_event *event = submission->events, *next;
  size_t count = 0;
  for (next = event; next; next = next->next) count++;
  /* One more for this function, so that nobody ends it before all are submitted. */
  atomic_store(&submission->waiting, count + 1);
  if (!upload->is_parked) {
    upload->is_parked = true;
    http_park(upload->request);
  }
  for (; event; event = next) {
    next = event->next;
    if (tracker_digest(upload->ingest->store, &event->write) == STATUS_OK) continue;
    event->write.write.status =
        problem_set(&event->write.write.problem, STATUS_UNAVAILABLE,
                    "The server has too much to write at the moment, or is about to stop. Try "
                    "again in a few seconds.");
    atomic_fetch_sub(&submission->waiting, 1);
  }
  if (atomic_fetch_sub(&submission->waiting, 1) == 1) end(submission);
}

/* --- the whole ---------------------------------------------------------------------------- */

static void answer(struct submission *submission) {
  struct http_response *response = submission->upload->response;
  if (submission->upload->endpoint->answer) {
    submission->upload->endpoint->answer(submission);
    return;
  }
  if (!submission->has_event_id) {
    response->static_body = SLICE("{}");
    return;
  }
  char digits[EVENT_ID_DIGITS];
  hex_encode(submission->event_id.bytes, EVENT_ID_BYTES, digits);
  BUFFER_APPEND_LITERAL(&response->body, "{\"id\":\"");
  buffer_append(&response->body, digits, sizeof digits);
  BUFFER_APPEND_LITERAL(&response->body, "\"}");
}

/* The parsed JSON takes some four times the text; the event itself some KB. */
static size_t scratch_size(size_t json_bytes) { return json_bytes * 5 + 32 * 1024; }

static enum status take_event(struct submission *submission, struct problem *problem) {
  struct slice json = submission->event_json;
  if (slice_is_empty(json) || submission->is_event_dropped) return STATUS_OK;
  if (!submission->scratch->newest && json.len <= EVENT_JSON_LIMIT) {
    arena_reserve(submission->scratch, scratch_size(json.len));
  }
  return submission_take_event(submission, json, submission->event_category, problem);
}

enum status submission_run(struct upload *upload, struct slice body, struct problem *problem) {
  struct arena scratch = {0};
  struct submission *submission = ARENA_NEW(upload->request->arena, struct submission);
  submission->upload = upload;
  submission->arena = upload->request->arena;
  submission->scratch = &scratch;
  submission->config = upload->project;
  enum status status = upload->endpoint->read(submission, body, problem);
  if (!status) status = take_event(submission, problem);
  arena_free(&scratch);
  submission->scratch = NULL;
  if (status) return status;
  struct digest_part *parts = gather_parts(submission);
  if (parts && !submission->has_event_id) {
    submission->event_id = event_id_random();
    submission->has_event_id = true;
  }
  if (parts && !submission->events) add_write(submission);
  if (parts) submission->events->write.parts = parts;
  answer(submission);
  if (submission->events)
    submit(submission);
  else
    end(submission);
  return STATUS_OK;
}
