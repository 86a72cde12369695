/* remote.h - what connected Sentrys answer: asked in the background, remembered, given with its
 * age.
 *
 *   page ─► remote_ask() ─┬─ known ──────────► the answer; when it is older than a minute, Sentry
 * is │                    asked again meanwhile ├─ failed just now ─► the problem └─ not known
 * ──────► STATUS_PENDING ─► remote_wait() ─► handler runs again
 *
 *   keeper thread ─► asks for the first page of every connection's list from time to time, so that
 *                    it is at hand, and so that errors which came back are noticed
 *
 * A question is a path and query below the connection's URL. Only answers that were understood are
 * remembered (store/remote_answer.h, and in memory until they are on disk). What fails is not tried
 * again at once, and a server that asks for patience gets it.
 */
#ifndef CULPRIT_SOURCE_REMOTE_H
#define CULPRIT_SOURCE_REMOTE_H

#include "http/client.h"
#include "store/connection.h"
#include "store/remote_answer.h"

struct remote;

/* Starts the keeper. The client has to outlive it. */
struct remote *remote_open(struct store *store, struct http_client *client);
/* Ends the waits of parked requests, whose handlers run once more and get a problem. Nothing is
 * asked afterwards. */
void remote_stop(struct remote *remote);
/* Frees everything, null too: after remote_stop(), when the client and the store are closed. */
void remote_close(struct remote *remote);

/* What the answer has to be, to be remembered. */
enum remote_kind { REMOTE_ISSUES, REMOTE_ISSUE, REMOTE_EVENT };

struct remote_question {
  const struct connection *connection;
  enum remote_kind kind;
  struct slice path;
  /* An answer that was asked for before this is too old to be shown while a newer can be had. */
  int64_t newer_than_ms;
};
struct remote_reply {
  struct remote_answer answer;
  struct problem problem; /* of the latest try, when it failed after the answer came */
  int64_t retry_ms;       /* with a problem: when it is tried again */
};
/* Not for network threads. STATUS_OK; STATUS_PENDING; STATUS_BAD_INPUT: Sentry does not understand
 * the question; STATUS_NOT_FOUND: it has no such thing; else why nothing is known. */
enum status remote_ask(struct remote *remote, struct arena *arena,
                       const struct remote_question *question, struct remote_reply *reply,
                       struct problem *problem) MUST_CHECK;

/* Parks the request until each of the questions has an answer or a failure; then its handler runs
 * again. */
struct remote_wait_list {
  const struct connection *connection;
  const struct slice *paths;
  size_t count;
};
void remote_wait(struct remote *remote, const struct remote_wait_list *list,
                 struct http_request *request);

#endif
