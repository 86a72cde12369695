/* hashes.c - the primary hashes of a group: listing them, and splitting some off ("unmerge"). */
#include "api/sentry/answer.h"
#include "api/sentry/event_json.h"
#include "api/sentry/handlers.h"

#include "base/banned.h"

static void write_latest(struct json_writer *writer, struct transaction *tx, struct arena *arena,
                         int64_t strand_id) {
  struct event_row row;
  struct slice json;
  struct event_view view = {.row = &row};
  json_write_key(writer, "latestEvent");
  if (!strand_latest_event(tx, strand_id, &row)) {
    json_write_null(writer);
    return;
  }
  if (event_payload(tx, arena, &row, &json)) {
    view.payload_bytes = json.len;
    view.event = event_read(arena, json);
  }
  api_write_event(writer, &view);
}

static void write_hashes(struct transaction *tx, struct http_request *request,
                         struct http_response *response, const struct group *group) {
  struct strand *strands;
  size_t count = strand_list(tx, request->arena, group->id, &strands);
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < count; i++) {
    json_write_object(&writer);
    char hash[2 * GROUPING_HASH_BYTES];
    hex_encode(strands[i].hash.bytes, GROUPING_HASH_BYTES, hash);
    api_write_text(&writer, "id", slice_of(hash, sizeof hash));
    api_write_integer(&writer, "eventCount", strands[i].own.event_count);
    api_write_bool(&writer, "mergedBySeer", false);
    api_write_null(&writer, "seerMatchDistance");
    write_latest(&writer, tx, request->arena, strands[i].id);
    json_write_object_end(&writer);
  }
  json_write_array_end(&writer);
}

void api_issue_hashes(struct http_request *request, struct http_response *response) {
  struct api_group found;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_group(request, response, tx, &found) == STATUS_OK)
    write_hashes(tx, request, response, &found.group);
  store_end_read(tx);
}

/* The hashes of all `id` parameters; the same twice counts once. */
static enum status read_hashes(struct http_request *request, struct group_hash *hashes,
                               size_t *count, struct problem *problem) {
  struct slice query = request->query;
  *count = 0;
  while (query.len) {
    struct slice pair = slice_split(&query, '&');
    if (!slice_equal(slice_split(&pair, '='), SLICE("id"))) continue;
    if (*count == API_HASHES_LIMIT)
      return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                               "At most %d hashes can be split off at once.", API_HASHES_LIMIT);
    if (pair.len != 2 * GROUPING_HASH_BYTES ||
        !hex_decode(pair, hashes[*count].bytes, GROUPING_HASH_BYTES))
      return problem_set_field(problem, STATUS_BAD_INPUT, "id", "A hash has %d hexadecimal digits.",
                               2 * GROUPING_HASH_BYTES);
    ++*count;
  }
  return STATUS_OK;
}

void api_issue_hashes_delete(struct http_request *request, struct http_response *response) {
  struct store *store = api_application(request)->store;
  struct api_group found;
  struct problem problem;
  struct group_hash hashes[API_HASHES_LIMIT];
  int64_t new_group_id;
  struct transaction *tx = store_begin_read(store);
  enum status status = api_find_group(request, response, tx, &found);
  store_end_read(tx);
  if (status) return;
  struct split_request split = {
      .actor = api_actor(request), .group_id = found.group.id, .hashes = hashes};
  status = read_hashes(request, hashes, &split.hash_count, &problem);
  if (!status) status = tracker_split(store, &split, &new_group_id, &problem);
  if (status)
    api_fail(response, &problem);
  else
    response->status = 202;
}
