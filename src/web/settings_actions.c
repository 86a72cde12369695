/* settings_actions.c - a project's settings, changed.
 *
 * All are forms that answer with 303 back to the part of the page they came
 * from; what went wrong is said there too.
 */
#include "account/oauth.h"
#include "tracker/settings.h"
#include "tracker/tracker.h"
#include "web/settings.h"

#include "base/banned.h"

static struct settings_target target_of(const struct web *web) {
  return (struct settings_target){.actor = &web->actor, .project = &web->project};
}

/* Back to the page: with `done` when it worked, else with what went wrong. */
static void finish(struct web *web, const struct problem *problem, const char *done,
                   const char *anchor) {
  bool is_done = problem->status == STATUS_OK;
  if (problem->status == STATUS_NOT_FOUND || problem->status == STATUS_FORBIDDEN) {
    web_problem(web, problem);
    return;
  }
  web_flash(web, is_done ? MESSAGE_SUCCESS : MESSAGE_DANGER,
            slice_of_string(is_done ? done : problem->message));
  http_redirect(web->response,
                arena_printf(web->arena, "%.*s#%s", SLICE_ARGS(settings_base(web)), anchor));
}

/* Saving checks a repository only when it changed: a path that went away must not keep a person
 * from changing the name. */
static enum status check_repository(struct web *web, struct slice repository,
                                    struct problem *problem) {
  if (!repository.len || slice_equal(repository, web->project.repository)) return STATUS_OK;
  return forge_check_repository(web->application->forge, repository, problem);
}

void settings_submit(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct settings_target target = target_of(web);
  struct project_settings settings = {
      .name = slice_trim(http_form_value(request, "name")),
      .platform = slice_trim(http_form_value(request, "platform")),
      .repository = slice_trim(http_form_value(request, "repository")),
  };
  struct problem problem = {0};
  if (check_repository(web, settings.repository, &problem) == STATUS_OK &&
      settings_save(web->application->store, &target, &settings, &problem) == STATUS_OK &&
      !slice_equal(settings.repository, web->project.repository)) {
    forge_repository_changed(web->application->forge, web->project.id);
  }
  finish(web, &problem, "The settings are saved.", "project");
}

/* The key of that id among the project's; its slices live in the arena. */
static bool find_key(struct web *web, struct client_key *key) {
  int64_t id;
  if (!slice_to_i64(http_form_value(web->request, "id"), &id)) return false;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = client_key_find(tx, web->arena, web->project.id, id, key);
  store_end_read(tx);
  return is_found;
}

void settings_key_submit(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct store *store = web->application->store;
  struct settings_target target = target_of(web);
  struct slice action = http_form_value(request, "action");
  struct slice label = slice_trim(http_form_value(request, "label"));
  struct problem problem = {0};
  struct client_key key = {.label = label};
  if (slice_equal_string(action, "create")) {
    problem.status = settings_create_key(store, &target, &key, &problem);
    finish(web, &problem, "The client key is made.", "keys");
    return;
  }
  if (!find_key(web, &key)) {
    web_not_found(web, "This client key");
    return;
  }
  const char *done = "The client key is renamed.";
  if (slice_equal_string(action, "enable") || slice_equal_string(action, "disable")) {
    key.is_active = slice_equal_string(action, "enable");
    done = key.is_active ? "The client key works again."
                         : "The client key is disabled: events sent with it are refused.";
  } else {
    key.label = label;
  }
  problem.status = settings_update_key(store, &target, &key, &problem);
  finish(web, &problem, done, "keys");
}

void settings_member_submit(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct settings_target target = target_of(web);
  struct slice role = http_form_value(request, "role");
  struct member_change change = {.login = slice_trim(http_form_value(request, "login")),
                                 .role = ROLE_NONE};
  if (!slice_equal_string(role, "none") && !role_parse(role, &change.role)) {
    web_refuse(web, "The role has to be guest, reporter, developer, maintainer, owner or none.");
    return;
  }
  struct problem problem = {0};
  problem.status = settings_set_member(web->application->store, &target, &change, &problem);
  finish(web, &problem,
         change.role == ROLE_NONE ? "The member is removed." : "The member’s role is saved.",
         "members");
}

static enum status refresh_run(struct web_wait *wait, struct problem *problem) {
  struct web *web = wait->web;
  return forge_roles_refresh(oauth_roles(web->application->oauth), web->project.id, problem);
}

void settings_roles_refresh(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  const struct web_wait *done = web->pending;
  if (done) {
    /* What GitLab does not find or forbids is no page of ours that is not there. */
    struct problem problem = done->problem;
    if (problem.message[0]) problem.status = STATUS_FAILED;
    finish(web, &problem, "The roles are as they are there now.", "members");
    return;
  }
  struct web_wait *wait = ARENA_NEW(web->arena, struct web_wait);
  wait->run = refresh_run;
  web_wait_elsewhere(web, wait);
}
