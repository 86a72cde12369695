/* connection.c - see connection.h.
 *
 *            ┌──────────────────────────────────────────────┐
 *            ▼                                              │ keep-alive (by TURN, if greedy)
 *   IDLE ─► HEAD ─► BODY ─► WORK ─► WRITE ──────────────────┤
 *            │       │                                      │ last
 *            └───────┴── refused ──► WRITE ──► LINGER ─► CLOSED
 *
 * One request is in work at a time; what the peer sends meanwhile is held, and
 * reading stops until the answer is out, so answers come in order. Bytes held
 * and bodies are paid from the memory budget.
 */
#include "http/connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/limits.h"
#include "http/response.h"

#include "base/banned.h"

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);
static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);

static struct connection *connection_of(void *data) {
  struct connection *connection = data;
  assert(connection->magic == CONNECTION_MAGIC);
  return connection;
}

/* --- lists and states -------------------------------------------------------- */

static struct connection_list *list_of(struct connection *connection) {
  return connection->state == CONNECTION_IDLE ? &connection->network->idle
                                              : &connection->network->busy;
}

static void list_remove(struct connection *connection) {
  struct connection_list *list = list_of(connection);
  if (connection->older)
    connection->older->newer = connection->newer;
  else
    list->oldest = connection->newer;
  if (connection->newer)
    connection->newer->older = connection->older;
  else
    list->newest = connection->older;
}

static void list_add(struct connection *connection) {
  struct connection_list *list = list_of(connection);
  connection->newer = NULL;
  connection->older = list->newest;
  if (list->newest)
    list->newest->newer = connection;
  else
    list->oldest = connection;
  list->newest = connection;
}

static void set_state(struct connection *connection, enum connection_state state) {
  bool changes_list = (connection->state == CONNECTION_IDLE) != (state == CONNECTION_IDLE);
  if (changes_list) list_remove(connection);
  connection->state = (uint8_t)state;
  if (changes_list) list_add(connection);
  connection->since_ms = (int64_t)uv_now(&connection->network->loop);
}

static void start_reading(struct connection *connection) {
  if (connection->is_reading || connection->is_peer_done) return;
  connection->is_reading = uv_read_start(&connection->stream, on_allocate, on_read) == 0;
}

static void stop_reading(struct connection *connection) {
  if (!connection->is_reading) return;
  uv_read_stop(&connection->stream);
  connection->is_reading = false;
}

static void drop_held(struct connection *connection) {
  http_memory_give(connection->held_budget);
  connection->held_budget = 0;
  buffer_free(&connection->held);
}

/* --- closing ----------------------------------------------------------------- */

static void free_if_done(struct connection *connection) {
  struct network *network = connection->network;
  if (!connection->is_handle_closed || connection->exchange) return;
  list_remove(connection);
  drop_held(connection);
  connection->magic = 0;
  free(connection);
  network->connection_count--;
  network_check_end(network);
}

static void on_closed(uv_handle_t *handle) {
  struct connection *connection = connection_of(handle->data);
  connection->is_handle_closed = true;
  free_if_done(connection);
}

static void release_exchange(struct connection *connection) {
  if (!connection->exchange) return;
  exchange_release(connection->network, connection->exchange);
  connection->exchange = NULL;
}

void connection_close(struct connection *connection) {
  bool is_in_work = connection->state == CONNECTION_WORK;
  bool is_in_write = connection->state == CONNECTION_WRITE;
  if (connection->state == CONNECTION_CLOSED) return;
  set_state(connection, CONNECTION_CLOSED);
  connection->is_reading = false;
  atomic_fetch_sub_explicit(&connection->network->connections_open, 1, memory_order_relaxed);
  /* A handler or a pending write still uses it; connection_answer() or on_written() let go. */
  if (!is_in_work && !is_in_write) release_exchange(connection);
  uv_close((uv_handle_t *)&connection->stream, on_closed);
}

/* Sends the end of the stream and waits for the peer's: a reset would take the answer from it. */
static void linger(struct connection *connection) {
  uv_os_fd_t fd;
  if (connection->is_peer_done || uv_fileno((uv_handle_t *)&connection->stream, &fd) ||
      shutdown(fd, SHUT_WR)) {
    connection_close(connection);
    return;
  }
  drop_held(connection);
  connection->progress = 0;
  set_state(connection, CONNECTION_LINGER);
  start_reading(connection);
}

/* --- writing ----------------------------------------------------------------- */

static void log_access(const struct exchange *exchange) {
  char target[LOG_QUOTED_BYTES];
  if (!log_is_on(LOG_DEBUG)) return;
  log_write(LOG_DEBUG, "request", "method=%.*s path=%s status=%d duration_us=%lld",
            SLICE_ARGS(exchange->request.method), log_quote(target, exchange->request.path),
            exchange->response.status, (long long)(clock_monotonic_us() - exchange->started_us));
}

/* The response is out: the next request, or the end. */
static void after_write(struct connection *connection) {
  release_exchange(connection);
  if (connection->is_last) {
    linger(connection);
    return;
  }
  connection->scanner = (struct head_scanner){0};
  set_state(connection, CONNECTION_IDLE);
}

static void take_input(struct connection *connection, struct slice input);

/* Goes on with what was sent behind the request that is answered now. */
static void take_held(struct connection *connection) {
  if (connection->state != CONNECTION_IDLE) return;
  struct buffer held = connection->held;
  size_t budget = connection->held_budget;
  connection->held = buffer_make(held.limit);
  connection->held_budget = 0;
  if (held.len) take_input(connection, buffer_slice(&held));
  buffer_free(&held);
  http_memory_give(budget);
  bool wants_more = connection->state == CONNECTION_IDLE || connection->state == CONNECTION_HEAD ||
                    connection->state == CONNECTION_BODY;
  if (!wants_more) return;
  if (connection->is_peer_done)
    connection_close(connection);
  else
    start_reading(connection);
}

void connection_continue(struct connection *connection) {
  set_state(connection, CONNECTION_IDLE);
  take_held(connection);
}

static void on_written(uv_write_t *write, int status) {
  struct connection *connection = connection_of(write->data);
  if (connection->state == CONNECTION_CLOSED) {
    release_exchange(connection);
    free_if_done(connection);
    return;
  }
  if (status < 0) {
    release_exchange(connection);
    connection_close(connection);
    return;
  }
  after_write(connection);
  take_held(connection);
}

/* Writes at once what the socket takes, and leaves the rest to the loop. */
static void write_parts(struct connection *connection, uv_buf_t parts[2]) {
  size_t total = parts[0].len + parts[1].len;
  int count = uv_try_write(&connection->stream, parts, 2);
  if (count < 0 && count != UV_EAGAIN) {
    release_exchange(connection);
    connection_close(connection);
    return;
  }
  size_t written = count > 0 ? (size_t)count : 0;
  if (written == total) {
    after_write(connection);
    return;
  }
  for (size_t i = 0; i < 2; i++) {
    size_t skip = written < parts[i].len ? written : parts[i].len;
    parts[i].base += skip;
    parts[i].len -= skip;
    written -= skip;
  }
  set_state(connection, CONNECTION_WRITE);
  connection->write.data = connection;
  connection->progress = parts[0].len + parts[1].len;
  if (uv_write(&connection->write, &connection->stream, parts, 2, on_written)) {
    release_exchange(connection);
    connection_close(connection);
  }
}

/* Writes the response of the connection's exchange. On return the connection is in another
 * state: idle, writing, lingering or closed. */
static void write_response(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  struct http_response *response = &exchange->response;
  if (response->body.is_overflown)
    exchange_fill_problem(exchange, 500, "The answer is too large to be sent.");
  if (!exchange->head.keeps_alive || connection->network->is_stopping) connection->is_last = true;
  struct response_framing framing = {
      .date = network_date(connection->network),
      .closes = connection->is_last,
      .is_http_1_0 = exchange->head.minor_version == 0,
  };
  response_write_head(response, &framing, &exchange->response_head);
  struct slice body = response_body(response);
  bool is_head = slice_equal(exchange->request.method, SLICE("HEAD"));
  if (is_head || !response_has_body(response->status)) body.len = 0;
  log_access(exchange);
  uv_buf_t parts[2] = {
      uv_buf_init(exchange->response_head.data, (unsigned)exchange->response_head.len),
      {.base = (char *)(uintptr_t)body.ptr, .len = body.len},
  };
  assert(!exchange->response_head.is_overflown);
  write_parts(connection, parts);
}

void connection_answer(struct connection *connection) {
  assert(connection->magic == CONNECTION_MAGIC);
  if (connection->state == CONNECTION_CLOSED) {
    release_exchange(connection);
    free_if_done(connection);
    return;
  }
  write_response(connection);
  take_held(connection);
}

/* --- reading a request ------------------------------------------------------- */

/* Answers with an error that ends the connection. */
static void refuse(struct connection *connection, int code, const char *reason) {
  struct network *network = connection->network;
  if (!connection->exchange) connection->exchange = exchange_take(network, connection);
  counter_add(&network->bad_requests, 1);
  connection->is_last = true;
  drop_held(connection);
  exchange_fill_problem(connection->exchange, code, reason);
  write_response(connection);
}

static void refuse_busy(struct connection *connection) {
  refuse(connection, 503, "The server is busy with other requests. Try again later.");
}

/* Memory is short: those who stopped in the middle of a request give theirs back. */
static void refuse_silent(struct network *network) {
  int64_t now_ms = (int64_t)uv_now(&network->loop);
  struct connection *connection = network->busy.oldest;
  while (connection) {
    struct connection *next = connection->newer;
    bool is_sending = connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY;
    if (is_sending && now_ms - connection->heard_ms >= HTTP_SILENCE_MS) refuse_busy(connection);
    connection = next;
  }
}

/* Room for so many bytes of body; otherwise the request is refused. */
static bool reserve_body(struct connection *connection, size_t wanted) {
  if (exchange_reserve_body(connection->exchange, wanted)) return true;
  refuse_silent(connection->network);
  if (exchange_reserve_body(connection->exchange, wanted)) return true;
  refuse_busy(connection);
  return false;
}

/* Keeps bytes for later; false when the budget is exhausted. */
static bool hold(struct connection *connection, struct slice bytes) {
  if (!bytes.len) return true;
  if (!http_memory_take(bytes.len)) {
    refuse_silent(connection->network);
    if (!http_memory_take(bytes.len)) return false;
  }
  connection->held_budget += bytes.len;
  buffer_append_slice(&connection->held, bytes);
  return !connection->held.is_overflown;
}

static void describe_client(struct connection *connection, struct http_request *request) {
  const struct proxy_list *proxies = &connection->network->server->proxies;
  request->client_address = slice_of_string(connection->address);
  bool is_trusted = connection->is_unix ? proxies->trusts_unix && !connection->is_control
                                        : proxy_is_trusted(proxies, request->client_address);
  if (!is_trusted) return;
  request->client_address =
      proxy_client(proxies, http_header(request, "x-forwarded-for"), request->client_address);
  request->is_secure =
      slice_equal_ignore_case(http_header(request, "x-forwarded-proto"), SLICE("https"));
}

static void describe_request(struct exchange *exchange) {
  struct http_request *request = &exchange->request;
  const struct http_head *head = &exchange->head;
  request->method = head->method;
  request->target = head->target;
  request->query = head->target;
  request->path = slice_split(&request->query, '?');
  request->headers = head->headers;
  request->header_count = head->header_count;
}

static void dispatch(struct connection *connection) {
  struct exchange *exchange = connection->exchange;
  exchange->request.body = slice_of(exchange->body, exchange->body_len);
  set_state(connection, CONNECTION_WORK);
  if (exchange_start(exchange)) write_response(connection);
}

/* No route, or none for the method. A body that nobody wants is not read. */
static void answer_unrouted(struct connection *connection, struct slice allow) {
  struct exchange *exchange = connection->exchange;
  if (exchange->head.has_body) connection->is_last = true;
  if (allow.len) {
    http_set_header(&exchange->response, "Allow", allow);
    exchange_fill_problem(exchange, 405, "The address does not take this method.");
  } else {
    exchange_fill_problem(exchange, 404, "There is nothing at this address.");
  }
  write_response(connection);
}

/* The body's limits, its first memory, and the peer's wish to be asked for it. */
static void begin_body(struct connection *connection, bool has_more_input) {
  struct exchange *exchange = connection->exchange;
  const struct http_head *head = &exchange->head;
  size_t limit = exchange->request.route->body_limit;
  exchange->body_limit = limit ? limit : HTTP_BODY_LIMIT_DEFAULT;
  if (head->content_length > exchange->body_limit) {
    refuse(connection, 413, "The request's body is larger than this address takes.");
    return;
  }
  if (!head->is_chunked) exchange->body_limit = (size_t)head->content_length;
  if (!reserve_body(connection, 0)) return;
  set_state(connection, CONNECTION_BODY);
  if (!head->expects_continue || has_more_input) return;
  static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  uv_buf_t part = uv_buf_init(text, sizeof text - 1);
  if (uv_try_write(&connection->stream, &part, 1) != (int)part.len) connection_close(connection);
}

/* A whole head is here. */
static void begin_request(struct connection *connection, struct slice bytes, bool has_more_input) {
  struct network *network = connection->network;
  struct exchange *exchange = exchange_take(network, connection);
  struct http_fault fault;
  connection->exchange = exchange;
  counter_add(&network->requests, 1);
  bytes = arena_copy(&exchange->arena, bytes);
  bool is_sound = head_parse(&exchange->head, &exchange->arena, bytes, &fault);
  describe_request(exchange);
  describe_client(connection, &exchange->request);
  if (!is_sound) {
    refuse(connection, fault.code, fault.reason);
    return;
  }
  struct buffer allow = buffer_make(256);
  enum router_outcome outcome = router_find(&network->server->router, &exchange->request, &allow);
  if (outcome != ROUTER_FOUND)
    answer_unrouted(connection, buffer_slice(&allow));
  else if (exchange->head.has_body)
    begin_body(connection, has_more_input);
  else
    dispatch(connection);
  buffer_free(&allow);
}

/* Takes bytes of a head; returns what follows it. */
static struct slice read_head(struct connection *connection, struct slice input) {
  struct http_fault fault;
  size_t before = connection->held.len;
  size_t taken = input.len < HTTP_HEAD_LIMIT - before ? input.len : HTTP_HEAD_LIMIT - before;
  struct slice bytes = slice_upto(input, taken);
  if (before) {
    if (!hold(connection, bytes)) {
      refuse_busy(connection);
      return SLICE_EMPTY;
    }
    bytes = buffer_slice(&connection->held);
  }
  enum head_progress progress = head_scan(&connection->scanner, bytes, &fault);
  if (progress == HEAD_BAD) {
    refuse(connection, fault.code, fault.reason);
    return SLICE_EMPTY;
  }
  if (progress == HEAD_MORE) {
    if (connection->state == CONNECTION_IDLE) set_state(connection, CONNECTION_HEAD);
    if (!before && !hold(connection, bytes)) refuse_busy(connection);
    return slice_from(input, taken);
  }
  size_t end = connection->scanner.offset;
  struct slice rest = slice_from(input, end - before);
  begin_request(connection, slice_upto(bytes, end), rest.len > 0);
  if (before) drop_held(connection);
  return rest;
}

static bool append_body(struct connection *connection, struct slice data) {
  struct exchange *exchange = connection->exchange;
  if (data.len > exchange->body_limit - exchange->body_len) {
    refuse(connection, 413, "The request's body is larger than this address takes.");
    return false;
  }
  if (!reserve_body(connection, exchange->body_len + data.len)) return false;
  memcpy(exchange->body + exchange->body_len, data.ptr, data.len);
  exchange->body_len += data.len;
  return true;
}

static struct slice read_chunks(struct connection *connection, struct slice input) {
  struct http_fault fault;
  struct slice data;
  for (;;) {
    switch (chunked_next(&connection->exchange->chunked, &input, &data, &fault)) {
      case CHUNKED_MORE: return input;
      case CHUNKED_END: dispatch(connection); return input;
      case CHUNKED_DATA:
        if (!append_body(connection, data)) return SLICE_EMPTY;
        break;
      case CHUNKED_BAD: refuse(connection, fault.code, fault.reason); return SLICE_EMPTY;
    }
  }
}

/* Takes bytes of a body; returns what follows it. */
static struct slice read_body(struct connection *connection, struct slice input) {
  struct exchange *exchange = connection->exchange;
  if (exchange->head.is_chunked) return read_chunks(connection, input);
  size_t wanted = (size_t)exchange->head.content_length - exchange->body_len;
  struct slice data = slice_upto(input, wanted);
  if (!append_body(connection, data)) return SLICE_EMPTY;
  input = slice_from(input, data.len);
  if (data.len == wanted) dispatch(connection);
  return input;
}

/* Keeps what follows a request until there is time for it. Without memory to do so, there is no
 * request after this one. */
static void hold_back(struct connection *connection, struct slice input) {
  stop_reading(connection);
  if (connection->is_last || hold(connection, input)) return;
  connection->is_last = true;
  drop_held(connection);
}

static void wait_for_turn(struct connection *connection, struct slice input) {
  struct network *network = connection->network;
  hold_back(connection, input);
  if (connection->is_last) {
    connection_close(connection);
    return;
  }
  set_state(connection, CONNECTION_TURN);
  network->has_turns = true;
  uv_async_send(&network->wake);
}

static void take_input(struct connection *connection, struct slice input) {
  unsigned requests = 0;
  connection->heard_ms = (int64_t)uv_now(&connection->network->loop);
  while (input.len) {
    switch ((enum connection_state)connection->state) {
      case CONNECTION_IDLE:
        if (requests++ == HTTP_REQUESTS_A_TURN) {
          wait_for_turn(connection, input);
          return;
        }
        input = read_head(connection, input);
        break;
      case CONNECTION_HEAD: input = read_head(connection, input); break;
      case CONNECTION_BODY: input = read_body(connection, input); break;
      case CONNECTION_WORK:
      case CONNECTION_WRITE:
      case CONNECTION_TURN: hold_back(connection, input); return;
      case CONNECTION_LINGER:
        connection->progress += input.len;
        if (connection->progress > HTTP_LINGER_BYTES) connection_close(connection);
        return;
      case CONNECTION_CLOSED: return;
    }
  }
}

/* --- the socket -------------------------------------------------------------- */

/* Where the next bytes of a body of known length may go straight to; empty while its buffer has
 * little room, since that grows with what has come, not with what was announced. */
static uv_buf_t room_in_body(const struct connection *connection) {
  const struct exchange *exchange = connection->exchange;
  if (connection->state != CONNECTION_BODY || exchange->head.is_chunked)
    return uv_buf_init(NULL, 0);
  size_t end = exchange->body_capacity < exchange->body_limit ? exchange->body_capacity
                                                              : exchange->body_limit;
  size_t room = end - exchange->body_len;
  if (room < NETWORK_READ_BYTES && end < exchange->body_limit) return uv_buf_init(NULL, 0);
  return uv_buf_init(exchange->body + exchange->body_len, (unsigned)room);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct connection *connection = connection_of(handle->data);
  (void)suggested;
  *buffer = room_in_body(connection);
  if (!buffer->len) *buffer = uv_buf_init(connection->network->read_buffer, NETWORK_READ_BYTES);
}

/* `count` bytes were read to the end of the body. */
static void take_body_in_place(struct connection *connection, size_t count) {
  struct exchange *exchange = connection->exchange;
  exchange->body_len += count;
  connection->heard_ms = (int64_t)uv_now(&connection->network->loop);
  if (exchange->body_len == exchange->head.content_length) dispatch(connection);
}

static void on_peer_done(struct connection *connection, bool is_orderly) {
  bool is_waiting = connection->state == CONNECTION_WORK || connection->state == CONNECTION_WRITE;
  connection->is_peer_done = true;
  stop_reading(connection);
  /* A peer that only said that it sends no more still gets its answer. */
  if (!is_waiting || !is_orderly) connection_close(connection);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct connection *connection = connection_of(stream->data);
  if (count == 0) return;
  if (count < 0) {
    on_peer_done(connection, count == UV_EOF);
    return;
  }
  if (buffer->base == connection->network->read_buffer)
    take_input(connection, slice_of(buffer->base, (size_t)count));
  else
    take_body_in_place(connection, (size_t)count);
}

void connection_check_time(struct connection *connection, int64_t now_ms) {
  int64_t passed_ms = now_ms - connection->since_ms;
  switch ((enum connection_state)connection->state) {
    case CONNECTION_IDLE:
      if (passed_ms >= HTTP_IDLE_TIMEOUT_MS) connection_close(connection);
      break;
    case CONNECTION_HEAD:
      if (passed_ms < HTTP_HEAD_TIMEOUT_MS) break;
      refuse(connection, 408, "The request's head did not arrive in time.");
      break;
    case CONNECTION_BODY: {
      int64_t received = (int64_t)connection->exchange->body_len;
      int64_t earned_ms = received * SECOND_MS / HTTP_BODY_BYTES_PER_SECOND;
      if (passed_ms < HTTP_BODY_GRACE_MS + earned_ms) break;
      refuse(connection, 408, "The request's body did not arrive in time.");
      break;
    }
    case CONNECTION_WRITE: {
      size_t left = uv_stream_get_write_queue_size(&connection->stream);
      if (left < connection->progress) {
        connection->progress = left;
        connection->since_ms = now_ms;
      } else if (passed_ms >= HTTP_WRITE_TIMEOUT_MS) {
        connection_close(connection);
      }
      break;
    }
    case CONNECTION_LINGER:
      if (passed_ms >= HTTP_LINGER_TIMEOUT_MS || connection->network->is_stopping)
        connection_close(connection);
      break;
    case CONNECTION_TURN:
    case CONNECTION_WORK:
    case CONNECTION_CLOSED: break;
  }
}

/* --- accepting --------------------------------------------------------------- */

static void note_address(struct connection *connection) {
  struct sockaddr_storage peer;
  int length = sizeof peer;
  if (connection->is_unix) return;
  if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&peer, &length)) return;
  if (peer.ss_family == AF_INET)
    uv_ip4_name((struct sockaddr_in *)&peer, connection->address, sizeof connection->address);
  else
    uv_ip6_name((struct sockaddr_in6 *)&peer, connection->address, sizeof connection->address);
}

static struct connection *make_connection(struct listener *listener) {
  struct network *network = listener->network;
  struct connection *connection = memset(memory_alloc(sizeof *connection), 0, sizeof *connection);
  connection->magic = CONNECTION_MAGIC;
  connection->network = network;
  connection->is_control = listener->is_control;
  connection->is_unix = listener->stream.type == UV_NAMED_PIPE;
  connection->held = buffer_make(HTTP_HEAD_LIMIT + NETWORK_READ_BYTES);
  if (connection->is_unix)
    uv_pipe_init(&network->loop, &connection->pipe, 0);
  else
    uv_tcp_init(&network->loop, &connection->tcp);
  connection->stream.data = connection;
  connection->since_ms = (int64_t)uv_now(&network->loop);
  list_add(connection);
  network->connection_count++;
  counter_add(&network->connections_open, 1);
  counter_add(&network->connections_total, 1);
  return connection;
}

/* Closes the oldest idle connection, else the oldest that only began or is through: senders who
 * open thousands of connections must not keep others out. */
static void make_room(struct network *network) {
  struct connection *oldest = network->idle.oldest;
  if (!oldest) oldest = network->busy.oldest;
  while (oldest && oldest->state != CONNECTION_IDLE && oldest->state != CONNECTION_HEAD &&
         oldest->state != CONNECTION_LINGER)
    oldest = oldest->newer;
  if (oldest) connection_close(oldest);
}

void connection_accept(struct listener *listener) {
  struct network *network = listener->network;
  if (network->connection_count >= network->connection_limit) make_room(network);
  struct connection *connection = make_connection(listener);
  if (uv_accept(&listener->stream, &connection->stream) ||
      network->connection_count > network->connection_limit + 1) {
    connection_close(connection);
    return;
  }
  note_address(connection);
  if (!connection->is_unix) uv_tcp_nodelay(&connection->tcp, 1);
  start_reading(connection);
}
