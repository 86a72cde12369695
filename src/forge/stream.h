/* stream.h - the network connection that libgit2 fetches through.
 *
 * libgit2 1.5 knows no time limits and connects to whatever a name resolves to. With this in its
 * place a connection goes only to the host that is being fetched from, to an address that was
 * checked, ends when it idles or takes too long, and when the server stops. TLS stays libgit2's.
 */
#ifndef CULPRIT_FORGE_STREAM_H
#define CULPRIT_FORGE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* What the calling thread's connections may do. */
struct stream_scope {
  struct slice host;
  bool allow_private_addresses;
  int64_t deadline_us; /* clock_monotonic_us() */
  const atomic_bool *is_stopping;
};

/* Puts our connections in place of libgit2's, for the whole process; once after its start. */
void stream_register(void);
/* Sets the scope of the calling thread, borrowed; null forbids all connections. */
void stream_set_scope(const struct stream_scope *scope);
/* Whether the fetch of this thread has to end: too long, or the server stops. */
bool stream_is_over(const struct stream_scope *scope);

#endif
