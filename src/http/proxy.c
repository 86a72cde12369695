/* proxy.c - see proxy.h. */
#include "http/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { PROXY_LIMIT = 256, ADDRESS_TEXT_LIMIT = 64 };

static bool read_address(struct slice text, unsigned char address[16], bool *is_ipv4) {
  char copy[ADDRESS_TEXT_LIMIT];
  if (!text.len || text.len >= sizeof copy) return false;
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = '\0';
  if (strlen(copy) != text.len) return false;
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  *is_ipv4 = inet_pton(AF_INET, copy, address + 12) == 1;
  if (*is_ipv4) {
    memcpy(address, mapped, sizeof mapped);
    return true;
  }
  return inet_pton(AF_INET6, copy, address) == 1;
}

static bool read_range(struct slice text, struct proxy_range *range) {
  bool is_ipv4;
  uint64_t bits;
  struct slice rest = text;
  struct slice address = slice_trim(slice_split(&rest, '/'));
  if (!read_address(address, range->address, &is_ipv4)) return false;
  unsigned width = is_ipv4 ? 32 : 128;
  range->bits = 128;
  if (slice_find_byte(text, '/') == text.len) return true;
  if (!slice_to_u64(slice_trim(rest), &bits) || bits > width) return false;
  range->bits = 128 - width + (unsigned)bits;
  return true;
}

enum status proxy_list_parse(struct proxy_list *list, const char *text, struct problem *problem) {
  *list = (struct proxy_list){0};
  struct slice rest = slice_of_string(text);
  while (rest.len) {
    struct slice item = slice_trim(slice_split(&rest, ','));
    if (!item.len) continue;
    if (slice_equal(item, SLICE("unix"))) {
      list->trusts_unix = true;
      continue;
    }
    list->ranges = memory_realloc(list->ranges, (list->count + 1) * sizeof *list->ranges);
    if (list->count < PROXY_LIMIT && read_range(item, &list->ranges[list->count])) {
      list->count++;
      continue;
    }
    proxy_list_free(list);
    return problem_set(problem, STATUS_BAD_INPUT,
                       "\"%.*s\" in the list of trusted proxies is not an address, a range such as "
                       "10.0.0.0/8, or \"unix\".",
                       (int)(item.len < 64 ? item.len : 64), item.ptr);
  }
  return STATUS_OK;
}

void proxy_list_free(struct proxy_list *list) {
  free(list->ranges);
  *list = (struct proxy_list){0};
}

static bool is_in_range(const struct proxy_range *range, const unsigned char address[16]) {
  unsigned whole = range->bits / 8, rest = range->bits % 8;
  if (memcmp(range->address, address, whole)) return false;
  if (!rest) return true;
  unsigned mask = (0xff00u >> rest) & 0xffu;
  return ((range->address[whole] ^ address[whole]) & mask) == 0;
}

bool proxy_is_trusted(const struct proxy_list *list, struct slice text) {
  unsigned char address[16];
  bool is_ipv4;
  if (!list->count || !read_address(text, address, &is_ipv4)) return false;
  for (size_t i = 0; i < list->count; i++) {
    if (is_in_range(&list->ranges[i], address)) return true;
  }
  return false;
}

/* "10.0.0.1", "10.0.0.1:80", "::1" or "[::1]:80" without the port. */
static struct slice without_port(struct slice text) {
  if (text.len && text.ptr[0] == '[') {
    struct slice inside = slice_from(text, 1);
    return slice_upto(inside, slice_find_byte(inside, ']'));
  }
  size_t colon = slice_find_byte(text, ':');
  return slice_find_last_byte(text, ':') == colon ? slice_upto(text, colon) : text;
}

struct slice proxy_client(const struct proxy_list *list, struct slice forwarded_for,
                          struct slice peer) {
  unsigned char ignored[16];
  bool is_ipv4;
  struct slice client = peer;
  while (forwarded_for.len) {
    size_t comma = slice_find_last_byte(forwarded_for, ',');
    bool is_first = comma == forwarded_for.len;
    struct slice item = is_first ? forwarded_for : slice_from(forwarded_for, comma + 1);
    item = without_port(slice_trim(item));
    if (!read_address(item, ignored, &is_ipv4)) break;
    client = item;
    if (is_first || !proxy_is_trusted(list, item)) break;
    forwarded_for = slice_upto(forwarded_for, comma);
  }
  return client;
}
