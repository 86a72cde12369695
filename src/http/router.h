/* router.h - which route serves a request. */
#ifndef CULPRIT_HTTP_ROUTER_H
#define CULPRIT_HTTP_ROUTER_H

#include <stddef.h>

#include "base/buffer.h"
#include "http/http.h"

struct router {
  const struct http_route *routes;
  /* For each route, the length of its pattern before the first '{': most routes are refused by
   * comparing that much. */
  size_t *literal_lengths;
};

/* Borrows the table, which ends with a null pattern. */
struct router router_make(const struct http_route *routes);
void router_free(struct router *router);

enum router_outcome { ROUTER_FOUND, ROUTER_OTHER_METHOD, ROUTER_NOT_FOUND };

/* Looks up request->method and request->path. When found sets request->route and the parameters;
 * for ROUTER_OTHER_METHOD `allow` gets the value of an Allow header. */
enum router_outcome router_find(const struct router *router, struct http_request *request,
                                struct buffer *allow);

#endif
