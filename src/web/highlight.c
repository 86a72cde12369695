/* highlight.c - source lines with their words coloured.
 *
 * One small scanner serves all languages; what differs stands in a table: the
 * marks of comments, the quotes, the words. It sees one line at a time, since a
 * frame shows only some lines of its file, so text in the middle of a string or
 * comment of several lines is coloured as code. That is accepted: the lines
 * shown are nearly always statements.
 */
#include "web/highlight.h"

#include <stdbool.h>
#include <string.h>

#include "web/html.h"
#include "base/banned.h"

struct language {
  const char *line_comments[2];
  bool has_block_comments; /* between slash-star and star-slash */
  bool has_triple_quotes;
  bool ignores_case;
  const char *quotes;
  const char *keywords; /* each between blanks */
};

static const struct language plain = {.quotes = "", .keywords = " "};

static const struct language python = {
    .line_comments = {"#"},
    .has_triple_quotes = true,
    .quotes = "\"'",
    .keywords =
        " and as assert async await break case class continue def del elif else except "
        "False finally for from global if import in is lambda match None nonlocal not or "
        "pass raise return self True try while with yield "};

static const struct language ruby = {
    .line_comments = {"#"},
    .quotes = "\"'`",
    .keywords =
        " alias and begin break case class def defined? do else elsif end ensure false for "
        "if in module next nil not or raise redo require require_relative rescue retry "
        "return self super then true undef unless until when while yield "};

static const struct language shell = {
    .line_comments = {"#"},
    .quotes = "\"'",
    .keywords =
        " case do done elif else esac exit export fi for function if in local return set "
        "then until while "};

static const struct language javascript = {
    .line_comments = {"//"},
    .has_block_comments = true,
    .quotes = "\"'`",
    .keywords =
        " abstract any as async await boolean break case catch class const continue "
        "debugger declare default delete do else enum export extends false finally for "
        "from function get if implements import in instanceof interface let namespace new "
        "null number of private protected public readonly return set static string super "
        "switch this throw true try type typeof undefined unknown var void while with "
        "yield "};

static const struct language c_like = {
    .line_comments = {"//"},
    .has_block_comments = true,
    .quotes = "\"'",
    .keywords =
        " abstract alignas and as async auto await base bool boolean break byte case catch char "
        "checked class co_await co_return const constexpr continue decimal default defer delegate "
        "delete do double dynamic else enum event explicit export extends extern false final "
        "finally fixed float for foreach func fun goto guard if implements implicit import in "
        "include inline instanceof int interface internal is lateinit let lock long mutable "
        "namespace new nil not null nullptr object operator or out override package params private "
        "protected public readonly ref return sealed self short signed sizeof static string struct "
        "super switch synchronized template this throw throws trait transient true try typedef "
        "typename typeof uint union unsigned using val var virtual void volatile when where while "
        "yield "};

static const struct language go = {
    .line_comments = {"//"},
    .has_block_comments = true,
    .quotes = "\"'`",
    .keywords =
        " any bool break byte case chan const continue default defer else error "
        "fallthrough false float64 for func go goto if import int int64 interface iota map "
        "nil package range return rune select string struct switch true type var "};

/* A quote alone also begins a lifetime, so only "..." is a string. */
static const struct language rust = {
    .line_comments = {"//"},
    .has_block_comments = true,
    .quotes = "\"",
    .keywords =
        " as async await break const continue crate dyn else enum extern false fn for if "
        "impl in let loop match mod move mut pub ref return self Self static struct super "
        "trait true type unsafe use where while "};

static const struct language php = {
    .line_comments = {"//", "#"},
    .has_block_comments = true,
    .quotes = "\"'`",
    .keywords =
        " abstract and array as break callable case catch class clone const continue "
        "declare default do echo else elseif empty endforeach endif enum extends false "
        "final finally fn for foreach function global goto if implements include "
        "instanceof interface isset list match namespace new null or private protected "
        "public readonly require require_once return self static switch throw trait true "
        "try unset use var while yield "};

static const struct language sql = {
    .line_comments = {"--"},
    .has_block_comments = true,
    .ignores_case = true,
    .quotes = "'\"",
    .keywords =
        " all alter and as asc begin between by case commit create cross default delete "
        "desc distinct drop else end exists from full group having if in index inner "
        "insert into is join key left like limit not null offset on or order outer primary "
        "references returning right rollback select set table then union unique update "
        "using values view when where with "};

static const struct {
  const char *name; /* an extension, or a platform as SDKs send it */
  const struct language *language;
} names[] = {
    {"py", &python},
    {"python", &python},
    {"pyi", &python},
    {"rb", &ruby},
    {"ruby", &ruby},
    {"erb", &ruby},
    {"rake", &ruby},
    {"sh", &shell},
    {"bash", &shell},
    {"js", &javascript},
    {"javascript", &javascript},
    {"node", &javascript},
    {"mjs", &javascript},
    {"cjs", &javascript},
    {"jsx", &javascript},
    {"vue", &javascript},
    {"svelte", &javascript},
    {"ts", &javascript},
    {"tsx", &javascript},
    {"mts", &javascript},
    {"go", &go},
    {"rs", &rust},
    {"rust", &rust},
    {"java", &c_like},
    {"kt", &c_like},
    {"kotlin", &c_like},
    {"scala", &c_like},
    {"groovy", &c_like},
    {"cs", &c_like},
    {"csharp", &c_like},
    {"c", &c_like},
    {"h", &c_like},
    {"cc", &c_like},
    {"cpp", &c_like},
    {"hpp", &c_like},
    {"native", &c_like},
    {"m", &c_like},
    {"objc", &c_like},
    {"cocoa", &c_like},
    {"swift", &c_like},
    {"dart", &c_like},
    {"php", &php},
    {"sql", &sql},
    {"elixir", &ruby},
    {"ex", &ruby},
    {"exs", &ruby},
    {"perl", &shell},
    {"pl", &shell},
};
#define NAME_COUNT (sizeof names / sizeof *names)

const struct language *language_of(struct slice filename, struct slice platform) {
  size_t dot = slice_find_last_byte(filename, '.');
  struct slice candidates[] = {slice_from(filename, dot + 1), platform};
  for (size_t c = 0; c < 2; c++) {
    for (size_t i = 0; i < NAME_COUNT; i++) {
      if (slice_equal_ignore_case(candidates[c], slice_of_string(names[i].name))) {
        return names[i].language;
      }
    }
  }
  return &plain;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c) { return is_word_start(c) || is_digit(c); }

enum { KEYWORD_MAX = 24 };

static bool is_keyword(const struct language *language, struct slice word) {
  char padded[KEYWORD_MAX + 2];
  if (word.len > KEYWORD_MAX) return false;
  padded[0] = ' ';
  for (size_t i = 0; i < word.len; i++) {
    char c = word.ptr[i];
    padded[i + 1] = language->ignores_case && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
  }
  padded[word.len + 1] = ' ';
  struct slice keywords = slice_of_string(language->keywords);
  return slice_find(keywords, slice_of(padded, word.len + 2)) < keywords.len;
}

static size_t string_length(const struct language *language, struct slice rest) {
  char quote = rest.ptr[0];
  char triple[3] = {quote, quote, quote};
  if (language->has_triple_quotes && slice_starts_with(rest, slice_of(triple, 3))) {
    size_t end = slice_find(slice_from(rest, 3), slice_of(triple, 3));
    return end + 6 < rest.len ? end + 6 : rest.len;
  }
  for (size_t i = 1; i < rest.len; i++) {
    if (rest.ptr[i] == '\\') {
      i++;
    } else if (rest.ptr[i] == quote) {
      return i + 1;
    }
  }
  return rest.len;
}

static size_t number_length(struct slice rest) {
  size_t len = 1;
  while (len < rest.len && (is_word(rest.ptr[len]) || rest.ptr[len] == '.')) len++;
  return len;
}

static size_t word_length(struct slice rest) {
  size_t len = 1;
  while (len < rest.len && is_word(rest.ptr[len])) len++;
  return len;
}

static size_t comment_length(const struct language *language, struct slice rest) {
  for (size_t i = 0; i < 2 && language->line_comments[i]; i++) {
    if (slice_starts_with(rest, slice_of_string(language->line_comments[i]))) return rest.len;
  }
  if (!language->has_block_comments || !slice_starts_with(rest, SLICE("/*"))) return 0;
  size_t end = slice_find(slice_from(rest, 2), SLICE("*/"));
  return end + 4 < rest.len ? end + 4 : rest.len;
}

/* Length and class of the piece that `rest` begins with; class 0 for what is not coloured. */
static size_t next_piece(const struct language *language, struct slice rest, char *class) {
  *class = 0;
  size_t len = comment_length(language, rest);
  if (len) {
    *class = 'c';
  } else if (rest.ptr[0] && strchr(language->quotes, rest.ptr[0])) {
    *class = 's';
    len = string_length(language, rest);
  } else if (is_digit(rest.ptr[0])) {
    *class = 'd';
    len = number_length(rest);
  } else if (is_word_start(rest.ptr[0])) {
    len = word_length(rest);
    if (is_keyword(language, slice_upto(rest, len))) {
      *class = 'k';
    } else if (len < rest.len && rest.ptr[len] == '(') {
      *class = 'f';
    }
  } else {
    len = 1;
  }
  return len;
}

void highlight_line(struct buffer *out, const struct language *language, struct slice line) {
  if (language == &plain) {
    html_text(out, line);
    return;
  }
  size_t start = 0, at = 0; /* from `start` to `at`: not coloured and not written yet */
  while (at < line.len) {
    char class;
    size_t len = next_piece(language, slice_from(line, at), &class);
    if (class) {
      html_text(out, slice_of(line.ptr + start, at - start));
      BUFFER_APPEND_LITERAL(out, "<span class=\"");
      buffer_append_byte(out, class);
      BUFFER_APPEND_LITERAL(out, "\">");
      html_text(out, slice_of(line.ptr + at, len));
      BUFFER_APPEND_LITERAL(out, "</span>");
      start = at + len;
    }
    at += len;
  }
  html_text(out, slice_from(line, start));
}
