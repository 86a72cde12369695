/* set_up.c - see set_up.h. */
#include "cli/set_up.h"

#include "account/account.h"
#include "base/clock.h"
#include "cli/command.h"

#include "base/banned.h"

static const int64_t link_valid_ms = DAY_MS;

static enum status make_administrator(struct transaction *tx, struct problem *problem) {
  const struct user draft = {.username = SLICE("admin"),
                             .name = SLICE("Administrator"),
                             .email = SLICE("admin@localhost"),
                             .is_admin = true,
                             .is_active = true};
  int64_t id;
  return user_create(tx, &draft, &id, problem);
}

static enum status make_project(struct transaction *tx, struct problem *problem) {
  struct project_draft draft = {.slug = SLICE("app"), .name = SLICE("App")};
  int64_t id;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &draft.organization_id, problem);
  return status ? status : project_create(tx, &draft, &id, problem);
}

static enum status set_up_write(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  struct user *users;
  struct organization *organizations;
  enum status status = STATUS_OK;
  (void)context;
  if (!user_list(tx, &arena, &users)) status = make_administrator(tx, problem);
  if (!status && !organization_list(tx, &arena, &organizations)) status = make_project(tx, problem);
  arena_free(&arena);
  return status;
}

enum status set_up(struct store *store, struct problem *problem) {
  return store_write(store, set_up_write, NULL, problem);
}

/* --- what to tell ------------------------------------------------------------------------------
 */

/* The administrator who came first, when nobody has signed in yet; else 0. */
static int64_t user_to_invite(struct transaction *tx, struct arena *arena) {
  struct user *users;
  int64_t found = 0;
  size_t count = user_list(tx, arena, &users);
  for (size_t i = 0; i < count; i++) {
    if (users[i].last_seen_ms) return 0;
    if (users[i].is_admin && users[i].is_active && (!found || users[i].id < found))
      found = users[i].id;
  }
  return found;
}

enum status set_up_welcome(struct store *store, struct arena *arena, struct slice public_url,
                           struct welcome *welcome, struct problem *problem) {
  struct project *projects;
  struct slice secret;
  *welcome = (struct welcome){0};
  struct transaction *tx = store_begin_read(store);
  int64_t user_id = user_to_invite(tx, arena);
  if (project_list(tx, arena, 0, &projects) == 1 && !projects[0].first_event_ms)
    welcome->dsn = project_dsn(tx, arena, public_url, projects[0].id);
  store_end_read(tx);
  if (!user_id) return STATUS_OK;
  enum status status = account_create_link(store, arena, user_id, link_valid_ms, &secret, problem);
  if (!status) welcome->sign_in_link = sign_in_link_url(arena, public_url, secret);
  return status;
}
