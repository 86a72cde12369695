/* jwt.h - identity tokens (JSON Web Tokens) and the keys that they are signed with.
 *
 *   BASE64URL(header) . BASE64URL(claims) . BASE64URL(signature)
 *
 * Pure: bytes in, a verdict out. Nothing here fetches a key or asks the clock. What a token says
 * about itself is never trusted: only the two algorithms below are known, which key verifies is
 * decided by the issuer's key set, and a key only verifies with its own kind of algorithm.
 *
 * Sources: RFC 7515 (JWS), 7517 (JWK), 7518 (algorithms), 7519 (JWT), 8725 (best practices),
 * OpenID Connect Core 3.1.3.7.
 */
#ifndef CULPRIT_ACCOUNT_JWT_H
#define CULPRIT_ACCOUNT_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "json/json.h"

enum jwt_algorithm {
  JWT_RS256, /* RSASSA-PKCS1-v1_5 with SHA-256: GitLab's */
  JWT_ES256, /* ECDSA on P-256 with SHA-256 */
};

struct jwk {
  struct slice id;                /* "kid"; may be empty */
  enum jwt_algorithm algorithm;   /* the only one that the key is used with */
  struct slice modulus, exponent; /* of RSA, big-endian */
  struct slice x, y;              /* of P-256, JWT_COORDINATE_BYTES each */
};
#define JWT_COORDINATE_BYTES 32

/* The keys of a set that can verify signatures; others are left out. From the arena.
 * STATUS_BAD_INPUT when the text is no key set. */
enum status jwks_read(struct arena *arena, struct slice text, struct jwk **keys, size_t *count,
                      struct problem *problem) MUST_CHECK;

struct jwt {
  enum jwt_algorithm algorithm;
  struct slice key_id;      /* empty: none is named */
  struct slice signed_part; /* what the signature covers; borrows the token */
  struct slice signature;
  yyjson_val *claims;
};

/* Takes a token apart. Says nothing about whether it is genuine. */
enum status jwt_read(struct arena *arena, struct slice token, struct jwt *jwt,
                     struct problem *problem) MUST_CHECK;
/* STATUS_OK when one of the keys signed it. STATUS_NOT_FOUND when the set has no key of that id and
 * kind: it may be newer than the set. STATUS_UNAUTHENTICATED when the signature is wrong. */
enum status jwt_verify(const struct jwt *jwt, const struct jwk *keys, size_t count,
                       struct problem *problem) MUST_CHECK;

struct jwt_expectation {
  struct slice issuer, client_id, nonce;
  int64_t now_ms;
};
/* Whether an identity token is for this client, from this issuer, for this sign-in, and of now.
 * STATUS_UNAUTHENTICATED names what is not. */
enum status jwt_check(const struct jwt *jwt, const struct jwt_expectation *expected,
                      struct problem *problem) MUST_CHECK;
/* Whether the token names this access token ("at_hash"), or none. */
bool jwt_is_for_access_token(const struct jwt *jwt, struct slice access_token);

/* Text of a claim; the empty slice when it is absent or no text. */
struct slice jwt_claim(const struct jwt *jwt, const char *name);

/* Base64 for URLs, without padding; also what PKCE wants. From the arena. */
struct slice base64url_encode(struct arena *arena, const void *bytes, size_t size);
bool base64url_decode(struct arena *arena, struct slice text, struct slice *bytes) MUST_CHECK;

#endif
