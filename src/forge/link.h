/* link.h - a project's link to a project at GitLab, and with whose token one asks there.
 *
 *   somebody acts ──► their own grant ──┐ none
 *                                       ├──► the project's token ──► the server's token
 *   the server acts ────────────────────┘
 *
 * The server's token reads more than those who link may: it is used only for projects that were
 * linked by who may see them there (project_forge.may_use_server_token).
 */
#ifndef CULPRIT_FORGE_LINK_H
#define CULPRIT_FORGE_LINK_H

#include "forge/gitlab.h"
#include "store/forge_server.h"

struct forge_project {
  struct project_forge project;
  struct forge_server server;
};
/* False: the project is not linked. */
bool forge_link_read(struct transaction *tx, struct arena *arena, int64_t project_id,
                     struct forge_project *link);
bool forge_link_get(struct store *store, struct arena *arena, int64_t project_id,
                    struct forge_project *link);

/* Whose token it is. */
enum forge_as { FORGE_AS_PERSON, FORGE_AS_PROJECT, FORGE_AS_SERVER };

struct forge_access {
  struct forge *forge;
  const struct forge_project *link;
  int64_t user_id; /* who acts; 0: the server */
};
/* Begins a conversation, whose memory is the arena's. May ask the GitLab for a fresh grant, so it
 * is not for network threads. Fails when there is no token, saying what to do. */
enum status forge_access_open(const struct forge_access *access, struct arena *arena,
                              struct gitlab *gitlab, enum forge_as *as,
                              struct problem *problem) MUST_CHECK;
/* GitLab did not accept the token (401): a person's next one is a new one. */
void forge_access_refused(const struct forge_access *access, enum forge_as as,
                          const struct gitlab *gitlab);

#endif
