/* gitlab_api.h - GET requests to a GitLab's API, with a token. */
#ifndef CULPRIT_ACCOUNT_GITLAB_API_H
#define CULPRIT_ACCOUNT_GITLAB_API_H

#include "http/client.h"
#include "json/json.h"
#include "store/forge_server.h"

struct gitlab_api {
  struct http_client *client;
  const struct forge_server *server;
  struct slice token;    /* a person's or an access token */
  int64_t timeout_ms;    /* 0: GITLAB_TIMEOUT_MS */
  int64_t not_before_ms; /* filled: GitLab asks for no further request before; 0: it does not */
  bool is_stopped;       /* filled: nobody was asked, since this server is stopping */
};

/* GET `path` below /api/v4, as JSON from the arena. Waits: not for network threads. The statuses
 * are those of http_call_problem(); STATUS_NOT_FOUND only when GitLab itself says so, not a proxy
 * before it. */
enum status gitlab_get(struct gitlab_api *api, struct arena *arena, struct slice path,
                       yyjson_val **root, struct problem *problem) MUST_CHECK;

#endif
