/* limits.h - every limit of bringing a Sentry project in, with the reason. */
#ifndef CULPRIT_IMPORT_LIMITS_H
#define CULPRIT_IMPORT_LIMITS_H

/* Threads that read issues: two thirds of the calls that http/client.h makes to one host at once,
 * so that a connection of the same server stays usable meanwhile. */
#define IMPORT_WORKERS 4
/* Imports at once on a server: each keeps one of the four threads that pages run on. */
#define IMPORTS_LIMIT 2
/* Issues that wait for one of them: two pages of the list. */
#define IMPORT_WAITING_LIMIT 200
/* Sentry gives at most 100 issues or events a page. Where whole events make a page longer than
 * answers may be, fewer are asked for. */
#define IMPORT_PAGE_SIZE 100
/* What an answer may hold of them nevertheless. */
#define IMPORT_PAGE_LIMIT 1000
/* One page of events: Sentry takes its time over a hundred whole ones. */
#define IMPORT_TIMEOUT_MS 120000
/* A question is asked again after a failure that may pass: after 1, 2, 4, ... seconds, up to a
 * minute. It is given up when others are answered meanwhile, after so many tries ... */
#define IMPORT_TRIES 6
#define IMPORT_PAUSE_MS 1000
#define IMPORT_PAUSE_LIMIT_MS (60 * 1000)
/* ... and the import is when nothing is answered for so long: an upgrade of a self-hosted Sentry
 * takes minutes. */
#define IMPORT_PATIENCE_MS (15 * 60 * 1000)
/* The store's queue is full when senders of events need it more. */
#define IMPORT_STORE_TRIES 100
#define IMPORT_STORE_PAUSE_MS 100

#endif
