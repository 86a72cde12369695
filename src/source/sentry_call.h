/* sentry_call.h - a request to a connected Sentry, made ready for http/client.h. */
#ifndef CULPRIT_SOURCE_SENTRY_CALL_H
#define CULPRIT_SOURCE_SENTRY_CALL_H

#include "http/client.h"
#include "store/connection.h"

/* How messages for people name the other server. */
#define SENTRY_NAME "Sentry"

/* "/api/0/projects/ORG/PROJECT", the start of most questions. */
struct slice sentry_project_path(struct arena *arena, const struct connection *connection);

/* Fills method, url, headers and body of `call`, with the connection's token opened from the vault;
 * what it points to is the arena's, which has to outlive the call and be wiped by
 * sentry_call_wipe(). STATUS_FAILED: there is no token, or it cannot be opened any more; the
 * message says that it has to be entered again. */
struct sentry_request {
  const struct connection *connection;
  const char *method;
  struct slice path; /* and query */
  struct slice body; /* JSON; empty for none */
};
enum status sentry_call_prepare(struct store *store, struct arena *arena,
                                const struct sentry_request *request, struct http_call *call,
                                struct problem *problem) MUST_CHECK;
/* Overwrites the token in the headers, once the call is done. */
void sentry_call_wipe(struct http_call *call);

#endif
