/* throttle.h - slows down guessing of passwords, per login and per address.
 *
 * An attempt counts as a failure until it is forgiven, so that many at once gain nothing. After a
 * few free failures each further one doubles the wait. Held in memory, of bounded size, for the
 * whole process; safe from every thread. */
#ifndef CULPRIT_ACCOUNT_THROTTLE_H
#define CULPRIT_ACCOUNT_THROTTLE_H

#include <stdint.h>

#include "base/slice.h"

/* Counts an attempt. Returns 0 when it may go on, else the time to wait; then it is not counted.
 * `login` may be anything typed in, `address` is text or empty for none. */
int64_t throttle_attempt(struct slice login, struct slice address);
/* The attempt succeeded: forgets the failures of the login, and this one of the address. */
void throttle_forgive(struct slice login, struct slice address);
/* For tests. */
void throttle_reset(void);

#endif
