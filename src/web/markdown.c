/* markdown.c - what people write in issues, as HTML.
 *
 * A small part of Markdown, read line by line: a line begins, goes on with or
 * ends a block. Within a block one scan from left to right writes the inline
 * marks; a mark counts only when its end is found within INLINE_SPAN_BYTES, so
 * that no text takes more than linear time. Every byte of the text goes through
 * html_text() or html_url().
 */
#include "web/markdown.h"

#include <stdbool.h>
#include <string.h>

#include "web/html.h"

#include "base/banned.h"

enum { INLINE_SPAN_BYTES = 2000, HEADING_LEVELS = 6, FENCE_MIN = 3 };

/* --- within a block ------------------------------------------------------------ */

struct span {
  struct slice text;
  size_t at;
  size_t strong_end, em_end; /* where an open mark ends; text.len when none is open */
  size_t middle_from;        /* no "](" stands between `at` and here */
};

static size_t nearest_end(const struct span *span) {
  return span->strong_end < span->em_end ? span->strong_end : span->em_end;
}

/* Position of `mark` behind `from`, before any open mark's end; text.len when there is none. */
static size_t find_end(const struct span *span, size_t from, struct slice mark) {
  size_t end = nearest_end(span);
  if (end > from + INLINE_SPAN_BYTES) end = from + INLINE_SPAN_BYTES;
  if (from >= end) return span->text.len;
  struct slice within = slice_of(span->text.ptr + from, end - from);
  size_t found = slice_find(within, mark);
  return found < within.len ? from + found : span->text.len;
}

static bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (unsigned char)c >= 0x80;
}

static void write_link(struct buffer *out, struct slice url, struct slice text) {
  BUFFER_APPEND_LITERAL(out, "<a rel=\"nofollow noopener\" href=\"");
  html_url(out, url);
  BUFFER_APPEND_LITERAL(out, "\">");
  html_text(out, text);
  BUFFER_APPEND_LITERAL(out, "</a>");
}

/* [text](address) */
static bool scan_link(struct buffer *out, struct span *span) {
  size_t from = span->at + 1 > span->middle_from ? span->at + 1 : span->middle_from;
  size_t middle = find_end(span, from, SLICE("]("));
  if (middle == span->text.len) {
    size_t end = nearest_end(span);
    if (end > from + INLINE_SPAN_BYTES) end = from + INLINE_SPAN_BYTES;
    if (end > from) span->middle_from = end - 1;
    return false;
  }
  span->middle_from = middle;
  if (middle - span->at > INLINE_SPAN_BYTES) return false;
  size_t end = find_end(span, middle + 2, SLICE(")"));
  if (end == span->text.len) return false;
  struct slice url = slice_of(span->text.ptr + middle + 2, end - middle - 2);
  if (!url.len || !url_is_harmless(url)) return false;
  write_link(out, url, slice_of(span->text.ptr + span->at + 1, middle - span->at - 1));
  span->at = end + 1;
  return true;
}

/* http://… as it stands, without the punctuation behind it. */
static bool scan_address(struct buffer *out, struct span *span) {
  struct slice rest = slice_of(span->text.ptr + span->at, nearest_end(span) - span->at);
  if (!slice_starts_with(rest, SLICE("http://")) && !slice_starts_with(rest, SLICE("https://"))) {
    return false;
  }
  if (span->at && is_word_byte(span->text.ptr[span->at - 1])) return false;
  size_t len = 0;
  while (len < rest.len && (unsigned char)rest.ptr[len] > ' ' && !strchr("<>\"`", rest.ptr[len])) {
    if (len++ == INLINE_SPAN_BYTES) return false;
  }
  while (len && strchr(".,;:!?)'*_", rest.ptr[len - 1])) len--;
  struct slice url = slice_upto(rest, len);
  if (!url_is_harmless(url)) return false;
  write_link(out, url, url);
  span->at += len;
  return true;
}

/* `code`, with any number of backticks at both ends */
static bool scan_code(struct buffer *out, struct span *span) {
  size_t run = 0;
  while (span->at + run < span->text.len && span->text.ptr[span->at + run] == '`') run++;
  struct slice mark = slice_of(span->text.ptr + span->at, run);
  size_t start = span->at + run, end = find_end(span, start, mark);
  if (end == span->text.len) {
    html_text(out, mark);
    span->at = start;
    return true;
  }
  BUFFER_APPEND_LITERAL(out, "<code>");
  html_text(out, slice_of(span->text.ptr + start, end - start));
  BUFFER_APPEND_LITERAL(out, "</code>");
  span->at = end + run;
  return true;
}

static bool scan_emphasis(struct buffer *out, struct span *span) {
  char c = span->text.ptr[span->at];
  struct slice rest = slice_from(span->text, span->at);
  bool is_strong = rest.len > 1 && rest.ptr[1] == c;
  struct slice mark = slice_upto(rest, is_strong ? 2 : 1);
  size_t start = span->at + mark.len;
  bool is_inside_word = span->at && is_word_byte(span->text.ptr[span->at - 1]);
  bool is_open = is_strong ? span->strong_end < span->text.len : span->em_end < span->text.len;
  if (is_open || is_inside_word || start >= span->text.len || span->text.ptr[start] == ' ') {
    return false;
  }
  size_t end = find_end(span, start, mark);
  if (end == span->text.len || end == start) return false;
  if (is_strong) {
    BUFFER_APPEND_LITERAL(out, "<strong>");
    span->strong_end = end;
  } else {
    BUFFER_APPEND_LITERAL(out, "<em>");
    span->em_end = end;
  }
  span->at = start;
  return true;
}

/* Writes the end of a mark that is due here. */
static bool close_mark(struct buffer *out, struct span *span) {
  if (span->at == span->strong_end) {
    BUFFER_APPEND_LITERAL(out, "</strong>");
    span->strong_end = span->text.len;
    span->at += 2;
    return true;
  }
  if (span->at == span->em_end) {
    BUFFER_APPEND_LITERAL(out, "</em>");
    span->em_end = span->text.len;
    span->at += 1;
    return true;
  }
  return false;
}

static bool scan_mark(struct buffer *out, struct span *span) {
  switch (span->text.ptr[span->at]) {
    case '\\': {
      bool is_escape = span->at + 1 < nearest_end(span) && span->text.ptr[span->at + 1] &&
                       strchr("\\`*_[]()#+-.!>", span->text.ptr[span->at + 1]);
      if (!is_escape) return false;
      html_text(out, slice_of(span->text.ptr + span->at + 1, 1));
      span->at += 2;
      return true;
    }
    case '`': return scan_code(out, span);
    case '[': return scan_link(out, span);
    case '*':
    case '_': return scan_emphasis(out, span);
    case 'h': return scan_address(out, span);
    case '\n': {
      BUFFER_APPEND_LITERAL(out, "<br>");
      span->at++;
      return true;
    }
    default: return false;
  }
}

static void write_inline(struct buffer *out, struct slice text) {
  struct span span = {.text = text, .strong_end = text.len, .em_end = text.len};
  size_t plain = 0; /* from here to `at`: not written yet */
  while (span.at < text.len) {
    if (strchr("\\`[*_h\n", text.ptr[span.at]) || span.at == nearest_end(&span)) {
      html_text(out, slice_of(text.ptr + plain, span.at - plain));
      plain = span.at;
      if (close_mark(out, &span) || scan_mark(out, &span)) {
        plain = span.at;
        continue;
      }
    }
    span.at++;
  }
  html_text(out, slice_from(text, plain));
  if (span.strong_end < text.len) BUFFER_APPEND_LITERAL(out, "</strong>");
  if (span.em_end < text.len) BUFFER_APPEND_LITERAL(out, "</em>");
}

/* --- blocks ---------------------------------------------------------------------- */

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_BULLETS, BLOCK_NUMBERS, BLOCK_QUOTE };

struct document {
  struct buffer *out;
  struct slice rest; /* lines not read yet */
  enum block block;
  struct slice paragraph; /* of BLOCK_PARAGRAPH: its lines so far */
};

static void end_block(struct document *document) {
  struct buffer *out = document->out;
  switch (document->block) {
    case BLOCK_PARAGRAPH:
      BUFFER_APPEND_LITERAL(out, "<p>");
      write_inline(out, document->paragraph);
      BUFFER_APPEND_LITERAL(out, "</p>");
      break;
    case BLOCK_BULLETS: BUFFER_APPEND_LITERAL(out, "</ul>"); break;
    case BLOCK_NUMBERS: BUFFER_APPEND_LITERAL(out, "</ol>"); break;
    case BLOCK_QUOTE: BUFFER_APPEND_LITERAL(out, "</blockquote>"); break;
    case BLOCK_NONE: break;
  }
  document->block = BLOCK_NONE;
}

/* Goes on with a block of that kind, or begins one. */
static void enter_block(struct document *document, enum block block) {
  if (document->block == block) return;
  end_block(document);
  document->block = block;
  struct buffer *out = document->out;
  if (block == BLOCK_BULLETS) BUFFER_APPEND_LITERAL(out, "<ul>");
  if (block == BLOCK_NUMBERS) BUFFER_APPEND_LITERAL(out, "<ol>");
  if (block == BLOCK_QUOTE) BUFFER_APPEND_LITERAL(out, "<blockquote>");
}

static size_t run_length(struct slice line, char byte) {
  size_t run = 0;
  while (run < line.len && line.ptr[run] == byte) run++;
  return run;
}

static struct slice without_return(struct slice line) {
  return line.len && line.ptr[line.len - 1] == '\r' ? slice_upto(line, line.len - 1) : line;
}

/* A fenced block ends with a fence that is at least as long, or with the text. */
static bool read_fence(struct document *document, struct slice line) {
  size_t fence = run_length(line, '`');
  if (fence < FENCE_MIN || slice_find_byte(slice_from(line, fence), '`') + fence < line.len) {
    return false;
  }
  end_block(document);
  BUFFER_APPEND_LITERAL(document->out, "<pre tabindex=\"0\"><code>");
  while (document->rest.len) {
    struct slice inner = without_return(slice_split(&document->rest, '\n'));
    struct slice trimmed = slice_trim(inner);
    if (trimmed.len >= fence && run_length(trimmed, '`') == trimmed.len) break;
    html_text(document->out, inner);
    BUFFER_APPEND_LITERAL(document->out, "\n");
  }
  BUFFER_APPEND_LITERAL(document->out, "</code></pre>");
  return true;
}

/* The page's own title is its only first heading. */
static bool read_heading(struct document *document, struct slice line) {
  static const char *const tags[] = {"h2", "h2", "h3", "h4", "h5", "h6"};
  size_t level = run_length(line, '#');
  if (level == 0 || level > HEADING_LEVELS || level >= line.len || line.ptr[level] != ' ') {
    return false;
  }
  end_block(document);
  struct slice tag = slice_of_string(tags[level - 1]);
  BUFFER_APPEND_LITERAL(document->out, "<");
  buffer_append_slice(document->out, tag);
  BUFFER_APPEND_LITERAL(document->out, ">");
  write_inline(document->out, slice_trim(slice_from(line, level)));
  BUFFER_APPEND_LITERAL(document->out, "</");
  buffer_append_slice(document->out, tag);
  BUFFER_APPEND_LITERAL(document->out, ">");
  return true;
}

static bool read_rule(struct document *document, struct slice line) {
  if (line.len < 3 || run_length(line, '-') != line.len) return false;
  end_block(document);
  BUFFER_APPEND_LITERAL(document->out, "<hr>");
  return true;
}

static size_t number_mark(struct slice line) {
  size_t digits = 0;
  while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '9') digits++;
  bool is_mark =
      digits > 0 && digits < 10 && slice_starts_with(slice_from(line, digits), SLICE(". "));
  return is_mark ? digits + 2 : 0;
}

static bool read_item(struct document *document, struct slice line) {
  bool is_bullet = line.len > 1 && line.ptr[1] == ' ' && line.ptr[0] && strchr("-*+", line.ptr[0]);
  size_t mark = is_bullet ? 2 : number_mark(line);
  if (!mark) return false;
  enter_block(document, is_bullet ? BLOCK_BULLETS : BLOCK_NUMBERS);
  BUFFER_APPEND_LITERAL(document->out, "<li>");
  write_inline(document->out, slice_trim(slice_from(line, mark)));
  BUFFER_APPEND_LITERAL(document->out, "</li>");
  return true;
}

static bool read_quote(struct document *document, struct slice line) {
  if (!line.len || line.ptr[0] != '>') return false;
  enter_block(document, BLOCK_QUOTE);
  BUFFER_APPEND_LITERAL(document->out, "<p>");
  write_inline(document->out, slice_trim(slice_from(line, 1)));
  BUFFER_APPEND_LITERAL(document->out, "</p>");
  return true;
}

static void read_paragraph(struct document *document, struct slice line) {
  if (document->block == BLOCK_PARAGRAPH) {
    size_t len = (size_t)(line.ptr + line.len - document->paragraph.ptr);
    document->paragraph = slice_of(document->paragraph.ptr, len);
  } else {
    enter_block(document, BLOCK_PARAGRAPH);
    document->paragraph = line;
  }
}

void markdown_write(struct buffer *out, struct slice text) {
  struct document document = {.out = out, .rest = text};
  while (document.rest.len) {
    struct slice line = slice_trim(slice_split(&document.rest, '\n'));
    if (!line.len) {
      end_block(&document);
    } else if (!read_fence(&document, line) && !read_heading(&document, line) &&
               !read_rule(&document, line) && !read_item(&document, line) &&
               !read_quote(&document, line)) {
      read_paragraph(&document, line);
    }
  }
  end_block(&document);
}
