/* forges_page.h - the administrators' pages of GitLab servers. */
#ifndef CULPRIT_WEB_FORGES_PAGE_H
#define CULPRIT_WEB_FORGES_PAGE_H

#include "http/http.h"
#include "store/forge_server.h"

#define FORGES_PATH "/admin/forges"

struct page;

struct forge_row {
  const struct forge_server *server;
  size_t people, projects; /* linked */
};

/* What templates/forges.html draws: the list. */
struct forges_view {
  const struct page *page;
  struct forge_row *rows;
  size_t count;
  struct slice name, url; /* of the form for a new one, as they were typed before */
};

/* What templates/forge.html draws: one of them. */
struct forge_view {
  const struct page *page;
  struct forge_server server;
  size_t people, projects;
  struct slice redirect_url;
  bool is_open; /* its URL is not https */
};

void forges_show(struct http_request *request, struct http_response *response);
void forges_create(struct http_request *request, struct http_response *response);
void forge_show(struct http_request *request, struct http_response *response);
/* POST .../{id}: `action` is "save", "check" or "remove". */
void forge_act(struct http_request *request, struct http_response *response);

#endif
