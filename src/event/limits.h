/* limits.h - what is kept of one event, with the reason and Sentry's value beside it.
 *
 * Lengths of text are in characters; longer text is cut and ends in "...".
 */
#ifndef CULPRIT_EVENT_LIMITS_H
#define CULPRIT_EVENT_LIMITS_H

/* The JSON of one event as sent. Sentry: 1 MiB. */
#define EVENT_JSON_LIMIT (1024 * 1024)
/* The JSON that is kept. GitLab refuses answers above 1 MiB, and the event's answer repeats some of
 * it in another shape. */
#define EVENT_KEPT_LIMIT (700 * 1024)

/* Text. Sentry: the same, tag keys 32 at first and 200 now. */
#define LIMIT_NAME 128      /* ids, types of mechanisms, addresses */
#define LIMIT_LOGGER 64     /* also platform, environment, dist */
#define LIMIT_EMAIL 200     /* Sentry: 75 */
#define LIMIT_RELEASE 200   /* also transaction, server name, tag keys and values */
#define LIMIT_SYMBOL 256    /* functions, modules, files; also exception types */
#define LIMIT_MESSAGE 8192  /* also exception values, URLs, header values */
#define LIMIT_CONTEXT 512   /* one line of source; minified files have lines of megabytes */
#define LIMIT_VARIABLE 1024 /* one text in a frame's variables */
#define LIMIT_TITLE 256     /* the value's part of a title. Sentry: 100, later 256 */

/* Lists. */
#define LIMIT_EXCEPTIONS 50
#define LIMIT_FRAMES 250      /* Sentry: 250. Python sends up to 1,000 */
#define LIMIT_FRAMES_OUTER 50 /* of these, so many from the outermost call */
#define LIMIT_FRAMES_WHOLE 50 /* with variables and lines around theirs. Sentry: 50 */
/* Of all stack traces of an event: three bytes of JSON can be a frame. */
#define LIMIT_FRAMES_ALL 10000
#define LIMIT_CONTEXT_LINES 20 /* before and after each; SDKs send 5 to 7 */
#define LIMIT_THREADS 256
#define LIMIT_BREADCRUMBS 100 /* the newest; SDKs keep 100 */
#define LIMIT_TAGS 200
#define LIMIT_CONTEXTS 64
#define LIMIT_PAIRS 200    /* headers, cookies, query, environment */
#define LIMIT_MODULES 2000 /* installed packages */
#define LIMIT_FINGERPRINT 32
#define LIMIT_ERRORS 30 /* notes about dropped attributes */
#define LIMIT_ERRORS_OF_ALL \
  10 /* of these, room for what only the whole event shows: wrong clocks */

/* Free-form objects: bytes of JSON and depth. Sentry: 256 KiB and 7 at most. */
#define BAG_SMALL_BYTES (2 * 1024)
#define BAG_MEDIUM_BYTES (8 * 1024)
#define BAG_LARGE_BYTES (32 * 1024)
#define BAG_HUGE_BYTES (128 * 1024) /* debug_meta: 500 loaded images */
#define BAG_MASSIVE_BYTES (256 * 1024)
/* Contexts are held to BAG_LARGE_BYTES when they are read, before tags are derived from them; this
 * is what escapes may make of those. */
#define CONTEXTS_KEPT_BYTES (BAG_LARGE_BYTES * 8)
#define BAG_DEPTH 7
#define META_DEPTH 16 /* `_meta`, which mirrors the event */

#endif
