/* settings.h - what maintainers change: a project's settings, client keys and members.
 *
 * All need ROLE_TO_CONFIGURE in the project and, for tokens, SCOPE_PROJECT_WRITE. Both are checked
 * inside the transaction that writes.
 */
#ifndef CULPRIT_TRACKER_SETTINGS_H
#define CULPRIT_TRACKER_SETTINGS_H

#include "account/account.h"
#include "store/option.h"
#include "store/project.h"

/* Who changes what. */
struct settings_target {
  const struct actor *actor;
  const struct project *project;
};

/* Whether they may; to be asked inside the transaction that writes. */
enum status settings_check(struct transaction *tx, const struct settings_target *target,
                           struct problem *problem) MUST_CHECK;

enum status settings_save(struct store *store, const struct settings_target *target,
                          const struct project_settings *settings,
                          struct problem *problem) MUST_CHECK;

/* Makes a key of key->label and, unless it is empty, key->public_key (store/project.h); sets
 * key->id. */
enum status settings_create_key(struct store *store, const struct settings_target *target,
                                struct client_key *key, struct problem *problem) MUST_CHECK;
/* Writes label, is_active and the rate limit of key->id. */
enum status settings_update_key(struct store *store, const struct settings_target *target,
                                const struct client_key *key, struct problem *problem) MUST_CHECK;

enum status settings_delete_key(struct store *store, const struct settings_target *target,
                                int64_t id, struct problem *problem) MUST_CHECK;

/* Sets options (store/option.h) together; an empty value gives the default back. What a value says
 * is checked by the caller, who knows the option. STATUS_BAD_INPUT for a value that is too long. */
enum status settings_set_options(struct store *store, const struct settings_target *target,
                                 struct pairs options, struct problem *problem) MUST_CHECK;

/* Gives a user, by username or e-mail address, a role in the project; ROLE_NONE takes it away. Only
 * owners make owners and change them. */
struct member_change {
  struct slice login;
  enum role role;
};
enum status settings_set_member(struct store *store, const struct settings_target *target,
                                const struct member_change *change,
                                struct problem *problem) MUST_CHECK;

#endif
