/* log.h - structured logs on standard error, one line each, in logfmt:
 *
 *   time=2026-11-22T09:38:00.123Z level=info message="listening" address=127.0.0.1:9000
 *
 * Nothing secret is ever logged: no token, password, DSN key or event content.
 * Safe from every thread; a line is written with one call.
 */
#ifndef CULPRIT_BASE_LOG_H
#define CULPRIT_BASE_LOG_H

#include <stdbool.h>

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Lines below `level` are dropped; info at the start. */
void log_set_level(enum log_level level);
/* Whether a line of that level would be written, for lines that cost something to make. */
bool log_is_on(enum log_level level);

/* `fields` is a printf format that gives ready "name=value" pairs, or "". Values
 * that may hold blanks, quotes or outside input go through log_quote(). */
void log_write(enum log_level level, const char *message, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_QUOTED_BYTES 256
/* `s` in quotes with escapes, cut to fit `out`; returns `out`. */
const char *log_quote(char out[LOG_QUOTED_BYTES], struct slice s);

#endif
