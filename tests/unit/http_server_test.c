/* The server with a few routes, spoken to in exact bytes. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"
#include "http/limits.h"
#include "http/memory.h"

enum { ANSWER_LIMIT = 64 * 1024 * 1024, BIG_BYTES = 12 * 1024 * 1024, WAIT_MS = 5000 };

/* --- routes ------------------------------------------------------------------ */

static void hello(struct http_request *request, struct http_response *response) {
  buffer_printf(&response->body, "hello %.*s from %.*s%s%s\n",
                SLICE_ARGS(http_query_value(request, "name")), SLICE_ARGS(request->client_address),
                request->is_secure ? " secure" : "", request->is_control ? " control" : "");
}

static void echo(struct http_request *request, struct http_response *response) {
  buffer_append_slice(&response->body, request->body);
}

static _Atomic unsigned waiting_count;

static void *resume_later(void *argument) {
  struct http_request *request = argument;
  struct http_response *response = request->user;
  usleep(20000);
  buffer_printf(&response->body, "parked %.*s", SLICE_ARGS(request->body));
  atomic_fetch_sub(&waiting_count, 1);
  http_resume(request);
  return NULL;
}

static void park(struct http_request *request, struct http_response *response) {
  pthread_t thread;
  request->user = response;
  atomic_fetch_add(&waiting_count, 1);
  http_park(request);
  if (pthread_create(&thread, NULL, resume_later, request)) abort();
  pthread_detach(thread);
}

static void finish_on_worker(struct http_request *request, struct http_response *response) {
  buffer_append_slice(&response->body, SLICE("worked"));
  http_resume(request);
}

static void park_then_work(struct http_request *request, struct http_response *response) {
  (void)response;
  http_park(request);
  http_run_on_worker(request, finish_on_worker);
}

/* Runs three times: parks, is called again while it may still run, parks, is called again later. */
static void *call_later(void *request) {
  usleep(20000);
  atomic_fetch_sub(&waiting_count, 1);
  http_run_again(request);
  return NULL;
}

static void park_on_worker(struct http_request *request, struct http_response *response) {
  pthread_t thread;
  int *runs = request->user;
  if (!runs) request->user = runs = ARENA_NEW(request->arena, int);
  switch ((*runs)++) {
    case 0:
      http_park(request);
      http_run_again(request);
      break;
    case 1:
      atomic_fetch_add(&waiting_count, 1);
      http_park(request);
      if (pthread_create(&thread, NULL, call_later, request)) abort();
      pthread_detach(thread);
      break;
    default: buffer_printf(&response->body, "ran %d times", *runs);
  }
}

static void page(struct http_request *request, struct http_response *response) {
  (void)request;
  http_set_header(response, "Content-Type", SLICE("text/html; charset=utf-8"));
  for (int i = 0; i < 500; i++) BUFFER_APPEND_LITERAL(&response->body, "<p>line</p>\n");
}

static void big(struct http_request *request, struct http_response *response) {
  (void)request;
  memset(buffer_reserve(&response->body, BIG_BYTES), 'b', BIG_BYTES);
  response->body.len = BIG_BYTES;
}

static void overflow(struct http_request *request, struct http_response *response) {
  (void)request;
  assert(!buffer_reserve(&response->body, HTTP_RESPONSE_LIMIT + 1));
}

static bool before(struct http_request *request, struct http_response *response) {
  if (request->route->access != 7) return true;
  response->status = 403;
  return false;
}

static void empty(struct http_request *request, struct http_response *response) {
  (void)request;
  response->status = 204;
}

static const struct http_route routes[] = {
    {"GET", "/hello", hello, ROUTE_INLINE, 0, 0},
    {"POST", "/echo", echo, ROUTE_INLINE, 0, 4 * 1024 * 1024},
    {"POST", "/small", echo, ROUTE_INLINE, 0, 10},
    {"POST", "/park", park, ROUTE_INLINE, 0, 0},
    {"GET", "/park-then-work", park_then_work, ROUTE_INLINE, 0, 0},
    {"GET", "/park-on-worker", park_on_worker, ROUTE_WORKER, 0, 0},
    {"GET", "/page", page, ROUTE_WORKER, 0, 0},
    {"GET", "/big", big, ROUTE_INLINE, 0, 0},
    {"GET", "/overflow", overflow, ROUTE_INLINE, 0, 0},
    {"GET", "/forbidden", hello, ROUTE_WORKER, 7, 0},
    {"GET", "/empty", empty, ROUTE_INLINE, 0, 0},
    {NULL, NULL, NULL, ROUTE_INLINE, 0, 0},
};

/* --- a client of bytes ------------------------------------------------------- */

static struct http_server *server;
static char directory[] = "/tmp/culprit-http-XXXXXX";
static char control_path[64];

static int connect_tcp(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const char *port = strrchr(http_server_address(server), ':') + 1;
  address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void send_all(int fd, const void *bytes, size_t len) {
  const char *at = bytes;
  while (len) {
    ssize_t count = send(fd, at, len, MSG_NOSIGNAL);
    if (count < 0) return; /* the server has closed; the test looks at its answer */
    at += count;
    len -= (size_t)count;
  }
}

static void send_text(int fd, const char *text) { send_all(fd, text, strlen(text)); }

/* Reads until the answer holds `wanted` or the server closes; the caller frees. */
static char *receive_until(int fd, const char *wanted) {
  size_t len = 0, capacity = 65536;
  char *answer = malloc(capacity + 1);
  for (;;) {
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    if (poll(&waiting, 1, WAIT_MS) != 1) fail_msg("no answer in time, wanted \"%s\"", wanted);
    if (len == capacity) answer = realloc(answer, (capacity *= 2) + 1);
    ssize_t count = recv(fd, answer + len, capacity - len, 0);
    if (count > 0) len += (size_t)count;
    answer[len] = '\0';
    if (count <= 0 || (wanted && strstr(answer, wanted))) return answer;
  }
}

/* Sends, reads until the server closes. */
static char *converse(const char *request) {
  int fd = connect_tcp();
  send_text(fd, request);
  char *answer = receive_until(fd, NULL);
  close(fd);
  return answer;
}

static void assert_answer(const char *request, const char *wanted) {
  char *answer = converse(request);
  if (!strstr(answer, wanted)) fail_msg("\"%s\" gave \"%.300s\"", request, answer);
  free(answer);
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  while ((text = strstr(text, part))) count++, text++;
  return count;
}

#define CLOSE "Host: a\r\nConnection: close\r\n"

/* --- tests ------------------------------------------------------------------- */

static void test_simple(void **state) {
  (void)state;
  assert_answer("GET /hello?name=me HTTP/1.1\r\n" CLOSE "\r\n",
                "\r\n\r\nhello me from 127.0.0.1\n");
  assert_answer("GET /hello HTTP/1.1\r\n" CLOSE "\r\n",
                "Content-Length: 22\r\nConnection: close\r\n");
  assert_answer("GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 200 OK\r\nDate: ");
  assert_answer("GET /empty HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 204 No Content\r\n");
  assert_answer("GET /forbidden HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 403 ");
  assert_answer("GET /overflow HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 500 ");
  assert_answer("GET /nowhere HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 404 ");
  assert_answer("BREW /hello HTTP/1.1\r\n" CLOSE "\r\n", "Allow: GET, HEAD\r\n");
  assert_answer("BREW /hello HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 405 ");
  assert_answer("OPTIONS /hello HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 405 ");
  assert_answer("GET /hello HTTP/1.0\r\n\r\n", "Connection: close\r\n");
  assert_answer("GET /hello HTTP/1.1\r\n" CLOSE
                "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: "
                "https\r\n\r\n",
                "from 9.9.9.9 secure");
}

static void test_head_method(void **state) {
  (void)state;
  char *answer = converse("HEAD /hello HTTP/1.1\r\n" CLOSE "\r\n");
  assert_non_null(strstr(answer, "Content-Length: 22\r\n"));
  assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
  free(answer);
}

static void test_refusals(void **state) {
  (void)state;
  static const char *const requests[] = {
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET /hello HTTP/1.1\nHost: a\n\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    char *answer = converse(requests[i]);
    assert_memory_equal(answer, "HTTP/1.1 400 ", 13);
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_int_equal(count_of(answer, "HTTP/1.1 "), 1);
    free(answer);
  }
  assert_answer("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 ");
  assert_answer("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 413 ");
  assert_answer(
      "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "b\r\n12345678901\r\n0\r\n\r\n",
      "HTTP/1.1 413 ");
}

/* A sender that does not stop sending still gets to read why it was refused. */
static void test_refusal_is_readable(void **state) {
  (void)state;
  int fd = connect_tcp();
  char *bytes = calloc(1, 2000000);
  send_text(fd, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  send_all(fd, bytes, 2000000);
  char *answer = receive_until(fd, NULL);
  assert_memory_equal(answer, "HTTP/1.1 413 ", 13);
  free(answer);
  free(bytes);
  close(fd);
}

static void test_large_heads(void **state) {
  (void)state;
  int fd = connect_tcp();
  send_text(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0; i < 10000; i++) send_text(fd, "X-Filler: 0123456789012345678901234567\r\n");
  char *answer = receive_until(fd, NULL);
  assert_memory_equal(answer, "HTTP/1.1 431 ", 13);
  free(answer);
  close(fd);
}

static void test_keep_alive(void **state) {
  (void)state;
  int fd = connect_tcp();
  for (int i = 0; i < 50; i++) {
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    send_text(fd, "cde");
    char *answer = receive_until(fd, "abcde");
    assert_null(strstr(answer, "Connection"));
    free(answer);
  }
  close(fd);
  fd = connect_tcp();
  send_text(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  char *answer = receive_until(fd, "127.0.0.1\n");
  assert_non_null(strstr(answer, "Connection: keep-alive\r\n"));
  free(answer);
  close(fd);
}

static void test_pipeline(void **state) {
  (void)state;
  int fd = connect_tcp();
  struct buffer all = buffer_make(1 << 20);
  for (int i = 0; i < 30; i++) {
    buffer_printf(&all, "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d", i);
    buffer_printf(&all,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "4\r\n<%02d>\r\n0\r\n\r\n",
                  i);
    buffer_printf(&all, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  buffer_append_slice(&all, SLICE("GET /hello?name=last HTTP/1.1\r\n" CLOSE "\r\n"));
  send_all(fd, all.data, all.len);
  char *answer = receive_until(fd, NULL), *at = answer;
  for (int i = 0; i < 30; i++) {
    char wanted[20];
    snprintf(wanted, sizeof wanted, "parked %02d", i);
    at = strstr(at, wanted);
    assert_non_null(at);
    snprintf(wanted, sizeof wanted, "<%02d>", i);
    at = strstr(at, wanted);
    assert_non_null(at);
    at = strstr(at, "<p>line</p>");
    assert_non_null(at);
  }
  assert_non_null(strstr(at, "hello last"));
  assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 91);
  free(answer);
  buffer_free(&all);
  close(fd);
}

/* Every request byte by byte, then split at each place. */
static void test_pieces(void **state) {
  (void)state;
  static const char text[] =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\nxyz";
  for (size_t cut = 1; cut < sizeof text - 1; cut += 3) {
    int fd = connect_tcp();
    send_all(fd, text, cut);
    usleep(300);
    send_all(fd, text + cut, sizeof text - 1 - cut);
    char *answer = receive_until(fd, NULL);
    assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 2);
    assert_non_null(strstr(answer, "\r\n\r\nabcHTTP/1.1 "));
    assert_non_null(strstr(answer, "\r\n\r\nxyz"));
    free(answer);
    close(fd);
  }
}

static void test_continue(void **state) {
  (void)state;
  int fd = connect_tcp();
  send_text(fd,
            "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  char *answer = receive_until(fd, "\r\n\r\n");
  assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
  free(answer);
  send_text(fd, "abc");
  answer = receive_until(fd, NULL);
  assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
  free(answer);
  close(fd);
  assert_answer(
      "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n",
      "HTTP/1.1 413 ");
}

static void test_large_bodies(void **state) {
  (void)state;
  size_t size = 3 * 1024 * 1024;
  char *bytes = malloc(size + 1), head[100];
  for (size_t i = 0; i < size; i++) bytes[i] = (char)('a' + i % 26);
  bytes[size] = '\0';
  int fd = connect_tcp();
  snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: %zu\r\n\r\n", size);
  send_text(fd, head);
  send_all(fd, bytes, size);
  char *answer = receive_until(fd, NULL);
  assert_string_equal(strstr(answer, "\r\n\r\n") + 4, bytes);
  free(answer);
  close(fd);
  fd = connect_tcp();
  send_text(fd, "POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n");
  for (size_t at = 0; at < size; at += 65536) {
    send_text(fd, "10000\r\n");
    send_all(fd, bytes + at, 65536);
    send_text(fd, "\r\n");
  }
  send_text(fd, "0\r\n\r\n");
  answer = receive_until(fd, NULL);
  assert_string_equal(strstr(answer, "\r\n\r\n") + 4, bytes);
  free(answer);
  free(bytes);
  close(fd);
}

static void test_slow_reader(void **state) {
  (void)state;
  int fd = connect_tcp();
  send_text(fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\n" CLOSE "\r\n");
  usleep(100000);
  char *answer = receive_until(fd, NULL);
  char *body = strstr(answer, "\r\n\r\n") + 4;
  assert_int_equal(strspn(body, "b"), BIG_BYTES);
  assert_non_null(strstr(body + BIG_BYTES, "hello  from"));
  free(answer);
  close(fd);
}

static void test_workers(void **state) {
  (void)state;
  assert_answer("GET /park-then-work HTTP/1.1\r\n" CLOSE "\r\n", "worked");
  for (int i = 0; i < 50; i++)
    assert_answer("GET /park-on-worker HTTP/1.1\r\n" CLOSE "\r\n", "ran 3 times");
  assert_answer("GET /page HTTP/1.1\r\n" CLOSE "\r\n",
                "Vary: Accept-Encoding\r\nContent-Length: 6000");
  assert_answer("GET /page HTTP/1.1\r\n" CLOSE "Accept-Encoding: br, gzip\r\n\r\n",
                "Content-Encoding: gzip\r\n");
}

/* Peers that leave while their request is in work, in every state. */
static void test_peer_leaves(void **state) {
  (void)state;
  static const char *const texts[] = {
      "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na",
      "GET /page HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /park-then-work HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /park-on-worker HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na",
      "GET /hel",
  };
  for (size_t round = 0; round < 20; round++) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
      struct linger reset = {.l_onoff = 1, .l_linger = 0};
      int fd = connect_tcp();
      send_text(fd, texts[i]);
      if (round % 2) setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      if (round % 3) usleep(200);
      close(fd);
    }
  }
  for (int i = 0; i < 500 && http_server_statistics(server).connections_open; i++) usleep(10000);
  assert_int_equal(http_server_statistics(server).connections_open, 0);
  assert_int_equal(http_memory_taken(), 0);
}

static void test_half_close(void **state) {
  (void)state;
  int fd = connect_tcp();
  send_text(fd,
            "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
            "GET /hello?name=then HTTP/1.1\r\nHost: a\r\n\r\n");
  shutdown(fd, SHUT_WR);
  char *answer = receive_until(fd, NULL);
  assert_non_null(strstr(answer, "parked x"));
  assert_non_null(strstr(answer, "hello then"));
  free(answer);
  close(fd);
}

static void test_budget(void **state) {
  (void)state;
  char request[700];
  snprintf(request, sizeof request,
           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n%0500d", 0);
  assert_true(http_memory_take(HTTP_BODIES_LIMIT - 100));
  assert_answer(request, "HTTP/1.1 503 ");
  assert_answer(request, "Retry-After: 5\r\n");
  assert_answer("GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 200 ");
  http_memory_give(HTTP_BODIES_LIMIT - 100);
  assert_answer("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\nabc", "\r\n\r\nabc");
}

/* Those who announce much take nothing; those who sent much and stopped give way. */
static void test_silent_senders(void **state) {
  (void)state;
  enum { SENDERS = 40, SENT = 1500000 };
  int fds[SENDERS];
  char *bytes = calloc(1, SENT);
  for (int i = 0; i < SENDERS; i++) {
    fds[i] = connect_tcp();
    send_text(fds[i], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
  }
  usleep(50000);
  assert_true(http_memory_taken() < HTTP_BODIES_LIMIT / 4);
  for (int i = 0; i < SENDERS; i++) send_all(fds[i], bytes, SENT);
  usleep((HTTP_SILENCE_MS + 300) * 1000);
  for (int i = 0; i < 10; i++) {
    int fd = connect_tcp();
    send_text(fd, "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 1500000\r\n\r\n");
    send_all(fd, bytes, SENT);
    char *answer = receive_until(fd, NULL);
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    free(answer);
    close(fd);
  }
  for (int i = 0; i < SENDERS; i++) close(fds[i]);
  for (int i = 0; i < 500 && http_memory_taken(); i++) usleep(10000);
  assert_int_equal(http_memory_taken(), 0);
  free(bytes);
}

static void *send_flood(void *argument) {
  int fd = *(int *)argument;
  for (int i = 0; i < 5000; i++) send_text(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  send_text(fd, "GET /hello?name=last HTTP/1.1\r\n" CLOSE "\r\n");
  return NULL;
}

static void test_flood(void **state) {
  (void)state;
  pthread_t sender;
  int fd = connect_tcp();
  assert_int_equal(pthread_create(&sender, NULL, send_flood, &fd), 0);
  usleep(20000);
  char *answer = receive_until(fd, NULL);
  pthread_join(sender, NULL);
  assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 5001);
  assert_non_null(strstr(answer, "hello last"));
  free(answer);
  close(fd);
}

static void test_control(void **state) {
  (void)state;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat info;
  memcpy(address.sun_path, control_path, strlen(control_path) + 1);
  assert_int_equal(stat(control_path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  send_text(fd, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n");
  char *answer = receive_until(fd, NULL);
  assert_non_null(strstr(answer, " control\n"));
  free(answer);
  close(fd);
}

static void test_address_taken(void **state) {
  (void)state;
  struct http_server *other = server;
  struct problem problem;
  struct http_server_options options = {.listen = http_server_address(server), .routes = routes};
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_CONFLICT);
  assert_null(other);
  assert_non_null(strstr(problem.message, "another program"));
  options.listen = "127.0.0.1:0";
  options.control_path = control_path;
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_CONFLICT);
  options.control_path = NULL;
  options.listen = "nowhere";
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_BAD_INPUT);
  options.listen = "192.0.2.1:80";
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_FAILED);
  options.listen = "127.0.0.1:0";
  options.trusted_proxies = "x";
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_BAD_INPUT);
}

static void test_unix_listen(void **state) {
  (void)state;
  char path[80], listen[100];
  struct http_server *other;
  struct problem problem;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(path, sizeof path, "%s/listen", directory);
  snprintf(listen, sizeof listen, "unix:%s", path);
  memcpy(address.sun_path, path, strlen(path) + 1);
  int stale = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof address), 0);
  close(stale);
  struct http_server_options options = {.listen = listen, .routes = routes, .threads = 2};
  assert_int_equal(http_server_start(&other, &options, &problem), STATUS_OK);
  assert_string_equal(http_server_address(other), listen);
  for (int i = 0; i < 10; i++) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    send_text(fd, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n");
    char *answer = receive_until(fd, NULL);
    assert_non_null(strstr(answer, "hello  from \n"));
    free(answer);
    close(fd);
  }
  http_server_stop(other, 1000);
  assert_int_equal(access(path, F_OK), -1);
}

static void test_many_idle(void **state) {
  (void)state;
  int fds[1000];
  for (size_t i = 0; i < 1000; i++) fds[i] = connect_tcp();
  assert_answer("GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 200 ");
  for (size_t i = 0; i < 1000; i++) {
    if (i % 2) send_text(fds[i], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (size_t i = 1; i < 1000; i += 2) free(receive_until(fds[i], "127.0.0.1\n"));
  assert_true(http_server_statistics(server).connections_open >= 1000);
  for (size_t i = 0; i < 1000; i++) close(fds[i]);
}

/* What is in work is answered, and the rest is closed. */
static void test_stop(void **state) {
  (void)state;
  struct http_server *saved = server;
  struct problem problem;
  struct http_server_options options = {
      .listen = "127.0.0.1:0", .routes = routes, .threads = 2, .trusted_proxies = "127.0.0.1"};
  assert_int_equal(http_server_start(&server, &options, &problem), STATUS_OK);
  int idle = connect_tcp(), parked = connect_tcp(), partial = connect_tcp();
  send_text(parked, "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  send_text(partial, "GET /hello HTT");
  while (!atomic_load(&waiting_count)) usleep(1000);
  int64_t start_us = clock_monotonic_us();
  http_server_stop(server, 300);
  assert_true(clock_monotonic_us() - start_us < 4000000);
  char *answer = receive_until(parked, NULL);
  assert_non_null(strstr(answer, "Connection: close\r\n"));
  assert_non_null(strstr(answer, "parked x"));
  free(answer);
  answer = receive_until(idle, NULL);
  assert_string_equal(answer, "");
  free(answer);
  close(idle);
  close(parked);
  close(partial);
  server = saved;
}

static int start(void **state) {
  (void)state;
  struct problem problem;
  if (!mkdtemp(directory)) return -1;
  snprintf(control_path, sizeof control_path, "%s/control", directory);
  struct http_server_options options = {
      .listen = "127.0.0.1:0",
      .control_path = control_path,
      .threads = 2,
      .routes = routes,
      .before = before,
      .trusted_proxies = "127.0.0.0/8",
  };
  return http_server_start(&server, &options, &problem) ? -1 : 0;
}

static int stop(void **state) {
  (void)state;
  http_server_stop(server, 2000);
  bool is_clean = access(control_path, F_OK) && !rmdir(directory) && !http_memory_taken();
  return is_clean ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_simple),        cmocka_unit_test(test_head_method),
      cmocka_unit_test(test_refusals),      cmocka_unit_test(test_refusal_is_readable),
      cmocka_unit_test(test_large_heads),   cmocka_unit_test(test_keep_alive),
      cmocka_unit_test(test_pipeline),      cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_continue),      cmocka_unit_test(test_large_bodies),
      cmocka_unit_test(test_slow_reader),   cmocka_unit_test(test_workers),
      cmocka_unit_test(test_peer_leaves),   cmocka_unit_test(test_half_close),
      cmocka_unit_test(test_budget),        cmocka_unit_test(test_silent_senders),
      cmocka_unit_test(test_flood),         cmocka_unit_test(test_control),
      cmocka_unit_test(test_address_taken), cmocka_unit_test(test_unix_listen),
      cmocka_unit_test(test_many_idle),     cmocka_unit_test(test_stop),
  };
  return cmocka_run_group_tests_name("http server", tests, start, stop);
}
