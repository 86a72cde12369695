/* jwt.c - see jwt.h. */
#include "account/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <string.h>

#include "account/limits.h"

#include "base/banned.h"

/* --- base64 ------------------------------------------------------------------------------ */

struct slice base64url_encode(struct arena *arena, const void *bytes, size_t size) {
  size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  char *text = arena_alloc_raw(arena, room);
  sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return slice_of(text, room - 1);
}

bool base64url_decode(struct arena *arena, struct slice text, struct slice *bytes) {
  size_t room = text.len / 4 * 3 + 3, len = 0;
  const char *end = NULL;
  unsigned char *out = arena_alloc_raw(arena, room);
  if (text.len && (sodium_base642bin(out, room, text.ptr, text.len, NULL, &len, &end,
                                     sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
                   end != text.ptr + text.len))
    return false;
  *bytes = slice_of((const char *)out, len);
  return true;
}

/* --- keys --------------------------------------------------------------------------------- */

static bool read_number(struct arena *arena, yyjson_val *key, const char *name,
                        struct slice *bytes) {
  if (!base64url_decode(arena, json_text(json_member(key, name)), bytes)) return false;
  while (bytes->len && bytes->ptr[0] == 0) *bytes = slice_from(*bytes, 1);
  return bytes->len > 0;
}

static bool read_rsa(struct arena *arena, yyjson_val *json, struct jwk *key) {
  key->algorithm = JWT_RS256;
  if (!read_number(arena, json, "n", &key->modulus) ||
      !read_number(arena, json, "e", &key->exponent))
    return false;
  /* An exponent is 65537 as a rule; an even one, or 1, is none. */
  bool is_exponent = key->exponent.len <= 8 && (key->exponent.ptr[key->exponent.len - 1] & 1) &&
                     !(key->exponent.len == 1 && key->exponent.ptr[0] == 1);
  return is_exponent && key->modulus.len >= JWT_RSA_BYTES_LEAST &&
         key->modulus.len <= JWT_RSA_BYTES_LIMIT;
}

static bool read_p256(struct arena *arena, yyjson_val *json, struct jwk *key) {
  key->algorithm = JWT_ES256;
  return slice_equal_string(json_text(json_member(json, "crv")), "P-256") &&
         base64url_decode(arena, json_text(json_member(json, "x")), &key->x) &&
         base64url_decode(arena, json_text(json_member(json, "y")), &key->y) &&
         key->x.len == JWT_COORDINATE_BYTES && key->y.len == JWT_COORDINATE_BYTES;
}

static const char *algorithm_name(enum jwt_algorithm algorithm) {
  return algorithm == JWT_RS256 ? "RS256" : "ES256";
}

/* False for a key of another kind or for another purpose, and for a broken one. */
static bool read_key(struct arena *arena, yyjson_val *json, struct jwk *key) {
  struct slice kind = json_text(json_member(json, "kty"));
  struct slice algorithm = json_text(json_member(json, "alg"));
  struct slice use = json_text(json_member(json, "use"));
  *key = (struct jwk){.id = json_text(json_member(json, "kid"))};
  if (use.len && !slice_equal_string(use, "sig")) return false;
  bool is_read = slice_equal_string(kind, "RSA")  ? read_rsa(arena, json, key)
                 : slice_equal_string(kind, "EC") ? read_p256(arena, json, key)
                                                  : false;
  return is_read &&
         (!algorithm.len || slice_equal_string(algorithm, algorithm_name(key->algorithm)));
}

enum status jwks_read(struct arena *arena, struct slice text, struct jwk **keys, size_t *count,
                      struct problem *problem) {
  yyjson_val *root, *item;
  enum status status = json_read(arena, text, &root, problem);
  if (status) return status;
  yyjson_val *list = json_member(root, "keys");
  if (!yyjson_is_arr(list))
    return problem_set(problem, STATUS_BAD_INPUT, "The key set has no list \"keys\".");
  size_t at, all;
  *keys = ARENA_ARRAY(arena, JWT_KEYS_LIMIT, struct jwk);
  *count = 0;
  yyjson_arr_foreach(list, at, all, item) {
    if (*count < JWT_KEYS_LIMIT && read_key(arena, item, &(*keys)[*count])) (*count)++;
  }
  return STATUS_OK;
}

/* --- taking apart -------------------------------------------------------------------------- */

static enum status no_token(struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_UNAUTHENTICATED, "The identity token %s.", what);
}

static enum status read_part(struct arena *arena, struct slice part, yyjson_val **value,
                             struct problem *problem) {
  struct slice text;
  if (!base64url_decode(arena, part, &text) || json_read(arena, text, value, problem) ||
      !yyjson_is_obj(*value))
    return no_token(problem, "cannot be read");
  return STATUS_OK;
}

static enum status read_header(yyjson_val *header, struct jwt *jwt, struct problem *problem) {
  struct slice algorithm = json_text(json_member(header, "alg"));
  if (slice_equal_string(algorithm, "RS256"))
    jwt->algorithm = JWT_RS256;
  else if (slice_equal_string(algorithm, "ES256"))
    jwt->algorithm = JWT_ES256;
  else
    return no_token(problem, "is not signed with RS256 or ES256");
  /* What must be understood is not understood here. */
  if (json_member(header, "crit")) return no_token(problem, "wants extensions");
  jwt->key_id = json_text(json_member(header, "kid"));
  return STATUS_OK;
}

enum status jwt_read(struct arena *arena, struct slice token, struct jwt *jwt,
                     struct problem *problem) {
  *jwt = (struct jwt){0};
  if (!token.len) return no_token(problem, "is missing");
  if (token.len > JWT_BYTES_LIMIT) return no_token(problem, "is too long");
  struct slice rest = token;
  struct slice header_part = slice_split(&rest, '.');
  struct slice claims_part = slice_split(&rest, '.');
  yyjson_val *header;
  jwt->signed_part = slice_upto(token, header_part.len + 1 + claims_part.len);
  if (slice_find_byte(rest, '.') < rest.len) return no_token(problem, "has too many parts");
  enum status status = read_part(arena, header_part, &header, problem);
  if (!status) status = read_header(header, jwt, problem);
  if (!status) status = read_part(arena, claims_part, &jwt->claims, problem);
  if (!status && (!base64url_decode(arena, rest, &jwt->signature) || !jwt->signature.len))
    status = no_token(problem, "has no signature");
  return status;
}

struct slice jwt_claim(const struct jwt *jwt, const char *name) {
  return json_text(json_member(jwt->claims, name));
}

/* --- signatures ------------------------------------------------------------------------------ */

static EVP_PKEY *key_of(const char *kind, OSSL_PARAM_BLD *builder) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
  if (!parameters || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
    key = NULL;
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  return key;
}

static BIGNUM *number_of(struct slice bytes) {
  return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

/* Null when it is no key: a point that is not on the curve. */
static EVP_PKEY *public_key(const struct jwk *key) {
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *modulus = number_of(key->modulus), *exponent = number_of(key->exponent);
  unsigned char point[1 + 2 * JWT_COORDINATE_BYTES] = {4 /* uncompressed */};
  EVP_PKEY *made = NULL;
  if (builder && key->algorithm == JWT_RS256) {
    if (modulus && exponent && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
      made = key_of("RSA", builder);
  } else if (builder) {
    memcpy(point + 1, key->x.ptr, JWT_COORDINATE_BYTES);
    memcpy(point + 1 + JWT_COORDINATE_BYTES, key->y.ptr, JWT_COORDINATE_BYTES);
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
      made = key_of("EC", builder);
  }
  BN_free(modulus);
  BN_free(exponent);
  OSSL_PARAM_BLD_free(builder);
  return made;
}

/* Two numbers of 32 bytes become what OpenSSL reads. Freed by OPENSSL_free(). */
static unsigned char *der_of(struct slice signature, size_t *len) {
  unsigned char *der = NULL;
  ECDSA_SIG *pair = ECDSA_SIG_new();
  BIGNUM *r = number_of(slice_upto(signature, JWT_COORDINATE_BYTES));
  BIGNUM *s = number_of(slice_from(signature, JWT_COORDINATE_BYTES));
  int size = -1;
  if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
    size = i2d_ECDSA_SIG(pair, &der);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(pair);
  *len = size > 0 ? (size_t)size : 0;
  return size > 0 ? der : NULL;
}

static bool digest_matches(EVP_PKEY *key, struct slice text, const unsigned char *signature,
                           size_t size) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool is_right =
      context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
      EVP_DigestVerify(context, signature, size, (const unsigned char *)text.ptr, text.len) == 1;
  EVP_MD_CTX_free(context);
  return is_right;
}

static bool key_signed(const struct jwk *key, const struct jwt *jwt) {
  EVP_PKEY *made = public_key(key);
  bool is_right = false;
  if (made && key->algorithm == JWT_RS256) {
    is_right = digest_matches(made, jwt->signed_part, (const unsigned char *)jwt->signature.ptr,
                              jwt->signature.len);
  } else if (made && jwt->signature.len == 2 * JWT_COORDINATE_BYTES) {
    size_t size;
    unsigned char *der = der_of(jwt->signature, &size);
    is_right = der && digest_matches(made, jwt->signed_part, der, size);
    OPENSSL_free(der);
  }
  EVP_PKEY_free(made);
  return is_right;
}

enum status jwt_verify(const struct jwt *jwt, const struct jwk *keys, size_t count,
                       struct problem *problem) {
  size_t fitting = 0;
  for (size_t i = 0; i < count; i++) {
    const struct jwk *key = &keys[i];
    if (key->algorithm != jwt->algorithm) continue;
    if (jwt->key_id.len && !slice_equal(key->id, jwt->key_id)) continue;
    fitting++;
    if (key_signed(key, jwt)) return STATUS_OK;
  }
  if (!fitting)
    return problem_set(problem, STATUS_NOT_FOUND,
                       "The identity token is signed with a key that the issuer does not publish.");
  return no_token(problem, "has a wrong signature");
}

/* --- claims ------------------------------------------------------------------------------------
 */

/* A text, or a list of texts that holds it. */
static bool audience_holds(yyjson_val *audience, struct slice client_id, size_t *count) {
  size_t at, all;
  yyjson_val *item;
  bool is_held = slice_equal(json_text(audience), client_id);
  *count = 1;
  if (!yyjson_is_arr(audience)) return is_held;
  *count = yyjson_arr_size(audience);
  yyjson_arr_foreach(audience, at, all, item) {
    if (slice_equal(json_text(item), client_id)) is_held = true;
  }
  return is_held;
}

static enum status check_audience(const struct jwt *jwt, struct slice client_id,
                                  struct problem *problem) {
  size_t count;
  struct slice party = jwt_claim(jwt, "azp");
  if (!client_id.len || !audience_holds(json_member(jwt->claims, "aud"), client_id, &count))
    return no_token(problem, "is for another application");
  /* With several, the one that it was made for has to be named. */
  bool names_party = json_member(jwt->claims, "azp") != NULL;
  if ((count > 1 || names_party) && !slice_equal(party, client_id))
    return no_token(problem, "was made for another application");
  return STATUS_OK;
}

static bool read_time(const struct jwt *jwt, const char *name, int64_t *time_ms) {
  int64_t seconds;
  if (!json_integer(json_member(jwt->claims, name), &seconds) || seconds < 0 ||
      seconds > INT64_MAX / 2000)
    return false;
  *time_ms = seconds * 1000;
  return true;
}

static enum status check_times(const struct jwt *jwt, int64_t now_ms, struct problem *problem) {
  int64_t expires_ms, issued_ms, begins_ms;
  if (!read_time(jwt, "exp", &expires_ms) || !read_time(jwt, "iat", &issued_ms))
    return no_token(problem, "does not say when it was issued and when it ends");
  if (expires_ms <= now_ms - JWT_SKEW_MS)
    return no_token(problem, "has expired. Compare the clocks of both servers");
  if (issued_ms > now_ms + JWT_SKEW_MS)
    return no_token(problem, "comes from the future. Compare the clocks of both servers");
  if (json_member(jwt->claims, "nbf") &&
      (!read_time(jwt, "nbf", &begins_ms) || begins_ms > now_ms + JWT_SKEW_MS))
    return no_token(problem, "is not valid yet. Compare the clocks of both servers");
  return STATUS_OK;
}

/* OpenID Connect Core 2: at most 255 ASCII characters. */
static bool is_subject(struct slice subject) {
  if (!subject.len || subject.len > JWT_SUBJECT_BYTES_LIMIT) return false;
  for (size_t i = 0; i < subject.len; i++) {
    if (subject.ptr[i] <= 0x20 || subject.ptr[i] >= 0x7f) return false;
  }
  return true;
}

enum status jwt_check(const struct jwt *jwt, const struct jwt_expectation *expected,
                      struct problem *problem) {
  struct slice nonce = jwt_claim(jwt, "nonce");
  if (!expected->issuer.len || !slice_equal(jwt_claim(jwt, "iss"), expected->issuer))
    return no_token(problem, "is from another issuer");
  enum status status = check_audience(jwt, expected->client_id, problem);
  if (!status) status = check_times(jwt, expected->now_ms, problem);
  if (status) return status;
  if (!nonce.len || nonce.len != expected->nonce.len ||
      sodium_memcmp(nonce.ptr, expected->nonce.ptr, nonce.len) != 0)
    return no_token(problem, "is of another sign-in");
  if (!is_subject(jwt_claim(jwt, "sub"))) return no_token(problem, "names nobody");
  return STATUS_OK;
}

bool jwt_is_for_access_token(const struct jwt *jwt, struct slice access_token) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  struct arena arena = {0};
  if (!json_member(jwt->claims, "at_hash")) return true;
  crypto_hash_sha256(hash, (const unsigned char *)access_token.ptr, access_token.len);
  bool is_right =
      slice_equal(jwt_claim(jwt, "at_hash"), base64url_encode(&arena, hash, sizeof hash / 2));
  arena_free(&arena);
  return is_right;
}
