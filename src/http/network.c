/* network.c - see network.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "http/limits.h"

#include "base/banned.h"

enum { LISTEN_BACKLOG = 1024, TIMER_MS = 250 };

static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void network_check_end(struct network *network) {
  if (!network->is_stopping || network->connection_count) return;
  close_handle((uv_handle_t *)&network->timer);
  close_handle((uv_handle_t *)&network->wake);
}

static void close_idle(struct network *network) {
  while (network->idle.oldest) connection_close(network->idle.oldest);
}

static void begin_stop(struct network *network, int64_t within_ms) {
  network->is_stopping = true;
  network->stop_deadline_ms = (int64_t)uv_now(&network->loop) + within_ms;
  for (size_t i = 0; i < network->listener_count; i++)
    close_handle((uv_handle_t *)&network->listeners[i].stream);
  close_idle(network);
  network_check_end(network);
}

/* A wake-up of our own comes after all sockets had their turn. */
static void continue_turns(struct network *network) {
  if (!network->has_turns) return;
  network->has_turns = false;
  struct connection *connection = network->busy.oldest;
  while (connection) {
    struct connection *next = connection->newer;
    if (connection->state == CONNECTION_TURN) connection_continue(connection);
    connection = next;
  }
}

static void on_wake(uv_async_t *wake) {
  struct network *network = wake->data;
  pthread_mutex_lock(&network->mutex);
  int64_t stop_within_ms = network->stop_within_ms;
  pthread_mutex_unlock(&network->mutex);
  exchange_take_ready(network);
  continue_turns(network);
  if (stop_within_ms >= 0 && !network->is_stopping) begin_stop(network, stop_within_ms);
}

/* The idle list is ordered by age, so its head tells; the busy ones are looked at one by one. */
static void on_timer(uv_timer_t *timer) {
  struct network *network = timer->data;
  int64_t now_ms = (int64_t)uv_now(&network->loop);
  if (network->is_stopping) close_idle(network);
  while (network->idle.oldest && now_ms - network->idle.oldest->since_ms >= HTTP_IDLE_TIMEOUT_MS)
    connection_close(network->idle.oldest);
  struct connection *connection = network->busy.oldest;
  while (connection) {
    struct connection *next = connection->newer;
    if (network->is_stopping && now_ms >= network->stop_deadline_ms)
      connection_close(connection);
    else
      connection_check_time(connection, now_ms);
    connection = next;
  }
}

static void on_connection(uv_stream_t *stream, int status) {
  struct listener *listener = (struct listener *)stream;
  if (status == 0) connection_accept(listener);
}

struct network *network_make(struct http_server *server) {
  struct network *network = memset(memory_alloc(sizeof *network), 0, sizeof *network);
  network->server = server;
  network->stop_within_ms = -1;
  pthread_mutex_init(&network->mutex, NULL);
  uv_loop_init(&network->loop);
  uv_async_init(&network->loop, &network->wake, on_wake);
  uv_timer_init(&network->loop, &network->timer);
  network->wake.data = network;
  network->timer.data = network;
  uv_timer_start(&network->timer, on_timer, TIMER_MS, TIMER_MS);
  return network;
}

enum status network_listen(struct network *network, int fd, bool is_control,
                           struct problem *problem) {
  struct listener *listener = &network->listeners[network->listener_count++];
  struct sockaddr_storage name;
  socklen_t length = sizeof name;
  listener->network = network;
  listener->is_control = is_control;
  getsockname(fd, (struct sockaddr *)&name, &length);
  int error;
  if (name.ss_family == AF_UNIX) {
    uv_pipe_init(&network->loop, &listener->pipe, 0);
    error = uv_pipe_open(&listener->pipe, fd);
  } else {
    uv_tcp_init(&network->loop, &listener->tcp);
    error = uv_tcp_open(&listener->tcp, fd);
  }
  if (!error) error = uv_listen(&listener->stream, LISTEN_BACKLOG, on_connection);
  if (!error) return STATUS_OK;
  return problem_set(problem, error == UV_EADDRINUSE ? STATUS_CONFLICT : STATUS_FAILED,
                     "Cannot listen: %s.", uv_strerror(error));
}

void *network_run(void *argument) {
  struct network *network = argument;
  sigset_t signals;
  /* Signals are for the main thread. */
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  pthread_setname_np(pthread_self(), "network");
  uv_run(&network->loop, UV_RUN_DEFAULT);
  return NULL;
}

void network_stop(struct network *network, int64_t timeout_ms) {
  pthread_mutex_lock(&network->mutex);
  network->stop_within_ms = timeout_ms > 0 ? timeout_ms : 0;
  uv_async_send(&network->wake);
  pthread_mutex_unlock(&network->mutex);
}

static void free_kept(struct network *network) {
  while (network->free) {
    struct exchange *exchange = network->free;
    network->free = exchange->next;
    exchange_free(exchange);
  }
}

void network_free(struct network *network) {
  /* The thread holds the lock no more, but another one may still be leaving http_resume(). */
  pthread_mutex_lock(&network->mutex);
  pthread_mutex_unlock(&network->mutex);
  free_kept(network);
  if (!network->is_stopping) {
    begin_stop(network, 0);
    uv_run(&network->loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&network->loop);
  pthread_mutex_destroy(&network->mutex);
  free(network);
}

const char *network_date(struct network *network) {
  static const char days[] = "ThuFriSatSunMonTueWed";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int64_t now_ms = clock_now_ms(), now_s = now_ms / SECOND_MS;
  if (now_s == network->date_s) return network->date;
  struct civil_time t = time_civil(now_ms);
  unsigned weekday = (unsigned)((uint64_t)now_s / 86400 % 7);
  snprintf(network->date, sizeof network->date, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
           days + (size_t)weekday * 3, (unsigned)t.day % 100u, months + (size_t)(t.month - 1) * 3,
           (unsigned)t.year % 10000u, (unsigned)t.hour % 100u, (unsigned)t.minute % 100u,
           (unsigned)t.second % 100u);
  network->date_s = now_s;
  return network->date;
}
