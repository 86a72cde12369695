/* link_settings.h - how maintainers link a project to one at GitLab.
 *
 *   form ─► forge_link_check(): GitLab is asked, the request parked ─► forge_link_save()
 *
 * Whoever links has to show that they may: with a token of that project, or by being its maintainer
 * there. Otherwise anybody could link to any project that the server's own token reads, and look
 * into it. A token is kept for the project it was entered for, and goes with it.
 */
#ifndef CULPRIT_FORGE_LINK_SETTINGS_H
#define CULPRIT_FORGE_LINK_SETTINGS_H

#include "forge/link.h"
#include "http/http.h"
#include "tracker/settings.h"

/* Shown in place of a stored token. Any number of asterisks means the stored one. */
#define FORGE_TOKEN_MASK "************"

struct forge_link_form {
  int64_t forge_id;
  struct slice project; /* "group/project", its id, or its address */
  struct slice token;   /* in clear, or the mask; empty: none */
  struct slice labels;
  bool is_confidential, closes_issues, reopens_issues, resolves_on_close, takes_roles;
};

/* One attempt to save. Belongs to the request's arena. */
struct forge_link_change {
  struct forge_link_form form;
  struct settings_target target;
  int64_t user_id;
  bool is_admin;
  /* What the check found: */
  enum status status;
  struct problem problem; /* names the field: "forge", "project", "token", "labels" */
  struct slice token;     /* to be kept, in clear; empty: none */
  bool keeps_token;       /* the stored one stays */
  bool may_use_server_token;
  struct gitlab_project_info project;
  struct forge_server server;
};
/* Asks GitLab when the project or the token is another one, and lets the request's handler run
 * again. False: there is nothing to ask, or the problem is plain; `change` says so already. */
bool forge_link_check(struct forge *forge, struct http_request *request,
                      struct forge_link_change *change);
/* Keeps what was checked. */
enum status forge_link_save(struct forge *forge, const struct forge_link_change *change,
                            struct problem *problem) MUST_CHECK;

enum status forge_link_remove(struct forge *forge, const struct settings_target *target,
                              struct problem *problem) MUST_CHECK;
/* Makes a new secret for the webhook, which is shown once. From the arena. */
enum status forge_link_new_secret(struct forge *forge, struct arena *arena,
                                  const struct settings_target *target, struct slice *secret,
                                  struct problem *problem) MUST_CHECK;

#endif
