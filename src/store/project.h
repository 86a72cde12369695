/* project.h - organizations, projects, client keys, members. */
#ifndef CULPRIT_STORE_PROJECT_H
#define CULPRIT_STORE_PROJECT_H

#include "store/store.h"

enum role {
  ROLE_NONE = 0,
  ROLE_GUEST = 10,
  ROLE_REPORTER = 20,
  ROLE_DEVELOPER = 30,
  ROLE_MAINTAINER = 40,
  ROLE_OWNER = 50
};
const char *role_name(enum role role); /* "developer"; "none" */
bool role_parse(struct slice name, enum role *role);

struct organization {
  int64_t id, created_ms;
  struct slice slug, name;
};

struct project {
  int64_t id, organization_id, created_ms, first_event_ms; /* first_event_ms 0: none yet */
  struct slice slug, name, platform;
  struct slice organization_slug, organization_name;
  struct slice repository; /* path or URL of a git repository; empty for none */
};

struct client_key {
  int64_t id, project_id, created_ms;
  struct slice public_key; /* 32 hexadecimal digits, or what was brought from another server */
  struct slice label;
  bool is_active;
  /* Errors that may be sent with it in a window of time; no limit when the window is 0, and none is
   * let in when the count is 0. */
  int64_t rate_count, rate_window_s;
};
#define KEY_RATE_COUNT_LIMIT 1000000000
#define KEY_RATE_WINDOW_LIMIT_S (30 * 24 * 3600)

/* Slugs: 1-64 of a-z 0-9 - _ ., starting with a letter or digit, not only digits, not reserved. */
enum status slug_check(struct slice slug, struct problem *problem) MUST_CHECK;

/* STATUS_CONFLICT when the slug is taken, STATUS_BAD_INPUT when it is not allowed. */
enum status organization_create(struct transaction *tx, struct slice slug, struct slice name,
                                int64_t *id, struct problem *problem) MUST_CHECK;
bool organization_find(struct transaction *tx, struct arena *arena, struct slice slug,
                       struct organization *organization);
size_t organization_list(struct transaction *tx, struct arena *arena,
                         struct organization **organizations);

struct project_draft {
  int64_t organization_id;
  struct slice slug, name, platform;
};
/* Makes the project and its first client key. */
enum status project_create(struct transaction *tx, const struct project_draft *draft, int64_t *id,
                           struct problem *problem) MUST_CHECK;
bool project_find(struct transaction *tx, struct arena *arena, struct slice organization_slug,
                  struct slice slug, struct project *project);
bool project_get(struct transaction *tx, struct arena *arena, int64_t id, struct project *project);
/* All projects, or those of one organization (0 for all), by slugs. */
size_t project_list(struct transaction *tx, struct arena *arena, int64_t organization_id,
                    struct project **projects);
struct project_settings {
  struct slice name, platform, repository;
};
enum status project_update(struct transaction *tx, int64_t id,
                           const struct project_settings *settings,
                           struct problem *problem) MUST_CHECK;

size_t client_key_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct client_key **keys);
/* Every key of every project, for the table that ingest checks against. */
size_t client_key_list_all(struct transaction *tx, struct arena *arena, struct client_key **keys);
/* False when the key is not of that project. */
bool client_key_find(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t id,
                     struct client_key *key);
/* Makes a key of project_id, label and, unless it is empty, public_key: one that SDKs use already,
 * 1-64 of A-Z a-z 0-9 _. Sets id. STATUS_CONFLICT when any project has that public key. */
enum status client_key_create(struct transaction *tx, struct client_key *key,
                              struct problem *problem) MUST_CHECK;
/* STATUS_NOT_FOUND when the key is not of that project. */
enum status client_key_update(struct transaction *tx, int64_t project_id,
                              const struct client_key *key, struct problem *problem) MUST_CHECK;
/* For good; what was sent with it stays. STATUS_NOT_FOUND when it is not of that project. */
enum status client_key_delete(struct transaction *tx, int64_t project_id, int64_t id,
                              struct problem *problem) MUST_CHECK;
/* "http://host:port/api/ID/ENDPOINT/?sentry_key=KEY", for senders that take an address: "security",
 * "minidump". */
struct slice client_key_address(struct arena *arena, struct slice public_url,
                                const struct client_key *key, const char *endpoint);
/* "http://KEY@host:port/ID" from the server's public URL. */
struct slice client_key_dsn(struct arena *arena, struct slice public_url,
                            const struct client_key *key);

struct member {
  int64_t user_id;
  struct slice username, name, email;
  enum role project_role;      /* given on the project itself; ROLE_NONE when none */
  enum role organization_role; /* inherited */
  enum role forge_role;        /* taken from the linked project at a forge, forge_server.h */
};
/* The best of them; ROLE_NONE for a stranger. Administrators are not considered here. */
enum role member_role(struct transaction *tx, int64_t project_id, int64_t user_id);
/* Members of the project and, inherited, of its organization and of the linked project at a forge.
 */
size_t member_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                   struct member **members);
/* ROLE_NONE removes. */
struct membership {
  int64_t organization_id, project_id; /* exactly one of them is not 0 */
  int64_t user_id;
  enum role role;
};
enum status member_set(struct transaction *tx, const struct membership *membership,
                       struct problem *problem) MUST_CHECK;

#endif
