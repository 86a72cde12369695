/* project.c - rows of organizations, projects, client keys and members.
 *
 * Uniqueness is asked before inserting: there is one writer, so nobody can come between, and a
 * failing statement would undo the whole batch. */
#include <assert.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "store/limits.h"
#include "store/project.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

enum { NAME_MAX_BYTES = 200, PLATFORM_MAX_BYTES = 64, REPOSITORY_MAX_BYTES = 1000 };
enum { PUBLIC_KEY_BYTES = 16, PUBLIC_KEY_MAX_BYTES = 64 };

/* --- organizations ------------------------------------------------------------ */

#define ORGANIZATION_COLUMNS "SELECT id, created_ms, slug, name FROM organization "

static struct organization organization_read(const struct query *query, struct arena *arena) {
  return (struct organization){.id = query_int(query, 0),
                               .created_ms = query_int(query, 1),
                               .slug = query_text(query, 2, arena),
                               .name = query_text(query, 3, arena)};
}

static enum status check_text(struct slice text, size_t limit, const char *field,
                              struct problem *problem) {
  if (text.len > limit)
    return problem_set_field(problem, STATUS_BAD_INPUT, field, "The %s is longer than %zu bytes.",
                             field, limit);
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.ptr[i] < 0x20)
      return problem_set_field(problem, STATUS_BAD_INPUT, field,
                               "The %s holds a control character.", field);
  }
  if (!utf8_is_valid(text))
    return problem_set_field(problem, STATUS_BAD_INPUT, field, "The %s is not valid UTF-8.", field);
  return STATUS_OK;
}

/* Whether the statement, with a slug as ?1 and perhaps a number as ?2, gives a row. */
static bool is_taken(struct transaction *tx, const char *sql, struct slice slug, int64_t number) {
  struct query query = query_begin(tx, sql);
  query_bind_text(&query, 1, slug);
  if (number) query_bind_int(&query, 2, number);
  bool is_found = query_next(&query);
  query_end(&query);
  return is_found;
}

enum status organization_create(struct transaction *tx, struct slice slug, struct slice name,
                                int64_t *id, struct problem *problem) {
  enum status status = slug_check(slug, problem);
  if (!status) status = check_text(name, NAME_MAX_BYTES, "name", problem);
  if (status) return status;
  if (is_taken(tx, "SELECT 1 FROM organization WHERE slug = ?1", slug, 0))
    return problem_set_field(problem, STATUS_CONFLICT, "slug",
                             "There is an organization \"%.*s\" already.", SLICE_ARGS(slug));
  struct query query =
      query_begin(tx, "INSERT INTO organization(slug, name, created_ms) VALUES(?1, ?2, ?3)");
  query_bind_text(&query, 1, slug);
  query_bind_text(&query, 2, name.len ? name : slug);
  query_bind_int(&query, 3, clock_now_ms());
  query_run(&query);
  *id = database_last_id(tx);
  tx->is_project_changed = true;
  return STATUS_OK;
}

bool organization_find(struct transaction *tx, struct arena *arena, struct slice slug,
                       struct organization *organization) {
  struct query query = query_begin(tx, ORGANIZATION_COLUMNS "WHERE slug = ?1");
  query_bind_text(&query, 1, slug);
  bool is_found = query_next(&query);
  if (is_found) *organization = organization_read(&query, arena);
  query_end(&query);
  return is_found;
}

size_t organization_list(struct transaction *tx, struct arena *arena,
                         struct organization **organizations) {
  struct rows rows = ROWS_OF(struct organization);
  struct query query = query_begin(tx, ORGANIZATION_COLUMNS "ORDER BY slug");
  while (query_next(&query))
    *(struct organization *)rows_add(&rows, arena) = organization_read(&query, arena);
  query_end(&query);
  *organizations = rows.items;
  return rows.count;
}

/* --- projects ----------------------------------------------------------------- */

#define PROJECT_COLUMNS                                                                           \
  "SELECT p.id, p.organization_id, p.created_ms, coalesce(c.first_event_ms, 0), p.slug, p.name, " \
  "p.platform, o.slug, o.name, p.repository FROM project p "                                      \
  "JOIN organization o ON o.id = p.organization_id "                                              \
  "LEFT JOIN project_counter c ON c.project_id = p.id "

static struct project project_read(const struct query *query, struct arena *arena) {
  return (struct project){.id = query_int(query, 0),
                          .organization_id = query_int(query, 1),
                          .created_ms = query_int(query, 2),
                          .first_event_ms = query_int(query, 3),
                          .slug = query_text(query, 4, arena),
                          .name = query_text(query, 5, arena),
                          .platform = query_text(query, 6, arena),
                          .organization_slug = query_text(query, 7, arena),
                          .organization_name = query_text(query, 8, arena),
                          .repository = query_text(query, 9, arena)};
}

static bool project_read_one(struct query *query, struct arena *arena, struct project *project) {
  bool is_found = query_next(query);
  if (is_found) *project = project_read(query, arena);
  query_end(query);
  return is_found;
}

static int64_t project_insert(struct transaction *tx, const struct project_draft *draft) {
  struct query query = query_begin(tx,
                                   "INSERT INTO project(organization_id, slug, name, platform, "
                                   "created_ms) VALUES(?1, ?2, ?3, ?4, ?5)");
  query_bind_int(&query, 1, draft->organization_id);
  query_bind_text(&query, 2, draft->slug);
  query_bind_text(&query, 3, draft->name.len ? draft->name : draft->slug);
  query_bind_text(&query, 4, draft->platform);
  query_bind_int(&query, 5, clock_now_ms());
  query_run(&query);
  int64_t id = database_last_id(tx);
  query = query_begin(tx, "INSERT INTO project_counter(project_id) VALUES(?1)");
  query_bind_int(&query, 1, id);
  query_run(&query);
  tx->is_project_changed = true;
  return id;
}

enum status project_create(struct transaction *tx, const struct project_draft *draft, int64_t *id,
                           struct problem *problem) {
  enum status status = slug_check(draft->slug, problem);
  if (!status) status = check_text(draft->name, NAME_MAX_BYTES, "name", problem);
  if (!status) status = check_text(draft->platform, PLATFORM_MAX_BYTES, "platform", problem);
  if (status) return status;
  if (is_taken(tx, "SELECT 1 FROM project WHERE slug = ?1 AND organization_id = ?2", draft->slug,
               draft->organization_id))
    return problem_set_field(problem, STATUS_CONFLICT, "slug",
                             "The organization has a project \"%.*s\" already.",
                             SLICE_ARGS(draft->slug));
  *id = project_insert(tx, draft);
  struct client_key key = {.project_id = *id, .label = SLICE("Default")};
  return client_key_create(tx, &key, problem);
}

bool project_find(struct transaction *tx, struct arena *arena, struct slice organization_slug,
                  struct slice slug, struct project *project) {
  struct query query = query_begin(tx, PROJECT_COLUMNS "WHERE o.slug = ?1 AND p.slug = ?2");
  query_bind_text(&query, 1, organization_slug);
  query_bind_text(&query, 2, slug);
  return project_read_one(&query, arena, project);
}

bool project_get(struct transaction *tx, struct arena *arena, int64_t id, struct project *project) {
  struct query query = query_begin(tx, PROJECT_COLUMNS "WHERE p.id = ?1");
  query_bind_int(&query, 1, id);
  return project_read_one(&query, arena, project);
}

size_t project_list(struct transaction *tx, struct arena *arena, int64_t organization_id,
                    struct project **projects) {
  struct rows rows = ROWS_OF(struct project);
  struct query query = query_begin(
      tx, PROJECT_COLUMNS "WHERE ?1 = 0 OR p.organization_id = ?1 ORDER BY o.slug, p.slug");
  query_bind_int(&query, 1, organization_id);
  while (query_next(&query))
    *(struct project *)rows_add(&rows, arena) = project_read(&query, arena);
  query_end(&query);
  *projects = rows.items;
  return rows.count;
}

enum status project_update(struct transaction *tx, int64_t id,
                           const struct project_settings *settings, struct problem *problem) {
  enum status status = check_text(settings->name, NAME_MAX_BYTES, "name", problem);
  if (!status) status = check_text(settings->platform, PLATFORM_MAX_BYTES, "platform", problem);
  if (!status)
    status = check_text(settings->repository, REPOSITORY_MAX_BYTES, "repository", problem);
  if (status) return status;
  if (!settings->name.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "name", "A project needs a name.");
  struct query query =
      query_begin(tx, "UPDATE project SET name = ?2, platform = ?3, repository = ?4 WHERE id = ?1");
  query_bind_int(&query, 1, id);
  query_bind_text(&query, 2, settings->name);
  query_bind_text(&query, 3, settings->platform);
  query_bind_text(&query, 4, settings->repository);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such project.");
  tx->is_project_changed = true;
  return STATUS_OK;
}

/* --- client keys -------------------------------------------------------------- */

#define KEY_COLUMNS                                                                             \
  "SELECT id, project_id, created_ms, public_key, label, is_active, rate_count, rate_window_s " \
  "FROM client_key "

static size_t client_key_read_all(struct query *query, struct arena *arena,
                                  struct client_key **keys) {
  struct rows rows = ROWS_OF(struct client_key);
  while (query_next(query)) {
    *(struct client_key *)rows_add(&rows, arena) =
        (struct client_key){.id = query_int(query, 0),
                            .project_id = query_int(query, 1),
                            .created_ms = query_int(query, 2),
                            .public_key = query_text(query, 3, arena),
                            .label = query_text(query, 4, arena),
                            .is_active = query_int(query, 5) != 0,
                            .rate_count = query_int(query, 6),
                            .rate_window_s = query_int(query, 7)};
  }
  query_end(query);
  *keys = rows.items;
  return rows.count;
}

size_t client_key_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct client_key **keys) {
  struct query query = query_begin(tx, KEY_COLUMNS "WHERE project_id = ?1 ORDER BY id");
  query_bind_int(&query, 1, project_id);
  return client_key_read_all(&query, arena, keys);
}

size_t client_key_list_all(struct transaction *tx, struct arena *arena, struct client_key **keys) {
  struct query query = query_begin(tx, KEY_COLUMNS "ORDER BY id");
  return client_key_read_all(&query, arena, keys);
}

bool client_key_find(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t id,
                     struct client_key *key) {
  struct client_key *keys;
  struct query query = query_begin(tx, KEY_COLUMNS "WHERE project_id = ?1 AND id = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, id);
  bool is_found = client_key_read_all(&query, arena, &keys) == 1;
  if (is_found) *key = keys[0];
  return is_found;
}

static bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Of a key that comes from elsewhere. It becomes a part of addresses. */
static enum status check_public_key(struct transaction *tx, struct slice public_key,
                                    struct problem *problem) {
  bool is_allowed = public_key.len <= PUBLIC_KEY_MAX_BYTES;
  for (size_t i = 0; i < public_key.len; i++) {
    if (!is_key_character(public_key.ptr[i])) is_allowed = false;
  }
  if (!is_allowed)
    return problem_set_field(problem, STATUS_BAD_INPUT, "public_key",
                             "A public key has 1 to %d letters, digits and underscores.",
                             PUBLIC_KEY_MAX_BYTES);
  if (is_taken(tx, "SELECT 1 FROM client_key WHERE public_key = ?1", public_key, 0))
    return problem_set_field(problem, STATUS_CONFLICT, "public_key",
                             "The public key is in use already.");
  return STATUS_OK;
}

enum status client_key_create(struct transaction *tx, struct client_key *key,
                              struct problem *problem) {
  unsigned char bytes[PUBLIC_KEY_BYTES];
  char digits[2 * PUBLIC_KEY_BYTES];
  struct slice public_key = key->public_key;
  enum status status = check_text(key->label, NAME_MAX_BYTES, "label", problem);
  if (!status && public_key.len) status = check_public_key(tx, public_key, problem);
  if (status) return status;
  if (!public_key.len) {
    random_fill(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, digits);
    public_key = slice_of(digits, sizeof digits);
  }
  struct query query = query_begin(
      tx,
      "INSERT INTO client_key(project_id, public_key, label, created_ms) VALUES(?1, ?2, ?3, ?4)");
  query_bind_int(&query, 1, key->project_id);
  query_bind_text(&query, 2, public_key);
  query_bind_text(&query, 3, key->label);
  query_bind_int(&query, 4, clock_now_ms());
  query_run(&query);
  key->id = database_last_id(tx);
  tx->is_project_changed = true;
  return STATUS_OK;
}

static enum status check_rate(const struct client_key *key, struct problem *problem) {
  if (key->rate_count < 0 || key->rate_count > KEY_RATE_COUNT_LIMIT)
    return problem_set_field(problem, STATUS_BAD_INPUT, "rate_count",
                             "A rate limit's count is a number from 0 to %d.",
                             KEY_RATE_COUNT_LIMIT);
  if (key->rate_window_s < 0 || key->rate_window_s > KEY_RATE_WINDOW_LIMIT_S)
    return problem_set_field(problem, STATUS_BAD_INPUT, "rate_window",
                             "A rate limit's window is at most 30 days.");
  return STATUS_OK;
}

enum status client_key_update(struct transaction *tx, int64_t project_id,
                              const struct client_key *key, struct problem *problem) {
  enum status status = check_text(key->label, NAME_MAX_BYTES, "label", problem);
  if (!status) status = check_rate(key, problem);
  if (status) return status;
  struct query query =
      query_begin(tx,
                  "UPDATE client_key SET label = ?3, is_active = ?4, rate_count = ?5, "
                  "rate_window_s = ?6 WHERE id = ?1 AND project_id = ?2");
  query_bind_int(&query, 1, key->id);
  query_bind_int(&query, 2, project_id);
  query_bind_text(&query, 3, key->label);
  query_bind_int(&query, 4, key->is_active);
  query_bind_int(&query, 5, key->rate_count);
  query_bind_int(&query, 6, key->rate_window_s);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such client key.");
  tx->is_project_changed = true;
  return STATUS_OK;
}

enum status client_key_delete(struct transaction *tx, int64_t project_id, int64_t id,
                              struct problem *problem) {
  struct query query = query_begin(tx, "DELETE FROM client_key WHERE id = ?1 AND project_id = ?2");
  query_bind_int(&query, 1, id);
  query_bind_int(&query, 2, project_id);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such client key.");
  tx->is_project_changed = true;
  return STATUS_OK;
}

/* --- members ------------------------------------------------------------------ */

static enum role role_of_query(struct query *query) {
  enum role role = query_next(query) ? (enum role)query_int(query, 0) : ROLE_NONE;
  query_end(query);
  return role;
}

/* Roles of the project ?1 that count at ?2: who has which, and where it comes from. */
#define ROLES_OF_PROJECT                                                        \
  "(SELECT user_id, role AS own, 0 AS inherited, 0 AS taken FROM member"        \
  " WHERE project_id = ?1 AND organization_id = 0"                              \
  " UNION ALL SELECT user_id, 0, role, 0 FROM member WHERE project_id = 0"      \
  " AND organization_id = (SELECT organization_id FROM project WHERE id = ?1)"  \
  " UNION ALL SELECT user_id, 0, 0, role FROM forge_role WHERE project_id = ?1" \
  " AND checked_ms > ?2 AND (SELECT takes_roles FROM project_forge WHERE project_id = ?1))"

static struct query roles_begin(struct transaction *tx, const char *sql, int64_t project_id) {
  struct query query = query_begin(tx, sql);
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, clock_now_ms() - STORE_FORGE_ROLE_VALID_MS);
  return query;
}

enum role member_role(struct transaction *tx, int64_t project_id, int64_t user_id) {
  struct query query = roles_begin(tx,
                                   "SELECT coalesce(max(own, inherited, taken), 0) FROM (SELECT "
                                   "max(own) AS own, max(inherited) AS inherited, max(taken) AS "
                                   "taken FROM " ROLES_OF_PROJECT " WHERE user_id = ?3)",
                                   project_id);
  query_bind_int(&query, 3, user_id);
  return role_of_query(&query);
}

size_t member_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                   struct member **members) {
  struct rows rows = ROWS_OF(struct member);
  struct query query = roles_begin(tx,
                                   "SELECT u.id, u.username, u.name, u.email, max(own), "
                                   "max(inherited), max(taken) FROM " ROLES_OF_PROJECT
                                   " r JOIN user u ON u.id = r.user_id "
                                   "GROUP BY u.id ORDER BY u.username",
                                   project_id);
  while (query_next(&query)) {
    *(struct member *)rows_add(&rows, arena) =
        (struct member){.user_id = query_int(&query, 0),
                        .username = query_text(&query, 1, arena),
                        .name = query_text(&query, 2, arena),
                        .email = query_text(&query, 3, arena),
                        .project_role = (enum role)query_int(&query, 4),
                        .organization_role = (enum role)query_int(&query, 5),
                        .forge_role = (enum role)query_int(&query, 6)};
  }
  query_end(&query);
  *members = rows.items;
  return rows.count;
}

enum status member_set(struct transaction *tx, const struct membership *membership,
                       struct problem *problem) {
  assert((membership->organization_id == 0) != (membership->project_id == 0));
  bool is_removed = membership->role == ROLE_NONE;
  struct query query =
      query_begin(tx, is_removed ? "DELETE FROM member WHERE user_id = ?1 AND organization_id = ?2 "
                                   "AND project_id = ?3"
                                 : "INSERT INTO member(user_id, organization_id, project_id, role) "
                                   "VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET role = ?4");
  query_bind_int(&query, 1, membership->user_id);
  query_bind_int(&query, 2, membership->organization_id);
  query_bind_int(&query, 3, membership->project_id);
  if (!is_removed) query_bind_int(&query, 4, membership->role);
  if (!query_run(&query) && !tx->failure)
    return problem_set(problem, STATUS_NOT_FOUND, "The user is no member there.");
  return STATUS_OK;
}
