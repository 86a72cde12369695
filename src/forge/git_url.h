/* git_url.h - which repositories may be named, and where they lead. */
#ifndef CULPRIT_FORGE_GIT_URL_H
#define CULPRIT_FORGE_GIT_URL_H

#include <netdb.h>
#include <stdbool.h>

#include "base/slice.h"
#include "base/status.h"

/* "https://git.example.org:8443/team/app.git". Borrows the text. */
struct git_url {
  struct slice scheme, host, port; /* host without brackets; the scheme's port when none is given */
};

/* Whether the setting is a URL rather than a path. */
bool git_url_is(struct slice text);
/* http, https and git only, with a host, without user and password. */
enum status git_url_parse(struct slice text, struct git_url *url,
                          struct problem *problem) MUST_CHECK;

/* Resolves a host; freed by freeaddrinfo(). Unless `allow_private`, one private address among the
 * answers refuses all of them. */
enum status git_url_resolve(struct slice host, struct slice port, bool allow_private,
                            struct addrinfo **addresses, struct problem *problem) MUST_CHECK;

#endif
