/* forge_look.c - see forge_look.h. */
#include "account/forge_look.h"

#include <string.h>

#include "account/gitlab_api.h"
#include "account/gitlab_members.h"
#include "account/limits.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "store/vault.h"

#include "base/banned.h"

/* --- writing ------------------------------------------------------------------------------- */

/* What a look found. `roles` of users whose identity there was known when it began. */
struct finding {
  const struct project_forge *link;
  struct forge_role *roles;
  size_t count;
  bool is_complete; /* nobody else has a role */
  int64_t asked_ms;
  struct slice problem;
};

static bool is_still_linked(struct transaction *tx, struct arena *arena,
                            const struct project_forge *link) {
  struct project_forge now;
  return project_forge_get(tx, arena, link->project_id, &now) && now.takes_roles &&
         now.forge_id == link->forge_id && now.remote_id == link->remote_id;
}

/* Those whose identity was unlinked meanwhile are left out. */
static size_t keep_linked(struct transaction *tx, struct arena *arena,
                          const struct finding *finding) {
  size_t kept = 0;
  for (size_t i = 0; i < finding->count; i++) {
    struct forge_identity identity;
    if (forge_identity_of_user(tx, arena, finding->link->forge_id, finding->roles[i].user_id,
                               &identity))
      finding->roles[kept++] = finding->roles[i];
  }
  return kept;
}

static enum status finding_write(struct transaction *tx, void *context, struct problem *problem) {
  const struct finding *finding = context;
  struct arena arena = {0};
  int64_t project_id = finding->link->project_id;
  (void)problem;
  if (is_still_linked(tx, &arena, finding->link)) {
    size_t count = keep_linked(tx, &arena, finding);
    if (finding->is_complete) forge_role_replace(tx, project_id, finding->roles, count);
    for (size_t i = 0; !finding->is_complete && i < count; i++)
      forge_role_set(tx, &finding->roles[i]);
    if (finding->asked_ms)
      project_forge_note_roles(tx, project_id, finding->asked_ms, finding->problem);
  }
  arena_free(&arena);
  return STATUS_OK;
}

static void keep(const struct forge_look *look, struct finding *finding) {
  struct problem problem;
  char quoted[LOG_QUOTED_BYTES];
  if (store_write(look->store, finding_write, finding, &problem))
    log_write(LOG_WARNING, "roles not kept", "project=%lld error=%s",
              (long long)finding->link->project_id,
              log_quote(quoted, slice_of_string(problem.message)));
}

void forge_look_note(const struct forge_look *look, const struct project_forge *link,
                     const struct problem *problem) {
  struct finding finding = {
      .link = link, .asked_ms = clock_now_ms(), .problem = slice_of_string(problem->message)};
  keep(look, &finding);
}

static void note_answer(struct forge_visit *visit, const struct gitlab_api *api) {
  visit->not_before_ms = api->not_before_ms;
  visit->is_stopped = api->is_stopped;
}

/* --- one person ------------------------------------------------------------------------------ */

/* ROLE_NONE where GitLab says that they are no member, or does not show them the project. */
static enum status ask_role(const struct forge_look *look, struct arena *arena,
                            struct forge_visit *visit, struct slice subject, enum role *role,
                            struct problem *problem) {
  struct gitlab_api api = {.client = look->client,
                           .server = visit->server,
                           .token = visit->token,
                           .timeout_ms = visit->timeout_ms};
  struct slice path =
      arena_printf(arena, "/projects/%lld/members/all/%.*s", (long long)visit->link->remote_id,
                   SLICE_ARGS(url_encode(arena, subject)));
  struct gitlab_member member;
  yyjson_val *root;
  enum status status = gitlab_get(&api, arena, path, &root, problem);
  note_answer(visit, &api);
  *role = ROLE_NONE;
  if (status == STATUS_NOT_FOUND || status == STATUS_FORBIDDEN) return STATUS_OK;
  if (status) return status;
  if (!gitlab_member_read(arena, root, clock_now_ms(), &member) ||
      !slice_equal(member.subject, subject))
    return problem_set(problem, STATUS_FAILED, "%.*s did not answer about the member asked for.",
                       SLICE_ARGS(visit->server->name));
  *role = member.role;
  return STATUS_OK;
}

enum status forge_look_person(const struct forge_look *look, struct arena *arena,
                              struct forge_visit *visit, struct problem *problem) {
  struct forge_identity identity;
  struct transaction *tx = store_begin_read(look->store);
  bool is_known = forge_identity_of_user(tx, arena, visit->server->id, visit->user_id, &identity);
  store_end_read(tx);
  if (!is_known) return STATUS_OK;
  struct forge_role role = {visit->link->project_id, visit->user_id, clock_now_ms(), ROLE_NONE};
  enum status status = ask_role(look, arena, visit, identity.subject, &role.role, problem);
  struct finding finding = {.link = visit->link, .roles = &role, .count = 1};
  if (!status) keep(look, &finding);
  return status;
}

/* With a grant of theirs. Who has none, or had it taken away, has no role. */
static enum status look_with_grant(const struct forge_look *look, struct arena *arena,
                                   struct forge_visit *visit, struct problem *problem) {
  struct forge_role none = {visit->link->project_id, visit->user_id, clock_now_ms(), ROLE_NONE};
  struct finding finding = {.link = visit->link, .roles = &none, .count = 1};
  enum status status = STATUS_UNAUTHENTICATED;
  /* A token that was taken back before its time shows by being refused, once. */
  for (int tries = 0; tries < 2 && status == STATUS_UNAUTHENTICATED; tries++) {
    status = grant_access_token(look->grants, arena, visit->server, visit->user_id, &visit->token,
                                problem);
    if (status == STATUS_NOT_FOUND) break;
    if (status) return status;
    status = forge_look_person(look, arena, visit, problem);
    if (status == STATUS_UNAUTHENTICATED)
      grant_refused(look->grants, visit->server, visit->user_id, visit->token);
  }
  if (status == STATUS_NOT_FOUND || status == STATUS_UNAUTHENTICATED) {
    keep(look, &finding);
    status = STATUS_OK;
  }
  return status;
}

static enum status look_at_people(const struct forge_look *look, struct arena *arena,
                                  struct forge_visit *visit, struct problem *problem) {
  struct forge_identity *identities;
  struct transaction *tx = store_begin_read(look->store);
  size_t count = forge_identity_list(tx, arena, visit->server->id, 0, &identities);
  store_end_read(tx);
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && status != STATUS_UNAVAILABLE && status != STATUS_BUSY; i++) {
    struct problem own = {0};
    visit->user_id = identities[i].user_id;
    enum status ended = look_with_grant(look, arena, visit, &own);
    if (!ended) continue;
    status = ended;
    *problem = own;
  }
  return status;
}

/* --- all members -------------------------------------------------------------------------------
 */

struct members {
  struct map users; /* subject -> struct forge_identity, of those that are known here */
  struct forge_role *roles;
  size_t count, room;
};

static void index_people(const struct forge_look *look, struct arena *arena, int64_t forge_id,
                         struct members *members) {
  struct forge_identity *identities;
  struct transaction *tx = store_begin_read(look->store);
  members->room = forge_identity_list(tx, arena, forge_id, 0, &identities);
  store_end_read(tx);
  members->roles = ARENA_ARRAY(arena, members->room, struct forge_role);
  for (size_t i = 0; i < members->room; i++)
    map_put(&members->users, identities[i].subject, &identities[i]);
}

/* The same person may be listed for several groups: the best counts. */
static void add_member(struct members *members, const struct gitlab_member *member,
                       int64_t now_ms) {
  const struct forge_identity *identity = map_get(&members->users, member->subject);
  if (!identity || member->role == ROLE_NONE) return;
  size_t at = 0;
  while (at < members->count && members->roles[at].user_id != identity->user_id) at++;
  if (at == members->count)
    members->roles[members->count++] =
        (struct forge_role){.user_id = identity->user_id, .checked_ms = now_ms};
  if (member->role > members->roles[at].role) members->roles[at].role = member->role;
}

static enum status read_page(struct arena *arena, yyjson_val *list, struct members *members,
                             const struct forge_server *server, struct problem *problem) {
  size_t at, count;
  yyjson_val *item;
  int64_t now_ms = clock_now_ms();
  bool is_list = yyjson_is_arr(list);
  yyjson_arr_foreach(list, at, count, item) {
    struct gitlab_member member;
    if (!gitlab_member_read(arena, item, now_ms, &member))
      is_list = false;
    else
      add_member(members, &member, now_ms);
  }
  if (is_list) return STATUS_OK;
  return problem_set(problem, STATUS_FAILED, "%.*s did not answer with a list of members.",
                     SLICE_ARGS(server->name));
}

/* Page by page, until one is not full. */
static enum status read_members(struct gitlab_api *api, int64_t remote_id, struct members *members,
                                struct problem *problem) {
  for (int page = 1; page <= ROLES_PAGES_LIMIT; page++) {
    struct arena arena = {0};
    struct slice path = arena_printf(&arena, "/projects/%lld/members/all?per_page=%d&page=%d",
                                     (long long)remote_id, ROLES_PAGE, page);
    yyjson_val *list;
    enum status status = gitlab_get(api, &arena, path, &list, problem);
    if (!status) status = read_page(&arena, list, members, api->server, problem);
    bool is_last = !status && yyjson_arr_size(list) < ROLES_PAGE;
    arena_free(&arena);
    if (status || is_last) return status;
  }
  return problem_set(problem, STATUS_FAILED,
                     "The project there has more than %d members, which are too many to take "
                     "roles from.",
                     ROLES_PAGES_LIMIT * ROLES_PAGE);
}

static enum status look_with_token(const struct forge_look *look, struct arena *arena,
                                   struct forge_visit *visit, struct problem *problem) {
  struct gitlab_api api = {.client = look->client, .server = visit->server, .token = visit->token};
  struct members members = {0};
  index_people(look, arena, visit->server->id, &members);
  enum status status = read_members(&api, visit->link->remote_id, &members, problem);
  map_free(&members.users);
  note_answer(visit, &api);
  bool is_gone = status == STATUS_NOT_FOUND;
  struct finding finding = {.link = visit->link,
                            .roles = members.roles,
                            .count = is_gone ? 0 : members.count,
                            .is_complete = true};
  if (!status || is_gone) keep(look, &finding);
  return status;
}

/* Whether the token says nothing about the project: it is not taken, or may not look. */
static bool is_refused(enum status status) {
  return status == STATUS_UNAUTHENTICATED || status == STATUS_FORBIDDEN;
}

static enum status look_with_tokens(const struct forge_look *look, struct arena *arena,
                                    struct forge_visit *visit, struct problem *problem) {
  const struct project_forge *link = visit->link;
  const struct forge_server *server = visit->server;
  const struct {
    struct slice sealed, purpose;
  } tokens[] = {
      {link->token, project_forge_token_purpose(arena, link->project_id, server)},
      {link->may_use_server_token ? server->token : SLICE_EMPTY,
       forge_server_token_purpose(arena, server)},
  };
  enum status status = STATUS_UNAUTHENTICATED;
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens && is_refused(status); i++) {
    if (!tokens[i].sealed.len ||
        !vault_open(look->store, arena, tokens[i].purpose, tokens[i].sealed, &visit->token))
      continue;
    status = look_with_token(look, arena, visit, problem);
  }
  return status;
}

enum status forge_look_project(const struct forge_look *look, struct arena *arena,
                               const struct forge_server *server, const struct project_forge *link,
                               int64_t *not_before_ms, struct problem *problem) {
  struct forge_visit visit = {.server = server, .link = link};
  *problem = (struct problem){0};
  enum status status = look_with_tokens(look, arena, &visit, problem);
  /* The problem of the tokens stays noted, so that somebody sees to them. */
  struct problem own = {0};
  if (is_refused(status)) {
    status = look_at_people(look, arena, &visit, &own);
    if (status) *problem = own;
  }
  *not_before_ms = visit.not_before_ms;
  if (!visit.is_stopped) forge_look_note(look, link, problem);
  return status;
}
