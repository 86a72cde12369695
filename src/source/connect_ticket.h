/* connect_ticket.h - what a Connect found, in the page's own hands until it is saved.
 *
 *   Connect ─► page with a hidden field: the ticket ─► Save changes sends it back
 *
 * URL, token and projects are sealed by the server's vault for this session and project, and are
 * good for CONNECT_KEPT_MS. So the token is typed once, never stands in a page in clear, and the
 * server keeps nothing for a page that nobody saves.
 */
#ifndef CULPRIT_SOURCE_CONNECT_TICKET_H
#define CULPRIT_SOURCE_CONNECT_TICKET_H

#include "source/connect.h"

struct connect_ticket_owner {
  struct store *store;
  int64_t project_id;
  struct slice session; /* the cookie's value */
  int64_t now_ms;
};

/* Text for a form's field, from the arena. */
struct slice connect_ticket_seal(struct arena *arena, const struct connect_ticket_owner *owner,
                                 const struct connected *connected);
/* False when it is of another session or project, too old, or was changed. */
bool connect_ticket_open(struct arena *arena, const struct connect_ticket_owner *owner,
                         struct slice ticket, struct connected *connected) MUST_CHECK;

#endif
