/* items.c - the items of a list as text; see json.h. */
#include "json/json.h"

#include "base/banned.h"

static struct slice skip_blanks(struct slice text) {
  while (text.len &&
         (text.ptr[0] == ' ' || text.ptr[0] == '\t' || text.ptr[0] == '\n' || text.ptr[0] == '\r'))
    text = slice_from(text, 1);
  return text;
}

/* Behind the quote that ends the text beginning at `at`. Most texts have no escapes. */
static size_t string_end(struct slice text, size_t at) {
  for (at++; at < text.len;) {
    struct slice rest = slice_from(text, at);
    size_t quote = slice_find_byte(rest, '"');
    size_t escape = slice_find_byte(slice_upto(rest, quote), '\\');
    if (escape == quote || escape >= rest.len) return at + quote + 1;
    at += escape + 2;
  }
  return text.len;
}

/* Where the first item ends: at a comma or the list's end, outside of everything. */
static size_t item_end(struct slice text) {
  size_t depth = 0, at = 0;
  while (at < text.len) {
    char c = text.ptr[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) return at;
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && depth) depth--;
    at++;
  }
  return text.len;
}

static enum status no_list(struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_BAD_INPUT, "The JSON %s.", what);
}

enum status json_next_item(struct json_items *items, struct slice *item, struct problem *problem) {
  bool has_mark = !items->is_begun && slice_starts_with(items->rest, SLICE("\xef\xbb\xbf"));
  struct slice rest = skip_blanks(slice_from(items->rest, has_mark ? 3 : 0));
  char first = rest.len ? rest.ptr[0] : '\0';
  if (!items->is_begun && first != '[') return no_list(problem, "is not a list");
  if (items->is_begun && first == ']') return STATUS_END;
  if (items->is_begun && first != ',') return no_list(problem, "ends within a list");
  rest = skip_blanks(slice_from(rest, 1));
  if (!items->is_begun && rest.len && rest.ptr[0] == ']') return STATUS_END;
  items->is_begun = true;
  size_t end = item_end(rest);
  if (end >= rest.len) return no_list(problem, "ends within a list");
  *item = slice_trim(slice_upto(rest, end));
  items->rest = slice_from(rest, end);
  if (item->len == 0) return no_list(problem, "has an empty place in a list");
  return STATUS_OK;
}
