/* oidc.h - an OpenID provider: where its endpoints are, its keys, and what it answers.
 *
 *   issuer ─► oidc_discover() ─► provider ─► oidc_ask_tokens() ─► tokens ─► oidc_identify() ─►
 * person
 *             /.well-known/openid-configuration   code or refresh token      identity token,
 * checked
 *
 * Everything here asks another server and waits: not for network threads. What discovery and key
 * sets say is remembered for an hour; an identity token with a key that is not known has them
 * fetched again, but not oftener than OIDC_KEYS_PAUSE_MS.
 *
 * Sources: OpenID Connect Discovery 1.0 and Core 1.0; RFC 6749, 6750, 7009, 7636, 9207.
 */
#ifndef CULPRIT_ACCOUNT_OIDC_H
#define CULPRIT_ACCOUNT_OIDC_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "http/client.h"

struct oidc;
struct oidc *oidc_open(struct http_client *client);
void oidc_close(struct oidc *oidc);

struct oidc_provider {
  struct slice name; /* for messages: "GitLab" */
  struct slice issuer;
  struct slice authorization_url, token_url, keys_url;
  struct slice user_url, revocation_url; /* empty: none */
  bool takes_secret_in_header;           /* else in the body */
  bool names_itself; /* its redirects carry "iss", so that one without is not its own */
};

/* What the issuer says about itself. Refused when it says that it is another issuer, or leaves out
 * what is needed. From the arena. */
struct oidc_issuer {
  struct slice name, url;
};
enum status oidc_discover(struct oidc *oidc, struct arena *arena, const struct oidc_issuer *issuer,
                          struct oidc_provider *provider, struct problem *problem) MUST_CHECK;

/* This server as the provider knows it. */
struct oidc_client {
  const struct oidc_provider *provider;
  struct slice id, secret;
};

struct oidc_tokens {
  struct slice access_token, refresh_token, identity_token;
  struct slice scopes;
  int64_t expires_ms; /* of the access token; 0: not said */
};
/* Asks the token endpoint with `form` ("grant_type=..."), to which the client is added.
 * STATUS_UNAUTHENTICATED: the code or refresh token is not valid (any more). STATUS_FORBIDDEN: the
 * application is not known there, or its secret is wrong. */
enum status oidc_ask_tokens(struct oidc *oidc, struct arena *arena,
                            const struct oidc_client *client, struct slice form,
                            struct oidc_tokens *tokens, struct problem *problem) MUST_CHECK;

struct oidc_person {
  struct slice subject;
  struct slice username, name, email; /* may be empty */
  bool is_email_verified;
};
/* Who an identity token is about, after all checks; asks for the rest where the token leaves out
 * the e-mail address. */
struct oidc_sign_in {
  const struct oidc_client *client;
  const struct oidc_tokens *tokens;
  struct slice nonce;
};
enum status oidc_identify(struct oidc *oidc, struct arena *arena,
                          const struct oidc_sign_in *sign_in, struct oidc_person *person,
                          struct problem *problem) MUST_CHECK;

/* Tells the provider that a token is not needed any more. What it answers does not matter. */
void oidc_revoke(struct oidc *oidc, const struct oidc_client *client, struct slice token);

#endif
