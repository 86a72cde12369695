/* scrub_text.c - what within a text is a secret.
 *
 * A first pass over the bytes sees which kinds of signs there are at all, which
 * ends the matter for most texts. A second one stops at the signs that are left
 * and looks around them. Whatever looks forward either ends at once, is bounded,
 * or is skipped over, so that no text takes more than linear time.
 */
#include <pthread.h>
#include <string.h>

#include "event/scrub_parts.h"

#include "base/banned.h"

enum sign {
  SIGN_SEPARATOR = 1, /* names and values: ':', '=', and ',', '%', '>' of pairs, addresses, XML */
  SIGN_SLASH = 2,     /* URLs and paths */
  SIGN_BACKSLASH = 4, /* paths */
  SIGN_DIGIT = 8,     /* cards, social security numbers */
  SIGN_DASH = 16,     /* PEM, and tokens */
  SIGN_B = 32,        /* Bearer, Basic */
  SIGN_BLANK = 128,   /* nothing by itself */
  SIGN_TOKEN = 64,    /* the one letter that well-known kinds of tokens have at a fixed place */
};
enum {
  SSN_DIGITS = 9,
  CARD_DIGITS_MIN = 14,
  CARD_DIGITS_MAX = 19,
  PEM_LENGTH_MIN = 22, /* the shortest first line */
  PEM_LABEL_MAX = 64,  /* "RSA PRIVATE KEY" */
  TOKEN_LENGTH_MIN = 20,
  BEARER_LENGTH_MIN = 8,
  USER_NAME_MAX = 64,
};

static unsigned char signs[256];

/* Tokens that say what they are. The sign at `offset` finds them; so many more characters follow.
 */
static const struct token_kind {
  struct slice prefix;
  unsigned char offset, more;
} token_kinds[] = {
    {{"AKIA", 4}, 2, 16},         {{"ASIA", 4}, 2, 16},     {{"AIza", 4}, 1, 30},
    {{"eyJ", 3}, 2, 20},          {{"ghp_", 4}, 3, 20},     {{"gho_", 4}, 3, 20},
    {{"ghu_", 4}, 3, 20},         {{"ghs_", 4}, 3, 20},     {{"ghr_", 4}, 3, 20},
    {{"github_pat_", 11}, 6, 20}, {{"glpat-", 6}, 5, 16},   {{"xoxb-", 5}, 4, 16},
    {{"xoxp-", 5}, 4, 16},        {{"xoxa-", 5}, 4, 16},    {{"xoxs-", 5}, 4, 16},
    {{"xoxr-", 5}, 4, 16},        {{"sk_live_", 8}, 2, 10}, {{"rk_live_", 8}, 2, 10},
    {{"sk_test_", 8}, 2, 10},     {{"whsec_", 6}, 5, 16},   {{"sk-ant-", 7}, 2, 16},
    {{"sk-proj-", 8}, 2, 16},     {{"npm_", 4}, 3, 30},     {{"pypi-", 5}, 4, 30},
    {{"SG.", 3}, 2, 30},          {{"ya29.", 5}, 4, 20},    {{"shpat_", 6}, 5, 20},
    {{"dop_v1_", 7}, 3, 30},      {{"hf_", 3}, 2, 30},      {{"sntrys_", 7}, 6, 20},
};
enum { TOKEN_KINDS = sizeof token_kinds / sizeof token_kinds[0] };
/* For each sign, bits by the letter before it: whether any kind has that there. */
static uint64_t token_hints[256];

static unsigned hint_of(const char *sign) { return (unsigned char)sign[-1] & 63u; }

static void make_tables(void) {
  signs[':'] = signs['='] = SIGN_SEPARATOR;
  signs[','] = signs['%'] = signs['>'] = SIGN_SEPARATOR;
  signs[' '] = SIGN_BLANK;
  signs['/'] = SIGN_SLASH;
  signs['\\'] = SIGN_BACKSLASH;
  signs['-'] = SIGN_DASH;
  signs['B'] = signs['b'] = SIGN_B;
  for (int c = '0'; c <= '9'; c++) signs[c] = SIGN_DIGIT;
  for (size_t i = 0; i < TOKEN_KINDS; i++) {
    const char *sign = token_kinds[i].prefix.ptr + token_kinds[i].offset;
    signs[(unsigned char)*sign] |= SIGN_TOKEN;
    token_hints[(unsigned char)*sign] |= UINT64_C(1) << hint_of(sign);
  }
}

void scrub_text_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_tables);
}

/* --- the reader of one text ---------------------------------------------------------------- */

struct scan {
  const struct scrubber *scrubber;
  struct slice text;
  enum text_mode mode;
  size_t at;
  size_t floor; /* the end of what was replaced last; names do not reach back over it */
  size_t copied;
  struct buffer out;
  const char *rule;
  /* A project's own rule: finds of that kind alone, replaced as it says. Or null. */
  const struct scrub_rule *only;
  struct arena *arena;
};

static bool is_wanted(const struct scan *scan, const char *rule) {
  return !scan->only || slice_equal_string(slice_of_string(scan->only->what), rule);
}

static void replace(struct scan *scan, size_t start, size_t end, struct slice by) {
  if (scan->only) {
    by = scrub_rule_replace(scan->arena, scan->only, slice_of(scan->text.ptr + start, end - start));
  }
  buffer_append(&scan->out, scan->text.ptr + scan->copied, start - scan->copied);
  buffer_append_slice(&scan->out, by);
  scan->copied = end;
}

/* Replaces [start, end) and goes on at its end. */
static bool found(struct scan *scan, size_t start, size_t end, const char *rule) {
  if (!is_wanted(scan, rule)) return false;
  replace(scan, start, end, SCRUB_FILTERED);
  if (!scan->rule) scan->rule = rule;
  scan->at = scan->floor = end;
  return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || is_digit(c) || c == '_';
}

static bool is_token_character(char c) { return is_word(c) || c == '-' || c == '.'; }

static char byte_at(struct slice text, size_t at) { return at < text.len ? text.ptr[at] : '\0'; }

static bool has_at(struct slice text, size_t at, struct slice what) {
  return text.len - at >= what.len && memcmp(text.ptr + at, what.ptr, what.len) == 0;
}

/* Whether a word may begin here. Behind a replacement none does: "[user]" and "[Filtered]" stand
 * for what may have been part of it. */
static bool is_word_start(const struct scan *scan, size_t at) {
  if (at == 0) return true;
  return at != scan->floor && !is_word(scan->text.ptr[at - 1]) && scan->text.ptr[at - 1] != ']';
}

/* --- cards and social security numbers -------------------------------------------------------- */

/* Which issuers give out numbers of that length with these first digits. */
static bool is_issued(const unsigned char *digits, size_t count) {
  unsigned two = digits[0] * 10u + digits[1], four = two * 100u + digits[2] * 10u + digits[3];
  unsigned three = four / 10;
  switch (count) {
    case 14: return (three >= 300 && three <= 305) || two == 36 || two == 38 || two == 39;
    case 15: return two == 34 || two == 37;
    case 16:
      return digits[0] == 4 || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
             four == 6011 || two == 65 || (three >= 644 && three <= 649) || two == 35 || two == 62;
    case 19: return two == 62;
    default: return false;
  }
}

static bool has_check_digit(const unsigned char *digits, size_t count) {
  unsigned sum = 0;
  for (size_t i = 0; i < count; i++) {
    unsigned digit = digits[count - 1 - i];
    if (i % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

/* Digits, with at most one blank or dash between two. */
static bool find_card(struct scan *scan) {
  unsigned char digits[CARD_DIGITS_MAX];
  struct slice text = scan->text;
  size_t count = 0, at = scan->at, end = 0;
  if (text.ptr[at] < '2' || text.ptr[at] > '6') return false;
  while (count < CARD_DIGITS_MAX && is_digit(byte_at(text, at))) {
    digits[count++] = (unsigned char)(text.ptr[at++] - '0');
    char next = byte_at(text, at);
    if (is_word(next)) continue;
    if (count >= CARD_DIGITS_MIN && is_issued(digits, count) && has_check_digit(digits, count)) {
      end = at;
    }
    if ((next == ' ' || next == '-') && is_digit(byte_at(text, at + 1))) at++;
  }
  return end && found(scan, scan->at, end, "creditcard");
}

static bool find_ssn(struct scan *scan) {
  static const char form[] = "ddd-dd-dddd";
  struct slice rest = slice_from(scan->text, scan->at);
  size_t length = sizeof form - 1;
  if (rest.len < length || byte_at(rest, 3) != '-' || byte_at(rest, 6) != '-') return false;
  for (size_t i = 0; i < length; i++) {
    if (is_digit(rest.ptr[i]) != (form[i] == 'd')) return false;
  }
  char next = byte_at(rest, length);
  if (is_word(next) || next == '-') return false;
  if (scan->at > 0 && scan->text.ptr[scan->at - 1] == '-') return false;
  return found(scan, scan->at, scan->at + length, "usssn");
}

static void at_digit(struct scan *scan) {
  if (is_word_start(scan, scan->at) && (find_card(scan) || find_ssn(scan))) return;
  while (is_digit(byte_at(scan->text, scan->at))) scan->at++;
}

/* --- keys in PEM ------------------------------------------------------------------------------ */

/* Blanks and line ends, those too that are written as \n. */
static size_t skip_blank(struct slice text, size_t at) {
  for (;;) {
    char c = byte_at(text, at);
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      at++;
    } else if (c == '\\' && (byte_at(text, at + 1) == 'n' || byte_at(text, at + 1) == 'r')) {
      at += 2;
    } else {
      return at;
    }
  }
}

static bool find_pem(struct scan *scan) {
  struct slice text = scan->text;
  if (!has_at(text, scan->at, SLICE("-----BEGIN "))) return false;
  size_t label = scan->at + 11;
  size_t body =
      label + slice_find(slice_upto(slice_from(text, label), PEM_LABEL_MAX + 5), SLICE("-----"));
  if (!has_at(text, body < text.len ? body : text.len, SLICE("-----"))) return false;
  body = skip_blank(text, body + 5);
  size_t end = body + slice_find(slice_from(text, body), SLICE("-----END"));
  size_t last = end;
  while (last > body) {
    char c = text.ptr[last - 1];
    bool is_escape = last - body >= 2 && text.ptr[last - 2] == '\\' && (c == 'n' || c == 'r');
    if (!is_escape && c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    last -= is_escape ? 2 : 1;
  }
  struct slice inside = slice_of(text.ptr + body, last - body);
  if (inside.len && !slice_equal(inside, SCRUB_FILTERED)) found(scan, body, last, "pemkey");
  scan->at = scan->floor = end;
  return true;
}

/* --- well-known tokens ---------------------------------------------------------------------------
 */

static bool find_token(struct scan *scan) {
  struct slice text = scan->text;
  char sign = text.ptr[scan->at];
  if (scan->at == 0) return false;
  if (!(token_hints[(unsigned char)sign] >> hint_of(text.ptr + scan->at) & 1)) return false;
  for (size_t i = 0; i < TOKEN_KINDS; i++) {
    const struct token_kind *kind = &token_kinds[i];
    if (kind->prefix.ptr[kind->offset] != sign || kind->offset > scan->at) continue;
    size_t start = scan->at - kind->offset, end = start + kind->prefix.len;
    if (start < scan->floor || !has_at(text, start, kind->prefix)) continue;
    if (!is_word_start(scan, start)) continue;
    while (end < text.len && is_token_character(text.ptr[end])) end++;
    if (end - start < kind->prefix.len + (size_t)kind->more) continue;
    return found(scan, start, end, "token");
  }
  return false;
}

/* --- Authorization
 * -------------------------------------------------------------------------------- */

static int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Whether it is base64 of printable text with a colon: "user:password". */
static bool is_basic(struct slice value) {
  unsigned bits = 0, count = 0;
  bool has_colon = false;
  while (value.len && value.ptr[value.len - 1] == '=') value.len--;
  for (size_t i = 0; i < value.len; i++) {
    int digit = base64_digit(value.ptr[i]);
    if (digit < 0) return false;
    bits = bits << 6 | (unsigned)digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    unsigned char c = (unsigned char)(bits >> count);
    if (c < ' ') return false;
    has_colon |= c == ':';
  }
  return has_colon;
}

static bool ends_credential(char c) {
  return (unsigned char)c <= ' ' || c == '"' || c == '\'' || c == ',' || c == ';' || c == '<' ||
         c == '\\' || c == '&' || c == ')';
}

/* A word of nothing but small letters is language: "bearer token". */
static bool is_plain_word(struct slice value) {
  if (value.len >= 16) return false;
  for (size_t i = 0; i < value.len; i++) {
    bool is_mark = i + 1 == value.len && (value.ptr[i] == '.' || value.ptr[i] == ':');
    if (!is_mark && (value.ptr[i] < 'a' || value.ptr[i] > 'z')) return false;
  }
  return true;
}

static bool find_bearer(struct scan *scan) {
  struct slice text = scan->text;
  struct slice rest = slice_from(text, scan->at);
  bool is_bearer = slice_equal_ignore_case(slice_upto(rest, 7), SLICE("bearer "));
  if (!is_bearer && !slice_equal_ignore_case(slice_upto(rest, 6), SLICE("basic "))) return false;
  if (!is_word_start(scan, scan->at)) return false;
  size_t start = scan->at + (is_bearer ? 7 : 6), end = start;
  while (end < text.len && !ends_credential(text.ptr[end])) end++;
  struct slice value = slice_of(text.ptr + start, end - start);
  if (slice_equal(value, SCRUB_FILTERED)) return false;
  if (is_bearer ? is_plain_word(value) : !is_basic(value)) return false;
  return found(scan, start, end, "bearer");
}

/* --- URLs and paths
 * ---------------------------------------------------------------------------------- */

static bool ends_user_info(char c) {
  return (unsigned char)c <= ' ' || c == '/' || c == '?' || c == '#' || c == '"' || c == '\'' ||
         c == '<' || c == '>' || c == '\\' || c == ',';
}

/* scheme://user:password@host: all before the last '@'. */
static bool find_url_user(struct scan *scan) {
  struct slice text = scan->text;
  size_t start = scan->at + 2, end = start, last = 0;
  if (byte_at(text, scan->at + 1) != '/') return false;
  bool has_scheme = scan->at > 0 && text.ptr[scan->at - 1] == ':';
  bool has_password = false;
  for (; end < text.len && !ends_user_info(text.ptr[end]); end++) {
    if (text.ptr[end] == '@') last = end;
    if (text.ptr[end] == ':' && !last) has_password = true;
  }
  if (last <= start || !(has_scheme || has_password)) return false;
  struct slice user = slice_of(text.ptr + start, last - start);
  if (slice_equal(user, SCRUB_FILTERED)) {
    scan->at = scan->floor = last;
    return true;
  }
  return found(scan, start, last, "urlauth");
}

static bool ends_user_name(char c) {
  return (unsigned char)c < ' ' || c == '/' || c == '\\' || c == '"' || c == '\'' || c == '<' ||
         c == '>' || c == '|' || c == ':' || c == '*' || c == '?' || c == '(' || c == ')' ||
         c == ',' || c == ';' || c == '[' || c == '$' || c == '{';
}

/* The user's name at `start`, in a path with that separator. */
static bool replace_user_name(struct scan *scan, size_t start, char separator) {
  struct slice text = scan->text;
  size_t end = start;
  while (end < text.len && end - start <= USER_NAME_MAX && !ends_user_name(text.ptr[end])) end++;
  /* Blanks belong to it only when the path goes on. */
  if (separator == '/' || byte_at(text, end) != '\\') {
    for (size_t i = start; i < end; i++) {
      if (text.ptr[i] == ' ') end = i;
    }
  }
  if (end == start || end - start > USER_NAME_MAX || !is_wanted(scan, "userpath")) return false;
  replace(scan, start, end, SLICE("[user]"));
  if (!scan->rule) scan->rule = "userpath";
  scan->at = scan->floor = end;
  return true;
}

static bool find_unix_path(struct scan *scan) {
  struct slice text = scan->text;
  size_t start = 0;
  if (has_at(text, scan->at, SLICE("/home/"))) start = scan->at + 6;
  if (has_at(text, scan->at, SLICE("/Users/"))) start = scan->at + 7;
  /* Not the path of a URL, and not a folder further down. */
  if (!start || !is_word_start(scan, scan->at)) return false;
  char before = scan->at > 0 ? text.ptr[scan->at - 1] : ' ';
  if (is_token_character(before) || (unsigned char)before >= 0x80) return false;
  return replace_user_name(scan, start, '/');
}

/* C:\Users\x, and the same with each backslash written twice. */
static bool find_windows_path(struct scan *scan) {
  static const struct slice folders[] = {{"Users", 5}, {"Documents and Settings", 22}};
  struct slice text = scan->text;
  if (scan->at == 0 || text.ptr[scan->at - 1] != ':') return false;
  size_t slashes = 0, at = scan->at;
  while (byte_at(text, at) == '\\' && slashes < 4) slashes++, at++;
  for (size_t i = 0; i < 2; i++) {
    size_t start = at;
    if (!slice_equal_ignore_case(slice_upto(slice_from(text, at), folders[i].len), folders[i])) {
      continue;
    }
    start += folders[i].len;
    size_t count = 0;
    while (byte_at(text, start) == '\\' && count < slashes) count++, start++;
    if (count == slashes) return replace_user_name(scan, start, '\\');
  }
  return false;
}

/* --- the whole
 * ------------------------------------------------------------------------------------------ */

static bool find_pair(struct scan *scan) {
  struct pair_find find;
  if (!scrub_pair_find(scan->scrubber, scan->text, scan->at, scan->floor, scan->mode, &find)) {
    return false;
  }
  if (find.start < find.end) {
    replace(scan, find.start, find.end, find.replacement);
    if (!scan->rule) scan->rule = "password";
  }
  scan->at = scan->floor = find.end;
  return true;
}

/* Looks around one sign; moves on by itself when it finds something. */
static bool look(struct scan *scan, unsigned sign) {
  if (sign & SIGN_SEPARATOR) return find_pair(scan);
  if (sign & SIGN_DASH && find_pem(scan)) return true;
  if (sign & SIGN_TOKEN && find_token(scan)) return true;
  if (sign & SIGN_SLASH) return find_url_user(scan) || find_unix_path(scan);
  if (sign & SIGN_BACKSLASH) return find_windows_path(scan);
  return sign & SIGN_B && find_bearer(scan);
}

/* Which signs are worth stopping at. */
static unsigned signs_in(struct slice text) {
  unsigned seen = 0, digits = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned sign = signs[(unsigned char)text.ptr[i]];
    seen |= sign;
    digits += sign >> 3 & 1;
  }
  if (digits < SSN_DIGITS) seen &= ~(unsigned)SIGN_DIGIT;
  if (text.len < TOKEN_LENGTH_MIN) seen &= ~(unsigned)(SIGN_DASH | SIGN_TOKEN);
  /* Credentials stand behind a blank, and "b" stands everywhere. */
  if (!(seen & SIGN_BLANK) || text.len < BEARER_LENGTH_MIN) seen &= ~(unsigned)SIGN_B;
  seen &= ~(unsigned)SIGN_BLANK;
  return seen;
}

/* The next sign worth stopping at. */
static size_t skip(struct slice text, size_t at, unsigned wanted) {
  while (at < text.len && !(signs[(unsigned char)text.ptr[at]] & wanted)) at++;
  return at;
}

static struct text_result find_all(struct scan *scan, unsigned wanted) {
  struct slice text = scan->text;
  struct text_result result = {text, NULL};
  for (;;) {
    scan->at = skip(text, scan->at, wanted);
    if (scan->at >= text.len) break;
    unsigned sign = signs[(unsigned char)text.ptr[scan->at]] & wanted;
    if (sign & SIGN_DIGIT) {
      at_digit(scan);
    } else if (!look(scan, sign)) {
      scan->at++;
    }
  }
  if (scan->rule) {
    buffer_append(&scan->out, text.ptr + scan->copied, text.len - scan->copied);
    result = (struct text_result){arena_copy(scan->arena, buffer_slice(&scan->out)), scan->rule};
  }
  buffer_free(&scan->out);
  return result;
}

/* What is left after a replacement may be a secret only now. Few texts need a second pass to see
 * that nothing is, and none is known that needs more than three. */
enum { PASSES = 5 };

struct text_result scrub_text_find(struct arena *arena, const struct scrubber *scrubber,
                                   struct slice text, enum text_mode mode) {
  struct text_result result = {text, NULL};
  for (int pass = 0; pass < PASSES; pass++) {
    unsigned wanted = signs_in(result.text);
    if (!scrubber->has_defaults) wanted &= SIGN_SEPARATOR;
    if (!wanted) break;
    struct scan scan = {.arena = arena,
                        .scrubber = scrubber,
                        .text = result.text,
                        .mode = mode,
                        /* Nothing becomes longer than that: "//a@" is the worst. */
                        .out = buffer_make(result.text.len * 8 + 64)};
    struct text_result found_now = find_all(&scan, wanted);
    if (!found_now.rule) break;
    result.text = found_now.text;
    if (!result.rule) result.rule = found_now.rule;
  }
  return result;
}

struct text_result scrub_text_find_by(struct arena *arena, const struct scrub_rule *rule,
                                      struct slice text) {
  unsigned wanted = signs_in(text) & ~(unsigned)SIGN_SEPARATOR;
  size_t longest = rule->text.len > 64 ? rule->text.len : 64;
  struct scan scan = {.arena = arena,
                      .only = rule,
                      .text = text,
                      .out = buffer_make((text.len + 1) * (longest + 1))};
  return wanted ? find_all(&scan, wanted) : (struct text_result){text, NULL};
}
