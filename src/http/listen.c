/* listen.c - see listen.h.
 *
 * Each network thread listens with a socket of its own on one port
 * (SO_REUSEPORT), and the kernel spreads the connections. A second program of
 * the same user could share the port the same way and take half of them, so the
 * first socket is bound without that option, which fails when anyone has the
 * port, and gets it afterwards.
 */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#include "base/banned.h"

enum { HOST_TEXT_LIMIT = 64 };

enum status listen_parse_unix(struct listen_address *address, const char *path,
                              struct problem *problem) {
  *address = (struct listen_address){0};
  struct sockaddr_un *name = (struct sockaddr_un *)&address->address;
  size_t len = strlen(path);
  if (!len || len >= sizeof name->sun_path)
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The path of a Unix socket has 1 to %zu bytes; \"%.80s\" has %zu.",
                       sizeof name->sun_path - 1, path, len);
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path, len + 1);
  address->length = sizeof *name;
  return STATUS_OK;
}

static bool parse_host(struct listen_address *address, struct slice host, uint64_t port) {
  char text[HOST_TEXT_LIMIT];
  if (!host.len || host.len >= sizeof text) return false;
  snprintf(text, sizeof text, "%.*s", SLICE_ARGS(host));
  struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address->address;
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address->address;
  if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)port);
    address->length = sizeof *ipv4;
    return true;
  }
  if (host.len < 3 || host.ptr[0] != '[' || text[host.len - 1] != ']') return false;
  text[host.len - 1] = '\0';
  ipv6->sin6_family = AF_INET6;
  ipv6->sin6_port = htons((uint16_t)port);
  address->length = sizeof *ipv6;
  return inet_pton(AF_INET6, text + 1, &ipv6->sin6_addr) == 1;
}

enum status listen_parse(struct listen_address *address, const char *text,
                         struct problem *problem) {
  struct slice s = slice_of_string(text);
  uint64_t port;
  *address = (struct listen_address){0};
  if (slice_starts_with(s, SLICE("unix:")))
    return listen_parse_unix(address, text + strlen("unix:"), problem);
  size_t colon = slice_find_last_byte(s, ':');
  if (slice_to_u64(slice_from(s, colon + 1), &port) && port <= 65535 &&
      parse_host(address, slice_upto(s, colon), port))
    return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Cannot listen on \"%.100s\": write an address and a port, as in "
                     "127.0.0.1:9000 or [::1]:9000, or a socket, as in unix:/run/culprit.sock.",
                     text);
}

static enum status failed(const struct listen_address *address, int error,
                          struct problem *problem) {
  char text[160];
  listen_describe(address, text, sizeof text);
  if (error == EADDRINUSE)
    return problem_set(problem, STATUS_CONFLICT,
                       "Cannot listen on %s: another program does already. Stop it or choose "
                       "another address.",
                       text);
  return problem_set(problem, STATUS_FAILED, "Cannot listen on %s: %s.", text, strerror(error));
}

enum status listen_open_tcp(struct listen_address *address, bool is_first, int *fd,
                            struct problem *problem) {
  int on = 1, family = address->address.ss_family;
  struct sockaddr *name = (struct sockaddr *)&address->address;
  int made = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return failed(address, errno, problem);
  bool is_done = !setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
                 (is_first || !setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) &&
                 !bind(made, name, address->length) &&
                 (!is_first || !setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) &&
                 !getsockname(made, name, &address->length);
  if (is_done) {
    *fd = made;
    return STATUS_OK;
  }
  int error = errno;
  close(made);
  return failed(address, error, problem);
}

/* Removes the file of a server that does not run any more; false when one answers, or when the
 * file is no socket. */
static bool remove_stale(const struct listen_address *address) {
  const struct sockaddr_un *name = (const struct sockaddr_un *)&address->address;
  struct stat info;
  if (lstat(name->sun_path, &info) || !S_ISSOCK(info.st_mode)) return false;
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool is_stale =
      connect(probe, (const struct sockaddr *)name, address->length) && errno == ECONNREFUSED;
  close(probe);
  return is_stale && !unlink(name->sun_path);
}

enum status listen_open_unix(const struct listen_address *address, bool is_private, int *fd,
                             struct problem *problem) {
  const struct sockaddr *name = (const struct sockaddr *)&address->address;
  int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return failed(address, errno, problem);
  /* Before bind(), so that the file never is anybody else's. */
  mode_t old_mask = umask(0177);
  int error = 0;
  if (!is_private) umask(old_mask);
  if (bind(made, name, address->length)) {
    error = errno;
    if (error == EADDRINUSE && remove_stale(address))
      error = bind(made, name, address->length) ? errno : 0;
  }
  umask(old_mask);
  if (!error) {
    *fd = made;
    return STATUS_OK;
  }
  close(made);
  return failed(address, error, problem);
}

void listen_describe(const struct listen_address *address, char *out, size_t size) {
  char host[INET6_ADDRSTRLEN] = "";
  const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->address;
  const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->address;
  switch (address->address.ss_family) {
    case AF_INET:
      inet_ntop(AF_INET, &ipv4->sin_addr, host, sizeof host);
      snprintf(out, size, "%s:%u", host, (unsigned)ntohs(ipv4->sin_port));
      break;
    case AF_INET6:
      inet_ntop(AF_INET6, &ipv6->sin6_addr, host, sizeof host);
      snprintf(out, size, "[%s]:%u", host, (unsigned)ntohs(ipv6->sin6_port));
      break;
    default:
      snprintf(out, size, "unix:%s", ((const struct sockaddr_un *)&address->address)->sun_path);
  }
}
