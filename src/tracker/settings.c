/* settings.c - what maintainers change: a project's settings, client keys and members.
 *
 * Each change is one write with the same beginning: may this actor configure
 * this project now? Roles may have changed since the page was shown.
 */
#include "tracker/settings.h"

#include "tracker/tracker.h"

#include "base/banned.h"

struct change {
  const struct settings_target *target;
  const struct project_settings *settings;
  const struct client_key *key;
  struct client_key *new_key;
  int64_t key_id; /* to delete */
  const struct member_change *member;
  struct pairs options;
};

enum status settings_check(struct transaction *tx, const struct settings_target *target,
                           struct problem *problem) {
  enum role role = access_role(tx, target->actor, target->project);
  if (role == ROLE_NONE) {
    return problem_set(problem, STATUS_NOT_FOUND,
                       "There is no such project, or you are not a member of it.");
  }
  if (role < ROLE_TO_CONFIGURE) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "Changing settings needs the role %s in the project; yours is %s.",
                       role_name(ROLE_TO_CONFIGURE), role_name(role));
  }
  if (!scopes_allow(target->actor->scopes, SCOPE_PROJECT_WRITE)) {
    return problem_set(problem, STATUS_FORBIDDEN,
                       "This needs an API token with the scope project:write.");
  }
  return STATUS_OK;
}

static enum status write_settings(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  enum status status = settings_check(tx, change->target, problem);
  if (status != STATUS_OK) return status;
  return project_update(tx, change->target->project->id, change->settings, problem);
}

enum status settings_save(struct store *store, const struct settings_target *target,
                          const struct project_settings *settings, struct problem *problem) {
  struct change change = {.target = target, .settings = settings};
  return store_write(store, write_settings, &change, problem);
}

static enum status write_new_key(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  enum status status = settings_check(tx, change->target, problem);
  if (status != STATUS_OK) return status;
  change->new_key->project_id = change->target->project->id;
  return client_key_create(tx, change->new_key, problem);
}

enum status settings_create_key(struct store *store, const struct settings_target *target,
                                struct client_key *key, struct problem *problem) {
  struct change change = {.target = target, .new_key = key};
  return store_write(store, write_new_key, &change, problem);
}

static enum status write_key(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  enum status status = settings_check(tx, change->target, problem);
  if (status != STATUS_OK) return status;
  return client_key_update(tx, change->target->project->id, change->key, problem);
}

enum status settings_update_key(struct store *store, const struct settings_target *target,
                                const struct client_key *key, struct problem *problem) {
  struct change change = {.target = target, .key = key};
  return store_write(store, write_key, &change, problem);
}

static enum status write_key_deletion(struct transaction *tx, void *context,
                                      struct problem *problem) {
  const struct change *change = context;
  enum status status = settings_check(tx, change->target, problem);
  if (status != STATUS_OK) return status;
  return client_key_delete(tx, change->target->project->id, change->key_id, problem);
}

enum status settings_delete_key(struct store *store, const struct settings_target *target,
                                int64_t id, struct problem *problem) {
  struct change change = {.target = target, .key_id = id};
  return store_write(store, write_key_deletion, &change, problem);
}

static enum status write_options(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  enum status status = settings_check(tx, change->target, problem);
  if (status != STATUS_OK) return status;
  for (size_t i = 0; i < change->options.count; i++) {
    const struct pair *option = &change->options.items[i];
    option_set(tx, change->target->project->id, option->key, option->value);
  }
  return STATUS_OK;
}

enum status settings_set_options(struct store *store, const struct settings_target *target,
                                 struct pairs options, struct problem *problem) {
  struct change change = {.target = target, .options = options};
  for (size_t i = 0; i < options.count; i++) {
    if (options.items[i].value.len > OPTION_VALUE_LIMIT)
      return problem_set(problem, STATUS_BAD_INPUT,
                         "A setting may have %d bytes; this one has %zu.", OPTION_VALUE_LIMIT,
                         options.items[i].value.len);
  }
  return store_write(store, write_options, &change, problem);
}

static enum status write_member(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  const struct settings_target *target = change->target;
  enum status status = settings_check(tx, target, problem);
  if (status != STATUS_OK) return status;
  struct arena arena = {0};
  struct user user;
  if (user_find(tx, &arena, change->member->login, &user)) {
    bool touches_owner = change->member->role == ROLE_OWNER ||
                         member_role(tx, target->project->id, user.id) == ROLE_OWNER;
    struct membership membership = {
        .project_id = target->project->id, .user_id = user.id, .role = change->member->role};
    if (touches_owner && access_role(tx, target->actor, target->project) < ROLE_OWNER) {
      status = problem_set(problem, STATUS_FORBIDDEN, "Only owners make owners and change them.");
    } else {
      status = member_set(tx, &membership, problem);
    }
  } else {
    status = problem_set_field(problem, STATUS_BAD_INPUT, "login",
                               "There is no user %.*s. An administrator can create one.",
                               SLICE_ARGS(slice_cut_utf8(change->member->login, 100)));
  }
  arena_free(&arena);
  return status;
}

enum status settings_set_member(struct store *store, const struct settings_target *target,
                                const struct member_change *change, struct problem *problem) {
  struct change write = {.target = target, .member = change};
  return store_write(store, write_member, &write, problem);
}
