/* search.c - the `query` parameter of the issue list. See search.h.
 *
 * A word with a colon is a filter when something stands on both sides of it and the left side is a
 * name: "level:error". It is text in "ValueError: bad input", "http://host" and "Foo::bar", which
 * people paste from titles.
 *
 * Source: Sentry's issue search, words `is:` with their aliases.
 */
#include "api/sentry/search.h"

#include "base/buffer.h"
#include "store/group.h"

#include "base/banned.h"

static const struct {
  const char *word;
  enum group_status status;
} status_words[] = {
    {"unresolved", GROUP_UNRESOLVED}, {"resolved", GROUP_RESOLVED}, {"ignored", GROUP_IGNORED},
    {"archived", GROUP_IGNORED},      {"muted", GROUP_IGNORED},
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool is_name_byte(char c, bool is_first) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return !is_first && ((c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-');
}

/* Splits "key:value"; false for plain text. */
static bool split_filter(struct slice word, struct slice *key, struct slice *value) {
  if (slice_starts_with(word, SLICE("!"))) word = slice_from(word, 1);
  size_t colon = slice_find_byte(word, ':');
  if (colon == 0 || colon + 1 >= word.len) return false;
  *key = slice_upto(word, colon);
  *value = slice_from(word, colon + 1);
  if (slice_starts_with(*value, SLICE("//")) || value->ptr[0] == ':') return false;
  for (size_t i = 0; i < key->len; i++)
    if (!is_name_byte(key->ptr[i], i == 0)) return false;
  return true;
}

static enum status read_status(struct slice value, struct search *search, struct problem *problem) {
  for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++) {
    if (!slice_equal_string(value, status_words[i].word)) continue;
    if (search->status >= 0 && search->status != (int)status_words[i].status)
      return problem_set(problem, STATUS_BAD_INPUT, "The query asks for two statuses at once.");
    search->status = (int)status_words[i].status;
    return STATUS_OK;
  }
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Invalid status \"%.*s\". Use is:unresolved, is:resolved or is:ignored.",
                     SLICE_ARGS(slice_cut_utf8(value, 60)));
}

/* Cuts the next word off `rest`, without its quotes. */
static struct slice next_word(struct slice *rest, bool *is_quoted) {
  size_t end = 0;
  *is_quoted = slice_starts_with(*rest, SLICE("\""));
  if (*is_quoted) {
    struct slice inner = slice_from(*rest, 1);
    size_t quote = slice_find_byte(inner, '"');
    *rest = slice_from(inner, quote + 1);
    return slice_upto(inner, quote);
  }
  while (end < rest->len && !is_blank(rest->ptr[end])) end++;
  struct slice word = slice_upto(*rest, end);
  *rest = slice_from(*rest, end);
  return word;
}

static enum status read_word(struct slice word, struct search *search, struct buffer *text,
                             struct problem *problem) {
  struct slice key, value;
  if (!split_filter(word, &key, &value)) {
    if (text->len) buffer_append_byte(text, ' ');
    buffer_append_slice(text, word);
    return STATUS_OK;
  }
  if (word.ptr[0] != '!' && slice_equal(key, SLICE("is")))
    return read_status(value, search, problem);
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The search knows no filter \"%.*s\". It knows is:unresolved, is:resolved, "
                     "is:ignored and text; put text with a colon in quotes.",
                     SLICE_ARGS(slice_cut_utf8(word, 80)));
}

enum status search_parse(struct arena *arena, struct slice query, struct search *search,
                         struct problem *problem) {
  struct buffer text = buffer_make(query.len + 1);
  enum status status = STATUS_OK;
  *search = (struct search){.status = -1};
  for (;;) {
    while (query.len && is_blank(query.ptr[0])) query = slice_from(query, 1);
    if (query.len == 0) break;
    bool is_quoted;
    struct slice word = next_word(&query, &is_quoted);
    if (is_quoted) {
      if (text.len) buffer_append_byte(&text, ' ');
      buffer_append_slice(&text, word);
    } else {
      status = read_word(word, search, &text, problem);
    }
    if (status) break;
  }
  search->text = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return status;
}
