/* scrub_pair.c - secrets behind their names within a text.
 *
 *   token=abc&page=2          query strings, forms, cookies, command lines
 *   {"password": "abc"}       JSON, and JSON within JSON: {\"password\": \"abc\"}
 *   {'password': u'abc'}      what languages print of their values
 *   Authorization: Basic abc  headers
 *   [('token', 'abc')]        lists of pairs as languages print them
 *   next=%2F%3Ftoken%3Dabc    addresses within addresses
 *   <password>abc</password>  XML
 *
 * The caller finds the separator; from there the name is read backwards, at most
 * NAME_BYTES, and the value forwards, once: the caller goes on behind it, so that
 * a text is read once however it is made.
 */
#include <string.h>

#include "event/scrub_parts.h"

#include "base/banned.h"

/* A name within a text is not looked for further back than this. */
enum { NAME_BYTES = 64 };
/* What is written between angle brackets, neither. */
enum { OBJECT_BYTES = 200 };

static bool is_letter_or_digit(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}

static bool is_name_character(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == '[' || c == ']' ||
         c == '%' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

/* A quote and the backslashes before it: \" in JSON within JSON. */
struct quote {
  struct slice mark; /* empty when there is none */
};

static char byte_at(struct slice text, size_t at) { return at < text.len ? text.ptr[at] : '\0'; }

/* The name that ends before `end`, and the quotes around it. */
static struct slice name_before(struct slice text, size_t end, size_t floor, struct quote *quote) {
  quote->mark = SLICE_EMPTY;
  for (int blanks = 0; blanks < 4 && end > floor && is_blank(text.ptr[end - 1]); blanks++) {
    end--;
  }
  if (end > floor && is_quote(text.ptr[end - 1])) {
    size_t start = end - 1;
    while (start > floor && text.ptr[start - 1] == '\\' && end - start < 8) start--;
    quote->mark = slice_of(text.ptr + start, end - start);
    end = start;
  }
  size_t start = end;
  while (start > floor && end - start < NAME_BYTES && is_name_character(text.ptr[start - 1])) {
    start--;
  }
  return slice_of(text.ptr + start, end - start);
}

/* --- where values end ------------------------------------------------------------------ */

/* The position of the closing quote, with as many backslashes as the opening one; text.len when it
 * does not close. */
static size_t quoted_end(struct slice text, size_t at, struct slice mark) {
  size_t backslashes = 0;
  for (; at < text.len; at++) {
    char c = text.ptr[at];
    if (c == '\\') {
      backslashes++;
      continue;
    }
    if (c == mark.ptr[mark.len - 1]) {
      bool is_closing = mark.len == 1 ? backslashes % 2 == 0 : backslashes == mark.len - 1;
      if (is_closing) return at - (mark.len - 1);
    }
    backslashes = 0;
  }
  return text.len;
}

/* Behind the bracket that closes the one at `at`; text.len when it does not close. */
static size_t bracket_end(struct slice text, size_t at) {
  size_t depth = 0;
  for (; at < text.len; at++) {
    char c = text.ptr[at];
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    if (is_quote(c) && c != '`') {
      size_t start = at;
      while (start > 0 && text.ptr[start - 1] == '\\' && at - start < 8) start--;
      struct slice mark = slice_of(text.ptr + start, at - start + 1);
      size_t end = quoted_end(text, at + 1, mark);
      if (end == text.len) return text.len;
      at = end + mark.len - 1;
    }
  }
  return text.len;
}

static bool ends_bare_value(char c) {
  return (unsigned char)c <= ' ' || c == ',' || c == ';' || c == '&' || c == ')' || c == ']' ||
         c == '}' || c == '<' || c == '>' || c == '|' || is_quote(c);
}

static size_t bare_end(struct slice text, size_t at) {
  if (byte_at(text, at) == '<') { /* "<Secret object>" */
    struct slice object = slice_upto(slice_from(text, at), OBJECT_BYTES);
    size_t length = slice_find_byte(object, '>');
    if (length < object.len) at += length + 1;
  }
  while (at < text.len && !ends_bare_value(text.ptr[at])) at++;
  return at;
}

/* "Basic", "Bearer", … of an Authorization header: what follows belongs to the value. */
static bool is_scheme(struct slice word) {
  static const char *const schemes[] = {"basic",     "bearer", "digest", "token",
                                        "negotiate", "apikey", "sentry", "aws4-hmac-sha256"};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    if (slice_equal_ignore_case(word, slice_of_string(schemes[i]))) return true;
  }
  return false;
}

static size_t value_end(struct slice text, size_t start) {
  char first = byte_at(text, start);
  size_t end = start;
  if (first == '{' || first == '[') end = bracket_end(text, start);
  end = bare_end(text, end);
  if (byte_at(text, end) != ' ' || !is_scheme(slice_of(text.ptr + start, end - start))) return end;
  /* Parameters of a scheme go on to the end of the line: Digest a="b", c="d". */
  bool has_parameters = (text.ptr[start] | 0x20) != 'b';
  while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r') {
    if (!has_parameters && is_quote(text.ptr[end])) break;
    end++;
  }
  return end;
}

/* What stands for "nothing" in one language or another. */
static bool is_nothing(struct slice value) {
  static const char *const words[] = {"null",  "none",      "nil", "true",
                                      "false", "undefined", "yes", "no"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (slice_equal_ignore_case(value, slice_of_string(words[i]))) return true;
  }
  return false;
}

/* What may stand between a separator and its value: an indented line at most. */
enum { BLANKS_MAX = 32 };

/* Behind the separator and blanks; text.len when the separator is another sign: "::", "://".
 * Behind a quoted name the value may stand on the next line, as in JSON that is laid out. */
static size_t value_start(struct slice text, size_t separator, bool is_quoted) {
  size_t at = separator + 1;
  if (text.ptr[separator] == ':') {
    if (separator > 0 && text.ptr[separator - 1] == ':') return text.len;
    if (byte_at(text, at) == ':') return text.len;
    if (byte_at(text, at) == '/' && byte_at(text, at + 1) == '/') return text.len;
    if (byte_at(text, at) == '=') at++;
  } else if (text.ptr[separator] == '=') {
    while (byte_at(text, at) == '=') at++;
    if (byte_at(text, at) == '>') at++; /* Ruby: "password" => "x" */
  }
  for (int blanks = 0; blanks < BLANKS_MAX; blanks++, at++) {
    char c = byte_at(text, at);
    if (!is_blank(c) && !(is_quoted && (c == '\n' || c == '\r'))) break;
  }
  /* Python: u'x', b'x', r'x' */
  char prefix = (char)(byte_at(text, at) | 0x20);
  bool is_prefix = prefix == 'u' || prefix == 'b' || prefix == 'r';
  return is_prefix && is_quote(byte_at(text, at + 1)) ? at + 1 : at;
}

static struct slice quote_at(struct slice text, size_t at) {
  size_t end = at;
  while (byte_at(text, end) == '\\' && end - at < 8) end++;
  if (!is_quote(byte_at(text, end))) return SLICE_EMPTY;
  return slice_of(text.ptr + at, end + 1 - at);
}

/* JSON stays JSON: a bare value behind a name in double quotes becomes a text. */
static struct slice replacement_for(struct slice name_quote) {
  static const struct slice forms[] = {
      {"\"[Filtered]\"", 12}, {"\\\"[Filtered]\\\"", 14}, {"\\\\\\\"[Filtered]\\\\\\\"", 18}};
  static const size_t lengths[] = {1, 2, 4};
  if (slice_is_empty(name_quote) || name_quote.ptr[name_quote.len - 1] != '"') {
    return SCRUB_FILTERED;
  }
  for (size_t i = 0; i < 3; i++) {
    if (lengths[i] == name_quote.len) return forms[i];
  }
  return SCRUB_FILTERED;
}

/* --- pairs of other forms ------------------------------------------------------------------ */

/* Whether a quoted name begins a pair within a list of pairs, [("token", …. A list alone may be one
 * of names: ['password', 'email']. */
static bool begins_pair(struct slice text, struct slice name, struct slice mark) {
  size_t at = (size_t)(name.ptr - text.ptr);
  if (slice_is_empty(mark) || at < mark.len + 2) return false;
  at -= mark.len;
  if (!slice_equal(slice_of(text.ptr + at, mark.len), mark)) return false;
  char prefix = (char)(text.ptr[at - 1] | 0x20);
  if (prefix == 'b' || prefix == 'u') at--;
  if (at < 2 || (text.ptr[at - 1] != '(' && text.ptr[at - 1] != '[')) return false;
  at--;
  for (int blanks = 0; blanks < 4 && at > 1 && is_blank(text.ptr[at - 1]); blanks++) at--;
  char before = text.ptr[at - 1];
  return before == '[' || before == '(' || before == '{' || before == ',';
}

static bool is_secret(const struct scrubber *scrubber, struct slice name) {
  return name.len > 0 && scrubber_key(scrubber, name) == KEY_SECRET;
}

static bool find_listed(const struct scrubber *scrubber, struct slice text, size_t comma,
                        size_t floor, struct pair_find *find) {
  if (comma == 0 || !is_quote(text.ptr[comma - 1])) return false;
  struct quote quote;
  struct slice name = name_before(text, comma, floor, &quote);
  if (!is_secret(scrubber, name) || !begins_pair(text, name, quote.mark)) return false;
  size_t start = value_start(text, comma, true);
  struct slice mark = quote_at(text, start);
  if (slice_is_empty(mark)) return false;
  start += mark.len;
  *find = (struct pair_find){start, quoted_end(text, start, mark), SCRUB_FILTERED};
  return true;
}

static bool is_encoded(struct slice text, size_t at, const char *digits) {
  return byte_at(text, at) == '%' &&
         slice_equal_ignore_case(slice_upto(slice_from(text, at + 1), 2), slice_of_string(digits));
}

/* "token%3Dabc%26page%3D2": the query of an address that is a value in another's. */
static bool find_encoded(const struct scrubber *scrubber, struct slice text, size_t percent,
                         size_t floor, struct pair_find *find) {
  if (!is_encoded(text, percent, "3D")) return false;
  struct quote quote;
  struct slice name = name_before(text, percent, floor, &quote);
  for (size_t i = name.len; i-- > 0;) {
    if (!is_encoded(name, i, "26") && !is_encoded(name, i, "3F") && !is_encoded(name, i, "23")) {
      continue;
    }
    name = slice_from(name, i + 3);
    break;
  }
  if (!is_secret(scrubber, name)) return false;
  size_t start = percent + 3, end = start;
  if (slice_starts_with(slice_from(text, start), SCRUB_FILTERED)) return false;
  while (end < text.len && !ends_bare_value(text.ptr[end]) && !is_encoded(text, end, "26")) end++;
  *find = (struct pair_find){start, end, SCRUB_FILTERED};
  return true;
}

/* <password>abc</password>, <wsse:Password>abc</… */
static bool find_element(const struct scrubber *scrubber, struct slice text, size_t bracket,
                         size_t floor, struct pair_find *find) {
  struct quote quote;
  struct slice name = name_before(text, bracket, floor, &quote);
  if (quote.mark.len || name.ptr == text.ptr || (name.ptr[-1] != '<' && name.ptr[-1] != ':')) {
    return false;
  }
  if (!is_secret(scrubber, name)) return false;
  size_t start = bracket + 1;
  size_t end = start + slice_find_byte(slice_from(text, start), '<');
  if (byte_at(text, end) != '<' || byte_at(text, end + 1) != '/') return false;
  *find = (struct pair_find){start, end, SCRUB_FILTERED};
  return true;
}

/* --- the whole ---------------------------------------------------------------------------- */

static bool find_other(const struct scrubber *scrubber, struct slice text, size_t separator,
                       size_t floor, struct pair_find *find) {
  bool is_found = false;
  switch (text.ptr[separator]) {
    case ',': is_found = find_listed(scrubber, text, separator, floor, find); break;
    case '%': is_found = find_encoded(scrubber, text, separator, floor, find); break;
    default: is_found = find_element(scrubber, text, separator, floor, find); break;
  }
  if (!is_found || find->end < find->start) return false;
  struct slice value = slice_of(text.ptr + find->start, find->end - find->start);
  if (slice_equal(value, SCRUB_FILTERED)) find->start = find->end;
  return value.len > 0;
}

bool scrub_pair_find(const struct scrubber *scrubber, struct slice text, size_t separator,
                     size_t floor, enum text_mode mode, struct pair_find *find) {
  if (text.ptr[separator] != ':' && text.ptr[separator] != '=') {
    return find_other(scrubber, text, separator, floor, find);
  }
  struct quote quote;
  struct slice name = name_before(text, separator, floor, &quote);
  if (name.len == 0) return false;
  bool is_plain = text.ptr[separator] == ':' && slice_is_empty(quote.mark);
  if (mode == TEXT_STRICT && is_plain) return false;
  if (scrubber_key(scrubber, name) != KEY_SECRET) return false;
  size_t start = value_start(text, separator, quote.mark.len > 0);
  if (start >= text.len) return false;
  struct slice mark = quote_at(text, start);
  find->replacement = SCRUB_FILTERED;
  if (mark.len) {
    start += mark.len;
    find->end = quoted_end(text, start, mark);
  } else {
    if (slice_starts_with(slice_from(text, start), SCRUB_FILTERED)) {
      find->start = find->end = start + SCRUB_FILTERED.len;
      return true;
    }
    find->end = value_end(text, start);
    find->replacement = replacement_for(quote.mark);
  }
  find->start = start;
  struct slice value = slice_of(text.ptr + start, find->end - start);
  if (value.len == 0 || (!mark.len && is_nothing(value))) return false;
  if (slice_equal(value, SCRUB_FILTERED)) find->start = find->end;
  return true;
}
