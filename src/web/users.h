/* users.h - the administrators' page of users. */
#ifndef CULPRIT_WEB_USERS_H
#define CULPRIT_WEB_USERS_H

#include "account/account.h"
#include "http/http.h"

#define USERS_PATH "/admin/users"

struct page;

/* What templates/users.html draws. */
struct users_view {
  const struct page *page;
  struct user *users;
  size_t user_count;
  int64_t own_id;
  struct slice link, link_user; /* a sign-in link made just now, shown once; empty mostly */
};

void users_show(struct http_request *request, struct http_response *response);
/* Both may answer with the page itself: a sign-in link is shown once and belongs into no address
 * and no cookie. */
void users_create(struct http_request *request, struct http_response *response);
/* POST .../{id}: `action` is "link", "block", "unblock", "promote" or "demote". */
void users_act(struct http_request *request, struct http_response *response);

#endif
