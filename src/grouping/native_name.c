/* native_name.c - short names of native functions.
 *
 *   void ns::Foo<int>::bar(char const*) const    ns::Foo<T>::bar
 *   <a::B as core::ops::Drop>::drop::h0123…      a::B::drop
 *   @objc View.tap(_: Any) -> ()                 View.tap
 *   ns::`anonymous namespace'::<lambda_4f…>::operator()   …::<lambda>::operator()
 *
 * What demanglers print differs between compilers, their versions and builds: argument lists,
 * template arguments, return types, numbers of lambdas. Each step below is one pass over the name.
 *
 * Text that only looks like brackets or blanks (operators, anonymous namespaces) is replaced by
 * one byte at first and put back at the end.
 */
#include "grouping/parts.h"
#include "grouping/rules.h"

#include <string.h>

#include "base/banned.h"

enum {
  MARK_LESS = 1,  /* '<' of an operator */
  MARK_GREATER,   /* '>' of an operator */
  MARK_CALL,      /* "()" of an operator */
  MARK_BLANK,     /* ' ' within a name */
  MARK_ANONYMOUS, /* `anonymous namespace' */
  MARK_ARROW,     /* "->" in front of what a Swift function returns */
};

/* Traits within traits; deeper ones are just arguments. */
enum { MAX_DEPTH = 8 };

struct text {
  char *ptr;
  size_t len;
};

static void put(struct text *text, char c) { text->ptr[text->len++] = c; }
static void put_slice(struct text *text, struct slice s) {
  if (s.len) memcpy(text->ptr + text->len, s.ptr, s.len);
  text->len += s.len;
}
static struct slice as_slice(const struct text *text) { return slice_of(text->ptr, text->len); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static size_t count_while(struct slice s, size_t at, bool (*is)(char)) {
  size_t end = at;
  while (end < s.len && is(s.ptr[end])) end++;
  return end - at;
}

/* --- protecting -------------------------------------------------------------------- */

/* Each returns how many bytes of `s` it has replaced; 0: it is not that. */

static size_t replace_operator(struct slice s, struct text *out) {
  static const char *const symbols[] = {
      "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "<", ">", NULL};
  if (!slice_starts_with(s, SLICE("operator"))) return 0;
  struct slice rest = slice_from(s, 8);
  if (slice_starts_with(rest, SLICE(" new")) || slice_starts_with(rest, SLICE(" delete"))) {
    put_slice(out, slice_upto(s, 8));
    put(out, MARK_BLANK);
    return 9;
  }
  for (size_t i = 0; symbols[i]; i++) {
    struct slice symbol = slice_of_string(symbols[i]);
    if (!slice_starts_with(rest, symbol)) continue;
    put_slice(out, slice_upto(s, 8));
    for (size_t j = 0; j < symbol.len && symbol.ptr[0] != '('; j++) {
      char c = symbol.ptr[j];
      put(out, c == '<' ? MARK_LESS : c == '>' ? MARK_GREATER : c);
    }
    if (symbol.ptr[0] == '(') put(out, MARK_CALL);
    return 8 + symbol.len;
  }
  return 0;
}

/* gcc: "{lambda(int)#1}"; MSVC: "lambda_" and 32 digits, or "<lambda_1>"; clang: "$_0" */
static size_t replace_lambda(struct slice s, struct text *out, bool *has_no_end) {
  size_t len = 0;
  if (slice_starts_with(s, SLICE("{lambda(")) && !*has_no_end) {
    size_t close = slice_find(s, SLICE(")#"));
    size_t digits = close == s.len ? 0 : count_while(s, close + 2, is_digit);
    if (digits && close + 2 + digits < s.len && s.ptr[close + 2 + digits] == '}') {
      len = close + digits + 3;
    }
    *has_no_end = len == 0; /* not searched for again: time stays linear */
  } else if (slice_starts_with(s, SLICE("lambda_"))) {
    size_t digits = count_while(s, 7, is_hex);
    bool is_end = 7 + digits == s.len || !is_word(s.ptr[7 + digits]);
    bool is_bracketed = 7 + digits < s.len && s.ptr[7 + digits] == '>';
    if (digits && is_end && (digits == 32 || is_bracketed)) len = 7 + digits;
  } else if (slice_starts_with(s, SLICE("$_"))) {
    size_t digits = count_while(s, 2, is_digit);
    if (digits && (2 + digits == s.len || !is_word(s.ptr[2 + digits]))) len = 2 + digits;
  }
  if (len) put_slice(out, SLICE("lambda"));
  return len;
}

/* "`anonymous namespace'", which MSVC also writes as "?A0x1234abcd". */
static size_t replace_anonymous(struct slice s, struct text *out) {
  size_t len = 0;
  if (slice_starts_with(s, SLICE("`anonymous namespace'"))) len = 21;
  bool is_numbered = slice_starts_with(s, SLICE("?A0x")) && count_while(s, 4, is_hex) == 8 &&
                     slice_starts_with(slice_from(s, 12), SLICE("::"));
  if (is_numbered) len = 12;
  if (len) put(out, MARK_ANONYMOUS);
  return len;
}

/* " [clone .constprop.0]"; the version of a symbol: "@@GLIBC_2.34", "@GLIBC_2.2". */
static size_t skip_suffix(struct slice s) {
  if (slice_starts_with(s, SLICE(" [clone ")) || slice_starts_with(s, SLICE("[clone "))) {
    size_t end = slice_find_byte(s, ']');
    return end < s.len ? end + 1 : 0;
  }
  return slice_starts_with(s, SLICE("@@")) || slice_starts_with(s, SLICE("@GLIBC")) ? s.len : 0;
}

static void protect(struct slice name, struct text *out) {
  bool has_no_end = false;
  for (size_t at = 0; at < name.len;) {
    struct slice s = slice_from(name, at);
    char c = s.ptr[0];
    bool is_start = at == 0 || !is_word(name.ptr[at - 1]);
    size_t len = 0;
    if (c == 'o' && is_start) len = replace_operator(s, out);
    if (c == '{' || c == '$' || (c == 'l' && is_start)) len = replace_lambda(s, out, &has_no_end);
    if (c == '`' || c == '?') len = replace_anonymous(s, out);
    if (at > 0 && (c == ' ' || c == '[' || c == '@')) len = skip_suffix(s);
    if (!len && slice_starts_with(s, SLICE(" -> "))) {
      put(out, ' ');
      put(out, MARK_ARROW);
      len = 3;
    }
    /* A mark that was sent stands for nothing. */
    if (!len) put(out, c >= MARK_LESS && c <= MARK_ARROW ? '?' : c);
    at += len ? len : 1;
  }
}

static struct slice unprotect(struct arena *arena, struct slice name) {
  static const char *const texts[] = {"", "<", ">", "()", " ", "`anonymous namespace'", "->"};
  size_t len = 0;
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    len += c >= MARK_LESS && c <= MARK_ARROW ? slice_of_string(texts[c]).len : 1;
  }
  struct text out = {arena_alloc_raw(arena, len + 1), 0};
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    if (c >= MARK_LESS && c <= MARK_ARROW) {
      put_slice(&out, slice_of_string(texts[c]));
    } else {
      put(&out, name.ptr[i]);
    }
  }
  return as_slice(&out);
}

/* --- brackets ---------------------------------------------------------------------- */

static struct slice trim_end(struct slice s) {
  while (s.len && is_blank(s.ptr[s.len - 1])) s.len--;
  return s;
}

/* "const" and "&" behind the arguments. */
static struct slice trim_trailers(struct slice s) {
  for (;;) {
    s = trim_end(s);
    if (slice_ends_with(s, SLICE("&"))) {
      s.len--;
    } else if (slice_ends_with(s, SLICE("const")) && s.len > 5 && !is_word(s.ptr[s.len - 6])) {
      s.len -= 5;
    } else {
      return s;
    }
  }
}

/* What a pair of brackets becomes. */
typedef void replace_pair(struct text *out, struct slice inner, size_t start, int depth);

/* Replaces the outermost pairs; what is not closed is left out to the end. */
static void replace_pairs(struct slice s, const char brackets[2], struct text *out,
                          replace_pair *replace, int max_depth) {
  size_t depth = 0, start = 0;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (c == brackets[0]) {
      if (depth++ == 0) start = i;
    } else if (c == brackets[1] && depth > 0) {
      if (--depth == 0) {
        replace(out, slice_upto(slice_from(s, start + 1), i - start - 1), start, max_depth);
      }
    } else if (depth == 0) {
      put(out, c);
    }
  }
}

static void replace_arguments(struct text *out, struct slice inner, size_t start, int depth) {
  (void)start, (void)depth;
  inner = slice_trim(inner);
  if (!slice_equal(inner, SLICE("anonymous namespace")) && !slice_equal(inner, SLICE("operator"))) {
    return;
  }
  put(out, '(');
  put_slice(out, inner);
  put(out, ')');
}

/* "<int, …>" becomes "<T>". At the start it is Rust's way to name a type: "<a::B<C> as Trait>" is
 * "a::B<T>", and in "<T as Trait>" the trait says more. */
static void replace_generics(struct text *out, struct slice inner, size_t start, int depth) {
  if (slice_equal(inner, SLICE("lambda"))) {
    put_slice(out, SLICE("<lambda>"));
    return;
  }
  if (start > 0 || depth == 0) {
    put_slice(out, SLICE("<T>"));
    return;
  }
  bool is_blanket = inner.len > 5 && inner.ptr[0] >= 'A' && inner.ptr[0] <= 'Z' &&
                    slice_starts_with(slice_from(inner, 1), SLICE(" as "));
  if (is_blanket) inner = slice_from(inner, 5);
  size_t at = out->len;
  replace_pairs(inner, "<>", out, replace_generics, depth - 1);
  struct slice type = slice_of(out->ptr + at, out->len - at);
  out->len = at + slice_find(type, SLICE(" as "));
}

/* --- words ------------------------------------------------------------------------- */

static char closing(char c) {
  return c == '(' ? ')' : c == '[' ? ']' : c == '{' ? '}' : c == '<' ? '>' : '\0';
}

/* The next word; blanks in brackets are no ends. `stack` has room for a byte of each of `s`. */
static struct slice next_word(struct slice *s, char *stack) {
  size_t at = 0, depth = 0;
  while (s->len && is_blank(s->ptr[0])) *s = slice_from(*s, 1);
  for (; at < s->len; at++) {
    char c = s->ptr[at];
    if (depth == 0 && is_blank(c)) break;
    if (closing(c)) {
      stack[depth++] = closing(c);
    } else if (depth && c == stack[depth - 1]) {
      depth--;
    }
  }
  struct slice word = slice_upto(*s, at);
  *s = slice_from(*s, at);
  return word;
}

/* The word in front of the arrow, else the last. */
static struct slice name_word(struct slice s, char *stack) {
  struct slice word = SLICE_EMPTY, last = SLICE_EMPTY;
  const char arrow = MARK_ARROW;
  while (!slice_is_empty(s)) {
    word = next_word(&s, stack);
    if (slice_is_empty(word)) break;
    if (slice_equal(word, slice_of(&arrow, 1)) && last.len) return last;
    /* MSVC writes a blank between an operator and its template arguments. */
    bool is_continued = slice_equal(word, SLICE("<T>")) && last.len;
    last = is_continued ? slice_of(last.ptr, (size_t)(word.ptr + word.len - last.ptr)) : word;
  }
  return last;
}

/* --- ends -------------------------------------------------------------------------- */

/* Rust: "::h" and 16 digits. Windows: "@name@12". */
static struct slice trim_decoration(struct slice s) {
  if (s.len > 19) {
    struct slice tail = slice_from(s, s.len - 19);
    bool is_hash = slice_starts_with(tail, SLICE("::h"));
    for (size_t i = 3; i < tail.len && is_hash; i++) {
      is_hash = is_digit(tail.ptr[i]) || (tail.ptr[i] >= 'a' && tail.ptr[i] <= 'z');
    }
    if (is_hash) s.len -= 19;
  }
  size_t at = slice_find_last_byte(s, '@');
  if (at == s.len || at + 1 == s.len || at == 0) return s;
  if (at + 1 + count_while(s, at + 1, is_digit) != s.len) return s;
  s.len = at;
  return s.ptr[0] == '@' && s.len > 1 ? slice_from(s, 1) : s;
}

static bool is_plain(struct slice s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (is_word(c)) continue;
    if (c != ':' || slice_starts_with(slice_from(s, i), SLICE("::h"))) return false;
  }
  return true;
}

static bool is_objective_c(struct slice s) {
  return slice_starts_with(s, SLICE("[")) || slice_starts_with(s, SLICE("-[")) ||
         slice_starts_with(s, SLICE("+["));
}

struct slice native_name_trim(struct arena *arena, struct slice name) {
  struct slice s = slice_trim(name);
  if (is_plain(s) || is_objective_c(s)) return s;
  if (slice_equal(s, SLICE("<redacted>")) || slice_equal(s, SLICE("<unknown>"))) return s;
  size_t room = s.len + 8;
  struct text safe = {arena_alloc_raw(arena, room), 0};
  protect(s, &safe);
  s = trim_trailers(as_slice(&safe));
  struct text short_name = {arena_alloc_raw(arena, room), 0};
  replace_pairs(s, "()", &short_name, replace_arguments, 0);
  /* "<>" becomes "<T>": each pair may grow by a byte. */
  struct text generic = {arena_alloc_raw(arena, room * 2), 0};
  replace_pairs(as_slice(&short_name), "<>", &generic, replace_generics, MAX_DEPTH);
  s = name_word(as_slice(&generic), arena_alloc_raw(arena, room * 2));
  if (slice_is_empty(s)) return slice_trim(name);
  return trim_decoration(unprotect(arena, s));
}
