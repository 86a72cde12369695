/* password.h - hashing passwords with argon2id.
 *
 * One hashing runs at a time, so that sign-ins cannot make the process grow: each takes 19 MiB
 * (OWASP's lower setting: 19 MiB, 2 passes) and about 40 ms. A short line waits; who comes when it
 * is full is told to come again. */
#ifndef CULPRIT_ACCOUNT_PASSWORD_H
#define CULPRIT_ACCOUNT_PASSWORD_H

#include "base/slice.h"
#include "base/status.h"

#define PASSWORD_HASH_BYTES 128 /* with NUL */

/* Checks the rules for a new password. */
enum status password_check(struct slice password, struct problem *problem) MUST_CHECK;
/* sodium's text form, which names the method and its cost. */
enum status password_hash(struct slice password, char out[PASSWORD_HASH_BYTES],
                          struct problem *problem) MUST_CHECK;
/* STATUS_OK, STATUS_UNAUTHENTICATED, or STATUS_BUSY with `problem` set. An empty `hash` takes as
 * long as any other and matches nothing. */
enum status password_verify(struct slice hash, struct slice password,
                            struct problem *problem) MUST_CHECK;

#endif
