/* listen.h - listening sockets. */
#ifndef CULPRIT_HTTP_LISTEN_H
#define CULPRIT_HTTP_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/status.h"

struct listen_address {
  struct sockaddr_storage address; /* AF_INET, AF_INET6 or AF_UNIX */
  socklen_t length;
};

/* Reads "127.0.0.1:9000", "[::1]:9000" or "unix:/path". */
enum status listen_parse(struct listen_address *address, const char *text,
                         struct problem *problem) MUST_CHECK;
enum status listen_parse_unix(struct listen_address *address, const char *path,
                              struct problem *problem) MUST_CHECK;

/* A bound TCP socket, which the caller closes. The first one fails when somebody has the address
 * and fills in the port that was picked; all further ones share its port with it. */
enum status listen_open_tcp(struct listen_address *address, bool is_first, int *fd,
                            struct problem *problem) MUST_CHECK;
/* The same for a Unix socket. The file of a server that is gone is replaced. `is_private` makes it
 * the owner's alone. */
enum status listen_open_unix(const struct listen_address *address, bool is_private, int *fd,
                             struct problem *problem) MUST_CHECK;
/* As text, with the real port. */
void listen_describe(const struct listen_address *address, char *out, size_t size);

#endif
