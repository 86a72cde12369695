/* address.c - which addresses are not of the public Internet. See address.h. */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/banned.h"

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
