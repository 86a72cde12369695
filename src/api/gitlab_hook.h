/* gitlab_hook.h - where GitLab's webhooks arrive. */
#ifndef CULPRIT_API_GITLAB_HOOK_H
#define CULPRIT_API_GITLAB_HOOK_H

#include "http/http.h"

#define GITLAB_HOOK_PATH "/api/hooks/gitlab/"

/* POST /api/hooks/gitlab/{project}: `project` is the id. The secret in X-Gitlab-Token lets in. */
http_handler gitlab_hook_receive;

#endif
