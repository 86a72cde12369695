/* log.c - see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

enum { LINE_BYTES = 2048 };

static _Atomic int lowest_level = LOG_INFO;

void log_set_level(enum log_level level) { atomic_store(&lowest_level, (int)level); }

bool log_is_on(enum log_level level) { return (int)level >= atomic_load(&lowest_level); }

void log_write(enum log_level level, const char *message, const char *fields, ...) {
  static const char *const names[] = {"debug", "info", "warning", "error"};
  char line[LINE_BYTES], time[TIME_ISO_BYTES];
  if ((int)level < atomic_load(&lowest_level)) return;
  time_format_iso(clock_now_ms(), time);
  int length =
      snprintf(line, sizeof line, "time=%s level=%s message=\"%s\" ", time, names[level], message);
  if (length < 0 || length >= LINE_BYTES - 1) return;
  va_list args;
  va_start(args, fields);
  int more = vsnprintf(line + length, sizeof line - (size_t)length - 1, fields, args);
  va_end(args);
  if (more > 0) length += more;
  if (length > LINE_BYTES - 2) length = LINE_BYTES - 2;
  line[length++] = '\n';
  /* A log line that cannot be written has nowhere else to go. */
  if (write(STDERR_FILENO, line, (size_t)length) < 0) return;
}

const char *log_quote(char out[LOG_QUOTED_BYTES], struct slice s) {
  static const char digits[] = "0123456789abcdef";
  size_t len = 0;
  out[len++] = '"';
  for (size_t i = 0; i < s.len && len < LOG_QUOTED_BYTES - 6; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c == '"' || c == '\\') {
      out[len++] = '\\';
      out[len++] = (char)c;
    } else if (c < 0x20 || c >= 0x7f) {
      out[len++] = '\\';
      out[len++] = 'x';
      out[len++] = digits[c >> 4];
      out[len++] = digits[c & 15];
    } else {
      out[len++] = (char)c;
    }
  }
  out[len++] = '"';
  out[len] = '\0';
  return out;
}
