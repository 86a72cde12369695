/* sentry_link.h - where Sentry's lists go on: the Link header of its Web API.
 *
 *   <https://…&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1",
 *   <https://…&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"
 *
 * Addresses in it are not looked at: a list goes on where it began, with another cursor.
 */
#ifndef CULPRIT_SOURCE_SENTRY_LINK_H
#define CULPRIT_SOURCE_SENTRY_LINK_H

#include <stdbool.h>

#include "base/slice.h"

/* Cursors of the pages before and behind; empty where there is none. Borrows the header. */
struct sentry_link {
  struct slice previous, next;
};
struct sentry_link sentry_link_read(struct slice header);

#endif
