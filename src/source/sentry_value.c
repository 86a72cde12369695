/* sentry_value.c - see sentry_value.h. */
#include "source/sentry_value.h"

#include "base/clock.h"

#include "base/banned.h"

bool sentry_id(yyjson_val *value, int64_t *id) {
  struct slice digits;
  *id = 0;
  return !yyjson_is_bool(value) && json_scalar_text(value, &digits) && slice_to_i64(digits, id) &&
         *id > 0;
}

int64_t sentry_count(yyjson_val *value) {
  struct slice digits;
  int64_t count = 0;
  if (json_scalar_text(value, &digits) && slice_to_i64(digits, &count)) return count;
  double number;
  bool is_count = json_number(value, &number) && number >= 0 && number < 9e18;
  return is_count ? (int64_t)number : 0; /* old servers write 17.0 */
}

int64_t sentry_time_ms(yyjson_val *value) {
  int64_t time_ms;
  return time_parse_iso(json_text(value), &time_ms) && time_ms > 0 ? time_ms : 0;
}
