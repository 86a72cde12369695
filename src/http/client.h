/* client.h - requests to other servers, by libcurl on one thread.
 *
 *   any thread ── http_client_start() ──► queue ─► client thread (curl multi) ─► call->done()
 *   worker ────── http_client_perform() ── the same, and waits
 *
 * Only http and https; the address that is connected to is checked: loopback, private and
 * link-local ones are refused unless they are allowed, whatever a name resolves to by now.
 * Redirects are not followed: they are answers like any other. No proxy of the environment is used,
 * no cookies, no .netrc. Every call is limited in time and size, the calls to one host and all of
 * them in number, and all answers together in memory (http/limits.h). Header values never reach the
 * log.
 */
#ifndef CULPRIT_HTTP_CLIENT_H
#define CULPRIT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "http/http.h"

struct http_client;

struct http_client_options {
  bool allow_private_addresses;
  const char *ca_file; /* certificates (PEM) that are trusted besides the system's; null for none */
};
struct http_client *http_client_open(const struct http_client_options *options);
/* Calls that are not finished end with HTTP_FAILURE_STOPPED, and so do all that are made from now
 * on. Joins the thread. */
void http_client_stop(struct http_client *client);
/* Stops it, and frees it: no other thread may use it any more. Null is fine. */
void http_client_close(struct http_client *client);

/* Why there is no complete answer. */
enum http_failure {
  HTTP_FAILURE_NONE = 0,
  HTTP_FAILURE_URL,     /* no http or https URL, user and password in it, ... */
  HTTP_FAILURE_HEADER,  /* a header's value, such as a token, holds a control character */
  HTTP_FAILURE_RESOLVE, /* the host is not known */
  HTTP_FAILURE_PRIVATE, /* the host's address is loopback, private or link-local */
  HTTP_FAILURE_REFUSED, /* nobody listens there, or it cannot be reached */
  HTTP_FAILURE_TLS,     /* handshake, certificate */
  HTTP_FAILURE_CONNECT_TIMEOUT,
  HTTP_FAILURE_TIMEOUT,   /* connected, but the answer was not complete in time */
  HTTP_FAILURE_TOO_LARGE, /* body or headers over their limits */
  HTTP_FAILURE_BROKEN,    /* not HTTP, wrong length, closed in the middle */
  HTTP_FAILURE_BUSY,      /* too many other calls: no turn in time, or no memory for the answer */
  HTTP_FAILURE_STOPPED,   /* this server is shutting down */
};

/* One request. Embed it in a struct of your own, all zero but for what is asked for; it must live
 * until `done` was called. What is asked for is borrowed until then. */
struct http_call {
  const char *method; /* "GET" */
  struct slice url;
  const struct http_header *headers;
  size_t header_count;
  struct slice body;  /* sent when not empty, or when the method is POST, PUT or PATCH */
  int64_t timeout_ms; /* for all of it, waiting for a turn included; 0: HTTP_CLIENT_TIMEOUT_MS */
  size_t body_limit;  /* of the answer, decoded; 0: HTTP_CLIENT_BODY_LIMIT */
  void (*done)(struct http_call *call); /* on the client's thread; must be quick */

  /* The answer. Belongs to the call: http_call_free(). */
  enum http_failure failure;
  char failure_text[200]; /* libcurl's words, for logs and details; no secrets */
  int status;             /* 0 when there is a failure */
  struct slice answer;
  int64_t elapsed_us; /* since the start, waiting for a turn included */

  /* The client's. */
  struct buffer answer_buffer;
  size_t answer_budget; /* taken of the memory of all answers */
  struct arena arena;
  struct http_header *answer_headers;
  size_t answer_header_count;
  struct http_transfer *transfer;
  bool is_performed, is_done;
  struct http_call *next;
};

/* `done` is called on the client's thread, but on this one, before it returns, when the client is
 * stopped. */
void http_client_start(struct http_client *client, struct http_call *call);
/* Waits until it is done; `done` must be null. Not for network threads. */
void http_client_perform(struct http_client *client, struct http_call *call);
/* Value of the first header of the answer with that name (any case), or the empty slice. */
struct slice http_call_header(const struct http_call *call, const char *name);
/* Frees what the answer takes; the call can be used again. */
void http_call_free(struct http_call *call);

#endif
