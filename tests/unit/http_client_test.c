/* http_client_test.c - requests to other servers: what is sent, what comes back, whose turn it is,
 * and addresses that must not be reached. What misbehaving servers do is in tests/client/run. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "http/address.h"
#include "http/client.h"
#include "http/limits.h"

/* --- names ------------------------------------------------------------------------------------
 * libcurl finds this program's getaddrinfo() before the system's. */

static _Atomic int changing_lookups;
static atomic_bool is_name_server_hanging;

typedef int lookup_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found) {
  lookup_fn *real = (lookup_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
  if (!host) return real(host, port, hints, found);
  /* Public at first, then an address of this machine. */
  if (strcmp(host, "changing.test") == 0)
    return real(atomic_fetch_add(&changing_lookups, 1) ? "127.0.0.1" : "192.0.0.9", port, hints,
                found);
  if (strcmp(host, "loopback.test") == 0 || strcmp(host, "slow.test") == 0 ||
      strncmp(host, "host-", 5) == 0)
    return real("127.0.0.1", port, hints, found);
  if (strcmp(host, "metadata.test") == 0) return real("169.254.169.254", port, hints, found);
  if (strcmp(host, "unknown.test") == 0) return EAI_NONAME;
  if (strcmp(host, "hanging.test") == 0) {
    while (atomic_load(&is_name_server_hanging)) usleep(10000);
    return EAI_AGAIN;
  }
  return real(host, port, hints, found);
}

/* --- the other server ---------------------------------------- */

static struct http_server *server;
static const char *port;
static _Atomic int running, most_running;

static void echo(struct http_request *request, struct http_response *response) {
  buffer_printf(&response->body, "%.*s %.*s\n", SLICE_ARGS(request->method),
                SLICE_ARGS(request->target));
  for (size_t i = 0; i < request->header_count; i++)
    buffer_printf(&response->body, "%.*s: %.*s\n", SLICE_ARGS(request->headers[i].name),
                  SLICE_ARGS(request->headers[i].value));
  buffer_append_byte(&response->body, '\n');
  buffer_append_slice(&response->body, request->body);
  http_set_header(response, "X-Answer", SLICE("one"));
  http_add_header(response, "X-Answer", SLICE("two"));
}

static void redirect(struct http_request *request, struct http_response *response) {
  (void)request;
  http_redirect(response, SLICE("/echo"));
}

static void large(struct http_request *request, struct http_response *response) {
  uint64_t bytes = 0;
  if (!slice_to_u64(http_query_value(request, "bytes"), &bytes)) abort();
  memset(buffer_reserve(&response->body, bytes), 'x', bytes);
  response->body.len = bytes;
  http_set_header(response, "Content-Type", SLICE("text/plain"));
}

static void *resume_later(void *argument) {
  usleep(100000);
  atomic_fetch_sub(&running, 1);
  http_resume(argument);
  return NULL;
}

/* Takes a tenth of a second. */
static void slow(struct http_request *request, struct http_response *response) {
  pthread_t thread;
  (void)response;
  int now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&most_running);
  while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now)) {
  }
  http_park(request);
  if (pthread_create(&thread, NULL, resume_later, request)) abort();
  pthread_detach(thread);
}

static pthread_mutex_t silent_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct http_request *silent[1000];
static size_t silent_count;

static void be_silent(struct http_request *request, struct http_response *response) {
  (void)response;
  http_park(request);
  pthread_mutex_lock(&silent_mutex);
  silent[silent_count++] = request;
  pthread_mutex_unlock(&silent_mutex);
}

/* Ends the silence; how many there were. */
static size_t speak_again(void) {
  pthread_mutex_lock(&silent_mutex);
  size_t count = silent_count;
  while (silent_count) http_resume(silent[--silent_count]);
  pthread_mutex_unlock(&silent_mutex);
  return count;
}

static const struct http_route routes[] = {
    {"GET", "/echo", echo, ROUTE_INLINE, 0, 0},
    {"POST", "/echo", echo, ROUTE_INLINE, 0, 4 * 1024 * 1024},
    {"PUT", "/echo", echo, ROUTE_INLINE, 0, 0},
    {"DELETE", "/echo", echo, ROUTE_INLINE, 0, 0},
    {"GET", "/redirect", redirect, ROUTE_INLINE, 0, 0},
    {"GET", "/large", large, ROUTE_WORKER, 0, 0},
    {"GET", "/slow", slow, ROUTE_INLINE, 0, 0},
    {"GET", "/silent", be_silent, ROUTE_INLINE, 0, 0},
    {0},
};

static int start_server(void **state) {
  const struct http_server_options options = {
      .listen = "127.0.0.1:0", .threads = 1, .routes = routes};
  struct problem problem;
  (void)state;
  assert_int_equal(http_server_start(&server, &options, &problem), STATUS_OK);
  port = strrchr(http_server_address(server), ':') + 1;
  return 0;
}

static int stop_server(void **state) {
  (void)state;
  http_server_stop(server, 5000);
  return 0;
}

/* --- calls ---------------------------------------- */

struct fixture {
  struct http_client *client;
  struct arena arena;
  struct http_call call;
};

static int open_client(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  f->client = http_client_open(&(struct http_client_options){.allow_private_addresses = true});
  *state = f;
  return 0;
}

static int open_guarded_client(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  f->client = http_client_open(&(struct http_client_options){0});
  *state = f;
  return 0;
}

static int close_client(void **state) {
  struct fixture *f = *state;
  http_client_close(f->client);
  http_call_free(&f->call);
  arena_free(&f->arena);
  free(f);
  return 0;
}

static struct slice url_of(struct fixture *f, const char *host, const char *path) {
  return arena_printf(&f->arena, "http://%s:%s%s", host, port, path);
}

/* Performs a GET; what was left in f->call is gone. */
static void get(struct fixture *f, const char *host, const char *path) {
  http_call_free(&f->call);
  f->call = (struct http_call){.method = "GET", .url = url_of(f, host, path)};
  http_client_perform(f->client, &f->call);
}

static void check_holds(const struct http_call *call, const char *wanted) {
  if (slice_find(call->answer, slice_of_string(wanted)) == call->answer.len)
    fail_msg("no \"%s\" in \"%.*s\"", wanted, SLICE_ARGS(call->answer));
}

static void check_lacks(const struct http_call *call, const char *unwanted) {
  if (slice_find(call->answer, slice_of_string(unwanted)) != call->answer.len)
    fail_msg("\"%s\" in \"%.*s\"", unwanted, SLICE_ARGS(call->answer));
}

static void test_get(void **state) {
  struct fixture *f = *state;
  get(f, "127.0.0.1", "/echo?a=b%20c");
  assert_int_equal(f->call.failure, HTTP_FAILURE_NONE);
  assert_int_equal(f->call.status, 200);
  check_holds(&f->call, "GET /echo?a=b%20c\n");
  check_holds(&f->call, "Host: 127.0.0.1:");
  check_holds(&f->call, "User-Agent: Culprit/");
  check_holds(&f->call, "Accept-Encoding: gzip\n");
  assert_true(slice_equal_string(http_call_header(&f->call, "x-answer"), "one"));
  assert_int_equal(http_call_header(&f->call, "absent").len, 0);
  assert_true(f->call.elapsed_us > 0 && f->call.elapsed_us < 5000000);
}

static void test_methods_headers_and_bodies(void **state) {
  struct fixture *f = *state;
  const struct http_header headers[] = {{SLICE("Authorization"), SLICE("Bearer secret")},
                                        {SLICE("Content-Type"), SLICE("application/json")},
                                        {SLICE("X-Empty"), SLICE_EMPTY}};
  static const char *const methods[] = {"POST", "PUT", "DELETE"};
  for (size_t i = 0; i < 3; i++) {
    f->call = (struct http_call){.method = methods[i],
                                 .url = url_of(f, "127.0.0.1", "/echo"),
                                 .headers = headers,
                                 .header_count = 3,
                                 .body = SLICE("{\"a\":1}")};
    http_client_perform(f->client, &f->call);
    assert_int_equal(f->call.status, 200);
    check_holds(&f->call, methods[i]);
    check_holds(&f->call, "Authorization: Bearer secret\n");
    check_holds(&f->call, "Content-Type: application/json\n");
    check_holds(&f->call, "X-Empty: \n");
    check_holds(&f->call, "Content-Length: 7\n");
    check_holds(&f->call, "\n\n{\"a\":1}");
    http_call_free(&f->call);
  }
  f->call = (struct http_call){.method = "POST", .url = url_of(f, "127.0.0.1", "/echo")};
  http_client_perform(f->client, &f->call);
  check_holds(&f->call, "Content-Length: 0\n");
  http_call_free(&f->call);
  f->call = (struct http_call){.method = "HEAD", .url = url_of(f, "127.0.0.1", "/echo")};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.status, 200);
  assert_int_equal(f->call.answer.len, 0);
}

/* A body above what curl asks leave for, and one with NUL. */
static void test_large_and_binary_bodies(void **state) {
  struct fixture *f = *state;
  size_t len = 3 * 1024 * 1024;
  char *body = memset(malloc(len), 'b', len);
  body[10] = '\0';
  f->call = (struct http_call){
      .method = "POST", .url = url_of(f, "127.0.0.1", "/echo"), .body = slice_of(body, len)};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.status, 200);
  check_lacks(&f->call, "Expect");
  assert_true(f->call.answer.len > len);
  free(body);
}

static void test_redirects_are_answers(void **state) {
  struct fixture *f = *state;
  get(f, "127.0.0.1", "/redirect");
  assert_int_equal(f->call.status, 303);
  assert_true(slice_equal_string(http_call_header(&f->call, "Location"), "/echo"));
}

static void test_answers_are_limited(void **state) {
  struct fixture *f = *state;
  const struct http_header coding = {SLICE("Accept-Encoding"), SLICE("identity")};
  f->call = (struct http_call){
      .method = "GET", .url = url_of(f, "127.0.0.1", "/large?bytes=100000"), .body_limit = 100000};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_NONE);
  assert_int_equal(f->call.answer.len, 100000);
  assert_true(slice_equal_string(http_call_header(&f->call, "Content-Encoding"), "gzip"));
  f->call.body_limit = 99999; /* what is on the wire is far below */
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_TOO_LARGE);
  assert_int_equal(f->call.answer.len, 0);
  assert_int_equal(f->call.status, 0);
  f->call.headers = &coding;
  f->call.header_count = 1;
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_TOO_LARGE);
}

static void test_bad_urls(void **state) {
  static const char *const urls[] = {
      "",
      "nonsense",
      "/path",
      "127.0.0.1",
      "ftp://127.0.0.1/",
      "file:///etc/passwd",
      "gopher://127.0.0.1/",
      "http://",
      "http:///path",
      "http:/127.0.0.1/",
      "http:127.0.0.1",
      "http://user@127.0.0.1/",
      "http://user:password@127.0.0.1/",
      "http://127.0.0.1:99999/",
      "http://127.0.0.1:port/",
      "http://127.0.0.1/a b",
      "http://127.0.0.1/\r\nX-Injected: 1",
      "http://[::1/",
  };
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    f->call = (struct http_call){.method = "GET", .url = slice_of_string(urls[i])};
    http_client_perform(f->client, &f->call);
    if (f->call.failure != HTTP_FAILURE_URL) fail_msg("%s: %d", urls[i], f->call.failure);
    http_call_free(&f->call);
  }
  f->call = (struct http_call){.method = "GET", .url = SLICE("http://127.0.0.1/\0")};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_URL);
}

static void test_headers_cannot_be_injected(void **state) {
  struct fixture *f = *state;
  const struct http_header bad[] = {{SLICE("Authorization"), SLICE("Bearer a\r\nX-Injected: 1")},
                                    {SLICE("Authorization"), SLICE("Bearer a\0b")},
                                    {SLICE("Authorization\n"), SLICE("Bearer a")}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    f->call = (struct http_call){.method = "GET",
                                 .url = url_of(f, "127.0.0.1", "/echo"),
                                 .headers = &bad[i],
                                 .header_count = 1};
    http_client_perform(f->client, &f->call);
    assert_int_equal(f->call.failure, HTTP_FAILURE_HEADER);
    http_call_free(&f->call);
  }
}

/* --- addresses ---------------------------------------- */

static void test_addresses(void **state) {
  static const struct {
    const char *text;
    bool is_private;
  } cases[] = {
      {"127.0.0.1", true},
      {"10.1.2.3", true},
      {"172.16.0.1", true},
      {"172.32.0.1", false},
      {"192.168.1.1", true},
      {"169.254.169.254", true},
      {"100.64.0.1", true},
      {"100.128.0.1", false},
      {"0.0.0.0", true},
      {"224.0.0.1", true},
      {"255.255.255.255", true},
      {"8.8.8.8", false},
      {"::1", true},
      {"::", true},
      {"fe80::1", true},
      {"fc00::1", true},
      {"ff02::1", true},
      {"::ffff:127.0.0.1", true},
      {"::ffff:8.8.8.8", false},
      {"64:ff9b::a00:1", true},
      {"64:ff9b::808:808", false},
      {"2002:7f00:1::", true},
      {"2001:db8::1", true},
      {"2606:4700::1111", false},
      {"2001:4860:4860::8888", false},
      {"::127.0.0.1", true},
      {"2001::1", true},
  };
  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct sockaddr_storage address = {0};
    struct sockaddr_in *in4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
    address.ss_family = strchr(cases[i].text, ':') ? AF_INET6 : AF_INET;
    void *bytes = address.ss_family == AF_INET ? (void *)&in4->sin_addr : (void *)&in6->sin6_addr;
    assert_int_equal(inet_pton(address.ss_family, cases[i].text, bytes), 1);
    print_message("# %s\n", cases[i].text);
    assert_int_equal(address_is_private((struct sockaddr *)&address), cases[i].is_private);
  }
}

static void test_private_addresses_are_refused(void **state) {
  static const char *const hosts[] = {
      "127.0.0.1",
      "localhost",
      "LOCALHOST",
      "app.localhost",
      "127.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "0.0.0.0",
      "0",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[64:ff9b::7f00:1]",
      "loopback.test",
      "metadata.test",
      "169.254.169.254",
      "10.0.0.1",
      "192.168.1.1",
      "[fe80::1]",
      "[fd00::1]",
      "127.0.0.1.",
  };
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
    get(f, hosts[i], "/echo");
    /* A name that the resolver does not know is as good. */
    if (f->call.failure != HTTP_FAILURE_PRIVATE && f->call.failure != HTTP_FAILURE_RESOLVE)
      fail_msg("%s: %d %s", hosts[i], f->call.failure, f->call.failure_text);
  }
}

/* What counts is the address of the moment of connecting. */
static void test_names_that_change(void **state) {
  struct fixture *f = *state;
  atomic_store(&changing_lookups, 0);
  struct addrinfo *found;
  assert_int_equal(getaddrinfo("changing.test", port, NULL, &found), 0);
  freeaddrinfo(found);
  get(f, "changing.test", "/echo");
  assert_int_equal(f->call.failure, HTTP_FAILURE_PRIVATE);
  assert_int_equal(atomic_load(&changing_lookups), 2);
}

static void test_unknown_hosts(void **state) {
  struct fixture *f = *state;
  get(f, "unknown.test", "/");
  assert_int_equal(f->call.failure, HTTP_FAILURE_RESOLVE);
}

static void test_refused_connections(void **state) {
  struct fixture *f = *state;
  f->call = (struct http_call){.method = "GET", .url = SLICE("http://127.0.0.1:1/")};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_REFUSED);
}

/* A name server that does not answer holds up its own call, for its own time, and nobody else. */
static void test_hanging_name_server(void **state) {
  struct fixture *f = *state;
  atomic_store(&is_name_server_hanging, true);
  int64_t start_us = clock_monotonic_us();
  f->call =
      (struct http_call){.method = "GET", .url = url_of(f, "hanging.test", "/"), .timeout_ms = 300};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.failure, HTTP_FAILURE_RESOLVE);
  get(f, "127.0.0.1", "/echo");
  assert_int_equal(f->call.status, 200);
  assert_true(clock_monotonic_us() - start_us < 3000000);
  atomic_store(&is_name_server_hanging, false);
}

/* --- turns ---------------------------------------- */

enum { MANY = 40 };

/* How calls ended; asserted on the test's own thread. */
static _Atomic int done_count, ended[HTTP_FAILURE_STOPPED + 1];

static void count_done(struct http_call *call) {
  http_call_free(call);
  atomic_fetch_add(&ended[call->failure], 1);
  atomic_fetch_add(&done_count, 1);
}

static void count_none(void) {
  atomic_store(&done_count, 0);
  for (size_t i = 0; i < sizeof ended / sizeof ended[0]; i++) atomic_store(&ended[i], 0);
}

static void wait_until_done(int count) {
  for (int i = 0; i < 2000 && atomic_load(&done_count) < count; i++) usleep(10000);
  assert_int_equal(atomic_load(&done_count), count);
}

static void test_calls_to_one_host_are_limited(void **state) {
  struct fixture *f = *state;
  static struct http_call calls[MANY];
  count_none();
  atomic_store(&most_running, 0);
  for (int i = 0; i < MANY; i++) {
    calls[i] = (struct http_call){
        .method = "GET", .url = url_of(f, "127.0.0.1", "/slow"), .done = count_done};
    http_client_start(f->client, &calls[i]);
  }
  wait_until_done(MANY);
  assert_int_equal(atomic_load(&ended[HTTP_FAILURE_NONE]), MANY);
  assert_int_equal(atomic_load(&most_running), HTTP_CLIENT_HOST_CALLS_LIMIT);
}

static void test_calls_are_limited(void **state) {
  struct fixture *f = *state;
  enum { CALLS = HTTP_CLIENT_CALLS_LIMIT * 2 };
  static struct http_call calls[CALLS];
  char host[32];
  count_none();
  atomic_store(&most_running, 0);
  for (int i = 0; i < CALLS; i++) {
    snprintf(host, sizeof host, "host-%d.test", i);
    calls[i] =
        (struct http_call){.method = "GET", .url = url_of(f, host, "/slow"), .done = count_done};
    http_client_start(f->client, &calls[i]);
  }
  wait_until_done(CALLS);
  assert_int_equal(atomic_load(&ended[HTTP_FAILURE_NONE]), CALLS);
  assert_int_equal(atomic_load(&most_running), HTTP_CLIENT_CALLS_LIMIT);
}

/* A server with many calls that hang: calls to others are answered at once, and those that wait
 * end in their time. */
static void test_a_silent_server_holds_up_nobody_else(void **state) {
  struct fixture *f = *state;
  static struct http_call calls[MANY];
  count_none();
  int64_t start_us = clock_monotonic_us();
  for (int i = 0; i < MANY; i++) {
    calls[i] = (struct http_call){.method = "GET",
                                  .url = url_of(f, "127.0.0.1", "/silent"),
                                  .timeout_ms = 1000,
                                  .done = count_done};
    http_client_start(f->client, &calls[i]);
  }
  for (int i = 0; i < 20; i++) {
    get(f, "loopback.test", "/echo");
    assert_int_equal(f->call.status, 200);
    assert_true(f->call.elapsed_us < 500000);
  }
  assert_int_equal(atomic_load(&done_count), 0);
  wait_until_done(MANY);
  assert_true(clock_monotonic_us() - start_us < 3000000);
  assert_int_equal(atomic_load(&ended[HTTP_FAILURE_TIMEOUT]), HTTP_CLIENT_HOST_CALLS_LIMIT);
  assert_int_equal(atomic_load(&ended[HTTP_FAILURE_BUSY]), MANY - HTTP_CLIENT_HOST_CALLS_LIMIT);
  speak_again();
}

/* All answers that are held at once are limited together. */
static void test_memory_of_all_answers(void **state) {
  struct fixture *f = *state;
  enum { CALLS = HTTP_CLIENT_ANSWERS_LIMIT / HTTP_CLIENT_BODY_LIMIT + 1 };
  static struct http_call calls[CALLS];
  char path[64];
  /* What it is packed as needs some room too, for a moment. */
  snprintf(path, sizeof path, "/large?bytes=%d", HTTP_CLIENT_BODY_LIMIT - 64 * 1024);
  for (int i = 0; i < CALLS; i++) {
    calls[i] = (struct http_call){.method = "GET", .url = url_of(f, "127.0.0.1", path)};
    http_client_perform(f->client, &calls[i]);
    assert_int_equal(calls[i].failure, i < CALLS - 1 ? HTTP_FAILURE_NONE : HTTP_FAILURE_BUSY);
  }
  http_call_free(&calls[0]);
  http_client_perform(f->client, &calls[CALLS - 1]);
  assert_int_equal(calls[CALLS - 1].failure, HTTP_FAILURE_NONE);
  for (int i = 0; i < CALLS; i++) http_call_free(&calls[i]);
}

/* --- secrets ---------------------------------------- */

/* With a sanitizer what is freed stays in quarantine, and shadow memory is terabytes. */
#ifndef SANITIZED

/* A process of its own answers, so that what it reads is not in this one's memory. */
static pid_t start_other_process(int *its_port) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  char request[4096];
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(listener, 5), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
  *its_port = ntohs(address.sin_port);
  pid_t child = fork();
  if (child == 0) {
    int connection = accept(listener, NULL, NULL);
    while (read(connection, request, sizeof request) > 0) {
      if (write(connection, answer, sizeof answer - 1) < 0) break;
    }
    _exit(0);
  }
  close(listener);
  return child;
}

enum { TOKEN_BYTES = 40, MASK = 0x55 };

/* How often what was masked is in this process's memory in clear. */
static int count_in_memory(const char masked[TOKEN_BYTES]) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[512], access[5];
  unsigned long start, end;
  int count = 0;
  assert_non_null(maps);
  while (fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %4s", &start, &end, access) != 3 || strcmp(access, "rw-p") != 0)
      continue;
    const volatile char *from = (const volatile char *)start;
    for (size_t i = 0; i + TOKEN_BYTES <= end - start; i++) {
      size_t same = 0;
      while (same < TOKEN_BYTES && (from[i + same] ^ MASK) == masked[same]) same++;
      count += same == TOKEN_BYTES;
    }
  }
  fclose(maps);
  return count;
}

static void test_tokens_leave_no_trace(void **state) {
  struct fixture *f = *state;
  char masked[TOKEN_BYTES], *token = malloc(TOKEN_BYTES);
  int its_port;
  pid_t other = start_other_process(&its_port);
  random_fill(masked, sizeof masked);
  for (size_t i = 0; i < TOKEN_BYTES; i++) {
    masked[i] = (char)(masked[i] | 0x80);
    token[i] = (char)(masked[i] ^ MASK);
  }
  const struct http_header header = {SLICE("Authorization"), slice_of(token, TOKEN_BYTES)};
  f->call = (struct http_call){.method = "GET",
                               .url = arena_printf(&f->arena, "http://127.0.0.1:%d/", its_port),
                               .headers = &header,
                               .header_count = 1};
  http_client_perform(f->client, &f->call);
  assert_int_equal(f->call.status, 200);
  assert_int_equal(count_in_memory(masked), 1);
  explicit_bzero(token, TOKEN_BYTES);
  free(token);
  assert_int_equal(count_in_memory(masked), 0);
  http_client_close(f->client);
  f->client = NULL;
  assert_int_equal(waitpid(other, NULL, 0), other);
}

#else
static void test_tokens_leave_no_trace(void **state) {
  (void)state;
  /* cmocka's skip() prints "not ok". */
  print_message("# skipped: sanitizers keep copies of what is freed\n");
}
#endif

/* --- stopping ---------------------------------------- */

static void *perform_silent(void *argument) {
  struct fixture *f = argument;
  get(f, "127.0.0.1", "/silent");
  return NULL;
}

static void test_stopping_ends_all_calls(void **state) {
  struct fixture *f = *state;
  static struct http_call calls[MANY];
  pthread_t thread;
  count_none();
  struct slice url = url_of(f, "127.0.0.1", "/silent");
  assert_int_equal(pthread_create(&thread, NULL, perform_silent, f), 0);
  for (int i = 0; i < MANY; i++) {
    calls[i] = (struct http_call){.method = "GET", .url = url, .done = count_done};
    http_client_start(f->client, &calls[i]);
  }
  usleep(100000);
  http_client_stop(f->client);
  assert_int_equal(atomic_load(&ended[HTTP_FAILURE_STOPPED]), MANY);
  pthread_join(thread, NULL);
  assert_int_equal(f->call.failure, HTTP_FAILURE_STOPPED);
  http_client_start(f->client, &calls[0]);
  assert_int_equal(atomic_load(&done_count), MANY + 1);
  get(f, "127.0.0.1", "/echo");
  assert_int_equal(f->call.failure, HTTP_FAILURE_STOPPED);
  size_t spoken = 0;
  for (int i = 0; i < 500 && spoken < HTTP_CLIENT_HOST_CALLS_LIMIT; i++) {
    usleep(10000);
    spoken += speak_again();
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)
#define TEST_GUARDED(name) cmocka_unit_test_setup_teardown(name, open_guarded_client, close_client)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_get),
      TEST(test_methods_headers_and_bodies),
      TEST(test_large_and_binary_bodies),
      TEST(test_redirects_are_answers),
      TEST(test_answers_are_limited),
      TEST(test_bad_urls),
      TEST(test_headers_cannot_be_injected),
      cmocka_unit_test(test_addresses),
      TEST_GUARDED(test_private_addresses_are_refused),
      TEST_GUARDED(test_names_that_change),
      TEST(test_unknown_hosts),
      TEST(test_refused_connections),
      TEST(test_hanging_name_server),
      TEST(test_calls_to_one_host_are_limited),
      TEST(test_calls_are_limited),
      TEST(test_a_silent_server_holds_up_nobody_else),
      TEST(test_memory_of_all_answers),
      TEST(test_tokens_leave_no_trace),
      TEST(test_stopping_ends_all_calls),
  };
  return cmocka_run_group_tests(tests, start_server, stop_server);
}
