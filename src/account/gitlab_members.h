/* gitlab_members.h - what GitLab's API says about members of a project. Pure. */
#ifndef CULPRIT_ACCOUNT_GITLAB_MEMBERS_H
#define CULPRIT_ACCOUNT_GITLAB_MEMBERS_H

#include "json/json.h"
#include "store/project.h"

struct gitlab_member {
  struct slice subject; /* GitLab's id of the user, as digits */
  enum role role;       /* ROLE_NONE: blocked, expired, or of too low a level */
};
/* One member, as of `now_ms`; false when it is none. From the arena. */
bool gitlab_member_read(struct arena *arena, yyjson_val *json, int64_t now_ms,
                        struct gitlab_member *member) MUST_CHECK;

/* GitLab's levels (10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner) as
 * roles; levels between count as the one below. */
enum role gitlab_role(int64_t level);

#endif
