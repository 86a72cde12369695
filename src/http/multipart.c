/* multipart.c - splits a multipart/form-data body into its parts.
 *
 *   --BOUNDARY CRLF  header lines CRLF  CRLF  bytes  CRLF --BOUNDARY CRLF … CRLF --BOUNDARY--
 *
 * Strict where reading on would be guessing: lines end in CR LF, every part names its field, the
 * last boundary has to be there (a body that was cut short must not pass for a whole one). Nothing
 * is decoded or copied but names. Each byte is looked at a fixed number of times: a delimiter holds
 * one CR, so that a search that fails behind one goes on behind it.
 *
 * Source: RFC 7578 and RFC 2046; names as HTML's form submission writes them.
 */
#include "http/multipart.h"

#include <string.h>

#include "base/bytes.h"
#include "http/http.h"

#include "base/banned.h"

/* --- header values: "form-data; name="a"; filename="b.txt"" ---------------------------------- */

static bool is_boundary_byte(char c) {
  bool is_letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
  return is_letter || (c && strchr("'()+_,-./:=? ", c) != NULL);
}

/* A quoted text up to its closing quote, or a token up to ";". Moves `rest` behind it. Within
 * quotes only \" is an escape: old browsers send paths with backslashes. */
static struct slice take_value(struct arena *arena, struct slice *rest) {
  if (!slice_starts_with(*rest, SLICE("\""))) {
    size_t end = slice_find_byte(*rest, ';');
    struct slice token = slice_trim(slice_upto(*rest, end));
    *rest = slice_from(*rest, end);
    return token;
  }
  size_t end = 1, escapes = 0;
  for (; end < rest->len && rest->ptr[end] != '"'; end++) {
    if (rest->ptr[end] != '\\' || end + 1 == rest->len || rest->ptr[end + 1] != '"') continue;
    escapes++;
    end++;
  }
  struct slice quoted = slice_from(slice_upto(*rest, end), 1);
  *rest = slice_from(*rest, end + 1);
  if (escapes == 0 || !arena) return quoted;
  char *text = arena_alloc_raw(arena, quoted.len);
  size_t length = 0;
  for (size_t i = 0; i < quoted.len; i++) {
    bool is_escape = quoted.ptr[i] == '\\' && i + 1 < quoted.len && quoted.ptr[i + 1] == '"';
    if (!is_escape) text[length++] = quoted.ptr[i];
  }
  return slice_of(text, length);
}

/* The next "name=value" of a header's parameters; false at the end. */
static bool next_parameter(struct arena *arena, struct slice *rest, struct slice *name,
                           struct slice *value) {
  size_t semicolon = slice_find_byte(*rest, ';');
  if (semicolon == rest->len) return false;
  *rest = slice_trim(slice_from(*rest, semicolon + 1));
  size_t end = 0;
  while (end < rest->len && rest->ptr[end] != '=' && rest->ptr[end] != ';') end++;
  *name = slice_trim(slice_upto(*rest, end));
  *rest = slice_from(*rest, end);
  *value = SLICE_EMPTY;
  if (slice_starts_with(*rest, SLICE("="))) {
    *rest = slice_trim(slice_from(*rest, 1));
    *value = take_value(arena, rest);
  }
  return true;
}

bool multipart_boundary(struct slice content_type, struct slice *boundary) {
  struct slice name, value, rest = content_type;
  struct slice type = slice_trim(slice_upto(rest, slice_find_byte(rest, ';')));
  if (!slice_equal_ignore_case(type, SLICE("multipart/form-data"))) return false;
  while (next_parameter(NULL, &rest, &name, &value)) {
    if (!slice_equal_ignore_case(name, SLICE("boundary"))) continue;
    *boundary = value;
    if (value.len == 0 || value.len > MULTIPART_BOUNDARY_LIMIT) return false;
    for (size_t i = 0; i < value.len; i++) {
      if (!is_boundary_byte(value.ptr[i])) return false;
    }
    return value.ptr[value.len - 1] != ' ';
  }
  return false;
}

/* --- one part's head ------------------------------------------------------------------------- */

static struct slice clean_name(struct arena *arena, struct slice name) {
  name = utf8_repair(arena, name);
  name = slice_upto(name, slice_find_byte(name, '\0'));
  return slice_cut_utf8(name, MULTIPART_NAME_LIMIT);
}

/* RFC 5987: "utf-8''na%C3%AFve.txt". Some libraries send it for names that are not ASCII. */
static struct slice extended_value(struct arena *arena, struct slice value) {
  size_t quote = slice_find(value, SLICE("''"));
  return quote == value.len ? value : url_decode(arena, slice_from(value, quote + 2), false);
}

static void read_disposition(struct arena *arena, struct slice value, struct multipart_part *part) {
  struct slice name, text, rest = value;
  bool is_extended = false;
  while (next_parameter(arena, &rest, &name, &text)) {
    if (slice_equal_ignore_case(name, SLICE("name"))) part->name = clean_name(arena, text);
    bool is_plain = slice_equal_ignore_case(name, SLICE("filename"));
    if (slice_equal_ignore_case(name, SLICE("filename*"))) {
      text = extended_value(arena, text);
      is_extended = true;
    } else if (!is_plain || is_extended) {
      continue;
    }
    part->is_file = true;
    part->filename = clean_name(arena, text);
  }
}

/* Reads the header lines at `rest` and moves behind the empty line; false when malformed. */
static bool read_head(struct arena *arena, struct slice *rest, struct multipart_part *part) {
  size_t used = 0;
  while (used <= MULTIPART_HEAD_LIMIT) {
    struct slice within = slice_upto(*rest, MULTIPART_HEAD_LIMIT);
    size_t end = slice_find(within, SLICE("\r\n"));
    if (end == within.len) return false;
    struct slice line = slice_upto(*rest, end);
    *rest = slice_from(*rest, end + 2);
    used += end + 2;
    if (slice_is_empty(line)) return !slice_is_empty(part->name);
    size_t colon = slice_find_byte(line, ':');
    if (colon == line.len) return false;
    struct slice name = slice_upto(line, colon), value = slice_trim(slice_from(line, colon + 1));
    if (slice_equal_ignore_case(name, SLICE("Content-Disposition")))
      read_disposition(arena, value, part);
    if (slice_equal_ignore_case(name, SLICE("Content-Type"))) part->content_type = value;
  }
  return false;
}

/* --- the parts ---------------------------------------------------------------------------------
 */

enum status multipart_open(struct multipart *multipart, struct arena *arena, struct slice boundary,
                           struct slice body, struct problem *problem) {
  *multipart = (struct multipart){.delimiter = arena_concat(arena, SLICE("\r\n--"), boundary)};
  /* The first one has no line before it; an empty line there is harmless. */
  struct slice first = slice_from(multipart->delimiter, 2);
  if (slice_starts_with(body, SLICE("\r\n"))) body = slice_from(body, 2);
  if (!slice_starts_with(body, first)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The body does not begin with the boundary that its Content-Type names.");
  }
  multipart->rest = slice_from(body, first.len);
  return STATUS_OK;
}

/* What stands behind a delimiter: "--" after the last part, else blanks and the end of the line. */
static enum status read_line_end(struct multipart *multipart) {
  struct slice *rest = &multipart->rest;
  if (slice_starts_with(*rest, SLICE("--"))) return STATUS_END;
  while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) *rest = slice_from(*rest, 1);
  if (!slice_starts_with(*rest, SLICE("\r\n"))) return STATUS_BAD_INPUT;
  *rest = slice_from(*rest, 2);
  return STATUS_OK;
}

enum status multipart_next(struct multipart *multipart, struct arena *arena,
                           struct multipart_part *part, struct problem *problem) {
  enum status status = read_line_end(multipart);
  size_t number = multipart->count + 1;
  if (status == STATUS_END) return status;
  if (status)
    return problem_set(problem, status, "Part %zu of the form does not begin on a line.", number);
  if (multipart->count++ == MULTIPART_PARTS_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE, "The form has more than %d parts.",
                       MULTIPART_PARTS_LIMIT);
  }
  *part = (struct multipart_part){0};
  if (!read_head(arena, &multipart->rest, part)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "Part %zu of the form has no valid header lines that name its field.",
                       number);
  }
  struct slice rest = multipart->rest;
  /* An empty part may have its delimiter at once, the line's end being its own. */
  bool is_empty = slice_starts_with(rest, slice_from(multipart->delimiter, 2));
  size_t end = is_empty ? 0 : slice_find(rest, multipart->delimiter);
  if (!is_empty && end == rest.len) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The form is cut short: part %zu has no boundary behind it.", number);
  }
  part->body = slice_upto(rest, end);
  multipart->rest = slice_from(rest, end + multipart->delimiter.len - (is_empty ? 2 : 0));
  return STATUS_OK;
}
