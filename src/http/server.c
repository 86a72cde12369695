/* server.c - starting and stopping the network threads.
 *
 * http_server_start() binds every socket before the first thread runs, so that
 * what can fail fails before anything is served, and in the caller's hands.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/limits.h"
#include "http/listen.h"
#include "http/memory.h"
#include "http/network.h"

#include "base/banned.h"

enum { THREAD_LIMIT = 64 };

/* What libuv and sockets need of the process. */
static void prepare_process(void) {
  char threads[8];
  struct rlimit files;
  snprintf(threads, sizeof threads, "%d", HTTP_WORKER_THREADS);
  setenv("UV_THREADPOOL_SIZE", threads, 0);
  signal(SIGPIPE, SIG_IGN);
  if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

/* Connections at once, as the process may have files open. */
static size_t connection_limit(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) return HTTP_CONNECTION_LIMIT;
  size_t open = files.rlim_cur < 2 * HTTP_CONNECTION_LIMIT ? (size_t)files.rlim_cur
                                                           : 2 * HTTP_CONNECTION_LIMIT;
  size_t left = open < 2 * HTTP_FILES_RESERVED ? open / 2 : open - HTTP_FILES_RESERVED;
  return left < HTTP_CONNECTION_LIMIT ? left : HTTP_CONNECTION_LIMIT;
}

static unsigned thread_count(unsigned wanted) {
  unsigned count = wanted ? wanted : uv_available_parallelism();
  return count < THREAD_LIMIT ? count : THREAD_LIMIT;
}

static enum status listen_on_unix(struct http_server *server, const struct listen_address *address,
                                  const char *path, struct problem *problem) {
  int fd;
  enum status status = listen_open_unix(address, false, &fd, problem);
  if (status) return status;
  server->unix_path = strdup(path);
  for (size_t i = 1; i < server->network_count && !status; i++)
    status = network_listen(server->networks[i], dup(fd), false, problem);
  enum status first = network_listen(server->networks[0], fd, false, problem);
  return status ? status : first;
}

static enum status listen_on_tcp(struct http_server *server, struct listen_address *address,
                                 struct problem *problem) {
  for (size_t i = 0; i < server->network_count; i++) {
    int fd;
    enum status status = listen_open_tcp(address, i == 0, &fd, problem);
    if (!status) status = network_listen(server->networks[i], fd, false, problem);
    if (status) return status;
  }
  return STATUS_OK;
}

static enum status listen_for_operators(struct http_server *server, struct problem *problem) {
  const char *path = server->options.control_path;
  struct listen_address address;
  int fd;
  if (!path) return STATUS_OK;
  enum status status = listen_parse_unix(&address, path, problem);
  if (!status) status = listen_open_unix(&address, true, &fd, problem);
  if (status) return status;
  server->control_path = strdup(path);
  return network_listen(server->networks[0], fd, true, problem);
}

static enum status listen_everywhere(struct http_server *server, struct problem *problem) {
  struct listen_address address;
  enum status status = listen_parse(&address, server->options.listen, problem);
  if (status) return status;
  if (address.address.ss_family == AF_UNIX)
    status = listen_on_unix(server, &address, server->options.listen + strlen("unix:"), problem);
  else
    status = listen_on_tcp(server, &address, problem);
  if (status) return status;
  listen_describe(&address, server->address, sizeof server->address);
  return listen_for_operators(server, problem);
}

static enum status start_threads(struct http_server *server, struct problem *problem) {
  for (size_t i = 0; i < server->network_count; i++) {
    struct network *network = server->networks[i];
    int error = pthread_create(&network->thread, NULL, network_run, network);
    if (error)
      return problem_set(problem, STATUS_FAILED, "Cannot start a thread: %s.", strerror(error));
    server->running_count++;
  }
  return STATUS_OK;
}

enum status http_server_start(struct http_server **result,
                              const struct http_server_options *options, struct problem *problem) {
  prepare_process();
  struct http_server *server = memset(memory_alloc(sizeof *server), 0, sizeof *server);
  server->options = *options;
  server->router = router_make(options->routes);
  size_t count = thread_count(options->threads);
  server->networks = memory_alloc(count * sizeof *server->networks);
  for (; server->network_count < count; server->network_count++) {
    struct network *network = network_make(server);
    network->connection_limit = connection_limit() / count;
    server->networks[server->network_count] = network;
  }
  enum status status = proxy_list_parse(&server->proxies, options->trusted_proxies, problem);
  if (!status) status = listen_everywhere(server, problem);
  if (!status) status = start_threads(server, problem);
  if (status) {
    http_server_stop(server, 0);
    server = NULL;
  }
  *result = server;
  return status;
}

static void remove_socket(char *path) {
  if (path) unlink(path);
  free(path);
}

void http_server_stop(struct http_server *server, int64_t timeout_ms) {
  for (size_t i = 0; i < server->running_count; i++) network_stop(server->networks[i], timeout_ms);
  for (size_t i = 0; i < server->running_count; i++)
    pthread_join(server->networks[i]->thread, NULL);
  for (size_t i = 0; i < server->network_count; i++) network_free(server->networks[i]);
  remove_socket(server->unix_path);
  remove_socket(server->control_path);
  proxy_list_free(&server->proxies);
  router_free(&server->router);
  free(server->networks);
  free(server);
}

const char *http_server_address(const struct http_server *server) { return server->address; }

struct http_statistics http_server_statistics(const struct http_server *server) {
  struct http_statistics sum = {.bytes_in_flight = http_memory_taken()};
  for (size_t i = 0; i < server->network_count; i++) {
    const struct network *network = server->networks[i];
    sum.requests += atomic_load_explicit(&network->requests, memory_order_relaxed);
    sum.bad_requests += atomic_load_explicit(&network->bad_requests, memory_order_relaxed);
    sum.connections_open += atomic_load_explicit(&network->connections_open, memory_order_relaxed);
    sum.connections_total +=
        atomic_load_explicit(&network->connections_total, memory_order_relaxed);
  }
  return sum;
}
