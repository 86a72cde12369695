/* short_id.c - the name people use for a group: "APP-1A".
 *
 * The project's slug in capitals, a hyphen, and the group's number in its project in base 32 with
 * Crockford's digits, which leave out letters that look like others. Reading is forgiving: any
 * case, O for 0, I and L for 1.
 */
#include <string.h>

#include "tracker/tracker.h"

#include "base/banned.h"

#define DIGIT_BITS 5
/* 13 digits hold 65 bits: enough for every number, and 12 never overflow. */
#define DIGITS_MAX 13

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct slice group_short_id(struct arena *arena, const struct project *project,
                            const struct group *group) {
  char number[DIGITS_MAX];
  size_t at = sizeof(number);
  uint64_t rest = (uint64_t)group->number;
  do {
    number[--at] = digits[rest & 31];
    rest >>= DIGIT_BITS;
  } while (rest);
  size_t digit_count = sizeof(number) - at;

  size_t slug_len = project->slug.len;
  char *text = arena_alloc_raw(arena, slug_len + 1 + digit_count);
  for (size_t i = 0; i < slug_len; i++) {
    char c = project->slug.ptr[i];
    text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
  }
  text[slug_len] = '-';
  memcpy(text + slug_len + 1, number + at, digit_count);
  return slice_of(text, slug_len + 1 + digit_count);
}

/* The value of one digit, or -1. */
static int digit_value(char c) {
  if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
  if (c == 'O') return 0;
  if (c == 'I' || c == 'L') return 1;
  const char *found = c ? strchr(digits, c) : NULL;
  return found ? (int)(found - digits) : -1;
}

bool group_short_id_parse(struct slice text, int64_t *number) {
  size_t hyphen = slice_find_last_byte(text, '-');
  if (hyphen == 0 || hyphen >= text.len) return false;
  struct slice rest = slice_from(text, hyphen + 1);
  if (rest.len == 0 || rest.len >= DIGITS_MAX) return false;
  int64_t value = 0;
  for (size_t i = 0; i < rest.len; i++) {
    int digit = digit_value(rest.ptr[i]);
    if (digit < 0) return false;
    value = value << DIGIT_BITS | digit;
  }
  *number = value;
  return value > 0;
}
