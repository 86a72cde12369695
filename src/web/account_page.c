/* account_page.c - a person's own page: profile, password, API tokens.
 *
 * Everything here is about the person who is signed in; no id of another user is
 * ever read from a request.
 */
#include "web/account_page.h"

#include "templates.h"
#include "web/web.h"

#include "base/banned.h"

const struct scope_choice scope_choices[ACCOUNT_SCOPES] = {
    {SCOPE_EVENT_READ, "event:read", "See errors and events"},
    {SCOPE_EVENT_WRITE, "event:write", "Resolve and ignore errors, write issues"},
    {SCOPE_PROJECT_READ, "project:read", "See projects and their settings"},
    {SCOPE_PROJECT_WRITE, "project:write", "Change projects and their settings"},
    {SCOPE_ORGANIZATION_READ, "org:read", "See organizations"},
};

static void find_forges(struct web *web, struct transaction *tx, struct account_view *view) {
  struct forge_server *servers;
  size_t count = forge_server_list(tx, web->arena, &servers);
  view->forges = ARENA_ARRAY(web->arena, count, struct forge_link);
  for (size_t i = 0; i < count; i++) {
    struct forge_identity identity;
    struct forge_grant grant;
    int64_t id = servers[i].id, user_id = web->actor.user_id;
    struct forge_link link = {.server = &servers[i]};
    link.is_linked = forge_identity_of_user(tx, web->arena, id, user_id, &identity);
    if (link.is_linked) link.username = identity.username;
    link.has_grant = forge_grant_get(tx, web->arena, id, user_id, &grant);
    if (link.is_linked || servers[i].is_sign_in) view->forges[view->forge_count++] = link;
  }
}

static void send_page(struct web *web, struct account_view *view) {
  struct page page = web_page_open(web, SECTION_ACCOUNT, SLICE("Your account"));
  struct user user = {0};
  struct api_token *tokens;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = user_get(tx, web->arena, web->actor.user_id, &user);
  view->token_count = api_token_list(tx, web->arena, web->actor.user_id, &tokens);
  find_forges(web, tx, view);
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This user");
    return;
  }
  view->tokens = ARENA_ARRAY(web->arena, view->token_count, struct token_row);
  for (size_t i = 0; i < view->token_count; i++) {
    view->tokens[i] = (struct token_row){.token = &tokens[i],
                                         .scopes = scopes_format(web->arena, tokens[i].scopes)};
  }
  view->page = &page;
  view->user = &user;
  template_account(&web->response->body, view);
  web_finish_html(web);
}

void account_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct account_view view = {0};
  send_page(web_of(request), &view);
}

static void finish(struct web *web, const struct problem *problem, const char *done,
                   const char *anchor) {
  bool is_done = problem->status == STATUS_OK;
  web_flash(web, is_done ? MESSAGE_SUCCESS : MESSAGE_DANGER,
            slice_of_string(is_done ? done : problem->message));
  http_redirect(web->response, arena_printf(web->arena, ACCOUNT_PATH "#%s", anchor));
}

/* --- profile and password --------------------------------------------------------- */

struct profile_change {
  int64_t user_id;
  struct slice name, email;
};

static enum status write_profile(struct transaction *tx, void *context, struct problem *problem) {
  const struct profile_change *change = context;
  struct arena arena = {0};
  struct user user;
  enum status status;
  if (user_get(tx, &arena, change->user_id, &user)) {
    user.name = change->name;
    user.email = change->email;
    status = account_check_user(&user, problem);
    if (status == STATUS_OK) status = user_update(tx, &user, problem);
  } else {
    status = problem_set(problem, STATUS_NOT_FOUND, "There is no such user any more.");
  }
  arena_free(&arena);
  return status;
}

void account_profile_submit(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct profile_change change = {
      .user_id = web->actor.user_id,
      .name = slice_trim(http_form_value(request, "name")),
      .email = slice_trim(http_form_value(request, "email")),
  };
  struct problem problem = {0};
  problem.status = store_write(web->application->store, write_profile, &change, &problem);
  finish(web, &problem, "Your profile is saved.", "profile");
}

/* A person who signed in by a link may have no password yet; all others prove that they know it. */
static enum status change_password(struct web *web, struct slice password,
                                   struct problem *problem) {
  struct user user;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = user_get(tx, web->arena, web->actor.user_id, &user);
  store_end_read(tx);
  if (!is_found) return problem_set(problem, STATUS_NOT_FOUND, "There is no such user any more.");
  struct slice current = http_form_value(web->request, "current_password");
  if (user.password_hash.len && !account_check_password(&user, current)) {
    return problem_set_field(problem, STATUS_BAD_INPUT, "current_password",
                             "The current password is not right. Nothing was changed.");
  }
  return account_set_password(web->application->store, user.id, password, problem);
}

void account_password_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct slice password = http_form_value(request, "password");
  struct problem problem = {0};
  problem.status = change_password(web, password, &problem);
  if (problem.status == STATUS_OK) {
    /* All sessions ended with the old password; this browser gets a new one. */
    struct sign_in attempt = {.login = web->actor.username,
                              .password = password,
                              .client_address = request->client_address};
    struct slice session;
    if (account_sign_in(web->application->store, web->arena, &attempt, &session, &problem) ==
        STATUS_OK) {
      http_set_cookie(request, response, SESSION_COOKIE, session, WEB_SESSION_AGE_S);
    }
  }
  finish(web, &problem, "Your password is changed. Other sessions have ended.", "password");
}

/* --- tokens ------------------------------------------------------------------------ */

static uint32_t chosen_scopes(const struct http_request *request) {
  uint32_t scopes = 0;
  for (size_t i = 0; i < ACCOUNT_SCOPES; i++) {
    if (http_form_value(request, scope_choices[i].name).len) scopes |= scope_choices[i].scope;
  }
  return scopes;
}

void account_token_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct new_token draft = {
      .user_id = web->actor.user_id,
      .name = slice_trim(http_form_value(request, "name")),
      .scopes = chosen_scopes(request),
  };
  struct account_view view = {0};
  struct problem problem = {0};
  if (!draft.name.len || !draft.scopes) {
    problem.status =
        problem_set(&problem, STATUS_BAD_INPUT, "A token needs a name and at least one scope.");
  } else {
    problem.status = account_create_token(web->application->store, web->arena, &draft,
                                          &view.new_token, &problem);
  }
  if (problem.status != STATUS_OK) {
    finish(web, &problem, "", "tokens");
    return;
  }
  http_set_header(response, "Cache-Control", SLICE("no-store"));
  send_page(web, &view);
}

struct token_removal {
  int64_t user_id, id;
};

static enum status delete_token(struct transaction *tx, void *context, struct problem *problem) {
  const struct token_removal *removal = context;
  return api_token_delete(tx, removal->user_id, removal->id, problem);
}

void account_token_revoke(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct token_removal removal = {.user_id = web->actor.user_id};
  if (!slice_to_i64(http_form_value(request, "id"), &removal.id)) {
    web_not_found(web, "This token");
    return;
  }
  struct problem problem = {0};
  problem.status = store_write(web->application->store, delete_token, &removal, &problem);
  if (problem.status == STATUS_NOT_FOUND) {
    web_problem(web, &problem);
    return;
  }
  finish(web, &problem, "The token is revoked.", "tokens");
}
