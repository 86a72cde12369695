/* oauth_flows.h - sign-ins under way; oauth.c's own. */
#ifndef CULPRIT_ACCOUNT_OAUTH_FLOWS_H
#define CULPRIT_ACCOUNT_OAUTH_FLOWS_H

#include "account/secret.h"

/* One of them. Texts end in NUL and belong to it. */
struct oauth_flow {
  struct secret_hash state, browser;
  char verifier[SECRET_DIGITS + 1], nonce[SECRET_DIGITS + 1];
  int64_t forge_id, user_id, begun_ms;
  uint64_t address; /* a hash */
  char *issuer, *return_to;
  struct oauth_flow *next; /* the flows' own, oldest first */
};

struct oauth_flows;
struct oauth_flows *oauth_flows_open(void);
void oauth_flows_close(struct oauth_flows *flows);

/* Keeps a copy. The oldest one of the same address, or of all, gives way when there are too many.
 */
void oauth_flows_add(struct oauth_flows *flows, const struct oauth_flow *flow);
/* The one with that state, which is gone by this; null when there is none (any more). Owned by the
 * caller: oauth_flow_free(). */
struct oauth_flow *oauth_flows_take(struct oauth_flows *flows, struct slice state);
void oauth_flow_free(struct oauth_flow *flow);

#endif
