/* address.h - which addresses are not of the public Internet.
 *
 * A URL in a project's settings makes the server open connections, so it must not lead to services
 * that only this machine or its network can reach. What counts is the address that is connected
 * to, not what a name resolved to at another time.
 */
#ifndef CULPRIT_HTTP_ADDRESS_H
#define CULPRIT_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Loopback, private, link-local, multicast and other addresses that are not of the public
 * Internet, also when embedded in IPv6. */
bool address_is_private(const struct sockaddr *address);

#endif
