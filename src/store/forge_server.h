/* forge_server.h - GitLab servers, the people who signed in with them, and the projects linked to
 * projects there.
 *
 *   forge_server ──► forge_identity ──► user          who somebody is there
 *        │                 └─ forge_grant             what they let this server do there as them
 *        └─────────► project_forge ──► project        which project there belongs to ours
 *                          └─ forge_role ──► user     what they may do in it, taken from there
 *
 * Secrets are sealed (vault.h) for the purposes below, which name the server's URL: after a change
 * of the URL they do not open any more and cannot reach another host.
 */
#ifndef CULPRIT_STORE_FORGE_SERVER_H
#define CULPRIT_STORE_FORGE_SERVER_H

#include "store/project.h"
#include "store/store.h"

/* --- servers ---------------------------------------------------------------------------- */

struct forge_server {
  int64_t id, created_ms;
  struct slice name;      /* as people know it: "GitLab" */
  struct slice url;       /* "https://gitlab.example.org", perhaps with a path; no slash after */
  struct slice client_id; /* of the OAuth application there; empty: none */
  struct slice client_secret; /* sealed; empty: none */
  struct slice token;         /* sealed; used where no better one is; empty: none */
  bool is_sign_in;            /* people may sign in with it */
  bool may_create_users;      /* whoever signs in first becomes a user */
};

/* STATUS_CONFLICT when the name or the URL is taken. The caller has checked the texts. */
enum status forge_server_create(struct transaction *tx, const struct forge_server *draft,
                                int64_t *id, struct problem *problem) MUST_CHECK;
/* Writes all but id and created_ms. With another URL it is another server, and everything that
 * hangs on it goes; or the same one that moved (`is_moved`), and only secrets go. */
enum status forge_server_update(struct transaction *tx, const struct forge_server *server,
                                bool is_moved, struct problem *problem) MUST_CHECK;
/* With everything that hangs on it. */
enum status forge_server_delete(struct transaction *tx, int64_t id,
                                struct problem *problem) MUST_CHECK;
bool forge_server_get(struct transaction *tx, struct arena *arena, int64_t id,
                      struct forge_server *server);
bool forge_server_find(struct transaction *tx, struct arena *arena, struct slice name,
                       struct forge_server *server); /* any case */
size_t forge_server_list(struct transaction *tx, struct arena *arena,
                         struct forge_server **servers); /* by name */

struct slice forge_server_secret_purpose(struct arena *arena, const struct forge_server *server);
struct slice forge_server_token_purpose(struct arena *arena, const struct forge_server *server);

/* --- people ----------------------------------------------------------------------------- */

/* A person has one identity at each server, and it belongs to one user. */
struct forge_identity {
  int64_t forge_id, user_id, linked_ms;
  struct slice subject;  /* OpenID's "sub"; GitLab's id of the user, as digits */
  struct slice username; /* there, when they signed in last */
};
/* STATUS_CONFLICT when it belongs to another user, or the user has another one there. Signing in
 * again writes the username. */
enum status forge_identity_set(struct transaction *tx, const struct forge_identity *identity,
                               struct problem *problem) MUST_CHECK;
bool forge_identity_find(struct transaction *tx, struct arena *arena, int64_t forge_id,
                         struct slice subject, struct forge_identity *identity);
bool forge_identity_of_user(struct transaction *tx, struct arena *arena, int64_t forge_id,
                            int64_t user_id, struct forge_identity *identity);
/* Of one server, or (0) of all; of one user, or (0) of all. */
size_t forge_identity_list(struct transaction *tx, struct arena *arena, int64_t forge_id,
                           int64_t user_id, struct forge_identity **identities);
/* With the grant and the roles that came by it. */
void forge_identity_delete(struct transaction *tx, int64_t forge_id, int64_t user_id);

struct forge_grant {
  int64_t forge_id, user_id;
  struct slice access_token, refresh_token; /* sealed; refresh_token empty: none */
  int64_t expires_ms;                       /* of the access token; 0: does not */
  struct slice scopes;                      /* "openid profile email api" */
};
bool forge_grant_get(struct transaction *tx, struct arena *arena, int64_t forge_id, int64_t user_id,
                     struct forge_grant *grant);
void forge_grant_set(struct transaction *tx, const struct forge_grant *grant);
void forge_grant_delete(struct transaction *tx, int64_t forge_id, int64_t user_id);
struct slice forge_grant_purpose(struct arena *arena, const struct forge_server *server,
                                 int64_t user_id);

/* --- linked projects ---------------------------------------------------------------------- */

struct project_forge {
  int64_t project_id, forge_id, remote_id; /* remote_id: GitLab's id of the project */
  struct slice path;                       /* "group/project" */
  struct slice web_url;                    /* of the project's page there */
  struct slice token;          /* sealed; used where a person has no grant; empty: none */
  struct slice labels;         /* for issues, with commas */
  struct slice webhook_secret; /* sealed; empty: none */
  struct slice default_branch;
  bool is_confidential;   /* issues are */
  bool closes_issues;     /* resolving an error closes its issue */
  bool reopens_issues;    /* a regress opens it again */
  bool resolves_on_close; /* closing an issue resolves its error */
  bool takes_roles;       /* who may do what is taken from there */
  /* Who linked it may see that project: the server's own token, which reads more, may be used. */
  bool may_use_server_token;
  int64_t checked_ms;         /* when the project was looked at last */
  struct slice problem;       /* what was wrong then; empty: nothing */
  int64_t roles_asked_ms;     /* when its members were last asked for */
  struct slice roles_problem; /* why they are not known; empty: they are */
};
bool project_forge_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct project_forge *link);
/* Writes all but roles_asked_ms and roles_problem. Another project there, or takes_roles off, drops
 * the roles that were taken. */
void project_forge_set(struct transaction *tx, const struct project_forge *link);
void project_forge_delete(struct transaction *tx, int64_t project_id);
/* Those linked to projects of one server, or (0) of any, by project id. */
size_t project_forge_list(struct transaction *tx, struct arena *arena, int64_t forge_id,
                          struct project_forge **links);
struct slice project_forge_token_purpose(struct arena *arena, int64_t project_id,
                                         const struct forge_server *server);
struct slice project_forge_webhook_purpose(struct arena *arena, int64_t project_id,
                                           const struct forge_server *server);

/* --- roles -------------------------------------------------------------------------------- */

/* Counts for STORE_FORGE_ROLE_VALID_MS after it was seen, while the project takes roles. */
struct forge_role {
  int64_t project_id, user_id, checked_ms;
  enum role role;
};
/* The members of a project are these and nobody else. */
void forge_role_replace(struct transaction *tx, int64_t project_id, const struct forge_role *roles,
                        size_t count);
/* One person's; ROLE_NONE takes it away. */
void forge_role_set(struct transaction *tx, const struct forge_role *role);
size_t forge_role_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct forge_role **roles);
/* An attempt to learn a project's members was made; `problem` is empty when it worked. */
void project_forge_note_roles(struct transaction *tx, int64_t project_id, int64_t asked_ms,
                              struct slice problem);

#endif
