/* connection.c - rows of connections; see store/connection.h. */
#include "store/connection.h"

#include "base/clock.h"
#include "store/outbox.h"
#include "store/remote_answer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define CONNECTION_COLUMNS                                                                \
  "SELECT project_id, is_active, kind, url, token, organization_slug, organization_name," \
  " project_slug, project_name, remote_project_id, changed_ms FROM connection "

static struct connection connection_read(const struct query *query, struct arena *arena) {
  return (struct connection){.project_id = query_int(query, 0),
                             .is_active = query_int(query, 1) != 0,
                             .kind = (enum source_kind)query_int(query, 2),
                             .url = query_text(query, 3, arena),
                             .token = query_text(query, 4, arena),
                             .organization_slug = query_text(query, 5, arena),
                             .organization_name = query_text(query, 6, arena),
                             .project_slug = query_text(query, 7, arena),
                             .project_name = query_text(query, 8, arena),
                             .remote_project_id = query_int(query, 9),
                             .changed_ms = query_int(query, 10)};
}

void connection_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                    struct connection *connection) {
  *connection =
      (struct connection){.project_id = project_id, .is_active = true, .kind = SOURCE_LOCAL};
  struct query query = query_begin(tx, CONNECTION_COLUMNS "WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) *connection = connection_read(&query, arena);
  query_end(&query);
}

static void forget_answers_of_another(struct transaction *tx, const struct connection *connection) {
  int64_t changed_ms = 0;
  struct query query = query_begin(tx, "SELECT changed_ms FROM connection WHERE project_id = ?1");
  query_bind_int(&query, 1, connection->project_id);
  if (query_next(&query)) changed_ms = query_int(&query, 0);
  query_end(&query);
  if (changed_ms != connection->changed_ms) remote_answer_forget(tx, connection->project_id);
}

void connection_set(struct transaction *tx, const struct connection *connection) {
  forget_answers_of_another(tx, connection);
  struct query query = query_begin(
      tx,
      "INSERT OR REPLACE INTO connection(project_id, is_active, kind, url, token,"
      " organization_slug, organization_name, project_slug, project_name, remote_project_id,"
      " changed_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  query_bind_int(&query, 1, connection->project_id);
  query_bind_int(&query, 2, connection->is_active);
  query_bind_int(&query, 3, connection->kind);
  query_bind_text(&query, 4, connection->url);
  query_bind_blob(&query, 5, connection->token.ptr, connection->token.len);
  query_bind_text(&query, 6, connection->organization_slug);
  query_bind_text(&query, 7, connection->organization_name);
  query_bind_text(&query, 8, connection->project_slug);
  query_bind_text(&query, 9, connection->project_name);
  query_bind_int(&query, 10, connection->remote_project_id);
  query_bind_int(&query, 11, connection->changed_ms);
  query_run(&query);
  tx->is_project_changed = true;
  outbox_hurry(tx, connection->project_id, clock_now_ms());
}

size_t connection_list(struct transaction *tx, struct arena *arena,
                       struct connection **connections) {
  struct rows rows = ROWS_OF(struct connection);
  struct query query =
      query_begin(tx, CONNECTION_COLUMNS "WHERE is_active AND kind = 1 ORDER BY project_id");
  while (query_next(&query))
    *(struct connection *)rows_add(&rows, arena) = connection_read(&query, arena);
  query_end(&query);
  *connections = rows.items;
  return rows.count;
}

struct slice connection_token_purpose(struct arena *arena, int64_t project_id, struct slice url) {
  return arena_printf(arena, "sentry-token:%lld:%.*s", (long long)project_id, SLICE_ARGS(url));
}

struct slice connection_label(struct arena *arena, const struct connection *connection) {
  return arena_printf(arena, "%.*s %.*s/%.*s", SLICE_ARGS(connection->url),
                      SLICE_ARGS(connection->organization_slug),
                      SLICE_ARGS(connection->project_slug));
}
