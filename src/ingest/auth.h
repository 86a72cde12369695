/* auth.h - who sends: the credentials of an ingest request; see auth.c. */
#ifndef CULPRIT_INGEST_AUTH_H
#define CULPRIT_INGEST_AUTH_H

#include "http/http.h"

struct credentials {
  struct slice key;    /* public key; empty when the request names none */
  struct slice client; /* "sentry.python/1.9.10"; may be empty */
};

/* From the X-Sentry-Auth or Authorization header, the query, or the path's {key}.
 * STATUS_UNAUTHENTICATED when more than one of them names a key, STATUS_BAD_INPUT for an unknown
 * protocol version. Without any, `key` is empty: the envelope's `dsn` may still hold one. Borrows
 * the request. */
enum status auth_read(const struct http_request *request, struct credentials *credentials,
                      struct problem *problem) MUST_CHECK;

/* "https://KEY[:SECRET]@host/path/PROJECT"; false when it is not one. */
bool auth_parse_dsn(struct slice dsn, struct slice *key, struct slice *project);

#endif
