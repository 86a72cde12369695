/* identity.h - which user somebody is who has proved who they are at a forge.
 *
 *   known there already ────────────────────────► that user
 *   links to the user who is signed in ─────────► that user, from now on
 *   a user has the same, confirmed address and
 *   has never signed in, by whatever way ───────► that user, from now on
 *   the forge may create users ─────────────────► a new user
 *   otherwise ──────────────────────────────────► nobody, with what to do instead
 *
 * An e-mail address alone opens nobody's account: the forge's administrator, or whoever gets hold
 * of an old address, would become that person here. It only counts for a user that an administrator
 * made in advance and whom nobody has ever been, and never for administrators.
 */
#ifndef CULPRIT_ACCOUNT_IDENTITY_H
#define CULPRIT_ACCOUNT_IDENTITY_H

#include "account/oidc.h"
#include "store/forge_server.h"

struct arrival {
  const struct forge_server *server;
  const struct oidc_person *person;
  const struct oidc_tokens *tokens;
  int64_t user_id; /* who links the identity to themselves; 0: somebody signs in */
};

/* Links or makes what is needed, keeps the grant, and says who it is. */
enum status identity_admit(struct store *store, const struct arrival *arrival, int64_t *user_id,
                           struct problem *problem) MUST_CHECK;

/* Ends the link between a user and their identity. Refused when it is their only way to sign in. */
enum status identity_unlink(struct store *store, int64_t forge_id, int64_t user_id,
                            struct problem *problem) MUST_CHECK;

/* The name of a new user: the one there, with what is not allowed here replaced; from the arena. */
struct slice identity_username(struct arena *arena, const struct oidc_person *person);

#endif
