/* link.c - which token is used; see link.h.
 *
 * A token is sealed for the URL of its server, and a conversation takes URL and token from the same
 * row, so that no token ever goes to another host.
 */
#include "forge/link.h"

#include "account/grant.h"
#include "forge/builtin.h"
#include "store/vault.h"

#include "base/banned.h"

bool forge_link_read(struct transaction *tx, struct arena *arena, int64_t project_id,
                     struct forge_project *link) {
  return project_forge_get(tx, arena, project_id, &link->project) &&
         forge_server_get(tx, arena, link->project.forge_id, &link->server);
}

bool forge_link_get(struct store *store, struct arena *arena, int64_t project_id,
                    struct forge_project *link) {
  struct transaction *tx = store_begin_read(store);
  bool is_linked = forge_link_read(tx, arena, project_id, link);
  store_end_read(tx);
  return is_linked;
}

static bool open_token(const struct forge_access *access, struct arena *arena, struct slice purpose,
                       struct slice sealed, struct slice *token) {
  return sealed.len && vault_open(access->forge->store, arena, purpose, sealed, token) &&
         token->len;
}

enum status forge_access_open(const struct forge_access *access, struct arena *arena,
                              struct gitlab *gitlab, enum forge_as *as, struct problem *problem) {
  const struct forge_server *server = &access->link->server;
  const struct project_forge *project = &access->link->project;
  *gitlab = (struct gitlab){.client = access->forge->client, .arena = arena, .url = server->url};
  if (access->user_id && access->forge->grants) {
    *as = FORGE_AS_PERSON;
    enum status status = grant_access_token(access->forge->grants, arena, server, access->user_id,
                                            &gitlab->token, problem);
    if (status != STATUS_NOT_FOUND) return status;
  }
  *as = FORGE_AS_PROJECT;
  if (open_token(access, arena, project_forge_token_purpose(arena, project->project_id, server),
                 project->token, &gitlab->token))
    return STATUS_OK;
  *as = FORGE_AS_SERVER;
  if (project->may_use_server_token &&
      open_token(access, arena, forge_server_token_purpose(arena, server), server->token,
                 &gitlab->token))
    return STATUS_OK;
  return problem_set(problem, STATUS_FORBIDDEN,
                     "There is no token for %.*s. Sign in with it, or let a maintainer enter a "
                     "token in the project's settings.",
                     SLICE_ARGS(slice_cut_utf8(server->name, 100)));
}

void forge_access_refused(const struct forge_access *access, enum forge_as as,
                          const struct gitlab *gitlab) {
  if (as == FORGE_AS_PERSON)
    grant_refused(access->forge->grants, &access->link->server, access->user_id, gitlab->token);
}
