/* router.c - see router.h.
 *
 * The table is walked once, in order. Patterns are compared with the path as it
 * was received: an escaped letter in a fixed segment does not match, so there is
 * one spelling of each address. Parameters are decoded and made valid UTF-8.
 *
 * SDKs of old and clients of the API put paths together with slashes too many
 * ("//api//42///store/"); below /api, and nowhere else, runs of slashes count as one.
 */
#include "http/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"

#include "base/banned.h"

struct router router_make(const struct http_route *routes) {
  size_t count = 0;
  while (routes[count].pattern) count++;
  struct router router = {routes, memory_alloc((count + 1) * sizeof(size_t))};
  for (size_t i = 0; i < count; i++) {
    struct slice pattern = slice_of_string(routes[i].pattern);
    router.literal_lengths[i] = slice_find_byte(pattern, '{');
  }
  return router;
}

void router_free(struct router *router) {
  free(router->literal_lengths);
  *router = (struct router){0};
}

static struct slice skip_slashes(struct slice path) {
  while (path.len && path.ptr[0] == '/') path = slice_from(path, 1);
  return path;
}

/* The path with each run of slashes as one, or the path itself when it is not below /api or has no
 * runs. */
static struct slice collapse_slashes(struct arena *arena, struct slice path) {
  if (slice_find(path, SLICE("//")) == path.len) return path;
  struct slice rest = skip_slashes(path);
  if (!slice_equal(slice_split(&rest, '/'), SLICE("api"))) return path;
  char *copy = arena_alloc_raw(arena, path.len);
  size_t len = 0;
  for (size_t i = 0; i < path.len; i++) {
    if (path.ptr[i] != '/' || !len || copy[len - 1] != '/') copy[len++] = path.ptr[i];
  }
  return slice_of(copy, len);
}

static bool add_parameter(struct http_request *request, struct slice name, struct slice value) {
  if (request->parameter_count == HTTP_MAX_PATH_PARAMETERS) return false;
  size_t at = request->parameter_count++;
  request->parameters[at].name = name;
  request->parameters[at].value = value;
  return true;
}

/* Compares segment by segment and collects the parameters, still encoded. */
static bool matches(struct http_request *request, struct slice pattern, struct slice path) {
  request->parameter_count = 0;
  while (pattern.len && path.len) {
    struct slice wanted = slice_split(&pattern, '/');
    if (wanted.len < 2 || wanted.ptr[0] != '{') {
      if (!slice_equal(wanted, slice_split(&path, '/'))) return false;
      continue;
    }
    struct slice name = slice_of(wanted.ptr + 1, wanted.len - 2);
    if (slice_ends_with(name, SLICE("..."))) {
      name.len -= 3;
      return add_parameter(request, name, path);
    }
    struct slice value = slice_split(&path, '/');
    if (!value.len || !add_parameter(request, name, value)) return false;
  }
  return !pattern.len && !path.len;
}

static void decode_parameters(struct http_request *request) {
  for (size_t i = 0; i < request->parameter_count; i++) {
    struct slice *value = &request->parameters[i].value;
    *value = utf8_repair(request->arena, url_decode(request->arena, *value, false));
  }
}

static void add_allowed(struct buffer *allow, const char *method) {
  struct slice text = slice_of_string(method);
  if (slice_find(buffer_slice(allow), text) < allow->len) return;
  if (allow->len) BUFFER_APPEND_LITERAL(allow, ", ");
  buffer_append_slice(allow, text);
  if (slice_equal(text, SLICE("GET"))) BUFFER_APPEND_LITERAL(allow, ", HEAD");
}

static bool serves(const struct http_route *route, struct slice method) {
  return slice_equal_string(method, route->method) ||
         (slice_equal(method, SLICE("HEAD")) && slice_equal_string(SLICE("GET"), route->method));
}

/* Without the slashes around it: "/" and a trailing slash make no difference then. */
static struct slice inner(struct slice path) {
  if (path.len && path.ptr[0] == '/') path = slice_from(path, 1);
  if (path.len && path.ptr[path.len - 1] == '/') path.len--;
  return path;
}

enum router_outcome router_find(const struct router *router, struct http_request *request,
                                struct buffer *allow) {
  struct slice path = collapse_slashes(request->arena, request->path);
  if (!path.len || path.ptr[0] != '/') return ROUTER_NOT_FOUND;
  if (slice_find(path, SLICE("//")) < path.len) return ROUTER_NOT_FOUND;
  for (size_t i = 0; router->routes[i].pattern; i++) {
    const struct http_route *route = &router->routes[i];
    struct slice pattern = slice_of_string(route->pattern);
    size_t literal = router->literal_lengths[i];
    if (literal < pattern.len && (path.len < literal || memcmp(path.ptr, pattern.ptr, literal)))
      continue;
    if (!matches(request, inner(pattern), inner(path))) continue;
    if (serves(route, request->method)) {
      request->route = route;
      decode_parameters(request);
      return ROUTER_FOUND;
    }
    add_allowed(allow, route->method);
  }
  request->parameter_count = 0;
  return allow->len ? ROUTER_OTHER_METHOD : ROUTER_NOT_FOUND;
}
