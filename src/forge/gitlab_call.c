/* gitlab_call.c - asks GitLab, and says what became of the question.
 *
 * What matters to callers is less why there is no answer than whether a change may have been made:
 * a refused connection has changed nothing, an answer that was cut off may follow a change. Reading
 * changes nothing, so that its failures are never unsure.
 *
 * Redirects are not followed: a GitLab that moved is another host, to which no token goes.
 */
#include <string.h>

#include "base/clock.h"
#include "forge/gitlab.h"
#include "forge/limits.h"
#include "http/client_problem.h"

#include "base/banned.h"

/* --- no answer ---------------------------------------------------------------------------- */

/* What a change is worth of which there is no complete answer. */
static const enum gitlab_fate failures[] = {
    [HTTP_FAILURE_URL] = GITLAB_REFUSED,
    [HTTP_FAILURE_HEADER] = GITLAB_REFUSED,
    [HTTP_FAILURE_RESOLVE] = GITLAB_LATER,
    [HTTP_FAILURE_PRIVATE] = GITLAB_REFUSED,
    [HTTP_FAILURE_REFUSED] = GITLAB_LATER,
    [HTTP_FAILURE_TLS] = GITLAB_LATER,
    [HTTP_FAILURE_CONNECT_TIMEOUT] = GITLAB_LATER,
    [HTTP_FAILURE_TIMEOUT] = GITLAB_UNSURE,
    [HTTP_FAILURE_TOO_LARGE] = GITLAB_UNSURE,
    [HTTP_FAILURE_BROKEN] = GITLAB_UNSURE,
    [HTTP_FAILURE_BUSY] = GITLAB_LATER,
    [HTTP_FAILURE_STOPPED] = GITLAB_UNSURE,
};

static enum gitlab_fate fate_of_status(int status) {
  switch (status) {
    case 404: return GITLAB_MISSING;
    case 408:
    case 409:
    case 429: return GITLAB_LATER;
    default: return status >= 300 && status < 500 ? GITLAB_REFUSED : GITLAB_UNSURE;
  }
}

static bool is_reading(const struct gitlab_question *question) {
  return strcmp(question->method, "GET") == 0;
}

/* GitLab's own words say best what is wrong with what was sent. */
static void add_words(const struct gitlab *gitlab, const struct http_call *call,
                      struct problem *problem) {
  yyjson_val *json = NULL;
  struct problem ignored;
  if ((call->status != 400 && call->status != 403 && call->status != 409 && call->status != 422) ||
      json_read(gitlab->arena, call->answer, &json, &ignored) != STATUS_OK)
    return;
  struct slice words = gitlab_message(gitlab->arena, json);
  if (!words.len) return;
  struct problem plain = *problem;
  problem_set(problem, plain.status, "%s GitLab says: %.*s", plain.message, SLICE_ARGS(words));
}

static void refuse(const struct gitlab *gitlab, const struct http_call *call,
                   struct gitlab_reply *reply) {
  int64_t now_ms = clock_now_ms(), time_ms;
  reply->fate = call->failure ? failures[call->failure] : fate_of_status(call->status);
  reply->is_too_large = call->failure == HTTP_FAILURE_TOO_LARGE;
  if (http_call_problem(call, "GitLab", now_ms, &reply->problem) == STATUS_OK) return;
  if (http_call_not_before(call, now_ms, &time_ms)) reply->wait_ms = time_ms - now_ms;
  add_words(gitlab, call, &reply->problem);
}

/* --- answers -------------------------------------------------------------------------------- */

/* "Sun, 29 Nov 2026 19:40:24 GMT" */
static int64_t date_of(struct slice text) {
  const struct slice names = SLICE("JanFebMarAprMayJunJulAugSepOctNovDec");
  uint64_t day, year, hour, minute, second;
  if (text.len != 29 || !slice_to_u64(slice_of(text.ptr + 5, 2), &day) ||
      !slice_to_u64(slice_of(text.ptr + 12, 4), &year) ||
      !slice_to_u64(slice_of(text.ptr + 17, 2), &hour) ||
      !slice_to_u64(slice_of(text.ptr + 20, 2), &minute) ||
      !slice_to_u64(slice_of(text.ptr + 23, 2), &second))
    return 0;
  size_t month = slice_find(names, slice_of(text.ptr + 8, 3));
  if (month == names.len || year < 1970 || year > 9999) return 0;
  int64_t days = time_days((int)year, (int)month / 3 + 1, (int)day);
  return days * DAY_MS + (int64_t)hour * HOUR_MS + (int64_t)minute * MINUTE_MS +
         (int64_t)second * SECOND_MS;
}

static void take_answer(const struct gitlab *gitlab, const struct gitlab_question *question,
                        const struct http_call *call, struct gitlab_reply *reply) {
  struct problem ignored;
  reply->asked_ms = date_of(http_call_header(call, "Date"));
  reply->next_page = arena_copy(gitlab->arena, http_call_header(call, "X-Next-Page"));
  reply->bytes = arena_copy(gitlab->arena, call->answer);
  if (question->wants_bytes ||
      json_read(gitlab->arena, call->answer, &reply->json, &ignored) == STATUS_OK)
    return;
  reply->fate = GITLAB_UNSURE;
  http_call_not_json(call, "GitLab", &reply->problem);
}

static void judge(const struct gitlab *gitlab, const struct gitlab_question *question,
                  const struct http_call *call, struct gitlab_reply *reply) {
  *reply = (struct gitlab_reply){.status = call->status};
  if (!call->failure && call->status >= 200 && call->status < 300)
    take_answer(gitlab, question, call, reply);
  else
    refuse(gitlab, call, reply);
  if (reply->fate == GITLAB_UNSURE && is_reading(question)) reply->fate = GITLAB_LATER;
}

void gitlab_ask(const struct gitlab *gitlab, const struct gitlab_question *question,
                struct gitlab_reply *reply) {
  struct arena *arena = gitlab->arena;
  struct http_header headers[3];
  size_t count = 0;
  if (!question->wants_bytes)
    headers[count++] = (struct http_header){SLICE("Accept"), SLICE("application/json")};
  if (gitlab->token.len)
    headers[count++] = (struct http_header){
        SLICE("Authorization"), arena_printf(arena, "Bearer %.*s", SLICE_ARGS(gitlab->token))};
  if (question->body.len)
    headers[count++] = (struct http_header){SLICE("Content-Type"), SLICE("application/json")};
  struct http_call call = {
      .method = question->method,
      .url = arena_printf(arena, "%.*s/api/v4%.*s", SLICE_ARGS(gitlab->url),
                          SLICE_ARGS(question->path)),
      .headers = headers,
      .header_count = count,
      .body = question->body,
      .timeout_ms = gitlab->timeout_ms ? gitlab->timeout_ms : GITLAB_TIMEOUT_MS,
      .body_limit = question->wants_bytes ? BLOB_LIMIT_BYTES : GITLAB_ANSWER_BYTES,
  };
  http_client_perform(gitlab->client, &call);
  judge(gitlab, question, &call, reply);
  http_call_free(&call);
}
