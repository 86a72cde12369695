/* forge_roles.h - roles of people, taken from the GitLab projects that projects are linked to.
 *
 *   every two minutes where somebody is working, every five elsewhere, and at sign-in:
 *
 *   project's token, or server's ─► all members ──────────────► the project's roles are these
 *   no token that works          ─► each person's own grant ──► their role
 *
 * Who is no member any more, is blocked or has expired has no role after that. While GitLab cannot
 * be reached roles stay as they were, for STORE_FORGE_ROLE_VALID_MS, which the store sees to by
 * itself. When GitLab says that there is no such project, nobody has a role.
 *
 * One thread looks what is due; what asks runs on threads of its own, one for each server, so that
 * a slow one holds up none.
 */
#ifndef CULPRIT_ACCOUNT_FORGE_ROLES_H
#define CULPRIT_ACCOUNT_FORGE_ROLES_H

#include "account/grant.h"
#include "http/client.h"

struct forge_roles;
struct forge_roles *forge_roles_open(struct store *store, struct http_client *client,
                                     struct grants *grants);
/* Joins the threads; stop the client first. */
void forge_roles_close(struct forge_roles *roles);

/* Somebody works with the project: its roles are looked at oftener for a while. Quick, for every
 * thread. */
void forge_roles_note_use(int64_t project_id);

/* A person has just signed in with the server: learns their roles in its linked projects with their
 * own token, as many as there is time for; the rest follows in the background. */
void forge_roles_of_person(struct forge_roles *roles, const struct forge_server *server,
                           int64_t user_id, struct slice token);

/* Learns a project's roles now, and waits. STATUS_NOT_FOUND when it takes none. */
enum status forge_roles_refresh(struct forge_roles *roles, int64_t project_id,
                                struct problem *problem) MUST_CHECK;

#endif
