/* sentry_call.c - see sentry_call.h.
 *
 * Source: Sentry's API reference, "Authentication"; headers as GitLab's client sends them.
 */
#include "source/sentry_call.h"

#include <sodium.h>

#include "store/vault.h"

#include "base/banned.h"

struct slice sentry_project_path(struct arena *arena, const struct connection *connection) {
  return arena_printf(arena, "/api/0/projects/%.*s/%.*s",
                      SLICE_ARGS(url_encode(arena, connection->organization_slug)),
                      SLICE_ARGS(url_encode(arena, connection->project_slug)));
}

enum status sentry_call_prepare(struct store *store, struct arena *arena,
                                const struct sentry_request *request, struct http_call *call,
                                struct problem *problem) {
  const struct connection *connection = request->connection;
  struct slice token;
  struct slice purpose = connection_token_purpose(arena, connection->project_id, connection->url);
  if (slice_is_empty(connection->token) ||
      !vault_open(store, arena, purpose, connection->token, &token))
    return problem_set(problem, STATUS_FAILED,
                       "The token for Sentry is not there or cannot be read any more. Enter it "
                       "again in the settings.");
  struct http_header *headers = ARENA_ARRAY(arena, 3, struct http_header);
  headers[0] = (struct http_header){SLICE("Authorization"),
                                    arena_printf(arena, "Bearer %.*s", SLICE_ARGS(token))};
  headers[1] = (struct http_header){SLICE("Content-Type"), SLICE("application/json")};
  headers[2] = (struct http_header){SLICE("Accept"), SLICE("application/json")};
  sodium_memzero((char *)token.ptr, token.len);
  call->method = request->method;
  call->url = arena_concat(arena, connection->url, request->path);
  call->headers = headers;
  call->header_count = 3;
  call->body = request->body;
  return STATUS_OK;
}

void sentry_call_wipe(struct http_call *call) {
  if (!call->header_count) return;
  struct slice value = call->headers[0].value;
  sodium_memzero((char *)value.ptr, value.len);
}
