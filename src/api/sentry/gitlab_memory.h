/* gitlab_memory.h - how much an answer takes in the memory of GitLab's client. */
#ifndef CULPRIT_API_SENTRY_GITLAB_MEMORY_H
#define CULPRIT_API_SENTRY_GITLAB_MEMORY_H

#include <stdbool.h>

#include "base/slice.h"

/* GitLab's client refuses an answer that is longer than 1 MiB, or whose values take more than 5 MiB
 * in Ruby. Some of either is left, since Rubies differ. */
#define GITLAB_ANSWER_BYTES ((size_t)1000 * 1024)
#define GITLAB_MEMORY_BYTES ((size_t)4600 * 1024)

/* Bytes of the values of a JSON text. */
size_t gitlab_memory_of(struct slice json);

/* Whether GitLab's client would read it. */
bool gitlab_reads(struct slice json);

#endif
