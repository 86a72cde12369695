/* status.h - how functions say that something did not work.
 *
 * Bad input is a value, not an exception: a fallible function returns a status
 * and fills one `struct problem`, which the HTTP layer renders as JSON or HTML
 * and the command line prints. The message names the thing, what is wrong and
 * what to do. Bugs are `assert`; out of memory ends the process.
 */
#ifndef CULPRIT_BASE_STATUS_H
#define CULPRIT_BASE_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum status {
  STATUS_OK = 0,
  STATUS_END,             /* nothing more to read; not a failure */
  STATUS_PENDING,         /* not known yet; whoever said so tells how to wait */
  STATUS_BAD_INPUT,       /* 400: malformed or not allowed as it stands */
  STATUS_UNAUTHENTICATED, /* 401: nobody, or not who they say */
  STATUS_FORBIDDEN,       /* 403: known, but may not */
  STATUS_NOT_FOUND,       /* 404: is not there, or must look so */
  STATUS_CONFLICT,        /* 409: somebody was faster, or the name is taken */
  STATUS_TOO_LARGE,       /* 413 */
  STATUS_BUSY,            /* 429: over a rate */
  STATUS_UNAVAILABLE,     /* 503: queue or disk full, shutting down; try again */
  STATUS_FAILED,          /* 500: our fault or the machine's */
};

/* Room for one sentence or two. */
#define PROBLEM_MESSAGE_BYTES 400
#define PROBLEM_FIELD_BYTES 64

struct problem {
  enum status status;
  char message[PROBLEM_MESSAGE_BYTES]; /* for people; valid UTF-8, ends in NUL */
  char field[PROBLEM_FIELD_BYTES];     /* the form field or attribute, "" when there is none */
};

/* Fills `problem` (which may be null) and returns `status`, so that a function
 * can end with `return problem_set(...)`. A message that is too long is cut. */
enum status problem_set(struct problem *problem, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum status problem_set_field(struct problem *problem, enum status status, const char *field,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The HTTP status code that stands for `status`. */
int status_http_code(enum status status);

#endif
