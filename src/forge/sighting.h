/* sighting.h - the state of an issue as somebody saw it at GitLab, and what follows from it.
 *
 *   webhook ──┐
 *             ├─► is it news? ─► kept (store/forge_issue.h) ─► closed: the error is resolved
 *   polling ──┘                                               reopened: it is unresolved again
 *
 * Only a change between what was known and what was seen has consequences, so that the same news
 * from both ways counts once, and an old webhook that is sent again changes nothing.
 */
#ifndef CULPRIT_FORGE_SIGHTING_H
#define CULPRIT_FORGE_SIGHTING_H

#include "forge/builtin.h"
#include "forge/gitlab.h"
#include "store/forge_issue.h"
#include "store/forge_server.h"

struct sighting {
  int64_t remote_id, number;
  bool is_open, is_gone;
  struct slice title;
  int64_t updated_ms; /* by GitLab's clock */
};
/* On the writer thread. False: the issue belongs to no error, or it is no news. */
bool sighting_take(struct transaction *tx, struct forge *forge, const struct project_forge *project,
                   const struct sighting *sighting);

#endif
