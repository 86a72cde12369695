/* auth.c - credentials of SDKs: a header, the query, or the envelope's DSN.
 *
 *   X-Sentry-Auth: Sentry sentry_version=7, sentry_key=…, sentry_client=…
 *   Authorization: Sentry sentry_key=…, …        (other schemes are not ours)
 *   ?sentry_key=…&sentry_version=7&sentry_client=…
 *
 *   /api/42/cron/nightly/KEY/                    (where the route has {key})
 *
 * Order, blanks and commas are free; old SDKs send a secret, which is ignored.
 *
 * Source: Sentry developer docs, "Authentication".
 */
#include "ingest/auth.h"

#include "base/bytes.h"

#include "base/banned.h"

struct auth_fields {
  struct slice key, client, version;
};

/* "name=value, name=value" behind the scheme. */
static void parse_header(struct arena *arena, struct slice value, struct auth_fields *fields) {
  while (!slice_is_empty(value)) {
    struct slice field = slice_trim(slice_split(&value, ','));
    struct slice name = slice_trim(slice_split(&field, '='));
    struct slice text = url_decode(arena, slice_trim(field), false);
    if (slice_equal(name, SLICE("sentry_key"))) fields->key = text;
    if (slice_equal(name, SLICE("sentry_client"))) fields->client = utf8_repair(arena, text);
    if (slice_equal(name, SLICE("sentry_version"))) fields->version = text;
  }
}

/* What stands behind the scheme "Sentry", or the empty slice for any other scheme. */
static struct slice behind_scheme(struct slice header) {
  header = slice_trim(header);
  size_t blank = slice_find_byte(header, ' ');
  if (!slice_equal_ignore_case(slice_upto(header, blank), SLICE("Sentry"))) return SLICE_EMPTY;
  return slice_from(header, blank + 1);
}

static void read_query(const struct http_request *request, struct auth_fields *fields) {
  fields->key = http_query_value(request, "sentry_key");
  fields->client = http_query_value(request, "sentry_client");
  fields->version = http_query_value(request, "sentry_version");
}

static bool is_known_version(struct slice version) {
  uint64_t number;
  size_t point = slice_find_byte(version, '.'); /* "2.0" of very old clients */
  if (slice_is_empty(version)) return true;
  return slice_to_u64(slice_upto(version, point), &number) && number >= 2 && number <= 7;
}

/* The headers' fields. False when both headers speak for us. */
static bool read_headers(const struct http_request *request, struct auth_fields *fields) {
  struct slice sentry = behind_scheme(http_header(request, "X-Sentry-Auth"));
  struct slice standard = behind_scheme(http_header(request, "Authorization"));
  parse_header(request->arena, sentry, fields);
  if (!slice_is_empty(fields->key) && !slice_is_empty(standard)) return false;
  parse_header(request->arena, standard, fields);
  return true;
}

enum status auth_read(const struct http_request *request, struct credentials *credentials,
                      struct problem *problem) {
  struct auth_fields from_query = {0}, from_header = {0};
  struct auth_fields from_path = {.key = http_parameter(request, "key")};
  bool is_one_header = read_headers(request, &from_header);
  if (!slice_is_empty(request->query)) read_query(request, &from_query);
  int count = !slice_is_empty(from_path.key) + !slice_is_empty(from_header.key) +
              !slice_is_empty(from_query.key);
  if (!is_one_header || count > 1) {
    return problem_set(problem, STATUS_UNAUTHENTICATED,
                       "The request names its key in more than one place (headers, query, path); "
                       "send one of them.");
  }
  const struct auth_fields *fields = &from_query;
  if (!slice_is_empty(from_path.key)) fields = &from_path;
  if (!slice_is_empty(from_header.key)) fields = &from_header;
  if (!is_known_version(fields->version)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The sentry_version is not known; this server speaks 2 to 7.");
  }
  credentials->key = fields->key;
  /* It may end up in the event, whose texts hold no NUL. */
  credentials->client = slice_upto(fields->client, slice_find_byte(fields->client, '\0'));
  return STATUS_OK;
}

bool auth_parse_dsn(struct slice dsn, struct slice *key, struct slice *project) {
  size_t scheme = slice_find(dsn, SLICE("://"));
  if (scheme == dsn.len) return false;
  struct slice rest = slice_from(dsn, scheme + 3);
  size_t at = slice_find_byte(rest, '@'), slash = slice_find_last_byte(rest, '/');
  if (at == rest.len || slash == rest.len || slash < at) return false;
  *key = slice_upto(rest, at);
  *key = slice_upto(*key, slice_find_byte(*key, ':'));
  *project = slice_from(rest, slash + 1);
  return !slice_is_empty(*key) && !slice_is_empty(*project);
}
