/* status.c - see status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#include "base/banned.h"

__attribute__((format(printf, 3, 0))) static void fill(struct problem *problem, enum status status,
                                                       const char *format, va_list args) {
  problem->status = status;
  int length = vsnprintf(problem->message, sizeof problem->message, format, args);
  if (length >= (int)sizeof problem->message) {
    struct slice whole = slice_of(problem->message, sizeof problem->message - 1);
    problem->message[slice_cut_utf8(whole, whole.len - 4).len] = '\0';
  }
}

enum status problem_set(struct problem *problem, enum status status, const char *format, ...) {
  if (!problem) return status;
  va_list args;
  va_start(args, format);
  problem->field[0] = '\0';
  fill(problem, status, format, args);
  va_end(args);
  return status;
}

enum status problem_set_field(struct problem *problem, enum status status, const char *field,
                              const char *format, ...) {
  if (!problem) return status;
  va_list args;
  va_start(args, format);
  snprintf(problem->field, sizeof problem->field, "%s", field);
  fill(problem, status, format, args);
  va_end(args);
  return status;
}

int status_http_code(enum status status) {
  switch (status) {
    case STATUS_OK: return 200;
    case STATUS_END: return 204;
    case STATUS_PENDING: return 503; /* never an answer: it is waited for */
    case STATUS_BAD_INPUT: return 400;
    case STATUS_UNAUTHENTICATED: return 401;
    case STATUS_FORBIDDEN: return 403;
    case STATUS_NOT_FOUND: return 404;
    case STATUS_CONFLICT: return 409;
    case STATUS_TOO_LARGE: return 413;
    case STATUS_BUSY: return 429;
    case STATUS_UNAVAILABLE: return 503;
    case STATUS_FAILED: break;
  }
  return 500;
}
