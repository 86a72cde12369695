/* client_problem.h - what went wrong with a call to another server, in words for people.
 *
 *   http_client_perform() ─► http_call_problem()   no complete answer, or a status that is no
 * success http_call_not_json()  a success whose body cannot be read http_call_lacks()     JSON
 * without what it needs to have
 *
 * Each says what is wrong and what to do. The name of the other server ("Sentry", "GitLab") is the
 * caller's. Nothing here looks at a clock or keeps anything; tokens are in no message.
 */
#ifndef CULPRIT_HTTP_CLIENT_PROBLEM_H
#define CULPRIT_HTTP_CLIENT_PROBLEM_H

#include "base/status.h"
#include "http/client.h"

/* STATUS_OK for a 2xx answer. Else the problem, with `field` "url" or "token" where that is what
 * has to change:
 *
 *   STATUS_BAD_INPUT        the URL or the token cannot be as it is; redirects
 *   STATUS_UNAUTHENTICATED  401      STATUS_FORBIDDEN  403      STATUS_NOT_FOUND  404
 *   STATUS_BUSY             429
 *   STATUS_TOO_LARGE        the answer is over its limit
 *   STATUS_UNAVAILABLE      may go by itself: unknown host, refused, TLS, timeouts, 5xx, broken
 *   STATUS_FAILED           any other status
 */
enum status http_call_problem(const struct http_call *call, const char *peer, int64_t now_ms,
                              struct problem *problem) MUST_CHECK;
/* The answer should have been JSON. Returns STATUS_FAILED. */
enum status http_call_not_json(const struct http_call *call, const char *peer,
                               struct problem *problem);

/* Whether the answer asks for no further request before a time, and which: Retry-After (seconds or
 * date), and when none is left the reset times of Sentry (X-Sentry-Rate-Limit-Reset) and GitLab
 * (RateLimit-Reset). A 429 that tells no time means HTTP_CLIENT_RETRY_DEFAULT_MS. No time is
 * farther away than HTTP_CLIENT_RETRY_LIMIT_MS. */
bool http_call_not_before(const struct http_call *call, int64_t now_ms, int64_t *time_ms);

#endif
