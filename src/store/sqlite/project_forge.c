/* project_forge.c - rows of projects that are linked to projects at a forge, and of the roles that
 * were taken from there; see store/forge_server.h. */
#include "store/forge_server.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* --- linked projects ---------------------------------------------------------------------- */

#define LINK_COLUMNS                                                                      \
  "SELECT project_id, forge_id, remote_id, path, web_url, token, labels, webhook_secret," \
  " default_branch, is_confidential, closes_issues, reopens_issues, resolves_on_close,"   \
  " takes_roles, checked_ms, problem, roles_asked_ms, roles_problem,"                     \
  " may_use_server_token FROM project_forge "

static struct project_forge link_read(const struct query *query, struct arena *arena) {
  return (struct project_forge){.project_id = query_int(query, 0),
                                .forge_id = query_int(query, 1),
                                .remote_id = query_int(query, 2),
                                .path = query_text(query, 3, arena),
                                .web_url = query_text(query, 4, arena),
                                .token = query_text(query, 5, arena),
                                .labels = query_text(query, 6, arena),
                                .webhook_secret = query_text(query, 7, arena),
                                .default_branch = query_text(query, 8, arena),
                                .is_confidential = query_int(query, 9) != 0,
                                .closes_issues = query_int(query, 10) != 0,
                                .reopens_issues = query_int(query, 11) != 0,
                                .resolves_on_close = query_int(query, 12) != 0,
                                .takes_roles = query_int(query, 13) != 0,
                                .checked_ms = query_int(query, 14),
                                .problem = query_text(query, 15, arena),
                                .roles_asked_ms = query_int(query, 16),
                                .roles_problem = query_text(query, 17, arena),
                                .may_use_server_token = query_int(query, 18) != 0};
}

bool project_forge_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct project_forge *link) {
  struct query query = query_begin(tx, LINK_COLUMNS "WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  bool is_found = query_next(&query);
  if (is_found) *link = link_read(&query, arena);
  query_end(&query);
  return is_found;
}

static void forget_roles(struct transaction *tx, int64_t project_id) {
  struct query query = query_begin(tx, "DELETE FROM forge_role WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  query_run(&query);
}

static bool is_same_project(struct transaction *tx, const struct project_forge *link) {
  struct query query = query_begin(tx,
                                   "SELECT 1 FROM project_forge WHERE project_id = ?1 AND "
                                   "forge_id = ?2 AND remote_id = ?3");
  query_bind_int(&query, 1, link->project_id);
  query_bind_int(&query, 2, link->forge_id);
  query_bind_int(&query, 3, link->remote_id);
  bool is_same = query_next(&query);
  query_end(&query);
  return is_same;
}

static void link_bind(struct query *query, const struct project_forge *link) {
  query_bind_int(query, 1, link->project_id);
  query_bind_int(query, 2, link->forge_id);
  query_bind_int(query, 3, link->remote_id);
  query_bind_text(query, 4, link->path);
  query_bind_text(query, 5, link->web_url);
  query_bind_blob(query, 6, link->token.ptr, link->token.len);
  query_bind_text(query, 7, link->labels);
  query_bind_blob(query, 8, link->webhook_secret.ptr, link->webhook_secret.len);
  query_bind_text(query, 9, link->default_branch);
  query_bind_int(query, 10, link->is_confidential);
  query_bind_int(query, 11, link->closes_issues);
  query_bind_int(query, 12, link->reopens_issues);
  query_bind_int(query, 13, link->resolves_on_close);
  query_bind_int(query, 14, link->takes_roles);
  query_bind_int(query, 15, link->checked_ms);
  query_bind_text(query, 16, link->problem);
  query_bind_int(query, 17, link->may_use_server_token);
}

void project_forge_set(struct transaction *tx, const struct project_forge *link) {
  bool keeps_roles = link->takes_roles && is_same_project(tx, link);
  struct query query = query_begin(
      tx,
      "INSERT INTO project_forge(project_id, forge_id, remote_id, path, web_url, token, labels,"
      " webhook_secret, default_branch, is_confidential, closes_issues, reopens_issues,"
      " resolves_on_close, takes_roles, checked_ms, problem, may_use_server_token)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
      " ON CONFLICT DO UPDATE SET forge_id = ?2, remote_id = ?3, path = ?4, web_url = ?5,"
      " token = ?6, labels = ?7, webhook_secret = ?8, default_branch = ?9, is_confidential = ?10,"
      " closes_issues = ?11, reopens_issues = ?12, resolves_on_close = ?13, takes_roles = ?14,"
      " checked_ms = ?15, problem = ?16, may_use_server_token = ?17");
  link_bind(&query, link);
  query_run(&query);
  if (!keeps_roles) {
    forget_roles(tx, link->project_id);
    project_forge_note_roles(tx, link->project_id, 0, SLICE_EMPTY);
  }
  tx->is_project_changed = true;
}

void project_forge_delete(struct transaction *tx, int64_t project_id) {
  forget_roles(tx, project_id);
  struct query query = query_begin(tx, "DELETE FROM project_forge WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  query_run(&query);
  tx->is_project_changed = true;
}

size_t project_forge_list(struct transaction *tx, struct arena *arena, int64_t forge_id,
                          struct project_forge **links) {
  struct rows rows = ROWS_OF(struct project_forge);
  struct query query =
      query_begin(tx, LINK_COLUMNS "WHERE ?1 = 0 OR forge_id = ?1 ORDER BY project_id");
  query_bind_int(&query, 1, forge_id);
  while (query_next(&query))
    *(struct project_forge *)rows_add(&rows, arena) = link_read(&query, arena);
  query_end(&query);
  *links = rows.items;
  return rows.count;
}

struct slice project_forge_token_purpose(struct arena *arena, int64_t project_id,
                                         const struct forge_server *server) {
  return arena_printf(arena, "gitlab-project-token:%lld:%.*s", (long long)project_id,
                      SLICE_ARGS(server->url));
}

struct slice project_forge_webhook_purpose(struct arena *arena, int64_t project_id,
                                           const struct forge_server *server) {
  return arena_printf(arena, "gitlab-webhook:%lld:%.*s", (long long)project_id,
                      SLICE_ARGS(server->url));
}

/* --- roles -------------------------------------------------------------------------------- */

void forge_role_replace(struct transaction *tx, int64_t project_id, const struct forge_role *roles,
                        size_t count) {
  forget_roles(tx, project_id);
  for (size_t i = 0; i < count; i++) {
    struct forge_role role = roles[i];
    role.project_id = project_id;
    forge_role_set(tx, &role);
  }
}

static void forge_role_delete(struct transaction *tx, const struct forge_role *role) {
  struct query query =
      query_begin(tx, "DELETE FROM forge_role WHERE project_id = ?1 AND user_id = ?2");
  query_bind_int(&query, 1, role->project_id);
  query_bind_int(&query, 2, role->user_id);
  query_run(&query);
}

void forge_role_set(struct transaction *tx, const struct forge_role *role) {
  if (role->role == ROLE_NONE) {
    forge_role_delete(tx, role);
    return;
  }
  struct query query = query_begin(tx,
                                   "INSERT OR REPLACE INTO forge_role(project_id, user_id, role, "
                                   "checked_ms) VALUES(?1, ?2, ?3, ?4)");
  query_bind_int(&query, 1, role->project_id);
  query_bind_int(&query, 2, role->user_id);
  query_bind_int(&query, 3, role->role);
  query_bind_int(&query, 4, role->checked_ms);
  query_run(&query);
}

size_t forge_role_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct forge_role **roles) {
  struct rows rows = ROWS_OF(struct forge_role);
  struct query query = query_begin(tx,
                                   "SELECT user_id, role, checked_ms FROM forge_role WHERE "
                                   "project_id = ?1 ORDER BY user_id");
  query_bind_int(&query, 1, project_id);
  while (query_next(&query))
    *(struct forge_role *)rows_add(&rows, arena) =
        (struct forge_role){.project_id = project_id,
                            .user_id = query_int(&query, 0),
                            .role = (enum role)query_int(&query, 1),
                            .checked_ms = query_int(&query, 2)};
  query_end(&query);
  *roles = rows.items;
  return rows.count;
}

void project_forge_note_roles(struct transaction *tx, int64_t project_id, int64_t asked_ms,
                              struct slice problem) {
  struct query query = query_begin(tx,
                                   "UPDATE project_forge SET roles_asked_ms = ?2, roles_problem = "
                                   "?3 WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, asked_ms);
  query_bind_text(&query, 3, problem);
  query_run(&query);
}
