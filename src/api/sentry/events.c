/* events.c - kept events: of a group, and by id in a project. */
#include "api/sentry/answer.h"
#include "api/sentry/event_json.h"
#include "api/sentry/gitlab_memory.h"
#include "api/sentry/handlers.h"

#include "base/banned.h"

/* A page of whole events ends behind the event that makes it so long. */
#define EVENTS_ANSWER_BYTES (2 * 1024 * 1024)

/* Reads the payload, when it is still there. */
static void load_event(struct transaction *tx, struct arena *arena, struct event_view *view) {
  struct slice json;
  view->event = NULL;
  if (!event_payload(tx, arena, view->row, &json)) return;
  view->payload_bytes = json.len;
  view->event = event_read(arena, json);
}

static void load_neighbours(struct transaction *tx, struct event_view *view) {
  struct event_row row;
  view->has_previous = event_row_previous(tx, view->row, &row);
  if (view->has_previous) view->previous = row.id;
  view->has_next = event_row_next(tx, view->row, &row);
  if (view->has_next) view->next = row.id;
}

/* What else the details say. */
static void load_rest(struct transaction *tx, struct arena *arena, struct event_view *view) {
  load_neighbours(tx, view);
  view->has_feedback = feedback_of_event(tx, arena, view->row, &view->feedback);
}

/* As much of it as GitLab's client reads. */
static void answer_event(struct transaction *tx, struct http_request *request,
                         struct http_response *response, const struct event_row *row) {
  const struct entries_limits lengths[] = {ENTRIES_ALL, ENTRIES_SHORT, ENTRIES_LEAST};
  struct event_view view = {.row = row};
  load_event(tx, request->arena, &view);
  load_rest(tx, request->arena, &view);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    struct json_writer writer = api_begin_json(response);
    api_write_event_details(&writer, &view, &lengths[i]);
    if (gitlab_reads(buffer_slice(&response->body))) return;
  }
}

/* --- of a group ------------------------------------------------------------------------- */

static bool find_event_of_group(struct transaction *tx, const struct group *group,
                                struct slice name, struct event_row *row) {
  struct event_id id;
  if (slice_equal(name, SLICE("latest")) || slice_equal(name, SLICE("recommended")))
    return event_row_at(tx, group->id, EVENT_LATEST, row);
  if (slice_equal(name, SLICE("oldest"))) return event_row_at(tx, group->id, EVENT_OLDEST, row);
  return event_id_parse(name, &id) && event_row_find(tx, group->project_id, &id, row) &&
         row->group_id == group->id;
}

void api_issue_event(struct http_request *request, struct http_response *response) {
  struct api_group found;
  struct event_row row;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_group(request, response, tx, &found) == STATUS_OK) {
    if (find_event_of_group(tx, &found.group, http_parameter(request, "event"), &row))
      answer_event(tx, request, response, &row);
    else
      api_not_found(response);
  }
  store_end_read(tx);
}

/* --- list ----------------------------------------------------------------------------------- */

struct event_page {
  struct event_row *rows; /* newest first */
  size_t count;
  bool has_previous, has_next;
};

static void list_older(struct transaction *tx, struct arena *arena, int64_t group_id,
                       const struct api_page *wanted, struct event_page *page) {
  struct event_row_query query = {.group_id = group_id,
                                  .before_ref = wanted->cursor.is_set ? wanted->cursor.value : 0,
                                  .limit = wanted->limit + 1};
  page->count = event_row_list(tx, arena, &query, &page->rows);
  page->has_next = page->count > wanted->limit;
  if (page->has_next) page->count = wanted->limit;
  page->has_previous = wanted->cursor.is_set && page->count > 0;
}

/* The rows just newer than the cursor, walked one by one and filled from the end. */
static void list_newer(struct transaction *tx, struct arena *arena, int64_t group_id,
                       const struct api_page *wanted, struct event_page *page) {
  struct event_row at = {.group_id = group_id, .ref = wanted->cursor.value}, next;
  struct event_row *rows = ARENA_ARRAY(arena, wanted->limit, struct event_row);
  size_t start = wanted->limit;
  page->has_previous = event_row_next(tx, &at, &next);
  while (page->has_previous && start > 0) {
    rows[--start] = at = next;
    page->has_previous = event_row_next(tx, &at, &next);
  }
  page->rows = rows + start;
  page->count = wanted->limit - start;
  page->has_next = page->count > 0;
}

static struct cursor cursor_of(const struct event_row *row, bool is_before) {
  return (struct cursor){.value = row->ref, .is_before = is_before, .is_set = true};
}

/* The rows beside it, where there are any. */
static void find_neighbours_in(struct transaction *tx, const struct event_page *page, size_t at,
                               struct event_view *view) {
  if (at == 0 || at + 1 == page->count) {
    load_neighbours(tx, view);
    return;
  }
  view->has_previous = view->has_next = true;
  view->previous = page->rows[at + 1].id;
  view->next = page->rows[at - 1].id;
}

/* Events are written whole, so that whoever reads them all loses nothing. A page that grows long
 * ends early; the next one goes on behind it. */
static void write_events(struct transaction *tx, struct http_request *request,
                         struct http_response *response, struct event_page *page) {
  bool is_full = slice_equal(http_query_value(request, "full"), SLICE("true")) ||
                 slice_equal(http_query_value(request, "full"), SLICE("1"));
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < page->count; i++) {
    struct arena arena = {0};
    struct event_view view = {.row = &page->rows[i]};
    load_event(tx, &arena, &view);
    if (is_full) {
      find_neighbours_in(tx, page, i, &view);
      view.has_feedback = feedback_of_event(tx, &arena, view.row, &view.feedback);
      api_write_event_details(&writer, &view, &ENTRIES_ALL);
    } else {
      api_write_event(&writer, &view);
    }
    arena_free(&arena);
    if (response->body.len < EVENTS_ANSWER_BYTES || i + 1 == page->count) continue;
    page->count = i + 1;
    page->has_next = true;
  }
  json_write_array_end(&writer);
}

void api_issue_events(struct http_request *request, struct http_response *response) {
  struct api_page wanted;
  struct api_group found;
  struct event_page page = {0};
  if (api_read_page(request, response, &wanted)) return;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_group(request, response, tx, &found) == STATUS_OK) {
    if (wanted.cursor.is_set && wanted.cursor.is_before)
      list_newer(tx, request->arena, found.group.id, &wanted, &page);
    else
      list_older(tx, request->arena, found.group.id, &wanted, &page);
    write_events(tx, request, response, &page);
    struct api_links links = {.has_previous = page.has_previous, .has_next = page.has_next};
    if (page.count) {
      links.previous = cursor_of(&page.rows[0], true);
      links.next = cursor_of(&page.rows[page.count - 1], false);
    }
    api_set_links(request, response, &links);
  }
  store_end_read(tx);
}

/* --- by id in a project ------------------------------------------------------------------------
 */

/* On failure the response is filled. */
static bool find_event_of_project(struct transaction *tx, struct http_request *request,
                                  struct http_response *response, struct event_row *row) {
  struct project project;
  struct event_id id;
  if (api_find_project(request, response, tx, &project)) return false;
  if (event_id_parse(http_parameter(request, "event"), &id) &&
      event_row_find(tx, project.id, &id, row))
    return true;
  api_not_found(response);
  return false;
}

void api_project_event(struct http_request *request, struct http_response *response) {
  struct event_row row;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (find_event_of_project(tx, request, response, &row)) answer_event(tx, request, response, &row);
  store_end_read(tx);
}

/* The kept payload as it is, with the attribute names that SDKs send. */
void api_project_event_json(struct http_request *request, struct http_response *response) {
  struct event_row row;
  struct slice json;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (find_event_of_project(tx, request, response, &row)) {
    if (event_payload(tx, request->arena, &row, &json)) {
      api_begin_json(response);
      buffer_append_slice(&response->body, json);
    } else {
      api_not_found(response);
    }
  }
  store_end_read(tx);
}
