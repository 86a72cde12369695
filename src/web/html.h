/* html.h - the only ways in which a value gets into a page.
 *
 * Templates do not call these by name: the template compiler (tools/template.py)
 * chooses one by the place where a value stands. All escape, but html_raw(),
 * whose argument has a type of its own so that it stands out: a struct html is
 * made of escaped parts, and tools/check lists the files that may use it.
 */
#ifndef CULPRIT_WEB_HTML_H
#define CULPRIT_WEB_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

/* HTML that is escaped already. */
struct html {
  struct slice escaped;
};

/* Text, or the value of a quoted attribute: & < > " ' are escaped, control characters that HTML
 * does not allow become U+FFFD. */
void html_text(struct buffer *out, struct slice text);
void html_text_string(struct buffer *out, const char *text); /* null writes nothing */
void html_text_i64(struct buffer *out, int64_t number);
void html_text_u64(struct buffer *out, uint64_t number);

/* A whole address in a quoted attribute: http, https, mailto and addresses on this server pass,
 * anything else becomes "#". */
void html_url(struct buffer *out, struct slice url);
void html_url_string(struct buffer *out, const char *url);
/* What html_url() lets through. */
bool url_is_harmless(struct slice url);

/* A part of an address behind a fixed beginning: everything but unreserved characters is
 * percent-encoded. */
void html_url_part(struct buffer *out, struct slice part);
void html_url_part_string(struct buffer *out, const char *part);

void html_raw(struct buffer *out, struct html html);

/* A symbol of the icon sprite; `name` is one of tools/icons.txt. */
void html_icon(struct buffer *out, const char *name, bool is_small);

/* The initials of a name on a coloured ground, of the same colour for the same name. `shape` is
 * "", "sq" or a list of such classes from our style sheet. */
void html_avatar(struct buffer *out, struct slice name, const char *shape);

#define HTML_TEXT(out, value) \
  _Generic((value),                    \
      struct slice: html_text,         \
      char *: html_text_string,        \
      const char *: html_text_string,  \
      signed char: html_text_i64,      \
      short: html_text_i64,            \
      int: html_text_i64,              \
      long: html_text_i64,             \
      long long: html_text_i64,        \
      unsigned char: html_text_u64,    \
      unsigned short: html_text_u64,   \
      unsigned int: html_text_u64,     \
      unsigned long: html_text_u64,    \
      unsigned long long: html_text_u64)((out), (value))

#define HTML_URL(out, value) \
  _Generic((value),                  \
      struct slice: html_url,        \
      char *: html_url_string,       \
      const char *: html_url_string)((out), (value))

#define HTML_URL_PART(out, value) \
  _Generic((value),                        \
      struct slice: html_url_part,         \
      char *: html_url_part_string,        \
      const char *: html_url_part_string,  \
      int: html_text_i64,                  \
      long: html_text_i64,                 \
      long long: html_text_i64,            \
      unsigned int: html_text_u64,         \
      unsigned long: html_text_u64,        \
      unsigned long long: html_text_u64)((out), (value))

#endif
