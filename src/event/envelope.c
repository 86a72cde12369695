/* envelope.c - split a Sentry envelope into its items.
 *
 *   {"event_id":"…","dsn":"…","sent_at":"…"}\n       envelope header
 *   {"type":"event","length":41}\n                   item header
 *   …41 bytes…\n                                     payload
 *   {"type":"session"}\n
 *   …to the end of the line…
 *
 * The payload's end is given by `length` or by the next newline. Payloads are
 * slices of the body, which must outlive them; they are not looked into. Lenient
 * where real senders are sloppy: blank lines between items, any number of newlines
 * at the end, carriage returns at the end of headers.
 *
 * Source: Sentry developer docs, "Envelopes".
 */
#include "event/envelope.h"

#include "base/clock.h"
#include "json/json.h"

#include "base/banned.h"

/* The next line that is not blank; empty at the end. */
static struct slice next_line(struct slice *rest) {
  struct slice line = SLICE_EMPTY;
  while (!slice_is_empty(*rest) && slice_is_empty(line)) line = slice_trim(slice_split(rest, '\n'));
  return line;
}

static enum status read_header(struct arena *arena, struct slice line, yyjson_val **header,
                               struct problem *problem) {
  if (line.len > ENVELOPE_HEADER_LIMIT) {
    return problem_set(problem, STATUS_BAD_INPUT, "it has %zu bytes; the limit is %d.", line.len,
                       ENVELOPE_HEADER_LIMIT);
  }
  struct problem cause = {0};
  if (json_read(arena, line, header, &cause)) {
    return problem_set(problem, STATUS_BAD_INPUT, "%.300s", cause.message);
  }
  if (!yyjson_is_obj(*header)) {
    return problem_set(problem, STATUS_BAD_INPUT, "it has to be a JSON object.");
  }
  return STATUS_OK;
}

enum status envelope_open(struct envelope *envelope, struct arena *arena, struct slice body,
                          struct envelope_header *header, struct problem *problem) {
  *envelope = (struct envelope){.rest = body, .body = body};
  *header = (struct envelope_header){0};
  if (slice_is_empty(slice_trim(body))) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The body is empty; an envelope begins with a header line.");
  }
  yyjson_val *root;
  struct problem cause = {0};
  envelope->header = slice_trim(slice_split(&envelope->rest, '\n'));
  if (read_header(arena, envelope->header, &root, &cause)) {
    return problem_set(problem, STATUS_BAD_INPUT, "The envelope's header line is malformed: %.300s",
                       cause.message);
  }
  header->event_id = json_text(json_member(root, "event_id"));
  header->dsn = json_text(json_member(root, "dsn"));
  if (!time_parse_iso(json_text(json_member(root, "sent_at")), &header->sent_at_ms)) {
    header->sent_at_ms = 0;
  }
  return STATUS_OK;
}

/* Cuts `length` bytes off the rest; a newline or the end has to follow. */
static enum status take_payload(struct envelope *envelope, int64_t length, struct slice *payload,
                                struct problem *problem) {
  struct slice rest = envelope->rest;
  if (length < 0 || (uint64_t)length > rest.len) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "its header says %lld bytes, but %zu are left in the body.",
                       (long long)length, rest.len);
  }
  *payload = slice_upto(rest, (size_t)length);
  envelope->rest = slice_from(rest, (size_t)length);
  if (slice_starts_with(envelope->rest, SLICE("\r\n"))) {
    envelope->rest = slice_from(envelope->rest, 1);
  }
  if (!slice_is_empty(envelope->rest) && envelope->rest.ptr[0] != '\n') {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "its payload goes on behind the %lld bytes that its header says.",
                       (long long)length);
  }
  envelope->rest = slice_from(envelope->rest, 1);
  return STATUS_OK;
}

static enum status read_item(struct envelope *envelope, struct arena *arena,
                             struct envelope_item *item, struct problem *problem) {
  yyjson_val *root;
  int64_t length;
  if (envelope->item_count > ENVELOPE_ITEM_LIMIT) {
    return problem_set(problem, STATUS_BAD_INPUT, "an envelope may hold %d items.",
                       ENVELOPE_ITEM_LIMIT);
  }
  enum status status = read_header(arena, item->header, &root, problem);
  if (status) return status;
  item->fields = root;
  item->type = json_text(json_member(root, "type"));
  if (slice_is_empty(item->type)) {
    return problem_set(problem, STATUS_BAD_INPUT, "its header has no `type`.");
  }
  yyjson_val *value = json_member(root, "length");
  if (!value || yyjson_is_null(value)) {
    item->payload = slice_split(&envelope->rest, '\n');
    return STATUS_OK;
  }
  if (!json_integer(value, &length)) {
    return problem_set(problem, STATUS_BAD_INPUT, "its `length` is not a number.");
  }
  return take_payload(envelope, length, &item->payload, problem);
}

enum status envelope_next(struct envelope *envelope, struct arena *arena,
                          struct envelope_item *item, struct problem *problem) {
  struct problem cause = {0};
  *item = (struct envelope_item){.header = next_line(&envelope->rest)};
  if (slice_is_empty(item->header)) return STATUS_END;
  envelope->item_count++;
  enum status status = read_item(envelope, arena, item, &cause);
  if (!status) return STATUS_OK;
  return problem_set(problem, status, "Item %zu of the envelope is malformed: %.300s",
                     envelope->item_count, cause.message);
}
