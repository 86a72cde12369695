/* grant.c - see grant.h.
 *
 * What a refresh brought is written only over the grant that it began with: who signs in again
 * meanwhile has a newer one. When it cannot be written it is not used either, since GitLab lets the
 * old refresh token count until the new access token is seen.
 */
#include "account/grant.h"

#include <pthread.h>
#include <stdlib.h>

#include "account/identity.h"
#include "account/limits.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/vault.h"

#include "base/banned.h"

/* Somebody works on a grant. Lives on their stack. */
struct turn {
  int64_t forge_id, user_id;
  struct turn *next;
};

struct grants {
  struct store *store;
  struct oidc *oidc;
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  struct turn *turns; /* under the lock */
};

struct grants *grants_open(struct store *store, struct oidc *oidc) {
  struct grants *grants = memory_alloc(sizeof *grants);
  *grants = (struct grants){.store = store, .oidc = oidc};
  pthread_mutex_init(&grants->mutex, NULL);
  pthread_cond_init(&grants->ended, NULL);
  return grants;
}

void grants_close(struct grants *grants) {
  pthread_cond_destroy(&grants->ended);
  pthread_mutex_destroy(&grants->mutex);
  free(grants);
}

/* --- turns ------------------------------------------------------------------------------- */

static bool is_taken(const struct grants *grants, const struct turn *wanted) {
  for (const struct turn *turn = grants->turns; turn; turn = turn->next)
    if (turn->forge_id == wanted->forge_id && turn->user_id == wanted->user_id) return true;
  return false;
}

static void take_turn(struct grants *grants, struct turn *turn) {
  pthread_mutex_lock(&grants->mutex);
  while (is_taken(grants, turn)) pthread_cond_wait(&grants->ended, &grants->mutex);
  turn->next = grants->turns;
  grants->turns = turn;
  pthread_mutex_unlock(&grants->mutex);
}

static void end_turn(struct grants *grants, struct turn *turn) {
  pthread_mutex_lock(&grants->mutex);
  struct turn **at = &grants->turns;
  while (*at != turn) at = &(*at)->next;
  *at = turn->next;
  pthread_cond_broadcast(&grants->ended);
  pthread_mutex_unlock(&grants->mutex);
}

/* --- keeping ------------------------------------------------------------------------------- */

void grant_keep(struct transaction *tx, const struct forge_server *server, int64_t user_id,
                const struct oidc_tokens *tokens) {
  struct arena arena = {0};
  struct store *store = transaction_store(tx);
  struct slice purpose = forge_grant_purpose(&arena, server, user_id);
  const struct forge_grant grant = {
      .forge_id = server->id,
      .user_id = user_id,
      .access_token = vault_seal(store, &arena, purpose, tokens->access_token),
      .refresh_token = vault_seal(store, &arena, purpose, tokens->refresh_token),
      .expires_ms = tokens->expires_ms,
      .scopes = tokens->scopes};
  forge_grant_set(tx, &grant);
  arena_free(&arena);
}

struct grant_change {
  const struct forge_server *server;
  const struct forge_grant *before;
  const struct oidc_tokens *tokens; /* null: it ends */
  bool only_expires;                /* it stays, but its access token is not to be used */
  bool was_changed;                 /* somebody signed in meanwhile: nothing is done */
};

static enum status change_run(struct transaction *tx, void *context, struct problem *problem) {
  struct grant_change *change = context;
  struct arena arena = {0};
  struct forge_grant now;
  int64_t forge_id = change->before->forge_id, user_id = change->before->user_id;
  (void)problem;
  change->was_changed = !forge_grant_get(tx, &arena, forge_id, user_id, &now) ||
                        !slice_equal(now.access_token, change->before->access_token) ||
                        !slice_equal(now.refresh_token, change->before->refresh_token);
  if (!change->was_changed && change->tokens) {
    grant_keep(tx, change->server, user_id, change->tokens);
  } else if (!change->was_changed && change->only_expires) {
    now.expires_ms = 1;
    forge_grant_set(tx, &now);
  } else if (!change->was_changed) {
    forge_grant_delete(tx, forge_id, user_id);
  }
  arena_free(&arena);
  return STATUS_OK;
}

/* --- the client ------------------------------------------------------------------------------ */

enum status forge_oidc_client(struct store *store, struct oidc *oidc, struct arena *arena,
                              const struct forge_server *server, struct oidc_client *client,
                              struct problem *problem) {
  struct oidc_provider *provider = ARENA_NEW(arena, struct oidc_provider);
  const struct oidc_issuer issuer = {server->name, server->url};
  *client = (struct oidc_client){.provider = provider, .id = server->client_id};
  if (!server->client_id.len || !server->client_secret.len)
    return problem_set(problem, STATUS_FAILED,
                       "%.*s has no OAuth application here. An administrator can enter one.",
                       SLICE_ARGS(server->name));
  if (!vault_open(store, arena, forge_server_secret_purpose(arena, server), server->client_secret,
                  &client->secret))
    return problem_set(problem, STATUS_FAILED,
                       "The secret of the application in %.*s cannot be read any more. An "
                       "administrator has to enter it again.",
                       SLICE_ARGS(server->name));
  return oidc_discover(oidc, arena, &issuer, provider, problem);
}

/* --- access tokens ------------------------------------------------------------------------------
 */

static enum status no_grant(const struct forge_server *server, struct problem *problem) {
  return problem_set(problem, STATUS_NOT_FOUND,
                     "Your sign-in with %.*s has ended. Sign in with it again.",
                     SLICE_ARGS(server->name));
}

static bool grant_read(struct grants *grants, struct arena *arena,
                       const struct forge_server *server, int64_t user_id,
                       struct forge_grant *grant) {
  struct transaction *tx = store_begin_read(grants->store);
  bool is_found = forge_grant_get(tx, arena, server->id, user_id, grant);
  store_end_read(tx);
  return is_found;
}

/* The grant cannot be used any more, unless there is a newer one by now. */
static enum status drop(struct grants *grants, const struct forge_server *server,
                        const struct forge_grant *grant, struct problem *problem) {
  struct grant_change change = {.server = server, .before = grant};
  enum status status = store_write(grants->store, change_run, &change, problem);
  if (status) return status;
  if (!change.was_changed)
    log_write(LOG_INFO, "grant ended", "forge=%lld user=%lld", (long long)grant->forge_id,
              (long long)grant->user_id);
  return no_grant(server, problem);
}

static enum status refresh(struct grants *grants, struct arena *arena,
                           const struct forge_server *server, const struct forge_grant *grant,
                           struct slice *token, struct problem *problem) {
  struct slice purpose = forge_grant_purpose(arena, server, grant->user_id), refresh_token;
  struct oidc_client client;
  struct oidc_tokens tokens;
  if (!grant->refresh_token.len ||
      !vault_open(grants->store, arena, purpose, grant->refresh_token, &refresh_token))
    return drop(grants, server, grant, problem);
  enum status status =
      forge_oidc_client(grants->store, grants->oidc, arena, server, &client, problem);
  if (status) return status == STATUS_NOT_FOUND ? STATUS_FAILED : status;
  struct slice form = arena_printf(arena, "grant_type=refresh_token&refresh_token=%.*s",
                                   SLICE_ARGS(url_encode(arena, refresh_token)));
  status = oidc_ask_tokens(grants->oidc, arena, &client, form, &tokens, problem);
  if (status == STATUS_UNAUTHENTICATED) return drop(grants, server, grant, problem);
  if (status) return status == STATUS_NOT_FOUND ? STATUS_FAILED : status;
  /* RFC 6749, 6: both stay as they were when they are left out. */
  if (!tokens.refresh_token.len) tokens.refresh_token = refresh_token;
  if (!tokens.scopes.len) tokens.scopes = grant->scopes;
  struct grant_change change = {.server = server, .before = grant, .tokens = &tokens};
  status = store_write(grants->store, change_run, &change, problem);
  if (!status && change.was_changed)
    status = problem_set(problem, STATUS_UNAVAILABLE, "The grant was changed just now. Try again.");
  if (!status) *token = tokens.access_token;
  return status;
}

enum status grant_access_token(struct grants *grants, struct arena *arena,
                               const struct forge_server *server, int64_t user_id,
                               struct slice *token, struct problem *problem) {
  struct turn turn = {server->id, user_id, NULL};
  struct forge_grant grant;
  enum status status;
  take_turn(grants, &turn);
  if (!grant_read(grants, arena, server, user_id, &grant))
    status = no_grant(server, problem);
  else if (grant.expires_ms && grant.expires_ms <= clock_now_ms() + GRANT_LEAST_MS)
    status = refresh(grants, arena, server, &grant, token, problem);
  else if (vault_open(grants->store, arena, forge_grant_purpose(arena, server, user_id),
                      grant.access_token, token))
    status = STATUS_OK;
  else
    status = drop(grants, server, &grant, problem);
  end_turn(grants, &turn);
  return status;
}

void grant_refused(struct grants *grants, const struct forge_server *server, int64_t user_id,
                   struct slice token) {
  struct turn turn = {server->id, user_id, NULL};
  struct arena arena = {0};
  struct forge_grant grant;
  struct slice kept;
  struct problem problem;
  take_turn(grants, &turn);
  if (grant_read(grants, &arena, server, user_id, &grant) &&
      vault_open(grants->store, &arena, forge_grant_purpose(&arena, server, user_id),
                 grant.access_token, &kept) &&
      slice_equal(kept, token)) {
    struct grant_change change = {.server = server, .before = &grant, .only_expires = true};
    if (store_write(grants->store, change_run, &change, &problem))
      log_write(LOG_WARNING, "a refused grant could not be marked", "forge=%lld user=%lld",
                (long long)server->id, (long long)user_id);
  }
  end_turn(grants, &turn);
  arena_free(&arena);
}

/* The refresh token, or what there is; empty when it cannot be read. */
static struct slice token_to_revoke(struct grants *grants, struct arena *arena,
                                    const struct forge_server *server, int64_t user_id) {
  struct forge_grant grant;
  struct slice token;
  if (!grant_read(grants, arena, server, user_id, &grant)) return SLICE_EMPTY;
  struct slice sealed = grant.refresh_token.len ? grant.refresh_token : grant.access_token;
  bool is_read =
      vault_open(grants->store, arena, forge_grant_purpose(arena, server, user_id), sealed, &token);
  return is_read ? token : SLICE_EMPTY;
}

enum status grant_unlink(struct grants *grants, const struct forge_server *server, int64_t user_id,
                         struct problem *problem) {
  struct turn turn = {server->id, user_id, NULL};
  struct arena arena = {0};
  struct oidc_client client;
  struct problem ignored;
  take_turn(grants, &turn);
  struct slice token = token_to_revoke(grants, &arena, server, user_id);
  enum status status = identity_unlink(grants->store, server->id, user_id, problem);
  if (!status && token.len &&
      !forge_oidc_client(grants->store, grants->oidc, &arena, server, &client, &ignored))
    oidc_revoke(grants->oidc, &client, token);
  end_turn(grants, &turn);
  arena_free(&arena);
  return status;
}
