/* scrub_rule.c - a project's own rules: what to take out of where.
 *
 *   remove anything from contexts.device.boot_time
 *   hash email from user.**
 *   replace "order-*-internal" from extra.** with "[order]"
 *
 * A path is matched segment by segment: "*" is any one, "**" any number of them.
 * Texts in quotes are looked for piece by piece, from the left, each once, so that
 * a rule takes linear time.
 */
#include <sodium.h>
#include <string.h>

#include "event/scrub_parts.h"

#include "base/banned.h"

enum { HASH_DIGITS = 40 };

/* --- reading a rule -------------------------------------------------------------------------- */

static const char *const methods[] = {
    [SCRUB_REMOVE] = "remove", [SCRUB_FILTER] = "filter",   [SCRUB_MASK] = "mask",
    [SCRUB_HASH] = "hash",     [SCRUB_REPLACE] = "replace",
};
static const struct what {
  const char *name, *replacement; /* what "replace" puts there unless it says otherwise */
} whats[] = {
    {"anything", "[Filtered]"}, {"email", "[email]"},  {"ip", "[ip]"},
    {"userpath", "[user]"},     {"urlauth", "[auth]"}, {"creditcard", "[creditcard]"},
    {"pemkey", "[pemkey]"},     {"usssn", "[us-ssn]"}, {"bearer", "[token]"},
    {"token", "[token]"},
};

/* The next word, or what stands in double quotes (\" is a quote in it). */
static struct slice next_word(struct arena *arena, struct slice *rest, bool *is_quoted) {
  *rest = slice_trim(*rest);
  *is_quoted = slice_starts_with(*rest, SLICE("\""));
  if (!*is_quoted) {
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t') end++;
    struct slice word = slice_upto(*rest, end);
    *rest = slice_from(*rest, end);
    return word;
  }
  char *out = arena_alloc_raw(arena, rest->len);
  size_t len = 0, at = 1;
  for (; at < rest->len && rest->ptr[at] != '"'; at++) {
    if (rest->ptr[at] == '\\' && at + 1 < rest->len) at++;
    out[len++] = rest->ptr[at];
  }
  *rest = slice_from(*rest, at + 1);
  return slice_of(out, len);
}

static struct lines split_at(struct arena *arena, struct slice text, char separator) {
  size_t room = 1;
  for (size_t i = 0; i < text.len; i++) room += text.ptr[i] == separator;
  struct lines lines = {ARENA_ARRAY(arena, room, struct slice), 0};
  while (!slice_is_empty(text)) {
    struct slice part = slice_split(&text, separator);
    if (part.len) lines.items[lines.count++] = part;
  }
  return lines;
}

static bool read_method(struct slice word, struct scrub_rule *rule) {
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    if (!slice_equal_ignore_case(word, slice_of_string(methods[i]))) continue;
    rule->method = (enum scrub_method)i;
    return true;
  }
  return false;
}

static bool read_what(struct slice word, struct scrub_rule *rule) {
  for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
    if (!slice_equal_ignore_case(word, slice_of_string(whats[i].name))) continue;
    rule->what = whats[i].name;
    rule->text = slice_of_string(whats[i].replacement);
    return true;
  }
  return false;
}

/* Null, or what is wrong. */
static const char *read_rule(struct arena *arena, struct slice line, struct scrub_rule *rule) {
  struct slice rest = line;
  bool is_quoted;
  *rule = (struct scrub_rule){.text = SCRUB_FILTERED, .line = arena_copy(arena, line)};
  if (!read_method(next_word(arena, &rest, &is_quoted), rule)) {
    return "begin with remove, filter, mask, hash or replace";
  }
  struct slice what = next_word(arena, &rest, &is_quoted);
  if (is_quoted) {
    rule->pieces = split_at(arena, what, '*');
    if (!rule->pieces.count) return "a text in quotes needs more than a star";
  } else if (!read_what(what, rule)) {
    return "behind it say what: anything, email, ip, userpath, urlauth, creditcard, pemkey, usssn, "
           "bearer, token, or a text in double quotes";
  }
  if (!slice_equal_ignore_case(next_word(arena, &rest, &is_quoted), SLICE("from"))) {
    return "then say from where: from user.email";
  }
  rule->path = split_at(arena, arena_copy(arena, next_word(arena, &rest, &is_quoted)), '.');
  if (!rule->path.count) return "behind \"from\" a path is missing, such as extra.** or user.email";
  if (rule->path.count > SCRUB_PATH_SEGMENTS) return "a path has at most 16 segments";
  rest = slice_trim(rest);
  if (slice_is_empty(rest)) return NULL;
  if (!slice_equal_ignore_case(next_word(arena, &rest, &is_quoted), SLICE("with")) ||
      rule->method != SCRUB_REPLACE) {
    return "behind the path only \"replace\" takes more: with \"TEXT\"";
  }
  rule->text = arena_copy(arena, next_word(arena, &rest, &is_quoted));
  return is_quoted && slice_is_empty(slice_trim(rest)) ? NULL : "end with one text in quotes";
}

enum status scrub_rules_compile(struct arena *arena, struct lines lines, struct scrubber *scrubber,
                                struct problem *problem) {
  struct scrub_rule *rules = ARENA_ARRAY(arena, lines.count + 1, struct scrub_rule);
  for (size_t i = 0; i < lines.count; i++) {
    const char *wrong = read_rule(arena, lines.items[i], &rules[i]);
    if (!wrong) continue;
    return problem_set_field(problem, STATUS_BAD_INPUT, "scrub.rules",
                             "The rule \"%.*s\" is not understood: %s.",
                             SLICE_ARGS(slice_cut_characters(lines.items[i], 80)), wrong);
  }
  scrubber->rules = rules;
  scrubber->rule_count = lines.count;
  return STATUS_OK;
}

/* --- where -------------------------------------------------------------------------------------
 */

static bool is_any(struct slice segment) { return slice_equal(segment, SLICE("*")); }
static bool is_deep(struct slice segment) { return slice_equal(segment, SLICE("**")); }

static bool may_be(struct slice segment, struct slice name) {
  return is_deep(segment) || is_any(segment) || slice_equal_ignore_case(segment, name);
}

bool scrub_rule_may_begin(const struct scrub_rule *rule, struct slice name) {
  return may_be(rule->path.items[0], name);
}

bool scrub_rule_may_end(const struct scrub_rule *rule, struct slice name) {
  return may_be(rule->path.items[rule->path.count - 1], name);
}

bool scrub_rule_matches(const struct scrub_rule *rule, const struct slice *path, size_t count) {
  const struct slice *wanted = rule->path.items;
  size_t at = 0, segment = 0, deep = SIZE_MAX, deep_at = 0;
  while (at < count) {
    if (segment < rule->path.count && is_deep(wanted[segment])) {
      deep = segment++;
      deep_at = at;
      if (segment == rule->path.count) return true;
    } else if (segment < rule->path.count &&
               (is_any(wanted[segment]) || slice_equal_ignore_case(wanted[segment], path[at]))) {
      segment++;
      at++;
    } else if (deep != SIZE_MAX) {
      segment = deep + 1;
      at = ++deep_at;
    } else {
      return false;
    }
  }
  while (segment < rule->path.count && is_deep(wanted[segment])) segment++;
  return segment == rule->path.count;
}

/* --- what ----------------------------------------------------------------------------------------
 */

static struct slice mask(struct arena *arena, struct slice found) {
  char *out = arena_alloc_raw(arena, found.len);
  size_t len = 0;
  for (size_t i = 0; i < found.len; i++) {
    if (((unsigned char)found.ptr[i] & 0xc0) != 0x80) out[len++] = '*';
  }
  return slice_of(out, len);
}

static bool is_hash(struct slice text) {
  if (text.len != HASH_DIGITS) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

static struct slice hash(struct arena *arena, struct slice found) {
  unsigned char bytes[crypto_hash_sha256_BYTES];
  if (is_hash(found)) return found;
  crypto_hash_sha256(bytes, (const unsigned char *)found.ptr, found.len);
  char *out = arena_alloc_raw(arena, HASH_DIGITS);
  hex_encode(bytes, HASH_DIGITS / 2, out);
  for (size_t i = 0; i < HASH_DIGITS; i++) {
    if (out[i] >= 'a') out[i] = (char)(out[i] & ~0x20);
  }
  return slice_of(out, HASH_DIGITS);
}

struct slice scrub_rule_replace(struct arena *arena, const struct scrub_rule *rule,
                                struct slice found) {
  switch (rule->method) {
    case SCRUB_REMOVE: return SLICE_EMPTY;
    case SCRUB_FILTER: return SCRUB_FILTERED;
    case SCRUB_MASK: return mask(arena, found);
    case SCRUB_HASH: return hash(arena, found);
    case SCRUB_REPLACE: return rule->text;
  }
  return SCRUB_FILTERED;
}

/* A find in [start, end) of `text`; false when there is none from `from` on. */
typedef bool finder(const struct scrub_rule *rule, struct slice text, size_t from, size_t *start,
                    size_t *end);

static bool find_pieces(const struct scrub_rule *rule, struct slice text, size_t from,
                        size_t *start, size_t *end) {
  size_t at = from;
  for (size_t i = 0; i < rule->pieces.count; i++) {
    struct slice piece = rule->pieces.items[i];
    size_t found = at + slice_find(slice_from(text, at), piece);
    if (found >= text.len) return false;
    if (i == 0) *start = found;
    at = found + piece.len;
  }
  *end = at;
  return true;
}

static bool is_mail_character(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '%' || c == '+' || c == '-' || (unsigned char)c >= 0x80;
}

/* name@host.domain; the name is at most 64 long, as mail has it. */
static bool find_email(const struct scrub_rule *rule, struct slice text, size_t from, size_t *start,
                       size_t *end) {
  (void)rule;
  for (size_t at = from;; at++) {
    at += slice_find_byte(slice_from(text, at), '@');
    if (at >= text.len) return false;
    size_t first = at, last = at + 1;
    while (first > from && at - first < 64 && is_mail_character(text.ptr[first - 1])) first--;
    while (last < text.len && is_mail_character(text.ptr[last])) last++;
    while (last > at && (text.ptr[last - 1] == '.' || text.ptr[last - 1] == '-')) last--;
    struct slice host = slice_of(text.ptr + at + 1, last > at + 1 ? last - at - 1 : 0);
    size_t point = slice_find_byte(host, '.');
    if (first < at && point > 0 && point < host.len) {
      *start = first;
      *end = last;
      return true;
    }
  }
}

static bool is_address_character(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

/* Four numbers below 256. */
static bool is_ipv4(struct slice word) {
  size_t numbers = 0;
  while (!slice_is_empty(word)) {
    uint64_t number;
    struct slice part = slice_split(&word, '.');
    if (part.len > 3 || !slice_to_u64(part, &number) || number > 255) return false;
    numbers++;
  }
  return numbers == 4;
}

/* Groups of at most four digits between colons, seven of these or "::". */
static bool is_ipv6(struct slice word) {
  size_t colons = 0, digits = 0;
  bool has_gap = slice_find(word, SLICE("::")) < word.len;
  for (size_t i = 0; i < word.len; i++) {
    if (word.ptr[i] == ':') {
      colons++;
      digits = 0;
    } else if (word.ptr[i] == '.' || ++digits > 4) {
      return false;
    }
  }
  return word.len >= 3 && (colons == 7 || (has_gap && colons >= 2 && colons < 8 && word.len > 2));
}

static bool find_ip(const struct scrub_rule *rule, struct slice text, size_t from, size_t *start,
                    size_t *end) {
  (void)rule;
  for (size_t at = from; at < text.len;) {
    if (!is_address_character(text.ptr[at])) {
      at++;
      continue;
    }
    size_t last = at;
    while (last < text.len && is_address_character(text.ptr[last])) last++;
    struct slice word = slice_of(text.ptr + at, last - at);
    while (word.len && word.ptr[word.len - 1] == '.') word.len--;
    struct slice host = slice_upto(word, slice_find_byte(word, ':')); /* 192.0.2.1:80 */
    if (is_ipv4(host)) word = host;
    if (is_ipv4(word) || (word.len <= 39 && is_ipv6(word))) {
      *start = at;
      *end = at + word.len;
      return true;
    }
    at = last;
  }
  return false;
}

static struct slice replace_all(struct arena *arena, const struct scrub_rule *rule,
                                struct slice text, finder *find) {
  struct buffer out = buffer_make((text.len + 1) * (rule->text.len + HASH_DIGITS + 1));
  size_t at = 0, start, end;
  while (at < text.len && find(rule, text, at, &start, &end)) {
    buffer_append(&out, text.ptr + at, start - at);
    buffer_append_slice(&out,
                        scrub_rule_replace(arena, rule, slice_of(text.ptr + start, end - start)));
    at = end;
  }
  if (at > 0) {
    buffer_append(&out, text.ptr + at, text.len - at);
    text = arena_copy(arena, buffer_slice(&out));
  }
  buffer_free(&out);
  return text;
}

struct slice scrub_rule_apply(struct arena *arena, const struct scrub_rule *rule,
                              struct slice text) {
  if (slice_is_empty(text)) return text;
  if (!rule->what) return replace_all(arena, rule, text, find_pieces);
  struct slice what = slice_of_string(rule->what);
  if (slice_equal(what, SLICE("anything"))) {
    return slice_equal(text, rule->text) ? text : scrub_rule_replace(arena, rule, text);
  }
  if (slice_equal(what, SLICE("email"))) return replace_all(arena, rule, text, find_email);
  if (slice_equal(what, SLICE("ip"))) return replace_all(arena, rule, text, find_ip);
  return scrub_text_find_by(arena, rule, text).text;
}
