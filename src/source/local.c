/* local.c - this server as the source: everything is read in one snapshot of the store. */
#include "source/local.h"

#include "base/clock.h"
#include "tracker/tracker.h"

#include "base/banned.h"

static enum status no_such_error(struct problem *problem) {
  return problem_set(problem, STATUS_NOT_FOUND, "This error was not found.");
}

static struct source_error error_of(struct source *source, struct transaction *tx,
                                    const struct group *group) {
  struct source_error error = {.group = *group,
                               .short_id = group_short_id(source->arena, source->project, group)};
  group_hours(tx, group->id, source->now_ms, SOURCE_HOURS, error.hours);
  error.has_link = issue_link_find(tx, source->arena, group->id, &error.link);
  return error;
}

/* --- the list ------------------------------------------------------------------------- */

static void fill_page(struct source *source, struct transaction *tx,
                      const struct group_page *groups, struct source_page *page) {
  page->errors = ARENA_ARRAY(source->arena, groups->count, struct source_error);
  page->count = groups->count;
  for (size_t i = 0; i < groups->count; i++)
    page->errors[i] = error_of(source, tx, &groups->groups[i]);
  page->has_previous = groups->has_previous;
  page->has_next = groups->has_next;
  if (groups->has_previous) page->previous = cursor_format(source->arena, groups->previous);
  if (groups->has_next) page->next = cursor_format(source->arena, groups->next);
}

static void count_page(struct source *source, struct transaction *tx,
                       const struct source_query *query, struct source_page *page) {
  page->has_counts = true;
  group_count_by_status(tx, source->project->id, page->counts);
  page->total = query->text.len ? -1 : 0;
  for (int i = 0; i < GROUP_STATUS_COUNT && !query->text.len; i++)
    if (query->status < 0 || query->status == i) page->total += page->counts[i];
}

enum status local_list(struct source *source, const struct source_query *query,
                       struct source_page *page, struct problem *problem) {
  struct group_query wanted = {.project_id = source->project->id,
                               .status = query->status,
                               .text = query->text,
                               .sort = query->sort,
                               .limit = query->limit};
  if (query->cursor.len && !cursor_parse(query->cursor, &wanted.cursor))
    return problem_set_field(problem, STATUS_BAD_INPUT, "cursor",
                             "The cursor in the address is not one that this list gave out. Start "
                             "from the first page.");
  struct group_page groups;
  *page = (struct source_page){.news = {.is_live = true}};
  struct transaction *tx = store_begin_read(source->sources->store);
  group_list(tx, source->arena, &wanted, &groups);
  fill_page(source, tx, &groups, page);
  count_page(source, tx, query, page);
  store_end_read(tx);
  return STATUS_OK;
}

/* --- one error -------------------------------------------------------------------------- */

/* The project's error; the id of one that was merged finds what it was merged into. */
static bool find_group(struct source *source, struct transaction *tx, int64_t error_id,
                       struct group *group) {
  return group_get(tx, source->arena, error_id, group) && group->project_id == source->project->id;
}

static bool choose_event(struct transaction *tx, const struct source_event_choice *choice,
                         struct source_details *details) {
  const struct group *group = &details->error.group;
  if (choice->is_latest || choice->is_oldest) {
    details->has_event =
        event_row_at(tx, group->id, choice->is_latest ? EVENT_LATEST : EVENT_OLDEST, &details->row);
    return true;
  }
  details->has_event = event_row_find(tx, group->project_id, &choice->id, &details->row) &&
                       details->row.group_id == group->id;
  return details->has_event;
}

static void read_event(struct source *source, struct transaction *tx,
                       struct source_details *details) {
  struct event_row row;
  details->has_previous = event_row_previous(tx, &details->row, &row);
  if (details->has_previous) details->previous = row.id;
  details->has_next = event_row_next(tx, &details->row, &row);
  if (details->has_next) details->next = row.id;
  if (!event_payload(tx, source->arena, &details->row, &details->payload))
    details->payload = SLICE_EMPTY;
}

/* Sums hours to days of the calendar. */
static void read_days(struct source *source, struct transaction *tx, int64_t group_id,
                      int64_t days[SOURCE_DAYS]) {
  int64_t hours[SOURCE_DAYS * 24];
  const size_t count = sizeof hours / sizeof hours[0];
  size_t hours_today = (size_t)(source->now_ms % DAY_MS / HOUR_MS) + 1;
  group_hours(tx, group_id, source->now_ms, count, hours);
  for (size_t i = 0; i < count; i++) {
    size_t back = count - 1 - i; /* hours before the current one */
    size_t days_back = back < hours_today ? 0 : (back - hours_today) / 24 + 1;
    if (days_back < SOURCE_DAYS) days[SOURCE_DAYS - 1 - days_back] += hours[i];
  }
}

enum status local_details(struct source *source, int64_t error_id,
                          const struct source_event_choice *choice, struct source_details *details,
                          struct problem *problem) {
  struct group group;
  *details = (struct source_details){.news = {.is_live = true}};
  struct transaction *tx = store_begin_read(source->sources->store);
  bool is_found = find_group(source, tx, error_id, &group);
  if (is_found) {
    details->error = error_of(source, tx, &group);
    is_found = choose_event(tx, choice, details);
  }
  if (is_found) {
    if (details->has_event) read_event(source, tx, details);
    read_days(source, tx, group.id, details->days);
    details->tag_count = group_tags(tx, source->arena, group.id, &details->tags);
    details->activity_count =
        activity_list(tx, source->arena, group.id, SOURCE_ACTIVITIES, &details->activities);
  }
  store_end_read(tx);
  return is_found ? STATUS_OK : no_such_error(problem);
}

enum status local_find(struct source *source, int64_t error_id, struct source_error *error,
                       struct problem *problem) {
  struct group group;
  struct transaction *tx = store_begin_read(source->sources->store);
  bool is_found = find_group(source, tx, error_id, &group);
  if (is_found) *error = error_of(source, tx, &group);
  store_end_read(tx);
  return is_found ? STATUS_OK : no_such_error(problem);
}

/* "APP-1A" with this project's name. */
static bool find_by_short_id(struct source *source, struct transaction *tx, struct slice text,
                             struct group *group) {
  size_t dash = slice_find_last_byte(text, '-');
  int64_t number;
  return dash < text.len &&
         slice_equal_ignore_case(slice_upto(text, dash), source->project->slug) &&
         group_short_id_parse(text, &number) &&
         group_find_by_number(tx, source->arena, source->project->id, number, group);
}

enum status local_look_up(struct source *source, struct slice text, struct source_place *place,
                          struct problem *problem) {
  struct group group;
  struct event_row row;
  *place = (struct source_place){0};
  struct transaction *tx = store_begin_read(source->sources->store);
  if (find_by_short_id(source, tx, text, &group)) {
    place->error_id = group.id;
  } else if (event_id_parse(text, &place->event_id) &&
             event_row_find(tx, source->project->id, &place->event_id, &row)) {
    place->has_event = true;
    place->error_id = row.group_id;
  }
  store_end_read(tx);
  return place->error_id ? STATUS_OK : no_such_error(problem);
}

/* --- changes ---------------------------------------------------------------------------- */

enum status local_set_status(struct source *source, const struct source_change *change,
                             struct source_change_result *result, struct problem *problem) {
  *result = (struct source_change_result){0};
  for (size_t i = 0; i < change->count; i++) {
    struct source_error error;
    struct status_result one;
    if (local_find(source, change->ids[i], &error, problem)) continue;
    const struct status_change wanted = {
        .actor = change->actor, .group_id = error.group.id, .status = change->status};
    enum status status = tracker_set_status(source->sources->store, &wanted, &one, problem);
    if (status) return status;
    result->count++;
    if (change->count == 1) result->closed_issue_number = one.closed_issue_number;
  }
  return result->count ? STATUS_OK : no_such_error(problem);
}
