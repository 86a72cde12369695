/* forge_server.c - rows of GitLab servers, identities, grants, linked projects and roles; see
 * store/forge_server.h. */
#include "store/forge_server.h"

#include "base/clock.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* Runs a statement with one or two numbers. */
static void run(struct transaction *tx, const char *sql, int64_t first, int64_t second) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, first);
  if (second) query_bind_int(&query, 2, second);
  query_run(&query);
}

static void bind_secret(struct query *query, int at, struct slice sealed) {
  query_bind_blob(query, at, sealed.ptr, sealed.len);
}

/* --- servers ---------------------------------------------------------------------------- */

#define SERVER_COLUMNS                                                             \
  "SELECT id, created_ms, name, url, client_id, client_secret, token, is_sign_in," \
  " may_create_users FROM forge_server "

static struct forge_server server_read(const struct query *query, struct arena *arena) {
  return (struct forge_server){.id = query_int(query, 0),
                               .created_ms = query_int(query, 1),
                               .name = query_text(query, 2, arena),
                               .url = query_text(query, 3, arena),
                               .client_id = query_text(query, 4, arena),
                               .client_secret = query_text(query, 5, arena),
                               .token = query_text(query, 6, arena),
                               .is_sign_in = query_int(query, 7) != 0,
                               .may_create_users = query_int(query, 8) != 0};
}

static bool server_read_one(struct query *query, struct arena *arena, struct forge_server *server) {
  bool is_found = query_next(query);
  if (is_found) *server = server_read(query, arena);
  query_end(query);
  return is_found;
}

static bool is_taken(struct transaction *tx, const char *sql, struct slice value,
                     int64_t except_id) {
  struct query query = query_begin(tx, sql);
  query_bind_text(&query, 1, value);
  query_bind_int(&query, 2, except_id);
  bool is_found = query_next(&query);
  query_end(&query);
  return is_found;
}

static enum status server_check_free(struct transaction *tx, const struct forge_server *server,
                                     struct problem *problem) {
  if (is_taken(tx, "SELECT 1 FROM forge_server WHERE name = ?1 AND id <> ?2", server->name,
               server->id))
    return problem_set_field(problem, STATUS_CONFLICT, "name", "There is a forge \"%.*s\" already.",
                             SLICE_ARGS(server->name));
  if (is_taken(tx, "SELECT 1 FROM forge_server WHERE url = ?1 AND id <> ?2", server->url,
               server->id))
    return problem_set_field(problem, STATUS_CONFLICT, "url",
                             "There is a forge with the URL %.*s already.",
                             SLICE_ARGS(server->url));
  return STATUS_OK;
}

static void server_bind(struct query *query, const struct forge_server *server) {
  query_bind_text(query, 2, server->name);
  query_bind_text(query, 3, server->url);
  query_bind_text(query, 4, server->client_id);
  bind_secret(query, 5, server->client_secret);
  bind_secret(query, 6, server->token);
  query_bind_int(query, 7, server->is_sign_in);
  query_bind_int(query, 8, server->may_create_users);
}

enum status forge_server_create(struct transaction *tx, const struct forge_server *draft,
                                int64_t *id, struct problem *problem) {
  struct forge_server made = *draft;
  made.id = 0;
  enum status status = server_check_free(tx, &made, problem);
  if (status) return status;
  struct query query = query_begin(tx,
                                   "INSERT INTO forge_server(created_ms, name, url, client_id, "
                                   "client_secret, token, is_sign_in, may_create_users) "
                                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  query_bind_int(&query, 1, clock_now_ms());
  server_bind(&query, &made);
  query_run(&query);
  *id = database_last_id(tx);
  return STATUS_OK;
}

/* Secrets are sealed for the old URL: they would not open. */
static void forget_secrets(struct transaction *tx, int64_t id) {
  run(tx, "DELETE FROM forge_grant WHERE forge_id = ?1", id, 0);
  run(tx, "UPDATE project_forge SET token = x'', webhook_secret = x'' WHERE forge_id = ?1", id, 0);
}

static void forget_all(struct transaction *tx, int64_t id) {
  run(tx, "DELETE FROM forge_grant WHERE forge_id = ?1", id, 0);
  run(tx, "DELETE FROM forge_identity WHERE forge_id = ?1", id, 0);
  run(tx,
      "DELETE FROM forge_role WHERE project_id IN (SELECT project_id FROM project_forge WHERE "
      "forge_id = ?1)",
      id, 0);
  run(tx, "DELETE FROM project_forge WHERE forge_id = ?1", id, 0);
  tx->is_project_changed = true;
}

enum status forge_server_update(struct transaction *tx, const struct forge_server *server,
                                bool is_moved, struct problem *problem) {
  struct arena arena = {0};
  struct forge_server before;
  bool is_known = forge_server_get(tx, &arena, server->id, &before);
  bool is_other_url = is_known && !slice_equal(before.url, server->url);
  arena_free(&arena);
  if (!is_known) return problem_set(problem, STATUS_NOT_FOUND, "There is no such forge.");
  enum status status = server_check_free(tx, server, problem);
  if (status) return status;
  if (is_other_url) (is_moved ? forget_secrets : forget_all)(tx, server->id);
  struct query query = query_begin(tx,
                                   "UPDATE forge_server SET name = ?2, url = ?3, client_id = ?4, "
                                   "client_secret = ?5, token = ?6, is_sign_in = ?7, "
                                   "may_create_users = ?8 WHERE id = ?1");
  query_bind_int(&query, 1, server->id);
  server_bind(&query, server);
  query_run(&query);
  return STATUS_OK;
}

enum status forge_server_delete(struct transaction *tx, int64_t id, struct problem *problem) {
  struct query query = query_begin(tx, "DELETE FROM forge_server WHERE id = ?1");
  query_bind_int(&query, 1, id);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such forge.");
  forget_all(tx, id);
  return STATUS_OK;
}

bool forge_server_get(struct transaction *tx, struct arena *arena, int64_t id,
                      struct forge_server *server) {
  struct query query = query_begin(tx, SERVER_COLUMNS "WHERE id = ?1");
  query_bind_int(&query, 1, id);
  return server_read_one(&query, arena, server);
}

bool forge_server_find(struct transaction *tx, struct arena *arena, struct slice name,
                       struct forge_server *server) {
  struct query query = query_begin(tx, SERVER_COLUMNS "WHERE name = ?1");
  query_bind_text(&query, 1, name);
  return server_read_one(&query, arena, server);
}

size_t forge_server_list(struct transaction *tx, struct arena *arena,
                         struct forge_server **servers) {
  struct rows rows = ROWS_OF(struct forge_server);
  struct query query = query_begin(tx, SERVER_COLUMNS "ORDER BY name");
  while (query_next(&query))
    *(struct forge_server *)rows_add(&rows, arena) = server_read(&query, arena);
  query_end(&query);
  *servers = rows.items;
  return rows.count;
}

struct slice forge_server_secret_purpose(struct arena *arena, const struct forge_server *server) {
  return arena_printf(arena, "gitlab-application:%.*s", SLICE_ARGS(server->url));
}

struct slice forge_server_token_purpose(struct arena *arena, const struct forge_server *server) {
  return arena_printf(arena, "gitlab-token:%.*s", SLICE_ARGS(server->url));
}

/* --- people ----------------------------------------------------------------------------- */

#define IDENTITY_COLUMNS \
  "SELECT forge_id, user_id, linked_ms, subject, username FROM forge_identity "

static struct forge_identity identity_read(const struct query *query, struct arena *arena) {
  return (struct forge_identity){.forge_id = query_int(query, 0),
                                 .user_id = query_int(query, 1),
                                 .linked_ms = query_int(query, 2),
                                 .subject = query_text(query, 3, arena),
                                 .username = query_text(query, 4, arena)};
}

static bool identity_read_one(struct query *query, struct arena *arena,
                              struct forge_identity *identity) {
  bool is_found = query_next(query);
  if (is_found) *identity = identity_read(query, arena);
  query_end(query);
  return is_found;
}

static enum status identity_check(struct transaction *tx, const struct forge_identity *identity,
                                  struct problem *problem) {
  struct arena arena = {0};
  struct forge_identity other;
  enum status status = STATUS_OK;
  if (forge_identity_find(tx, &arena, identity->forge_id, identity->subject, &other) &&
      other.user_id != identity->user_id)
    status = problem_set(problem, STATUS_CONFLICT,
                         "The account \"%.*s\" there belongs to another user here.",
                         SLICE_ARGS(identity->username));
  else if (forge_identity_of_user(tx, &arena, identity->forge_id, identity->user_id, &other) &&
           !slice_equal(other.subject, identity->subject))
    status = problem_set(problem, STATUS_CONFLICT,
                         "This user is linked to the account \"%.*s\" there. Unlink it first.",
                         SLICE_ARGS(other.username));
  arena_free(&arena);
  return status;
}

enum status forge_identity_set(struct transaction *tx, const struct forge_identity *identity,
                               struct problem *problem) {
  enum status status = identity_check(tx, identity, problem);
  if (status) return status;
  struct query query = query_begin(tx,
                                   "INSERT INTO forge_identity(forge_id, subject, user_id, "
                                   "username, linked_ms) VALUES(?1, ?2, ?3, ?4, ?5) "
                                   "ON CONFLICT(forge_id, subject) DO UPDATE SET username = ?4");
  query_bind_int(&query, 1, identity->forge_id);
  query_bind_text(&query, 2, identity->subject);
  query_bind_int(&query, 3, identity->user_id);
  query_bind_text(&query, 4, identity->username);
  query_bind_int(&query, 5, identity->linked_ms);
  query_run(&query);
  return STATUS_OK;
}

bool forge_identity_find(struct transaction *tx, struct arena *arena, int64_t forge_id,
                         struct slice subject, struct forge_identity *identity) {
  struct query query = query_begin(tx, IDENTITY_COLUMNS "WHERE forge_id = ?1 AND subject = ?2");
  query_bind_int(&query, 1, forge_id);
  query_bind_text(&query, 2, subject);
  return identity_read_one(&query, arena, identity);
}

bool forge_identity_of_user(struct transaction *tx, struct arena *arena, int64_t forge_id,
                            int64_t user_id, struct forge_identity *identity) {
  struct query query = query_begin(tx, IDENTITY_COLUMNS "WHERE forge_id = ?1 AND user_id = ?2");
  query_bind_int(&query, 1, forge_id);
  query_bind_int(&query, 2, user_id);
  return identity_read_one(&query, arena, identity);
}

size_t forge_identity_list(struct transaction *tx, struct arena *arena, int64_t forge_id,
                           int64_t user_id, struct forge_identity **identities) {
  struct rows rows = ROWS_OF(struct forge_identity);
  struct query query = query_begin(tx, IDENTITY_COLUMNS
                                   "WHERE (?1 = 0 OR forge_id = ?1) AND (?2 = 0 OR user_id = ?2) "
                                   "ORDER BY forge_id, user_id");
  query_bind_int(&query, 1, forge_id);
  query_bind_int(&query, 2, user_id);
  while (query_next(&query))
    *(struct forge_identity *)rows_add(&rows, arena) = identity_read(&query, arena);
  query_end(&query);
  *identities = rows.items;
  return rows.count;
}

void forge_identity_delete(struct transaction *tx, int64_t forge_id, int64_t user_id) {
  forge_grant_delete(tx, forge_id, user_id);
  run(tx, "DELETE FROM forge_identity WHERE forge_id = ?1 AND user_id = ?2", forge_id, user_id);
  run(tx,
      "DELETE FROM forge_role WHERE user_id = ?2 AND project_id IN (SELECT project_id FROM "
      "project_forge WHERE forge_id = ?1)",
      forge_id, user_id);
}

bool forge_grant_get(struct transaction *tx, struct arena *arena, int64_t forge_id, int64_t user_id,
                     struct forge_grant *grant) {
  struct query query = query_begin(tx,
                                   "SELECT access_token, refresh_token, expires_ms, scopes FROM "
                                   "forge_grant WHERE forge_id = ?1 AND user_id = ?2");
  query_bind_int(&query, 1, forge_id);
  query_bind_int(&query, 2, user_id);
  bool is_found = query_next(&query);
  if (is_found)
    *grant = (struct forge_grant){.forge_id = forge_id,
                                  .user_id = user_id,
                                  .access_token = query_text(&query, 0, arena),
                                  .refresh_token = query_text(&query, 1, arena),
                                  .expires_ms = query_int(&query, 2),
                                  .scopes = query_text(&query, 3, arena)};
  query_end(&query);
  return is_found;
}

void forge_grant_set(struct transaction *tx, const struct forge_grant *grant) {
  struct query query = query_begin(tx,
                                   "INSERT OR REPLACE INTO forge_grant(forge_id, user_id, "
                                   "access_token, refresh_token, expires_ms, scopes) "
                                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  query_bind_int(&query, 1, grant->forge_id);
  query_bind_int(&query, 2, grant->user_id);
  bind_secret(&query, 3, grant->access_token);
  bind_secret(&query, 4, grant->refresh_token);
  query_bind_int(&query, 5, grant->expires_ms);
  query_bind_text(&query, 6, grant->scopes);
  query_run(&query);
}

void forge_grant_delete(struct transaction *tx, int64_t forge_id, int64_t user_id) {
  run(tx, "DELETE FROM forge_grant WHERE forge_id = ?1 AND user_id = ?2", forge_id, user_id);
}

struct slice forge_grant_purpose(struct arena *arena, const struct forge_server *server,
                                 int64_t user_id) {
  return arena_printf(arena, "gitlab-grant:%lld:%.*s", (long long)user_id, SLICE_ARGS(server->url));
}
