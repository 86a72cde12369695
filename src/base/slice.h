/* slice.h - text and bytes as {pointer, length}.
 *
 * A slice borrows: it never owns what it points to, may hold NUL and any other
 * byte, and need not end in NUL. The empty slice may have a null pointer.
 */
#ifndef CULPRIT_BASE_SLICE_H
#define CULPRIT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
  const char *ptr;
  size_t len;
};

/* A slice of a string literal. */
#define SLICE(literal) ((struct slice){("" literal), sizeof(literal) - 1})
#define SLICE_EMPTY ((struct slice){NULL, 0})

/* For printf: "%.*s", SLICE_ARGS(s). */
#define SLICE_ARGS(s) (int)(s).len, (s).ptr

struct slice slice_of(const char *ptr, size_t len);
struct slice slice_of_string(const char *string); /* borrows; null gives the empty slice */

bool slice_is_empty(struct slice s);
bool slice_equal(struct slice a, struct slice b);
bool slice_equal_string(struct slice s, const char *string);
bool slice_equal_ignore_case(struct slice a, struct slice b); /* ASCII only */
int slice_compare(struct slice a, struct slice b);            /* by bytes, as memcmp */
bool slice_starts_with(struct slice s, struct slice prefix);
bool slice_ends_with(struct slice s, struct slice suffix);

/* Position of the first `byte`, or of `needle`; s.len when there is none. */
size_t slice_find_byte(struct slice s, char byte);
size_t slice_find(struct slice s, struct slice needle);
size_t slice_find_last_byte(struct slice s, char byte);

/* A part of `s`; positions beyond the end are clamped. */
struct slice slice_from(struct slice s, size_t start);
struct slice slice_upto(struct slice s, size_t end);

/* Without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);

/* Splits at the first `separator`: returns what is before it and moves `rest`
 * behind it. Without a separator returns all and leaves `rest` empty. */
struct slice slice_split(struct slice *rest, char separator);

/* Decimal digits only, no sign or space; false when empty, not a number or out of range. */
bool slice_to_u64(struct slice s, uint64_t *value);
bool slice_to_i64(struct slice s, int64_t *value);

/* At most `max_bytes` of `s`, cut between UTF-8 characters. */
struct slice slice_cut_utf8(struct slice s, size_t max_bytes);
/* At most `max_characters` of `s`. */
struct slice slice_cut_characters(struct slice s, size_t max_characters);

#endif
