/* markdown.h - what people write in issues, as HTML. */
#ifndef CULPRIT_WEB_MARKDOWN_H
#define CULPRIT_WEB_MARKDOWN_H

#include "base/buffer.h"
#include "base/slice.h"

/* Writes paragraphs, headings, flat lists, quotes, fenced code, rules; within them code, bold,
 * italics and links. Anything else, HTML included, shows as the text that it is. Links go only
 * where html_url() lets them. Takes time in proportion to the text. */
void markdown_write(struct buffer *out, struct slice text);

#endif
