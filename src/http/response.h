/* response.h - a response on its way out. */
#ifndef CULPRIT_HTTP_RESPONSE_H
#define CULPRIT_HTTP_RESPONSE_H

#include "http/http.h"

/* What is sent as the body. */
struct slice response_body(const struct http_response *response);
/* Compresses the body with gzip when it is worth it and the client takes it. */
void response_compress(const struct http_request *request, struct http_response *response);

struct response_framing {
  const char *date;
  bool closes;      /* says `Connection: close` */
  bool is_http_1_0; /* says `Connection: keep-alive` otherwise */
};
/* Appends status line and headers. */
void response_write_head(const struct http_response *response,
                         const struct response_framing *framing, struct buffer *out);
/* Whether a response of that status has a body at all. */
bool response_has_body(int status);

#endif
