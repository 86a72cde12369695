/* progress.h - how far a long command is, told while it runs.
 *
 *   in the server: command ─► progress_note() ─► a slot named by the caller
 *                                                       ▲ GET /-/control/progress/NAME, each second
 *   where it was typed: progress_watch() ── a thread ───┘─► standard error
 */
#ifndef CULPRIT_CLI_PROGRESS_H
#define CULPRIT_CLI_PROGRESS_H

#include "base/arena.h"
#include "http/http.h"

#define PROGRESS_PATH "/-/control/progress/"

/* A line about a command that runs; the newest counts. */
enum { PROGRESS_NAME_BYTES = 33, PROGRESS_TEXT_BYTES = 160 };
struct progress {
  char name[PROGRESS_NAME_BYTES]; /* hexadecimal; empty: printed at once */
  char text[PROGRESS_TEXT_BYTES];
  int64_t printed_ms;
  struct progress *next;
};

/* A command with that name begins and ends in this server. */
void progress_begin(struct progress *progress, struct slice name);
void progress_end(struct progress *progress);
void progress_note(struct progress *progress, struct slice text);
http_handler progress_handler;

/* Prints what the server of `directory` tells of a command until progress_unwatch(). Its name is
 * random. */
struct progress_watch;
struct progress_watch *progress_watch(const char *directory);
const char *progress_watch_name(const struct progress_watch *watch);
void progress_unwatch(struct progress_watch *watch);

#endif
