/* connect.h - where a project's errors come from, as people set it: the rules of saving.
 *
 *   typed values ─┬─► connect_values(): URL and token by the rules ─► probe.h asks the Sentry
 *                 │                                                       │ projects
 *                 └─► connect_save() ◄──────────── connected ◄────────────┘
 *
 * A token belongs to the URL it was entered for. When the URL changes and no new token comes, the
 * old one is gone before anything is sent anywhere. The page shows a mask in place of a stored
 * token; a mask that comes back means the stored one.
 */
#ifndef CULPRIT_SOURCE_CONNECT_H
#define CULPRIT_SOURCE_CONNECT_H

#include "source/sentry_project.h"
#include "source/sentry_url.h"
#include "store/connection.h"
#include "tracker/settings.h"

/* Shown in place of a stored token. Any number of asterisks is understood. */
#define CONNECT_TOKEN_MASK "************"

/* What a Sentry answered to a Connect: the projects to choose from. */
struct connected {
  struct slice url;   /* sentry_url.base */
  struct slice token; /* in clear */
  struct sentry_project *projects;
  size_t project_count;
};

/* As typed. */
struct connect_form {
  bool is_active;
  enum source_kind kind;
  struct slice url, token;
  struct slice project;              /* "organization/project" at the Sentry; empty: none chosen */
  const struct connected *connected; /* the last Connect; null: none */
  bool allow_private_addresses;
};

/* The URL and the token that a form means. */
struct connect_values {
  struct sentry_url url;
  struct slice token; /* in clear; empty: none */
  /* Why there is none although the form has a mask. */
  bool is_token_dropped; /* it was for another URL */
  bool is_token_lost;    /* the server's key does not open it any more */
};
/* `saved` is the project's row. STATUS_BAD_INPUT names the field: "url" or "token". */
enum status connect_values(struct store *store, struct arena *arena, const struct connection *saved,
                           const struct connect_form *form, struct connect_values *values,
                           struct problem *problem) MUST_CHECK;
/* What a Connect, or an active Sentry, needs: both are there. */
enum status connect_values_check(const struct connect_values *values,
                                 struct problem *problem) MUST_CHECK;

/* The project that is chosen among `connected`; null when it is not there. */
const struct sentry_project *connected_find(const struct connected *connected,
                                            struct slice project);
/* Says that the chosen project, or without a choice the saved one, is not among them. */
enum status connected_refuse_project(const struct connection *saved, struct slice project,
                                     struct problem *problem);

/* Needs ROLE_TO_CONFIGURE and, for tokens, SCOPE_PROJECT_WRITE. STATUS_BAD_INPUT names the field:
 * "url", "token" or "project". Events that this server has stay whatever the source is. */
enum status connect_save(struct store *store, const struct settings_target *target,
                         const struct connect_form *form, struct problem *problem) MUST_CHECK;

/* Turns error tracking or this server as the source on or off, and leaves all else as it is. */
struct connect_switch {
  bool has_active, is_active;
  bool has_kind;
  enum source_kind kind;
};
enum status connect_switch(struct store *store, const struct settings_target *target,
                           const struct connect_switch *change, struct problem *problem) MUST_CHECK;

#endif
