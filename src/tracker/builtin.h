/* builtin.h - what the tracker's files share about the built-in issues. */
#ifndef CULPRIT_TRACKER_BUILTIN_H
#define CULPRIT_TRACKER_BUILTIN_H

#include "base/slice.h"

/* struct issue_link.forge of issues in the built-in tracker, and in a GitLab. */
#define FORGE_NAME_BUILTIN SLICE("builtin")
#define FORGE_NAME_GITLAB SLICE("gitlab")

#endif
