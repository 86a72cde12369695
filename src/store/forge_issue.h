/* forge_issue.h - what is known of the issues at a forge that errors are linked to.
 *
 * The link itself is issue_link (group.h) or remote_link (remote_link.h); here stands the issue's
 * state as the forge said it last. An issue is found by the forge's id of its project, which stays
 * when that is renamed, and its number.
 */
#ifndef CULPRIT_STORE_FORGE_ISSUE_H
#define CULPRIT_STORE_FORGE_ISSUE_H

#include "store/remote_link.h"

struct forge_issue {
  int64_t project_id;
  int64_t remote_id, number; /* of the issue's project there, and of the issue in it */
  struct slice url;          /* as in the link */
  struct slice title;
  bool is_open;
  bool is_gone;       /* deleted, or moved to another project */
  int64_t updated_ms; /* by the forge's clock: what is not younger is known already */
};

bool forge_issue_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                     int64_t remote_id, int64_t number, struct forge_issue *issue);
bool forge_issue_of_link(struct transaction *tx, struct arena *arena, const struct issue_link *link,
                         struct forge_issue *issue);
/* Makes it or writes all of it. */
void forge_issue_set(struct transaction *tx, const struct forge_issue *issue);
/* Linked issues of one project there that are not gone, newest first. */
struct forge_issue_query {
  int64_t project_id, remote_id;
  size_t limit;
};
size_t forge_issue_list(struct transaction *tx, struct arena *arena,
                        const struct forge_issue_query *query, struct forge_issue **issues);

/* The error that an issue is linked to: of this server, or of a connected Sentry. */
struct forge_issue_error {
  struct issue_link link;
  bool is_remote;
};
bool forge_issue_error(struct transaction *tx, struct arena *arena, const struct forge_issue *issue,
                       struct forge_issue_error *error);

#endif
