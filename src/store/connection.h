/* connection.h - where a project's errors come from: this server, or a connected Sentry.
 *
 * A project without a row has error tracking on and this server as its source. The token is sealed
 * (vault.h) for connection_token_purpose(), which names project and host: neither moving the row
 * nor changing the URL makes it usable elsewhere.
 */
#ifndef CULPRIT_STORE_CONNECTION_H
#define CULPRIT_STORE_CONNECTION_H

#include "store/store.h"

enum source_kind { SOURCE_LOCAL = 0, SOURCE_SENTRY = 1 };

struct connection {
  int64_t project_id;
  bool is_active; /* error tracking is on */
  enum source_kind kind;
  /* What a person typed, without a slash at the end: "https://sentry.example.org". */
  struct slice url;
  struct slice token; /* sealed; empty: none */
  struct slice organization_slug, organization_name, project_slug, project_name;
  int64_t remote_project_id; /* Sentry's id of the project; 0: not known */
  int64_t changed_ms;        /* answers that were asked for before are of another connection */
};

/* Fills the defaults when there is no row. */
void connection_get(struct transaction *tx, struct arena *arena, int64_t project_id,
                    struct connection *connection);
/* Writes all of it, with changed_ms as it is given, and drops the project's remembered answers
 * (remote_answer.h) when changed_ms changes. Counts as a change of the project
 * (store_on_project_change). What waits in the outbox is tried again: it may have waited for that.
 */
void connection_set(struct transaction *tx, const struct connection *connection);
/* The active connections to a Sentry, by project id. */
size_t connection_list(struct transaction *tx, struct arena *arena,
                       struct connection **connections);
/* "https://sentry.example.org shop/cart": what a connection leads to. What is to be done there
 * carries it, because ids mean other things at another place. */
struct slice connection_label(struct arena *arena, const struct connection *connection);
/* The purpose for which the token of that project and URL is sealed. */
struct slice connection_token_purpose(struct arena *arena, int64_t project_id, struct slice url);

#endif
