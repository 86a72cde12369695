/* sentry_value.h - values as Sentry's Web API writes them. */
#ifndef CULPRIT_SOURCE_SENTRY_VALUE_H
#define CULPRIT_SOURCE_SENTRY_VALUE_H

#include "json/json.h"

/* An id: a positive number, in quotes or not. False for everything else. */
bool sentry_id(yyjson_val *value, int64_t *id);
/* A count: the same, and 0; anything else counts as 0. */
int64_t sentry_count(yyjson_val *value);
/* ISO 8601; 0 for everything else. */
int64_t sentry_time_ms(yyjson_val *value);

#endif
