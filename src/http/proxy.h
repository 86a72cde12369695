/* proxy.h - whose word about the client is believed. */
#ifndef CULPRIT_HTTP_PROXY_H
#define CULPRIT_HTTP_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

struct proxy_range {
  unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
  unsigned bits;
};

struct proxy_list {
  struct proxy_range *ranges;
  size_t count;
  bool trusts_unix; /* the word "unix": who connects over the Unix socket */
};

/* Addresses and CIDR ranges, comma-separated; null gives an empty list. Free with
 * proxy_list_free(). STATUS_BAD_INPUT names what is not an address. */
enum status proxy_list_parse(struct proxy_list *list, const char *text,
                             struct problem *problem) MUST_CHECK;
void proxy_list_free(struct proxy_list *list);
/* `address` as text, as in "10.0.0.1" or "::1"; an address that cannot be read is not trusted. */
bool proxy_is_trusted(const struct proxy_list *list, struct slice address);
/* The client behind trusted proxies: the last address of X-Forwarded-For that is none of them.
 * `peer` when there is no such address. Borrows. */
struct slice proxy_client(const struct proxy_list *list, struct slice forwarded_for,
                          struct slice peer);

#endif
