/* sentry_value.h - values as Sentry's Web API writes them. */
#ifndef CULPRIT_SOURCE_SENTRY_VALUE_H
#define CULPRIT_SOURCE_SENTRY_VALUE_H

#include "base/status.h"
#include "json/json.h"

/* An id: a positive number, in quotes or not. False for everything else. */
bool sentry_id(yyjson_val *value, int64_t *id);
/* A count: the same, and 0; anything else counts as 0. */
int64_t sentry_count(yyjson_val *value);
/* ISO 8601; 0 for everything else. */
int64_t sentry_time_ms(yyjson_val *value);

/* Whether all keys are there; "organization.name" is a member of a member. Null counts as there.
 * Else STATUS_BAD_INPUT with a message that names those that are missing. `keys` ends in null. */
enum status sentry_require(yyjson_val *object, const char *const *keys,
                           struct problem *problem) MUST_CHECK;
/* STATUS_BAD_INPUT: what should have been digits is not. `what` is "an issue's id". */
enum status sentry_bad_id(yyjson_val *value, const char *what, struct problem *problem);

/* Reads a list into an array of structures of `size` bytes from the arena, each by `read`. */
typedef enum status sentry_read_item(struct arena *arena, yyjson_val *value, void *item,
                                     struct problem *problem);
struct sentry_list {
  void *items;
  size_t count;
};
enum status sentry_read_list(struct arena *arena, struct slice json, size_t size,
                             sentry_read_item *read, struct sentry_list *list,
                             struct problem *problem) MUST_CHECK;

#endif
