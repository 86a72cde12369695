/* forge_look.h - one look at who is a member of a linked project; forge_roles.c's own.
 *
 * Each function asks GitLab, waits, and writes what it learned. What it learned only counts for the
 * link as it was read: when the project is linked to another one meanwhile, nothing is written.
 */
#ifndef CULPRIT_ACCOUNT_FORGE_LOOK_H
#define CULPRIT_ACCOUNT_FORGE_LOOK_H

#include "account/grant.h"
#include "http/client.h"
#include "store/forge_server.h"

struct forge_look {
  struct store *store;
  struct http_client *client;
  struct grants *grants;
};

/* All members of the linked project. STATUS_UNAVAILABLE or STATUS_BUSY: the server cannot be asked
 * now, and not for other projects either; `not_before_ms` when it says until when. The problem is
 * noted at the link. */
enum status forge_look_project(const struct forge_look *look, struct arena *arena,
                               const struct forge_server *server, const struct project_forge *link,
                               int64_t *not_before_ms, struct problem *problem) MUST_CHECK;

/* One person's role, asked with their own token. */
struct forge_visit {
  const struct forge_server *server;
  const struct project_forge *link;
  int64_t user_id;
  struct slice token;
  int64_t timeout_ms; /* 0: as usual */
  /* Filled, as in struct gitlab_api. */
  int64_t not_before_ms;
  bool is_stopped;
};
enum status forge_look_person(const struct forge_look *look, struct arena *arena,
                              struct forge_visit *visit, struct problem *problem) MUST_CHECK;

/* Notes that the members of the project could not be asked for. */
void forge_look_note(const struct forge_look *look, const struct project_forge *link,
                     const struct problem *problem);

#endif
