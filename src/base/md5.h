/* md5.h - the MD5 sum, for names that others chose to be MD5: hashes of groups, old checksums.
 *
 * Nothing secret and nothing that has to withstand an attacker may rest on it.
 */
#ifndef CULPRIT_BASE_MD5_H
#define CULPRIT_BASE_MD5_H

#include <stdint.h>

#include "base/slice.h"

#define MD5_BYTES 16

struct md5 {
  uint32_t state[4];
  uint64_t length; /* bytes so far */
  unsigned char block[64];
};

void md5_start(struct md5 *md5);
void md5_add(struct md5 *md5, struct slice bytes);
void md5_finish(struct md5 *md5, unsigned char sum[MD5_BYTES]);

#endif
