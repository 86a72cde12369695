/* tracker.h - the life of a group: taken in, resolved, ignored, come back, linked to an issue.
 *
 *                    resolve                 ┌──────────────┐
 *   ┌────────────┐ ───────────► ┌──────────┐ │ new event:   │
 *   │ unresolved │              │ resolved │─┘ regressed,   │
 *   └────────────┘ ◄─────────── └──────────┘   unresolved ◄─┘
 *        │  ▲        unresolve
 *  ignore│  │undo
 *        ▼  │
 *   ┌─────────┐ a new event changes counts only
 *   │ ignored │
 *   └─────────┘
 *
 * Permissions are checked here, with the actor and the project in hand. What an actor may not see
 * does not exist for them (STATUS_NOT_FOUND); what they may see but not do is STATUS_FORBIDDEN.
 */
#ifndef CULPRIT_TRACKER_TRACKER_H
#define CULPRIT_TRACKER_TRACKER_H

#include "account/account.h"
#include "store/event.h"
#include "store/group.h"
#include "store/issue.h"
#include "store/project.h"
#include "store/strand.h"

/* Permissions by role: guest: sees the project and its issues; reporter: sees errors; developer:
 * acts on them; maintainer: settings, keys, members. */
#define ROLE_TO_SEE_ERRORS ROLE_REPORTER
#define ROLE_TO_ACT ROLE_DEVELOPER
#define ROLE_TO_CONFIGURE ROLE_MAINTAINER

/* The actor's role in a project; ROLE_OWNER for administrators. */
enum role access_role(struct transaction *tx, const struct actor *actor,
                      const struct project *project);

struct access_request {
  const struct actor *actor;
  struct slice organization, project; /* slugs, or decimal ids as Sentry's API allows */
  enum role role;                     /* needed */
  enum scope scope;                   /* needed, for tokens */
};
/* Finds the project and checks. STATUS_NOT_FOUND for unknown, or known to exist only to others;
 * STATUS_FORBIDDEN when the actor is a member with less than `role`, or the token lacks the scope.
 */
enum status access_project(struct transaction *tx, struct arena *arena,
                           const struct access_request *request, struct project *project,
                           struct problem *problem) MUST_CHECK;
/* The same, starting from a group id (API: /issues/{id}/). `organization` and `project` of the
 * request are ignored. */
enum status access_group(struct transaction *tx, struct arena *arena,
                         const struct access_request *request, int64_t group_id,
                         struct project *project, struct group *group,
                         struct problem *problem) MUST_CHECK;
/* Projects that the actor may see, with their role. */
struct visible_project {
  struct project project;
  enum role role;
};
size_t access_projects(struct transaction *tx, struct arena *arena, const struct actor *actor,
                       struct visible_project **projects);

/* --- taking events in --------------------------------------------------------- */

/* Something else that came with the request and is written in the same transaction, after the
 * event. Embed it first in a struct of your own. */
struct digest_part {
  void (*run)(struct transaction *tx, struct digest_part *part);
  struct digest_part *next;
};

enum digest_outcome { DIGEST_NONE, DIGEST_STORED, DIGEST_DUPLICATE };
struct digest_write {
  struct store_write write; /* set `done`; the tracker sets the rest */
  bool has_event;           /* false: only `parts` are written */
  struct digest digest;
  struct digest_part *parts;   /* not run when the event is a duplicate */
  enum digest_outcome outcome; /* valid in `done` when write.status is STATUS_OK */
  int64_t group_id;
  bool is_new_group, is_regressed;
};
/* Queues the event; STATUS_UNAVAILABLE when the queue is full. */
enum status tracker_digest(struct store *store, struct digest_write *write) MUST_CHECK;
/* The same on the writer thread, within the transaction that runs: for events that the server makes
 * itself. The parts are not run. */
void tracker_digest_now(struct transaction *tx, struct digest_write *write);
/* Copies out of the event what the writer needs; all but project_id and payload. */
void tracker_fill_digest(struct arena *arena, struct digest *digest, const struct event *event,
                         const struct grouping *grouping);

/* --- acting on groups --------------------------------------------------------- */

struct status_change {
  const struct actor *actor;
  int64_t group_id;
  enum group_status status;
};
struct status_result {
  bool is_changed;
  int64_t closed_issue_number; /* 0: none was closed */
};
/* Needs ROLE_TO_ACT and SCOPE_EVENT_WRITE. Resolving closes the linked open issue of the built-in
 * tracker. */
enum status tracker_set_status(struct store *store, const struct status_change *change,
                               struct status_result *result, struct problem *problem) MUST_CHECK;
/* The same on the writer thread, within the transaction that runs. */
enum status tracker_set_status_now(struct transaction *tx, const struct status_change *change,
                                   struct status_result *result,
                                   struct problem *problem) MUST_CHECK;

/* The issue that an error is linked to was closed at its forge: an unresolved error is resolved. Or
 * it was reopened: a resolved one is unresolved again. */
void tracker_follow_issue(struct transaction *tx, const struct issue_link *link, bool is_open);

/* An issue to be made from an error. */
struct issue_request {
  const struct actor *actor;
  int64_t project_id, error_id;
  bool is_remote; /* of a connected Sentry: the caller knows that it is there */
  struct slice title, description;
};
/* Whether the actor may make one: ROLE_TO_ACT and SCOPE_EVENT_WRITE. `link` gets the one that is
 * there already; without one (`has_link`) the error and its project alone. */
enum status tracker_find_issue(struct transaction *tx, struct arena *arena,
                               const struct issue_request *request, struct issue_link *link,
                               bool *has_link, struct problem *problem) MUST_CHECK;
/* Keeps the link of an issue that was made; of our own errors, in their activity too.
 * STATUS_CONFLICT when there is another one by now. */
enum status tracker_keep_link(struct transaction *tx, const struct issue_link *link, bool is_remote,
                              int64_t user_id, struct problem *problem) MUST_CHECK;
/* Makes one in the built-in tracker, once: when the error has one already, its link is returned and
 * `is_new` is false. */
enum status tracker_create_issue(struct store *store, struct arena *arena,
                                 const struct issue_request *request, struct issue_link *link,
                                 bool *is_new, struct problem *problem) MUST_CHECK;
/* The first characters of a title, on one line. */
struct slice tracker_issue_title(struct arena *arena, struct slice text);

/* Records the issue of another tracker that a group is linked to: `link` says the group, the forge,
 * the number and the URL. Needs ROLE_TO_ACT and SCOPE_EVENT_WRITE. The same link again changes
 * nothing; another one of the same forge replaces it; STATUS_CONFLICT when the group is linked to
 * an issue of another forge. */
struct link_request {
  const struct actor *actor;
  struct issue_link link;
};
enum status tracker_link_issue(struct store *store, const struct link_request *request,
                               struct problem *problem) MUST_CHECK;

/* --- merging and splitting: see docs/merging.md ---------------------------------- */

#define MERGE_GROUPS_LIMIT 100

/* Merges errors of one project into the one with the most events (of equals the oldest). Needs
 * ROLE_TO_ACT and SCOPE_EVENT_WRITE. Ids of errors that were merged before stand for what they were
 * merged into. STATUS_BAD_INPUT: fewer than two, too many, of several projects. */
struct merge_request {
  const struct actor *actor;
  const int64_t *ids;
  size_t count;
};
struct merge_result {
  int64_t parent, children[MERGE_GROUPS_LIMIT];
  size_t child_count;
  int64_t change_id; /* for tracker_undo() */
};
enum status tracker_merge(struct store *store, const struct merge_request *request,
                          struct merge_result *result, struct problem *problem) MUST_CHECK;

/* Splits events off an error into a new one, by their primary hashes. STATUS_BAD_INPUT: none of the
 * hashes is of the error, or all are. */
struct split_request {
  const struct actor *actor;
  int64_t group_id;
  const struct group_hash *hashes;
  size_t hash_count;
};
enum status tracker_split(struct store *store, const struct split_request *request,
                          int64_t *new_group_id, struct problem *problem) MUST_CHECK;

/* Takes a merge or a split back. STATUS_CONFLICT when something that happened since contradicts.
 * `group_id` gets the error that stays. */
struct undo_request {
  const struct actor *actor;
  int64_t change_id;
};
enum status tracker_undo(struct store *store, const struct undo_request *request, int64_t *group_id,
                         struct problem *problem) MUST_CHECK;

/* --- the built-in issues ------------------------------------------------------- */

struct issue_action {
  const struct actor *actor;
  int64_t project_id, number;
  enum note_kind kind; /* NOTE_COMMENT, NOTE_CLOSED or NOTE_REOPENED */
  struct slice body;   /* of a comment */
};
/* Comments need ROLE_REPORTER, closing and reopening ROLE_TO_ACT. */
enum status tracker_act_on_issue(struct store *store, const struct issue_action *action,
                                 struct problem *problem) MUST_CHECK;
struct issue_draft {
  const struct actor *actor;
  int64_t project_id;
  struct slice title, description;
};
enum status tracker_open_issue(struct store *store, const struct issue_draft *draft,
                               int64_t *number, struct problem *problem) MUST_CHECK;

/* "APP-1A": the project's slug in capitals and the group's number in base 32 (Crockford's digits).
 */
struct slice group_short_id(struct arena *arena, const struct project *project,
                            const struct group *group);
bool group_short_id_parse(struct slice text, int64_t *number);

#endif
