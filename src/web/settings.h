/* settings.h - a project's settings: DSN, client keys, members, repository. */
#ifndef CULPRIT_WEB_SETTINGS_H
#define CULPRIT_WEB_SETTINGS_H

#include "forge/forge.h"
#include "http/http.h"
#include "web/error_tracking.h"
#include "web/snippets.h"
#include "web/web.h"

struct key_row {
  const struct client_key *key;
  struct slice dsn;
};

#define SETTINGS_ROLES 5

/* What templates/settings.html draws. */
struct settings_view {
  const struct page *page;
  const struct project *project;
  struct slice base; /* "/organization/project/-/settings/operations" */
  struct slice dsn;  /* of the first key in use; empty when there is none */
  /* Addresses with that key for what sends without an SDK: reports of browsers, minidumps. */
  struct slice security_address, minidump_address;
  const struct snippet *snippet;
  struct slice snippet_text;
  struct key_row *keys;
  size_t key_count;
  struct member *members;
  size_t member_count;
  /* Roles are taken from the linked project at a forge; has_forge_roles false: they are not. */
  bool has_forge_roles;
  struct slice roles_forge, roles_path, roles_problem;
  enum role role; /* of the person who looks */
  struct forge_state forge;
  const struct error_tracking_view *error_tracking;
};

/* The roles that can be given, lowest first. */
extern const enum role settings_roles[SETTINGS_ROLES];

/* The page, with the form of error tracking as it is given. */
void settings_draw(struct web *web, struct error_tracking_view *error_tracking);
void settings_show(struct http_request *request, struct http_response *response);
/* POST: name, platform and repository. */
void settings_submit(struct http_request *request, struct http_response *response);
/* POST .../keys: `action` is "create", "save", "enable" or "disable". */
void settings_key_submit(struct http_request *request, struct http_response *response);
/* POST .../members: `login` gets `role`, "none" takes it away. */
void settings_member_submit(struct http_request *request, struct http_response *response);
/* POST .../members/refresh: looks up now who has which role in the linked project. */
void settings_roles_refresh(struct http_request *request, struct http_response *response);

struct slice settings_base(const struct web *web);

#endif
