/* stream.c - the network connection that libgit2 fetches through. See stream.h. */
#include "forge/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <git2/sys/stream.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "forge/git_url.h"
#include "forge/limits.h"

#include "base/banned.h"

enum { POLL_SLICE_MS = 200 };

struct stream {
  git_stream parent; /* first: libgit2 holds a pointer to it */
  int fd;            /* -1 while not connected */
  char *host, *port;
};

static _Thread_local const struct stream_scope *thread_scope;

void stream_set_scope(const struct stream_scope *scope) { thread_scope = scope; }

bool stream_is_over(const struct stream_scope *scope) {
  return atomic_load(scope->is_stopping) || clock_monotonic_us() > scope->deadline_us;
}

static int fail(const char *message) {
  git_error_set_str(GIT_ERROR_NET, message);
  return -1;
}

/* Waits until `fd` is ready for `events`, in slices, so that stopping takes no long. */
static int wait_for(int fd, short events, int64_t limit_ms) {
  int64_t until_us = clock_monotonic_us() + limit_ms * 1000;
  for (;;) {
    if (!thread_scope || stream_is_over(thread_scope)) return fail("the fetch took too long");
    struct pollfd waited = {.fd = fd, .events = events};
    int count = poll(&waited, 1, POLL_SLICE_MS);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return fail(strerror(errno));
    if (clock_monotonic_us() > until_us) return fail("the server did not answer in time");
  }
}

/* A connected socket, or -1. */
static int connect_to(const struct addrinfo *address) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(strerror(errno));
  int error = connect(fd, address->ai_addr, address->ai_addrlen) ? errno : 0;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof(error);
    if (wait_for(fd, POLLOUT, FETCH_CONNECT_MS)) {
      close(fd);
      return -1;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)) error = errno;
  }
  if (error == 0) return fd;
  close(fd);
  return fail(strerror(error));
}

static int stream_connect(git_stream *parent) {
  struct stream *stream = (struct stream *)parent;
  struct slice host = slice_of_string(stream->host);
  if (slice_starts_with(host, SLICE("["))) host = slice_of(host.ptr + 1, host.len - 2);
  if (!thread_scope || !slice_equal_ignore_case(host, thread_scope->host))
    return fail("the server redirects to another host; set the repository's URL there");
  struct addrinfo *addresses;
  struct problem problem;
  if (git_url_resolve(host, slice_of_string(stream->port), thread_scope->allow_private_addresses,
                      &addresses, &problem))
    return fail(problem.message);
  for (struct addrinfo *at = addresses; at && stream->fd < 0; at = at->ai_next)
    stream->fd = connect_to(at);
  freeaddrinfo(addresses);
  return stream->fd < 0 ? -1 : 0;
}

static ssize_t stream_read(git_stream *parent, void *data, size_t size) {
  struct stream *stream = (struct stream *)parent;
  for (;;) {
    ssize_t count = recv(stream->fd, data, size, 0);
    if (count >= 0) return count;
    if (errno != EAGAIN && errno != EINTR) return fail(strerror(errno));
    if (wait_for(stream->fd, POLLIN, FETCH_IDLE_MS)) return -1;
  }
}

static ssize_t stream_write(git_stream *parent, const char *data, size_t size, int flags) {
  struct stream *stream = (struct stream *)parent;
  size_t sent = 0;
  (void)flags;
  while (sent < size) {
    ssize_t count = send(stream->fd, data + sent, size - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += (size_t)count;
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return fail(strerror(errno));
    if (wait_for(stream->fd, POLLOUT, FETCH_IDLE_MS)) return -1;
  }
  return (ssize_t)sent;
}

static int stream_close(git_stream *parent) {
  struct stream *stream = (struct stream *)parent;
  if (stream->fd >= 0) close(stream->fd);
  stream->fd = -1;
  return 0;
}

static void stream_free(git_stream *parent) {
  struct stream *stream = (struct stream *)parent;
  stream_close(parent);
  free(stream->host);
  free(stream->port);
  free(stream);
}

static char *copy_string(const char *string) {
  size_t size = strlen(string) + 1;
  return memcpy(memory_alloc(size), string, size);
}

static int stream_init(git_stream **out, const char *host, const char *port) {
  struct stream *stream = memory_alloc(sizeof(*stream));
  *stream = (struct stream){.fd = -1, .host = copy_string(host), .port = copy_string(port)};
  stream->parent.version = GIT_STREAM_VERSION;
  stream->parent.connect = stream_connect;
  stream->parent.read = stream_read;
  stream->parent.write = stream_write;
  stream->parent.close = stream_close;
  stream->parent.free = stream_free;
  *out = &stream->parent;
  return 0;
}

void stream_register(void) {
  git_stream_registration registration = {.version = GIT_STREAM_VERSION, .init = stream_init};
  git_stream_register(GIT_STREAM_STANDARD, &registration);
}
