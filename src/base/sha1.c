/* sha1.c - SHA-1 as FIPS 180-4 has it: Sentry's clients know files by it. */
#include "base/sha1.h"

#include <string.h>

#include "base/banned.h"

enum { BLOCK_BYTES = 64, ROUNDS = 80 };

static uint32_t rotate(uint32_t x, unsigned by) { return x << by | x >> (32 - by); }

static void take_block(uint32_t state[5], const unsigned char *block) {
  uint32_t w[ROUNDS], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (size_t i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (size_t i = 16; i < ROUNDS; i++)
    w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (size_t i = 0; i < ROUNDS; i++) {
    uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                 : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                 : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                          : (b ^ c ^ d) + 0xca62c1d6;
    uint32_t next = rotate(a, 5) + f + e + w[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void sha1(struct slice bytes, unsigned char digest[SHA1_BYTES]) {
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  unsigned char last[2 * BLOCK_BYTES] = {0};
  size_t whole = bytes.len / BLOCK_BYTES, rest = bytes.len % BLOCK_BYTES;
  for (size_t i = 0; i < whole; i++)
    take_block(state, (const unsigned char *)bytes.ptr + i * BLOCK_BYTES);
  /* A bit, zeros, and the length in bits at the end of a block. */
  if (rest) memcpy(last, bytes.ptr + whole * BLOCK_BYTES, rest);
  last[rest] = 0x80;
  size_t end = rest < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  uint64_t bits = (uint64_t)bytes.len * 8;
  for (size_t i = 0; i < 8; i++) last[end - 1 - i] = (unsigned char)(bits >> (8 * i));
  for (size_t at = 0; at < end; at += BLOCK_BYTES) take_block(state, last + at);
  for (size_t i = 0; i < SHA1_BYTES; i++)
    digest[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}
