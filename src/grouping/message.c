/* message.c - messages with their variables taken out, so that "user 17 not found" and "user 18
 * not found" are one error.
 *
 * At each place where a word begins the matchers of a table are tried in order;
 * the first that fits is replaced by its name. Every matcher looks at a bounded
 * number of bytes or consumes what it looked at, so that the whole is linear.
 * Words: ASCII letters, digits, '_' and every byte above 0x7f.
 */
#include <string.h>

#include "base/buffer.h"
#include "grouping/parts.h"

#include "base/banned.h"

enum {
  LONGEST_MESSAGE = 8192, /* bytes; longer ones are cut before */
  LONGEST_LOCAL_PART = 64,
  LONGEST_HOST = 253,
  LONGEST_HEX = 128,
  LONGEST_QUOTED = 256,
};

/* What a byte may be, as bits. */
enum {
  DIGIT = 1 << 0,
  HEX = 1 << 1,
  LETTER = 1 << 2,
  WORD = 1 << 3,
  BLANK = 1 << 4,
  LOCAL = 1 << 5, /* of an e-mail address, before the '@' */
  HOST = 1 << 6,
  SIGN = 1 << 7, /* '-' and ':', which numbers and addresses may start with */
};
enum { FIGURE = DIGIT | HEX | WORD | LOCAL | HOST, OTHER_LETTER = LETTER | WORD | LOCAL | HOST };

static const unsigned char classes[256] = {
    ['0' ... '9'] = FIGURE,
    ['A' ... 'F'] = OTHER_LETTER | HEX,
    ['G' ... 'Z'] = OTHER_LETTER,
    ['a' ... 'f'] = OTHER_LETTER | HEX,
    ['g' ... 'z'] = OTHER_LETTER,
    ['_'] = WORD | LOCAL,
    [0x80 ... 0xff] = WORD | LOCAL,
    [' '] = BLANK,
    ['\t' ... '\r'] = BLANK,
    ['.'] = LOCAL | HOST,
    ['-'] = LOCAL | HOST | SIGN,
    [':'] = SIGN,
    ['%'] = LOCAL,
    ['+'] = LOCAL,
};

static bool is_any(char c, unsigned class) { return (classes[(unsigned char)c] & class) != 0; }
static bool is_digit(char c) { return is_any(c, DIGIT); }
static bool is_letter(char c) { return is_any(c, LETTER); }
static bool is_word(char c) { return is_any(c, WORD); }
static bool is_blank(char c) { return is_any(c, BLANK); }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

static char at(struct slice s, size_t i) { return i < s.len ? s.ptr[i] : '\0'; }
static bool ends_word(struct slice s, size_t i) { return !is_word(at(s, i)); }

/* Number of bytes from `from` on that are of a class, at most `limit`. */
static size_t run(struct slice s, size_t from, unsigned class, size_t limit) {
  size_t length = 0;
  while (length < limit && from + length < s.len && is_any(s.ptr[from + length], class)) length++;
  return length;
}

/* --- matchers: the length of what fits at the start of `s`, or 0 ------------------ */

static size_t match_email(struct slice s) {
  /* Most words are no address: this is many times faster than to look at each byte. */
  struct slice start = slice_upto(s, LONGEST_LOCAL_PART + 1);
  size_t local = slice_find_byte(start, '@');
  if (local == 0 || local == start.len) return 0;
  if (run(s, 0, LOCAL, local) != local) return 0;
  size_t host = run(s, local + 1, HOST, LONGEST_HOST);
  while (host && !is_letter(s.ptr[local + host])) host--;
  struct slice name = slice_of(s.ptr + local + 1, host);
  return slice_find_byte(name, '.') < name.len ? local + 1 + host : 0;
}

static size_t match_url(struct slice s) {
  static const char *const schemes[] = {"https://", "http://", "wss://", "ws://", "ftp://"};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    struct slice scheme = slice_of_string(schemes[i]);
    if (!slice_starts_with(s, scheme)) continue;
    size_t end = scheme.len;
    while (end < s.len && !is_blank(s.ptr[end]) && !memchr("\"'<>", s.ptr[end], 4)) end++;
    return end > scheme.len ? end : 0;
  }
  return 0;
}

static size_t match_ipv4(struct slice s) {
  size_t length = 0;
  for (int part = 0; part < 4; part++) {
    size_t digits = run(s, length, DIGIT, 4);
    if (digits == 0 || digits > 3) return 0;
    int value = 0;
    for (size_t i = 0; i < digits; i++) value = value * 10 + s.ptr[length + i] - '0';
    if (value > 255) return 0;
    length += digits;
    if (part < 3 && at(s, length++) != '.') return 0;
  }
  bool goes_on = at(s, length) == '.' && is_digit(at(s, length + 1));
  return ends_word(s, length) && !goes_on ? length : 0;
}

static size_t match_ipv6(struct slice s) {
  size_t length = 0, colons = 0, groups = 0;
  bool has_gap = false;
  while (length < 40) {
    size_t digits = run(s, length, HEX, 5);
    if (digits > 4) return 0;
    groups += digits > 0;
    length += digits;
    if (at(s, length) != ':') break;
    if (at(s, length + 1) == ':') {
      if (has_gap) return 0;
      has_gap = true;
      length++;
    }
    colons++;
    length++;
  }
  bool is_whole = has_gap ? groups >= 1 && groups < 8 && colons >= 1 : groups == 8;
  return is_whole && ends_word(s, length) && at(s, length) != ':' && length > 4 ? length : 0;
}

static size_t match_ip(struct slice s) {
  size_t length = match_ipv4(s);
  return length ? length : match_ipv6(s);
}

/* Groups of so many hexadecimal digits with dashes between; 0 ends the list. */
static size_t match_groups(struct slice s, const unsigned char *groups) {
  size_t length = 0;
  for (size_t i = 0; groups[i]; i++) {
    if (i > 0 && at(s, length++) != '-') return 0;
    if (run(s, length, HEX, groups[i]) != groups[i]) return 0;
    length += groups[i];
  }
  return ends_word(s, length) ? length : 0;
}

static size_t match_uuid(struct slice s) {
  return match_groups(s, (const unsigned char[]){8, 4, 4, 4, 12, 0});
}

static size_t match_traceparent(struct slice s) {
  size_t length = match_groups(s, (const unsigned char[]){2, 32, 16, 2, 0});
  return length ? length : match_groups(s, (const unsigned char[]){1, 8, 24, 0});
}

static size_t match_sha1(struct slice s) { return match_groups(s, (const unsigned char[]){40, 0}); }

static size_t match_md5(struct slice s) { return match_groups(s, (const unsigned char[]){32, 0}); }

static bool is_month_or_day(struct slice word) {
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun";
  char three[3];
  for (size_t i = 0; i < 3; i++) three[i] = (char)(word.ptr[i] | 0x20);
  for (size_t i = 0; i + 3 < sizeof names; i += 3) {
    if (memcmp(names + i, three, 3) == 0) return true;
  }
  return false;
}

/* Patterns of dates and times: '#' is a digit, '?' a digit that may lack, 'A' the name of a month
 * or day of the week, '_' blanks; letters and signs stand for themselves. */
static size_t match_pattern(struct slice s, const char *pattern) {
  size_t length = 0;
  for (; *pattern; pattern++) {
    char c = at(s, length);
    if (*pattern == '#') {
      if (!is_digit(c)) return 0;
      length++;
    } else if (*pattern == '?') {
      length += is_digit(c);
    } else if (*pattern == '_') {
      size_t blanks = run(s, length, BLANK, 2);
      if (!blanks) return 0;
      length += blanks;
    } else if (*pattern == 'A') {
      size_t letters = run(s, length, LETTER, 10);
      if (letters < 3 || !is_month_or_day(slice_from(s, length))) return 0;
      length += letters;
    } else if (c == *pattern) {
      length++;
    } else {
      return 0;
    }
  }
  return length;
}

/* ".123", then "Z", "+01:00", " GMT" or " UTC". */
static size_t fraction_and_zone(struct slice s) {
  size_t length = 0;
  if ((at(s, 0) == '.' || at(s, 0) == ',') && is_digit(at(s, 1))) {
    length = 1 + run(s, 1, DIGIT, 12);
  }
  struct slice rest = slice_from(s, length);
  static const char *const zones[] = {"Z",      "+##:##", "-##:##", "+####", "-####",
                                      "_+####", "_-####", "_GMT",   "_UTC"};
  for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
    size_t zone = match_pattern(rest, zones[i]);
    if (zone && ends_word(rest, zone)) return length + zone;
  }
  return length;
}

static size_t match_date(struct slice s) {
  static const struct {
    const char *pattern;
    bool has_time;
  } forms[] = {
      {"####-##-##T##:##:##", true},
      {"####-##-##_##:##:##", true},
      {"####/##/##_##:##:##", true},
      {"####-##-##T##:##", true},
      {"A,_#?_A_####_##:##:##", true},
      {"A_A_#?_##:##:##_####", false},
      {"A_A_#?_####_##:##:##", true},
      {"A_#?_##:##:##", true},
      {"#?/A/####:##:##:##", true},
      {"####-##-##", false},
      {"####/##/##", false},
      {"#?/#?/####", false},
      {"#?_A_####", false},
      {"A_#?,_####", false},
      {"#?:##:##", true},
      {"#?.#?.####", false},
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    size_t length = match_pattern(s, forms[i].pattern);
    if (!length) continue;
    if (forms[i].has_time) length += fraction_and_zone(slice_from(s, length));
    if (ends_word(s, length)) return length;
  }
  return 0;
}

static size_t match_duration(struct slice s) {
  size_t length = run(s, 0, DIGIT, 18);
  if (!length) return 0;
  if (at(s, length) == 'm' && at(s, length + 1) == 's' && ends_word(s, length + 2)) {
    return length + 2;
  }
  if (at(s, length) == '.' && is_digit(at(s, length + 1))) {
    length += 1 + run(s, length + 1, DIGIT, 18);
  }
  return at(s, length) == 's' && ends_word(s, length + 1) ? length + 1 : 0;
}

/* "0x1f", or 4 digits and more of one case, letters and figures mixed. */
static size_t match_hex(struct slice s) {
  if (at(s, 0) == '0' && (at(s, 1) == 'x' || at(s, 1) == 'X')) {
    size_t digits = run(s, 2, HEX, LONGEST_HEX);
    return digits && ends_word(s, 2 + digits) ? 2 + digits : 0;
  }
  size_t length = run(s, 0, HEX, LONGEST_HEX), figures = 0, upper = 0, lower = 0;
  for (size_t i = 0; i < length; i++) {
    figures += is_digit(s.ptr[i]);
    upper += is_upper(s.ptr[i]);
    lower += is_lower(s.ptr[i]);
  }
  bool is_mixed = figures && (upper || lower) && !(upper && lower);
  return length >= 4 && is_mixed && ends_word(s, length) ? length : 0;
}

static size_t match_float(struct slice s) {
  size_t sign = at(s, 0) == '-', whole = run(s, sign, DIGIT, 32);
  if (!whole || at(s, sign + whole) != '.') return 0;
  size_t fraction = run(s, sign + whole + 1, DIGIT, 32);
  size_t length = sign + whole + 1 + fraction;
  return fraction && ends_word(s, length) ? length : 0;
}

static size_t match_int(struct slice s) {
  size_t sign = at(s, 0) == '-', digits = run(s, sign, DIGIT, LONGEST_HEX);
  return digits && ends_word(s, sign + digits) ? sign + digits : 0;
}

static const struct {
  const char *name;
  size_t (*match)(struct slice s);
  unsigned first; /* classes that the first byte may be of */
} matchers[] = {
    {"<email>", match_email, LOCAL},
    {"<url>", match_url, LETTER},
    {"<ip>", match_ip, HEX | SIGN},
    {"<traceparent>", match_traceparent, HEX},
    {"<uuid>", match_uuid, HEX},
    {"<sha1>", match_sha1, HEX},
    {"<md5>", match_md5, HEX},
    {"<date>", match_date, DIGIT | LETTER},
    {"<duration>", match_duration, DIGIT},
    {"<hex>", match_hex, HEX},
    {"<float>", match_float, DIGIT | SIGN},
    {"<int>", match_int, DIGIT | SIGN},
};

/* Behind '=' also: "'any text'", "\"any text\"", true and false. */
static size_t match_assigned(struct slice s, const char **name) {
  static const char *const booleans[] = {"True", "true", "False", "false"};
  char quote = at(s, 0);
  if (quote == '\'' || quote == '"') {
    struct slice inside = slice_upto(slice_from(s, 1), LONGEST_QUOTED);
    size_t close = slice_find_byte(inside, quote);
    *name = "<quoted_str>";
    return close < inside.len ? close + 2 : 0;
  }
  *name = "<bool>";
  for (size_t i = 0; i < sizeof booleans / sizeof booleans[0]; i++) {
    struct slice word = slice_of_string(booleans[i]);
    if (slice_starts_with(s, word) && ends_word(s, word.len)) return word.len;
  }
  return 0;
}

static size_t match_any(struct slice text, size_t from, const char **name) {
  struct slice s = slice_from(text, from);
  char previous = from ? text.ptr[from - 1] : ' ';
  if (previous == '=') {
    size_t length = match_assigned(s, name);
    if (length) return length;
  }
  if (is_word(previous)) return 0;
  for (size_t i = 0; i < sizeof matchers / sizeof matchers[0]; i++) {
    if (!is_any(s.ptr[0], matchers[i].first)) continue;
    size_t length = matchers[i].match(s);
    if (!length) continue;
    *name = matchers[i].name;
    return length;
  }
  return 0;
}

/* The first two lines that are not empty. */
static struct slice first_lines(struct arena *arena, struct slice message) {
  struct slice rest = slice_trim(message), first = slice_trim(slice_split(&rest, '\n'));
  rest = slice_trim(rest);
  if (slice_is_empty(rest)) return first;
  struct slice second = slice_trim(slice_split(&rest, '\n'));
  bool is_cut = !slice_is_empty(slice_trim(rest));
  struct slice lines = arena_concat(arena, arena_concat(arena, first, SLICE("\n")), second);
  return is_cut ? arena_concat(arena, lines, SLICE("...")) : lines;
}

/* Whether something that a matcher knows can start with this byte. */
static bool may_start(char c) { return is_any(c, WORD | LOCAL | SIGN) || c == '\'' || c == '"'; }

struct slice message_parameterize(struct arena *arena, struct slice message) {
  struct slice text = first_lines(arena, slice_cut_utf8(message, LONGEST_MESSAGE));
  struct buffer out = buffer_make(LONGEST_MESSAGE * 8);
  size_t copied = 0;
  for (size_t i = 0; i < text.len;) {
    const char *name;
    size_t length = may_start(text.ptr[i]) ? match_any(text, i, &name) : 0;
    if (!length) {
      i++;
      continue;
    }
    buffer_append(&out, text.ptr + copied, i - copied);
    buffer_append_slice(&out, slice_of_string(name));
    copied = i += length;
  }
  if (copied) {
    buffer_append(&out, text.ptr + copied, text.len - copied);
    text = arena_copy(arena, buffer_slice(&out));
  }
  buffer_free(&out);
  return text;
}
