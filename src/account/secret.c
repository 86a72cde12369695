/* secret.c - see secret.h. */
#include "account/secret.h"

#include <assert.h>
#include <sodium.h>

#include "base/bytes.h"

#include "base/banned.h"

struct slice secret_make(struct arena *arena, struct slice prefix) {
  return arena_concat(arena, prefix, random_hex(arena, SECRET_DIGITS / 2));
}

struct secret_hash secret_hash(struct slice secret) {
  struct secret_hash hash;
  static_assert(sizeof hash.bytes == crypto_hash_sha256_BYTES, "hashes are SHA-256");
  crypto_hash_sha256(hash.bytes, (const unsigned char *)secret.ptr, secret.len);
  return hash;
}
