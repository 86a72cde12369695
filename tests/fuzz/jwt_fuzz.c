/* jwt_fuzz.c - an identity token on the first line, a key set behind it. Whatever they say, only
 * what the holders of two keys signed is taken for signed by them. */
#include <stdint.h>
#include <stdlib.h>

#include "account/jwt.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char known_keys[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":"
    "\"na7JAfkTqy62_T8IEfIlZMac_m"
    "1x3efdUxWrdgjnNleO5ef9sL03Y5FsdkkF95SrN9KQUEyBrjbHYHIzK13MoTZ5Vt6ngQAa4fe7FCRkgXp1-8E6nwkJ"
    "WwR9EXY7dXWauVr0c7njgI1MZGa847RziU9cOr0XmQiZl2R6idpVdIFOyq7X7UxzePYM6xabWWZhfjKBvfWhS0MplP"
    "9LzUlWmmNOYaNBvWz0y2damNdc90QeTMWGVk7xu70MzxW-g9IdzdopYhbWRThZo4uKNtRGkSzpEnBSU4lh_AlO8t0z"
    "DM8ga5JHMCxvOm4ycvA9S6t_0t5OUDaDGv5vcFbj5UWlEQ\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"kid\":"
    "\"k2\",\"crv\":\""
    "P-256\",\"x\":\"6Sh5dX9MH7L2hMUAIBwR1sOPQ6TH1Ly_7zLkLyuUz4E\",\"y\":\"cGRXW1FE5Q5xvuyEfZ_"
    "vTOiyeWfF"
    "CpjzK00XBGh1Yy4\"}]}";
/* All that was ever signed with them. */
static const char *const known_texts[] = {
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2dpdGxhYi5leGFtcG"
    "xlLm9yZyIsInN1YiI6IjQyIiwiYXVkIjoiY2xpZW50IiwiZXhwIjoxNzk1MDAwMTIwLCJpYXQiOjE3OTUwMDAwMDAs"
    "Im5vbmNlIjoibi0wMTIzIiwiYXRfaGFzaCI6Ijc3UW1VUHRqUGZ6V3RGMkFucEs5UlEifQ",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsyIn0.eyJpc3MiOiJodHRwczovL2dpdGxhYi5leGFtcGxlLm9yZyIsInN1Yi"
    "I6IjQyIiwiYXVkIjpbImNsaWVudCIsIngiXSwiZXhwIjoxNzk1MDAwMTIwLCJpYXQiOjE3OTUwMDAwMDAsIm5vbmNl"
    "Ijoibi0wMTIzIiwiYXRfaGFzaCI6Ijc3UW1VUHRqUGZ6V3RGMkFucEs5UlEiLCJhenAiOiJjbGllbnQifQ",
};

static void check(bool is_true) {
  if (!is_true) abort();
}

static bool is_known(struct slice text) {
  for (size_t i = 0; i < sizeof known_texts / sizeof *known_texts; i++)
    if (slice_equal_string(text, known_texts[i])) return true;
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct jwt_expectation expected = {.issuer = SLICE("https://gitlab.example.org"),
                                                  .client_id = SLICE("client"),
                                                  .nonce = SLICE("n-0123"),
                                                  .now_ms = INT64_C(1795000000000)};
  struct slice rest = slice_of((const char *)data, size);
  struct slice token = slice_split(&rest, '\n');
  struct arena arena = {0};
  struct problem problem = {0};
  struct jwk *keys = NULL, *real_keys = NULL;
  size_t count = 0, real_count = 0;
  struct jwt jwt;
  check(jwks_read(&arena, slice_of_string(known_keys), &real_keys, &real_count, &problem) ==
        STATUS_OK);
  check(real_count == 2);
  if (jwks_read(&arena, rest, &keys, &count, &problem)) count = 0;
  if (!jwt_read(&arena, token, &jwt, &problem)) {
    enum status by_given = jwt_verify(&jwt, keys, count, &problem);
    enum status by_known = jwt_verify(&jwt, real_keys, real_count, &problem);
    check(by_given == STATUS_OK || problem.message[0]);
    check(by_known != STATUS_OK || is_known(jwt.signed_part));
    enum status status = jwt_check(&jwt, &expected, &problem);
    check(status == STATUS_OK || status == STATUS_UNAUTHENTICATED);
    check(status != STATUS_OK || jwt_claim(&jwt, "sub").len > 0);
    (void)jwt_is_for_access_token(&jwt, token);
  }
  arena_free(&arena);
  return 0;
}
