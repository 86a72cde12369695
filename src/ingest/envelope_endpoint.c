/* envelope_endpoint.c - an envelope becomes a submission, item by item.
 *
 *   split into items ─► sizes and counts ─► rate limits ─► handlers
 *
 * All headers are read before the first handler runs, so that a malformed envelope does nothing,
 * and it is known whether the event is over its rate before what belongs to it is looked at.
 *
 * Source: Sentry developer docs, "Envelopes".
 */
#include "ingest/file.h"
#include "ingest/item.h"

#include "base/banned.h"

/* An envelope sent through a tunnel has its key in the header's `dsn`; one that came with a key may
 * have it too, and then both have to agree. */
static enum status check_dsn(struct upload *upload, struct slice dsn, struct problem *problem) {
  struct slice key, project;
  uint64_t project_id;
  if (slice_is_empty(dsn) && upload->key) return STATUS_OK;
  if (slice_is_empty(dsn)) {
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "The request names no key. Send X-Sentry-Auth, sentry_key in the query, or "
                       "`dsn` in the envelope's header.");
  }
  if (!auth_parse_dsn(dsn, &key, &project) || !slice_to_u64(project, &project_id)) {
    return problem_set(problem, STATUS_BAD_INPUT, "The envelope's `dsn` is not a DSN.");
  }
  bool is_same_project = !upload->is_project_named || (int64_t)project_id == upload->project_id;
  if (!upload->key && is_same_project) return upload_use_key(upload, key, problem);
  bool is_same_key = upload->key && slice_equal(key, upload->key->key.public_key);
  if (is_same_project && is_same_key) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The envelope's `dsn` is not the one that the request was sent to.");
}

/* --- items ---------------------------------------------------------------------------- */

static void add_item(struct submission *submission, const struct envelope_item *item,
                     size_t *capacity) {
  if (submission->item_count == *capacity) {
    size_t wanted = *capacity ? *capacity * 4 : 4;
    struct submission_item *items = ARENA_ARRAY(submission->arena, wanted, struct submission_item);
    for (size_t i = 0; i < submission->item_count; i++) items[i] = submission->items[i];
    submission->items = items;
    *capacity = wanted;
  }
  submission->items[submission->item_count++] =
      (struct submission_item){.item = *item, .type = item_type_find(item->type)};
}

static enum status read_items(struct submission *submission, struct envelope *envelope,
                              struct problem *problem) {
  struct envelope_item item;
  size_t capacity = 0;
  enum status status;
  while (!(status = envelope_next(envelope, submission->arena, &item, problem))) {
    add_item(submission, &item, &capacity);
  }
  return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_limits(const struct submission *submission, struct problem *problem) {
  size_t counts[COUNT_GROUPS] = {0};
  for (size_t i = 0; i < submission->item_count; i++) {
    const struct item_type *type = submission->items[i].type;
    size_t bytes = submission->items[i].item.payload.len;
    if (!type) continue;
    if (type->size_limit && bytes > type->size_limit) {
      return problem_set(problem, STATUS_TOO_LARGE,
                         "The envelope exceeded size limits for type '%s': its payload has %zu "
                         "bytes, and %zu are allowed.",
                         type->name, bytes, type->size_limit);
    }
    if (++counts[type->group] > item_count_limit(type->group)) {
      submission->upload->reason = "duplicate_item";
      return problem_set(problem, STATUS_TOO_LARGE,
                         "An envelope may hold %zu item(s) like '%s', not more.",
                         item_count_limit(type->group), type->name);
    }
  }
  return STATUS_OK;
}

/* --- rate limits ----------------------------------------------------------------------- */

static void limit_item(struct submission *submission, struct submission_item *item) {
  struct upload *upload = submission->upload;
  if (!item->type || item->type->category == CATEGORY_INTERNAL) return;
  bool falls = item->type->is_of_event && submission->is_event_dropped;
  if (!falls && upload_take_rate(upload, item->type->category)) return;
  item->outcome = OUTCOME_RATE_LIMITED;
  item->reason = rate_hits_reason(&upload->hits);
  if (item->type->group == COUNT_EVENT) submission->is_event_dropped = true;
}

/* The event first: attachments and reports fall with it, sessions and check-ins do not. */
static enum status apply_limits(struct submission *submission, struct problem *problem) {
  bool is_anything_left = !submission->item_count;
  for (size_t i = 0; i < submission->item_count; i++) {
    const struct item_type *type = submission->items[i].type;
    if (type && type->group == COUNT_EVENT) limit_item(submission, &submission->items[i]);
  }
  for (size_t i = 0; i < submission->item_count; i++) {
    const struct item_type *type = submission->items[i].type;
    if (!type || type->group != COUNT_EVENT) limit_item(submission, &submission->items[i]);
    bool is_crash = !submission->is_event_dropped && crash_is_item(&submission->items[i].item);
    if (submission->items[i].outcome != OUTCOME_RATE_LIMITED || is_crash) is_anything_left = true;
  }
  if (is_anything_left) return STATUS_OK;
  submission_count_items(submission);
  return problem_set(problem, STATUS_BUSY,
                     "The rate limit of this project or key is reached. It is in the project's "
                     "settings.");
}

/* --- handlers ------------------------------------------------------------------------- */

static enum status dispatch(struct submission *submission, struct problem *problem) {
  enum status status = STATUS_OK;
  for (size_t i = 0; i < submission->item_count && !status; i++) {
    struct submission_item *item = &submission->items[i];
    submission->current = item;
    if (!submission->minidump.len && crash_is_item(&item->item))
      submission->minidump = item->item.payload;
    if (item->outcome == OUTCOME_RATE_LIMITED) continue;
    if (!item->type)
      submission_discard(submission, OUTCOME_FILTERED, SLICE("unknown_type"));
    else if (!item->type->handle)
      submission_discard(submission, OUTCOME_FILTERED, SLICE("not_kept"));
    else
      status = item->type->handle(submission, &item->item, problem);
  }
  submission->current = NULL;
  return status;
}

static bool has_limits(const struct upload *upload) {
  return upload->key->limits || upload->project->limits;
}

static enum status read_envelope(struct submission *submission, struct slice body,
                                 struct problem *problem) {
  struct envelope envelope;
  struct envelope_header *header = &submission->header;
  enum status status = envelope_open(&envelope, submission->arena, body, header, problem);
  if (!status) status = check_dsn(submission->upload, header->dsn, problem);
  if (status) return upload_fail(submission->upload, status, "invalid_envelope");
  submission->config = submission->upload->project;
  submission->has_event_id = event_id_parse(header->event_id, &submission->event_id);
  status = read_items(submission, &envelope, problem);
  if (status) return upload_fail(submission->upload, status, "invalid_envelope");
  status = upload_fail(submission->upload, check_limits(submission, problem), "too_large");
  if (!status && has_limits(submission->upload)) status = apply_limits(submission, problem);
  if (!status) status = dispatch(submission, problem);
  return status ? status : crash_take_item(submission, problem);
}

const struct endpoint envelope_endpoint = {.read = read_envelope, .may_lack_key = true};
