/* oauth_page.h - signing in with a GitLab, and linking one's account there. */
#ifndef CULPRIT_WEB_OAUTH_PAGE_H
#define CULPRIT_WEB_OAUTH_PAGE_H

#include "http/http.h"
#include "web/web.h"

/* What templates/sign_in_leave.html draws. */
struct leave_view {
  const struct page *page;
  struct slice name, url; /* of the server, and where to go there */
};

/* POST /users/auth/{forge}: `return` is where to go afterwards. Signs in, or, for who is signed in,
 * links the account. */
void oauth_begin_submit(struct http_request *request, struct http_response *response);
/* GET /users/auth/{forge}/callback, to which the server sends the browser back. */
void oauth_callback_show(struct http_request *request, struct http_response *response);
/* POST /users/auth/{forge}/unlink */
void oauth_unlink_submit(struct http_request *request, struct http_response *response);

#endif
