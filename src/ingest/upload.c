/* upload.c - from the bytes of a request to a digest record, and to its answer.
 *
 *   body ─► inflate ─► envelope ─► the event ─► decode, group, write, compress ─► store ─► 200
 *
 * Runs on a network thread for small bodies and on the heavy lane for the others.
 * What the store needs until it is done is copied into the request's arena, a few
 * KB; everything else (the decoded body, the parsed JSON) is freed before the
 * request waits, so that many waiting requests take little memory.
 *
 * In this version events are kept; all other items are accepted, counted and
 * dropped, since SDKs take any other answer for a failure of the network.
 */
#include "ingest/upload.h"

#include <stdlib.h>

#include "base/clock.h"
#include "event/envelope.h"
#include "event/limits.h"
#include "ingest/limits.h"
#include "json/json.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* No event's JSON grows to this, whatever its texts are. */
enum { KEPT_BUFFER_LIMIT = 4 * EVENT_JSON_LIMIT };

/* --- answers -------------------------------------------------------------------- */

static void finish(struct upload *upload) {
  if (upload->is_parked) http_resume(upload->request);
}

static void count_refusal(struct ingest *ingest, enum status status) {
  _Atomic uint64_t *counter = &ingest->rejected_malformed;
  if (status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN) {
    counter = &ingest->rejected_auth;
  } else if (status == STATUS_TOO_LARGE) {
    counter = &ingest->rejected_too_large;
  } else if (status == STATUS_BUSY || status == STATUS_UNAVAILABLE || status == STATUS_FAILED) {
    counter = &ingest->rejected_busy;
  }
  atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void upload_refuse(struct upload *upload, const struct problem *problem) {
  struct http_response *response = upload->response;
  struct json_writer json = {.out = &response->body};
  buffer_clear(&response->body);
  json_write_object(&json);
  json_write_key(&json, "detail");
  json_write_text(&json, slice_of_string(problem->message));
  json_write_key(&json, "causes");
  json_write_array(&json);
  json_write_array_end(&json);
  json_write_object_end(&json);
  response->status = status_http_code(problem->status);
  if (problem->status == STATUS_UNAVAILABLE || problem->status == STATUS_BUSY) {
    http_set_header(response, "Retry-After", SLICE(INGEST_RETRY_AFTER));
  }
  count_refusal(upload->ingest, problem->status);
  finish(upload);
}

static void answer_id(struct http_response *response, const struct event_id *id) {
  char digits[EVENT_ID_DIGITS];
  hex_encode(id->bytes, EVENT_ID_BYTES, digits);
  BUFFER_APPEND_LITERAL(&response->body, "{\"id\":\"");
  buffer_append(&response->body, digits, sizeof digits);
  BUFFER_APPEND_LITERAL(&response->body, "\"}");
}

enum status upload_check_key(struct upload *upload, struct slice key, struct problem *problem) {
  int64_t project_id = 0;
  enum key_state state = keys_find(&upload->ingest->keys, key, &project_id);
  if (state == KEY_UNKNOWN) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key is not known here. Copy the DSN from the project's settings.");
  }
  if (project_id != upload->project_id) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key belongs to another project than %lld. Copy the DSN from the "
                       "project's settings.",
                       (long long)upload->project_id);
  }
  if (state == KEY_INACTIVE) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This key is switched off. Use another one, or switch it on in the "
                       "project's settings.");
  }
  upload->is_key_checked = true;
  return STATUS_OK;
}

/* --- handing over to the store ------------------------------------------------------ */

struct pending {
  struct digest_write write; /* first: the store gives it back */
  struct upload *upload;
};

/* On the writer thread; the event is on disk, or is not. */
static void digest_done(struct store_write *write) {
  struct pending *pending = (struct pending *)write;
  struct upload *upload = pending->upload;
  if (write->status) {
    upload_refuse(upload, &write->problem);
    return;
  }
  bool is_new = pending->write.outcome == DIGEST_STORED;
  struct ingest *ingest = upload->ingest;
  atomic_fetch_add_explicit(is_new ? &ingest->events_accepted : &ingest->events_duplicate, 1,
                            memory_order_relaxed);
  finish(upload);
}

static struct pairs copy_pairs(struct arena *arena, struct pairs pairs) {
  struct pairs copy = {ARENA_ARRAY(arena, pairs.count, struct pair), pairs.count};
  for (size_t i = 0; i < pairs.count; i++) {
    copy.items[i] = (struct pair){arena_copy(arena, pairs.items[i].key),
                                  arena_copy(arena, pairs.items[i].value)};
  }
  return copy;
}

/* Copies out of the event what the writer needs. */
static void fill_digest(struct arena *arena, struct digest *digest, const struct event *event,
                        const struct grouping *grouping) {
  digest->received_ms = event->received_ms;
  digest->timestamp_ms = event->timestamp_ms;
  digest->id = event->id;
  digest->hash_count = grouping->hash_count;
  for (size_t i = 0; i < grouping->hash_count; i++) digest->hashes[i] = grouping->hashes[i];
  digest->level = event->level;
  digest->is_unhandled = event->handled == NO;
  digest->error_type = arena_copy(arena, event->error_type);
  digest->error_value = arena_copy(arena, event->error_value);
  digest->title = arena_copy(arena, event->title);
  digest->culprit = arena_copy(arena, event->culprit);
  digest->location = arena_copy(arena, event->location);
  digest->platform = arena_copy(arena, event->platform);
  digest->logger = arena_copy(arena, event->logger);
  digest->release = arena_copy(arena, event->release);
  digest->environment = arena_copy(arena, event->environment);
  digest->user_identity = arena_copy(arena, event->user_identity);
  digest->tags = copy_pairs(arena, event->tags);
}

static void submit(struct pending *pending) {
  struct upload *upload = pending->upload;
  if (!upload->is_parked) {
    upload->is_parked = true;
    http_park(upload->request);
  }
  if (tracker_digest(upload->ingest->store, &pending->write) == STATUS_OK) return;
  struct problem problem = {0};
  problem_set(&problem, STATUS_UNAVAILABLE,
              "The server has too much to write at the moment, or is about to stop. Try again in a "
              "few seconds.");
  upload_refuse(upload, &problem);
}

/* --- the event ------------------------------------------------------------------------ */

struct found_event {
  struct slice json;
  struct slice envelope_id; /* wins over the id in the event */
  int64_t sent_at_ms;
};

/* Decodes, groups and packs; everything that is not in `pending` is in `scratch`. */
static enum status prepare(struct pending *pending, struct arena *scratch,
                           const struct found_event *found, struct problem *problem) {
  struct upload *upload = pending->upload;
  struct arena *arena = upload->request->arena;
  const struct event_hints hints = {
      .received_ms = upload->received_ms,
      .client_address = upload->request->client_address,
      .user_agent = http_header(upload->request, "User-Agent"),
      .sdk = upload->credentials.client,
      .sent_at_ms = found->sent_at_ms,
  };
  struct event *event;
  struct event_id id;
  enum status status = event_decode(scratch, found->json, &hints, &event, problem);
  if (status) return status;
  if (event_id_parse(found->envelope_id, &id))
    event->id = id;
  else if (!event->has_id)
    event->id = event_id_random();
  event->has_id = true;
  struct grouping grouping;
  grouping_compute(scratch, event, NULL, false, &grouping);
  event_derive(scratch, event);
  struct buffer kept = buffer_make(KEPT_BUFFER_LIMIT);
  buffer_reserve(&kept, found->json.len + 1024);
  event_write(event, &kept);
  struct digest *digest = &pending->write.digest;
  digest->project_id = upload->project_id;
  struct packed_payload packed =
      store_pack(upload->ingest->store, scratch, upload->project_id, buffer_slice(&kept));
  digest->payload = packed;
  digest->payload.bytes = arena_copy(arena, packed.bytes);
  fill_digest(arena, digest, event, &grouping);
  buffer_free(&kept);
  return STATUS_OK;
}

/* The parsed JSON takes some four times the text; the event itself some KB. */
static size_t scratch_size(size_t json_bytes) { return json_bytes * 5 + 32 * 1024; }

static enum status make_pending(struct upload *upload, const struct found_event *found,
                                struct pending **result, struct problem *problem) {
  struct arena scratch = {0};
  struct pending *pending = ARENA_NEW(upload->request->arena, struct pending);
  pending->upload = upload;
  pending->write.write.done = digest_done;
  pending->write.has_event = true;
  if (found->json.len <= EVENT_JSON_LIMIT) arena_reserve(&scratch, scratch_size(found->json.len));
  enum status status = prepare(pending, &scratch, found, problem);
  arena_free(&scratch);
  *result = pending;
  if (!status) answer_id(upload->response, &pending->write.digest.id);
  return status;
}

/* --- envelopes and store bodies --------------------------------------------------------- */

/* An envelope sent through a tunnel has its key in the header's `dsn`; one that came with a key may
 * have it too, and then both have to agree. */
static enum status check_dsn(struct upload *upload, struct slice dsn, struct problem *problem) {
  struct slice key, project;
  uint64_t project_id;
  if (slice_is_empty(dsn) && upload->is_key_checked) return STATUS_OK;
  if (slice_is_empty(dsn)) {
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "The request names no key. Send X-Sentry-Auth, sentry_key in the query, or "
                       "`dsn` in the envelope's header.");
  }
  if (!auth_parse_dsn(dsn, &key, &project) || !slice_to_u64(project, &project_id)) {
    return problem_set(problem, STATUS_BAD_INPUT, "The envelope's `dsn` is not a DSN.");
  }
  bool is_same_project = (int64_t)project_id == upload->project_id;
  if (!upload->is_key_checked && is_same_project) return upload_check_key(upload, key, problem);
  bool is_same_key = upload->is_key_checked && slice_equal(key, upload->credentials.key);
  if (is_same_project && is_same_key) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The envelope's `dsn` is not the one that the request was sent to.");
}

static bool is_event(const struct envelope_item *item) {
  return slice_equal(item->type, SLICE("event"));
}

/* Reads all items; `found->json` stays empty when none is an event. */
static enum status read_items(struct upload *upload, struct envelope *envelope,
                              struct found_event *found, struct problem *problem) {
  struct envelope_item item;
  size_t dropped = 0, events = 0;
  enum status status;
  while (!(status = envelope_next(envelope, upload->request->arena, &item, problem))) {
    if (!is_event(&item)) {
      dropped++;
    } else if (events++) {
      return problem_set(problem, STATUS_TOO_LARGE, "An envelope may hold one event, not more.");
    } else if (slice_is_empty(slice_trim(item.payload))) {
      return problem_set(problem, STATUS_BAD_INPUT, "The event's payload is empty.");
    } else {
      found->json = item.payload;
    }
  }
  if (status != STATUS_END) return status;
  atomic_fetch_add_explicit(&upload->ingest->items_dropped, dropped, memory_order_relaxed);
  return STATUS_OK;
}

static enum status read_envelope(struct upload *upload, struct slice body,
                                 struct found_event *found, struct problem *problem) {
  struct envelope envelope;
  struct envelope_header header;
  enum status status = envelope_open(&envelope, upload->request->arena, body, &header, problem);
  if (!status) status = check_dsn(upload, header.dsn, problem);
  if (!status) status = read_items(upload, &envelope, found, problem);
  found->envelope_id = header.event_id;
  found->sent_at_ms = header.sent_at_ms;
  return status;
}

/* Old SDKs: base64, and in it JSON or zlib of JSON. */
static enum status unwrap(struct arena *scratch, struct slice body, struct decoded *decoded,
                          struct problem *problem) {
  struct slice bytes;
  if (body.len > 2 * EVENT_JSON_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE, "The event is larger than %d bytes of JSON.",
                       EVENT_JSON_LIMIT);
  }
  if (!base64_decode(scratch, body, &bytes)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The body is neither a JSON object nor base64 of one.");
  }
  *decoded = (struct decoded){.bytes = bytes};
  if (slice_starts_with(slice_trim(bytes), SLICE("{"))) return STATUS_OK;
  return coding_decode(CODING_DEFLATE, bytes, EVENT_JSON_LIMIT, decoded, problem);
}

static enum status read_store(struct upload *upload, struct arena *scratch, struct decoded *inner,
                              struct problem *problem) {
  struct slice text = slice_trim(inner->bytes);
  if (!upload->is_key_checked) return check_dsn(upload, SLICE_EMPTY, problem);
  if (slice_is_empty(text)) {
    return problem_set(problem, STATUS_BAD_INPUT, "The body is empty; send an event as JSON.");
  }
  bool is_json = text.ptr[0] == '{' || text.ptr[0] == '[' || text.ptr[0] == '\xef';
  return is_json ? STATUS_OK : unwrap(scratch, text, inner, problem);
}

/* --- the whole ------------------------------------------------------------------------- */

static void answer_without_event(struct upload *upload, const struct found_event *found) {
  struct event_id id;
  if (event_id_parse(found->envelope_id, &id))
    answer_id(upload->response, &id);
  else
    upload->response->static_body = SLICE("{}");
  finish(upload);
}

/* Reads what was decoded and hands it over, or answers at once. */
static enum status process(struct upload *upload, struct slice body, struct problem *problem) {
  struct found_event found = {0};
  struct decoded inner = {.bytes = body};
  struct arena scratch = {0};
  struct pending *pending = NULL;
  enum status status;
  if (upload->kind == UPLOAD_ENVELOPE) {
    status = read_envelope(upload, body, &found, problem);
  } else {
    status = read_store(upload, &scratch, &inner, problem);
    found.json = inner.bytes;
  }
  bool has_event = !status && !slice_is_empty(found.json);
  if (has_event) status = make_pending(upload, &found, &pending, problem);
  free(inner.memory);
  arena_free(&scratch);
  if (status) return status;
  if (pending)
    submit(pending);
  else
    answer_without_event(upload, &found);
  return STATUS_OK;
}

/* Decodes under `limit` and processes. The memory counts against the server's budget. */
static enum status take_within(struct upload *upload, size_t limit, struct problem *problem) {
  bool is_budgeted = upload->is_on_lane && upload->coding != CODING_IDENTITY;
  if (is_budgeted && !http_memory_take(limit)) {
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "Too many large requests at once. Try again in a few seconds.");
  }
  struct decoded decoded;
  enum status status =
      coding_decode(upload->coding, upload->request->body, limit, &decoded, problem);
  if (!status) {
    /* When the request waits for the store, nothing refers to the decoded body any more; the upload
     * itself may be gone by then. */
    status = process(upload, decoded.bytes, problem);
    free(decoded.memory);
  }
  if (is_budgeted) http_memory_give(limit);
  return status;
}

static enum status take_on_lane(struct upload *upload, struct problem *problem) {
  size_t limit =
      coding_decoded_size_hint(upload->coding, upload->request->body, INGEST_DECODED_LIMIT + 1);
  if (limit == 0 || limit > INGEST_DECODED_FIRST_TRY) limit = INGEST_DECODED_FIRST_TRY;
  if (upload->coding == CODING_IDENTITY) limit = INGEST_DECODED_LIMIT;
  enum status status = take_within(upload, limit, problem);
  if (status != STATUS_TOO_LARGE || limit == INGEST_DECODED_LIMIT) return status;
  return take_within(upload, INGEST_DECODED_LIMIT, problem);
}

enum status upload_take(struct upload *upload) {
  struct problem problem = {0};
  if (upload->is_on_lane) {
    if (take_on_lane(upload, &problem)) upload_refuse(upload, &problem);
    return STATUS_OK;
  }
  enum status status = take_within(upload, INGEST_INLINE_DECODED, &problem);
  if (status == STATUS_TOO_LARGE) return status;
  if (status) upload_refuse(upload, &problem);
  return STATUS_OK;
}
