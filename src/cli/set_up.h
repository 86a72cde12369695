/* set_up.h - what a server needs before somebody can use it. */
#ifndef CULPRIT_CLI_SET_UP_H
#define CULPRIT_CLI_SET_UP_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

/* Makes an administrator "admin" when there is no user, and an organization "main" with a project
 * "main/app" when there is no organization. */
enum status set_up(struct store *store, struct problem *problem) MUST_CHECK;

/* What to tell the person who starts the server. */
struct welcome {
  struct slice sign_in_link; /* empty once somebody has signed in */
  struct slice dsn;          /* of the only project, until it has an event; else empty */
};
enum status set_up_welcome(struct store *store, struct arena *arena, struct slice public_url,
                           struct welcome *welcome, struct problem *problem) MUST_CHECK;

#endif
