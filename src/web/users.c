/* users.c - the administrators' page of users.
 *
 * New users get a one-time link, which signs them in and lets them choose a
 * password, so that no password is ever sent around. Administrators cannot
 * block or demote themselves, so that one always remains.
 */
#include "web/users.h"

#include "base/clock.h"
#include "templates.h"
#include "web/sign_in.h"
#include "web/web.h"

#include "base/banned.h"

#define LINK_VALID_MS (3 * DAY_MS)

static void send_page(struct web *web, struct users_view *view) {
  struct page page = web_page_open(web, SECTION_USERS, SLICE("Users"));
  view->page = &page;
  view->own_id = web->actor.user_id;
  struct transaction *tx = store_begin_read(web->application->store);
  view->user_count = user_list(tx, web->arena, &view->users);
  store_end_read(tx);
  template_users(&web->response->body, view);
  web_finish_html(web);
}

void users_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct users_view view = {0};
  send_page(web_of(request), &view);
}

static void finish(struct web *web, const struct problem *problem, const char *done) {
  bool is_done = problem->status == STATUS_OK;
  web_flash(web, is_done ? MESSAGE_SUCCESS : MESSAGE_DANGER,
            slice_of_string(is_done ? done : problem->message));
  http_redirect(web->response, SLICE(USERS_PATH));
}

static void send_link(struct web *web, const struct user *user) {
  struct slice secret;
  struct problem problem = {0};
  if (account_create_link(web->application->store, web->arena, user->id, LINK_VALID_MS, &secret,
                          &problem) != STATUS_OK) {
    finish(web, &problem, "");
    return;
  }
  struct users_view view = {
      .link = arena_printf(web->arena, "%.*s" SIGN_IN_LINK_PATH "%.*s",
                           SLICE_ARGS(web->application->public_url), SLICE_ARGS(secret)),
      .link_user = user->username,
  };
  http_set_header(web->response, "Cache-Control", SLICE("no-store"));
  send_page(web, &view);
}

void users_create(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct new_user draft = {
      .username = slice_trim(http_form_value(request, "username")),
      .name = slice_trim(http_form_value(request, "name")),
      .email = slice_trim(http_form_value(request, "email")),
      .is_admin = http_form_value(request, "is_admin").len > 0,
  };
  struct user user = {.username = draft.username};
  struct problem problem = {0};
  if (account_create_user(web->application->store, &draft, &user.id, &problem) != STATUS_OK) {
    finish(web, &problem, "");
    return;
  }
  send_link(web, &user);
}

struct user_change {
  int64_t actor_id, user_id;
  enum user_action { USER_BLOCK, USER_UNBLOCK, USER_PROMOTE, USER_DEMOTE } action;
};

static const struct {
  const char *name, *done;
} actions[] = {
    [USER_BLOCK] = {"block", "The user is blocked and signed out."},
    [USER_UNBLOCK] = {"unblock", "The user may sign in again."},
    [USER_PROMOTE] = {"promote", "The user is an administrator."},
    [USER_DEMOTE] = {"demote", "The user is no administrator any more."},
};

static enum status change_user(struct transaction *tx, struct arena *arena,
                               const struct user_change *change, struct problem *problem) {
  struct user actor, user;
  if (!user_get(tx, arena, change->actor_id, &actor) || !actor.is_admin || !actor.is_active) {
    return problem_set(problem, STATUS_FORBIDDEN, "Only administrators change users.");
  }
  if (!user_get(tx, arena, change->user_id, &user)) {
    return problem_set(problem, STATUS_NOT_FOUND, "There is no such user.");
  }
  if (user.id == actor.id) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "You cannot do this to yourself; another administrator can.");
  }
  switch (change->action) {
    case USER_BLOCK:
      user.is_active = false;
      session_delete_of_user(tx, user.id);
      break;
    case USER_UNBLOCK: user.is_active = true; break;
    case USER_PROMOTE: user.is_admin = true; break;
    case USER_DEMOTE: user.is_admin = false; break;
  }
  return user_update(tx, &user, problem);
}

static enum status write_change(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  enum status status = change_user(tx, &arena, context, problem);
  arena_free(&arena);
  return status;
}

void users_act(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct slice action = http_form_value(request, "action");
  struct user_change change = {.actor_id = web->actor.user_id};
  struct user user;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = slice_to_i64(http_parameter(request, "id"), &change.user_id) &&
                  user_get(tx, web->arena, change.user_id, &user);
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This user");
    return;
  }
  if (slice_equal_string(action, "link")) {
    send_link(web, &user);
    return;
  }
  size_t i = 0, count = sizeof actions / sizeof *actions;
  while (i < count && !slice_equal_string(action, actions[i].name)) i++;
  if (i == count) {
    web_refuse(web, "The action has to be link, block, unblock, promote or demote.");
    return;
  }
  change.action = (enum user_action)i;
  struct problem problem = {0};
  problem.status = store_write(web->application->store, write_change, &change, &problem);
  finish(web, &problem, actions[i].done);
}
