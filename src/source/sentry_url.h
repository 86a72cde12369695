/* sentry_url.h - the address of a Sentry, as people type and paste it.
 *
 *   "HTTPS://Sentry.Example.org:443/sub/api/0/projects/shop/cart/"
 *     └─► base "https://sentry.example.org/sub", organization "shop", project "cart"
 *
 * The base is what is kept, compared and put before "/api/0/...": equal servers have equal bases.
 */
#ifndef CULPRIT_SOURCE_SENTRY_URL_H
#define CULPRIT_SOURCE_SENTRY_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

struct sentry_url {
  struct slice base; /* without a slash at the end; empty when nothing was typed */
  struct slice host; /* without brackets */
  /* Of the address of an API that was pasted whole; empty mostly. */
  struct slice organization_slug, project_slug;
};

/* From the arena. STATUS_BAD_INPUT, field "url": what is wrong with it. */
enum status sentry_url_read(struct arena *arena, struct slice typed, struct sentry_url *url,
                            struct problem *problem) MUST_CHECK;

/* Whether the host names this machine or a private network by itself: an address, or localhost.
 * What other names lead to is checked whenever the server is asked (http/client.h). */
bool sentry_host_is_private(struct slice host);

#endif
