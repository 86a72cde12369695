/* secret.h - random secrets that are shown once and kept as hashes. */
#ifndef CULPRIT_ACCOUNT_SECRET_H
#define CULPRIT_ACCOUNT_SECRET_H

#include "base/arena.h"
#include "base/slice.h"
#include "store/account.h"

/* 32 random bytes as hexadecimal. Nothing that many tries could find, so that a plain hash of it is
 * safe to keep. */
#define SECRET_DIGITS 64

/* `prefix` and SECRET_DIGITS digits, from the arena. */
struct slice secret_make(struct arena *arena, struct slice prefix);
/* What is kept of it: SHA-256. */
struct secret_hash secret_hash(struct slice secret);

#endif
