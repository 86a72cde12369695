/* exchange.h - one request with its response, its memory, and where it stands.
 *
 * An exchange is the network thread's, except between the hand-over to a worker
 * or http_park() and the end of the work or http_resume(). It outlives its
 * connection's socket when the peer leaves early, never the connection struct.
 */
#ifndef CULPRIT_HTTP_EXCHANGE_H
#define CULPRIT_HTTP_EXCHANGE_H

#include "http/network.h"

#define EXCHANGE_MAGIC 0x45584348u

typedef void exchange_work(struct http_request *request, struct http_response *response);

struct exchange {
  uint32_t magic;
  bool is_parked;    /* the handler waits for http_resume() */
  bool is_resumed;   /* http_resume() was called and seen by the network thread */
  bool wants_worker; /* in `ready` to be given to a worker, not to be finished */
  bool wants_again;  /* with wants_worker: the route's handler is to run once more */
  bool is_due;       /* for a worker, as soon as the one that has it lets go */
  bool has_worker;   /* the pool has it */
  bool is_on_worker; /* the response is made on a worker thread, which may compress it */
  struct connection *connection;
  struct exchange *next; /* in `free` or `ready` */

  struct arena arena;
  struct http_request request;
  struct http_response response;
  struct buffer response_head;

  struct http_head head;
  struct chunked chunked;
  char *body;
  size_t body_len, body_capacity;
  size_t body_limit;
  size_t budget; /* bytes taken from the memory budget */
  int64_t started_us;

  exchange_work *work; /* of http_run_on_worker(); null for the route's handler */
  uv_work_t work_request;
};

/* A fresh one, from those kept or new. */
struct exchange *exchange_take(struct network *network, struct connection *connection);
/* Gives back all it holds. */
void exchange_release(struct network *network, struct exchange *exchange);
void exchange_free(struct exchange *exchange);

/* Makes room for `wanted` bytes of body in all; false when the budget is exhausted. */
bool exchange_reserve_body(struct exchange *exchange, size_t wanted);

/* Runs the route's handler; true when the response is ready, false when it will be resumed. */
bool exchange_start(struct exchange *exchange);
/* Fills the response for a status without handler. */
void exchange_fill_problem(struct exchange *exchange, int code, const char *reason);
/* On the network thread: takes all that was resumed meanwhile. */
void exchange_take_ready(struct network *network);

#endif
