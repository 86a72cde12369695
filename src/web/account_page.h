/* account_page.h - a person's own page: profile, password, API tokens. */
#ifndef CULPRIT_WEB_ACCOUNT_PAGE_H
#define CULPRIT_WEB_ACCOUNT_PAGE_H

#include "account/account.h"
#include "http/http.h"
#include "store/forge_server.h"

#define ACCOUNT_PATH "/-/user_settings/profile"
#define ACCOUNT_SCOPES 5

struct scope_choice {
  enum scope scope;
  const char *name;    /* "event:read" */
  const char *meaning; /* for people */
};
extern const struct scope_choice scope_choices[ACCOUNT_SCOPES];

struct token_row {
  const struct api_token *token;
  struct slice scopes;
};

struct forge_link {
  const struct forge_server *server;
  struct slice username; /* there */
  bool is_linked, has_grant;
};

struct page;

/* What templates/account.html draws. */
struct account_view {
  const struct page *page;
  const struct user *user;
  struct token_row *tokens;
  size_t token_count;
  struct forge_link *forges; /* servers that people sign in with, or that are linked */
  size_t forge_count;
  struct slice new_token; /* made just now, shown once; empty mostly */
};

void account_show(struct http_request *request, struct http_response *response);
void account_profile_submit(struct http_request *request, struct http_response *response);
void account_password_submit(struct http_request *request, struct http_response *response);
/* Answers with the page itself, because the token is shown once and belongs into no address and no
 * cookie. */
void account_token_submit(struct http_request *request, struct http_response *response);
void account_token_revoke(struct http_request *request, struct http_response *response);

#endif
