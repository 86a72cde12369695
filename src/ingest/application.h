/* application.h - what handlers find behind http_request.application. */
#ifndef CULPRIT_INGEST_APPLICATION_H
#define CULPRIT_INGEST_APPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct application {
  struct store *store;
  struct ingest *ingest;
  struct forge *forge;
  struct http_client *client;   /* for requests to other servers */
  bool allow_private_addresses; /* URLs in settings may lead to private networks */
  struct sources *sources;
  struct oauth *oauth;        /* signing in with a GitLab, and what people granted there */
  struct http_server *server; /* set once it has started */
  struct slice public_url;    /* "https://errors.example.org", no slash at the end */
  int64_t started_us;         /* clock_monotonic_us() at the start */
};

#endif
