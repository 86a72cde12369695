/* forge_settings.h - what administrators do with GitLab servers: enter, change, check. */
#ifndef CULPRIT_ACCOUNT_FORGE_SETTINGS_H
#define CULPRIT_ACCOUNT_FORGE_SETTINGS_H

#include "account/oauth.h"
#include "store/forge_server.h"

/* A server as it was entered. Secrets are in the clear here. */
struct forge_draft {
  int64_t id; /* 0: a new one */
  struct slice name, url, client_id;
  struct slice client_secret, token; /* empty: the one that is kept stays */
  bool forgets_token;                /* the one that is kept goes */
  bool is_sign_in, may_create_users;
  bool is_moved; /* with another URL it is the same server all the same */
};
/* Checks, seals and keeps it. The problem names the field: name, url, client_id, client_secret,
 * token. With another URL no secret stays, since it was entered for the old one. */
enum status forge_save(struct store *store, const struct forge_draft *draft, int64_t *id,
                       struct problem *problem) MUST_CHECK;

enum status forge_remove(struct store *store, int64_t id, struct problem *problem) MUST_CHECK;

/* What a look at the server found. Asks it and waits. */
struct forge_report {
  struct slice version;       /* "17.5.1"; empty: no token, or not known */
  struct problem token;       /* why the token cannot be used; status 0: it can, or there is none */
  struct problem application; /* the same of signing in with it */
  bool has_token, has_application;
};
void forge_check(struct oauth *oauth, struct arena *arena, const struct forge_server *server,
                 struct forge_report *report);

#endif
