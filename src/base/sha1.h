/* sha1.h - SHA-1, where a protocol asks for it. Not for secrets. */
#ifndef CULPRIT_BASE_SHA1_H
#define CULPRIT_BASE_SHA1_H

#include "base/slice.h"

#define SHA1_BYTES 20
void sha1(struct slice bytes, unsigned char digest[SHA1_BYTES]);

#endif
