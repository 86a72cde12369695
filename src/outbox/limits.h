/* limits.h - every limit of the outbox, with the reason. */
#ifndef CULPRIT_OUTBOX_LIMITS_H
#define CULPRIT_OUTBOX_LIMITS_H

#include "base/clock.h"

/* Attempts under way at once. Each waits for another server most of the time; lanes, of which each
 * project has one for each other server, run beside each other. */
#define OUTBOX_THREADS 8
/* Of them, at most so many for tasks whose last attempt failed: servers that are down, and take
 * their time to say so, do not keep the rest from what is answered at once. */
#define OUTBOX_THREADS_FOR_RETRIES 4
/* Runs no parser that recurses and keeps its data on the heap. */
#define OUTBOX_STACK_BYTES (256 * 1024)

/* The wait after a failed attempt doubles from the first to the last; a third of it is left to
 * chance, so that what failed together does not come together again. */
#define OUTBOX_FIRST_WAIT_MS (2 * SECOND_MS)
#define OUTBOX_LONGEST_WAIT_MS (10 * MINUTE_MS)
/* A server that asks for more patience than that (Retry-After, rate limits) is asked again then:
 * the longest rate limits count by the hour or the day. */
#define OUTBOX_LONGEST_ASKED_WAIT_MS DAY_MS

/* A task that could not be done for so long is given up: people have dealt with its cause in other
 * ways, and doing it now would surprise them. A long weekend, and a token that is only replaced
 * after it, fit in. */
#define OUTBOX_GIVE_UP_MS (7 * DAY_MS)

/* Tasks that ended are kept so long, so that pages can say what became of them. */
#define OUTBOX_KEPT_MS DAY_MS

#endif
