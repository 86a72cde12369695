/* message.c - messages with their variables taken out, so that "user 17 not found" and "user 18
 * not found" are one error.
 *
 * At each place the matchers of a table are tried in order; the first that fits is
 * replaced by its name. Most match only where a word begins. Every matcher looks at a
 * bounded number of bytes, consumes what it looked at, or remembers what it did not
 * find, so that the whole is linear.
 *
 * Source: the patterns of Sentry's grouping of 2024, as docs/grouping.md lists them.
 */
#include <string.h>

#include "base/buffer.h"
#include "event/limits.h"
#include "grouping/parts.h"

#include "base/banned.h"

enum {
  LONGEST_MESSAGE = LIMIT_MESSAGE * 4, /* bytes; events hold no longer ones */
  LONGEST_HEX = 128,
  LONGEST_NUMBER = 512,
  LONGEST_BLANKS = 8,
  LONGEST_ZONE_NAME = 64,
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
    [' '] = BLANK,
    ['\t' ... '\r'] = BLANK,
    ['-'] = LOCAL | HOST | SIGN,
    [':'] = SIGN,
    ['!'] = LOCAL,
    ['#' ... '\''] = LOCAL,
    ['*'] = LOCAL,
    ['+'] = LOCAL,
    ['.'] = LOCAL,
    ['/'] = LOCAL,
    ['='] = LOCAL,
    ['?'] = LOCAL,
    ['^'] = LOCAL,
    ['`'] = LOCAL,
    ['{' ... '~'] = LOCAL,
};

static bool is_any(char c, unsigned class) { return (classes[(unsigned char)c] & class) != 0; }
static bool is_digit(char c) { return is_any(c, DIGIT); }
static bool is_blank(char c) { return is_any(c, BLANK); }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

static char at(struct slice s, size_t i) { return i < s.len ? s.ptr[i] : '\0'; }

/* --- words ---------------------------------------------------------------------------------- */

/* Characters beyond ASCII that are no part of words: marks, symbols, arrows, pictures. All others
 * are taken as letters. */
static bool is_symbol(unsigned code) {
  static const struct {
    unsigned first, last;
  } symbols[] = {
      {0x80, 0xa9},     {0xab, 0xb1},       {0xb4, 0xb4},     {0xb6, 0xb8},     {0xbb, 0xbb},
      {0xbf, 0xbf},     {0xd7, 0xd7},       {0xf7, 0xf7},     {0x2000, 0x206f}, {0x20a0, 0x20cf},
      {0x2190, 0x245f}, {0x2500, 0x2bff},   {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},
      {0xfe10, 0xfe6f}, {0xff01, 0xff0f},   {0xff1a, 0xff20}, {0xff3b, 0xff40}, {0xff5b, 0xff65},
      {0xfffd, 0xfffd}, {0x1f000, 0x1faff},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    if (code >= symbols[i].first && code <= symbols[i].last) return true;
  }
  return false;
}

/* The character that starts at `i`, in valid UTF-8. */
static unsigned code_at(struct slice s, size_t i) {
  unsigned lead = (unsigned char)s.ptr[i];
  unsigned length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  unsigned code = lead & (0xffu >> (length + 1));
  for (size_t j = i + 1; j < i + length && j < s.len; j++) {
    code = code << 6 | ((unsigned char)s.ptr[j] & 0x3f);
  }
  return code;
}

static bool is_word_at(struct slice s, size_t i) {
  if (i >= s.len) return false;
  return (unsigned char)s.ptr[i] < 0x80 ? is_any(s.ptr[i], WORD) : !is_symbol(code_at(s, i));
}

static bool is_word_before(struct slice s, size_t i) {
  if (i == 0) return false;
  size_t start = i - 1;
  while (start > 0 && ((unsigned char)s.ptr[start] & 0xc0) == 0x80) start--;
  return is_word_at(s, start);
}

static bool ends_word(struct slice s, size_t i) { return !is_word_at(s, i); }

/* Number of bytes from `from` on that are of a class, at most `limit`. */
static size_t run(struct slice s, size_t from, unsigned class, size_t limit) {
  size_t length = 0;
  while (length < limit && from + length < s.len && is_any(s.ptr[from + length], class)) length++;
  return length;
}

/* --- matchers: the length of what fits at the start of `s`, or 0 ------------------ */

static size_t match_url(struct slice s) {
  static const char *const schemes[] = {"https://", "http://", "wss://", "ws://", "ftp://"};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    struct slice scheme = slice_of_string(schemes[i]);
    if (!slice_starts_with(s, scheme)) continue;
    size_t end = scheme.len;
    if (end >= s.len || is_blank(s.ptr[end]) || memchr("/$.?#", s.ptr[end], 5)) return 0;
    while (end < s.len && !is_blank(s.ptr[end])) end++;
    return end > scheme.len + 1 ? end : 0;
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
  size_t length = 0, groups = 0, figures = 0;
  bool has_gap = false;
  while (length < 40) {
    size_t digits = run(s, length, HEX, 5);
    if (digits > 4) return 0;
    for (size_t i = 0; i < digits; i++) figures += is_digit(s.ptr[length + i]);
    groups += digits > 0;
    length += digits;
    if (at(s, length) != ':') break;
    if (at(s, length + 1) == ':') {
      if (has_gap) return 0;
      has_gap = true;
      length++;
    }
    length++;
  }
  /* Names in C++ and Rust have double colons too: few groups without a figure are no address. */
  bool is_whole = has_gap ? groups >= 1 && groups < 8 && (figures || groups > 2) : groups == 8;
  return is_whole && ends_word(s, length) && at(s, length) != ':' ? length : 0;
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

static size_t match_sha1(struct slice s) { return match_groups(s, (const unsigned char[]){40, 0}); }

static size_t match_md5(struct slice s) { return match_groups(s, (const unsigned char[]){32, 0}); }

static size_t match_duration(struct slice s) {
  size_t length = run(s, 0, DIGIT, LONGEST_NUMBER);
  if (!length) return 0;
  if (at(s, length) == 'm' && at(s, length + 1) == 's' && ends_word(s, length + 2)) {
    return length + 2;
  }
  if (at(s, length) == '.' && is_digit(at(s, length + 1))) {
    length += 1 + run(s, length + 1, DIGIT, LONGEST_NUMBER);
  }
  return at(s, length) == 's' && ends_word(s, length + 1) ? length + 1 : 0;
}

/* A transaction of OpenStack Swift: "tx" and 21 digits, a dash and 10. */
static size_t match_swift_transaction(struct slice s) {
  if (!slice_starts_with(s, SLICE("tx"))) return 0;
  size_t length = match_groups(slice_from(s, 2), (const unsigned char[]){21, 10, 0});
  return length ? length + 2 : 0;
}

/* "0x1f"; or digits of one case, letters and figures mixed, as long as ids are. */
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
  return length >= 4 && length != 7 && is_mixed && ends_word(s, length) ? length : 0;
}

static size_t match_float(struct slice s) {
  size_t sign = at(s, 0) == '-', whole = run(s, sign, DIGIT, LONGEST_NUMBER);
  if (!whole || at(s, sign + whole) != '.') return 0;
  size_t fraction = run(s, sign + whole + 1, DIGIT, LONGEST_NUMBER);
  size_t length = sign + whole + 1 + fraction;
  return fraction && ends_word(s, length) ? length : 0;
}

static size_t match_int(struct slice s) {
  size_t sign = at(s, 0) == '-', digits = run(s, sign, DIGIT, LONGEST_NUMBER);
  return digits && ends_word(s, sign + digits) ? sign + digits : 0;
}

/* --- dates ------------------------------------------------------------------------------------ */

static size_t match_name(struct slice s, const char *names, size_t length) {
  for (; *names; names += length) {
    if (slice_starts_with(s, slice_of(names, length))) return length;
  }
  return 0;
}

static size_t match_long_weekday(struct slice s) {
  static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
  for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
    if (slice_starts_with(s, slice_of_string(days[i]))) return slice_of_string(days[i]).len;
  }
  return 0;
}

/* "+0100", "GMT", "UT", "EST", or the letter of a military zone. */
static size_t match_zone(struct slice s) {
  char first = at(s, 0);
  if ((first == '+' || first == '-') && run(s, 1, DIGIT, 4) == 4) return 5;
  size_t length = match_name(s, "GMTESTCSTMSTPSTEDTCDTMDTPDT", 3);
  if (length) return length;
  if (slice_starts_with(s, SLICE("UT"))) return 2;
  return is_upper(first) && first != 'J';
}

/* One sign of a pattern: the length of what fits, or SIZE_MAX. Signs are: '0' a digit, and '1',
 * '2', '3', '5' one up to that; '9' a digit but 0; '?' a digit that may lack; '_' a blank, '~'
 * blanks; 'w' and 'l' a day of the week, short and long; 'm' a month; 'z' a zone; 's' plus or
 * minus. All else stands for itself. */
static size_t match_sign(struct slice s, char sign) {
  char c = at(s, 0);
  size_t length;
  switch (sign) {
    case '0': return is_digit(c) ? 1 : SIZE_MAX;
    case '1':
    case '2':
    case '3':
    case '5': return is_digit(c) && c <= sign ? 1 : SIZE_MAX;
    case '9': return is_digit(c) && c != '0' ? 1 : SIZE_MAX;
    case '?': return is_digit(c);
    case '_': return is_blank(c) ? 1 : SIZE_MAX;
    case '~': length = run(s, 0, BLANK, LONGEST_BLANKS); break;
    case 'w': length = match_name(s, "SunMonTueWedThuFriSat", 3); break;
    case 'm': length = match_name(s, "JanFebMarAprMayJunJulAugSepOctNovDec", 3); break;
    case 'l': length = match_long_weekday(s); break;
    case 'z': length = match_zone(s); break;
    case 's': return c == '+' || c == '-' ? 1 : SIZE_MAX;
    default: return c == sign ? 1 : SIZE_MAX;
  }
  return length ? length : SIZE_MAX;
}

static size_t match_pattern(struct slice s, const char *pattern) {
  size_t length = 0;
  for (; *pattern; pattern++) {
    size_t part = match_sign(slice_from(s, length), *pattern);
    if (part == SIZE_MAX) return 0;
    length += part;
  }
  return length;
}

/* ".123", then "+01:00", then "Z"; each may lack. */
static size_t fraction_and_zone(struct slice s) {
  size_t length = 0;
  if (at(s, 0) == '.' && is_digit(at(s, 1))) length = 1 + run(s, 1, DIGIT, LONGEST_NUMBER);
  size_t zone = match_pattern(slice_from(s, length), "s00:00");
  if (!zone) zone = match_pattern(slice_from(s, length), "00:00");
  length += zone;
  return length + (at(s, length) == 'Z');
}

/* " (Central European Time)", as JavaScript writes it. */
static size_t zone_name(struct slice s) {
  if (!is_blank(at(s, 0)) || at(s, 1) != '(') return 0;
  size_t close = slice_find_byte(slice_upto(s, LONGEST_ZONE_NAME), ')');
  return close > 2 && close < s.len && close < LONGEST_ZONE_NAME ? close + 1 : 0;
}

/* ":45", " pm"; each may lack. */
static size_t seconds_and_half(struct slice s) {
  size_t length = match_pattern(s, ":00");
  char half = (char)(at(s, length + 1) | 0x20), m = (char)(at(s, length + 2) | 0x20);
  bool has_half = at(s, length) == ' ' && (half == 'a' || half == 'p') && m == 'm';
  return length + (has_half ? 3 : 0);
}

struct date_form {
  const char *pattern;
  size_t (*rest)(struct slice s); /* may be null */
};

static size_t match_forms(struct slice s, const struct date_form *forms) {
  for (; forms->pattern; forms++) {
    size_t length = match_pattern(s, forms->pattern);
    if (!length) continue;
    return forms->rest ? length + forms->rest(slice_from(s, length)) : length;
  }
  return 0;
}

static size_t match_date_of_digits(struct slice s) {
  static const struct date_form forms[] = {
      {"0000-00-00T00:00:00", fraction_and_zone},
      {"9?:00", seconds_and_half},
      {"0000-10-30", NULL},
      {"20:50:50", NULL},
      {"0?~m~0000~20:50:50~z", NULL},
      {"0?~m~0000~20:50~z", NULL},
      {NULL, NULL},
  };
  return match_forms(s, forms);
}

static size_t match_date_of_names(struct slice s) {
  static const struct date_form forms[] = {
      {"w,_0?_m_00??_00:00:00_z", NULL},
      {"w,_0?_m_00??_00:00_z", NULL},
      {"w_m_30,_00??", NULL},
      {"m_30,_00??", NULL},
      {"l,_00-m-00_00:00:00_z", NULL},
      {"w_m_00_0000_00:00:00_GMTs0000", zone_name},
      {"w~m~0?~00:00:00~0000", NULL},
      {"m~0?~00:00:00~0000", NULL},
      {"w,~0?~m~0000~20:50:50~z", NULL},
      {"w,~0?~m~0000~20:50~z", NULL},
      {NULL, NULL},
  };
  return is_upper(at(s, 0)) ? match_forms(s, forms) : 0;
}

/* --- all of them --------------------------------------------------------------------------------
 */

/* What matchers remember about the text, so that nothing is looked for twice. */
struct scan {
  struct slice text;
  bool has_at_sign;
  size_t local_end;             /* where the run of e-mail bytes around the place ends */
  size_t no_parenthesis_before; /* no ')' between the place and there */
};

static size_t match_email(struct scan *scan, size_t from) {
  struct slice text = scan->text;
  if (!scan->has_at_sign || !is_any(text.ptr[from], LOCAL)) return 0;
  if (scan->local_end <= from) scan->local_end = from + run(text, from, LOCAL, text.len);
  size_t end = scan->local_end;
  if (at(text, end) != '@') return 0;
  size_t host = run(text, end + 1, HOST, text.len);
  if (!host) return 0;
  end += 1 + host;
  while (at(text, end) == '.' && (host = run(text, end + 1, HOST, text.len)) > 0) end += 1 + host;
  return end - from;
}

/* "datetime.datetime(2023, 5, 2)", as Python prints it. */
static size_t match_python_date(struct scan *scan, size_t from) {
  static const struct slice start = {"datetime.datetime(", 18};
  if (!slice_starts_with(slice_from(scan->text, from), start)) return 0;
  if (from < scan->no_parenthesis_before) return 0;
  struct slice rest = slice_from(scan->text, from);
  struct slice line = slice_upto(rest, slice_find_byte(rest, '\n'));
  size_t close = slice_find_byte(line, ')');
  if (close < line.len) return close + 1;
  scan->no_parenthesis_before = from + line.len;
  return 0;
}

static const struct {
  const char *name;
  size_t (*match)(struct slice s);
  unsigned first; /* classes that the first byte may be of */
} matchers[] = {
    {"<url>", match_url, LETTER},
    {"<ip>", match_ip, HEX | SIGN},
    {"<uuid>", match_uuid, HEX},
    {"<sha1>", match_sha1, HEX},
    {"<md5>", match_md5, HEX},
    {"<date>", match_date_of_digits, DIGIT},
    {"<date>", match_date_of_names, LETTER},
    {"<duration>", match_duration, DIGIT},
    {"<swift_txn_id>", match_swift_transaction, LETTER},
    {"<hex>", match_hex, HEX},
    {"<float>", match_float, DIGIT | SIGN},
    {"<int>", match_int, DIGIT | SIGN},
};

/* Behind '=' also: "'any text'", "\"any text\"", true and false. A quote that is not closed on its
 * line is looked for once. */
static size_t match_assigned(struct slice s, const char **name) {
  static const char *const booleans[] = {"True", "true", "False", "false"};
  enum { LONGEST_QUOTED = 256 };
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
    if (slice_starts_with(s, word)) return word.len;
  }
  return 0;
}

static size_t match_word(struct scan *scan, size_t from, const char **name) {
  struct slice s = slice_from(scan->text, from);
  for (size_t i = 0; i < sizeof matchers / sizeof matchers[0]; i++) {
    if (!is_any(s.ptr[0], matchers[i].first)) continue;
    size_t length = matchers[i].match(s);
    if (!length) continue;
    *name = matchers[i].name;
    return length;
  }
  *name = "<date>";
  return s.ptr[0] == 'd' ? match_python_date(scan, from) : 0;
}

static size_t match_any(struct scan *scan, size_t from, const char **name) {
  struct slice text = scan->text;
  *name = "<email>";
  size_t length = match_email(scan, from);
  if (length) return length;
  if (!is_word_before(text, from)) {
    length = match_word(scan, from, name);
    if (length) return length;
  } else if (is_digit(text.ptr[from]) && !is_digit(text.ptr[from - 1])) {
    *name = "<date>"; /* the only one that also stands within words: "T2024-01-01" */
    return match_date_of_digits(slice_from(text, from));
  }
  return at(text, from - 1) == '=' ? match_assigned(slice_from(text, from), name) : 0;
}

/* --- lines
 * ---------------------------------------------------------------------------------------- */

/* Bytes of the end of line at `i`, by Unicode; 0 when there is none. */
static size_t line_end_at(struct slice s, size_t i) {
  unsigned char c = (unsigned char)s.ptr[i];
  if (c == '\r' && at(s, i + 1) == '\n') return 2;
  if ((c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e)) return 1;
  if (c == 0xc2 && (unsigned char)at(s, i + 1) == 0x85) return 2;
  bool is_separator =
      c == 0xe2 && (unsigned char)at(s, i + 1) == 0x80 && ((unsigned char)at(s, i + 2) | 1) == 0xa9;
  return is_separator ? 3 : 0;
}

/* Takes the next line off; false at the end. */
static bool next_line(struct slice *rest, struct slice *line) {
  if (slice_is_empty(*rest)) return false;
  size_t i = 0, end = 0;
  while (i < rest->len && !(end = line_end_at(*rest, i))) i++;
  *line = slice_upto(*rest, i);
  *rest = slice_from(*rest, i + end);
  return true;
}

/* The first two lines that are not blank, and dots when that is not all. */
static struct slice first_lines(struct arena *arena, struct slice message) {
  struct slice rest = message, line, lines[2] = {SLICE_EMPTY, SLICE_EMPTY};
  size_t count = 0;
  while (count < 2 && next_line(&rest, &line)) {
    if (!slice_is_empty(slice_trim(line))) lines[count++] = line;
  }
  if (lines[0].len == message.len) return message;
  struct slice text = lines[0];
  if (count == 2) {
    text = arena_concat(arena, arena_concat(arena, text, SLICE("\n")), lines[1]);
  }
  return slice_equal(text, message) ? message : arena_concat(arena, text, SLICE("..."));
}

/* Whether something that a matcher knows can start with this byte. */
static bool may_start(char c) { return is_any(c, WORD | LOCAL | SIGN) || c == '\'' || c == '"'; }

struct slice message_parameterize(struct arena *arena, struct slice message) {
  struct slice text = first_lines(arena, message);
  if (text.len > LONGEST_MESSAGE) return text;
  struct scan scan = {.text = text, .has_at_sign = slice_find_byte(text, '@') < text.len};
  struct buffer out = buffer_make(LONGEST_MESSAGE * 8);
  size_t copied = 0;
  for (size_t i = 0; i < text.len;) {
    const char *name;
    size_t length = may_start(text.ptr[i]) ? match_any(&scan, i, &name) : 0;
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
