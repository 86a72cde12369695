/* link_settings.c - see link_settings.h. */
#include "forge/link_settings.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "forge/builtin.h"
#include "store/outbox.h"
#include "store/vault.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* GitLab's access levels: 40 is Maintainer. */
enum { ACCESS_MAINTAINER = 40 };

/* --- what was entered ------------------------------------------------------------------------- */

static bool is_mask(struct slice token) {
  for (size_t i = 0; i < token.len; i++)
    if (token.ptr[i] != '*') return false;
  return token.len > 0;
}

/* "group/project" of what people copy: with slashes around it, or the whole address. */
static struct slice project_path(struct slice text, struct slice server_url) {
  text = slice_trim(text);
  if (slice_starts_with(text, server_url)) text = slice_from(text, server_url.len);
  while (slice_starts_with(text, SLICE("/"))) text = slice_from(text, 1);
  text = slice_upto(text, slice_find(text, SLICE("/-/")));
  while (slice_ends_with(text, SLICE("/"))) text.len--;
  return text;
}

static bool is_same_project(const struct forge_project *saved,
                            const struct forge_link_change *change, struct slice path) {
  int64_t id;
  if (saved->project.forge_id != change->form.forge_id) return false;
  return slice_equal(path, saved->project.path) ||
         (slice_to_i64(path, &id) && id == saved->project.remote_id);
}

/* What is left for GitLab to be asked. */
struct check {
  struct forge *forge;
  struct forge_link_change *change;
  struct http_request *request;
  struct slice path;
  struct slice token; /* to be asked with; empty: a person's grant, or the server's */
};

static enum status check_form(struct forge_link_change *change, struct slice path) {
  const struct forge_link_form *form = &change->form;
  if (!path.len)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "Name the GitLab project: \"group/project\", its id or its address.");
  if (path.len > FORGE_URL_BYTES)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "The path of a GitLab project has %d bytes at most.", FORGE_URL_BYTES);
  if (form->token.len > FORGE_TOKEN_BYTES)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "token",
                             "A token has %d bytes at most.", FORGE_TOKEN_BYTES);
  if (form->labels.len > FORGE_LABELS_BYTES)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "labels",
                             "Labels may have %d bytes together.", FORGE_LABELS_BYTES);
  return STATUS_OK;
}

/* --- asking GitLab, on a thread of ask.h ---------------------------------------------------------
 */

static bool has_scope(yyjson_val *json, const char *name) {
  yyjson_arr_iter items = yyjson_arr_iter_with(json_member(json, "scopes"));
  yyjson_val *item;
  while ((item = yyjson_arr_iter_next(&items)))
    if (slice_equal_string(json_text(item), name)) return true;
  return false;
}

/* A token that can say of itself what it may do, and may not do enough, is refused. */
static enum status check_token(const struct gitlab *gitlab, struct problem *problem) {
  const struct gitlab_question question = {.method = "GET",
                                           .path = SLICE("/personal_access_tokens/self")};
  struct gitlab_reply reply;
  gitlab_ask(gitlab, &question, &reply);
  if (reply.fate == GITLAB_LATER || reply.status == 401) {
    *problem = reply.problem;
    return problem->status;
  }
  bool knows_scopes =
      reply.fate == GITLAB_ANSWERED && yyjson_is_arr(json_member(reply.json, "scopes"));
  if (!knows_scopes || has_scope(reply.json, "api")) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                           "The token lacks the scope api. Make one with it.");
}

static int64_t level_of(yyjson_val *permissions, const char *name) {
  int64_t level = 0;
  json_integer(json_member(json_member(permissions, name), "access_level"), &level);
  return level;
}

/* Whether whoever asked is a maintainer of the project there. */
static bool is_maintainer(yyjson_val *json) {
  yyjson_val *permissions = json_member(json, "permissions");
  return level_of(permissions, "project_access") >= ACCESS_MAINTAINER ||
         level_of(permissions, "group_access") >= ACCESS_MAINTAINER;
}

static enum status check_project(const struct check *check, const struct gitlab *gitlab,
                                 bool needs_role) {
  struct forge_link_change *change = check->change;
  struct gitlab_reply reply;
  const struct gitlab_question question = {
      .method = "GET",
      .path = arena_printf(gitlab->arena, "/projects/%.*s",
                           SLICE_ARGS(url_encode(gitlab->arena, check->path)))};
  gitlab_ask(gitlab, &question, &reply);
  if (reply.fate == GITLAB_MISSING)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "There is no such project at GitLab, or it is hidden from the token.");
  if (reply.fate != GITLAB_ANSWERED) {
    change->problem = reply.problem;
    return reply.problem.status;
  }
  if (!gitlab_project_read(reply.json, &change->project))
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "GitLab's answer about the project was not understood.");
  if (!change->project.has_issues)
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "Issues are switched off in that project.");
  if (needs_role && !is_maintainer(reply.json))
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "project",
                             "You have to be a maintainer of that project at GitLab, or enter a "
                             "token of it.");
  return STATUS_OK;
}

/* Whose token it is decides what it has to prove: one that was entered is the project's own; a
 * person has to be its maintainer; the server's own reads all, so that it is for administrators. */
static enum status ask_gitlab(const struct check *check, struct arena *arena) {
  struct forge_link_change *change = check->change;
  struct forge_project link = {.server = change->server};
  struct gitlab gitlab = {.client = check->forge->client,
                          .arena = arena,
                          .url = change->server.url,
                          .token = check->token};
  enum forge_as as = FORGE_AS_PROJECT;
  if (check->token.len) {
    enum status status = change->token.len ? check_token(&gitlab, &change->problem) : STATUS_OK;
    return status ? status : check_project(check, &gitlab, false);
  }
  link.project.may_use_server_token = change->is_admin;
  const struct forge_access access = {
      .forge = check->forge, .link = &link, .user_id = change->user_id};
  struct problem problem;
  if (forge_access_open(&access, arena, &gitlab, &as, &problem))
    return problem_set_field(&change->problem, STATUS_BAD_INPUT, "token",
                             "Enter a token of the GitLab project, or sign in with GitLab first.");
  change->may_use_server_token = true;
  return check_project(check, &gitlab, as == FORGE_AS_PERSON);
}

/* The answer's texts die with the job. */
static void keep_project(struct arena *arena, struct gitlab_project_info *project) {
  project->path = arena_copy(arena, project->path);
  project->web_url = arena_copy(arena, project->web_url);
  project->default_branch = arena_copy(arena, project->default_branch);
}

static void run_check(struct ask_job *job) {
  struct check *check = job->context;
  check->change->status = ask_gitlab(check, &job->arena);
  keep_project(check->request->arena, &check->change->project);
  http_run_again(check->request);
}

static void drop_check(struct ask_job *job) {
  struct check *check = job->context;
  check->change->status = problem_set(&check->change->problem, STATUS_UNAVAILABLE,
                                      "GitLab cannot be asked at the moment. Try again.");
  http_run_again(check->request);
}

/* Fills what the check needs, and says whether GitLab has to be asked at all. */
static bool must_ask(struct check *check, struct arena *arena) {
  struct forge_link_change *change = check->change;
  struct forge_project saved;
  struct transaction *tx = store_begin_read(check->forge->store);
  bool is_known = forge_server_get(tx, arena, change->form.forge_id, &change->server);
  bool is_linked = forge_link_read(tx, arena, change->target.project->id, &saved);
  store_end_read(tx);
  if (!is_known) {
    change->status = problem_set_field(&change->problem, STATUS_BAD_INPUT, "forge",
                                       "Choose one of the GitLab servers.");
    return false;
  }
  check->path = project_path(change->form.project, change->server.url);
  change->status = check_form(change, check->path);
  if (change->status) return false;
  bool is_same = is_linked && is_same_project(&saved, change, check->path);
  bool has_new = change->form.token.len && !is_mask(change->form.token);
  change->keeps_token = is_same && is_mask(change->form.token);
  change->token = has_new ? slice_trim(change->form.token) : SLICE_EMPTY;
  check->token = change->token;
  /* Who takes the token away has to show anew that they may see the project. */
  if (is_same && !has_new && (change->keeps_token || !saved.project.token.len)) {
    change->may_use_server_token = saved.project.may_use_server_token;
    change->project = (struct gitlab_project_info){.id = saved.project.remote_id,
                                                   .path = saved.project.path,
                                                   .web_url = saved.project.web_url,
                                                   .default_branch = saved.project.default_branch};
    return false;
  }
  return true;
}

bool forge_link_check(struct forge *forge, struct http_request *request,
                      struct forge_link_change *change) {
  struct check *check = ARENA_NEW(request->arena, struct check);
  *check = (struct check){.forge = forge, .change = change, .request = request};
  if (!must_ask(check, request->arena)) return false;
  struct ask_job *job = ask_job_new(random_hex(request->arena, 16), change->target.project->id);
  job->run = run_check;
  job->drop = drop_check;
  job->context = check;
  http_park(request);
  ask_start(&forge->ask, job);
  return true;
}

/* --- saving
 * ------------------------------------------------------------------------------------------ */

struct link_write {
  const struct forge_link_change *change;
  const struct settings_target *target;
  struct slice token, secret; /* sealed */
};

static struct project_forge link_of(const struct forge_link_change *change) {
  const struct forge_link_form *form = &change->form;
  return (struct project_forge){.project_id = change->target.project->id,
                                .forge_id = form->forge_id,
                                .remote_id = change->project.id,
                                .path = change->project.path,
                                .web_url = change->project.web_url,
                                .default_branch = change->project.default_branch,
                                .labels = form->labels,
                                .is_confidential = form->is_confidential,
                                .closes_issues = form->closes_issues,
                                .reopens_issues = form->reopens_issues,
                                .resolves_on_close = form->resolves_on_close,
                                .takes_roles = form->takes_roles,
                                .may_use_server_token = change->may_use_server_token,
                                .checked_ms = clock_now_ms()};
}

/* Owners there become owners here, so that only an owner lets roles come from a project. */
static enum status check_roles(struct transaction *tx, const struct settings_target *target,
                               const struct project_forge *old, const struct project_forge *link,
                               struct problem *problem) {
  bool is_known =
      old->takes_roles && old->forge_id == link->forge_id && old->remote_id == link->remote_id;
  if (!link->takes_roles || is_known ||
      access_role(tx, target->actor, target->project) >= ROLE_OWNER)
    return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "project",
                           "Only an owner can let roles come from GitLab, because owners there "
                           "become owners here.");
}

static enum status run_save(struct transaction *tx, void *context, struct problem *problem) {
  const struct link_write *write = context;
  struct arena arena = {0};
  struct project_forge old = {0}, link = link_of(write->change);
  enum status status = settings_check(tx, write->target, problem);
  bool is_linked = project_forge_get(tx, &arena, link.project_id, &old);
  if (!status) status = check_roles(tx, write->target, &old, &link, problem);
  if (!status) {
    link.token = write->token;
    if (is_linked && old.forge_id == link.forge_id && old.remote_id == link.remote_id) {
      if (write->change->keeps_token) link.token = old.token;
      link.webhook_secret = old.webhook_secret;
    }
    project_forge_set(tx, &link);
    outbox_hurry(tx, link.project_id, clock_now_ms());
  }
  arena_free(&arena);
  return status;
}

static void forget(struct forge *forge, int64_t project_id) {
  gitlab_forget(forge, project_id);
  poll_hurry(&forge->poll, project_id);
}

enum status forge_link_save(struct forge *forge, const struct forge_link_change *change,
                            struct problem *problem) {
  struct arena arena = {0};
  int64_t project_id = change->target.project->id;
  struct slice purpose = project_forge_token_purpose(&arena, project_id, &change->server);
  struct link_write write = {.change = change, .target = &change->target};
  if (change->token.len) write.token = vault_seal(forge->store, &arena, purpose, change->token);
  enum status status = store_write(forge->store, run_save, &write, problem);
  arena_free(&arena);
  if (!status) forget(forge, project_id);
  return status;
}

static enum status run_remove(struct transaction *tx, void *context, struct problem *problem) {
  const struct link_write *write = context;
  enum status status = settings_check(tx, write->target, problem);
  if (!status) project_forge_delete(tx, write->target->project->id);
  return status;
}

enum status forge_link_remove(struct forge *forge, const struct settings_target *target,
                              struct problem *problem) {
  struct link_write write = {.target = target};
  enum status status = store_write(forge->store, run_remove, &write, problem);
  if (!status) forget(forge, target->project->id);
  return status;
}

static enum status run_secret(struct transaction *tx, void *context, struct problem *problem) {
  const struct link_write *write = context;
  struct arena arena = {0};
  struct project_forge link;
  enum status status = settings_check(tx, write->target, problem);
  if (!status && !project_forge_get(tx, &arena, write->target->project->id, &link))
    status = problem_set(problem, STATUS_CONFLICT, "Link the project first.");
  if (!status) {
    link.webhook_secret = write->secret;
    project_forge_set(tx, &link);
  }
  arena_free(&arena);
  return status;
}

enum status forge_link_new_secret(struct forge *forge, struct arena *arena,
                                  const struct settings_target *target, struct slice *secret,
                                  struct problem *problem) {
  struct forge_project link;
  if (!forge_link_get(forge->store, arena, target->project->id, &link))
    return problem_set(problem, STATUS_CONFLICT, "Link the project first.");
  *secret = random_hex(arena, FORGE_SECRET_BYTES);
  struct slice purpose = project_forge_webhook_purpose(arena, target->project->id, &link.server);
  struct link_write write = {.target = target,
                             .secret = vault_seal(forge->store, arena, purpose, *secret)};
  return store_write(forge->store, run_secret, &write, problem);
}
