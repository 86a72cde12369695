/* feedback.c - rows of feedback; see store/feedback.h.
 *
 * `retry_ms` says when to look again for the event: after a second, then each time twice as long
 * after the feedback came, until FEEDBACK_LINK_MS have passed. So events need not look for their
 * feedback.
 */
#include "store/feedback.h"

#include <string.h>

#include "base/clock.h"
#include "store/event.h"
#include "store/sqlite/database.h"
#include "store/sqlite/feedback_row.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* Looked for in one tick, some 20 us each. */
enum { LINKS_A_TICK = 50 };

static int64_t find_strand(struct transaction *tx, const struct feedback *feedback) {
  struct event_row row;
  if (!feedback->has_event) return 0;
  return event_row_find(tx, feedback->project_id, &feedback->event_id, &row) ? row.strand_id : 0;
}

static int64_t next_try_ms(const struct feedback *feedback, int64_t now_ms) {
  int64_t age_ms = now_ms - feedback->received_ms;
  if (!feedback->has_event || age_ms >= FEEDBACK_LINK_MS) return 0;
  return now_ms + (age_ms > SECOND_MS ? age_ms : SECOND_MS);
}

void feedback_save(struct transaction *tx, const struct feedback *feedback) {
  int64_t strand_id = find_strand(tx, feedback);
  struct query query = query_begin(
      tx,
      "INSERT INTO feedback(project_id, received_ms, guid, event_id, strand_id, retry_ms, name,"
      " email, message, url, source, environment, release)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
      " ON CONFLICT(project_id, guid) DO UPDATE SET name = ?7, email = ?8, message = ?9,"
      " url = ?10, source = ?11");
  query_bind_int(&query, 1, feedback->project_id);
  query_bind_int(&query, 2, feedback->received_ms);
  query_bind_blob(&query, 3, feedback->guid.bytes, EVENT_ID_BYTES);
  query_bind_blob(&query, 4, feedback->event_id.bytes, feedback->has_event ? EVENT_ID_BYTES : 0);
  query_bind_int(&query, 5, strand_id);
  query_bind_int(&query, 6, strand_id ? 0 : next_try_ms(feedback, feedback->received_ms));
  query_bind_text(&query, 7, feedback->name);
  query_bind_text(&query, 8, feedback->email);
  query_bind_text(&query, 9, feedback->message);
  query_bind_text(&query, 10, feedback->url);
  query_bind_text(&query, 11, feedback->source);
  query_bind_text(&query, 12, feedback->environment);
  query_bind_text(&query, 13, feedback->release);
  query_run(&query);
}

/* --- reading -------------------------------------------------------------------------------- */

#define FEEDBACK_COLUMNS                                                                   \
  "SELECT id, project_id, received_ms, guid, event_id, name, email, message, url, source," \
  " environment, release FROM feedback "

static struct feedback read_feedback(const struct query *query, struct arena *arena) {
  struct feedback feedback = {.id = query_int(query, 0),
                              .project_id = query_int(query, 1),
                              .received_ms = query_int(query, 2),
                              .name = query_text(query, 5, arena),
                              .email = query_text(query, 6, arena),
                              .message = query_text(query, 7, arena),
                              .url = query_text(query, 8, arena),
                              .source = query_text(query, 9, arena),
                              .environment = query_text(query, 10, arena),
                              .release = query_text(query, 11, arena)};
  struct slice guid = query_borrow(query, 3);
  if (guid.len == EVENT_ID_BYTES) memcpy(feedback.guid.bytes, guid.ptr, EVENT_ID_BYTES);
  struct slice event_id = query_borrow(query, 4);
  feedback.has_event = event_id.len == EVENT_ID_BYTES;
  if (feedback.has_event) memcpy(feedback.event_id.bytes, event_id.ptr, EVENT_ID_BYTES);
  return feedback;
}

static size_t read_rows(struct query *query, struct arena *arena, struct feedback **feedback) {
  struct rows rows = ROWS_OF(struct feedback);
  while (query_next(query))
    *(struct feedback *)rows_add(&rows, arena) = read_feedback(query, arena);
  query_end(query);
  *feedback = rows.items;
  return rows.count;
}

#define OF_PROJECT "WHERE project_id = ?1 AND id < ?2 "
#define OF_GROUP OF_PROJECT "AND strand_id IN (SELECT strand.id FROM strand WHERE group_id = ?4) "
#define NEWEST "ORDER BY id DESC LIMIT ?3"

size_t feedback_list(struct transaction *tx, struct arena *arena,
                     const struct feedback_query *wanted, struct feedback **feedback) {
  struct query query = query_begin(
      tx, wanted->group_id ? FEEDBACK_COLUMNS OF_GROUP NEWEST : FEEDBACK_COLUMNS OF_PROJECT NEWEST);
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, wanted->before_id ? wanted->before_id : INT64_MAX);
  query_bind_int(&query, 3, (int64_t)wanted->limit);
  if (wanted->group_id) query_bind_int(&query, 4, wanted->group_id);
  return read_rows(&query, arena, feedback);
}

int64_t feedback_count(struct transaction *tx, int64_t group_id) {
  struct query query =
      query_begin(tx,
                  "SELECT count(*) FROM feedback"
                  " WHERE strand_id IN (SELECT strand.id FROM strand WHERE group_id = ?1)");
  query_bind_int(&query, 1, group_id);
  int64_t count = query_next(&query) ? query_int(&query, 0) : 0;
  query_end(&query);
  return count;
}

bool feedback_of_event(struct transaction *tx, struct arena *arena, const struct event_row *row,
                       struct feedback *feedback) {
  struct feedback *found;
  struct query query = query_begin(
      tx, FEEDBACK_COLUMNS "WHERE strand_id = ?1 AND event_id = ?2 ORDER BY id DESC LIMIT 1");
  query_bind_int(&query, 1, row->strand_id);
  query_bind_blob(&query, 2, row->id.bytes, EVENT_ID_BYTES);
  if (read_rows(&query, arena, &found) == 0) return false;
  *feedback = found[0];
  return true;
}

/* --- linking -------------------------------------------------------------------------------- */

static void link_now(struct transaction *tx, const struct feedback *feedback, int64_t now_ms) {
  int64_t strand_id = find_strand(tx, feedback);
  struct query query =
      query_begin(tx, "UPDATE feedback SET strand_id = ?2, retry_ms = ?3 WHERE id = ?1");
  query_bind_int(&query, 1, feedback->id);
  query_bind_int(&query, 2, strand_id);
  query_bind_int(&query, 3, strand_id ? 0 : next_try_ms(feedback, now_ms));
  query_run(&query);
}

void feedback_tick(struct transaction *tx, struct store_tick *tick) {
  struct arena arena = {0};
  struct feedback *waiting;
  int64_t now_ms = clock_now_ms();
  (void)tick;
  struct query query =
      query_begin(tx, FEEDBACK_COLUMNS "WHERE retry_ms > 0 AND retry_ms <= ?1 LIMIT ?2");
  query_bind_int(&query, 1, now_ms);
  query_bind_int(&query, 2, LINKS_A_TICK);
  size_t count = read_rows(&query, &arena, &waiting);
  for (size_t i = 0; i < count; i++) link_now(tx, &waiting[i], now_ms);
  arena_free(&arena);
}

void feedback_purge(struct transaction *tx, int64_t before_ms) {
  struct query query = query_begin(tx, "DELETE FROM feedback WHERE received_ms < ?1");
  query_bind_int(&query, 1, before_ms);
  query_run(&query);
}
