/* grant.h - what people let this server do at a GitLab as them: access tokens that are valid now.
 *
 *   grant_access_token() ─► valid a while longer ─► as it is
 *            │
 *            └─► due ─► refresh: the new tokens are on disk before anybody uses them
 *
 * Several that need the same grant refreshed wait for one that does it: a refresh token works once,
 * and using it twice makes GitLab end the grant. All functions may ask GitLab and wait: not for
 * network threads.
 */
#ifndef CULPRIT_ACCOUNT_GRANT_H
#define CULPRIT_ACCOUNT_GRANT_H

#include "account/oidc.h"
#include "store/forge_server.h"

struct grants;
struct grants *grants_open(struct store *store, struct oidc *oidc);
void grants_close(struct grants *grants);

/* A token that is valid at the server for the user, from the arena. STATUS_NOT_FOUND: there is no
 * grant (any more), and the person has to sign in with the server again. STATUS_UNAVAILABLE and
 * others: it could not be refreshed now; the grant stays. */
enum status grant_access_token(struct grants *grants, struct arena *arena,
                               const struct forge_server *server, int64_t user_id,
                               struct slice *token, struct problem *problem) MUST_CHECK;
/* The server did not take the token (401): the next one that is asked for is a new one. */
void grant_refused(struct grants *grants, const struct forge_server *server, int64_t user_id,
                   struct slice token);

/* Inside a transaction: seals and keeps the tokens of a sign-in. */
void grant_keep(struct transaction *tx, const struct forge_server *server, int64_t user_id,
                const struct oidc_tokens *tokens);
/* Ends the link between a user and their account there, with the grant, and tells the server that
 * it is not needed any more. Refused as identity_unlink() is. */
enum status grant_unlink(struct grants *grants, const struct forge_server *server, int64_t user_id,
                         struct problem *problem) MUST_CHECK;

/* The provider and the client for a server's OpenID endpoints. `client` borrows `provider`. */
enum status forge_oidc_client(struct store *store, struct oidc *oidc, struct arena *arena,
                              const struct forge_server *server, struct oidc_client *client,
                              struct problem *problem) MUST_CHECK;

#endif
