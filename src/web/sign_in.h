/* sign_in.h - signing in with a password or a link, signing out, and the theme. */
#ifndef CULPRIT_WEB_SIGN_IN_H
#define CULPRIT_WEB_SIGN_IN_H

#include "http/http.h"
#include "store/forge_server.h"
#include "web/web.h"

/* A one-time sign-in link is this on the server's public URL, and the secret behind it. */
#define SIGN_IN_LINK_PATH "/users/sign_in/link?secret="

/* What templates/sign_in.html draws. */
struct sign_in_view {
  const struct page *page;
  struct slice login; /* as typed before; empty at first */
  struct slice error; /* why it did not work; empty at first */
  struct slice return_to;
  struct forge_server *forges; /* with which people can sign in; filled by sign_in_send() */
  size_t forge_count;
};
/* Answers with the form. */
void sign_in_send(struct web *web, struct sign_in_view *view);
/* Makes the session this browser's, ends the one it had, and leads to where the person wanted to
 * go. */
void sign_in_begin_session(struct web *web, struct slice session, struct slice return_to);

void sign_in_show(struct http_request *request, struct http_response *response);
void sign_in_submit(struct http_request *request, struct http_response *response);
void sign_in_by_link(struct http_request *request, struct http_response *response);
void sign_out_submit(struct http_request *request, struct http_response *response);
void theme_submit(struct http_request *request, struct http_response *response);

/* `path` itself when it is a path on this server, else "/". */
struct slice safe_return_path(struct slice path);

#endif
