/* sentry_url.c - see sentry_url.h.
 *
 * People type "sentry.example.org", or paste what their browser or a script holds. What can only
 * mean one server is understood; what would send a token somewhere else than it looks like (a user
 * before "@", an unusual character) is refused.
 */
#include "source/sentry_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/address.h"
#include "source/limits.h"

#include "base/banned.h"

static enum status refuse(struct problem *problem, const char *message) {
  return problem_set_field(problem, STATUS_BAD_INPUT, "url", "%s", message);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

static struct slice lower_copy(struct arena *arena, struct slice text) {
  char *copy = arena_alloc_raw(arena, text.len);
  for (size_t i = 0; i < text.len; i++) copy[i] = lower(text.ptr[i]);
  return slice_of(copy, text.len);
}

/* --- characters ----------------------------------------------------------------------- */

static enum status check_characters(struct slice text, struct problem *problem) {
  if (text.len > SENTRY_URL_LIMIT)
    return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                             "The Sentry API URL may have %d characters; this one has %zu.",
                             SENTRY_URL_LIMIT, text.len);
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f)
      return refuse(problem,
                    "The Sentry API URL holds a blank or a character that is not ASCII. Write the "
                    "host of an international name in its xn-- form.");
    if (strchr("\"'<>\\^`{|}", text.ptr[i]))
      return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                               "The Sentry API URL may not hold the character %c.", text.ptr[i]);
  }
  return STATUS_OK;
}

/* --- scheme, host and port -------------------------------------------------------------- */

/* Takes "https://" off; a bare host means https. */
static enum status take_scheme(struct slice *rest, const char **scheme, struct problem *problem) {
  size_t end = slice_find(*rest, SLICE("://"));
  *scheme = "https";
  if (end == rest->len) return STATUS_OK;
  struct slice name = slice_upto(*rest, end);
  *rest = slice_from(*rest, end + 3);
  if (slice_equal_ignore_case(name, SLICE("https"))) return STATUS_OK;
  *scheme = "http";
  if (slice_equal_ignore_case(name, SLICE("http"))) return STATUS_OK;
  return refuse(problem, "The Sentry API URL has to begin with https:// or http://.");
}

static bool is_host_name(struct slice host) {
  for (size_t i = 0; i < host.len; i++) {
    char c = lower(host.ptr[i]);
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-._", c))) return false;
  }
  return host.len > 0 && host.ptr[0] != '.';
}

static bool is_ipv6(struct slice host) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  if (!host.len || host.len >= sizeof text) return false;
  memcpy(text, host.ptr, host.len);
  text[host.len] = 0;
  return inet_pton(AF_INET6, text, &address) == 1;
}

/* "host", "host:port", "[v6]" or "[v6]:port"; the port is empty when none is given. */
static bool split_authority(struct slice authority, struct slice *host, struct slice *port) {
  size_t colon = slice_find_byte(authority, ':');
  if (slice_starts_with(authority, SLICE("["))) {
    size_t bracket = slice_find_byte(authority, ']');
    *host = slice_from(slice_upto(authority, bracket), 1);
    colon = bracket + 1;
    if (bracket == authority.len || !is_ipv6(*host)) return false;
    if (colon < authority.len && authority.ptr[colon] != ':') return false;
  } else {
    *host = slice_upto(authority, colon);
    if (!is_host_name(*host)) return false;
  }
  uint64_t number;
  *port = slice_from(authority, colon + 1);
  return colon >= authority.len ||
         (slice_to_u64(*port, &number) && number > 0 && number < 65536 && port->ptr[0] != '0');
}

static bool is_usual_port(const char *scheme, struct slice port) {
  return !port.len || slice_equal_string(port, strcmp(scheme, "https") == 0 ? "443" : "80");
}

/* --- path ------------------------------------------------------------------------------- */

/* "//a///b/" as "a/b". */
static struct slice squeeze(struct arena *arena, struct slice path) {
  char *out = arena_alloc_raw(arena, path.len);
  size_t len = 0;
  for (size_t i = 0; i < path.len; i++) {
    if (path.ptr[i] != '/' || (len && out[len - 1] != '/')) out[len++] = path.ptr[i];
  }
  return slice_of(out, len && out[len - 1] == '/' ? len - 1 : len);
}

/* Appends the path's segments up to "api/0"; behind it the project's address is looked for. */
static enum status take_path(struct arena *arena, struct slice path, struct sentry_url *url,
                             struct problem *problem) {
  while (path.len) {
    struct slice segment = slice_split(&path, '/');
    if (slice_equal_string(segment, ".") || slice_equal_string(segment, ".."))
      return refuse(problem, "The path of the Sentry API URL may not hold \".\" or \"..\".");
    if (slice_equal_string(segment, "api") && slice_starts_with(path, SLICE("0")) &&
        (path.len == 1 || path.ptr[1] == '/')) {
      struct slice tail = slice_from(path, 2);
      if (!slice_equal_string(slice_split(&tail, '/'), "projects")) return STATUS_OK;
      url->organization_slug = slice_split(&tail, '/');
      url->project_slug = slice_split(&tail, '/');
      return STATUS_OK;
    }
    url->base = arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(url->base), SLICE_ARGS(segment));
  }
  return STATUS_OK;
}

enum status sentry_url_read(struct arena *arena, struct slice typed, struct sentry_url *url,
                            struct problem *problem) {
  *url = (struct sentry_url){0};
  struct slice rest = arena_copy(arena, slice_trim(typed)), port;
  const char *scheme;
  if (!rest.len) return STATUS_OK;
  enum status status = check_characters(rest, problem);
  if (!status) status = take_scheme(&rest, &scheme, problem);
  if (status) return status;
  if (slice_find_byte(rest, '?') < rest.len || slice_find_byte(rest, '#') < rest.len)
    return refuse(problem, "Leave away what follows the ? or # in the Sentry API URL.");
  size_t slash = slice_find_byte(rest, '/');
  struct slice authority = slice_upto(rest, slash), host;
  if (slice_find_byte(authority, '@') < authority.len)
    return refuse(problem, "Leave user name and password out of the Sentry API URL.");
  if (!split_authority(authority, &host, &port))
    return refuse(problem,
                  "The Sentry API URL needs the host of a server, for example "
                  "https://sentry.example.org or https://sentry.io.");
  url->host = lower_copy(arena, host);
  bool is_address = slice_starts_with(authority, SLICE("["));
  url->base = arena_printf(arena, "%s://%s%.*s%s", scheme, is_address ? "[" : "",
                           SLICE_ARGS(url->host), is_address ? "]" : "");
  if (!is_usual_port(scheme, port))
    url->base = arena_printf(arena, "%.*s:%.*s", SLICE_ARGS(url->base), SLICE_ARGS(port));
  status = take_path(arena, squeeze(arena, slice_from(rest, slash)), url, problem);
  return status ? status : check_characters(url->base, problem);
}

/* --- this machine ----------------------------------------------------------------------- */

bool sentry_host_is_private(struct slice host) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  char text[256];
  if (!host.len || host.len >= sizeof text) return false;
  memcpy(text, host.ptr, host.len);
  text[host.len] = 0;
  /* inet_aton() takes what resolvers take: 127.1, 0x7f000001, 2130706433. */
  if (inet_aton(text, &v4.sin_addr)) return address_is_private((const struct sockaddr *)&v4);
  if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
    return address_is_private((const struct sockaddr *)&v6);
  struct slice name =
      host.len && host.ptr[host.len - 1] == '.' ? slice_upto(host, host.len - 1) : host;
  return slice_equal_string(name, "localhost") || slice_ends_with(name, SLICE(".localhost"));
}
