/* gitlab_page.h - the settings of a project's link to a project at GitLab. */
#ifndef CULPRIT_WEB_GITLAB_PAGE_H
#define CULPRIT_WEB_GITLAB_PAGE_H

#include "forge/link_settings.h"
#include "web/web.h"

/* What templates/gitlab_page.html draws. */
struct gitlab_view {
  const struct page *page;
  struct slice base; /* "/organization/project/-/settings/gitlab" */
  struct forge_server *servers;
  size_t server_count;
  struct forge_link_form form; /* as it is kept, or as it was entered */
  bool is_linked;
  struct slice server_name, path, web_url; /* of what is kept */
  bool has_token;
  bool has_any_token; /* the project's or the server's */
  bool has_secret;
  struct slice hook_url, new_secret; /* new_secret: shown once; empty mostly */
  const char *field;                 /* that has to change; empty mostly */
  struct slice message;              /* why it is not saved */
};

/* Whether the message is about that field. */
bool gitlab_has_error(const struct gitlab_view *view, const char *field);

/* GET: the form. POST: what the pressed button says, "save", "secret" or "unlink". */
http_handler gitlab_page_show, gitlab_page_submit;

#endif
