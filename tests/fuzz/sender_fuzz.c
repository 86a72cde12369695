/* sender_fuzz.c - what says who sends and whether they may: auth headers, DSNs, allowed origins and
 * rate limits. The input is five texts, each ended by a NUL: header, query, origins, origin,
 * limits.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ingest/auth.h"
#include "ingest/origins.h"
#include "ingest/rate_limit.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void read_auth(struct arena *arena, struct slice header, struct slice query) {
  struct http_header headers[] = {{SLICE("X-Sentry-Auth"), header}};
  struct http_request request = {
      .arena = arena, .query = query, .headers = headers, .header_count = 1};
  struct credentials credentials = {0};
  struct problem problem = {0};
  struct slice key, project;
  enum status status = auth_read(&request, &credentials, &problem);
  check(!status || problem.message[0]);
  check(slice_find_byte(credentials.client, '\0') == credentials.client.len);
  if (auth_parse_dsn(header, &key, &project)) check(key.len && project.len);
}

static void read_origins(struct arena *arena, struct slice text, struct slice origin) {
  const struct origins *origins;
  struct problem problem = {0};
  if (origins_compile(arena, text, &origins, &problem)) {
    check(problem.message[0]);
    return;
  }
  bool is_allowed = origins_allow(origins, origin);
  check(is_allowed || origins);
  check(origins_allow(origins, SLICE_EMPTY));
}

/* Takes until nothing is left: never more than the limit allows. */
static void read_limits(struct arena *arena, struct slice text) {
  enum { TRIES = 50 };
  struct rate_limits *limits;
  struct problem problem = {0};
  struct rate_hits hits = {0};
  if (rate_limits_parse(arena, text, &limits, &problem)) {
    check(problem.message[0]);
    return;
  }
  const struct rate_owners owners = {.project = limits};
  bool was_refused = false;
  for (int i = 0; i < TRIES; i++) {
    bool is_taken = rate_limits_take(&owners, CATEGORY_ERROR, 1000000, &hits);
    check(!(is_taken && was_refused));
    check(limits || is_taken);
    was_refused = !is_taken;
  }
  check(was_refused == (hits.count > 0));
  check(was_refused == (rate_hits_header(arena, &hits).len > 0));
  check(rate_hits_retry_after_s(&hits) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice rest = slice_of((const char *)data, size);
  struct slice header = slice_split(&rest, '\0'), query = slice_split(&rest, '\0');
  struct slice origins = slice_split(&rest, '\0'), origin = slice_split(&rest, '\0');
  read_auth(&arena, header, query);
  read_origins(&arena, origins, origin);
  read_limits(&arena, rest);
  arena_free(&arena);
  return 0;
}
