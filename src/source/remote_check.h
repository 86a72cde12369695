/* remote_check.h - whether the answer of a connected Sentry is what was asked for. */
#ifndef CULPRIT_SOURCE_REMOTE_CHECK_H
#define CULPRIT_SOURCE_REMOTE_CHECK_H

#include "source/remote.h"

/* STATUS_OK with `answer` set to what is to be remembered, borrowed from the call.
 * STATUS_NOT_FOUND: Sentry has no such issue or event; STATUS_BAD_INPUT: it does not understand the
 * search; STATUS_UNAVAILABLE: all else, with a message that says what to do. Pure. */
enum status remote_check(const struct http_call *call, enum remote_kind kind,
                         struct remote_answer *answer, struct problem *problem) MUST_CHECK;

#endif
