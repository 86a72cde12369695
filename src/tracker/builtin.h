/* builtin.h - what the tracker's files share about the built-in issues. */
#ifndef CULPRIT_TRACKER_BUILTIN_H
#define CULPRIT_TRACKER_BUILTIN_H

#include "store/group.h"
#include "store/issue.h"

/* struct issue_link.forge of issues in the built-in tracker. */
#define FORGE_NAME_BUILTIN SLICE("builtin")

/* The built-in issue that the group is linked to; false when there is none. */
bool builtin_issue_of_group(struct transaction *tx, struct arena *arena, const struct group *group,
                            struct issue *issue);

#endif
