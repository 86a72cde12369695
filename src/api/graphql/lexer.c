/* lexer.c - see lexer.h.
 *
 * Nothing is allocated and nothing is read behind the end, so that the fuzz target calls it
 * directly.
 *
 * Source: GraphQL specification, "Source Text", "Lexical Tokens", "String Value".
 */
#include "api/graphql/lexer.h"

#include <string.h>

#include "base/buffer.h"

#include "base/banned.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_ignored(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

/* The byte so far behind the lexer's place; NUL behind the end. */
static char peek(const struct graphql_lexer *lexer, size_t ahead) {
  return ahead < lexer->source.len - lexer->at ? lexer->source.ptr[lexer->at + ahead] : '\0';
}

static bool looks_at(const struct graphql_lexer *lexer, const char *text) {
  return slice_starts_with(slice_from(lexer->source, lexer->at), slice_of_string(text));
}

/* White space, commas, comments, and a byte order mark. */
static void skip_ignored(struct graphql_lexer *lexer) {
  while (lexer->at < lexer->source.len) {
    char c = peek(lexer, 0);
    if (is_ignored(c)) {
      lexer->at++;
    } else if (c == '#') {
      while (lexer->at < lexer->source.len && peek(lexer, 0) != '\n' && peek(lexer, 0) != '\r')
        lexer->at++;
    } else if (looks_at(lexer, "\xef\xbb\xbf")) {
      lexer->at += 3;
    } else {
      return;
    }
  }
}

static struct graphql_token token_of(struct graphql_lexer *lexer, enum graphql_token_kind kind,
                                     size_t length) {
  struct graphql_token token = {kind, slice_of(lexer->source.ptr + lexer->at, length), lexer->at};
  lexer->at += length;
  return token;
}

static struct graphql_token wrong(struct graphql_lexer *lexer, size_t ahead, const char *problem) {
  lexer->at += ahead;
  if (lexer->at > lexer->source.len) lexer->at = lexer->source.len;
  struct graphql_token token = {TOKEN_WRONG, SLICE_EMPTY, lexer->at};
  lexer->problem = problem;
  lexer->at = lexer->source.len;
  return token;
}

/* --- numbers --------------------------------------------------------------------------- */

static struct graphql_token read_number(struct graphql_lexer *lexer) {
  size_t at = peek(lexer, 0) == '-';
  enum graphql_token_kind kind = TOKEN_INT;
  if (!is_digit(peek(lexer, at))) return wrong(lexer, at, "a digit is missing");
  bool is_zero = peek(lexer, at) == '0';
  size_t first = at;
  while (is_digit(peek(lexer, at))) at++;
  if (is_zero && at - first > 1) return wrong(lexer, first, "a number begins with 0");
  if (peek(lexer, at) == '.') {
    kind = TOKEN_FLOAT;
    if (!is_digit(peek(lexer, ++at))) return wrong(lexer, at, "a digit is missing");
    while (is_digit(peek(lexer, at))) at++;
  }
  if (peek(lexer, at) == 'e' || peek(lexer, at) == 'E') {
    kind = TOKEN_FLOAT;
    at++;
    if (peek(lexer, at) == '+' || peek(lexer, at) == '-') at++;
    if (!is_digit(peek(lexer, at))) return wrong(lexer, at, "a digit is missing");
    while (is_digit(peek(lexer, at))) at++;
  }
  if (is_letter(peek(lexer, at)) || peek(lexer, at) == '.')
    return wrong(lexer, at, "a number is followed by another character");
  return token_of(lexer, kind, at);
}

/* --- strings ---------------------------------------------------------------------------- */

static bool hex_value(char c, uint32_t *value) {
  if (is_digit(c))
    *value = *value << 4 | (uint32_t)(c - '0');
  else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
    *value = *value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
  else
    return false;
  return true;
}

static bool read_four(const char *at, size_t left, uint32_t *value) {
  *value = 0;
  for (size_t i = 0; i < 4; i++)
    if (i >= left || !hex_value(at[i], value)) return false;
  return true;
}

static bool is_high(uint32_t code) { return code >= 0xd800 && code < 0xdc00; }
static bool is_low(uint32_t code) { return code >= 0xdc00 && code < 0xe000; }

/* "\u0041", "\u{1F600}", or two of the first that are a surrogate pair; `at` stands behind the
 * backslash. Returns the bytes that it takes, 0 when it is wrong. */
static size_t read_unicode(const char *at, size_t left, uint32_t *code) {
  uint32_t low;
  if (left > 1 && at[1] == '{') {
    size_t i = 2;
    *code = 0;
    while (i < left && *code <= 0x10ffff && hex_value(at[i], code)) i++;
    bool is_right =
        i > 2 && i < left && at[i] == '}' && *code <= 0x10ffff && !is_high(*code) && !is_low(*code);
    return is_right ? i + 1 : 0;
  }
  if (left < 1 || !read_four(at + 1, left - 1, code) || is_low(*code)) return 0;
  if (!is_high(*code)) return 5;
  bool is_pair =
      left > 6 && at[5] == '\\' && at[6] == 'u' && read_four(at + 7, left - 7, &low) && is_low(low);
  if (!is_pair) return 0;
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return 11;
}

/* The bytes of an escape behind its backslash; 0 when there is no such escape. */
static size_t escape_length(const char *at, size_t left) {
  uint32_t code;
  if (!left) return 0;
  if (*at == 'u') return read_unicode(at, left, &code);
  return *at && strchr("\"\\/bfnrt", *at) ? 1 : 0;
}

static struct graphql_token read_string(struct graphql_lexer *lexer) {
  const char *text = lexer->source.ptr + lexer->at;
  size_t left = lexer->source.len - lexer->at, at = 1;
  while (at < left && text[at] != '"') {
    unsigned char c = (unsigned char)text[at];
    if (c == '\n' || c == '\r') break;
    if (c < 0x20 && c != '\t') return wrong(lexer, at, "a string holds a control character");
    if (c != '\\') {
      at++;
      continue;
    }
    size_t length = escape_length(text + at + 1, left - at - 1);
    if (!length) return wrong(lexer, at, "a string holds a wrong escape");
    at += 1 + length;
  }
  if (at >= left || text[at] != '"') return wrong(lexer, at, "a string does not end");
  return token_of(lexer, TOKEN_STRING, at + 1);
}

static struct graphql_token read_block_string(struct graphql_lexer *lexer) {
  struct slice rest = slice_from(lexer->source, lexer->at);
  size_t at = 3;
  while (at < rest.len) {
    struct slice here = slice_from(rest, at);
    if (slice_starts_with(here, SLICE("\"\"\"")))
      return token_of(lexer, TOKEN_BLOCK_STRING, at + 3);
    unsigned char c = (unsigned char)*here.ptr;
    if (c < 0x20 && !is_ignored((char)c))
      return wrong(lexer, at, "a string holds a control character");
    at += slice_starts_with(here, SLICE("\\\"\"\"")) ? 4 : 1;
  }
  return wrong(lexer, at, "a string does not end");
}

struct graphql_token graphql_next_token(struct graphql_lexer *lexer) {
  skip_ignored(lexer);
  char c = peek(lexer, 0);
  size_t length = 0;
  if (lexer->at == lexer->source.len) return token_of(lexer, TOKEN_END, 0);
  if (looks_at(lexer, "...")) return token_of(lexer, TOKEN_MARK, 3);
  if (c && strchr("!$&():=@[]{|}", c)) return token_of(lexer, TOKEN_MARK, 1);
  if (is_digit(c) || c == '-') return read_number(lexer);
  if (looks_at(lexer, "\"\"\"")) return read_block_string(lexer);
  if (c == '"') return read_string(lexer);
  if (!is_letter(c)) return wrong(lexer, 0, "a character has no meaning here");
  while (is_letter(peek(lexer, length)) || is_digit(peek(lexer, length))) length++;
  return token_of(lexer, TOKEN_NAME, length);
}

/* --- what strings say ---------------------------------------------------------------------- */

static void append_character(struct buffer *out, uint32_t code) {
  if (code == 0) code = 0xfffd; /* no text in this program holds NUL */
  if (code < 0x80) {
    buffer_append_byte(out, (char)code);
    return;
  }
  unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
  buffer_append_byte(out, (char)(leads[more] | code >> (6 * more)));
  while (more--) buffer_append_byte(out, (char)(0x80 | (code >> (6 * more) & 0x3f)));
}

static void append_escape(struct buffer *out, const char *at, size_t left) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  uint32_t code = 0;
  if (*at == 'u')
    read_unicode(at, left, &code);
  else
    code = (unsigned char)meanings[strchr(letters, *at) - letters];
  append_character(out, code);
}

static void append_string(struct buffer *out, struct slice inner) {
  for (size_t i = 0; i < inner.len;) {
    if (inner.ptr[i] != '\\') {
      buffer_append_byte(out, inner.ptr[i++]);
      continue;
    }
    i++;
    append_escape(out, inner.ptr + i, inner.len - i);
    i += escape_length(inner.ptr + i, inner.len - i);
  }
}

/* Cuts the next line off; lines end in LF, CR or both. */
static struct slice next_line(struct slice *rest) {
  size_t end = 0;
  while (end < rest->len && rest->ptr[end] != '\n' && rest->ptr[end] != '\r') end++;
  struct slice line = slice_upto(*rest, end);
  bool is_pair = end + 1 < rest->len && rest->ptr[end] == '\r' && rest->ptr[end + 1] == '\n';
  *rest = slice_from(*rest, end + 1 + is_pair);
  return line;
}

static size_t indent_of(struct slice line) {
  size_t indent = 0;
  while (indent < line.len && (line.ptr[indent] == ' ' || line.ptr[indent] == '\t')) indent++;
  return indent;
}

static void append_block_line(struct buffer *out, struct slice line) {
  for (size_t i = 0; i < line.len;) {
    bool is_escape = slice_starts_with(slice_from(line, i), SLICE("\\\"\"\""));
    if (is_escape) i++;
    size_t length = is_escape ? 3 : 1;
    buffer_append(out, line.ptr + i, length);
    i += length;
  }
}

/* Without the indent that all lines but the first share, and without blank lines around. */
static void append_block(struct buffer *out, struct slice inner) {
  size_t common = SIZE_MAX, first = SIZE_MAX, last = 0, number = 0;
  for (struct slice rest = inner; rest.len; number++) {
    struct slice line = next_line(&rest);
    size_t indent = indent_of(line);
    if (indent == line.len) continue;
    if (number && indent < common) common = indent;
    if (first == SIZE_MAX) first = number;
    last = number;
  }
  number = 0;
  for (struct slice rest = inner; rest.len && first != SIZE_MAX; number++) {
    struct slice line = next_line(&rest);
    if (number < first || number > last) continue;
    if (number > first) buffer_append_byte(out, '\n');
    append_block_line(out, number ? slice_from(line, common) : line);
  }
}

struct slice graphql_string_value(struct arena *arena, const struct graphql_token *token) {
  size_t quotes = token->kind == TOKEN_BLOCK_STRING ? 3 : 1;
  struct slice inner = slice_of(token->text.ptr + quotes, token->text.len - 2 * quotes);
  struct buffer out = buffer_make(token->text.len + 1);
  if (token->kind == TOKEN_BLOCK_STRING)
    append_block(&out, inner);
  else
    append_string(&out, inner);
  struct slice value = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return value;
}
