/* hook.h - GitLab tells us what happened to issues: its webhook, already received. */
#ifndef CULPRIT_FORGE_HOOK_H
#define CULPRIT_FORGE_HOOK_H

#include "forge/forge.h"

/* What came of a webhook. */
enum hook_result {
  HOOK_DENIED,     /* no such project, none linked, or another secret */
  HOOK_UNREADABLE, /* not JSON */
  HOOK_IGNORED,    /* about something else, or no news */
  HOOK_DONE,
  HOOK_FAILED, /* could not be written; GitLab sends it again */
};
struct hook {
  int64_t project_id;
  struct slice token, body; /* X-Gitlab-Token */
};
/* Compares the secret in a time that does not depend on either, then does what is told. Reads and
 * writes the store: not for network threads. */
enum hook_result forge_hook(struct forge *forge, struct arena *arena, const struct hook *hook);

#endif
