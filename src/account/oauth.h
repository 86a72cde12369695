/* oauth.h - signing in with a GitLab: the authorization code flow with PKCE, from the button to the
 * user.
 *
 *   button ─► oauth_begin() ─► GitLab: "may Culprit ...?" ─► callback ─► oauth_finish() ─► user
 *               │ state, nonce, PKCE verifier, bound to        ▲ state taken (once), cookie and
 *               └ the browser by a cookie ─────────────────────┘ forge compared, code exchanged
 *
 * What a sign-in under way needs to know is kept in memory, for ten minutes, and used once; a
 * restart means to press the button again. Both functions ask GitLab and wait: they are for
 * oauth_run().
 */
#ifndef CULPRIT_ACCOUNT_OAUTH_H
#define CULPRIT_ACCOUNT_OAUTH_H

#include "account/forge_roles.h"
#include "account/grant.h"
#include "account/identity.h"
#include "account/oidc.h"

struct oauth;
struct oauth *oauth_open(struct store *store, struct http_client *client);
/* Waits for what oauth_run() started; stop the client first, so that it does not wait long. */
void oauth_close(struct oauth *oauth);

struct store *oauth_store(struct oauth *oauth);
struct http_client *oauth_http_client(struct oauth *oauth);
struct oidc *oauth_oidc(struct oauth *oauth);
struct grants *oauth_grants(struct oauth *oauth);
struct forge_roles *oauth_roles(struct oauth *oauth);

/* Calls `run` on a thread of its own; false when too many run already. */
bool oauth_run(struct oauth *oauth, void (*run)(void *context), void *context);

/* "PUBLIC_URL/users/auth/3/callback": each forge has its own, so that one cannot pass off its
 * answers as another's. */
#define OAUTH_CALLBACK_PATH "/users/auth/%lld/callback"
struct slice oauth_redirect_url(struct arena *arena, struct slice public_url, int64_t forge_id);
/* What the application in GitLab has to allow. */
#define OAUTH_SCOPES "openid profile email api"

#define OAUTH_COOKIE "culprit_sign_in"

struct oauth_start {
  int64_t forge_id;
  int64_t user_id;      /* who links their account; 0: somebody signs in */
  struct slice browser; /* value of the cookie; empty: none yet */
  struct slice client_address, public_url;
  struct slice return_to; /* where to go afterwards, a path here */
};
struct oauth_way {
  struct slice url;     /* where the browser goes now */
  struct slice browser; /* for the cookie */
  struct slice name;    /* of the forge */
};
enum status oauth_begin(struct oauth *oauth, struct arena *arena, const struct oauth_start *start,
                        struct oauth_way *way, struct problem *problem) MUST_CHECK;

/* What the browser came back with. */
struct oauth_callback {
  int64_t forge_id, user_id; /* user_id: who is signed in; 0: nobody */
  struct slice browser, state, code, error, issuer, public_url;
};
struct oauth_result {
  int64_t user_id, forge_id;
  bool is_link;           /* they were signed in and linked the account */
  struct slice return_to; /* also when it failed */
};
enum status oauth_finish(struct oauth *oauth, struct arena *arena,
                         const struct oauth_callback *callback, struct oauth_result *result,
                         struct problem *problem) MUST_CHECK;

#endif
