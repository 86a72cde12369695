/* filter.c - inbound filters: a project's options, and the order in which they are asked.
 *
 * What costs nothing comes first: an address, a release. Texts are searched only
 * by filters that are on and have something to look for.
 *
 * Source: Sentry's inbound filters; docs/filters.md.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/glob.h"
#include "event/filter_parts.h"
#include "event/limits.h"
#include "event/option.h"

#include "base/banned.h"

/* Addresses are compared as IPv6; IPv4 ones are mapped into it (::ffff:192.0.2.1). */
struct address {
  unsigned char bytes[16];
};
struct network {
  struct address address;
  unsigned bits;
};

struct filters {
  bool browser_extensions, localhost, web_crawlers, health_checks, invalid_csp, hydration, chunks;
  unsigned legacy_browsers;
  struct glob *releases, *messages;
  size_t release_count, message_count;
  struct network *networks;
  size_t network_count;
};

/* --- addresses ------------------------------------------------------------------------- */

/* False when it is none. A port behind it, as proxies write it, is not taken. */
static bool parse_address(struct slice text, struct address *address, bool *is_v4) {
  char string[INET6_ADDRSTRLEN + 1];
  struct in_addr v4;
  if (text.len == 0 || text.len >= sizeof string) return false;
  memcpy(string, text.ptr, text.len);
  string[text.len] = '\0';
  *is_v4 = inet_pton(AF_INET, string, &v4) == 1;
  if (!*is_v4) return inet_pton(AF_INET6, string, address->bytes) == 1;
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  memcpy(address->bytes, mapped, sizeof mapped);
  memcpy(address->bytes + sizeof mapped, &v4, sizeof v4);
  return true;
}

static bool parse_network(struct slice text, struct network *network) {
  size_t slash = slice_find_byte(text, '/');
  uint64_t bits;
  bool is_v4;
  if (!parse_address(slice_upto(text, slash), &network->address, &is_v4)) return false;
  unsigned most = is_v4 ? 32 : 128;
  network->bits = 128;
  if (slash == text.len) return true;
  if (!slice_to_u64(slice_from(text, slash + 1), &bits) || bits > most) return false;
  network->bits = (unsigned)bits + (128 - most);
  return true;
}

static bool is_within(const struct network *network, const struct address *address) {
  size_t whole = network->bits / 8, rest = network->bits % 8;
  if (memcmp(network->address.bytes, address->bytes, whole) != 0) return false;
  if (rest == 0) return true;
  unsigned differing = network->address.bytes[whole] ^ address->bytes[whole];
  return differing >> (8 - rest) == 0;
}

static bool is_unwanted_address(const struct filters *filters, struct slice text) {
  struct address address;
  bool is_v4;
  if (!filters->network_count || !parse_address(text, &address, &is_v4)) return false;
  for (size_t i = 0; i < filters->network_count; i++) {
    if (is_within(&filters->networks[i], &address)) return true;
  }
  return false;
}

/* --- compiling --------------------------------------------------------------------------- */

static enum status compile_networks(const struct option_list *list, struct filters *filters) {
  struct lines lines;
  if (option_lines(list, "filter.ip_addresses", LIMIT_OPTION_LINES, &lines))
    return STATUS_BAD_INPUT;
  filters->networks = ARENA_ARRAY(list->arena, lines.count + 1, struct network);
  for (size_t i = 0; i < lines.count; i++) {
    if (parse_network(lines.items[i], &filters->networks[filters->network_count])) {
      filters->network_count++;
      continue;
    }
    return problem_set_field(list->problem, STATUS_BAD_INPUT, "filter.ip_addresses",
                             "\"%.*s\" is not an address. Write 192.0.2.7, 192.0.2.0/24 or "
                             "2001:db8::/32, one a line.",
                             SLICE_ARGS(slice_cut_characters(lines.items[i], 60)));
  }
  return STATUS_OK;
}

static enum status compile_globs(const struct option_list *list, const char *name,
                                 struct glob **globs, size_t *count) {
  struct lines lines;
  if (option_lines(list, name, LIMIT_OPTION_LINES, &lines)) return STATUS_BAD_INPUT;
  *globs = ARENA_ARRAY(list->arena, lines.count + 1, struct glob);
  *count = lines.count;
  for (size_t i = 0; i < lines.count; i++) {
    (*globs)[i] = glob_make(list->arena, lines.items[i]);
    if ((*globs)[i].count) continue;
    return problem_set_field(list->problem, STATUS_BAD_INPUT, name,
                             "\"%.*s\" would drop everything. Write some text beside the star.",
                             SLICE_ARGS(lines.items[i]));
  }
  return STATUS_OK;
}

static enum status compile_browsers(const struct option_list *list, struct filters *filters) {
  struct lines lines;
  if (option_lines(list, "filter.legacy_browsers", LIMIT_OPTION_LINES, &lines)) {
    return STATUS_BAD_INPUT;
  }
  for (size_t i = 0; i < lines.count; i++) {
    unsigned family = filter_browser_family(lines.items[i]);
    if (!family) {
      return problem_set_field(list->problem, STATUS_BAD_INPUT, "filter.legacy_browsers",
                               "\"%.*s\" is not a browser. Known are ie, edge, safari, firefox, "
                               "chrome, opera, opera_mini, android, and all.",
                               SLICE_ARGS(slice_cut_characters(lines.items[i], 60)));
    }
    filters->legacy_browsers |= family;
  }
  return STATUS_OK;
}

enum status filters_compile(struct arena *arena, struct pairs options,
                            const struct filters **result, struct problem *problem) {
  struct filters *filters = ARENA_NEW(arena, struct filters);
  const struct option_list list = {arena, options, problem};
  const struct {
    const char *name;
    bool otherwise;
    bool *is_on;
  } switches[] = {
      {"filter.browser_extensions", false, &filters->browser_extensions},
      {"filter.localhost", false, &filters->localhost},
      {"filter.web_crawlers", true, &filters->web_crawlers},
      {"filter.health_checks", true, &filters->health_checks},
      {"filter.invalid_csp", true, &filters->invalid_csp},
      {"filter.react_hydration", true, &filters->hydration},
      {"filter.chunk_load", true, &filters->chunks},
  };
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    if (option_switch(&list, switches[i].name, switches[i].otherwise, switches[i].is_on)) {
      return STATUS_BAD_INPUT;
    }
  }
  if (compile_networks(&list, filters) || compile_browsers(&list, filters) ||
      compile_globs(&list, "filter.releases", &filters->releases, &filters->release_count) ||
      compile_globs(&list, "filter.error_messages", &filters->messages, &filters->message_count)) {
    return STATUS_BAD_INPUT;
  }
  *result = filters;
  return STATUS_OK;
}

/* --- what the filters look at --------------------------------------------------------------- */

static bool matches(const struct glob *globs, size_t count, struct slice text) {
  struct arena arena = {0};
  bool is_match = false;
  if (count == 0 || slice_is_empty(text)) return false;
  text = glob_text(&arena, text);
  for (size_t i = 0; i < count && !is_match; i++) is_match = glob_match(&globs[i], text);
  arena_free(&arena);
  return is_match;
}

/* Each exception as "type: value" and by its value alone, and the message. */
static bool is_unwanted_message(const struct filters *filters, const struct event *event) {
  const struct glob *globs = filters->messages;
  size_t count = filters->message_count;
  bool is_match = false;
  struct arena arena = {0};
  if (count == 0) return false;
  for (size_t i = 0; i < event->exception_count && !is_match; i++) {
    const struct exception *exception = &event->exceptions[i];
    struct slice start = arena_concat(&arena, exception->type, SLICE(": "));
    is_match = matches(globs, count, exception->value) ||
               matches(globs, count, arena_concat(&arena, start, exception->value));
  }
  arena_free(&arena);
  return is_match || matches(globs, count, event->message_formatted) ||
         matches(globs, count, event->message_template);
}

static bool is_local_host(struct slice url) {
  size_t scheme = slice_find(url, SLICE("://"));
  if (scheme == url.len) return false;
  struct slice host = slice_from(url, scheme + 3);
  host = slice_upto(host, slice_find_byte(host, '/'));
  if (slice_starts_with(host, SLICE("[::1]"))) return true;
  host = slice_upto(host, slice_find_byte(host, ':'));
  return slice_equal_ignore_case(host, SLICE("localhost")) ||
         (host.len > 10 &&
          slice_equal_ignore_case(slice_from(host, host.len - 10), SLICE(".localhost"))) ||
         slice_starts_with(host, SLICE("127."));
}

static bool is_local(const struct event *event) {
  struct slice address = event->user.ip_address;
  return slice_equal(address, SLICE("127.0.0.1")) || slice_equal(address, SLICE("::1")) ||
         is_local_host(event->request.url);
}

/* SDKs of browsers may leave the header to the request that carries the event. */
static struct slice user_agent_of(const struct event *event, const struct event_hints *hints) {
  for (size_t i = 0; i < event->request.headers.count; i++) {
    const struct pair *header = &event->request.headers.items[i];
    if (slice_equal_ignore_case(header->key, SLICE("User-Agent"))) return header->value;
  }
  bool is_browser = slice_equal(event->platform, SLICE("javascript"));
  return is_browser && hints ? hints->user_agent : SLICE_EMPTY;
}

static struct slice filter_browser(const struct filters *filters, const struct event *event) {
  if (!slice_equal(event->platform, SLICE("javascript"))) return SLICE_EMPTY;
  if (filters->browser_extensions && filter_is_extension(event)) {
    return SLICE("browser-extensions");
  }
  if (filters->hydration && filter_is_hydration(event)) return SLICE("react-hydration-errors");
  if (filters->chunks && filter_is_chunk(event)) return SLICE("chunk-load-error");
  return SLICE_EMPTY;
}

/* --- the whole -------------------------------------------------------------------------------- */

struct slice filter_item(const struct filters *filters, struct slice client_address,
                         struct slice release) {
  if (is_unwanted_address(filters, client_address)) return SLICE("ip-address");
  if (matches(filters->releases, filters->release_count, release)) return SLICE("release-version");
  return SLICE_EMPTY;
}

struct slice filter_event(const struct filters *filters, const struct event *event,
                          const struct event_hints *hints) {
  struct slice address = hints ? hints->client_address : SLICE_EMPTY;
  struct slice name = filter_item(filters, address, event->release);
  if (name.len) return name;
  if (filters->localhost && is_local(event)) return SLICE("localhost");
  if (filters->invalid_csp && filter_is_invalid_csp(event)) return SLICE("invalid-csp");
  name = filter_browser(filters, event);
  if (name.len) return name;
  if (filters->web_crawlers || filters->legacy_browsers) {
    struct slice agent = user_agent_of(event, hints);
    if (filters->web_crawlers && filter_is_crawler(agent)) return SLICE("web-crawlers");
    if (filter_is_legacy(agent, filters->legacy_browsers)) return SLICE("legacy-browsers");
  }
  return is_unwanted_message(filters, event) ? SLICE("error-message") : SLICE_EMPTY;
}

/* What monitors ask for, again and again: "GET /healthz", "/api/ping/", "readiness". */
struct slice filter_transaction(const struct filters *filters, struct slice name) {
  static const char *const words[] = {"health",       "healthy",      "healthz",   "healthcheck",
                                      "health_check", "health-check", "heartbeat", "live",
                                      "livez",        "liveness",     "ready",     "readyz",
                                      "readiness",    "ping",         "up"};
  if (!filters->health_checks || slice_is_empty(name)) return SLICE_EMPTY;
  while (name.len > 1 && name.ptr[name.len - 1] == '/') name.len--;
  size_t slash = slice_find_last_byte(name, '/');
  bool has_path = slash < name.len;
  struct slice last = has_path ? slice_from(name, slash + 1) : name;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    /* "live", "up" and "ready" are names of other things too, unless they are the whole path. */
    if (!slice_equal_ignore_case(last, slice_of_string(words[i]))) continue;
    bool is_short = last.len <= 5 && !slice_equal_ignore_case(last, SLICE("ping"));
    size_t first = slice_find_byte(name, '/');
    if (!is_short || (has_path && first == slash)) return SLICE("filtered-transaction");
  }
  return SLICE_EMPTY;
}
