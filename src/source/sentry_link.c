/* sentry_link.c - see sentry_link.h. */
#include "source/sentry_link.h"

#include "base/banned.h"

/* The value of `name="..."` among the parameters of one link. */
static struct slice parameter(struct slice parameters, struct slice name) {
  while (parameters.len) {
    struct slice value = slice_trim(slice_split(&parameters, ';'));
    if (!slice_equal_ignore_case(slice_trim(slice_split(&value, '=')), name)) continue;
    value = slice_trim(value);
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
      return slice_of(value.ptr + 1, value.len - 2);
    return value;
  }
  return SLICE_EMPTY;
}

struct sentry_link sentry_link_read(struct slice header) {
  struct sentry_link link = {0};
  while (header.len) {
    /* The address may hold commas and semicolons. */
    size_t end = slice_find_byte(header, '>');
    header = slice_from(header, end + 1);
    struct slice parameters = slice_split(&header, ',');
    struct slice rel = parameter(parameters, SLICE("rel"));
    if (!slice_equal_string(parameter(parameters, SLICE("results")), "true")) continue;
    if (slice_equal_string(rel, "previous")) link.previous = parameter(parameters, SLICE("cursor"));
    if (slice_equal_string(rel, "next")) link.next = parameter(parameters, SLICE("cursor"));
  }
  return link;
}
