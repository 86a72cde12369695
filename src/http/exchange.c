/* exchange.c - see exchange.h.
 *
 *   exchange_start ─► inline handler ─┬─► ready
 *          │                          └─► parked ─► http_resume() ─► network->ready
 *          └─► pool ─► worker ─► on_worker_done ─► ready
 *
 * A parked exchange may be given to the pool as well; it is finished when both
 * http_resume() was seen and the pool has let go of it, whichever comes last. A
 * handler that parked on a worker may be called again before that worker is seen
 * to have let go; the exchange then waits for it (`is_due`).
 */
#include "http/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/limits.h"
#include "http/response.h"

#include "base/banned.h"

/* Per network thread: so many idle exchanges are kept, with buffers of no more than that. */
enum { KEPT_EXCHANGES = 32, KEPT_BUFFER_BYTES = 32 * 1024, RESPONSE_HEAD_LIMIT = 256 * 1024 };

/* --- memory ------------------------------------------------------------------ */

struct exchange *exchange_take(struct network *network, struct connection *connection) {
  struct exchange *exchange = network->free;
  if (exchange) {
    network->free = exchange->next;
    network->free_count--;
  } else {
    exchange = memset(memory_alloc(sizeof *exchange), 0, sizeof *exchange);
    exchange->response_head = buffer_make(RESPONSE_HEAD_LIMIT);
    exchange->response.body = buffer_make(HTTP_RESPONSE_LIMIT);
  }
  exchange->magic = EXCHANGE_MAGIC;
  exchange->next = NULL;
  exchange->connection = connection;
  exchange->request.arena = &exchange->arena;
  exchange->request.application = network->server->options.application;
  exchange->request.is_control = connection->is_control;
  exchange->response.arena = &exchange->arena;
  exchange->response.status = 200;
  exchange->started_us = clock_monotonic_us();
  return exchange;
}

void exchange_free(struct exchange *exchange) {
  arena_free(&exchange->arena);
  buffer_free(&exchange->response.body);
  buffer_free(&exchange->response_head);
  free(exchange->body);
  exchange->magic = 0;
  free(exchange);
}

/* Empties a buffer for the next use; a large one is freed. */
static struct buffer recycle(struct buffer buffer, size_t limit) {
  if (buffer.capacity > KEPT_BUFFER_BYTES) buffer_free(&buffer);
  buffer_clear(&buffer);
  buffer.limit = limit;
  return buffer;
}

void exchange_release(struct network *network, struct exchange *exchange) {
  assert(exchange->magic == EXCHANGE_MAGIC);
  http_memory_give(exchange->budget + exchange->response.budget);
  exchange->budget = 0;
  if (network->free_count == KEPT_EXCHANGES || network->is_stopping) {
    exchange_free(exchange);
    return;
  }
  arena_reset(&exchange->arena);
  struct exchange kept = {
      .arena = exchange->arena,
      .response_head = recycle(exchange->response_head, RESPONSE_HEAD_LIMIT),
      .response.body = recycle(exchange->response.body, HTTP_RESPONSE_LIMIT),
      .body = exchange->body,
      .body_capacity = exchange->body_capacity,
      .next = network->free,
  };
  if (kept.body_capacity > KEPT_BUFFER_BYTES) {
    free(kept.body);
    kept.body = NULL;
    kept.body_capacity = 0;
  }
  *exchange = kept;
  network->free = exchange;
  network->free_count++;
}

static struct exchange *exchange_of(struct http_request *request) {
  struct exchange *exchange =
      (struct exchange *)((char *)request - offsetof(struct exchange, request));
  assert(exchange->magic == EXCHANGE_MAGIC);
  return exchange;
}

bool exchange_reserve_body(struct exchange *exchange, size_t wanted) {
  size_t capacity = exchange->body_capacity;
  if (wanted > capacity) {
    capacity = wanted > capacity * 2 ? wanted : capacity * 2;
    if (capacity > exchange->body_limit) capacity = exchange->body_limit;
  }
  if (capacity > exchange->budget) {
    if (!http_memory_take(capacity - exchange->budget)) return false;
    exchange->budget = capacity;
  }
  if (capacity > exchange->body_capacity) {
    exchange->body = memory_realloc(exchange->body, capacity);
    exchange->body_capacity = capacity;
  }
  return true;
}

/* --- handlers ---------------------------------------------------------------- */

static enum status status_of_code(int code) {
  switch (code) {
    case 404: return STATUS_NOT_FOUND;
    case 413: return STATUS_TOO_LARGE;
    case 500: return STATUS_FAILED;
    case 503: return STATUS_UNAVAILABLE;
    default: return STATUS_BAD_INPUT;
  }
}

void exchange_fill_problem(struct exchange *exchange, int code, const char *reason) {
  const struct http_server_options *options = &exchange->connection->network->server->options;
  struct http_response *response = &exchange->response;
  struct problem problem;
  problem_set(&problem, status_of_code(code), "%s", reason);
  buffer_clear(&response->body);
  response->static_body = SLICE_EMPTY;
  response->status = code;
  if (code == 503) http_set_header(response, "Retry-After", SLICE("5"));
  if (options->on_problem) {
    options->on_problem(&exchange->request, response, &problem);
    return;
  }
  http_set_header(response, "Content-Type", SLICE("text/plain; charset=utf-8"));
  buffer_printf(&response->body, "%s\n", reason);
}

/* A handler that runs again was let in before. */
static void run_handler(struct exchange *exchange, bool is_again) {
  const struct http_server_options *options = &exchange->connection->network->server->options;
  struct http_request *request = &exchange->request;
  struct http_response *response = &exchange->response;
  if (!is_again && options->before && !options->before(request, response)) return;
  request->route->handler(request, response);
}

static void on_worker(uv_work_t *work_request) {
  struct exchange *exchange = work_request->data;
  assert(exchange->magic == EXCHANGE_MAGIC);
  if (exchange->work) {
    exchange->work(&exchange->request, &exchange->response);
    return;
  }
  bool is_late = clock_monotonic_us() - exchange->started_us > HTTP_PARKED_LIMIT_MS * 1000LL;
  if (exchange->wants_again && is_late)
    exchange_fill_problem(exchange, 503, "This took too long. Try again in a moment.");
  else
    run_handler(exchange, exchange->wants_again);
  if (!exchange->is_parked) response_compress(&exchange->request, &exchange->response);
}

static void give_to_worker(struct exchange *exchange);

static void finish_if_done(struct exchange *exchange) {
  if (exchange->has_worker || (exchange->is_parked && !exchange->is_resumed)) return;
  connection_answer(exchange->connection);
}

static void on_worker_done(uv_work_t *work_request, int status) {
  struct exchange *exchange = work_request->data;
  assert(exchange->magic == EXCHANGE_MAGIC && status == 0);
  (void)status;
  exchange->has_worker = false;
  if (exchange->is_due)
    give_to_worker(exchange);
  else
    finish_if_done(exchange);
}

static void give_to_worker(struct exchange *exchange) {
  struct network *network = exchange->connection->network;
  exchange->wants_worker = exchange->is_due = false;
  if (exchange->wants_again) exchange->is_parked = false;
  exchange->has_worker = true;
  exchange->is_on_worker = true;
  exchange->work_request.data = exchange;
  int failed = uv_queue_work(&network->loop, &exchange->work_request, on_worker, on_worker_done);
  assert(!failed);
  (void)failed;
}

bool exchange_start(struct exchange *exchange) {
  if (exchange->request.route->mode == ROUTE_WORKER) {
    give_to_worker(exchange);
    return false;
  }
  run_handler(exchange, false);
  return !exchange->is_parked;
}

/* --- parking ----------------------------------------------------------------- */

void http_park(struct http_request *request) {
  struct exchange *exchange = exchange_of(request);
  assert(!exchange->is_parked);
  exchange->is_parked = true;
}

/* Hands over to the network thread. The wake-up is sent under the lock, so that the network
 * cannot be gone between the two. */
static void push_ready(struct exchange *exchange) {
  struct network *network = exchange->connection->network;
  pthread_mutex_lock(&network->mutex);
  bool is_first = !network->ready;
  exchange->next = network->ready;
  network->ready = exchange;
  if (is_first) uv_async_send(&network->wake);
  pthread_mutex_unlock(&network->mutex);
}

void http_resume(struct http_request *request) {
  struct exchange *exchange = exchange_of(request);
  if (exchange->is_on_worker) response_compress(request, &exchange->response);
  push_ready(exchange);
}

void http_run_on_worker(struct http_request *request, exchange_work *work) {
  struct exchange *exchange = exchange_of(request);
  assert(exchange->is_parked && work);
  exchange->work = work;
  exchange->wants_worker = true;
  push_ready(exchange);
}

void http_run_again(struct http_request *request) {
  struct exchange *exchange = exchange_of(request);
  assert(request->route->mode == ROUTE_WORKER);
  exchange->wants_again = true;
  exchange->wants_worker = true;
  push_ready(exchange);
}

static struct exchange *reversed(struct exchange *list) {
  struct exchange *result = NULL;
  while (list) {
    struct exchange *next = list->next;
    list->next = result;
    result = list;
    list = next;
  }
  return result;
}

void exchange_take_ready(struct network *network) {
  pthread_mutex_lock(&network->mutex);
  struct exchange *ready = network->ready;
  network->ready = NULL;
  pthread_mutex_unlock(&network->mutex);
  for (struct exchange *exchange = reversed(ready), *next; exchange; exchange = next) {
    next = exchange->next;
    exchange->next = NULL;
    if (exchange->wants_worker) {
      exchange->is_due = true;
      if (!exchange->has_worker) give_to_worker(exchange);
      continue;
    }
    exchange->is_resumed = true;
    finish_if_done(exchange);
  }
}
