/* md5.c - RFC 1321. */
#include "base/md5.h"

#include <string.h>

#include "base/banned.h"

enum { BLOCK = sizeof((struct md5 *)0)->block };

void md5_start(struct md5 *md5) {
  static const uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  memcpy(md5->state, state, sizeof state);
  md5->length = 0;
}

static inline uint32_t word_at(const unsigned char *block, unsigned index) {
  const unsigned char *p = block + (size_t)index * 4;
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t rotate(uint32_t value, unsigned by) {
  return value << by | value >> (32 - by);
}

/* The four rounds; written out by the compiler, since all that is passed is constant. */
#define STEP(mix, a, b, c, d, index, by, constant) \
  a = b + rotate(a + (mix) + word_at(block, index) + (constant), by)
#define ROUND1(a, b, c, d, i, s, k) STEP(d ^ (b & (c ^ d)), a, b, c, d, i, s, k)
#define ROUND2(a, b, c, d, i, s, k) STEP(c ^ (d & (b ^ c)), a, b, c, d, i, s, k)
#define ROUND3(a, b, c, d, i, s, k) STEP(b ^ c ^ d, a, b, c, d, i, s, k)
#define ROUND4(a, b, c, d, i, s, k) STEP(c ^ (b | ~d), a, b, c, d, i, s, k)

static void add_block(uint32_t state[4], const unsigned char *block) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  /* clang-format off */
  ROUND1(a, b, c, d,  0,  7, 0xd76aa478); ROUND1(d, a, b, c,  1, 12, 0xe8c7b756);
  ROUND1(c, d, a, b,  2, 17, 0x242070db); ROUND1(b, c, d, a,  3, 22, 0xc1bdceee);
  ROUND1(a, b, c, d,  4,  7, 0xf57c0faf); ROUND1(d, a, b, c,  5, 12, 0x4787c62a);
  ROUND1(c, d, a, b,  6, 17, 0xa8304613); ROUND1(b, c, d, a,  7, 22, 0xfd469501);
  ROUND1(a, b, c, d,  8,  7, 0x698098d8); ROUND1(d, a, b, c,  9, 12, 0x8b44f7af);
  ROUND1(c, d, a, b, 10, 17, 0xffff5bb1); ROUND1(b, c, d, a, 11, 22, 0x895cd7be);
  ROUND1(a, b, c, d, 12,  7, 0x6b901122); ROUND1(d, a, b, c, 13, 12, 0xfd987193);
  ROUND1(c, d, a, b, 14, 17, 0xa679438e); ROUND1(b, c, d, a, 15, 22, 0x49b40821);
  ROUND2(a, b, c, d,  1,  5, 0xf61e2562); ROUND2(d, a, b, c,  6,  9, 0xc040b340);
  ROUND2(c, d, a, b, 11, 14, 0x265e5a51); ROUND2(b, c, d, a,  0, 20, 0xe9b6c7aa);
  ROUND2(a, b, c, d,  5,  5, 0xd62f105d); ROUND2(d, a, b, c, 10,  9, 0x02441453);
  ROUND2(c, d, a, b, 15, 14, 0xd8a1e681); ROUND2(b, c, d, a,  4, 20, 0xe7d3fbc8);
  ROUND2(a, b, c, d,  9,  5, 0x21e1cde6); ROUND2(d, a, b, c, 14,  9, 0xc33707d6);
  ROUND2(c, d, a, b,  3, 14, 0xf4d50d87); ROUND2(b, c, d, a,  8, 20, 0x455a14ed);
  ROUND2(a, b, c, d, 13,  5, 0xa9e3e905); ROUND2(d, a, b, c,  2,  9, 0xfcefa3f8);
  ROUND2(c, d, a, b,  7, 14, 0x676f02d9); ROUND2(b, c, d, a, 12, 20, 0x8d2a4c8a);
  ROUND3(a, b, c, d,  5,  4, 0xfffa3942); ROUND3(d, a, b, c,  8, 11, 0x8771f681);
  ROUND3(c, d, a, b, 11, 16, 0x6d9d6122); ROUND3(b, c, d, a, 14, 23, 0xfde5380c);
  ROUND3(a, b, c, d,  1,  4, 0xa4beea44); ROUND3(d, a, b, c,  4, 11, 0x4bdecfa9);
  ROUND3(c, d, a, b,  7, 16, 0xf6bb4b60); ROUND3(b, c, d, a, 10, 23, 0xbebfbc70);
  ROUND3(a, b, c, d, 13,  4, 0x289b7ec6); ROUND3(d, a, b, c,  0, 11, 0xeaa127fa);
  ROUND3(c, d, a, b,  3, 16, 0xd4ef3085); ROUND3(b, c, d, a,  6, 23, 0x04881d05);
  ROUND3(a, b, c, d,  9,  4, 0xd9d4d039); ROUND3(d, a, b, c, 12, 11, 0xe6db99e5);
  ROUND3(c, d, a, b, 15, 16, 0x1fa27cf8); ROUND3(b, c, d, a,  2, 23, 0xc4ac5665);
  ROUND4(a, b, c, d,  0,  6, 0xf4292244); ROUND4(d, a, b, c,  7, 10, 0x432aff97);
  ROUND4(c, d, a, b, 14, 15, 0xab9423a7); ROUND4(b, c, d, a,  5, 21, 0xfc93a039);
  ROUND4(a, b, c, d, 12,  6, 0x655b59c3); ROUND4(d, a, b, c,  3, 10, 0x8f0ccc92);
  ROUND4(c, d, a, b, 10, 15, 0xffeff47d); ROUND4(b, c, d, a,  1, 21, 0x85845dd1);
  ROUND4(a, b, c, d,  8,  6, 0x6fa87e4f); ROUND4(d, a, b, c, 15, 10, 0xfe2ce6e0);
  ROUND4(c, d, a, b,  6, 15, 0xa3014314); ROUND4(b, c, d, a, 13, 21, 0x4e0811a1);
  ROUND4(a, b, c, d,  4,  6, 0xf7537e82); ROUND4(d, a, b, c, 11, 10, 0xbd3af235);
  ROUND4(c, d, a, b,  2, 15, 0x2ad7d2bb); ROUND4(b, c, d, a,  9, 21, 0xeb86d391);
  /* clang-format on */
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

void md5_add(struct md5 *md5, struct slice bytes) {
  size_t held = md5->length % BLOCK;
  if (slice_is_empty(bytes)) return;
  md5->length += bytes.len;
  if (held) {
    size_t room = BLOCK - held, taken = bytes.len < room ? bytes.len : room;
    memcpy(md5->block + held, bytes.ptr, taken);
    bytes = slice_from(bytes, taken);
    if (held + taken < BLOCK) return;
    add_block(md5->state, md5->block);
  }
  while (bytes.len >= BLOCK) {
    add_block(md5->state, (const unsigned char *)bytes.ptr);
    bytes = slice_from(bytes, BLOCK);
  }
  if (bytes.len) memcpy(md5->block, bytes.ptr, bytes.len);
}

static void put_word(unsigned char *at, uint32_t word) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(word >> 8 * i);
}

void md5_finish(struct md5 *md5, unsigned char sum[MD5_BYTES]) {
  size_t held = md5->length % BLOCK;
  uint64_t bits = md5->length * 8;
  md5->block[held++] = 0x80;
  if (held > BLOCK - 8) {
    memset(md5->block + held, 0, BLOCK - held);
    add_block(md5->state, md5->block);
    held = 0;
  }
  memset(md5->block + held, 0, BLOCK - 8 - held);
  put_word(md5->block + BLOCK - 8, (uint32_t)bits);
  put_word(md5->block + BLOCK - 4, (uint32_t)(bits >> 32));
  add_block(md5->state, md5->block);
  for (size_t i = 0; i < 4; i++) put_word(sum + i * 4, md5->state[i]);
}
