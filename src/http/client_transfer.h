/* client_transfer.h - one call while libcurl works on it; the client's own (client.c). */
#ifndef CULPRIT_HTTP_CLIENT_TRANSFER_H
#define CULPRIT_HTTP_CLIENT_TRANSFER_H

#include <curl/curl.h>

#include "http/client.h"

struct http_transfer {
  struct http_call *call;
  char *origin; /* "https://host:443"; calls to one are limited in number */
  CURL *easy;   /* null before its turn */
  struct curl_slist *headers;
  size_t head_bytes;
  bool has_met_private;
  enum http_failure failure; /* found by ourselves, with its reason */
  const char *reason;
  int64_t started_us, begun_us, deadline_us; /* begun: when its turn came */
  char error[CURL_ERROR_SIZE];
  struct http_transfer *previous, *next; /* the client's */
};

/* Makes libcurl ready for use by this process; before any other thread uses it. */
void transfer_prepare_library(void);

/* Null, with the call's failure set, when it asks for what cannot be done. */
struct http_transfer *transfer_make(struct http_call *call);
/* Its turn has come: makes `easy`. */
void transfer_begin(struct http_transfer *transfer, const struct http_client_options *options);
/* libcurl is done with it: fills the call's answer or failure. */
void transfer_end(struct http_transfer *transfer, CURLcode code);
void transfer_free(struct http_transfer *transfer);

/* Sets a failure with words for logs. */
void call_fail(struct http_call *call, enum http_failure failure, const char *text);

#endif
