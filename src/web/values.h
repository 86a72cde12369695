/* values.h - names and values of an event, bounded for a page. */
#ifndef CULPRIT_WEB_VALUES_H
#define CULPRIT_WEB_VALUES_H

#include "event/event.h"

/* How much of an event a page shows at first, and with ?show=all, where the limit of an event's
 * size is the only one. Sentry's page was known to freeze with 500 tags. */
struct show_limits {
  bool is_all;
  size_t value_bytes;       /* of one value */
  size_t rows;              /* of one table */
  size_t tags, breadcrumbs; /* of the event */
  size_t frames;            /* of one stack trace */
  size_t threads;
  size_t tag_keys, tag_values; /* of all the group's events */
};
struct show_limits show_limits_of(bool is_all);

struct value_row {
  struct slice key, value;
  bool is_filtered; /* taken out by scrubbing */
  bool is_cut;
};
struct value_rows {
  struct value_row *items;
  size_t count;
  size_t hidden; /* left out */
};

/* One value of JSON as people read it: text as it is, the rest as JSON, indented when it is an
 * object or a list with something in it. From the arena, or borrowed. */
struct slice value_text(struct arena *arena, yyjson_val *value);

struct value_row value_row_of(struct slice key, struct slice value,
                              const struct show_limits *limits);
struct value_rows value_rows_of_pairs(struct arena *arena, struct pairs pairs,
                                      const struct show_limits *limits);
/* Members of an object, elements of a list (by number), or one row named "value". Null gives none.
 */
struct value_rows value_rows_of_json(struct arena *arena, yyjson_val *value,
                                     const struct show_limits *limits);
/* Adds one row when `value` is not empty; `rows->items` has to have room. */
void value_rows_add(struct value_rows *rows, const char *key, struct slice value,
                    const struct show_limits *limits);

#endif
