/* search.h - the `query` parameter of the issue list: text to filter. */
#ifndef CULPRIT_API_SENTRY_SEARCH_H
#define CULPRIT_API_SENTRY_SEARCH_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

struct search {
  int status;        /* an enum group_status, or -1 for all */
  struct slice text; /* words that are no filters, joined by blanks; may be empty */
};

/* Understands `is:STATUS` and free text; "quoted words" are always text. Every other filter
 * (`level:error`) is STATUS_BAD_INPUT with a message that says so, because leaving it out would
 * answer with the wrong errors. Pure; the text is from the arena. */
enum status search_parse(struct arena *arena, struct slice query, struct search *search,
                         struct problem *problem) MUST_CHECK;

#endif
