/* origins.h - from which pages browsers may send to a project.
 *
 *   *                           every page
 *   example.com                 any scheme and port
 *   *.example.com               the same, its sub-domains too
 *   https://example.com:8443    scheme and port compared as well
 *   null, file://               as they are
 *   none                        no page at all
 *
 * One a line. Only requests that name an origin are checked: what runs on servers and phones names
 * none.
 *
 * Source: Sentry's documentation of allowed domains.
 */
#ifndef CULPRIT_INGEST_ORIGINS_H
#define CULPRIT_INGEST_ORIGINS_H

#include "base/arena.h"
#include "base/status.h"
#include "http/http.h"

/* Every request of a browser is compared with each. */
#define ORIGINS_LIMIT 100
/* A host has 253 characters at most. */
#define ORIGIN_BYTES 300

struct origins; /* immutable */

/* The empty text, and "*" alone, give null: every origin. STATUS_BAD_INPUT names the line. From the
 * arena, where `text` has to live too. */
enum status origins_compile(struct arena *arena, struct slice text, const struct origins **origins,
                            struct problem *problem) MUST_CHECK;

/* Whether a page of that origin may send; null allows all. */
bool origins_allow(const struct origins *origins, struct slice origin);

/* The Origin header, else scheme, host and port of Referer; empty when there is neither. Borrows.
 */
struct slice origin_of_request(const struct http_request *request);

#endif
