/* sign_in.h - signing in with a password or a link, signing out, and the theme. */
#ifndef CULPRIT_WEB_SIGN_IN_H
#define CULPRIT_WEB_SIGN_IN_H

#include "http/http.h"

/* A one-time sign-in link is this on the server's public URL, and the secret behind it. */
#define SIGN_IN_LINK_PATH "/users/sign_in/link?secret="

struct page;

/* What templates/sign_in.html draws. */
struct sign_in_view {
  const struct page *page;
  struct slice login; /* as typed before; empty at first */
  struct slice error; /* why it did not work; empty at first */
  struct slice return_to;
};

void sign_in_show(struct http_request *request, struct http_response *response);
void sign_in_submit(struct http_request *request, struct http_response *response);
void sign_in_by_link(struct http_request *request, struct http_response *response);
void sign_out_submit(struct http_request *request, struct http_response *response);
void theme_submit(struct http_request *request, struct http_response *response);

/* `path` itself when it is a path on this server, else "/". */
struct slice safe_return_path(struct slice path);

#endif
