/* gitlab.h - what GitLab's error tracking offers to scripts and SDKs, at its addresses: the REST
 * endpoints below /api/v4/, GraphQL at /api/graphql, and the collectors that SDKs post to.
 *
 * The server concatenates `gitlab_routes` with its other tables, calls `gitlab_before` for routes
 * whose access carries GITLAB_ROUTE, and `gitlab_on_problem` for whatever it refuses at a path of
 * gitlab_is_path(). `http_request.user` is the acting `struct actor` afterwards.
 */
#ifndef CULPRIT_API_GITLAB_GITLAB_H
#define CULPRIT_API_GITLAB_GITLAB_H

#include "http/http.h"

/* Access of a route (http_route.access). */
#define GITLAB_ROUTE 0x20000u
/* The role in the project of the path, and the token's scope. */
#define GITLAB_ACCESS(role, scope) (GITLAB_ROUTE | (unsigned)(role) << 8 | (unsigned)(scope))
/* Any token: GraphQL, whose fields ask for scopes themselves. */
#define GITLAB_GRAPHQL (GITLAB_ROUTE | 0x80000u)
/* SDKs: the client key is checked by the endpoint. */
#define GITLAB_SENDERS (GITLAB_ROUTE | 0x40000u)

/* Ends with a null pattern. */
extern const struct http_route gitlab_routes[];

/* Finds the actor of the token and checks its scope: 401 and 403 in GitLab's words. */
bool gitlab_before(struct http_request *request, struct http_response *response);

/* Whether answers at that path are in GitLab's shape. */
bool gitlab_is_path(struct slice path);
/* What has no handler or never reached it. */
void gitlab_on_problem(struct http_request *request, struct http_response *response,
                       const struct problem *problem);

#endif
