/* network.h - what the network threads are made of.
 *
 *   http_server ──► network ──► network ──► ...          one each thread: a uv loop
 *                      │
 *                      ├─ idle:  connection ─ connection   oldest first
 *                      ├─ busy:  connection ─ connection
 *                      │             │
 *                      │             └─ exchange: request + response + arena
 *                      ├─ free:  exchange ─ exchange       kept for the next request
 *                      └─ ready: exchange ─ exchange       resumed, from any thread
 *
 * All of a network belongs to its thread, but `ready`, which its mutex guards, and
 * the counters, which are atomic. An idle connection has no exchange and no
 * buffer; reading goes to one buffer of the whole network.
 */
#ifndef CULPRIT_HTTP_NETWORK_H
#define CULPRIT_HTTP_NETWORK_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "http/chunked.h"
#include "http/head.h"
#include "http/http.h"
#include "http/proxy.h"
#include "http/router.h"

/* 64 KB take an event of 15 KB with its head in one read. */
enum { NETWORK_READ_BYTES = 64 * 1024, NETWORK_DATE_BYTES = 32 };

struct connection;
struct exchange;
struct http_server;

struct connection_list {
  struct connection *oldest, *newest;
};

struct listener {
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  struct network *network;
  bool is_control;
};

struct network {
  struct http_server *server;
  pthread_t thread;
  uv_loop_t loop;
  uv_timer_t timer;
  uv_async_t wake;
  struct listener listeners[2]; /* for everybody; for operators (on the first network) */
  size_t listener_count;

  struct connection_list idle, busy;
  size_t connection_count; /* not yet freed */
  size_t connection_limit;
  struct exchange *free;
  size_t free_count;

  bool has_turns; /* some are in CONNECTION_TURN; `wake` was sent */
  bool is_stopping;
  int64_t stop_deadline_ms; /* on the loop's clock */
  int64_t date_s;           /* the second that `date` says */
  char date[NETWORK_DATE_BYTES];

  pthread_mutex_t mutex;
  struct exchange *ready; /* newest first */
  int64_t stop_within_ms; /* asked for by http_server_stop(); -1 for not yet */

  _Atomic uint64_t requests, bad_requests, connections_open, connections_total;
  char read_buffer[NETWORK_READ_BYTES];
};

struct http_server {
  struct http_server_options options;
  struct router router;
  struct proxy_list proxies;
  struct network **networks;
  size_t network_count;
  size_t running_count; /* threads */
  char *unix_path;      /* to unlink at the end; null when none */
  char *control_path;
  char address[128];
};

/* Sets up the loop, its timer and its wake-up; nothing listens yet. */
struct network *network_make(struct http_server *server);
/* Takes over a listening socket. */
enum status network_listen(struct network *network, int fd, bool is_control,
                           struct problem *problem) MUST_CHECK;
/* The thread: runs until it was stopped and everything is closed. */
void *network_run(void *network);
/* From any thread: closes what is idle, lets the rest end within that time, then run() returns. */
void network_stop(struct network *network, int64_t timeout_ms);
/* After the thread ended, or when it never started. Closes what it listens on. */
void network_free(struct network *network);
/* On the thread: a connection or exchange is gone; ends the loop when it was the last. */
void network_check_end(struct network *network);
/* "Sun, 22 Nov 2026 09:38:00 GMT", cached for a second. */
const char *network_date(struct network *network);

static inline void counter_add(_Atomic uint64_t *counter, uint64_t count) {
  atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

#endif
