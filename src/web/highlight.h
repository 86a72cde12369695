/* highlight.h - source lines with their words coloured. */
#ifndef CULPRIT_WEB_HIGHLIGHT_H
#define CULPRIT_WEB_HIGHLIGHT_H

#include "base/buffer.h"
#include "base/slice.h"

struct language; /* how to read one; lives as long as the program */

/* By the file's extension, else by the platform of the event ("python", "javascript"); plain text
 * when neither is known. Never null. */
const struct language *language_of(struct slice filename, struct slice platform);

/* Writes one line, escaped, in <span>s of the classes k (keyword), s (string), d (number),
 * f (called function) and c (comment). A string or comment that began on a line before is not
 * known of. */
void highlight_line(struct buffer *out, const struct language *language, struct slice line);

#endif
