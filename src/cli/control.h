/* control.h - commands that run in the server.
 *
 *   culprit project create …                 culprit serve
 *   ────────────────────────                 ─────────────
 *   POST /-/control/run ──► DATA/control.sock ──► the same command, on the server's store
 *   {"words": […], "input": "…"}                  {"exit": 0, "output": "…", "error": "…"}
 *
 * The socket is its owner's alone (mode 0600); the route answers 404 on any other way in.
 */
#ifndef CULPRIT_CLI_CONTROL_H
#define CULPRIT_CLI_CONTROL_H

#include "base/arena.h"
#include "cli/command.h"
#include "http/http.h"

#define CONTROL_RUN_PATH "/-/control/run"

/* The path of the control socket of a data directory, in the arena. A path that is too long for a
 * socket goes by way of an open directory, whose descriptor stays open. */
const char *control_socket_path(struct arena *arena, const char *directory);

struct control_request {
  const char *directory;
  const char *method, *path;
  struct slice body; /* JSON, or empty */
  bool is_long;      /* it may take hours */
};
struct control_answer {
  int code; /* of HTTP */
  struct slice body;
};
/* Asks the server that runs on a data directory. STATUS_UNAVAILABLE when none does. The answer is
 * from the arena. */
enum status control_call(struct arena *arena, const struct control_request *request,
                         struct control_answer *answer, struct problem *problem) MUST_CHECK;

/* Runs a command in the server of `directory`. */
struct control_run {
  const char *directory;
  const struct arguments *arguments;
  struct slice input;
  const char *progress; /* the name under which it tells how far it is, or null */
};
struct control_result {
  int exit_status;
  struct slice output, error;
};
enum status control_run(struct arena *arena, const struct control_run *run,
                        struct control_result *result, struct problem *problem) MUST_CHECK;

/* The server's side. */
void control_handler(struct http_request *request, struct http_response *response);

#endif
