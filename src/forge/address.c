/* address.c - which repositories may be named, and which addresses reached.
 *
 * A URL in a project's settings makes the server open connections, so it must not lead to services
 * that only this machine or its network can reach. The host is resolved once; the connection goes
 * to the address that was checked (stream.c), so that a second answer of the name server changes
 * nothing.
 */
#include "forge/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"

#include "base/banned.h"

/* --- URLs ------------------------------------------------------------------------- */

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

/* --- addresses ---------------------------------------------------------------------- */

struct range4 {
  uint32_t base;
  unsigned bits;
};
/* IANA's special-purpose registry; multicast and reserved at the end. */
static const struct range4 private4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local, cloud metadata */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool is_private4(uint32_t address) {
  for (size_t i = 0; i < sizeof(private4) / sizeof(private4[0]); i++)
    if ((address ^ private4[i].base) >> (32 - private4[i].bits) == 0) return true;
  return false;
}

static uint32_t read4(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_private6(const unsigned char *a) {
  static const unsigned char zeros[12] = {0};
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
  if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0) return is_private4(read4(a + 12));
  if (memcmp(a, zeros, 12) == 0) return true;                         /* ::, ::1, IPv4-compatible */
  if (a[0] == 0x20 && a[1] == 0x02) return is_private4(read4(a + 2)); /* 6to4 */
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 2) return true;          /* Teredo, ORCHID */
  if (read4(a) == 0x20010db8) return true;                            /* documentation */
  return (a[0] & 0xe0) != 0x20; /* outside of 2000::/3: local, link-local, multicast, unassigned */
}

bool address_is_private(const struct sockaddr *address) {
  switch (address->sa_family) {
    case AF_INET: {
      struct sockaddr_in in;
      memcpy(&in, address, sizeof(in));
      return is_private4(ntohl(in.sin_addr.s_addr));
    }
    case AF_INET6: {
      struct sockaddr_in6 in;
      memcpy(&in, address, sizeof(in));
      return is_private6(in.sin6_addr.s6_addr);
    }
    default: return true;
  }
}

enum status address_resolve(struct slice host, struct slice port, bool allow_private,
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
                             "network. The administrator can allow that with "
                             "allow_private_addresses.",
                             SLICE_ARGS(slice_cut_utf8(host, 100)));
  }
  return STATUS_OK;
}
