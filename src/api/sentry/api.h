/* api.h - the JSON API in the shape of Sentry's, below /api/0/.
 *
 * The server concatenates `api_routes` with its other tables, calls `api_before` for routes of this
 * table (their patterns start with API_PREFIX), and `api_on_problem` for whatever it refuses below
 * API_PREFIX. Every route names the role and the scope it needs in `access`; without one it is
 * refused to everybody. `http_request.user` is the acting `struct actor` afterwards.
 */
#ifndef CULPRIT_API_SENTRY_API_H
#define CULPRIT_API_SENTRY_API_H

#include "http/http.h"

#define API_PREFIX "/api/0/"

/* Ends with a null pattern. */
extern const struct http_route api_routes[];

/* Finds the actor of the bearer token and checks its scope: 401 and 403 in Sentry's words. */
bool api_before(struct http_request *request, struct http_response *response);

/* {"detail": "..."} for what has no handler or never reached it. */
void api_on_problem(struct http_request *request, struct http_response *response,
                    const struct problem *problem);

#endif
