/* git_url.c - which repositories may be named, and where they lead.
 *
 * The host is resolved once; the connection goes to the address that was checked (stream.c), so
 * that a second answer of the name server changes nothing.
 */
#include "forge/git_url.h"

#include <string.h>

#include "base/arena.h"
#include "http/address.h"

#include "base/banned.h"

static const struct {
  const char *scheme, *port;
} schemes[] = {{"https", "443"}, {"http", "80"}, {"git", "9418"}};

bool git_url_is(struct slice text) { return slice_find(text, SLICE("://")) < text.len; }

static const char *scheme_port(struct slice scheme) {
  for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
    if (slice_equal_string(scheme, schemes[i].scheme)) return schemes[i].port;
  return NULL;
}

/* Splits "host:port" or "[v6]:port". */
static bool split_authority(struct slice authority, struct git_url *url) {
  size_t colon = slice_find_byte(authority, ':');
  url->host = slice_upto(authority, colon);
  if (slice_starts_with(authority, SLICE("["))) {
    size_t bracket = slice_find_byte(authority, ']');
    if (bracket == authority.len) return false;
    url->host = slice_of(authority.ptr + 1, bracket - 1);
    colon = bracket + 1;
    if (colon < authority.len && authority.ptr[colon] != ':') return false;
  }
  uint64_t port;
  struct slice digits = slice_from(authority, colon + 1);
  if (colon < authority.len) {
    if (!slice_to_u64(digits, &port) || port == 0 || port > 65535) return false;
    url->port = digits;
  }
  return url->host.len > 0;
}

enum status git_url_parse(struct slice text, struct git_url *url, struct problem *problem) {
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f)
      return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                               "The repository's URL holds a blank or a character that is not "
                               "ASCII. Percent-encode it.");
  }
  size_t colon = slice_find(text, SLICE("://"));
  *url = (struct git_url){.scheme = slice_upto(text, colon)};
  const char *port = scheme_port(url->scheme);
  if (!port)
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "Repositories are fetched by https, http or git, not by \"%.*s\". For "
                             "others keep a clone on this machine and give its path.",
                             SLICE_ARGS(slice_cut_utf8(url->scheme, 40)));
  url->port = slice_of_string(port);
  struct slice rest = slice_from(text, colon + 3);
  size_t slash = slice_find_byte(rest, '/');
  struct slice authority = slice_upto(rest, slash);
  if (slice_find_byte(authority, '@') < authority.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "Leave user name and password out of the repository's URL: settings "
                             "are no place for secrets. For a private repository keep a clone on "
                             "this machine and give its path.");
  if (!split_authority(authority, url) || slash + 1 >= rest.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The repository's URL needs a host and a path, like "
                             "https://git.example.org/team/app.git.");
  return STATUS_OK;
}

enum status git_url_resolve(struct slice host, struct slice port, bool allow_private,
                            struct addrinfo **addresses, struct problem *problem) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct arena arena = {0};
  int code = getaddrinfo(arena_string(&arena, host), arena_string(&arena, port), &hints, addresses);
  arena_free(&arena);
  if (code)
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The host \"%.*s\" cannot be resolved: %s.",
                             SLICE_ARGS(slice_cut_utf8(host, 100)), gai_strerror(code));
  for (struct addrinfo *at = *addresses; at && !allow_private; at = at->ai_next) {
    if (!address_is_private(at->ai_addr)) continue;
    freeaddrinfo(*addresses);
    *addresses = NULL;
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The host \"%.*s\" has an address of this machine or a private "
                             "network. An administrator can allow that with "
                             "--allow-private-addresses.",
                             SLICE_ARGS(slice_cut_utf8(host, 100)));
  }
  return STATUS_OK;
}
