/* client_problem_fuzz.c - what another server answers, told to people, and when it may be asked
 * again. Lines of the input: status, Retry-After, remaining, reset, type or location; then the
 * body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "http/client_problem.h"
#include "http/limits.h"

#include "base/banned.h"

#define NOW_MS INT64_C(1795000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void check_message(const struct problem *problem) {
  size_t len = strlen(problem->message);
  check(len && utf8_is_valid(slice_of(problem->message, len)));
  for (size_t i = 0; i < len; i++) check((unsigned char)problem->message[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice rest = slice_of((const char *)data, size);
  struct problem problem = {0};
  uint64_t status = 0;
  int64_t time_ms = 0;
  if (!slice_to_u64(slice_split(&rest, '\n'), &status) || status > 999) return 0;
  struct http_header headers[] = {
      {SLICE("Retry-After"), slice_split(&rest, '\n')},
      {SLICE("X-Sentry-Rate-Limit-Remaining"), slice_split(&rest, '\n')},
      {SLICE("X-Sentry-Rate-Limit-Reset"), slice_split(&rest, '\n')},
      {status / 100 == 3 ? SLICE("Location") : SLICE("Content-Type"), slice_split(&rest, '\n')}};
  struct http_call call = {.method = "GET",
                           .url = SLICE("https://sentry.example.org/"),
                           .status = (int)status,
                           .answer = rest,
                           .answer_headers = headers,
                           .answer_header_count = sizeof headers / sizeof headers[0]};
  if (http_call_problem(&call, "Sentry", NOW_MS, &problem))
    check_message(&problem);
  else
    check(status / 100 == 2);
  http_call_not_json(&call, "Sentry", &problem);
  check_message(&problem);
  if (http_call_not_before(&call, NOW_MS, &time_ms))
    check(time_ms > NOW_MS && time_ms <= NOW_MS + HTTP_CLIENT_RETRY_LIMIT_MS);
  else
    check(status != 429);
  return 0;
}
