/* jwt_test.c - identity tokens that are right, and wrong in every way: signature, algorithm, key,
 * issuer, audience, times, nonce. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "account/jwt.h"
#include "account/limits.h"

#define NOW_MS INT64_C(1795000000000)

static struct arena arena;
static struct problem problem;

/* --- keys and tokens of the test's own ------------------------------------------------------- */

static EVP_PKEY *rsa, *other_rsa, *small_rsa, *ec;

static int make_keys(void **state) {
  (void)state;
  rsa = EVP_RSA_gen(2048);
  other_rsa = EVP_RSA_gen(2048);
  small_rsa = EVP_RSA_gen(1024);
  ec = EVP_EC_gen("P-256");
  return rsa && other_rsa && small_rsa && ec ? 0 : -1;
}

static int free_keys(void **state) {
  (void)state;
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(other_rsa);
  EVP_PKEY_free(small_rsa);
  EVP_PKEY_free(ec);
  arena_free(&arena);
  return 0;
}

static struct slice number_of_key(EVP_PKEY *key, const char *name, size_t size) {
  unsigned char bytes[512];
  BIGNUM *number = NULL;
  assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
  int len = size ? BN_bn2binpad(number, bytes, (int)size) : BN_bn2bin(number, bytes);
  BN_free(number);
  return base64url_encode(&arena, bytes, (size_t)len);
}

static struct slice jwk_of(EVP_PKEY *key, const char *id, const char *more) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    struct slice n = number_of_key(key, OSSL_PKEY_PARAM_RSA_N, 0);
    struct slice e = number_of_key(key, OSSL_PKEY_PARAM_RSA_E, 0);
    return arena_printf(&arena, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%.*s\",\"e\":\"%.*s\"%s}",
                        id, SLICE_ARGS(n), SLICE_ARGS(e), more);
  }
  struct slice x = number_of_key(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
  struct slice y = number_of_key(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  return arena_printf(&arena,
                      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":\"%.*s\",\"y\":"
                      "\"%.*s\"%s}",
                      id, SLICE_ARGS(x), SLICE_ARGS(y), more);
}

struct key_set {
  struct jwk *keys;
  size_t count;
};

static struct key_set set_of(struct slice keys) {
  struct key_set set;
  struct slice text = arena_printf(&arena, "{\"keys\":[%.*s]}", SLICE_ARGS(keys));
  assert_int_equal(jwks_read(&arena, text, &set.keys, &set.count, &problem), STATUS_OK);
  return set;
}

static struct slice unsigned_token(const char *header, const char *claims) {
  struct slice head = base64url_encode(&arena, header, strlen(header));
  struct slice body = base64url_encode(&arena, claims, strlen(claims));
  return arena_printf(&arena, "%.*s.%.*s", SLICE_ARGS(head), SLICE_ARGS(body));
}

static struct slice with_signature(struct slice text, struct slice signature) {
  struct slice encoded = base64url_encode(&arena, signature.ptr, signature.len);
  return arena_printf(&arena, "%.*s.%.*s", SLICE_ARGS(text), SLICE_ARGS(encoded));
}

/* DER's two numbers as 64 bytes. */
static struct slice raw_signature(const unsigned char *der, size_t size) {
  unsigned char *raw = arena_alloc(&arena, 64);
  ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
  assert_non_null(pair);
  assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
  assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
  ECDSA_SIG_free(pair);
  return slice_of((const char *)raw, 64);
}

static struct slice sign(EVP_PKEY *key, const char *header, const char *claims) {
  unsigned char signature[1024];
  size_t size = sizeof signature;
  struct slice text = unsigned_token(header, claims);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
  assert_int_equal(
      EVP_DigestSign(context, signature, &size, (const unsigned char *)text.ptr, text.len), 1);
  EVP_MD_CTX_free(context);
  return with_signature(text, EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
                                  ? slice_of((const char *)signature, size)
                                  : raw_signature(signature, size));
}

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define CLAIMS                                                                 \
  "{\"iss\":\"https://gitlab.example.org\",\"sub\":\"42\",\"aud\":\"client\"," \
  "\"exp\":1795000120,\"iat\":1795000000,\"nonce\":\"n-0123\",\"email\":\"a@b.example\"}"

static const struct jwt_expectation expected = {.issuer = SLICE("https://gitlab.example.org"),
                                                .client_id = SLICE("client"),
                                                .nonce = SLICE("n-0123"),
                                                .now_ms = NOW_MS};

static enum status verify(struct slice token, struct key_set set) {
  struct jwt jwt;
  problem = (struct problem){0};
  enum status status = jwt_read(&arena, token, &jwt, &problem);
  return status ? status : jwt_verify(&jwt, set.keys, set.count, &problem);
}

static void assert_says(const char *text) {
  if (!strstr(problem.message, text)) fail_msg("\"%s\" lacks \"%s\"", problem.message, text);
}

/* --- signatures ---------------------------------------------------------------------------------
 */

static void test_a_right_token(void **state) {
  (void)state;
  struct jwt jwt;
  struct key_set set = set_of(jwk_of(rsa, "k1", ",\"alg\":\"RS256\",\"use\":\"sig\""));
  struct slice token = sign(rsa, HEADER, CLAIMS);
  assert_int_equal(jwt_read(&arena, token, &jwt, &problem), STATUS_OK);
  assert_int_equal(jwt_verify(&jwt, set.keys, set.count, &problem), STATUS_OK);
  assert_int_equal(jwt_check(&jwt, &expected, &problem), STATUS_OK);
  assert_true(slice_equal_string(jwt_claim(&jwt, "sub"), "42"));
  assert_true(slice_equal_string(jwt_claim(&jwt, "email"), "a@b.example"));
  assert_int_equal(jwt_claim(&jwt, "exp").len, 0);
}

static void test_elliptic_curves(void **state) {
  (void)state;
  const char *header = "{\"alg\":\"ES256\",\"kid\":\"k2\"}";
  struct key_set set = set_of(jwk_of(ec, "k2", ""));
  struct slice token = sign(ec, header, CLAIMS);
  assert_int_equal(set.count, 1);
  assert_int_equal(verify(token, set), STATUS_OK);
  /* Every byte of the signature counts. */
  struct slice text = slice_upto(token, slice_find_last_byte(token, '.'));
  struct slice zeros = arena_copy(&arena, slice_of((char[64]){0}, 64));
  assert_int_equal(verify(with_signature(text, zeros), set), STATUS_UNAUTHENTICATED);
  assert_int_equal(verify(with_signature(text, slice_upto(zeros, 63)), set),
                   STATUS_UNAUTHENTICATED);
}

static void test_points_off_the_curve_are_no_keys(void **state) {
  (void)state;
  struct key_set set =
      set_of(SLICE("{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k2\",\"x\":"
                   "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
                   "AQEBAQE\",\"y\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}"));
  assert_int_equal(set.count, 1);
  assert_int_equal(verify(sign(ec, "{\"alg\":\"ES256\"}", CLAIMS), set), STATUS_UNAUTHENTICATED);
}

static void test_tampered_tokens(void **state) {
  (void)state;
  struct key_set set = set_of(jwk_of(rsa, "k1", ""));
  struct slice token = sign(rsa, HEADER, CLAIMS);
  assert_int_equal(verify(token, set), STATUS_OK);
  /* One changed character anywhere, but for the very last, whose low bits mean nothing. */
  for (size_t i = 0; i + 1 < token.len; i++) {
    char *changed = arena_string(&arena, token);
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (verify(slice_of(changed, token.len), set) == STATUS_OK) fail_msg("position %zu", i);
  }
  for (size_t len = 0; len < token.len; len++)
    assert_int_not_equal(verify(slice_upto(token, len), set), STATUS_OK);
  assert_int_not_equal(verify(arena_concat(&arena, token, SLICE(".x")), set), STATUS_OK);
  assert_int_not_equal(verify(arena_concat(&arena, token, SLICE("=")), set), STATUS_OK);
  assert_int_not_equal(verify(arena_concat(&arena, token, SLICE("\n")), set), STATUS_OK);
}

static void test_other_algorithms(void **state) {
  static const char *const headers[] = {
      "{\"alg\":\"none\"}",
      "{\"alg\":\"None\",\"kid\":\"k1\"}",
      "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
      "{\"alg\":\"RS1\",\"kid\":\"k1\"}",
      "{\"alg\":\"PS256\",\"kid\":\"k1\"}",
      "{\"alg\":\"RS512\",\"kid\":\"k1\"}",
      "{\"alg\":\"rs256\",\"kid\":\"k1\"}",
      "{\"alg\":[\"RS256\"],\"kid\":\"k1\"}",
      "{\"kid\":\"k1\"}",
      "[]",
      "",
  };
  (void)state;
  struct key_set set = set_of(jwk_of(rsa, "k1", ""));
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    assert_int_equal(verify(sign(rsa, headers[i], CLAIMS), set), STATUS_UNAUTHENTICATED);
    assert_int_equal(verify(with_signature(unsigned_token(headers[i], CLAIMS), SLICE_EMPTY), set),
                     STATUS_UNAUTHENTICATED);
  }
  assert_int_equal(
      verify(
          sign(rsa, "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"b64\"],\"b64\":false}", CLAIMS),
          set),
      STATUS_UNAUTHENTICATED);
  assert_says("extensions");
}

/* The public key, which everybody has, as the secret of an HMAC. */
static void test_public_key_as_hmac_secret(void **state) {
  (void)state;
  static const char *const headers[] = {"{\"alg\":\"HS256\",\"kid\":\"k1\"}", HEADER};
  struct slice jwk = jwk_of(rsa, "k1", "");
  struct key_set set = set_of(jwk);
  for (size_t i = 0; i < 2; i++) {
    unsigned char code[32];
    unsigned size = sizeof code;
    struct slice text = unsigned_token(headers[i], CLAIMS);
    assert_non_null(HMAC(EVP_sha256(), jwk.ptr, (int)jwk.len, (const unsigned char *)text.ptr,
                         text.len, code, &size));
    struct slice token = with_signature(text, slice_of((const char *)code, size));
    assert_int_equal(verify(token, set), STATUS_UNAUTHENTICATED);
  }
}

static void test_keys_keep_to_their_kind(void **state) {
  (void)state;
  struct slice both = arena_printf(&arena, "%.*s,%.*s", SLICE_ARGS(jwk_of(rsa, "k1", "")),
                                   SLICE_ARGS(jwk_of(ec, "k2", "")));
  struct key_set set = set_of(both);
  assert_int_equal(set.count, 2);
  /* An RSA signature that names the other key, and the other way round. */
  assert_int_equal(verify(sign(rsa, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", CLAIMS), set),
                   STATUS_NOT_FOUND);
  assert_int_equal(verify(sign(ec, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", CLAIMS), set),
                   STATUS_NOT_FOUND);
  assert_int_equal(verify(sign(ec, "{\"alg\":\"RS256\",\"kid\":\"k1\"}", CLAIMS), set),
                   STATUS_UNAUTHENTICATED);
  assert_int_equal(verify(sign(rsa, "{\"alg\":\"ES256\",\"kid\":\"k2\"}", CLAIMS), set),
                   STATUS_UNAUTHENTICATED);
  /* Keys that are for something else. */
  assert_int_equal(set_of(jwk_of(rsa, "k1", ",\"use\":\"enc\"")).count, 0);
  assert_int_equal(set_of(jwk_of(rsa, "k1", ",\"alg\":\"PS256\"")).count, 0);
  assert_int_equal(set_of(jwk_of(rsa, "k1", ",\"alg\":\"HS256\"")).count, 0);
  assert_int_equal(set_of(jwk_of(ec, "k1", ",\"alg\":\"RS256\"")).count, 0);
}

static void test_unknown_keys(void **state) {
  (void)state;
  struct key_set set = set_of(jwk_of(other_rsa, "k2", ""));
  assert_int_equal(verify(sign(rsa, HEADER, CLAIMS), set), STATUS_NOT_FOUND);
  assert_int_equal(verify(sign(rsa, HEADER, CLAIMS), (struct key_set){0}), STATUS_NOT_FOUND);
  /* The right id, another key. */
  set = set_of(jwk_of(other_rsa, "k1", ""));
  assert_int_equal(verify(sign(rsa, HEADER, CLAIMS), set), STATUS_UNAUTHENTICATED);
  /* Without an id every key is tried. */
  struct slice both = arena_printf(&arena, "%.*s,%.*s", SLICE_ARGS(jwk_of(other_rsa, "k2", "")),
                                   SLICE_ARGS(jwk_of(rsa, "k1", "")));
  assert_int_equal(verify(sign(rsa, "{\"alg\":\"RS256\"}", CLAIMS), set_of(both)), STATUS_OK);
}

/* A key that the token brings itself says nothing. */
static void test_keys_in_the_token(void **state) {
  (void)state;
  struct slice header = arena_printf(&arena, "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jwk\":%.*s}",
                                     SLICE_ARGS(jwk_of(other_rsa, "k1", "")));
  struct slice token = sign(other_rsa, arena_string(&arena, header), CLAIMS);
  assert_int_equal(verify(token, set_of(jwk_of(rsa, "k1", ""))), STATUS_UNAUTHENTICATED);
}

static void test_weak_and_broken_keys(void **state) {
  static const char *const keys[] = {
      "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
      "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}",
      "{\"kty\":\"RSA\"}",
      "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"AQAB\"}",
      "{\"kty\":\"EC\",\"crv\":\"secp256k1\"}",
      "[]",
      "null",
      "1",
  };
  struct key_set set;
  (void)state;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    assert_int_equal(set_of(slice_of_string(keys[i])).count, 0);
  assert_int_equal(set_of(jwk_of(small_rsa, "k1", "")).count, 0);
  struct slice n = number_of_key(rsa, OSSL_PKEY_PARAM_RSA_N, 0);
  static const char *const exponents[] = {"AQ", "AA", "Ag", "AQAAAAAAAAAB"};
  for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++)
    assert_int_equal(set_of(arena_printf(&arena, "{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"%s\"}",
                                         SLICE_ARGS(n), exponents[i]))
                         .count,
                     0);
  static const char *const texts[] = {"", "[]", "{}", "{\"keys\":{}}", "<html>"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_int_equal(jwks_read(&arena, slice_of_string(texts[i]), &set.keys, &set.count, &problem),
                     STATUS_BAD_INPUT);
  struct buffer many = buffer_make(1 << 20);
  for (size_t i = 0; i < JWT_KEYS_LIMIT + 10; i++) {
    if (i) buffer_append_byte(&many, ',');
    buffer_append_slice(&many, jwk_of(rsa, "k1", ""));
  }
  assert_int_equal(set_of(buffer_slice(&many)).count, JWT_KEYS_LIMIT);
  buffer_free(&many);
}

static void test_long_tokens(void **state) {
  (void)state;
  struct jwt jwt;
  char *long_text = arena_alloc(&arena, JWT_BYTES_LIMIT + 2);
  memset(long_text, 'A', JWT_BYTES_LIMIT + 1);
  assert_int_equal(jwt_read(&arena, slice_of(long_text, JWT_BYTES_LIMIT + 1), &jwt, &problem),
                   STATUS_UNAUTHENTICATED);
  assert_says("too long");
  assert_int_equal(jwt_read(&arena, SLICE_EMPTY, &jwt, &problem), STATUS_UNAUTHENTICATED);
  assert_says("missing");
}

/* --- claims
 * ---------------------------------------------------------------------------------------- */

static enum status check(const char *claims) {
  struct jwt jwt;
  problem = (struct problem){0};
  assert_int_equal(jwt_read(&arena, sign(ec, "{\"alg\":\"ES256\"}", claims), &jwt, &problem),
                   STATUS_OK);
  return jwt_check(&jwt, &expected, &problem);
}

#define ISS "\"iss\":\"https://gitlab.example.org\","
#define SUB "\"sub\":\"42\","
#define AUD "\"aud\":\"client\","
#define TIMES "\"exp\":1795000120,\"iat\":1795000000,"
#define NONCE "\"nonce\":\"n-0123\""

static void test_claims(void **state) {
  static const struct {
    const char *claims, *says; /* null: right */
  } cases[] = {
      {"{" ISS SUB AUD TIMES NONCE "}", NULL},
      {"{" SUB AUD TIMES NONCE "}", "another issuer"},
      {"{\"iss\":\"https://gitlab.example.org/\"," SUB AUD TIMES NONCE "}", "another issuer"},
      {"{\"iss\":\"https://evil.example.org\"," SUB AUD TIMES NONCE "}", "another issuer"},
      {"{\"iss\":[\"https://gitlab.example.org\"]," SUB AUD TIMES NONCE "}", "another issuer"},
      {"{" ISS SUB TIMES NONCE "}", "for another application"},
      {"{" ISS SUB "\"aud\":\"other\"," TIMES NONCE "}", "for another application"},
      {"{" ISS SUB "\"aud\":[]," TIMES NONCE "}", "for another application"},
      {"{" ISS SUB "\"aud\":[\"client\"]," TIMES NONCE "}", NULL},
      {"{" ISS SUB "\"aud\":[\"other\",\"client\"]," TIMES NONCE "}", "made for another"},
      {"{" ISS SUB "\"aud\":[\"other\",\"client\"],\"azp\":\"client\"," TIMES NONCE "}", NULL},
      {"{" ISS SUB "\"aud\":[\"other\",\"client\"],\"azp\":\"other\"," TIMES NONCE "}",
       "made for another"},
      {"{" ISS SUB AUD "\"azp\":\"client\"," TIMES NONCE "}", NULL},
      {"{" ISS SUB AUD "\"azp\":\"other\"," TIMES NONCE "}", "made for another"},
      {"{" ISS SUB AUD "\"azp\":1," TIMES NONCE "}", "made for another"},
      /* A minute of skew. */
      {"{" ISS SUB AUD "\"exp\":1794999941,\"iat\":1794999000," NONCE "}", NULL},
      {"{" ISS SUB AUD "\"exp\":1794999940,\"iat\":1794999000," NONCE "}", "expired"},
      {"{" ISS SUB AUD "\"exp\":1795000120,\"iat\":1795000060," NONCE "}", NULL},
      {"{" ISS SUB AUD "\"exp\":1795000120,\"iat\":1795000061," NONCE "}", "future"},
      {"{" ISS SUB AUD TIMES "\"nbf\":1795000061," NONCE "}", "not valid yet"},
      {"{" ISS SUB AUD TIMES "\"nbf\":\"never\"," NONCE "}", "not valid yet"},
      {"{" ISS SUB AUD "\"iat\":1795000000," NONCE "}", "when it ends"},
      {"{" ISS SUB AUD "\"exp\":1795000120," NONCE "}", "when it was issued"},
      {"{" ISS SUB AUD "\"exp\":\"1795000120\",\"iat\":1795000000," NONCE "}", "when it ends"},
      {"{" ISS SUB AUD "\"exp\":1e400,\"iat\":1795000000," NONCE "}", "when it ends"},
      {"{" ISS SUB AUD "\"exp\":9223372036854775807,\"iat\":1795000000," NONCE "}", "when it ends"},
      {"{" ISS SUB AUD "\"exp\":-1,\"iat\":1795000000," NONCE "}", "when it ends"},
      {"{" ISS SUB AUD "\"exp\":1795000120.5,\"iat\":1795000000.25," NONCE "}", NULL},
      {"{" ISS SUB AUD TIMES "\"nonce\":\"n-0124\"}", "another sign-in"},
      {"{" ISS SUB AUD TIMES "\"nonce\":\"\"}", "another sign-in"},
      {"{" ISS SUB AUD TIMES "\"nonce\":null}", "another sign-in"},
      {"{" ISS SUB AUD TIMES "\"x\":1}", "another sign-in"},
      {"{" ISS AUD TIMES NONCE "}", "names nobody"},
      {"{" ISS "\"sub\":42," AUD TIMES NONCE "}", "names nobody"},
      {"{" ISS "\"sub\":\"\"," AUD TIMES NONCE "}", "names nobody"},
      {"{" ISS "\"sub\":\"4 2\"," AUD TIMES NONCE "}", "names nobody"},
      {"{" ISS "\"sub\":\"4\\u00e4\"," AUD TIMES NONCE "}", "names nobody"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    enum status status = check(cases[i].claims);
    print_message("# %s\n", cases[i].claims);
    assert_int_equal(status, cases[i].says ? STATUS_UNAUTHENTICATED : STATUS_OK);
    if (cases[i].says) assert_says(cases[i].says);
  }
}

static void test_long_subjects(void **state) {
  (void)state;
  char claims[1000];
  for (size_t len = JWT_SUBJECT_BYTES_LIMIT; len <= JWT_SUBJECT_BYTES_LIMIT + 1; len++) {
    char subject[JWT_SUBJECT_BYTES_LIMIT + 2] = {0};
    memset(subject, 's', len);
    snprintf(claims, sizeof claims, "{" ISS "\"sub\":\"%s\"," AUD TIMES NONCE "}", subject);
    assert_int_equal(check(claims),
                     len > JWT_SUBJECT_BYTES_LIMIT ? STATUS_UNAUTHENTICATED : STATUS_OK);
  }
}

static void test_access_token_hash(void **state) {
  (void)state;
  struct jwt jwt;
  const char *header = "{\"alg\":\"ES256\"}";
  /* OpenID Connect Core, A.6: at_hash of an example token. */
  const char *claims = "{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}";
  assert_int_equal(jwt_read(&arena, sign(ec, header, claims), &jwt, &problem), STATUS_OK);
  assert_true(jwt_is_for_access_token(&jwt, SLICE("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")));
  assert_false(jwt_is_for_access_token(&jwt, SLICE("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Z")));
  assert_int_equal(jwt_read(&arena, sign(ec, header, "{\"at_hash\":1}"), &jwt, &problem),
                   STATUS_OK);
  assert_false(jwt_is_for_access_token(&jwt, SLICE("x")));
  assert_int_equal(jwt_read(&arena, sign(ec, header, "{}"), &jwt, &problem), STATUS_OK);
  assert_true(jwt_is_for_access_token(&jwt, SLICE("x")));
}

static void test_base64(void **state) {
  (void)state;
  struct slice bytes;
  assert_true(base64url_decode(&arena, SLICE("-_8"), &bytes));
  assert_true(slice_equal(bytes, SLICE("\xfb\xff")));
  assert_true(slice_equal(base64url_encode(&arena, "\xfb\xff", 2), SLICE("-_8")));
  assert_true(base64url_decode(&arena, SLICE_EMPTY, &bytes));
  assert_int_equal(bytes.len, 0);
  static const char *const wrong[] = {"+/8", "-_8=", "A", "AB CD", "-_8\n", "\xc3\xa4"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(base64url_decode(&arena, slice_of_string(wrong[i]), &bytes));
  /* RFC 7636, appendix B. */
  assert_true(slice_equal(base64url_encode(&arena, "\x74\x18\xdf\xb4", 4), SLICE("dBjftA")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_right_token),
      cmocka_unit_test(test_elliptic_curves),
      cmocka_unit_test(test_points_off_the_curve_are_no_keys),
      cmocka_unit_test(test_tampered_tokens),
      cmocka_unit_test(test_other_algorithms),
      cmocka_unit_test(test_public_key_as_hmac_secret),
      cmocka_unit_test(test_keys_keep_to_their_kind),
      cmocka_unit_test(test_unknown_keys),
      cmocka_unit_test(test_keys_in_the_token),
      cmocka_unit_test(test_weak_and_broken_keys),
      cmocka_unit_test(test_long_tokens),
      cmocka_unit_test(test_claims),
      cmocka_unit_test(test_long_subjects),
      cmocka_unit_test(test_access_token_hash),
      cmocka_unit_test(test_base64),
  };
  return cmocka_run_group_tests_name("jwt", tests, make_keys, free_keys);
}
