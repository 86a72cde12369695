/* http.h - requests and responses, as handlers see them.
 *
 *   network thread                      worker thread (pool)
 *   ──────────────                      ────────────────────
 *   read, parse, check ─► route ─┬─► ROUTE_INLINE: handler runs here; it may
 *                                │     http_park() and be resumed from any thread
 *                                └─► ROUTE_WORKER ─► handler runs there, may block
 *   write  ◄── response ready ◄──┘
 *
 * A request, its arena and its response belong to whoever runs the handler; they
 * die when the response is written or the peer is gone (never before a parked
 * request was resumed). The server knows nothing of what is served.
 */
#ifndef CULPRIT_HTTP_HTTP_H
#define CULPRIT_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

struct http_header {
  struct slice name, value;
};

#define HTTP_MAX_PATH_PARAMETERS 6

struct http_request {
  struct arena *arena; /* dies with the request */
  struct slice method; /* "GET" */
  struct slice target; /* as received: path and query */
  struct slice path;   /* as received, still percent-encoded, starts with '/' */
  struct slice query;  /* without '?', still encoded; may be empty */
  struct slice body;   /* transfer coding removed, content coding not */
  struct http_header *headers;
  size_t header_count;
  struct slice client_address; /* text, no port; from X-Forwarded-For only behind a trusted proxy */
  bool is_secure;              /* the client used https, as a trusted proxy says */
  bool is_control;             /* came over the control socket: an operator of this machine */
  const struct http_route *route;
  struct {
    struct slice name, value; /* percent-decoded, valid UTF-8 */
  } parameters[HTTP_MAX_PATH_PARAMETERS];
  size_t parameter_count;
  void *application; /* of the server's configuration */
  void *user;        /* for the handlers' own use */
};

struct http_response {
  int status;          /* 200 at first */
  struct buffer body;  /* limited to HTTP_RESPONSE_LIMIT */
  struct arena *arena; /* the request's; header values are kept there */
  struct http_header *headers;
  size_t header_count;
  /* Sent instead of `body`, not copied: bytes that live as long as the program. */
  struct slice static_body;
  size_t budget; /* of http_reserve_body(); given back when the response is gone */
};

typedef void http_handler(struct http_request *request, struct http_response *response);

enum http_route_mode { ROUTE_INLINE, ROUTE_WORKER };

/* One line of a route table. In `pattern`, "{name}" stands for one path segment and
 * "{name...}" at the end for all that is left. A trailing slash is optional in the
 * request. `access` is the application's business (see http_server_options.before). */
struct http_route {
  const char *method; /* "GET" serves HEAD too */
  const char *pattern;
  http_handler *handler;
  enum http_route_mode mode;
  unsigned access;
  size_t body_limit; /* bytes on the wire; 0 means HTTP_BODY_LIMIT_DEFAULT */
};

/* --- reading a request ------------------------------------------------------- */

/* Value of the first header of that name (any case), or the empty slice. */
struct slice http_header(const struct http_request *request, const char *name);
bool http_has_header(const struct http_request *request, const char *name);
/* A path parameter of the route, or the empty slice. */
struct slice http_parameter(const struct http_request *request, const char *name);
/* A query parameter, decoded ('+' is a blank) and made valid UTF-8; false when absent. */
bool http_query(const struct http_request *request, const char *name, struct slice *value);
/* The same, the empty slice when absent. */
struct slice http_query_value(const struct http_request *request, const char *name);
/* A field of an application/x-www-form-urlencoded body; the empty slice when absent. */
struct slice http_form_value(const struct http_request *request, const char *name);
struct slice http_cookie(const struct http_request *request, const char *name);

/* Percent-decoding into the arena; invalid escapes stay as they are. `plus_is_blank` for forms
 * and queries. The result may hold any byte. */
struct slice url_decode(struct arena *arena, struct slice s, bool plus_is_blank);
/* Encodes everything but unreserved characters. */
struct slice url_encode(struct arena *arena, struct slice s);

/* --- writing a response ------------------------------------------------------ */

/* Adds a header; copies `value` into the arena. CR, LF and NUL in it become blanks. */
void http_set_header(struct http_response *response, const char *name, struct slice value);
void http_add_header(struct http_response *response, const char *name, struct slice value);
/* 303 See Other to a path on this server; an absolute URL or "//host" is a bug (asserted). */
void http_redirect(struct http_response *response, struct slice path);
/* A Set-Cookie with HttpOnly, SameSite=Lax, Path=/ and Secure when `request` came by https.
 * `max_age_s` 0 deletes the cookie. */
void http_set_cookie(const struct http_request *request, struct http_response *response,
                     const char *name, struct slice value, int64_t max_age_s);

/* Room for a body of some megabytes, within the memory of all bodies (http_memory_take()). False
 * when there is none at the moment: answer 503. Once for each response. */
bool http_reserve_body(struct http_response *response, size_t bytes) MUST_CHECK;
/* Headers for a file that somebody sent and somebody else downloads: saved under `name`, never
 * shown or run as a part of this site. */
void http_set_download(struct http_response *response, struct slice name,
                       struct slice content_type);

/* --- parking ----------------------------------------------------------------- */

/* In a handler: the response is not ready yet. A ROUTE_WORKER handler that parks must have written
 * nothing; its worker serves others meanwhile. */
void http_park(struct http_request *request);
/* Calls the handler of a parked ROUTE_WORKER request once more on a worker, where it may park
 * again; callable from every thread, even before the handler has returned, exactly once for each
 * http_park(). After it neither the request nor the response may be touched. */
void http_run_again(struct http_request *request);
/* The response of a parked request is ready; callable from every thread, exactly once. After it
 * neither the request nor the response may be touched. */
void http_resume(struct http_request *request);
/* Hands a parked request to `work` on a worker thread; `work` must end in http_resume(). */
void http_run_on_worker(struct http_request *request,
                        void (*work)(struct http_request *request, struct http_response *response));

/* --- the server -------------------------------------------------------------- */

struct http_server;

struct http_server_options {
  const char *listen;       /* "127.0.0.1:9000", "[::1]:9000" or "unix:/path"; port 0 picks one */
  const char *control_path; /* Unix socket for operators, mode 0600; null for none */
  unsigned threads;         /* network threads; 0 for one each core */
  const struct http_route *routes; /* searched in order; ends with a null pattern */
  /* Called before a route's handler, on the handler's thread. Returning false means that it
   * filled the response itself. Null allows everything. */
  bool (*before)(struct http_request *request, struct http_response *response);
  /* Fills a response for a status without handler: 404, 405, and what the server itself refuses
   * (400, 408, 413, 414, 417, 431, 500, 501, 503, 505). `problem` says why. Null gives plain text.
   * For what the parser refuses, `request` holds what was read so far, perhaps nothing. */
  void (*on_problem)(struct http_request *request, struct http_response *response,
                     const struct problem *problem);
  /* Addresses or CIDR ranges, comma-separated, whose X-Forwarded-* is believed; "unix" stands for
   * whoever connects to `listen` when that is a Unix socket. Null for none. */
  const char *trusted_proxies;
  void *application;
};

/* Binds and starts the threads. STATUS_CONFLICT with a clear message when the address is taken. */
enum status http_server_start(struct http_server **server,
                              const struct http_server_options *options,
                              struct problem *problem) MUST_CHECK;
/* "127.0.0.1:9000" with the real port, or "unix:/path"; lives as long as the server. */
const char *http_server_address(const struct http_server *server);
/* Accepts nothing new, answers what it has (with `Connection: close`), waits at most `timeout_ms`,
 * joins the threads and frees everything. */
void http_server_stop(struct http_server *server, int64_t timeout_ms);

struct http_statistics {
  uint64_t requests, bad_requests, connections_open, connections_total, bytes_in_flight;
};
struct http_statistics http_server_statistics(const struct http_server *server);

/* Bytes that bodies may take at once, all connections together. A body that does not fit is refused
 * with 503 and Retry-After. Decoders take from the same budget. Thread-safe. */
bool http_memory_take(size_t bytes);
void http_memory_give(size_t bytes);

#endif
