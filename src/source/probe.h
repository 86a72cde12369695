/* probe.h - asks a Sentry, with values that are not saved yet, what a Connect wants to know: which
 * projects the token sees, and which scopes it lacks.
 *
 *   probe_begin() ─► probe_next() ──true──► the caller has `call` done ─┐
 *                        ▲   └──false──► the results stand in the probe │
 *                        └──────────────────────────────────────────────┘
 *
 * Nothing is sent by this file: a page starts the call and parks its request, the command line
 * waits for it.
 */
#ifndef CULPRIT_SOURCE_PROBE_H
#define CULPRIT_SOURCE_PROBE_H

#include "http/client.h"
#include "source/connect.h"

/* Scopes, as bits. */
#define PROBE_EVENT_READ 1u   /* to show errors */
#define PROBE_PROJECT_READ 2u /* to find the project */
#define PROBE_EVENT_WRITE 4u  /* to resolve and ignore */

struct probe {
  /* Why there is no list of projects; STATUS_OK when there is one. */
  struct problem problem;
  struct connected connected;
  bool is_cut;       /* there are more projects than are listed */
  struct slice user; /* whose token it is; empty when the server does not tell */
  unsigned missing;  /* scopes that the token lacks for certain */
  bool knows_scopes; /* else whether it has event:write will be seen when it is used */

  /* The next question; free with probe_end(). */
  struct http_call call;
  struct arena *arena;
  struct slice project; /* whose errors are asked for when the server does not tell the scopes */
  struct http_header headers[2];
  enum { PROBE_BEGIN, PROBE_PROJECTS, PROBE_SELF, PROBE_EVENTS, PROBE_DONE } step;
  int64_t started_us;
  size_t pages, bytes;
};

/* `values` have passed connect_values_check(). Everything is borrowed and from the arena. */
void probe_begin(struct probe *probe, struct arena *arena, const struct connect_values *values,
                 struct slice project);
/* Takes the answer of `call`, if one was asked for, and fills it with the next question. False when
 * there is none left. */
bool probe_next(struct probe *probe) MUST_CHECK;
void probe_end(struct probe *probe);

/* What people should know about the scopes; empty when all is well. From the arena. */
struct slice probe_scope_message(const struct probe *probe, struct arena *arena);

#endif
